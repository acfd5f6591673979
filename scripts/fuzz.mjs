/**
 * `npm run fuzz [-- RUNS [SEED]]`: mangled specs through reading, checking, lowering, drawing and formatting, 100,000 of
 * them unless said otherwise. Prints the seed, how far it is, and the smallest text that fails. For the night.
 */
import { readdir, readFile } from "node:fs/promises";
import path from "node:path";
import { pathToFileURL } from "node:url";
import { build } from "esbuild";
import fc from "fast-check";
import { root } from "./build.mjs";

const numRuns = Number(process.argv[2] ?? 100_000);
const seed = Number(process.argv[3] ?? Math.floor(Math.random() * 2 ** 31));
console.log(`fuzz: ${numRuns} specs, seed ${seed}`);

const outfile = path.join(root, "node_modules/.cache/mmfc-fuzz", `survive.${process.pid}.mjs`);
await build({
  absWorkingDir: root,
  entryPoints: ["test/grammar/survive.ts"],
  outfile,
  bundle: true,
  format: "esm",
  platform: "node",
  packages: "external",
  logLevel: "warning",
});
const { mangled, survive } = await import(pathToFileURL(outfile).href);

/** All specs of the repository, and those beside it. */
async function texts() {
  const folders = [
    path.join(root, "specs"),
    path.join(root, "test/compiler/check"),
    path.join(root, "../shared/specs"),
  ];
  const found = [];
  for (const folder of folders) {
    const names = await readdir(folder, { recursive: true }).catch(() => []);
    for (const name of names) if (name.endsWith(".mmf")) found.push(await readFile(path.join(folder, name), "utf8"));
  }
  return found;
}

let done = 0;
let slowest = { ms: 0, text: "" };
const started = performance.now();
const property = fc.asyncProperty(mangled(await texts()), async (text) => {
  const before = performance.now();
  await survive(text);
  const ms = performance.now() - before;
  if (ms > slowest.ms) slowest = { ms, text };
  if (++done % 5_000 === 0) console.log(`${done} in ${Math.round((performance.now() - started) / 1000)} s`);
});
const result = await fc.check(property, { seed, numRuns });
if (result.failed) {
  console.log(`failed after ${result.numRuns}; shrunk ${result.numShrinks} times; the text, as JSON:`);
  console.log(JSON.stringify(result.counterexample?.[0]));
  console.log(result.errorInstance?.stack ?? result.errorInstance);
  process.exitCode = 1;
} else console.log(`${result.numRuns} specs, no failure; the slowest took ${Math.round(slowest.ms)} ms`);
