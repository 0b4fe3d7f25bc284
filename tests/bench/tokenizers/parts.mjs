// The parts of a tokenizer.json, as files write them.

export const bar = "▁";
export const byteTokens = Array.from({ length: 256 }, (_, b) => `<0x${b.toString(16).toUpperCase().padStart(2, "0")}>`);
export const regex = (pattern) => ({ Regex: pattern });
export const split = (pattern, behavior = "Isolated", invert = false) => ({ type: "Split", pattern, behavior, invert });
export const byteLevel = (add_prefix_space = false, use_regex = true) => ({
  type: "ByteLevel",
  add_prefix_space,
  trim_offsets: true,
  use_regex,
});
export const sequence = (key, members) => ({ type: "Sequence", [key]: members });
export const replace = (pattern, content) => ({ type: "Replace", pattern, content });
export const added = (id, content, more = {}) => ({
  id,
  content,
  single_word: false,
  lstrip: false,
  rstrip: false,
  normalized: false,
  special: true,
  ...more,
});
export const special = (id) => ({ SpecialToken: { id, type_id: 0 } });
export const text = { Sequence: { id: "A", type_id: 0 } };
export const template = (before, after, ids) => ({
  type: "TemplateProcessing",
  single: [...before.map(special), text, ...after.map(special)],
  pair: [text, { Sequence: { id: "B", type_id: 1 } }],
  special_tokens: Object.fromEntries([...new Set([...before, ...after])].map((id) => [id, { id, ids: [ids[id]], tokens: [id] }])),
});
export const document = (parts) => ({
  version: "1.0",
  truncation: null,
  padding: null,
  added_tokens: [],
  normalizer: null,
  pre_tokenizer: null,
  post_processor: null,
  decoder: null,
  ...parts,
});
