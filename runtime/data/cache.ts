/**
 * The feature cache: what was decoded once, as .npy files that anyone can open, in a folder named by a hash of the files'
 * identities, the settings and this version. An entry is written aside and renamed, so that it is whole or not there, and
 * two processes never meet half of one; an entry that was changed by anyone else since is none.
 */
import { createHash, randomBytes } from "node:crypto";
import {
  closeSync,
  fsyncSync,
  openSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statfsSync,
  statSync,
  utimesSync,
  writeFileSync,
} from "node:fs";
import { homedir, hostname, tmpdir } from "node:os";
import path from "node:path";
import { makeFolder } from "../make-folder.ts";
import { problem } from "./problems.ts";

/** Raise it whenever decoded values change; old entries are then never found again. */
export const featureVersion = 2;

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
    const features = path.join(wanted, "features");
    makeFolder(features);
    const probe = path.join(features, partName(".probe"));
    writeFileSync(probe, "");
    rmSync(probe, { force: true });
    sweep(features);
    return { root: wanted, temporary: false };
  } catch {
    const root = path.join(tmpdir(), `mmfc-${process.pid}-${randomBytes(4).toString("hex")}`);
    makeFolder(path.join(root, "features"));
    return { root, temporary: true };
  }
}

const host = createHash("sha256").update(hostname()).digest("hex").slice(0, 8);

/** A name that says who is writing there, so that others leave it alone while that process lives. */
function partName(name: string): string {
  return `${name}.part-${process.pid}-${host}-${randomBytes(4).toString("hex")}`;
}

/** A fresh folder beside the entries, for what is too large for memory; it goes with this process. */
export function asideFolder(root: string): string {
  const folder = path.join(root, "features", partName("aside"));
  makeFolder(folder);
  return folder;
}

/** Removes what killed processes left behind. */
function sweep(features: string): void {
  for (const key of names(features)) {
    if (!key.includes(".part-") || beingWritten(features, key)) continue;
    try {
      rmSync(path.join(features, key), { recursive: true, force: true });
    } catch {
      // Someone else's, or gone already.
    }
  }
}

/** What an entry says of itself, in index.json. */
export interface CacheIndex {
  readonly kind: string;
  readonly created: string;
  readonly items: number;
  readonly [more: string]: unknown;
}

/** The folder of an entry that is there and whole, as it was written. Using it makes it young again. */
export function findEntry(root: string, key: string): { folder: string; index: CacheIndex } | undefined {
  const folder = path.join(root, "features", key);
  try {
    const index = JSON.parse(readFileSync(path.join(folder, "index.json"), "utf8")) as CacheIndex;
    if (typeof index !== "object" || index === null || !sameFiles(folder, index.files)) return undefined;
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

/** Size and time of an entry's files, by name. */
type FileStamps = { readonly [name: string]: readonly [size: number, time: number] };

function stampFiles(folder: string): FileStamps {
  const stamps: { [name: string]: readonly [number, number] } = {};
  for (const name of names(folder)) {
    const stat = statSync(path.join(folder, name));
    stamps[name] = [stat.size, Math.round(stat.mtimeMs)];
  }
  return stamps;
}

function sameFiles(folder: string, stamps: unknown): boolean {
  if (typeof stamps !== "object" || stamps === null) return false;
  return Object.entries(stamps as FileStamps).every(([name, [size, time]]) => {
    const stat = statSync(path.join(folder, path.basename(name)), { throwIfNoEntry: false });
    return stat !== undefined && stat.size === size && Math.round(stat.mtimeMs) === time;
  });
}

/**
 * Says at once, not after minutes of decoding, that the disk has no room for so many bytes.
 * @throws DataError disk-full
 */
export function checkSpace(root: string, bytes: number): void {
  let free: number;
  try {
    const { bavail, bsize } = statfsSync(path.join(root, "features"));
    free = bavail * bsize;
  } catch {
    return; // a file system that does not say
  }
  if (free < bytes) throw problem("disk-full", { statement: "data" }, { path: root, needs: bytes - free });
}

/** An entry that is being written: `finish` makes it the entry, `drop` forgets it. */
export interface NewEntry {
  readonly folder: string;
  /** `replace`: instead of the one that is there, which otherwise is taken for equal. */
  finish(index: CacheIndex, replace?: boolean): void;
  drop(): void;
}

/** A folder to write an entry in. What is open in it when it is finished stays readable, also after it was cleared. */
export function beginEntry(root: string, key: string): NewEntry {
  const target = path.join(root, "features", key);
  const folder = partName(target);
  makeFolder(folder);
  const drop = (): void => rmSync(folder, { recursive: true, force: true });
  return {
    folder,
    drop,
    finish(index, replace = false) {
      // A machine that stops now must not leave an entry whose name is on the disk and whose bytes are not.
      for (const name of names(folder)) syncFile(path.join(folder, name));
      const whole = { ...index, files: stampFiles(folder) };
      writeFileSync(path.join(folder, "index.json"), `${JSON.stringify(whole, null, 2)}\n`);
      // Another process may make or clear the same entry at this very moment.
      for (let attempt = 0; attempt < 5; attempt++) {
        try {
          renameSync(folder, target);
          return;
        } catch {
          if (!replace && findEntry(root, key) !== undefined) break;
          try {
            remove(target);
          } catch {
            break;
          }
        }
      }
      // There is an equal entry, or this one cannot be kept: it is only a cache.
      drop();
    },
  };
}

function syncFile(file: string): void {
  const fd = openSync(file, "r+");
  try {
    fsyncSync(fd);
  } finally {
    closeSync(fd);
  }
}

/** Takes an entry away at one blow, so that nobody finds half of it; false where another process was faster. */
function remove(folder: string): boolean {
  const gone = partName(folder);
  try {
    renameSync(folder, gone);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return false;
    throw error;
  }
  rmSync(gone, { recursive: true, force: true });
  return true;
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
  for (const key of folders(features)) {
    const folder = path.join(features, key);
    const index = statSync(path.join(folder, "index.json"), { throwIfNoEntry: false });
    let about: { readonly kind?: unknown; readonly items?: unknown } | null | undefined;
    try {
      about = JSON.parse(readFileSync(path.join(folder, "index.json"), "utf8"));
    } catch {
      // What a killed process left behind.
    }
    const used = index ?? statSync(folder, { throwIfNoEntry: false });
    const bytes = names(folder).reduce(
      (sum, name) => sum + (statSync(path.join(folder, name), { throwIfNoEntry: false })?.size ?? 0),
      0,
    );
    const days = used === undefined ? 0 : (Date.now() - used.mtimeMs) / 86_400_000;
    const kind = typeof about?.kind === "string" ? about.kind : "unfinished";
    entries.push({ key, kind, items: typeof about?.items === "number" ? about.items : 0, bytes, days });
  }
  return entries.sort((a, b) => a.days - b.days);
}

/** Removes entries, all or those not used for so many days; returns what was freed. What is being written stays. */
export function clearCache(olderThanDays?: number, root: string = cacheRoot()): { entries: number; bytes: number } {
  const features = path.join(root, "features");
  let entries = 0;
  let bytes = 0;
  for (const entry of listCache(root)) {
    if (olderThanDays !== undefined && entry.days < olderThanDays) continue;
    if (beingWritten(features, entry.key)) continue;
    if (!remove(path.join(features, entry.key))) continue;
    entries++;
    bytes += entry.bytes;
  }
  return { entries, bytes };
}

const day = 86_400_000;

/** Whether a process that still runs is writing there. One of another machine cannot be asked: it has a day. */
function beingWritten(features: string, key: string): boolean {
  const [, writer, where] = /\.part-(\d+)(?:-([0-9a-f]{8})-)?/.exec(key) ?? [];
  if (writer === undefined) return false;
  if (where !== undefined && where !== host) {
    const folder = path.join(features, key);
    const times = [folder, ...names(folder).map((name) => path.join(folder, name))].map(
      (one) => statSync(one, { throwIfNoEntry: false })?.mtimeMs ?? 0,
    );
    return Date.now() - Math.max(...times) < day;
  }
  try {
    process.kill(Number(writer), 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === "EPERM";
  }
}

function folders(folder: string): string[] {
  try {
    return readdirSync(folder, { withFileTypes: true })
      .filter((one) => one.isDirectory())
      .map((one) => one.name);
  } catch {
    return [];
  }
}

function names(folder: string): string[] {
  try {
    return readdirSync(folder);
  } catch {
    return [];
  }
}
