// The champion's network: the operations of its graph, on one image of (channels, height, width).
const network = (() => {
  const map = (channels, height, width) => ({ channels, height, width, values: new Float32Array(channels * height * width) });
  const vector = (values) => ({ channels: values.length, height: 1, width: 1, values: Float32Array.from(values) });
  const each = (x, change) => ({ ...x, values: x.values.map((value, at) => change(value, Math.floor(at / (x.height * x.width)))) });

  const planes = ({ channels, values }) => {
    const area = values.length / channels;
    return Array.from({ length: channels }, (_, channel) => values.subarray(channel * area, (channel + 1) * area));
  };

  // Windows inside the map; `take` gives the value of one from its values.
  const pool = (x, { pool_size: size, strides }, start, take, end) => {
    const y = map(x.channels, Math.floor((x.height - size) / strides) + 1, Math.floor((x.width - size) / strides) + 1);
    let at = 0;
    for (let channel = 0; channel < y.channels; channel += 1) {
      for (let row = 0; row < y.height; row += 1) {
        for (let column = 0; column < y.width; column += 1) {
          let found = start;
          for (let down = 0; down < size; down += 1) {
            const from = (channel * x.height + row * strides + down) * x.width + column * strides;
            for (let right = 0; right < size; right += 1) found = take(found, x.values[from + right]);
          }
          y.values[at++] = end(found, size * size);
        }
      }
    }
    return y;
  };

  // Abramowitz and Stegun, formula 7.1.26: wrong by 1.5e-7 at most.
  const erf = (x) => {
    const t = 1 / (1 + 0.3275911 * Math.abs(x));
    const sum = ((((1.061405429 * t - 1.453152027) * t + 1.421413741) * t - 0.284496736) * t + 0.254829592) * t;
    return Math.sign(x) * (1 - sum * Math.exp(-x * x));
  };
  const sigmoid = (x) => 1 / (1 + Math.exp(-x));
  const activations = {
    relu: (x) => Math.max(0, x),
    leaky_relu: (x) => (x > 0 ? x : 0.2 * x),
    gelu: (x) => (x / 2) * (1 + erf(x / Math.SQRT2)),
    silu: (x) => x * sigmoid(x),
    elu: (x) => (x > 0 ? x : Math.expm1(x)),
    tanh: Math.tanh,
    sigmoid,
  };

  // Each gets its inputs, its node, and what finds the values of a weight by its name.
  const operations = {
    normalize: ([x], { mean, standard_deviation: deviation }) => each(x, (level, channel) => (level - mean[channel]) / deviation[channel]),
    conv2d: ([x], { weight, bias, groups, kernel_size: size, strides, padding: [top, left, bottom, right] }, find) => {
      const [kernels, start] = [find(weight), find(bias)];
      const read = x.channels / groups;
      const outputs = kernels.length / (read * size * size);
      const y = map(outputs, Math.floor((x.height + top + bottom - size) / strides) + 1, Math.floor((x.width + left + right - size) / strides) + 1);
      for (let output = 0; output < outputs; output += 1) {
        const plane = y.values.subarray(output * y.height * y.width, (output + 1) * y.height * y.width).fill(start ? start[output] : 0);
        const group = Math.floor((output * groups) / outputs);
        for (let channel = 0; channel < read; channel += 1) {
          for (let tap = 0; tap < size * size; tap += 1) {
            const factor = kernels[(output * read + channel) * size * size + tap];
            const [down, over] = [Math.floor(tap / size) - top, (tap % size) - left];
            // The columns whose tap lies inside the map.
            const first = Math.max(0, Math.ceil(-over / strides));
            const last = Math.min(y.width - 1, Math.floor((x.width - 1 - over) / strides));
            for (let row = 0; row < y.height; row += 1) {
              const from = row * strides + down;
              if (from < 0 || from >= x.height) continue;
              const source = ((group * read + channel) * x.height + from) * x.width + over;
              const target = row * y.width;
              for (let column = first; column <= last; column += 1) plane[target + column] += factor * x.values[source + column * strides];
            }
          }
        }
      }
      return y;
    },
    batch_norm2d: ([x], { weight, bias, running_mean, running_var, epsilon }, find) => {
      const [gamma, beta, mean, variance] = [weight, bias, running_mean, running_var].map(find);
      const factors = variance.map((value, channel) => (gamma ? gamma[channel] : 1) / Math.sqrt(value + epsilon));
      return each(x, (value, channel) => (value - mean[channel]) * factors[channel] + (beta ? beta[channel] : 0));
    },
    layer_norm: ([x], { channels, weight, bias, epsilon }, find) => {
      const [gamma, beta] = [weight, bias].map(find);
      const area = x.values.length / channels;
      const y = { ...x, values: new Float32Array(x.values.length) };
      for (let at = 0; at < area; at += 1) {
        let [sum, squares] = [0, 0];
        for (let channel = 0; channel < channels; channel += 1) sum += x.values[channel * area + at];
        const mean = sum / channels;
        for (let channel = 0; channel < channels; channel += 1) squares += (x.values[channel * area + at] - mean) ** 2;
        const factor = 1 / Math.sqrt(squares / channels + epsilon);
        for (let channel = 0; channel < channels; channel += 1) {
          const value = (x.values[channel * area + at] - mean) * factor;
          y.values[channel * area + at] = value * (gamma ? gamma[channel] : 1) + (beta ? beta[channel] : 0);
        }
      }
      return y;
    },
    activation: ([x], { activation }) => each(x, activations[activation]),
    rescaling: ([x], { scale, offset }) => each(x, (value) => value * scale + offset),
    global_max_pool2d: ([x]) => vector(planes(x).map((plane) => plane.reduce((a, b) => Math.max(a, b)))),
    global_average_pool2d: ([x]) => vector(planes(x).map((plane) => plane.reduce((a, b) => a + b) / plane.length)),
    max_pool2d: ([x], sizes) => pool(x, sizes, -Infinity, Math.max, (largest) => largest),
    average_pool2d: ([x], sizes) => pool(x, sizes, 0, (sum, value) => sum + value, (sum, count) => sum / count),
    flatten: ([x]) => vector(x.values),
    channels_last: ([x], { map: [channels, height, width] }) => {
      const area = height * width;
      return vector(x.values.map((_, at) => x.values[(at % channels) * area + Math.floor(at / channels)]));
    },
    linear: ([x], { weight, bias }, find) => {
      const inputs = x.values.length;
      const [factors, start] = [find(weight), find(bias)];
      return vector(Float32Array.from({ length: factors.length / inputs }, (_, output) => {
        let sum = start ? start[output] : 0;
        for (let input = 0; input < inputs; input += 1) sum += factors[output * inputs + input] * x.values[input];
        return sum;
      }));
    },
    add: ([a, b]) => ({ ...a, values: a.values.map((value, at) => value + b.values[at]) }),
    softmax: ([x]) => {
      const largest = Math.max(...x.values);
      const powers = x.values.map((value) => Math.exp(value - largest));
      const sum = powers.reduce((a, b) => a + b);
      return vector(powers.map((power) => power / sum));
    },
  };

  // `data` are the operations and the tensors that lie in `bytes`, one after another.
  const load = (data, bytes) => {
    const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    let offset = 0;
    const numbers = (length) => {
      const start = offset;
      offset += 4 * length;
      return Float32Array.from({ length }, (_, at) => view.getFloat32(start + 4 * at, true));
    };
    // Whole numbers of steps, a step for each output channel.
    const kernel = (length, channels) => {
      const steps = numbers(channels);
      const low = offset;
      const high = low + length;
      offset = high + length;
      return Float32Array.from({ length }, (_, at) => (view.getUint8(high + at) * 256 + view.getUint8(low + at) - data.zero) * steps[Math.floor((at * channels) / length)]);
    };
    const tensors = new Map(data.tensors.map(({ name, length, channels }) => [name, channels ? kernel(length, channels) : numbers(length)]));
    // The probabilities of the classes of an image of levels (height, width, channels).
    const classify = (levels) => {
      const { height, width, channels } = data.shape;
      const pixels = map(channels, height, width);
      levels.forEach((level, at) => { pixels.values[(at % channels) * height * width + Math.floor(at / channels)] = level; });
      const values = new Map([["pixels", pixels]]);
      for (const node of data.nodes) {
        const inputs = node.inputs.map((name) => values.get(name));
        values.set(node.name, operations[node.operation](inputs, node, (name) => tensors.get(name)));
      }
      return values.get("probabilities").values;
    };
    return { classify };
  };
  return { load };
})();
