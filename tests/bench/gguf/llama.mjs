// What llama.cpp makes of a GGUF file, through the npm package node-llama-cpp, which carries its prebuilt library:
//   npm i node-llama-cpp@3.22.1     (in a folder of its own)
//   node llama.mjs FOLDER MODEL.gguf greedy IDS N                  the N likeliest tokens after IDS ("1,2,3"), as JSON
//   node llama.mjs FOLDER MODEL.gguf perplexity IDS.json WINDOW    of tokens in windows that do not overlap; each predicts its own next
//                                                                  tokens, the last one the first of the next window
//   node llama.mjs FOLDER MODEL.gguf tokens STRINGS.json           the ids of each string, as JSON
//   node llama.mjs FOLDER MODEL.gguf speed PROMPT GENERATE ROUNDS  tokens/s of prefill and of decode, medians
// FOLDER: where the package is. THREADS=2 unless set.
import fs from "node:fs";
import path from "node:path";
import { pathToFileURL } from "node:url";

const [folder, file, what, ...rest] = process.argv.slice(2);
const entry = path.join(path.resolve(folder), "node_modules/node-llama-cpp/dist/index.js");
const { getLlama } = await import(pathToFileURL(entry));
const threads = Number(process.env.THREADS ?? 2);
const llama = await getLlama({ gpu: false, build: "never", logLevel: "error", maxThreads: threads });
const model = await llama.loadModel({ modelPath: path.resolve(file) });

const sequenceOf = async (tokens) => {
  const context = await model.createContext({ contextSize: tokens, batchSize: tokens, threads });
  return context.getSequence();
};
const median = (values) => values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)];

async function greedy(ids, count) {
  const prompt = ids.split(",").map(Number);
  const sequence = await sequenceOf(prompt.length + Number(count) + 8);
  const tokens = [];
  for await (const token of sequence.evaluate(prompt, { temperature: 0, yieldEogToken: true })) {
    tokens.push(token);
    if (tokens.length === Number(count)) break;
  }
  console.log(JSON.stringify(tokens));
}

async function perplexity(list, length) {
  const ids = JSON.parse(fs.readFileSync(list));
  const window = Number(length);
  const sequence = await sequenceOf(window + 8);
  let sum = 0,
    count = 0;
  for (let begin = 0; begin + 1 < ids.length; begin += window) {
    const given = ids.slice(begin, Math.min(begin + window, ids.length - 1));
    await sequence.clearHistory();
    const asked = { generateNext: { probabilities: true, options: { temperature: 1, topK: 0, topP: 1, minP: 0 } } };
    const all = await sequence.controlledEvaluate(given.map((id) => [id, asked]));
    all.forEach((output, i) => {
      sum -= Math.log(output.next.probabilities.get(ids[begin + i + 1]));
      ++count;
    });
  }
  console.log(JSON.stringify({ perplexity: Math.exp(sum / count), tokens: count }));
}

async function speed(prompt, generate, rounds) {
  const sequence = await sequenceOf(Number(prompt) + Number(generate) + 8);
  const given = Array.from({ length: Number(prompt) }, (_, i) => (i * 7919 + 13) % 1000);
  const prefill = [],
    decode = [];
  // One round more, which warms up and is not kept.
  for (let round = 0; round <= Number(rounds); ++round) {
    await sequence.clearHistory();
    let begin = performance.now();
    await sequence.evaluateWithoutGeneratingNewTokens(given.slice(0, -1));
    prefill.push((given.length - 1) / (performance.now() - begin));
    let made = 0;
    for await (const _ of sequence.evaluate(given.slice(-1), { temperature: 0, yieldEogToken: true })) {
      if (made++ === 0) begin = performance.now();
      if (made > Number(generate)) break;
    }
    decode.push((made - 1) / (performance.now() - begin));
  }
  const told = { prefill: 1000 * median(prefill.slice(1)), decode: 1000 * median(decode.slice(1)), rounds: Number(rounds), threads };
  console.log(JSON.stringify({ ...told, system: llama.systemInfo.trim() }));
}

function tokens(list) {
  console.log(JSON.stringify(JSON.parse(fs.readFileSync(list)).map((text) => model.tokenize(text, true))));
}

await { greedy, perplexity, speed, tokens }[what](...rest);
process.exit(0);
