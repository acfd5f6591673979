/**
 * `npm run demo`: makes up data with a known answer (specs/demo/generate.mjs), trains specs/demo/credit.mmf on them with the
 * real command line, and says where everything is. Writes below runs/demo and nowhere else.
 */
import { spawn } from "node:child_process";
import { copyFile, mkdir, readFile } from "node:fs/promises";
import path from "node:path";
import { describeCredit, generateCredit } from "../specs/demo/generate.mjs";
import { root } from "./build.mjs";

const folder = path.join(root, "runs/demo");
const run = path.join(folder, "run");
const shown = (file) => path.relative(process.cwd(), file) || ".";

await mkdir(folder, { recursive: true });
const started = performance.now();
const made = generateCredit({ folder });
const seconds = ((performance.now() - started) / 1000).toFixed(1);
await copyFile(path.join(root, "specs/demo/credit.mmf"), path.join(folder, "credit.mmf"));
const [first, ...known] = describeCredit(made, shown(folder));
console.log([`${first} (${seconds} s)`, ...known, ""].join("\n"));

const code = await mmfc("train", shown(path.join(folder, "credit.mmf")), "-o", shown(run), "--yes");
if (code === 0) console.log(await summary());
process.exitCode = code;

/** Ctrl-C reaches the command as well, which saves; this process waits for it. */
async function mmfc(...args) {
  process.on("SIGINT", () => {});
  console.log(`$ mmfc ${args.join(" ")}`);
  const child = spawn(process.execPath, [path.join(root, "dist/cli/main.js"), ...args], { stdio: "inherit" });
  return new Promise((resolve) => child.on("close", (status) => resolve(status ?? 130)));
}

/** The fused model beside the best modality alone, and where to look next. */
async function summary() {
  const { heads } = JSON.parse(await readFile(path.join(run, "scorecard.json"), "utf8"));
  const { test, floors } = heads.risk;
  const alone = Object.entries(floors).filter(([name]) => name.startsWith("only("));
  const [name, best] = alone.sort(([, a], [, b]) => b.accuracy - a.accuracy)[0];
  const percent = (share) => `${(100 * share).toFixed(1)} %`;
  return [
    "",
    `All four together are right in ${percent(test.accuracy)} of the test rows, the best one alone, ${name}, in ${percent(best.accuracy)}.`,
    "",
    `spec      ${shown(path.join(folder, "credit.mmf"))}`,
    `diagram   ${shown(path.join(run, "graph.mmd"))}`,
    `program   ${shown(path.join(run, "program.ts"))}`,
    `run       ${shown(run)}/`,
    `predict   node dist/cli/main.js predict ${shown(run)} --data ${shown(path.join(folder, "calls.csv"))} | head`,
  ].join("\n");
}
