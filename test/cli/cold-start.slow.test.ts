/** What `mmfc check` loads and how long it takes from the start of the process: neither engine, diagram nor program writer. */
import { spawnSync } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";
import path from "node:path";
import { pathToFileURL } from "node:url";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { folderWith, mmfc, pointsSpec, pointsTable, run } from "./run.ts";

/** Loaded before mmfc: writes the address of every module, ES or CommonJS, to a file. */
const tracer = `
import { register, createRequire } from "node:module";
import { writeFileSync } from "node:fs";
register("data:text/javascript," + encodeURIComponent(\`
  import { appendFileSync } from "node:fs";
  export function load(url, context, next) {
    appendFileSync(process.env.TRACE, url + "\\\\n");
    return next(url, context);
  }
\`));
const require = createRequire(import.meta.url);
process.on("exit", () => writeFileSync(process.env.TRACE + ".cjs", Object.keys(require.cache).join("\\n")));
`;

const { folder: cwd, remove } = folderWith({
  "points.mmf": pointsSpec,
  "points.csv": pointsTable(),
  "lonely.mmf": pointsSpec.replace("points.csv", "pionts.csv"),
  "trace.mjs": tracer,
});
afterAll(remove);

async function modulesOf(args: readonly string[]): Promise<string[]> {
  const trace = path.join(cwd, `trace-${args.join("-").replace(/\W/g, "_")}`);
  writeFileSync(trace, "");
  const tracing = ["--no-warnings", "--import", pathToFileURL(path.join(cwd, "trace.mjs")).href];
  const { code, stderr } = await run(args, { cwd, env: { TRACE: trace }, node: tracing });
  expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
  return [
    ...readFileSync(trace, "utf8").trim().split("\n"),
    ...readFileSync(`${trace}.cjs`, "utf8").trim().split("\n"),
  ];
}

const heavy = /tensorflow|mermaid|ts-morph|typescript\/lib|duckdb|koffi|sharp|esbuild/;

describe("a cold start", () => {
  let modules: string[] = [];
  beforeAll(async () => {
    modules = await modulesOf(["check", "points.mmf", "--no-data"]);
  });

  it("of check without the data loads no heavy package", () => {
    // Guards the trace: what is there for sure was seen, of both kinds.
    expect(modules.some((url) => url.includes("/dist/cli/main.js"))).toBe(true);
    expect(modules.some((url) => url.includes("/commander/lib/command.js"))).toBe(true);
    expect(modules.filter((url) => heavy.test(url.replace(/^.*?\/(?:node_modules|dist)\//, "")))).toEqual([]);
  });

  it("of check loads few files", () => {
    expect(modules.length).toBeLessThan(60);
  });

  it("of check loads nothing more where the table is not there", async () => {
    const lonely = await modulesOf(["check", "lonely.mmf"]);
    expect(lonely.filter((url) => heavy.test(url.replace(/^.*?\/(?:node_modules|dist)\//, "")))).toEqual([]);
    expect(lonely.length).toBeLessThan(60);
  });

  it("of check with a table of numbers loads DuckDB, and no decoder, engine or program writer", async () => {
    const data = await modulesOf(["check", "points.mmf"]);
    const loaded = data.map((url) => url.replace(/^.*?\/(?:node_modules|dist)\//, ""));
    expect(loaded.some((url) => url.includes("duckdb"))).toBe(true);
    expect(loaded.filter((url) => /tensorflow|mermaid|ts-morph|koffi|sharp|esbuild/.test(url))).toEqual([]);
  });

  it("of compile loads what check does without", async () => {
    const compile = await modulesOf(["compile", "points.mmf", "--model", "Points"]);
    expect(compile.some((url) => url.includes("ts-morph"))).toBe(true);
    expect(
      compile.filter((url) => /tensorflow|duckdb|mermaid\//.test(url.replace(/^.*?\/node_modules\//, ""))),
    ).toEqual([]);
  });

  it("of check takes well under half a second", () => {
    const best = (args: readonly string[]): number => {
      const times = Array.from({ length: 5 }, () => {
        const start = performance.now();
        const { status } = spawnSync(process.execPath, args, { cwd });
        expect(status).toBe(0);
        return performance.now() - start;
      });
      return Math.min(...times);
    };
    const node = best(["-e", "0"]);
    const check = best([mmfc, "check", "points.mmf", "--no-data"]);
    console.info(`node alone ${node.toFixed(0)} ms, mmfc check ${check.toFixed(0)} ms`);
    // Against Node itself, for other work on the machine slows both: 5 times 40 ms is 200 ms.
    expect(check / node).toBeLessThan(6);
  });
});
