// Columns sort by a click on their head, numbers as numbers.
(() => {
  const seconds = { days: 86400, h: 3600, min: 60, s: 1 };
  const scales = { k: 1e3, M: 1e6 };
  const value = (cell) => {
    const text = cell.textContent.trim().replaceAll("−", "-").replaceAll(",", "");
    const durations = [...text.matchAll(/(\d+(?:\.\d+)?) (days|h|min|s)\b/g)];
    if (durations.length) return durations.reduce((sum, [, count, unit]) => sum + count * seconds[unit], 0);
    const [, number, scale] = text.match(/^[<≥=p ]*([+-]?\d+(?:\.\d+)?)(?: ([kM])\b)?/) || [];
    return number === undefined ? text : Number(number) * (scales[scale] || 1);
  };
  const compare = (a, b) =>
    typeof a === "number" && typeof b === "number" ? a - b
      : typeof a === "number" ? -1 : typeof b === "number" ? 1
      : a.localeCompare(b, "en", { numeric: true });
  for (const table of document.querySelectorAll("main table")) {
    const heads = [...table.tHead.rows[0].cells];
    heads.forEach((head, column) => {
      const button = document.createElement("button");
      button.type = "button";
      button.append(...head.childNodes);
      head.append(button);
      button.addEventListener("click", () => {
        const down = head.getAttribute("aria-sort") === "ascending";
        for (const other of heads) other.removeAttribute("aria-sort");
        head.setAttribute("aria-sort", down ? "descending" : "ascending");
        const body = table.tBodies[0];
        const rows = [...body.rows].map((row, index) => ({ row, index, key: value(row.cells[column]) }));
        rows.sort((a, b) => (down ? compare(b.key, a.key) : compare(a.key, b.key)) || a.index - b.index);
        body.append(...rows.map(({ row }) => row));
      });
    });
  }
})();
