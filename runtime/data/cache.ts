/**
 * The feature cache: what was decoded once, as .npy files that anyone can open, in a folder named by a hash of the files'
 * identities, the settings and this version. An entry is written aside and renamed, so that it is whole or not there, and
 * two processes never meet half of one.
 */
import { createHash, randomBytes } from "node:crypto";
import { mkdirSync, readdirSync, readFileSync, renameSync, rmSync, statSync, utimesSync, writeFileSync } from "node:fs";
import { homedir, tmpdir } from "node:os";
import path from "node:path";

/** Raise it whenever decoded values change; old entries are then never found again. */
export const featureVersion = 1;

/** `${XDG_CACHE_HOME or ~/.cache}/mmfc` */
export function cacheRoot(): string {
  const xdg = process.env.XDG_CACHE_HOME;
  return path.join(xdg !== undefined && path.isAbsolute(xdg) ? xdg : path.join(homedir(), ".cache"), "mmfc");
}

/** The key of what the parts describe. */
export function cacheKey(...parts: readonly (string | Iterable<string>)[]): string {
  const hash = createHash("sha256").update(`mmfc ${featureVersion}\0`);
  for (const part of parts) {
    if (typeof part === "string") hash.update(part).update("\0");
    else for (const line of part) hash.update(line).update("\0");
    hash.update("\x01");
  }
  return hash.digest("hex").slice(0, 32);
}

/** A place that can be written: `wanted`, or a temporary folder where that is not allowed. */
export function writableRoot(wanted: string): { root: string; temporary: boolean } {
  try {
    mkdirSync(path.join(wanted, "features"), { recursive: true });
    const probe = path.join(wanted, "features", `.probe-${process.pid}-${randomBytes(4).toString("hex")}`);
    writeFileSync(probe, "");
    rmSync(probe, { force: true });
    return { root: wanted, temporary: false };
  } catch {
    const root = path.join(tmpdir(), `mmfc-${process.pid}-${randomBytes(4).toString("hex")}`);
    mkdirSync(path.join(root, "features"), { recursive: true });
    return { root, temporary: true };
  }
}

/** What an entry says of itself, in index.json. */
export interface CacheIndex {
  readonly kind: string;
  readonly created: string;
  readonly items: number;
  readonly [more: string]: unknown;
}

/** The folder of an entry that is there and whole. Using it makes it young again. */
export function findEntry(root: string, key: string): { folder: string; index: CacheIndex } | undefined {
  const folder = path.join(root, "features", key);
  try {
    const index = JSON.parse(readFileSync(path.join(folder, "index.json"), "utf8")) as CacheIndex;
    const now = new Date();
    try {
      utimesSync(path.join(folder, "index.json"), now, now);
    } catch {
      // Another user's cache may be read only; it is still good to read.
    }
    return { folder, index };
  } catch {
    return undefined;
  }
}

/** A folder to write an entry in; `finish` makes it the entry, `drop` forgets it. */
export function beginEntry(
  root: string,
  key: string,
): { folder: string; finish(index: CacheIndex): string; drop(): void } {
  const target = path.join(root, "features", key);
  const folder = `${target}.part-${process.pid}-${randomBytes(4).toString("hex")}`;
  mkdirSync(folder, { recursive: true });
  return {
    folder,
    finish(index) {
      writeFileSync(path.join(folder, "index.json"), `${JSON.stringify(index, null, 2)}\n`);
      try {
        renameSync(folder, target);
      } catch (error) {
        // Another process was faster: its entry is equal.
        if (findEntry(root, key) === undefined) {
          rmSync(target, { recursive: true, force: true });
          renameSync(folder, target);
        } else rmSync(folder, { recursive: true, force: true });
        if (findEntry(root, key) === undefined) throw error;
      }
      return target;
    },
    drop: () => rmSync(folder, { recursive: true, force: true }),
  };
}

/** One entry, for `mmfc cache`. */
export interface CacheEntry {
  readonly key: string;
  readonly kind: string;
  readonly items: number;
  readonly bytes: number;
  /** Days since it was used. */
  readonly days: number;
}

/** All entries, the youngest first. */
export function listCache(root: string = cacheRoot()): CacheEntry[] {
  const features = path.join(root, "features");
  const entries: CacheEntry[] = [];
  for (const key of names(features)) {
    const folder = path.join(features, key);
    const index = statSync(path.join(folder, "index.json"), { throwIfNoEntry: false });
    let about: CacheIndex | undefined;
    try {
      about = JSON.parse(readFileSync(path.join(folder, "index.json"), "utf8")) as CacheIndex;
    } catch {
      // What a killed process left behind.
    }
    const used = index ?? statSync(folder, { throwIfNoEntry: false });
    const bytes = names(folder).reduce(
      (sum, name) => sum + (statSync(path.join(folder, name), { throwIfNoEntry: false })?.size ?? 0),
      0,
    );
    const days = used === undefined ? 0 : (Date.now() - used.mtimeMs) / 86_400_000;
    entries.push({ key, kind: about?.kind ?? "unfinished", items: about?.items ?? 0, bytes, days });
  }
  return entries.sort((a, b) => a.days - b.days);
}

/** Removes entries, all or those not used for so many days; returns what was freed. */
export function clearCache(olderThanDays?: number, root: string = cacheRoot()): { entries: number; bytes: number } {
  let entries = 0;
  let bytes = 0;
  for (const entry of listCache(root)) {
    if (olderThanDays !== undefined && entry.days < olderThanDays) continue;
    if (beingWritten(entry.key)) continue;
    rmSync(path.join(root, "features", entry.key), { recursive: true, force: true });
    entries++;
    bytes += entry.bytes;
  }
  return { entries, bytes };
}

/** Whether a process that still runs is writing there. */
function beingWritten(key: string): boolean {
  const writer = /\.part-(\d+)-/.exec(key)?.[1];
  if (writer === undefined) return false;
  try {
    process.kill(Number(writer), 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === "EPERM";
  }
}

function names(folder: string): string[] {
  try {
    return readdirSync(folder);
  } catch {
    return [];
  }
}
