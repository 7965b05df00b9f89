// The champion's network: the operations of its graph, on one image of (channels, height, width).
const network = (() => {
  const map = (channels, height, width) => ({ channels, height, width, values: new Float32Array(channels * height * width) });
  const vector = (values) => ({ channels: values.length, height: 1, width: 1, values });
  const each = (x, change) => ({ ...x, values: x.values.map((value, at) => change(value, Math.floor(at / (x.height * x.width)))) });

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

  const operations = {
    normalize: ([x], { mean, standard_deviation: deviation }) => each(x, (level, channel) => (level - mean[channel]) / deviation[channel]),
    conv2d: ([x], { kernel_size: size, strides, padding: [top, left, bottom, right] }, [weight, bias]) => {
      const outputs = bias.values.length;
      const y = map(outputs, Math.floor((x.height + top + bottom - size) / strides) + 1, Math.floor((x.width + left + right - size) / strides) + 1);
      for (let output = 0; output < outputs; output += 1) {
        const plane = y.values.subarray(output * y.height * y.width, (output + 1) * y.height * y.width).fill(bias.values[output]);
        for (let channel = 0; channel < x.channels; channel += 1) {
          for (let tap = 0; tap < size * size; tap += 1) {
            const factor = weight.values[(output * x.channels + channel) * size * size + tap];
            const [down, over] = [Math.floor(tap / size) - top, (tap % size) - left];
            // The columns whose tap lies inside the map.
            const first = Math.max(0, Math.ceil(-over / strides));
            const last = Math.min(y.width - 1, Math.floor((x.width - 1 - over) / strides));
            for (let row = 0; row < y.height; row += 1) {
              const from = row * strides + down;
              if (from < 0 || from >= x.height) continue;
              const source = (channel * x.height + from) * x.width + over;
              const target = row * y.width;
              for (let column = first; column <= last; column += 1) plane[target + column] += factor * x.values[source + column * strides];
            }
          }
        }
      }
      return y;
    },
    batch_norm2d: ([x], { epsilon }, [gamma, beta, mean, variance]) => {
      const factors = gamma.values.map((value, channel) => value / Math.sqrt(variance.values[channel] + epsilon));
      return each(x, (value, channel) => (value - mean.values[channel]) * factors[channel] + beta.values[channel]);
    },
    relu: ([x]) => each(x, (value) => Math.max(0, value)),
    max_pool2d: ([x], sizes) => pool(x, sizes, -Infinity, Math.max, (largest) => largest),
    average_pool2d: ([x], sizes) => pool(x, sizes, 0, (sum, value) => sum + value, (sum, count) => sum / count),
    flatten: ([x]) => vector(x.values),
    channels_last: ([x], { map: [channels, height, width] }) => {
      const area = height * width;
      return vector(x.values.map((_, at) => x.values[(at % channels) * area + Math.floor(at / channels)]));
    },
    linear: ([x], _, [weight, bias]) => {
      const inputs = x.values.length;
      return vector(bias.values.map((start, output) => {
        let sum = start;
        for (let input = 0; input < inputs; input += 1) sum += weight.values[output * inputs + input] * x.values[input];
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

  // IEEE 754 numbers of 16 bits: sign, 5 bits of exponent, 10 of fraction.
  const half = (bits) => {
    const [exponent, fraction] = [(bits >> 10) & 31, bits & 1023];
    const size = exponent === 0 ? fraction * 2 ** -24 : (1 + fraction / 1024) * 2 ** (exponent - 15);
    return bits & 0x8000 ? -size : size;
  };

  // `data` are the operations and where in `bytes` each tensor lies.
  const load = (data, bytes) => {
    const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    const tensors = new Map(data.tensors.map(({ name, bits, offset, length }) => {
      const read = bits === 16 ? (at) => half(view.getUint16(offset + 2 * at, true)) : (at) => view.getFloat32(offset + 4 * at, true);
      return [name, { values: Float32Array.from({ length }, (_, at) => read(at)) }];
    }));
    // The probabilities of the classes of an image of levels (height, width, channels).
    const classify = (levels) => {
      const { height, width, channels } = data.shape;
      const pixels = map(channels, height, width);
      levels.forEach((level, at) => { pixels.values[(at % channels) * height * width + Math.floor(at / channels)] = level; });
      const values = new Map([["pixels", pixels]]);
      for (const node of data.nodes) {
        const weights = node.weights.map((name) => tensors.get(name));
        values.set(node.name, operations[node.operation](node.inputs.map((name) => values.get(name)), node, weights));
      }
      return values.get("probabilities").values;
    };
    return { classify };
  };
  return { load };
})();
