/**
 * Files that are there whole or not at all, also after a power cut: written aside, brought to the disk, renamed. Owns what
 * the system's refusals are called in messages; knows nothing of what is written.
 */
import { rmSync } from "node:fs";
import { type FileHandle, open, readdir, rename, rm, statfs } from "node:fs/promises";
import path from "node:path";
import { RunError } from "./run-error.ts";

/** Whose file it is, for messages. */
export interface Owner {
  /** The run, as the user would type it. */
  readonly path: string;
  /** Whether it can be resumed. */
  readonly resumable: boolean;
}

/** Files being written now: what a process that ends at once takes away. */
const underWay = new Set<string>();

/**
 * Writes a file. What stood there stands until the new one is whole.
 *
 * @param size bytes, for the message of a full disk
 * @throws RunError disk-full, no-access
 */
export async function writeDurably(
  file: string,
  content: string | Uint8Array | ((handle: FileHandle) => Promise<void>),
  owner: Owner,
  size = typeof content === "function" ? 0 : content.length,
): Promise<void> {
  const aside = `${file}.${process.pid}.part`;
  underWay.add(aside);
  try {
    const handle = await open(aside, "w");
    try {
      if (typeof content === "function") await content(handle);
      else await handle.writeFile(content);
      await handle.sync();
    } finally {
      await handle.close();
    }
    await rename(aside, file);
    await syncFolder(path.dirname(file));
  } catch (error) {
    await rm(aside, { force: true }).catch(() => {
      // The reason below says more.
    });
    throw await problemOf(error, owner, path.dirname(file), size);
  } finally {
    underWay.delete(aside);
  }
}

/** Adds a line; whoever reads the file later takes a last line that is cut off for none. */
export async function appendDurably(file: string, line: string, owner: Owner): Promise<void> {
  try {
    const handle = await open(file, "a");
    try {
      await handle.appendFile(`${line}\n`);
      await handle.datasync();
    } finally {
      await handle.close();
    }
  } catch (error) {
    throw await problemOf(error, owner, path.dirname(file), line.length);
  }
}

/** A rename is safe once its folder is on the disk. Not every system can say so. */
async function syncFolder(folder: string): Promise<void> {
  const handle = await open(folder).catch(() => undefined);
  await handle?.sync().catch(() => undefined);
  await handle?.close();
}

/** Takes away what killed processes left half written. */
export async function sweep(folder: string): Promise<void> {
  for (const name of await readdir(folder).catch(() => [])) {
    if (isAside(name)) await rm(path.join(folder, name), { force: true });
  }
}

/** The name of a file that is being written, or was when its process ended. */
export function isAside(name: string): boolean {
  return /\.\d+\.part$/.test(name);
}

/** At the end of the process, in the middle of a write. */
export function dropUnderWay(): void {
  for (const file of underWay) {
    try {
      rmSync(file, { force: true });
    } catch {
      // The next training into this folder sweeps.
    }
  }
}

/** What the system refused, as a message about the run; anything else as it is. */
export async function problemOf(error: unknown, owner: Owner, folder: string, size: number): Promise<unknown> {
  const { code } = error as NodeJS.ErrnoException;
  const run = owner.resumable ? { run: owner.path } : {};
  if (code === "ENOSPC" || code === "EDQUOT") {
    const free = await statfs(folder).then(
      ({ bavail, bsize }) => bavail * bsize,
      () => 0,
    );
    // A quota may be full although the disk is not.
    const needs = code === "ENOSPC" && size > free ? size - free : Math.max(size, 4096);
    return new RunError({ code: "disk-full", facts: { path: owner.path, needs, ...run } });
  }
  const why = code === undefined ? undefined : reasons[code];
  if (why === undefined) return error;
  const gone = code === "ENOENT" ? { gone: true } : run;
  return new RunError({ code: "no-access", facts: { path: owner.path, how: "written", why, ...gone } });
}

const reasons: { readonly [code: string]: string } = {
  EACCES: "its rights do not allow it",
  EPERM: "its rights do not allow it",
  EROFS: "its disk is read-only",
  ENOENT: "it is no longer there",
  ENOTDIR: "a part of the path is a file",
  EISDIR: "a file of it is a folder",
  EFBIG: "files here are limited to a smaller size (`ulimit -f`)",
  ENAMETOOLONG: "its name is too long",
  ELOOP: "its links go in a circle",
  EIO: "its disk reports an error",
  EMFILE: "too many files are open",
};
