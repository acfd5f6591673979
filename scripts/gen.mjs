/**
 * `npm run gen` writes every generated file anew; `npm run gen -- --check` writes nothing and ends with 1 where one is
 * stale. A generator is a TypeScript module that exports `generate()`: the texts by their paths from the repository's root.
 */
import { mkdir, readFile, rm, writeFile } from "node:fs/promises";
import path from "node:path";
import { pathToFileURL } from "node:url";
import { build } from "esbuild";
import { root } from "./build.mjs";

/** Registered here and nowhere else, in the order in which they run. */
const generators = ["scripts/gen-textmate.ts", "scripts/gen-registry.ts", "scripts/gen-diagnostics.ts"];

const check = process.argv.includes("--check");
const stale = [];
for (const entry of generators) {
  for (const [file, text] of Object.entries(await run(entry))) {
    const target = path.join(root, file);
    const before = await readFile(target, "utf8").catch(() => undefined);
    if (before === text) continue;
    stale.push(file);
    if (check) continue;
    await mkdir(path.dirname(target), { recursive: true });
    await writeFile(target, text);
  }
}
const how = check ? "is stale: npm run gen" : "written";
for (const file of stale) console.log(`${file} ${how}`);
if (stale.length === 0) console.log("generated files are current");
if (check && stale.length > 0) process.exitCode = 1;

/** Bundles a generator beside node_modules, so that its packages are found, and runs it. */
async function run(entry) {
  const bundle = path.join(root, "node_modules/.cache/mmfc-gen", `${entry.replaceAll("/", "-")}.${process.pid}.mjs`);
  await build({
    absWorkingDir: root,
    entryPoints: [entry],
    outfile: bundle,
    bundle: true,
    format: "esm",
    platform: "node",
    packages: "external",
    logLevel: "warning",
  });
  try {
    const { generate } = await import(pathToFileURL(bundle).href);
    return await generate();
  } finally {
    await rm(bundle, { force: true });
  }
}
