// SentencePiece .model files, written field by field (sentencepiece_model.proto).

const varint = (n) => {
  const bytes = [];
  for (; n > 127; n = Math.floor(n / 128)) bytes.push((n % 128) | 128);
  return Buffer.from([...bytes, n]);
};
const field = (number, bytes) => Buffer.concat([varint(number * 8 + 2), varint(bytes.length), bytes]);
const whole = (number, value) => Buffer.concat([varint(number * 8), varint(Number(value))]);
const real = (number, value) => {
  const bytes = Buffer.alloc(4);
  bytes.writeFloatLE(value);
  return Buffer.concat([varint(number * 8 + 5), bytes]);
};
const kinds = { normal: 1, unknown: 2, control: 3, user: 4, unused: 5, byte: 6 };
const piece = ([text, score, kind = "normal"]) =>
  field(1, Buffer.concat([field(1, Buffer.from(text)), real(2, score), whole(3, kinds[kind])]));

function model({ pieces, bpe = false, byteFallback = false, charsmap, dummy = true, extra = true, suffix = false }) {
  const unique = [...new Map(pieces.map((p) => [p[0], p])).values()];
  const trainer = [whole(3, bpe ? 2 : 1), whole(24, suffix), whole(35, byteFallback), whole(40, 0), whole(41, 1), whole(42, 2)];
  const normalizer = [...(charsmap ? [field(2, charsmap)] : []), whole(3, dummy), whole(4, extra), whole(5, true)];
  return Buffer.concat([...unique.map(piece), field(2, Buffer.concat(trainer)), field(3, Buffer.concat(normalizer))]);
}

export function makeModels({ parts, pairMerges, characters, charsmap }) {
  const first = [
    ["<unk>", 0, "unknown"],
    ["<s>", 0, "control"],
    ["</s>", 0, "control"],
  ];
  const bytes = Array.from({ length: 256 }, (_, b) => [`<0x${b.toString(16).toUpperCase().padStart(2, "0")}>`, 0, "byte"]);
  const user = [
    ["<sep>", 0, "user"],
    ["a b", 0, "user"],
    ["xx", 0, "user"],
    ["xxx", 0, "user"],
  ];
  const extra = ["<sep>", "a b", "xx", "xxxx", "<s>"];
  const merged = pairMerges.map(([a, b], i) => [a + b, -i]);
  const unused = merged.map((p, i) => (i % 11 === 10 ? [...p, "unused"] : p));
  const letters = characters.map((c, i) => [c, -merged.length - i]);
  return {
    unigram: { bytes: model({ pieces: [...first, ...parts] }), extra },
    "unigram, charsmap, user-defined": { bytes: model({ pieces: [...first, ...user, ...parts], charsmap }), extra },
    "unigram, byte fallback, spaces kept": {
      bytes: model({ pieces: [...first, ...bytes, ...parts], byteFallback: true, extra: false }),
      extra,
    },
    "unigram, spaces as suffix": { bytes: model({ pieces: [...first, ...parts], suffix: true }), extra },
    "bpe (Llama 2)": {
      bytes: model({ pieces: [...first, ...bytes, ...merged, ...letters], bpe: true, byteFallback: true, extra: false }),
      extra,
    },
    "bpe, charsmap, user-defined, unused": {
      bytes: model({ pieces: [...first, ...user, ...unused, ...letters], bpe: true, charsmap }),
      extra,
    },
    "bpe, no space before": { bytes: model({ pieces: [...first, ...merged, ...letters], bpe: true, dummy: false }), extra },
  };
}
