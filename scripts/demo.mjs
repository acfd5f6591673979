/**
 * `npm run demo`: a fresh clone trains a model of four modalities in about a minute. Makes up the data (whose answer is
 * known), brings TensorFlow if there is none (without it wasm trains, slower), trains with all floors, and says where
 * everything lies.
 *
 *   npm run demo -- [--rows N] [--epochs N] [--seed N] [--no-install] [-o FOLDER]      FOLDER: runs
 *
 * Does only what a user could type: every step is a command of `mmfc`.
 */
import { spawnSync } from "node:child_process";
import { copyFileSync, mkdirSync, readFileSync } from "node:fs";
import path from "node:path";
import { parseArgs } from "node:util";
import { describeCredit, generateCredit } from "../specs/demo/generate.mjs";
import { root } from "./build.mjs";

/** Without TensorFlow: what still ends in about two minutes. */
const small = { rows: 900, epochs: 6 };
const whole = { rows: 1800, epochs: undefined };

const options = readOptions();
const folder = path.resolve(options.out);
const data = path.join(folder, "demo-data");
const run = path.join(folder, "demo");
const spec = path.join(data, "credit.mmf");

say("Will a company that holds an earnings call default within a year? Its report, its price chart,");
say("its voice and its balance sheet each know one part of the answer.");

const engine = bringEngine();
const size = engine.startsWith("tensorflow") ? whole : small;
const { rows = size.rows, epochs = size.epochs } = options;
if (size === small)
  say(`\nThe engine is ${engine}, slower than TensorFlow: ${rows} rows and ${epochs} epochs are enough here.`);

say("");
mkdirSync(data, { recursive: true });
const made = generateCredit({ folder: data, rows, seed: options.seed });
copyFileSync(path.join(root, "specs/demo/credit.mmf"), spec);
for (const line of describeCredit(made, here(data))) say(line);

say("");
const trained = mmfc(
  "train",
  here(spec),
  "-o",
  here(run),
  ...(epochs === undefined ? [] : ["--epochs", String(epochs)]),
);
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
  npx mmfc check ${here(spec)}                          after a change: say, \`gated(…, dim: 32)\` for \`concatenate\``);

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
      "no-install": { type: "boolean", default: false },
      out: { type: "string", short: "o", default: path.join(root, "runs") },
    },
  });
  return {
    out: values.out,
    rows: number(values.rows, "rows"),
    epochs: number(values.epochs, "epochs"),
    seed: number(values.seed, "seed"),
    install: !values["no-install"],
  };
}

/** The title of the engine that will train; installs TensorFlow where there is none, and does without if none comes. */
function bringEngine() {
  const engines = listEngines();
  const hasTensorflow = engines.some(({ usable, title }) => usable && title.startsWith("tensorflow"));
  if (hasTensorflow || !options.install) return titleInUse(engines);
  say("\nNo TensorFlow here: installing it for mmfc alone.");
  if (mmfc("engine", "install") !== 0) say("It goes on without TensorFlow; `npx mmfc engine install` tries again.");
  return titleInUse(listEngines());
}

function listEngines() {
  const { stdout } = spawnSync(process.execPath, [binary(), "engine", "--json"], { encoding: "utf8" });
  return JSON.parse(stdout);
}

function titleInUse(engines) {
  return engines.find(({ state }) => state === "in use")?.title ?? "wasm";
}

/** Runs a command of `mmfc` in this terminal. */
function mmfc(...args) {
  const { status } = spawnSync(process.execPath, [binary(), ...args], { stdio: "inherit" });
  return status ?? 1;
}

function binary() {
  return path.join(root, "dist/cli/main.js");
}

/** All four and the best of one, beside what can be known. */
function comparison(head, { best, alone }) {
  const percent = (share) => `${(100 * share).toFixed(1)} %`;
  const singles = Object.entries(head.floors).filter(([name]) => name.startsWith("only("));
  const [name, floor] = singles.reduce((a, b) => (b[1].accuracy > a[1].accuracy ? b : a));
  const most = Math.max(...Object.values(alone));
  return [
    `all four       ${percent(head.test.accuracy).padStart(6)} right   (knowable: ${percent(best)})`,
    `${name.padEnd(14)} ${percent(floor.accuracy).padStart(6)} right   the best of one (knowable: at most ${percent(most)})`,
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
