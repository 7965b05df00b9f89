// Pictures to levels (height, width, channels) of the network's shape, as the data were read.
const levels = (() => {
  // Weights of ITU-R 601-2 in 1/65536, as in Pillow.
  const luma = (red, green, blue) => (red * 19595 + green * 38470 + blue * 7471 + 0x8000) >> 16;

  // Levels of RGBA: opacity is dropped unless the data have it, colour becomes grey where they are grey.
  const ofRgba = (rgba, channels) => {
    const found = new Float32Array((rgba.length / 4) * channels);
    for (let at = 0, to = 0; at < rgba.length; at += 4) {
      const [red, green, blue, opacity] = rgba.subarray(at, at + 4);
      const pixel = channels < 3 ? [luma(red, green, blue), opacity] : [red, green, blue, opacity];
      for (let channel = 0; channel < channels; channel += 1) found[to++] = pixel[channel];
    }
    return found;
  };

  // For each new position along a side the first old one that it covers, and the weights of these: a
  // triangle over all that lies under the new pixel.
  const triangles = (from, to) => {
    const ratio = from / to;
    const support = Math.max(1, ratio);
    return Array.from({ length: to }, (_, position) => {
      const centre = (position + 0.5) * ratio;
      const first = Math.min(Math.max(Math.floor(centre - support), 0), from - 1);
      const end = Math.min(Math.max(Math.ceil(centre + support), first + 1), from);
      const weights = Array.from({ length: end - first }, (_, at) => Math.max(0, 1 - Math.abs((first + at + 0.5 - centre) / support)));
      const sum = weights.reduce((a, b) => a + b);
      return { first, weights: weights.map((weight) => weight / sum) };
    });
  };

  const resize = (found, [height, width], shape) => {
    if (height === shape.height && width === shape.width) return found;
    const { channels } = shape;
    const rows = new Float32Array(shape.height * width * channels);
    triangles(height, shape.height).forEach(({ first, weights }, row) => {
      weights.forEach((weight, at) => {
        const from = (first + at) * width * channels;
        for (let value = 0; value < width * channels; value += 1) rows[row * width * channels + value] += weight * found[from + value];
      });
    });
    const resized = new Float32Array(shape.height * shape.width * channels);
    triangles(width, shape.width).forEach(({ first, weights }, column) => {
      for (let row = 0; row < shape.height; row += 1) {
        for (let channel = 0; channel < channels; channel += 1) {
          let sum = 0;
          weights.forEach((weight, at) => { sum += weight * rows[(row * width + first + at) * channels + channel]; });
          resized[(row * shape.width + column) * channels + channel] = sum;
        }
      }
    });
    return resized.map((level) => Math.round(Math.min(Math.max(level, 0), 255)));
  };

  // Whether most of the edge is light.
  const isLight = (found, { height, width, channels }) => {
    let [light, all] = [0, 0];
    for (let row = 0; row < height; row += 1) {
      for (let column = 0; column < width; column += 1) {
        if (row > 0 && row < height - 1 && column > 0 && column < width - 1) continue;
        light += found[(row * width + column) * channels] >= 128 ? 1 : 0;
        all += 1;
      }
    }
    return 2 * light > all;
  };

  const invert = (found, { channels }) =>
    found.map((level, at) => (channels % 2 === 0 && at % channels === channels - 1 ? level : 255 - level));

  return { of: (image, shape) => resize(ofRgba(image.data, shape.channels), [image.height, image.width], shape), isLight, invert };
})();
