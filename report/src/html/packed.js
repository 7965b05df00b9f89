// Bytes that stand in the page as text of base 91: two characters are 13 bits, a last single one is 6.
const packed = (() => {
  const text = (id) => document.getElementById(id).textContent;
  // The place of a character among the printable ones without "&", "<" and "\".
  const digit = (code) => code - 33 - (code > 38) - (code > 60) - (code > 92);
  const bytes = (id) => {
    const written = text(id);
    const found = new Uint8Array(Math.floor(((written.length >> 1) * 13 + (written.length & 1) * 6) / 8));
    let [bits, count, next] = [0, 0, 0];
    for (let at = 0; at < written.length; at += 2) {
      const isPair = at + 1 < written.length;
      bits |= (digit(written.charCodeAt(at)) + (isPair ? 91 * digit(written.charCodeAt(at + 1)) : 0)) << count;
      count += isPair ? 13 : 6;
      for (; count >= 8; count -= 8, bits >>= 8) found[next++] = bits & 255;
    }
    return found;
  };
  const inflated = async (id) => {
    const stream = new Blob([bytes(id)]).stream().pipeThrough(new DecompressionStream("deflate"));
    return new Uint8Array(await new Response(stream).arrayBuffer());
  };
  return { text, bytes, inflated };
})();
