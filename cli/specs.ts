/**
 * Which specs a command is about: those named, or, where SPEC is left out, the one that is meant. Looks at folders and at
 * the words of files; checks nothing.
 */
import { readdir, readFile, stat } from "node:fs/promises";
import path from "node:path";
import { report } from "../diagnostics/catalogue.ts";
import { near } from "../diagnostics/near.ts";
import { list, path as pathText } from "../diagnostics/phrase.ts";
import { nowhere, Stop, UsageMistake } from "./stop.ts";

/** Folders that hold no specs of the user: packages, builds, and runs, which have copies of theirs. */
const passedOver = new Set(["node_modules", "dist", "runs"]);

/** The specs of `mmfc check`: files as typed, every .mmf below a folder; without arguments, below this one. */
export async function findSpecs(given: readonly string[], command: string): Promise<string[]> {
  const found: string[] = [];
  for (const argument of given.length === 0 ? ["."] : given) {
    if ((await kindOf(argument)) === "folder") found.push(...(await specsBelow(argument)));
    else found.push(await existing(argument, isSpec));
  }
  if (found.length > 0) return [...new Set(found)];
  const where = given.length === 0 ? "here" : `in ${given.map(pathText).join(", ")}`;
  throw new UsageMistake(command, `no .mmf is ${where}`, `mmfc ${command} --help shows how to name one`);
}

/** The spec of a command that takes one. */
export async function findSpec(given: string | undefined, command: string): Promise<string> {
  if (given !== undefined && (await kindOf(given)) !== "folder") return existing(given, isSpec);
  const folder = given ?? ".";
  const names = (await readdir(folder)).filter((name) => name.endsWith(".mmf")).sort();
  const specs: string[] = [];
  for (const name of names) {
    const file = path.join(folder, name);
    if (hasModel(await readFile(file, "utf8").catch(() => ""))) specs.push(file);
  }
  const remedy = `mmfc ${command} --help shows how to name one`;
  if (specs.length === 0)
    throw new UsageMistake(
      command,
      `SPEC is missing, and no .mmf with a model is ${given === undefined ? "here" : `in ${pathText(given)}`}`,
      remedy,
    );
  if (specs.length > 1)
    throw new UsageMistake(command, `SPEC is missing; write ${list(specs.slice(0, 8).map(pathText), "or")}`, remedy);
  return specs[0] as string;
}

const isSpec = /\.mmf$/;
const isTable = /\.(?:csv|tsv|txt|jsonl|ndjson|json|parquet|pq)(?:\.gz)?$/i;

/** A file that is there, or the message that it is not, with what lies near of its kind: a table, unless said otherwise. */
export async function existing(file: string, kind: RegExp = isTable): Promise<string> {
  if ((await kindOf(file)) !== "none") return file;
  const folder = path.dirname(file);
  const names = await readdir(folder).catch((): string[] => []);
  const found = near(
    path.basename(file),
    names.filter((name) => kind.test(name)),
  );
  const legal = found.kind === "one" ? [found.word] : found.kind === "few" ? found.words : [];
  const help =
    legal.length === 0
      ? null
      : `write ${list(
          legal.map((name) => pathText(path.join(folder, name))),
          "or",
        )}`;
  throw new Stop([
    report("source-missing", nowhere, { path: file, columns: false, base: folder, severe: true }, { help }),
  ]);
}

async function specsBelow(folder: string): Promise<string[]> {
  const entries = await readdir(folder, { withFileTypes: true });
  // A run folder keeps a copy of its spec.
  if (entries.some((entry) => entry.name === "environment.json")) return [];
  const found: string[] = [];
  for (const entry of entries.sort((a, b) => (a.name < b.name ? -1 : 1))) {
    const at = path.join(folder, entry.name);
    if (entry.isFile() && entry.name.endsWith(".mmf")) found.push(at);
    if (entry.isDirectory() && !passedOver.has(entry.name) && !entry.name.startsWith("."))
      found.push(...(await specsBelow(at)));
  }
  return found;
}

function hasModel(text: string): boolean {
  return /^\s*model\s/m.test(text);
}

async function kindOf(file: string): Promise<"file" | "folder" | "none"> {
  return stat(file).then(
    (found) => (found.isDirectory() ? "folder" : "file"),
    (error: NodeJS.ErrnoException) => {
      if (error.code === "ENOENT" || error.code === "ENOTDIR") return "none";
      throw error;
    },
  );
}
