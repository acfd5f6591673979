/**
 * Writing what a command makes: aside, then renamed; over what mmfc wrote itself and over nothing else, unless somebody
 * says so. Knows how our files say that they are ours.
 */
import { readFile, rename, rm, stat, writeFile } from "node:fs/promises";
import path from "node:path";
import { path as pathText } from "../diagnostics/phrase.ts";
import { makeFolder } from "../runtime/make-folder.ts";
import { ask } from "./ask.ts";
import { Interrupted, stopWith } from "./stop.ts";
import type { Terminal } from "./terminal.ts";

export interface OutFile {
  readonly path: string;
  readonly text: string;
}

/** Writes all files or, if one of them is in the way or cannot be written, none. */
export async function writeFiles(files: readonly OutFile[], force: boolean, terminal: Terminal): Promise<void> {
  for (const file of files) {
    const ours = async (): Promise<boolean> => {
      const text = await readFile(file.path, "utf8");
      return text === file.text || isOurs(text);
    };
    await assertFree(file.path, ours, force, terminal);
  }
  const made: string[] = [];
  try {
    for (const file of files) {
      const folder = makeFolder(path.dirname(file.path));
      if (folder !== undefined) made.push(folder);
      made.push(asideOf(file.path));
      await writeFile(asideOf(file.path), file.text).catch((error: NodeJS.ErrnoException) => {
        // A full disk does not say whose it is.
        throw Object.assign(error, { path: error.path ?? asideOf(file.path) });
      });
    }
    for (const file of files) await rename(asideOf(file.path), file.path);
  } catch (error) {
    for (const one of made.reverse()) await rm(one, { recursive: true, force: true });
    throw error;
  }
}

function asideOf(file: string): string {
  return `${file}.${process.pid}.part`;
}

/** @throws Stop out-exists if something is there that mmfc did not write, and nobody allowed to write over it */
export async function assertFree(
  file: string,
  ours: () => Promise<boolean>,
  force: boolean,
  terminal: Terminal,
): Promise<void> {
  if (force) return;
  const found = await stat(file).catch(() => undefined);
  if (found === undefined || (found.isFile() && found.size === 0)) return;
  if (found.isFile() && (await ours())) return;
  await mayOverwrite(file, terminal);
}

/** Asks on a terminal; elsewhere the answer is no. */
export async function mayOverwrite(file: string, terminal: Terminal): Promise<void> {
  if (!terminal.interactive) throw stopWith("out-exists", { path: file });
  const answer = await ask(`${pathText(file)} is there and was not written by mmfc. Write over it?`, false, terminal);
  if (!answer) throw new Interrupted();
}

/** Programs and diagrams say it in a sentence, the IR and its JSON by their first line, a package.json by having no more than ours. */
function isOurs(text: string): boolean {
  const head = text.slice(0, 2000);
  return (
    isOurPackage(text) ||
    /\bwritten by mmfc\b/i.test(head) ||
    /^model \S+\(B\)/.test(head) ||
    /^\{\s*"version": \d+,\s*"name": "[^"]*",/.test(head)
  );
}

function isOurPackage(text: string): boolean {
  try {
    const { private: _, type: __, mmfc: ___, dependencies, ...more } = JSON.parse(text) as { [key: string]: unknown };
    return Object.keys(more).length === 0 && Object.keys((dependencies as object | undefined) ?? {}).join() === "mmfc";
  } catch {
    return false;
  }
}
