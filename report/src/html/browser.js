// The browser of the test images. Its data are decoded after the page has been painted.
(() => {
  const root = document.querySelector(".browser");
  if (!root) return;
  for (const part of root.querySelectorAll("[hidden]")) part.hidden = false;

  const start = async () => {
    const data = JSON.parse(packed.text("browser-data"));
    const encoded = new Blob([packed.bytes("browser-sheet")], { type: data.media_type });
    const [planes, sheet] = await Promise.all([packed.inflated("browser-predictions"), createImageBitmap(encoded)]);
    browse(data, planes, sheet);
  };
  const whenIdle = window.requestIdleCallback || ((callback) => setTimeout(callback, 50));
  addEventListener("load", () => whenIdle(() => start().catch((error) => {
    root.querySelector(".count").textContent = `The test images cannot be shown: ${error}`;
  })));

  const browse = (data, planes, sheet) => {
    const classes = data.classes;
    const count = data.count;
    let offset = 0;
    const plane = () => planes.subarray(offset, (offset += count));
    const classPlanes = () => {
      const [low, high] = [plane(), plane()];
      return Uint16Array.from(low, (value, row) => value + 256 * high[row]);
    };
    const bytesOfIds = [plane(), plane(), plane(), plane()];
    const ids = Uint32Array.from({ length: count }, (_, row) => bytesOfIds.reduceRight((high, low) => high * 256 + low[row], 0));
    const labels = classPlanes();
    const models = data.models.map((model) => ({
      ...model,
      ranks: Array.from({ length: data.stored }, () => ({ classes: classPlanes(), probabilities: plane() })),
    }));
    for (const model of models) model.predicted = model.ranks[0].classes;
    const pageSize = 60;
    const find = (selector) => root.querySelector(selector);
    const field = (name) => find(`[name=${name}]`);
    const element = (name, attributes = {}, ...children) => {
      const made = Object.assign(document.createElement(name), attributes);
      made.append(...children);
      return made;
    };

    const draw = (canvas, row) => {
      const context = canvas.getContext("2d");
      const [left, top] = [(row % data.columns) * data.width, Math.floor(row / data.columns) * data.height];
      context.drawImage(sheet, left, top, data.width, data.height, 0, 0, data.width, data.height);
    };
    const picture = (row, size) => {
      const canvas = element("canvas", { width: data.width, height: data.height, className: data.negative ? "negative" : "" });
      const scale = size / Math.max(data.width, data.height);
      canvas.style.width = `${data.width * scale}px`;
      canvas.style.height = `${data.height * scale}px`;
      canvas.setAttribute("aria-hidden", "true");
      draw(canvas, row);
      return canvas;
    };
    // The most probable classes of an image, which are stored, with their probabilities.
    const stored = (model, row) => {
      const found = new Map();
      for (const rank of model.ranks) {
        if (rank.probabilities[row] > 0) found.set(rank.classes[row], rank.probabilities[row] / 255);
      }
      return found;
    };
    const confidence = (model, row) => model.ranks[0].probabilities[row] / 255;
    const percent = (share) => `${Math.round(share * 100)}\u00a0%`;

    const option = (text, value) => element("option", { value: String(value) }, text);
    for (const name of ["true", "predicted"]) {
      field(name).append(option("any", ""), ...classes.map((text, label) => option(text, label)));
    }
    field("model").append(...models.map((model, index) => option(`${model.name}, seed ${model.seed}`, index)));
    field("model").value = String(data.champion);
    const fields = [...find(".filters").elements].filter((part) => part.name);
    const initial = new Map(fields.map((part) => [part.name, part.value]));
    for (const part of fields) {
      const chosen = address.get(part.name);
      if (chosen === null) continue;
      part.value = chosen;
      // A select without that option.
      if (part.value !== chosen) part.value = initial.get(part.name);
    }

    let rows = [];
    let shown = 0;
    let open = 0;

    const number = (value) => value.toLocaleString("en");
    const plural = (value, noun) => `${number(value)} ${noun}${value === 1 ? "" : "s"}`;
    // How many are shown, and of what.
    const said = (model, outcome) => {
      const among = count < data.total ? `${number(count)} of ${plural(data.total, "test image")}` : plural(count, "test image");
      if (outcome === "wrong") return `${plural(rows.length, "error")} in ${among}`;
      if (outcome === "right") return `${plural(rows.length, "right prediction")} in ${among}`;
      const right = rows.filter((row) => model.predicted[row] === labels[row]).length;
      const whole = rows.length === count ? among : `${number(rows.length)} of ${among}`;
      return rows.length ? `${whole}, ${number(right)} of them right (${percent(right / rows.length)})` : `None of ${among}`;
    };

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
      const sign = { most: -1, least: 1, row: 0 }[order];
      rows.sort((a, b) => sign * (confidence(model, a) - confidence(model, b)) || ids[a] - ids[b]);
      find(".count").textContent = said(model, wanted.outcome);
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
          element("small", {}, right ? `#${ids[row]}` : `is ${classes[labels[row]]}`));
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
      const probabilities = stored(model, row);
      const unstored = classes.length > data.stored;
      const listed = unstored ? [...new Set([...probabilities.keys(), labels[row]])].sort((a, b) => a - b) : classes.keys();
      for (const label of listed) {
        const name = classes[label];
        const share = probabilities.get(label) || 0;
        const bar = element("div", { className: "bar" });
        bar.style.width = `${share * 100}%`;
        if (label === labels[row]) bar.classList.add("right");
        else if (label === model.predicted[row]) bar.classList.add("wrong");
        const chosen = label === model.predicted[row] || label === labels[row];
        const value = unstored && !probabilities.has(label) ? "low" : percent(share);
        bars.append(element(chosen ? "strong" : "span", {}, name), bar, element("span", {}, value));
      }
      const votes = models.map((other) => element("li", { className: other.predicted[row] === labels[row] ? "right" : "wrong" },
        `${other.name}: ${classes[other.predicted[row]]} ${percent(confidence(other, row))}`));
      dialog.querySelector(".title").textContent = `Test image ${ids[row]}: ${classes[labels[row]]}`;
      dialog.querySelector(".detail").replaceChildren(
        picture(row, 168),
        element("div", {}, element("p", {}, `${model.name}, seed ${model.seed}`), bars, element("ul", { className: "votes" }, ...votes)));
      dialog.querySelector(".place").textContent = `${open + 1} of ${rows.length}`;
      dialog.querySelector(".previous").disabled = open === 0;
      dialog.querySelector(".next").disabled = open === rows.length - 1;
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
    find(".filters").addEventListener("input", (event) => {
      address.set(event.target.name, event.target.value, initial.get(event.target.name));
      filter();
    });
    find(".filters").addEventListener("submit", (event) => event.preventDefault());

    const notes = [];
    if (data.media_type === "image/jpeg") notes.push("Images are stored with some loss here.");
    if (count < data.total) notes.push(`Those that a model gets wrong come first among the ${count.toLocaleString("en")} images of this page.`);
    find(".notes").textContent = notes.join(" ");
    filter();
  };
})();
