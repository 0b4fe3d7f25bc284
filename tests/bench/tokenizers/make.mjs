// One tokenizer.json of each kind, trained on generated words: { name: {json, extra} }, where extra holds strings that stand in the
// comparison's texts.
import { byteLetters, charsmap, frequentParts, toByteLetters, trainMerges, vocabularyOf } from "./train.mjs";
import { added, bar, byteLevel, byteTokens, document, regex, replace, sequence, split, template } from "./parts.mjs";
import { patterns } from "./patterns.mjs";
import { makeWords, Random } from "./random.mjs";

function byteLevelKinds(put, { bytePairs, top, end }) {
  put(
    "GPT-2 byte-level",
    { added_tokens: [end], pre_tokenizer: byteLevel(), post_processor: byteLevel(), decoder: byteLevel(), model: bytePairs() },
    ["<|endoftext|>", "<|endoftext|"],
  );
  put(
    "RoBERTa byte-level",
    {
      added_tokens: [added(top, "<s>"), added(top + 1, "</s>"), added(top + 2, "<mask>", { lstrip: true })],
      pre_tokenizer: byteLevel(true),
      post_processor: {
        type: "RobertaProcessing",
        sep: ["</s>", top + 1],
        cls: ["<s>", top],
        trim_offsets: true,
        add_prefix_space: true,
      },
      decoder: byteLevel(),
      model: bytePairs(),
    },
    ["<mask>", "  <mask>", "<s>"],
  );
  const reserved = Array.from({ length: 8 }, (_, i) => added(top + 2 + i, `<|reserved_${i}|>`));
  put(
    "Llama 3 byte-level",
    {
      added_tokens: [added(top, "<|begin_of_text|>"), added(top + 1, "<|end_of_text|>"), ...reserved],
      pre_tokenizer: sequence("pretokenizers", [split(regex(patterns.llama3)), byteLevel(false, false)]),
      post_processor: sequence("processors", [byteLevel(true, true), template(["<|begin_of_text|>"], [], { "<|begin_of_text|>": top })]),
      decoder: byteLevel(),
      model: bytePairs({ ignore_merges: true }),
    },
    ["<|end_of_text|>", "<|reserved_3|>", "<|reserved_"],
  );
  put(
    "Qwen byte-level",
    {
      normalizer: { type: "NFC" },
      added_tokens: [end, added(top + 1, "<think>", { special: false }), added(top + 2, "<|im_start|>")],
      pre_tokenizer: sequence("pretokenizers", [split(regex(patterns.qwen)), byteLevel(false, false)]),
      post_processor: byteLevel(),
      decoder: byteLevel(),
      model: bytePairs(),
    },
    ["<think>", "<|im_start|>user\n"],
  );
}

function patternKinds(put, { bytePairs, end }) {
  for (const name of ["o200k", "kimi", "cl100k"])
    put(`${name} pattern`, {
      added_tokens: [end],
      pre_tokenizer: sequence("pretokenizers", [split(regex(patterns[name])), byteLevel(false, false)]),
      decoder: byteLevel(),
      model: bytePairs(),
    });
  put("DeepSeek pattern", {
    added_tokens: [end],
    pre_tokenizer: sequence("pretokenizers", [
      split(regex(String.raw`[\r\n]`)),
      split(regex(String.raw`\s?\p{L}+`)),
      split(regex(String.raw`\s?\p{P}+`)),
      split(regex("[一-龥぀-ゟ゠-ヿ]+")),
      { type: "Digits", individual_digits: true },
      byteLevel(false, false),
    ]),
    decoder: byteLevel(),
    model: bytePairs(),
  });
}

function barKinds(put, { barred, bytePairs }) {
  const characters = [...new Set([...barred.keys()].flatMap((w) => [...w]))].filter((_, i) => i % 9 !== 8);
  const pairMerges = trainMerges(barred, (w) => [...w], 700).filter(([a, b]) => [...(a + b)].every((c) => characters.includes(c)));
  const barVocab = vocabularyOf(["<unk>", "<s>", "</s>", ...byteTokens, ...characters], pairMerges);
  const barPairs = { ...bytePairs(), unk_token: "<unk>", fuse_unk: true, byte_fallback: true, vocab: barVocab, merges: pairMerges };
  const barSpecials = [added(0, "<unk>"), added(1, "<s>"), added(2, "</s>")];
  const barDecoder = sequence("decoders", [
    replace({ String: bar }, " "),
    { type: "ByteFallback" },
    { type: "Fuse" },
    { type: "Strip", content: " ", start: 1, stop: 0 },
  ]);
  put(
    "Llama 2 metaspace",
    {
      added_tokens: barSpecials,
      normalizer: sequence("normalizers", [{ type: "Prepend", prepend: bar }, replace({ String: " " }, bar)]),
      post_processor: template(["<s>"], [], { "<s>": 1 }),
      decoder: barDecoder,
      model: barPairs,
    },
    ["<s>", " </s> "],
  );
  put(
    "Mistral metaspace, first",
    {
      added_tokens: barSpecials,
      pre_tokenizer: { type: "Metaspace", replacement: bar, prepend_scheme: "first", split: false },
      post_processor: template(["<s>"], [], { "<s>": 1 }),
      decoder: barDecoder,
      model: barPairs,
    },
    ["<s>", " </s> "],
  );
  put(
    "Gemma metaspace",
    {
      added_tokens: [
        ...barSpecials,
        added(Object.keys(barVocab).length, "\n\n", { special: false }),
        added(Object.keys(barVocab).length + 1, "▁▁▁", { special: false }),
      ],
      normalizer: replace({ String: " " }, bar),
      pre_tokenizer: split({ String: " " }, "MergedWithPrevious"),
      post_processor: template(["<s>"], [], { "<s>": 1 }),
      decoder: sequence("decoders", [replace({ String: bar }, " "), { type: "ByteFallback" }, { type: "Fuse" }]),
      model: barPairs,
    },
    ["\n\n", "   ", "▁▁▁"],
  );
  put("BPE, unknown not fused", {
    added_tokens: [added(0, "<unk>")],
    pre_tokenizer: { type: "Metaspace", replacement: bar, prepend_scheme: "always", split: true },
    decoder: { type: "Metaspace", replacement: bar, prepend_scheme: "always", split: true },
    model: { ...barPairs, fuse_unk: false, byte_fallback: false },
  });
  return { characters, pairMerges, barSpecials };
}

function wordEndKinds(put, { counts, bytePairs }) {
  const ended = new Map([...counts].map(([w, n]) => [toByteLetters(w.toLowerCase()), n]));
  const endMerges = trainMerges(ended, (w) => [...w].map((c, i, all) => (i + 1 === all.length ? c + "</w>" : c)), 500);
  const endVocab = vocabularyOf([...byteLetters(), ...byteLetters().map((c) => c + "</w>")], endMerges);
  const endTop = Object.keys(endVocab).length;
  put(
    "CLIP word ends",
    {
      added_tokens: [added(endTop, "<|startoftext|>", { normalized: true }), added(endTop + 1, "<|endoftext|>")],
      normalizer: sequence("normalizers", [{ type: "NFC" }, replace(regex(String.raw`\s+`), " "), { type: "Lowercase" }]),
      pre_tokenizer: sequence("pretokenizers", [
        split(regex(String.raw`'s|'t|'re|'ve|'m|'ll|'d|[\p{L}]+|[\p{N}]|[^\s\p{L}\p{N}]+`), "Removed", true),
        byteLevel(),
      ]),
      post_processor: {
        type: "RobertaProcessing",
        sep: ["<|endoftext|>", endTop + 1],
        cls: ["<|startoftext|>", endTop],
        trim_offsets: false,
        add_prefix_space: false,
      },
      decoder: byteLevel(),
      model: { ...bytePairs(), unk_token: "<|endoftext|>", end_of_word_suffix: "</w>", vocab: endVocab, merges: endMerges },
    },
    ["<|StartOfText|>", "<|startoftext|>"],
  );
}

function wordPieceKinds(put, { counts }) {
  const lower = new Map(
    [...counts].map(([w, n]) => [
      w
        .normalize("NFD")
        .replace(/\p{Mn}/gu, "")
        .toLowerCase(),
      n,
    ]),
  );
  const bertVocabOf = (map) => {
    const parts = frequentParts(map, 900).map(([part]) => part);
    const tokens = [
      "[PAD]",
      "[UNK]",
      "[CLS]",
      "[SEP]",
      "[MASK]",
      ...[..."0123456789!?.,-'\"()/:$%"],
      ...parts,
      ...parts.map((p) => "##" + p),
      ...[..."0123456789"].map((d) => "##" + d),
    ];
    return Object.fromEntries([...new Set(tokens)].map((token, i) => [token, i]));
  };
  const bert = (vocab) => ({
    type: "WordPiece",
    unk_token: "[UNK]",
    continuing_subword_prefix: "##",
    max_input_chars_per_word: 100,
    vocab,
  });
  const bertSpecials = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"].map((token, id) =>
    added(id, token, token === "[MASK]" ? { lstrip: true } : {}),
  );
  const bertEnds = template(["[CLS]"], ["[SEP]"], { "[CLS]": 2, "[SEP]": 3 });
  const uncased = { type: "BertNormalizer", clean_text: true, handle_chinese_chars: true, strip_accents: null, lowercase: true };
  put(
    "BERT uncased",
    {
      added_tokens: bertSpecials,
      normalizer: uncased,
      pre_tokenizer: { type: "BertPreTokenizer" },
      post_processor: bertEnds,
      decoder: { type: "WordPiece", prefix: "##", cleanup: true },
      model: bert(bertVocabOf(lower)),
    },
    ["[MASK]", "  [MASK] ", "[mask]"],
  );
  put(
    "BERT cased",
    {
      added_tokens: bertSpecials,
      normalizer: { ...uncased, lowercase: false },
      pre_tokenizer: { type: "BertPreTokenizer" },
      post_processor: { type: "BertProcessing", sep: ["[SEP]", 3], cls: ["[CLS]", 2] },
      decoder: { type: "WordPiece", prefix: "##", cleanup: false },
      model: bert(bertVocabOf(counts)),
    },
    ["[MASK]"],
  );
  put("WordPiece, Whitespace", {
    added_tokens: bertSpecials,
    normalizer: sequence("normalizers", [
      { type: "NFKD" },
      { type: "StripAccents" },
      { type: "Strip", strip_left: true, strip_right: true },
    ]),
    pre_tokenizer: sequence("pretokenizers", [
      { type: "Whitespace" },
      { type: "Digits", individual_digits: false },
      { type: "Punctuation", behavior: "Contiguous" },
    ]),
    post_processor: bertEnds,
    decoder: { type: "WordPiece", prefix: "##", cleanup: true },
    model: bert(bertVocabOf(counts)),
  });
}

function unigramKinds(put, { barred, barSpecials }) {
  const parts = frequentParts(barred, 1500).filter(([p], i) => [...p].length > 1 || i % 7 !== 6);
  const unigram = (more = {}) => ({
    type: "Unigram",
    unk_id: 0,
    byte_fallback: false,
    vocab: [["<unk>", 0], ["<s>", 0], ["</s>", 0], ...parts],
    ...more,
  });
  const metaspace = (prepend_scheme, more = {}) => ({ type: "Metaspace", replacement: bar, prepend_scheme, split: true, ...more });
  put(
    "Unigram, NFKC",
    {
      added_tokens: barSpecials,
      normalizer: sequence("normalizers", [{ type: "Nmt" }, { type: "NFKC" }, replace(regex(" {2,}"), " ")]),
      pre_tokenizer: metaspace("always"),
      post_processor: template([], ["</s>"], { "</s>": 2 }),
      decoder: metaspace("always"),
      model: unigram(),
    },
    ["</s>"],
  );
  put("Unigram, byte fallback", {
    added_tokens: barSpecials,
    pre_tokenizer: metaspace("first"),
    decoder: sequence("decoders", [{ type: "ByteFallback" }, metaspace("first")]),
    model: unigram({ byte_fallback: true, vocab: [["<unk>", 0], ["<s>", 0], ["</s>", 0], ...byteTokens.map((t) => [t, 0]), ...parts] }),
  });
  return { parts, unigram, metaspace };
}

function charsmapKinds(put, { barSpecials, unigram, metaspace }) {
  const rules = [];
  for (let c = 0xa0; c < 0x10000; ++c) {
    if (c >= 0xd800 && c < 0xe000) continue;
    const from = String.fromCharCode(c),
      to = from.normalize("NFKC");
    if (to !== from && rules.length < 3000 && !(c >= 0xf900 && c < 0xfb00) && !(c >= 0x3400 && c < 0xac00)) rules.push([from, to]);
  }
  rules.push(
    ["e\u0301", "é"],
    ["a\u0308", "ä"],
    ["\t", " "],
    ["\n", " "],
    ["\u200b", " "],
    ["\u0001", ""],
    ["\u00ad", ""],
    ["\ufb03", "ffi"],
  );
  const map = charsmap([...new Map(rules)]);
  put(
    "Unigram, charsmap",
    {
      added_tokens: barSpecials,
      normalizer: sequence("normalizers", [
        { type: "Precompiled", precompiled_charsmap: map.toString("base64") },
        { type: "Strip", strip_left: false, strip_right: true },
        replace(regex(" {2,}"), bar),
      ]),
      pre_tokenizer: metaspace("always"),
      post_processor: template([], ["</s>"], { "</s>": 2 }),
      decoder: metaspace("always"),
      model: unigram(),
    },
    ["</s>"],
  );
  return map;
}

function otherKinds(put, { counts, bytePairs, top }) {
  const wordIds = Object.fromEntries(["[UNK]", ...counts.keys()].map((w, i) => [w, i]));
  put("WordLevel", {
    added_tokens: [added(0, "[UNK]")],
    normalizer: { type: "Lowercase" },
    pre_tokenizer: { type: "WhitespaceSplit" },
    model: { type: "WordLevel", vocab: wordIds, unk_token: "[UNK]" },
  });
  put(
    "Added tokens of every kind",
    {
      normalizer: sequence("normalizers", [{ type: "Lowercase" }, { type: "NFD" }]),
      added_tokens: [
        added(top, "Über", { special: false, normalized: true }),
        added(top + 1, "qzq", { special: false, single_word: true }),
        added(top + 2, "qzqj", { lstrip: true, rstrip: true }),
        added(top + 3, "<x>", { rstrip: true }),
        added(top + 4, "<x><y>", { special: false }),
        added(top + 5, "CAP", { special: false, normalized: true, lstrip: true }),
        added(top + 6, "é", { special: false, normalized: true, single_word: true }),
      ],
      pre_tokenizer: byteLevel(),
      decoder: byteLevel(),
      model: bytePairs(),
    },
    ["über", "ÜBER", "qzq", " qzq ", "xqzq", "qzqj", "  qzqj  ", "<x>", "<x><y>", "<x>  <y>", " cap ", "é", "E\u0301", "éé"],
  );
}

function splitKinds(put, { bytePairs }) {
  let turn = 0;
  for (const behavior of ["Removed", "Isolated", "MergedWithPrevious", "MergedWithNext", "Contiguous"])
    for (const invert of [false, true])
      put(`Split ${behavior}${invert ? ", inverted" : ""}`, {
        pre_tokenizer: sequence("pretokenizers", [
          split(turn++ % 3 === 2 ? { String: "a" } : regex(String.raw`[\s\p{P}]|\p{Lu}\w`), behavior, invert),
          byteLevel(false, false),
        ]),
        decoder: byteLevel(),
        model: bytePairs(),
      });
  put("Regex shorthands", {
    pre_tokenizer: sequence("pretokenizers", [
      split(regex(String.raw`\w+|[^\w\s]\h?|\W`)),
      split(regex(String.raw`^\S|\d{2}+|.$|\p{Lu}(?=\p{Ll})`)),
      byteLevel(false, false),
    ]),
    decoder: byteLevel(),
    model: bytePairs(),
  });
}

export function makeTokenizers(seed) {
  const random = new Random(seed);
  const words = makeWords(random, 1500);
  const counts = new Map(words.map((word, i) => [word, 1 + Math.floor(3000 / (i + 1))]));
  const spaced = new Map(
    [...counts].flatMap(([word, count]) => [
      [" " + word, count],
      [word, 1],
    ]),
  );
  const barred = new Map([...counts].map(([word, count]) => [bar + word, count]));

  const byteMerges = trainMerges(new Map([...spaced].map(([w, n]) => [toByteLetters(w), n])), (w) => [...w], 700);
  const byteVocab = () => vocabularyOf(byteLetters(), byteMerges);
  const bytePairs = (more = {}) => ({
    type: "BPE",
    dropout: null,
    unk_token: null,
    continuing_subword_prefix: null,
    end_of_word_suffix: null,
    fuse_unk: false,
    byte_fallback: false,
    vocab: byteVocab(),
    merges: byteMerges,
    ...more,
  });
  const top = Object.keys(byteVocab()).length;
  const out = {};
  const put = (name, parts, extra = []) => {
    out[name] = { json: document(parts), extra };
  };
  const trained = { counts, barred, bytePairs, top, end: added(top, "<|endoftext|>") };
  byteLevelKinds(put, trained);
  patternKinds(put, trained);
  const { characters, pairMerges, barSpecials } = barKinds(put, trained);
  wordEndKinds(put, trained);
  wordPieceKinds(put, trained);
  const { parts, unigram, metaspace } = unigramKinds(put, { barred, barSpecials });
  const map = charsmapKinds(put, { barSpecials, unigram, metaspace });
  otherKinds(put, trained);
  splitKinds(put, trained);
  return { tokenizers: out, words, charsmap: map, parts, pairMerges, characters };
}
