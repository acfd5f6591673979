/**
 * `node scripts/build.mjs [--types]`: bundles the command line, the runtime and the compiler into dist/, in about a
 * second; with `--types` also their declarations (dist/types), which only packing needs. Packages stay outside; code that
 * several entries or lazy imports share becomes chunks, so that a command loads what it uses and nothing else.
 */
import { spawnSync } from "node:child_process";
import { chmod, mkdir, readdir, readFile, rename, rm, writeFile } from "node:fs/promises";
import { createRequire, isBuiltin } from "node:module";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";

export const root = path.resolve(path.dirname(fileURLToPath(import.meta.url)), "..");

const entries = {
  "cli/main": "cli/main.ts",
  "runtime/index": "runtime/index.ts",
  "compiler/compile": "compiler/compile.ts",
};

/**
 * Packages of hundreds of small files that checking needs: loading them file by file would take most of the time of
 * `mmfc check`. All others stay packages.
 */
const inside = ["chevrotain", "@chevrotain/", "lodash-es", "@duckdb/node-api"];

const packagesOutside = {
  name: "packages-outside",
  setup(building) {
    building.onResolve({ filter: /^[^./]/ }, ({ path: name, kind }) => {
      if (kind === "entry-point" || inside.some((start) => name === start || name.startsWith(start))) return undefined;
      return { path: name, external: true };
    });
  },
};

/**
 * What the JavaScript of DuckDB requires: its native library, which stays where npm put it, and modules of Node. A bundle of
 * ES modules has no `require`, so both come through modules of their own.
 */
const duckdbOutside = {
  name: "duckdb-outside",
  setup(building) {
    const native = "@duckdb/node-bindings";
    building.onResolve({ filter: /^[^.]/ }, ({ path: name, kind, importer }) => {
      if (kind === "dynamic-import" && name === "@duckdb/node-api") return { path: name, namespace: "named" };
      if (kind !== "require-call" || !importer.includes("@duckdb")) return undefined;
      if (name === native) return { path: name, namespace: "native" };
      return isBuiltin(name) ? { path: name.replace(/^node:/, ""), namespace: "builtin" } : undefined;
    });
    // A bundler cannot see the names that CommonJS hands on from file to file.
    building.onLoad({ filter: /./, namespace: "named" }, ({ path: name }) => ({
      contents: `import all from "${name}";
        export const { ${Object.keys(createRequire(import.meta.url)(name)).join(", ")} } = all;`,
      resolveDir: root,
    }));
    building.onLoad({ filter: /./, namespace: "native" }, () => ({
      contents: `import { createRequire } from "node:module";
        const require = createRequire(import.meta.url);
        const bindings = createRequire(require.resolve("@duckdb/node-api"))("${native}");
        export default bindings;
        export const { double_to_hugeint, double_to_uhugeint, hugeint_to_double, uhugeint_to_double } = bindings;`,
    }));
    building.onLoad({ filter: /./, namespace: "builtin" }, ({ path: name }) => ({
      contents: `export * from "node:${name}"; export { default } from "node:${name}";`,
    }));
  },
};

/**
 * The JavaScript of @tensorflow/tfjs-node-gpu that the engine uses, in one file: its kernels and its backend class. It stays
 * CommonJS, so that both share the one @tensorflow/tfjs of the process.
 */
async function buildNodeParts(folder) {
  const from = "@tensorflow/tfjs-node-gpu/dist";
  const contents = `require("${from}/register_all_kernels.js");
    exports.NodeJSKernelBackend = require("${from}/nodejs_kernel_backend.js").NodeJSKernelBackend;`;
  const result = await build({
    stdin: { contents, resolveDir: root, loader: "js" },
    outfile: path.join(folder, "chunks/tfjs-node.cjs"),
    bundle: true,
    format: "cjs",
    platform: "node",
    target: "node20.19",
    external: ["@tensorflow/tfjs"],
    // one kernel asks for a constant of tfjs-core, which the union package has, too
    alias: { "@tensorflow/tfjs-core": "@tensorflow/tfjs" },
    charset: "utf8",
    write: false,
    logLevel: "warning",
  });
  return result.outputFiles;
}

/** Builds dist/. Files that did not change are left alone, so that a process that runs from dist/ goes on undisturbed. */
export async function buildPackage(folder = path.join(root, "dist")) {
  const result = await build({
    absWorkingDir: root,
    entryPoints: { ...entries, ...(await workers()) },
    outdir: folder,
    outbase: root,
    bundle: true,
    splitting: true,
    format: "esm",
    platform: "node",
    target: "node20.19",
    plugins: [duckdbOutside, packagesOutside],
    chunkNames: "chunks/[name]-[hash]",
    charset: "utf8",
    write: false,
    logLevel: "warning",
  });
  const kept = new Set();
  for (const { path: file, contents } of [...result.outputFiles, ...(await buildNodeParts(folder))]) {
    kept.add(file);
    await writeWhenChanged(file, contents);
  }
  const licenses = path.join(folder, "LICENSES.txt");
  await writeWhenChanged(licenses, Buffer.from(await licensesOfInside()));
  kept.add(licenses);
  await chmod(path.join(folder, "cli/main.js"), 0o755);
  await sweep(folder, kept);
}

/** Worker threads start from files of their own: every `*.worker.ts` of the runtime, at its place below dist/. */
async function workers() {
  const files = await readdir(path.join(root, "runtime"), { recursive: true });
  const found = files.filter((file) => file.endsWith(".worker.ts"));
  return Object.fromEntries(found.map((file) => [`runtime/${file.slice(0, -3)}`, `runtime/${file}`]));
}

/** The licenses of the packages that are inside. */
async function licensesOfInside() {
  const scoped = await readdir(path.join(root, "node_modules/@chevrotain"));
  const names = [
    "chevrotain",
    ...scoped.map((name) => `@chevrotain/${name}`),
    "lodash-es",
    "@duckdb/node-api",
    "@tensorflow/tfjs-node-gpu",
  ];
  const texts = await Promise.all(names.map(licenseOf));
  return texts.filter((text) => text !== undefined).join("\n\n");
}

async function licenseOf(name) {
  const folder = path.join(root, "node_modules", name);
  const files = (await readdir(folder)).filter((file) => /^(?:licen[sc]e|notice)/i.test(file)).sort();
  const texts = await Promise.all(files.map((file) => readFile(path.join(folder, file), "utf8")));
  return texts.length === 0 ? undefined : `${name}\n\n${texts.join("\n")}`;
}

async function writeWhenChanged(file, contents) {
  const before = await readFile(file).catch(() => undefined);
  if (before?.equals(contents)) return;
  await mkdir(path.dirname(file), { recursive: true });
  const aside = `${file}.${process.pid}.part`;
  await writeFile(aside, contents);
  await rename(aside, file);
}

/** Removes what an earlier build left, but for the declarations. */
async function sweep(folder, kept) {
  for (const entry of await readdir(folder, { recursive: true, withFileTypes: true })) {
    const file = path.join(entry.parentPath, entry.name);
    const isType = file.startsWith(path.join(folder, "types"));
    if (entry.isFile() && !isType && !kept.has(file) && !entry.name.endsWith(".part")) await rm(file, { force: true });
  }
}

/** Declarations of what package.json exports, with everything they import. */
function emitTypes() {
  const options = ["--declaration", "--emitDeclarationOnly", "--noEmit", "false", "--rewriteRelativeImportExtensions"];
  const compiler = path.join(root, "node_modules/typescript/bin/tsc");
  const project = path.join(root, "scripts/tsconfig.types.json");
  const { status } = spawnSync(process.execPath, [compiler, "-p", project, ...options], {
    cwd: root,
    stdio: "inherit",
  });
  if (status !== 0) process.exit(1);
}

/** The sources import each other as `.ts`; users of the declarations have the JavaScript. */
async function nameJavascript() {
  const folder = path.join(root, "dist/types");
  for (const name of await readdir(folder, { recursive: true })) {
    if (!name.endsWith(".d.ts")) continue;
    const file = path.join(folder, name);
    const text = await readFile(file, "utf8");
    await writeFile(file, text.replace(/((?:from |import\()"\.[^"]*)\.ts"/g, '$1.js"'));
  }
}

if (process.argv[1] !== undefined && path.resolve(process.argv[1]) === fileURLToPath(import.meta.url)) {
  await buildPackage();
  if (process.argv.includes("--types")) {
    await rm(path.join(root, "dist/types"), { recursive: true, force: true });
    emitTypes();
    await nameJavascript();
  }
}
