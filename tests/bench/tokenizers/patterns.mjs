// The patterns by which well-known models split text.

const endings = String.raw`(?i:'s|'t|'re|'ve|'m|'ll|'d)`;
const spaces = String.raw`\s*[\r\n]+|\s+(?!\S)|\s+`;
const others = String.raw` ?[^\s\p{L}\p{N}]+[\r\n]*`;
const upper = String.raw`\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}`;
const lower = String.raw`\p{Ll}\p{Lm}\p{Lo}\p{M}`;
const before = String.raw`[^\r\n\p{L}\p{N}]?`;
const noHan = String.raw`&&[^\p{Han}]`;

export const patterns = {
  llama3: String.raw`${endings}|${before}\p{L}+|\p{N}{1,3}|${others}|${spaces}`,
  qwen: String.raw`${endings}|${before}\p{L}+|\p{N}|${others}|${spaces}`,
  o200k: [
    `${before}[${upper}]*[${lower}]+${endings}?`,
    `${before}[${upper}]+[${lower}]*${endings}?`,
    String.raw`\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n/]*|${spaces}`,
  ].join("|"),
  kimi: [
    String.raw`[\p{Han}]+`,
    `${before}[${upper}${noHan}]*[${lower}${noHan}]+${endings}?`,
    `${before}[${upper}${noHan}]+[${lower}${noHan}]*${endings}?`,
    String.raw`\p{N}{1,3}|${others}|${spaces}`,
  ].join("|"),
  cl100k: [
    String.raw`'(?i:[sdmt]|ll|ve|re)|[^\r\n\p{L}\p{N}]?+\p{L}++|\p{N}{1,3}+`,
    String.raw` ?[^\s\p{L}\p{N}]++[\r\n]*+|\s++$|\s*[\r\n]|\s+(?!\S)|\s`,
  ].join("|"),
};
