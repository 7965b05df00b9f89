// Columns sort by a click on their head, numbers as numbers: up, down, and as they were. Rows of totals,
// whose name is in italics, stay at the bottom, and empty cells come last either way.
(() => {
  const seconds = { days: 86400, h: 3600, min: 60, s: 1 };
  const scales = { k: 1e3, M: 1e6 };
  const value = (cell) => {
    const text = cell.textContent.trim().replaceAll("−", "-").replaceAll(",", "");
    if (text === "" || text === "–") return null;
    const durations = [...text.matchAll(/(\d+(?:\.\d+)?) (days|h|min|s)\b/g)];
    if (durations.length) return durations.reduce((sum, [, count, unit]) => sum + count * seconds[unit], 0);
    const [, number, scale] = text.match(/^[<≥=p ]*([+-]?\d+(?:\.\d+)?)(?: ([kM])\b)?/) || [];
    return number === undefined ? text : Number(number) * (scales[scale] || 1);
  };
  const compare = (a, b) =>
    typeof a === "number" && typeof b === "number" ? a - b
      : typeof a === "number" ? -1 : typeof b === "number" ? 1
      : a.localeCompare(b, "en", { numeric: true });
  const next = { none: "ascending", ascending: "descending", descending: "none" };
  for (const table of document.querySelectorAll("main table")) {
    const body = table.tBodies[0];
    if (!body) continue;
    const heads = [...table.tHead.rows[0].cells];
    const original = [...body.rows];
    const isTotal = (row) => [...row.cells].some((cell) => cell.firstElementChild?.localName === "em");
    heads.forEach((head, column) => {
      if (!head.textContent.trim()) return;
      const button = document.createElement("button");
      button.type = "button";
      button.append(...head.childNodes);
      head.append(button);
      button.addEventListener("click", () => {
        const order = next[head.getAttribute("aria-sort") || "none"];
        for (const other of heads) other.removeAttribute("aria-sort");
        if (order !== "none") head.setAttribute("aria-sort", order);
        const sign = order === "descending" ? -1 : 1;
        const keys = new Map(original.map((row) => [row, value(row.cells[column])]));
        const sorted = (a, b) => {
          if (isTotal(a) !== isTotal(b)) return isTotal(a) - isTotal(b);
          const [one, other] = [keys.get(a), keys.get(b)];
          if (isTotal(a) || one === null || other === null) return (one === null) - (other === null);
          return sign * compare(one, other);
        };
        body.append(...(order === "none" ? original : original.toSorted(sorted)));
      });
    });
  }
})();
