/**
 * Where media files are: folders and tar archives, looked through in order. Finds a file by the name a table gives it,
 * refuses names that lead outside, and reads it. Archives are indexed and never unpacked to paths.
 */
import { createReadStream, lstatSync, readdirSync, readFileSync, realpathSync, statSync } from "node:fs";
import { mkdir, open, rename, rm } from "node:fs/promises";
import path from "node:path";
import { pipeline } from "node:stream/promises";
import { createGunzip } from "node:zlib";
import type { MediaPlan, PartName } from "../../plan/plan.ts";
import { cacheKey } from "./cache.ts";
import { problem } from "./problems.ts";
import { nearFile } from "./source.ts";
import { indexTar, safeName, type TarIndex } from "./tar.ts";

/** A file that is there. */
export interface FoundFile {
  readonly found: "file";
  /** As the user would type it. */
  readonly shown: string;
  readonly name: string;
  readonly size: number;
  /** Changes with the content: part of the cache's key. */
  readonly identity: string;
  /** A path for those that read from disk themselves. */
  readonly absolute?: string;
  read(): Promise<Buffer>;
}

export type Found =
  | FoundFile
  | { readonly found: "missing"; readonly shown: string; readonly why?: string }
  | { readonly found: "outside"; readonly shown: string; readonly folder: string };

export interface Media {
  /** Looks a name up. `part` picks the list where media are given by part. */
  find(name: string, part?: PartName): Found;
  close(): Promise<void>;
}

interface Place {
  readonly shown: string;
  find(name: string): Found;
  close?(): Promise<void>;
}

/**
 * Opens the media of a plan.
 * @param folder where they are without a plan (the folder of the table), already absolute
 * @throws DataError source-missing, table-unreadable (an archive that is none), file-too-large
 */
export async function openMedia(
  plan: MediaPlan | undefined,
  base: string,
  folder: string,
  cacheDir: string,
): Promise<Media> {
  const opened = new Map<string, Promise<Place>>();
  const place = (shown: string): Promise<Place> => {
    const known = opened.get(shown) ?? openPlace(shown, path.resolve(base, shown), base, cacheDir);
    opened.set(shown, known);
    return known;
  };
  const byPart = new Map<PartName | "", Place[]>();
  if (plan === undefined) byPart.set("", [folderPlace(path.relative(base, folder) || ".", folder)]);
  else if ("files" in plan) {
    for (const part of ["train", "validation", "test"] as const) {
      const list = plan.files[part];
      if (list !== undefined) byPart.set(part, await Promise.all(list.map(place)));
    }
  } else byPart.set("", await Promise.all(plan.map(place)));
  const all = [...new Set([...byPart.values()].flat())];
  return {
    find(name, part) {
      const places = byPart.get(part ?? "") ?? byPart.get("") ?? all;
      let missing: Found | undefined;
      for (const one of places) {
        const found = one.find(name);
        if (found.found !== "missing") return found;
        if (missing === undefined || (missing.found === "missing" && missing.why === undefined)) missing = found;
      }
      return missing ?? { found: "missing", shown: name };
    },
    async close() {
      for (const one of all) await one.close?.();
    },
  };
}

async function openPlace(shown: string, absolute: string, base: string, cacheDir: string): Promise<Place> {
  const about = { statement: "data", property: "media" } as const;
  const stat = statSync(absolute, { throwIfNoEntry: false });
  if (stat === undefined) {
    const near = nearFile(shown.replace(/\/+$/, ""), absolute, true);
    throw problem("source-missing", about, { path: shown, columns: false, near, base, severe: true });
  }
  if (stat.isDirectory()) return folderPlace(shown, absolute);
  try {
    return await archivePlace(shown, absolute, cacheDir);
  } catch (error) {
    if ((error as { code?: string }).code === "too-large")
      throw problem("file-too-large", about, { files: 1, most: "1 GB" }, []);
    const why = error instanceof Error ? error.message : String(error);
    const plain = /header check|unexpected end|incorrect/.test(why) ? "it is not whole gzip data" : why;
    throw problem("file-unreadable", about, { files: 1, kind: "an archive" }, [
      { table: shown, row: 0, path: shown, why: plain },
    ]);
  }
}

function folderPlace(shown: string, absolute: string): Place {
  const root = realpathSync(absolute);
  const inside = (real: string): boolean =>
    real === root || real.startsWith(root.endsWith(path.sep) ? root : root + path.sep);
  const folders = new Map<string, boolean>();
  const listed = new Map<string, string[]>();
  const join = (name: string): string => (shown === "." ? name : `${shown.replace(/\/+$/, "")}/${name}`);
  return {
    shown,
    find(name) {
      const safe = safeName(name);
      const outside: Found = { found: "outside", shown: name, folder: shown };
      if (safe === undefined || safe === "") return outside;
      const file = path.join(absolute, safe);
      const stat = lstatSync(file, { throwIfNoEntry: false });
      if (stat === undefined) return { found: "missing", shown: join(safe), ...hint(file, listed) };
      // A link anywhere on the way may lead out; folders are looked at once.
      const folder = path.dirname(file);
      let good = folders.get(folder);
      if (good === undefined) {
        good = inside(realpathSync(folder));
        folders.set(folder, good);
      }
      let target = stat;
      if (good && stat.isSymbolicLink()) {
        let real: string;
        try {
          real = realpathSync(file);
        } catch {
          return { found: "missing", shown: join(safe), why: "a link to nothing" };
        }
        good = inside(real);
        target = statSync(file);
      }
      if (!good) return outside;
      if (!target.isFile()) return { found: "missing", shown: join(safe), why: "it is a folder" };
      return {
        found: "file",
        shown: join(safe),
        name: safe,
        size: target.size,
        identity: `${file}|${target.size}|${target.mtimeMs}`,
        absolute: file,
        read: async () => readFileSync(file),
      };
    },
  };
}

/** "there is ACME.PNG": a name that differs in case only. */
function hint(file: string, listed: Map<string, string[]>): { why?: string } {
  const folder = path.dirname(file);
  let names = listed.get(folder);
  if (names === undefined) {
    try {
      names = readdirSync(folder);
    } catch {
      names = [];
    }
    listed.set(folder, names);
  }
  const wanted = path.basename(file).normalize("NFC").toLowerCase();
  const other = names.find((name) => name.normalize("NFC").toLowerCase() === wanted);
  return other === undefined ? {} : { why: `there is ${other}` };
}

// An archive this small stays in memory; a larger one is unpacked, as one file, into the cache.
const mostInMemory = 128_000_000;
const mostRatio = 100;

async function archivePlace(shown: string, absolute: string, cacheDir: string): Promise<Place> {
  const stat = statSync(absolute);
  const stamp = `${absolute}|${stat.size}|${stat.mtimeMs}`;
  let bytes: Buffer | undefined;
  let file: string | undefined;
  if (/\.(tar\.gz|tgz)$/i.test(absolute)) {
    const unpacked = await unpackSmall(absolute, mostInMemory);
    if (unpacked !== undefined) bytes = unpacked;
    else file = await unpackLarge(absolute, stat.size, path.join(cacheDir, "features", cacheKey("archive", stamp)));
  } else if (/\.tar$/i.test(absolute)) file = absolute;
  else throw new Error(`${path.extname(absolute) || "a file without an ending"} is not an archive format here`);

  if (bytes !== undefined) {
    const whole = bytes;
    const read = async (offset: number, length: number): Promise<Buffer> => whole.subarray(offset, offset + length);
    return membersPlace(shown, stamp, await indexTar(read, whole.length), read);
  }
  const handle = await open(file!);
  const { size } = await handle.stat();
  const read = async (offset: number, length: number): Promise<Buffer> => {
    const part = Buffer.alloc(length);
    await handle.read(part, 0, length, offset);
    return part;
  };
  try {
    const place = membersPlace(shown, stamp, await indexTar(read, size), read);
    return { ...place, close: () => handle.close() };
  } catch (error) {
    await handle.close();
    throw error;
  }
}

async function unpackSmall(file: string, most: number): Promise<Buffer | undefined> {
  const source = createReadStream(file);
  const stream = source.pipe(createGunzip());
  source.on("error", (error) => stream.destroy(error));
  const chunks: Buffer[] = [];
  let length = 0;
  for await (const chunk of stream) {
    length += (chunk as Buffer).length;
    if (length > most) {
      source.destroy();
      return undefined;
    }
    chunks.push(chunk as Buffer);
  }
  return Buffer.concat(chunks);
}

async function unpackLarge(file: string, packed: number, folder: string): Promise<string> {
  const target = path.join(folder, "archive.tar");
  if (statSync(path.join(folder, "index.json"), { throwIfNoEntry: false }) !== undefined) return target;
  await mkdir(folder, { recursive: true });
  const aside = `${target}.part-${process.pid}`;
  let length = 0;
  const out = await open(aside, "w");
  try {
    await pipeline(
      createReadStream(file),
      createGunzip(),
      async function* (source) {
        for await (const chunk of source) {
          length += (chunk as Buffer).length;
          if (length > 1e9 && length > packed * mostRatio)
            throw Object.assign(new Error("too large"), { code: "too-large" });
          yield chunk;
        }
      },
      out.createWriteStream(),
    );
    await rename(aside, target);
    const about = await open(path.join(folder, "index.json"), "w");
    await about.writeFile(`${JSON.stringify({ kind: "archive", created: new Date().toISOString(), items: 1 })}\n`);
    await about.close();
    return target;
  } catch (error) {
    await rm(aside, { force: true });
    throw error;
  }
}

function membersPlace(
  shown: string,
  stamp: string,
  index: TarIndex,
  read: (offset: number, length: number) => Promise<Buffer>,
): Place {
  let folded: Map<string, string> | undefined;
  return {
    shown,
    find(name) {
      const safe = safeName(name);
      if (safe === undefined || safe === "" || index.refused.has(safe) || index.refused.has(name)) {
        return { found: "outside", shown: `${shown}/${name}`, folder: shown };
      }
      const member = index.members.get(safe);
      if (member === undefined) {
        folded ??= new Map([...index.members.keys()].map((key) => [key.toLowerCase(), key]));
        const other = folded.get(safe.toLowerCase());
        return {
          found: "missing",
          shown: `${shown}/${safe}`,
          ...(other === undefined ? {} : { why: `there is ${other}` }),
        };
      }
      return {
        found: "file",
        shown: `${shown}/${safe}`,
        name: safe,
        size: member.size,
        identity: `${stamp}|${safe}`,
        read: () => read(member.offset, member.size),
      };
    },
  };
}
