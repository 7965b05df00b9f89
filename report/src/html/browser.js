// The browser of all test images.
(() => {
  const root = document.querySelector(".browser");
  if (!root) return;
  const data = JSON.parse(document.getElementById("browser-data").textContent);
  const bytes = (text) => Uint8Array.from(atob(text), (character) => character.charCodeAt(0));
  const labels = bytes(data.labels);
  const models = data.models.map((model) => ({ ...model, predicted: bytes(model.predicted), probabilities: bytes(model.probabilities) }));
  const classes = data.classes;
  const count = labels.length;
  const side = data.side;
  const pageSize = 60;
  const find = (selector) => root.querySelector(selector);
  const field = (name) => find(`[name=${name}]`);
  const element = (name, attributes = {}, ...children) => {
    const made = Object.assign(document.createElement(name), attributes);
    made.append(...children);
    return made;
  };

  const sheet = new Image();
  const draw = (canvas, row) => {
    const context = canvas.getContext("2d");
    context.drawImage(sheet, (row % data.columns) * side, Math.floor(row / data.columns) * side, side, side, 0, 0, side, side);
  };
  const picture = (row, size) => {
    const canvas = element("canvas", { width: side, height: side, className: "picture" });
    canvas.style.width = canvas.style.height = `${size}px`;
    canvas.setAttribute("aria-hidden", "true");
    draw(canvas, row);
    return canvas;
  };
  const probability = (model, row, label) => model.probabilities[row * classes.length + label] / 255;
  const confidence = (model, row) => probability(model, row, model.predicted[row]);
  const percent = (share) => `${Math.round(share * 100)} %`;

  const option = (text, value) => element("option", { value: String(value) }, text);
  for (const name of ["true", "predicted"]) {
    field(name).append(option("any", ""), ...classes.map((text, label) => option(text, label)));
  }
  field("model").append(...models.map((model, index) => option(`${model.name}, seed ${model.seed}`, index)));
  field("model").value = String(data.champion);

  let rows = [];
  let shown = 0;
  let open = 0;

  const filter = () => {
    const model = models[field("model").value];
    const wanted = { true: field("true").value, predicted: field("predicted").value, outcome: field("outcome").value };
    const least = (Number(field("least").value) || 0) / 100;
    const most = field("most").value === "" ? 1 : Number(field("most").value) / 100;
    // Half a step of the stored probabilities, so that the ends are inside.
    const slack = 1 / 510;
    rows = [];
    for (let row = 0; row < count; row += 1) {
      const right = model.predicted[row] === labels[row];
      const sure = confidence(model, row);
      if (wanted.true !== "" && labels[row] !== Number(wanted.true)) continue;
      if (wanted.predicted !== "" && model.predicted[row] !== Number(wanted.predicted)) continue;
      if (wanted.outcome !== "" && right !== (wanted.outcome === "right")) continue;
      if (sure < least - slack || sure > most + slack) continue;
      rows.push(row);
    }
    const order = field("order").value;
    if (order !== "row") {
      const sign = order === "most" ? -1 : 1;
      rows.sort((a, b) => sign * (confidence(model, a) - confidence(model, b)) || a - b);
    }
    const hits = rows.filter((row) => model.predicted[row] === labels[row]).length;
    find(".count").textContent = `${rows.length.toLocaleString("en")} of ${count.toLocaleString("en")} test images, ${hits.toLocaleString("en")} of them right`;
    find(".tiles").replaceChildren();
    shown = 0;
    more();
  };

  const more = () => {
    const model = models[field("model").value];
    const tiles = rows.slice(shown, shown + pageSize).map((row, offset) => {
      const right = model.predicted[row] === labels[row];
      const position = shown + offset;
      const tile = element("button", { type: "button", className: "tile" },
        picture(row, 56),
        element("span", { className: right ? "right" : "wrong" }, `${classes[model.predicted[row]]} ${percent(confidence(model, row))}`),
        element("small", {}, right ? `#${data.ids[row]}` : `is ${classes[labels[row]]}`));
      tile.addEventListener("click", () => show(position));
      return element("li", {}, tile);
    });
    find(".tiles").append(...tiles);
    shown += tiles.length;
    find(".more").hidden = shown >= rows.length;
  };

  const dialog = find("dialog");
  const show = (position) => {
    open = Math.max(0, Math.min(rows.length - 1, position));
    const row = rows[open];
    const model = models[field("model").value];
    const bars = element("div", { className: "bars" });
    classes.forEach((name, label) => {
      const share = probability(model, row, label);
      const bar = element("div", { className: "bar" });
      bar.style.width = `${share * 100}%`;
      if (label === labels[row]) bar.classList.add("right");
      else if (label === model.predicted[row]) bar.classList.add("wrong");
      const chosen = label === model.predicted[row] || label === labels[row];
      bars.append(element(chosen ? "strong" : "span", {}, name), bar, element("span", {}, percent(share)));
    });
    const votes = models.map((other) => element("li", { className: other.predicted[row] === labels[row] ? "right" : "wrong" },
      `${other.name}: ${classes[other.predicted[row]]} ${percent(confidence(other, row))}`));
    dialog.querySelector(".title").textContent = `Test image ${data.ids[row]}: ${classes[labels[row]]}`;
    dialog.querySelector(".detail").replaceChildren(
      picture(row, 168),
      element("div", {}, element("p", {}, `${model.name}, seed ${model.seed}`), bars, element("ul", { className: "votes" }, ...votes)));
    dialog.querySelector(".place").textContent = `${open + 1} of ${rows.length}`;
    if (!dialog.open) dialog.showModal();
  };
  dialog.addEventListener("keydown", (event) => {
    if (event.key === "ArrowRight") show(open + 1);
    else if (event.key === "ArrowLeft") show(open - 1);
  });
  dialog.querySelector(".previous").addEventListener("click", () => show(open - 1));
  dialog.querySelector(".next").addEventListener("click", () => show(open + 1));
  dialog.querySelector(".close").addEventListener("click", () => dialog.close());
  dialog.addEventListener("click", (event) => { if (event.target === dialog) dialog.close(); });
  find(".more").addEventListener("click", more);
  find(".filters").addEventListener("input", filter);
  find(".filters").addEventListener("submit", (event) => event.preventDefault());

  sheet.addEventListener("load", filter);
  sheet.src = `data:image/png;base64,${data.sheet}`;
})();
