/**
 * `npm run demo`: a fresh clone trains a model of four modalities in about a minute. Makes up the data (whose answer is
 * known), trains with all floors (TensorFlow comes unasked if there is none), and says where everything lies.
 *
 *   npm run demo -- [--rows N] [--epochs N] [--seed N] [-o FOLDER]      (runs)
 *
 * Does only what a user could type: every step is a command of `mmfc`.
 */
import { spawnSync } from "node:child_process";
import { copyFileSync, mkdirSync, readFileSync } from "node:fs";
import path from "node:path";
import { parseArgs } from "node:util";
import { describeCredit, generateCredit } from "../specs/demo/generate.mjs";
import { root } from "./build.mjs";

const options = readOptions();
const folder = path.resolve(options.out);
const data = path.join(folder, "demo-data");
const run = path.join(folder, "demo");
const spec = path.join(data, "credit.mmf");

say("Will a company that holds an earnings call default within a year? Its report, its price chart,");
say("its voice and its balance sheet each know one part of the answer.");

say("");
mkdirSync(data, { recursive: true });
const made = generateCredit({ folder: data, rows: options.rows, seed: options.seed });
copyFileSync(path.join(root, "specs/demo/credit.mmf"), spec);
for (const line of describeCredit(made, here(data))) say(line);

say("");
// Without TensorFlow it is installed unasked; where none comes, wasm trains, and says that it is slower.
const epochs = options.epochs === undefined ? [] : ["--epochs", String(options.epochs)];
const trained = mmfc("train", here(spec), "--yes", "-o", here(run), ...epochs);
if (trained !== 0) process.exit(trained);

const scorecard = JSON.parse(readFileSync(path.join(run, "scorecard.json"), "utf8"));
say("");
say(comparison(scorecard.heads.risk, made));
say(`
spec      ${here(spec)}
diagram   ${here(path.join(run, "graph.mmd"))}   (Mermaid: GitHub, VS Code and mermaid.live draw it)
program   ${here(path.join(run, "program.ts"))}   (what was trained, as TypeScript)
run       ${here(run)}

Try next
  npx mmfc predict ${here(run)} --data ${here(path.join(data, "calls.csv"))} -o ${here(path.join(folder, "predictions.csv"))}
  npx mmfc train ${here(spec)} --model LateCredit       late fusion: each modality votes
  npx mmfc graph ${here(spec)} --detail blocks
  npx mmfc check ${here(spec)}                          after a change: say, a longer flow`);

function readOptions() {
  const number = (text, name) => {
    if (text === undefined) return undefined;
    const value = Number(text);
    if (Number.isInteger(value) && value >= 1) return value;
    console.error(`demo: --${name} is a whole number of 1 or more, not ${text}`);
    process.exit(2);
  };
  const { values } = parseArgs({
    options: {
      rows: { type: "string" },
      epochs: { type: "string" },
      seed: { type: "string" },
      out: { type: "string", short: "o", default: path.join(root, "runs") },
    },
  });
  return {
    out: values.out,
    rows: number(values.rows, "rows"),
    epochs: number(values.epochs, "epochs"),
    seed: number(values.seed, "seed"),
  };
}

/** Runs a command of `mmfc` in this terminal. */
function mmfc(...args) {
  const binary = path.join(root, "dist/cli/main.js");
  return spawnSync(process.execPath, [binary, ...args], { stdio: "inherit" }).status ?? 1;
}

/** Each modality alone and all four, beside what can be known from it. */
function comparison(head, { best, alone }) {
  const percent = (share) => `${(100 * share).toFixed(1)} %`.padStart(9);
  const line = (name, found, knowable) => `${name.padEnd(12)}${percent(found)}${percent(knowable)}`;
  const part = { report: alone.words, chart: alone.chart, call: alone.voice, sheet: alone.ratios };
  return [
    "test rows       right   knowable",
    ...Object.entries(part).map(([name, knowable]) => line(name, head.floors[`only(${name})`].accuracy, knowable)),
    line("all four", head.test.accuracy, best),
  ].join("\n");
}

/** A path as the user would type it from here. */
function here(file) {
  const relative = path.relative(process.cwd(), file);
  return relative.startsWith("..") ? file : relative;
}

function say(text) {
  console.log(text);
}
