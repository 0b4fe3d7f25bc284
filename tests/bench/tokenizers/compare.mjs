// Holds our tokenizers against the reference implementation (npm `tokenizers`, the Rust library) and against `@huggingface/tokenizers`
// (JavaScript), id by id, on seeded tokenizers of every kind and seeded awkward strings; and SentencePiece files against SentencePiece
// itself. Prints Markdown. Where the two of Hugging Face differ, the Rust library is the one that is followed.
//   npm i tokenizers@0.23.2 @huggingface/tokenizers@0.2.0 @agnai/sentencepiece-js@1.1.1     (in a folder of its own)
//   node compare.mjs TOKENIZE FOLDER [STRINGS] [NAME]     TOKENIZE: build/…/bin/tokenize; FOLDER: where the packages are; default 10000
//   strings; TOKENIZER_FILES=a.json:b.json adds files
import { execFileSync } from "node:child_process";
import fs from "node:fs";
import { createRequire } from "node:module";
import os from "node:os";
import path from "node:path";
import { makeTokenizers } from "./make.mjs";
import { makeString, Random } from "./random.mjs";
import { makeModels } from "./sentencepiece.mjs";

const [program, packages, count = "10000", only = ""] = process.argv.slice(2);
const require = createRequire(path.join(path.resolve(packages), "x.js"));
const Reference = require("tokenizers").Tokenizer;
const Script = require("@huggingface/tokenizers").Tokenizer;
const folder = fs.mkdtempSync(path.join(os.tmpdir(), "tokenizers-"));

const ours = (file, strings) =>
  execFileSync(program, [file], { input: strings.map((s) => JSON.stringify(s) + "\n").join(""), maxBuffer: 1 << 30 })
    .toString()
    .trimEnd()
    .split("\n")
    .map((line) => JSON.parse(line));
const same = (a, b) => a !== undefined && a.length === b.length && a.every((id, i) => id === b[i]);

// How many answers are equal, and the first that is not.
function tally(strings, mine, theirs, show) {
  let equal = 0,
    first = "";
  strings.forEach((string, i) => {
    const [a, b] = [mine(i), theirs(i)];
    const isEqual = typeof b === "string" ? a === b : same(a, b);
    if (isEqual) ++equal;
    else if (!first) first = show(string, a, b);
  });
  return { equal, first };
}
function difference(string, a, b) {
  if (typeof b === "string") return `${JSON.stringify(string)}: ${JSON.stringify(a)} ≠ ${JSON.stringify(b)}`;
  let at = 0;
  while (a && at < a.length && a[at] === b[at]) ++at;
  return `${JSON.stringify(string)} at ${at}: ${a?.slice(at, at + 6)} ≠ ${b.slice(at, at + 6)}`;
}
const row = (...cells) => `| ${cells.join(" | ")} |`;
const cell = (text) => text.replaceAll("|", "\\|").replaceAll("`", "'").slice(0, 260);

async function compareJson(name, { json, extra }, words) {
  const file = path.join(folder, "tokenizer.json");
  fs.writeFileSync(file, JSON.stringify(json));
  const random = new Random(7);
  const strings = Array.from({ length: Number(count) }, () => makeString(random, words, extra));
  const mine = ours(file, strings);
  const reference = Reference.fromFile(file);
  const ids = [],
    plain = [],
    texts = [];
  for (let i = 0; i < strings.length; ++i) {
    ids.push((await reference.encode(strings[i])).getIds());
    plain.push((await reference.encode(strings[i], null, { addSpecialTokens: false })).getIds());
    texts.push(await reference.decode(plain[i], false));
  }
  const encoded = tally(
    strings,
    (i) => mine[i].ids,
    (i) => ids[i],
    difference,
  );
  const decoded = tally(
    strings,
    (i) => mine[i].text,
    (i) => texts[i],
    difference,
  );
  let script = { equal: "–", first: "" },
    between = "–";
  try {
    const tokenizer = new Script(structuredClone(json), {});
    const scripted = strings.map((s) => tokenizer.encode(s).ids);
    script = tally(
      strings,
      (i) => mine[i].ids,
      (i) => scripted[i],
      difference,
    );
    between = tally(
      strings,
      (i) => ids[i],
      (i) => scripted[i],
      difference,
    ).equal;
  } catch (error) {
    script.first = String(error).split("\n")[0];
  }
  console.log(
    row(
      name,
      strings.length,
      encoded.equal,
      decoded.equal,
      script.equal,
      between,
      cell(encoded.first || decoded.first),
      cell(script.first),
    ),
  );
}

async function compareModel(name, bytes, words, extra) {
  const file = path.join(folder, "tokenizer.model");
  fs.writeFileSync(file, bytes);
  const { SentencePieceProcessor } = require("@agnai/sentencepiece-js");
  const processor = new SentencePieceProcessor();
  await processor.load(file);
  const random = new Random(11);
  // The package hands strings over as C strings, which end at a zero, and takes a byte order mark from what comes back.
  const strings = Array.from({ length: Number(count) }, () => makeString(random, words, extra).replace(/[\0\ufeff]/g, ""));
  const mine = ours(file, strings);
  const ids = strings.map((s) => Array.from(processor.encodeIds(s)));
  const texts = ids.map((list) => processor.decodeIds(list));
  const encoded = tally(
    strings,
    (i) => mine[i].plain,
    (i) => ids[i],
    difference,
  );
  const decoded = tally(
    strings,
    (i) => mine[i].text,
    (i) => texts[i],
    difference,
  );
  console.log(`| ${name} | ${strings.length} | ${encoded.equal} | ${decoded.equal} | ${cell(encoded.first || decoded.first)} |`);
}

const made = makeTokenizers(1);
const firsts = ["first difference from the reference", "from JavaScript's"];
console.log(
  row(
    "tokenizer",
    "strings",
    "ids equal to the reference's",
    "texts equal",
    "ids equal to JavaScript's",
    "reference equal to JavaScript's",
    ...firsts,
  ),
);
console.log("|---|---|---|---|---|---|---|---|");
for (const [name, tokenizer] of Object.entries(made.tokenizers)) if (name.includes(only)) await compareJson(name, tokenizer, made.words);
for (const file of (process.env.TOKENIZER_FILES ?? "").split(":").filter(Boolean)) {
  const json = JSON.parse(fs.readFileSync(file));
  // The Rust library wants members that other writers leave out.
  if (json.decoder?.type === "ByteLevel") json.decoder = { add_prefix_space: true, trim_offsets: true, use_regex: true, ...json.decoder };
  await compareJson(
    path.basename(path.dirname(file)) + "/" + path.basename(file),
    { json, extra: json.added_tokens.map((t) => t.content) },
    made.words,
  );
}
console.log("\n| SentencePiece file | strings | ids equal | texts equal | first difference |\n|---|---|---|---|---|");
for (const [name, { bytes, extra }] of Object.entries(makeModels(made)))
  if (name.includes(only)) await compareModel(name, bytes, made.words, extra);

console.log("\nMilliseconds per MiB of hostile text\n\n| tokenizer | text | 64 KiB | 256 KiB | 1 MiB |\n|---|---|---|---|---|");
for (const name of [
  "GPT-2 byte-level",
  "Llama 3 byte-level",
  "Qwen byte-level",
  "Llama 2 metaspace",
  "Gemma metaspace",
  "BERT uncased",
  "Unigram, NFKC",
  "Unigram, charsmap",
]) {
  if (!name.includes(only)) continue;
  const file = path.join(folder, "tokenizer.json");
  fs.writeFileSync(file, JSON.stringify(made.tokenizers[name].json));
  for (const row of JSON.parse(execFileSync(program, [file, "--time"])))
    console.log(`| ${name} | ${row.text} | ${["64", "256", "1024"].map((k) => row[k].toFixed(0)).join(" | ")} |`);
}
fs.rmSync(folder, { recursive: true });
