/**
 * Who may import whom, over the whole source tree; and the shape of files. The rules are those of the architecture: they
 * keep `mmfc check` light, the runtime free of the compiler, and each folder readable by itself.
 */
import { readdirSync, readFileSync } from "node:fs";
import path from "node:path";
import { describe, expect, it } from "vitest";
import { root } from "../../scripts/build.mjs";

const folders = ["diagnostics", "grammar", "plan", "compiler", "runtime", "cli", "editor"];

interface Import {
  /** From the repository's root: `cli/main.ts`, `runtime/run.ts`, or a package's name. */
  readonly from: string;
  readonly to: string;
  readonly typeOnly: boolean;
  readonly lazy: boolean;
}

const sources = folders.flatMap((folder) =>
  readdirSync(path.join(root, folder), { recursive: true, encoding: "utf8" })
    .filter((name) => name.endsWith(".ts") && !name.includes("node_modules"))
    .map((name) => path.posix.join(folder, name.split(path.sep).join("/"))),
);

function importsOf(file: string): Import[] {
  const text = readFileSync(path.join(root, file), "utf8").replace(/\/\*[\s\S]*?\*\/|^\s*\/\/.*$/gm, "");
  const resolve = (to: string): string => (to.startsWith(".") ? path.posix.join(path.posix.dirname(file), to) : to);
  const found: Import[] = [];
  const statement = /^(?:import|export)\s+(type\s+)?(?:[\w*{][^;"'`]*?\sfrom\s+)?["']([^"']+)["']/gm;
  for (const [, type, to = ""] of text.matchAll(statement)) {
    found.push({ from: file, to: resolve(to), typeOnly: type !== undefined, lazy: false });
  }
  // `typeof import("x")` is a type, `await import("x")` loads.
  for (const [whole, to = ""] of text.matchAll(
    /(?:typeof\s+)?\bimport\(\s*(?:\/\*.*?\*\/\s*)?["']([^"']+)["']\s*\)/g,
  )) {
    const typeOnly = whole.startsWith("typeof") || /[:<|]\s*$/.test(text.slice(0, text.indexOf(whole)));
    found.push({ from: file, to: resolve(to), typeOnly, lazy: true });
  }
  return found;
}

const imports = sources.flatMap(importsOf);
const show = ({ from, to }: Import): string => `${from} imports ${to}`;
const top = (file: string): string => file.split("/")[0] as string;
const isOurs = (to: string): boolean => folders.includes(top(to)) && to.endsWith(".ts");

/** Whose modules a folder may import, beside its own. */
const allowed: { readonly [folder: string]: readonly string[] } = {
  diagnostics: [],
  plan: [],
  grammar: ["diagnostics"],
  compiler: ["grammar", "diagnostics", "plan"],
  runtime: ["plan", "diagnostics"],
  cli: ["compiler", "grammar", "diagnostics", "plan", "runtime"],
  editor: ["compiler", "grammar", "diagnostics", "plan"],
};

/** Inside compiler/: a stage may import what stands before it. */
const stages = ["types", "registry", "check", "ir", "emit"];

/** Types and constants of the IR that the registry and the checker describe values with. */
const contractFiles = ["compiler/ir/ir.ts"];

describe("imports", () => {
  it("reads the tree", () => {
    // Guards the expressions above: a tree without imports would satisfy every rule.
    expect(sources.length).toBeGreaterThan(100);
    expect(imports.filter((one) => isOurs(one.to)).length).toBeGreaterThan(300);
    expect(imports.some((one) => one.from === "cli/main.ts" && one.to === "commander")).toBe(false);
    expect(imports.some((one) => one.from === "cli/command-line.ts" && one.to === "commander")).toBe(true);
    expect(imports.some((one) => one.lazy && one.to === "@duckdb/node-api")).toBe(true);
  });

  it("goes from a folder only to those it may know", () => {
    const wrong = imports.filter(
      (one) => isOurs(one.to) && top(one.to) !== top(one.from) && !allowed[top(one.from)]?.includes(top(one.to)),
    );
    expect(wrong.map(show)).toEqual([]);
  });

  it("goes inside the compiler from later stages to earlier ones", () => {
    const stage = (file: string): number =>
      top(file) === "compiler" ? stages.indexOf(file.split("/")[1] as string) : -1;
    const wrong = imports.filter(
      (one) =>
        stage(one.from) >= 0 && stage(one.to) > stage(one.from) && !(one.typeOnly && contractFiles.includes(one.to)),
    );
    expect(wrong.map(show)).toEqual([]);
  });

  it("names modules of ours with their ending", () => {
    const wrong = imports.filter(
      (one) => one.to.includes("/") && folders.includes(top(one.to)) && !/\.(?:ts|json)$/.test(one.to),
    );
    expect(wrong.map(show)).toEqual([]);
  });

  it.each([
    ["ts-morph", /^compiler\/emit\/typescript\//],
    ["commander", /^cli\//],
    ["vscode", /^editor\/vscode\//],
    ["vscode-languageserver", /^editor\/server\//],
    ["mermaid", /^editor\/preview\//],
    ["koffi", /^runtime\/engine\//],
    ["chevrotain", /^grammar\//],
    ["@tensorflow/", /^runtime\//],
    ["@duckdb/", /^runtime\//],
    ["sharp", /^runtime\//],
  ])("leaves %s to its place", (name, place) => {
    const users = imports.filter((one) => one.to === name || one.to.startsWith(name.endsWith("/") ? name : `${name}/`));
    expect(users.filter((one) => !place.test(one.from)).map(show)).toEqual([]);
  });

  it("loads heavy packages only when they are needed", () => {
    const heavy = /^(?:@tensorflow\/|@duckdb\/|sharp$|ts-morph$|mermaid|koffi$|@ffmpeg)/;
    const eager = imports.filter((one) => heavy.test(one.to) && !one.typeOnly && !one.lazy);
    expect(eager.map(show)).toEqual([]);
  });
});

describe("files", () => {
  const lines = sources
    .filter((file) => !file.endsWith(".gen.ts"))
    .map((file) => ({ file, lines: readFileSync(path.join(root, file), "utf8").split("\n").length }));

  it("have no more than 600 lines", () => {
    const long = lines.filter((one) => one.lines > 400);
    if (long.length > 0)
      console.warn(`over 400 lines:\n${long.map((one) => `  ${one.file}: ${one.lines}`).join("\n")}`);
    expect(lines.filter((one) => one.lines > 600)).toEqual([]);
  });

  it("have kebab-case names and no grab bags", () => {
    expect(sources.filter((file) => !/^[a-z0-9.-]+$/.test(path.posix.basename(file)))).toEqual([]);
    expect(sources.filter((file) => /\b(?:utils?|helpers?|managers?)\b/.test(file))).toEqual([]);
  });

  it("begin with what they own", () => {
    const bare = sources.filter((file) => !/^(?:#!.*\n)?\s*\/\*\*/.test(readFileSync(path.join(root, file), "utf8")));
    expect(bare).toEqual([]);
  });

  it("use erasable syntax only, and name no machine", () => {
    const enums = sources.filter((file) =>
      /^\s*(?:export\s+)?(?:const\s+)?enum\s|^\s*(?:export\s+)?namespace\s/m.test(
        readFileSync(path.join(root, file), "utf8"),
      ),
    );
    expect(enums).toEqual([]);
  });
});
