/**
 * Where the engine layer keeps things for this user: the engines installed for mmfc, and which one was chosen.
 * Owns paths and the small choice file; must not know what lies in an engine's folder.
 */
import { readFile, rename, writeFile } from "node:fs/promises";
import os from "node:os";
import path from "node:path";
import { makeFolder } from "../make-folder.ts";

/** mmfc's folder for this user: `$XDG_CACHE_HOME/mmfc`, or `~/.cache/mmfc`. */
export function cacheFolder(): string {
  const base = process.env.XDG_CACHE_HOME;
  return path.join(base !== undefined && path.isAbsolute(base) ? base : path.join(os.homedir(), ".cache"), "mmfc");
}

/** Where installed engines lie, one folder each. */
export function engineFolder(): string {
  return path.join(cacheFolder(), "engine");
}

function choiceFile(): string {
  return path.join(engineFolder(), "choice.json");
}

/** The engine that `mmfc engine use` chose, or undefined; a file that cannot be read counts as no choice. */
export async function rememberedChoice(): Promise<string | undefined> {
  try {
    const choice: unknown = JSON.parse(await readFile(choiceFile(), "utf8"));
    const name = typeof choice === "object" && choice !== null && "use" in choice ? choice.use : undefined;
    return typeof name === "string" ? name : undefined;
  } catch {
    return undefined;
  }
}

/** Remembers a choice for every later process; `undefined` goes back to the usual order. */
export async function rememberChoice(name: string | undefined): Promise<void> {
  makeFolder(engineFolder());
  const aside = `${choiceFile()}.${process.pid}`;
  await writeFile(aside, `${JSON.stringify(name === undefined ? {} : { use: name })}\n`);
  await rename(aside, choiceFile());
}
