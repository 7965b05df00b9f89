// A picture that the reader drops, chooses or draws, and what the champion takes it for.
// The network stands behind this script.
addEventListener("DOMContentLoaded", () => {
  const root = document.querySelector(".try");
  if (!root) return;
  const data = JSON.parse(packed.text("network-data"));
  const find = (selector) => root.querySelector(selector);
  const [pad, seen, negative] = [".pad", ".seen", ".negative-switch"].map(find);
  const [ink, view] = [pad, seen].map((canvas) => canvas.getContext("2d", { willReadFrequently: true }));
  // More pixels than this are not read.
  const most = 1 << 25;
  const shown = 5;
  find(".desk").hidden = false;
  find(".who").textContent = `${data.model}, seed ${data.seed},`;
  [seen.width, seen.height] = [data.shape.width, data.shape.height];
  const scale = 140 / Math.max(seen.width, seen.height);
  [seen.style.width, seen.style.height] = [`${seen.width * scale}px`, `${seen.height * scale}px`];

  // Decoded when it is first asked.
  let loaded;
  const champion = () => {
    loaded = loaded || packed.inflated("network-weights").then((weights) => network.load(data, weights));
    return loaded;
  };

  const draw = (found) => {
    const { height, width, channels } = data.shape;
    const image = new ImageData(width, height);
    for (let at = 0; at < height * width; at += 1) {
      const pixel = found.subarray(at * channels, (at + 1) * channels);
      const [red, green, blue] = channels < 3 ? [pixel[0], pixel[0], pixel[0]] : pixel;
      const opacity = channels % 2 === 0 ? pixel[channels - 1] : 255;
      image.data.set([red, green, blue, opacity], at * 4);
    }
    view.putImageData(image, 0, 0);
  };

  const element = (name, attributes, ...children) => {
    const made = Object.assign(document.createElement(name), attributes);
    made.append(...children);
    return made;
  };
  // What was asked last; answers to earlier questions come too late.
  let asked = null;
  const answer = async (found) => {
    asked = found;
    draw(found);
    const { classify } = await champion();
    if (asked !== found) return;
    const probabilities = classify(found);
    const ranked = [...probabilities.keys()].sort((a, b) => probabilities[b] - probabilities[a]);
    const percent = (label) => `${(100 * probabilities[label]).toFixed(1)} %`;
    find(".answer").textContent = `${data.classes[ranked[0]]}, ${percent(ranked[0])}`;
    find(".bars").replaceChildren(...ranked.slice(0, shown).flatMap((label, rank) => {
      const bar = element("div", { className: rank === 0 ? "bar right" : "bar" });
      bar.style.width = `${100 * probabilities[label]}%`;
      return [element("span", {}, data.classes[label]), bar, element("span", {}, percent(label))];
    }));
  };

  // The picture as it is, so that it can be turned into its negative and back.
  let found = null;
  const take = (image) => {
    found = levels.of(image, data.shape);
    const light = levels.isLight(found, data.shape);
    negative.checked = data.background !== null && light !== (data.background === "light");
    update();
  };
  const update = () => {
    if (found) answer(negative.checked ? levels.invert(found, data.shape) : found);
  };
  negative.addEventListener("change", update);

  const clear = () => {
    ink.fillStyle = "#fff";
    ink.fillRect(0, 0, pad.width, pad.height);
    found = null;
    asked = null;
    view.clearRect(0, 0, seen.width, seen.height);
    find(".answer").textContent = "";
    find(".bars").replaceChildren();
  };
  find(".clear").addEventListener("click", clear);
  clear();

  const read = async (file) => {
    const bitmap = await createImageBitmap(file, { premultiplyAlpha: "none", colorSpaceConversion: "none" });
    const { width, height } = bitmap;
    if (width * height > most) throw new Error(`${width} x ${height} pixels, expected at most ${most}`);
    const canvas = element("canvas", { width, height });
    const context = canvas.getContext("2d", { willReadFrequently: true });
    context.drawImage(bitmap, 0, 0);
    clear();
    const scale = Math.min(pad.width / width, pad.height / height);
    ink.drawImage(bitmap, 0, 0, width * scale, height * scale);
    take(context.getImageData(0, 0, width, height));
  };
  const open = (file) => {
    if (file) read(file).catch((error) => { find(".answer").textContent = `This is no picture that can be read: ${error.message}`; });
  };
  find("input[type=file]").addEventListener("change", (event) => open(event.target.files[0]));
  root.addEventListener("dragover", (event) => event.preventDefault());
  root.addEventListener("drop", (event) => {
    event.preventDefault();
    open(event.dataTransfer.files[0]);
  });

  let last = null;
  const place = (event) => {
    const box = pad.getBoundingClientRect();
    return [((event.clientX - box.left) * pad.width) / box.width, ((event.clientY - box.top) * pad.height) / box.height];
  };
  pad.addEventListener("pointerdown", (event) => {
    if (event.isTrusted) pad.setPointerCapture(event.pointerId);
    last = place(event);
  });
  pad.addEventListener("pointermove", (event) => {
    if (!last) return;
    const next = place(event);
    Object.assign(ink, { lineWidth: 22, lineCap: "round", strokeStyle: "#000" });
    ink.beginPath();
    ink.moveTo(...last);
    ink.lineTo(...next);
    ink.stroke();
    last = next;
  });
  const lift = () => {
    if (!last) return;
    last = null;
    take(ink.getImageData(0, 0, pad.width, pad.height));
  };
  for (const end of ["pointerup", "pointercancel"]) pad.addEventListener(end, lift);
});
