/**
 * Which specs a command is about: those named, or, where SPEC is left out, the one that is meant. Looks at folders and at
 * the words of files; checks nothing.
 */
import { readdir, stat } from "node:fs/promises";
import path from "node:path";
import { readSpec } from "../compiler/read.ts";
import { report } from "../diagnostics/catalogue.ts";
import { near } from "../diagnostics/near.ts";
import { list, path as pathText } from "../diagnostics/phrase.ts";
import { nowhere, Stop, UsageMistake } from "./stop.ts";

/** Folders that hold no specs of the user: packages, builds, and runs, which have copies of theirs. */
const passedOver = new Set(["node_modules", "dist", "runs"]);

/** Specs to check, and the files or folders that they were looked for in. */
export interface FoundSpecs {
  readonly specs: readonly string[];
  readonly places: readonly string[];
}

/**
 * The specs of `mmfc check`: files as typed, every .mmf below a folder; without arguments, below this one. One that is
 * named twice is taken once.
 */
export async function findSpecs(given: readonly string[], command: string): Promise<FoundSpecs> {
  const found = new Map<string, string>();
  const places: string[] = [];
  for (const argument of given.length === 0 ? ["."] : given) {
    const files =
      (await kindOf(argument)) === "folder" ? await specsBelow(argument, places) : [await spec(argument, command)];
    for (const file of files) if (!found.has(path.resolve(file))) found.set(path.resolve(file), file);
    places.push(argument);
  }
  if (found.size > 0) return { specs: [...found.values()], places };
  const where = given.length === 0 ? "here" : `in ${given.map(pathText).join(", ")}`;
  throw new UsageMistake(command, `no .mmf is ${where}`, `mmfc ${command} --help shows how to name one`);
}

/** A file that is there and can be a spec. */
async function spec(file: string, command: string): Promise<string> {
  await existing(file, isSpec);
  if (isOnlyTable.test(file))
    throw new UsageMistake(
      command,
      `${pathText(file)} is a table; a spec ends in .mmf`,
      `mmfc ${command} --help shows how to name one`,
    );
  return file;
}

/** The spec of a command that takes one. */
export async function findSpec(given: string | undefined, command: string): Promise<string> {
  if (given !== undefined && (await kindOf(given)) !== "folder") return spec(given, command);
  const folder = given ?? ".";
  const names = (await readdir(folder)).filter((name) => name.endsWith(".mmf")).sort();
  const specs: string[] = [];
  for (const name of names) {
    const file = path.join(folder, name);
    const text = readSpec(file);
    if (typeof text === "string" && hasModel(text)) specs.push(file);
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
const isOnlyTable = /\.(?:csv|tsv|jsonl|ndjson|parquet|pq)(?:\.gz)?$/i;
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

async function specsBelow(folder: string, places: string[]): Promise<string[]> {
  const entries = await readdir(folder, { withFileTypes: true });
  // A run folder keeps a copy of its spec.
  if (entries.some((entry) => entry.name === "environment.json")) return [];
  places.push(folder);
  const found: string[] = [];
  for (const entry of entries.sort((a, b) => (a.name < b.name ? -1 : 1))) {
    const at = path.join(folder, entry.name);
    if (entry.name.endsWith(".mmf") && (entry.isFile() || (entry.isSymbolicLink() && (await leadsToFile(at)))))
      found.push(at);
    if (entry.isDirectory() && !passedOver.has(entry.name) && !entry.name.startsWith("."))
      found.push(...(await readable(at, () => specsBelow(at, places))));
  }
  return found;
}

/** Links to nothing and in circles are no specs. */
async function leadsToFile(link: string): Promise<boolean> {
  return stat(link).then(
    (found) => found.isFile(),
    () => false,
  );
}

/** A folder below that may not be read has no specs for us. */
async function readable(folder: string, look: () => Promise<string[]>): Promise<string[]> {
  return look().catch((error: NodeJS.ErrnoException) => {
    if (error.path === folder && (error.code === "EACCES" || error.code === "EPERM")) return [];
    throw error;
  });
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
