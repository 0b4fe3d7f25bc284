// Seeded draws and text for make.mjs and compare.mjs: words of several scripts, and strings made of what tokenizers stumble over.

export class Random {
  constructor(seed) {
    this.state = seed >>> 0;
  }
  next() {
    // mulberry32
    this.state = (this.state + 0x6d2b79f5) >>> 0;
    let t = this.state;
    t = Math.imul(t ^ (t >>> 15), t | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
  }
  below(bound) {
    return Math.floor(this.next() * bound);
  }
  pick(list) {
    return list[this.below(list.length)];
  }
}

const range = (from, to) => Array.from({ length: to - from + 1 }, (_, i) => String.fromCodePoint(from + i));
const scripts = [
  { letters: [..."etaoinshrdlucmfwypvbgkqjxz"], weight: 12 },
  { letters: [..."éèàüößñçøåæœșğıİ"], weight: 2 },
  { letters: range(0x3b1, 0x3c9), weight: 1 },
  { letters: range(0x430, 0x44f), weight: 2 },
  { letters: range(0x5d0, 0x5ea), weight: 1 },
  { letters: range(0x627, 0x64a), weight: 1 },
  { letters: range(0x915, 0x939).concat(range(0x93e, 0x94d)), weight: 1 },
  { letters: range(0xac00, 0xac60), weight: 1 },
  { letters: range(0x3041, 0x3093).concat(range(0x4e00, 0x4e60)), weight: 2 },
];

function letterOf(random) {
  let at = random.below(scripts.reduce((sum, script) => sum + script.weight, 0));
  for (const script of scripts) if ((at -= script.weight) < 0) return script;
}

export function makeWords(random, count) {
  const words = [];
  while (words.length < count) {
    const { letters } = letterOf(random);
    const syllables = 1 + random.below(4);
    let word = "";
    for (let i = 0; i < syllables; ++i) word += letters[Math.floor(letters.length * random.next() ** 2)] + random.pick(letters);
    words.push(random.below(6) === 0 ? word[0].toUpperCase() + word.slice(1) : word);
  }
  return words;
}

// Ranges whose characters have been assigned for long: what is newer, implementations know or don't.
const old = [
  [0x20, 0x7e],
  [0xa0, 0x17f],
  [0x300, 0x36f],
  [0x391, 0x3a1],
  [0x3a3, 0x3ff],
  [0x400, 0x481],
  [0x5d0, 0x5ea],
  [0x621, 0x652],
  [0x660, 0x669],
  [0x905, 0x939],
  [0xe01, 0xe3a],
  [0x10a0, 0x10c5],
  [0x1100, 0x1112],
  [0x1161, 0x1175],
  [0x11a8, 0x11c2],
  [0x1e00, 0x1eff],
  [0x2000, 0x200f],
  [0x2010, 0x2027],
  [0x2028, 0x202f],
  [0x2030, 0x205e],
  [0x2070, 0x2071],
  [0x2074, 0x208e],
  [0x20a0, 0x20b5],
  [0x2100, 0x214f],
  [0x2150, 0x218b],
  [0x2190, 0x21ff],
  [0x2460, 0x24ff],
  [0x2500, 0x259f],
  [0x2600, 0x26ff],
  [0x3000, 0x303f],
  [0x3041, 0x3096],
  [0x30a1, 0x30ff],
  [0x4e00, 0x9fa5],
  [0xac00, 0xd7a3],
  [0xf900, 0xfa2d],
  [0xfb00, 0xfb06],
  [0xfe30, 0xfe44],
  [0xff01, 0xffbe],
  [0x1d400, 0x1d454],
  [0x1f300, 0x1f320],
  [0x1f600, 0x1f64f],
  [0x20000, 0x20100],
];
const fragments = [
  "'s",
  "'t",
  "'LL",
  "'Re",
  "’s",
  "'ſ",
  "don't",
  "I'VE",
  "\n",
  "\r\n",
  "\n\n\n",
  "\t",
  "\t \t",
  "  ",
  "   ",
  " ".repeat(9),
  " ".repeat(40),
  "\u00a0",
  "\u3000",
  "\u2028",
  "\u0085",
  "\u180e",
  "\u200b",
  "\u200d",
  "\ufeff",
  "\ufffd",
  "▁",
  "▁▁",
  "<0x41>",
  "##",
  "</w>",
  "…",
  "...",
  "--",
  "!?",
  "$%^&*()",
  "{}[]|\\",
  "_",
  "__init__",
  "=>",
  "//",
  "1234567890",
  "3.14",
  "１２３",
  "½",
  "²",
  "Ⅷ",
  "٣",
  "a\u0301\u0323",
  "o\u0308\u0304",
  "\u0301",
  "\u0300\u0301\u0302\u0303",
  "ﬁ",
  "ﬃ",
  "Å",
  "Ω",
  "㎏",
  "①",
  "ẞ",
  "İ",
  "ΑΣ",
  "ǅ",
  "👩‍🚀",
  "👨‍👩‍👧‍👦",
  "🏳️‍🌈",
  "👍🏽",
  "🇩🇪🇫🇷",
  "1️⃣",
  "☎︎",
  "你好，世界。",
  "日本語テキスト",
  "カ\u3099",
  "한국어",
  "\u1112\u1161\u11ab",
  "नमस्ते",
  "ไทย",
  "שלום",
  "مرحبا",
  "\u202eabc",
  "\u0001",
  "\u0007",
  "\u007f",
  "\u009f",
  "\u0000",
  "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa",
  "x".repeat(120),
  "ABCdefGHI",
  "camelCase",
  "http://a.b/c?d=e",
  "𝐇𝐞𝐥𝐥𝐨",
  "\u{20000}",
  "\ud7ff",
  "\ue000",
];

export function makeString(random, words, extra) {
  const parts = 1 + random.below(random.below(4) === 0 ? 40 : 10);
  let text = "";
  for (let i = 0; i < parts; ++i) {
    switch (random.below(10)) {
      case 0:
      case 1:
      case 2:
        text += random.pick(words);
        break;
      case 3:
      case 4:
        text += " " + random.pick(words);
        break;
      case 5:
      case 6:
        text += random.pick(fragments);
        break;
      case 7: {
        const [from, to] = random.pick(old);
        text += String.fromCodePoint(from + random.below(to - from + 1));
        break;
      }
      case 8:
        text += extra.length > 0 && random.below(2) === 0 ? random.pick(extra) : " ";
        break;
      default:
        text += random.pick([" ", " ", ", ", ". ", "\n", "-"]);
    }
  }
  return text;
}
