/**
 * Media in a tar archive, packed or not: indexed once, read by position, never unpacked to the paths it names. A packed one
 * is unpacked as one file, into memory or the cache, and no further than its own directory goes.
 */
import { createReadStream, fstatSync, readSync, statSync } from "node:fs";
import { type FileHandle, open } from "node:fs/promises";
import path from "node:path";
import { createGunzip } from "node:zlib";
import { beginEntry, cacheKey, findEntry } from "./cache.ts";
import type { Found, MediaRoot } from "./media.ts";
import { folded } from "./media-folder.ts";
import { type OpenBytes, stampOf, wholeOf } from "./open-file.ts";
import { FileChanged, mostUnpacked, TooLarge } from "./reasons.ts";
import { indexTar, printable, safeName, type TarIndex } from "./tar.ts";

const mostAtOnce = 1 << 20;
// An archive this small stays in memory; a larger one is unpacked, as one file, into the cache.
const mostInMemory = 64_000_000;
// Over 1 GB only what a packer makes of real files: a bomb is a thousand times its size.
const mostRatio = 100;

/** Where an archive's bytes are, once it is open. */
interface Unpacked {
  readonly index: TarIndex;
  read(offset: number, length: number): Promise<Buffer>;
  /** @throws FileChanged */
  check(): void;
  close(): Promise<void>;
}

/**
 * Opens an archive.
 * @throws TooLarge, or Error with the reason
 */
export async function archiveRoot(shown: string, absolute: string, cacheDir: string): Promise<MediaRoot> {
  const stamp = `${absolute}|${stampOf(statSync(absolute, { bigint: true })).text}`;
  let unpacked: Unpacked;
  if (/\.(tar\.gz|tgz)$/i.test(absolute))
    unpacked = (await unpackSmall(absolute)) ?? (await unpackLarge(absolute, cacheDir, cacheKey("archive", stamp)));
  else if (/\.tar$/i.test(absolute)) unpacked = await openPlain(shown, absolute);
  else throw new Error(`${path.extname(absolute) || "a file without an ending"} is not an archive format here`);
  if (unpacked.index.members.size + unpacked.index.refused.size === 0) {
    await unpacked.close();
    throw new Error("it holds no files");
  }
  return membersOf(shown, absolute, stamp, unpacked);
}

async function openPlain(shown: string, absolute: string): Promise<Unpacked> {
  const handle = await open(absolute);
  try {
    const before = stampOf(await handle.stat({ bigint: true }));
    return {
      ...readable(handle),
      index: await indexTar(readable(handle).read, before.size),
      check() {
        if (stampOf(fstatSync(handle.fd, { bigint: true })).now !== before.now) throw new FileChanged(shown, "changed");
      },
    };
  } catch (error) {
    await handle.close();
    throw error;
  }
}

function readable(handle: FileHandle): Omit<Unpacked, "index"> {
  return {
    async read(offset, length) {
      const part = Buffer.allocUnsafe(length);
      let done = 0;
      while (done < length) {
        // A header or a small file is read faster than it is handed to another thread.
        const bytesRead =
          length <= mostAtOnce
            ? readSync(handle.fd, part, done, length - done, offset + done)
            : (await handle.read(part, done, length - done, offset + done)).bytesRead;
        if (bytesRead === 0) break;
        done += bytesRead;
      }
      return part.subarray(0, done);
    },
    check: () => {},
    close: () => handle.close(),
  };
}

/** The bytes of a gzip file as they are unpacked. */
async function* unzipped(file: string): AsyncGenerator<Buffer> {
  const source = createReadStream(file);
  const stream = source.pipe(createGunzip());
  source.on("error", (error) => stream.destroy(error));
  try {
    for await (const chunk of stream) yield chunk as Buffer;
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code?.startsWith("Z_") === true) throw new Error("it is not whole gzip data");
    throw error;
  } finally {
    source.destroy();
    stream.destroy();
  }
}

async function unpackSmall(file: string): Promise<Unpacked | undefined> {
  const chunks: Buffer[] = [];
  let length = 0;
  for await (const chunk of unzipped(file)) {
    length += chunk.length;
    if (length > mostInMemory) return undefined;
    chunks.push(chunk);
  }
  const whole = Buffer.concat(chunks);
  const read = async (offset: number, size: number): Promise<Buffer> => whole.subarray(offset, offset + size);
  return { index: await indexTar(read, whole.length), read, check: () => {}, close: async () => {} };
}

async function unpackLarge(file: string, cacheDir: string, key: string): Promise<Unpacked> {
  const known = findEntry(cacheDir, key);
  if (known !== undefined) {
    const handle = await open(path.join(known.folder, "archive.tar")).catch(() => undefined);
    try {
      if (handle !== undefined)
        return { ...readable(handle), index: await indexTar(readable(handle).read, (await handle.stat()).size) };
    } catch {
      await handle?.close(); // damaged: unpacked anew
    }
  }
  const writing = beginEntry(cacheDir, key);
  const handle = await open(path.join(writing.folder, "archive.tar"), "w+");
  try {
    const index = await unpackInto(handle, file, statSync(file).size);
    writing.finish({ kind: "archive", created: new Date().toISOString(), items: index.members.size });
    return { ...readable(handle), index };
  } catch (error) {
    await handle.close();
    writing.drop();
    throw error;
  }
}

/** Unpacks and indexes at the same time, so that what is no archive, or goes on after its end, is not unpacked. */
async function unpackInto(handle: FileHandle, file: string, packed: number): Promise<TarIndex> {
  let written = 0;
  let ended = false;
  let wake: () => void = () => {};
  const more = (): Promise<void> =>
    new Promise((resolve) => {
      wake = resolve;
    });
  const { read } = readable(handle);
  const indexing = indexTar(async (offset, length) => {
    while (written < offset + length && !ended) await more();
    return read(offset, length);
  }, Number.POSITIVE_INFINITY).finally(() => {
    ended = true;
  });
  // Whoever waits for it first hears of a failure; it is no unhandled one meanwhile.
  indexing.catch(() => {});
  try {
    for await (const chunk of unzipped(file)) {
      if (ended) break;
      for (let at = 0; at < chunk.length; ) {
        const { bytesWritten } = await handle.write(chunk, at, chunk.length - at, written);
        at += bytesWritten;
        written += bytesWritten;
      }
      if (written > mostUnpacked && written > packed * mostRatio) throw new TooLarge("1 GB");
      wake();
    }
  } finally {
    ended = true;
    wake();
  }
  const index = await indexing;
  for (const { offset, size } of index.members.values()) if (offset + size > written) throw new Error("it is cut off");
  return index;
}

function membersOf(shown: string, absolute: string, stamp: string, unpacked: Unpacked): MediaRoot {
  const { index } = unpacked;
  let others: Map<string, string> | undefined;
  const find = (name: string, again: boolean): Found => {
    const safe = safeName(name);
    const said = `${shown}/${printable(name)}`;
    const refused = index.refused.get(safe ?? name) ?? index.refused.get(name);
    if (safe === undefined || safe === "" || refused !== undefined)
      return { found: "outside", shown: said, folder: shown, ...(refused === true ? { link: true as const } : {}) };
    const member = index.members.get(safe);
    if (member === undefined) {
      const kind = index.others.get(safe);
      if (kind !== undefined) return { found: "missing", shown: said, why: `it is ${kind}` };
      others ??= new Map([...index.members.keys()].map((key) => [folded(key), key]));
      const other = others.get(folded(safe));
      // Unicode writes some letters in two ways; they are the same name.
      if (again && other !== undefined && other.normalize("NFC") === safe.normalize("NFC")) return find(other, false);
      const why = other === undefined ? {} : { why: `there is ${printable(other)}` };
      return { found: "missing", shown: said, ...why };
    }
    const open = async (): Promise<OpenBytes> => ({
      size: member.size,
      async read(offset, length) {
        const wanted = Math.max(0, Math.min(length, member.size - offset));
        const bytes = await unpacked.read(member.offset + offset, wanted);
        if (bytes.length < wanted) throw new FileChanged(shown, "changed");
        return bytes;
      },
      check: () => unpacked.check(),
      close: () => {},
    });
    return {
      found: "file",
      shown: said,
      name: safe,
      size: member.size,
      identity: `${stamp}|${safe}`,
      root: absolute,
      open,
      check: () => unpacked.check(),
      read: () => wholeOf(open),
    };
  };
  return { shown, find: (name) => find(name, true), close: () => unpacked.close() };
}
