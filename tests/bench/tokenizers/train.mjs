// Small vocabularies from generated words, by plain statements of how each kind is trained.

const bump = (map, key, by) => map.set(key, (map.get(key) ?? 0) + by);

// The character that stands for each byte in byte-level vocabularies.
export function byteLetters() {
  const isPlain = (b) => (b >= 0x21 && b <= 0x7e) || (b >= 0xa1 && b <= 0xac) || b >= 0xae;
  let next = 0x100;
  return Array.from({ length: 256 }, (_, b) => String.fromCodePoint(isPlain(b) ? b : next++));
}
const letters = byteLetters();
export const toByteLetters = (text) => [...Buffer.from(text)].map((b) => letters[b]).join("");

// Merges of the most frequent neighbours; `split` gives the first symbols of a word.
export function trainMerges(counts, split, merges) {
  const words = [...counts].map(([word, count]) => ({ symbols: split(word), count }));
  const list = [];
  while (list.length < merges) {
    const pairs = new Map();
    for (const { symbols, count } of words)
      for (let i = 0; i + 1 < symbols.length; ++i) bump(pairs, symbols[i] + "\u0000" + symbols[i + 1], count);
    let best = null;
    for (const [pair, count] of pairs) if (!best || count > best[1] || (count === best[1] && pair < best[0])) best = [pair, count];
    if (!best || best[1] < 2) break;
    const [left, right] = best[0].split("\u0000");
    list.push([left, right]);
    for (const word of words) {
      const { symbols } = word;
      for (let i = 0; i + 1 < symbols.length; ++i)
        if (symbols[i] === left && symbols[i + 1] === right) symbols.splice(i, 2, left + right);
    }
  }
  return list;
}

export function vocabularyOf(first, merges, prefix = "") {
  const vocab = {};
  for (const token of first) if (!(token in vocab)) vocab[token] = Object.keys(vocab).length;
  let next = Object.keys(vocab).length;
  for (const [left, right] of merges) {
    const token = left + (right.startsWith(prefix) ? right.slice(prefix.length) : right);
    if (!Object.hasOwn(vocab, token)) vocab[token] = next++;
  }
  return vocab;
}

// Substrings of words by frequency, with the logarithm of their share as score.
export function frequentParts(counts, most, longest = 6) {
  const parts = new Map();
  for (const [word, count] of counts) {
    const symbols = [...word];
    for (let i = 0; i < symbols.length; ++i)
      for (let n = 1; n <= longest && i + n <= symbols.length; ++n) bump(parts, symbols.slice(i, i + n).join(""), count);
  }
  const total = [...parts.values()].reduce((a, b) => a + b, 0);
  return [...parts]
    .sort((a, b) => b[1] - a[1] || (a[0] < b[0] ? -1 : 1))
    .slice(0, most)
    .map(([text, count]) => [text, Math.log(count / total)]);
}

// A double-array trie as Darts-clone lays it out, from [from, to] rules, in the envelope of SentencePiece's compiled character map.
export function charsmap(rules) {
  const sorted = rules.map(([from, to]) => [Buffer.from(from), to]).sort((a, b) => Buffer.compare(a[0], b[0]));
  let texts = Buffer.alloc(0);
  const units = new Map([[0, 0]]),
    taken = new Set([0]);
  const value = sorted.map(([, to]) => {
    const at = texts.length;
    texts = Buffer.concat([texts, Buffer.from(to), Buffer.from([0])]);
    return at;
  });
  const place = (node, begin, end, depth) => {
    const labels = [];
    for (let i = begin; i < end; ++i) {
      const label = sorted[i][0].length === depth ? 0 : sorted[i][0][depth];
      if (labels.length === 0 || labels.at(-1).label !== label) labels.push({ label, begin: i, end: i + 1 });
      else labels.at(-1).end = i + 1;
    }
    let base = 1;
    while (labels.some(({ label }) => taken.has(base ^ label)) || taken.has(-base) || (base ^ node) >= 1 << 21) ++base;
    taken.add(-base);
    for (const { label } of labels) taken.add(base ^ label);
    units.set(node, (units.get(node) | ((base ^ node) << 10) | (labels[0].label === 0 ? 1 << 8 : 0)) >>> 0);
    for (const { label, begin: from, end: to } of labels) {
      if (label === 0) units.set(base, (value[from] | (1 << 31)) >>> 0);
      else units.set(base ^ label, label);
    }
    for (const { label, begin: from, end: to } of labels) if (label !== 0) place(base ^ label, from, to, depth + 1);
  };
  place(0, 0, sorted.length, 0);
  const size = (Math.max(...units.keys()) | 0xff) + 1;
  const blob = Buffer.alloc(4 + 4 * size);
  blob.writeUInt32LE(4 * size, 0);
  for (const [at, unit] of units) blob.writeUInt32LE(unit, 4 + 4 * at);
  return Buffer.concat([blob, texts]);
}
