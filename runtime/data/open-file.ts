/**
 * Reading a file that was found a while ago: only if it is still that file before and after, never one that does not end
 * (a pipe, a device), never more than fits. Knows no tables and no formats.
 */
import { type BigIntStats, closeSync, constants, fstatSync, openSync, read, readSync, statSync } from "node:fs";
import { promisify } from "node:util";
import { FileChanged, mostUnpacked, TooLarge } from "./reasons.ts";

/** Bytes by position. */
export interface BytesAt {
  readonly size: number;
  /** Less than `length` bytes at the end. */
  read(offset: number, length: number): Promise<Buffer>;
}

/** Bytes that stay open until they are closed. */
export interface OpenBytes extends BytesAt {
  /** @throws FileChanged where they are no longer what was found */
  check(): void;
  close(): void;
}

/** What tells a file from what it was before. A copy of the same size and time has another change time. */
export interface Stamp {
  readonly size: number;
  /** For the cache; without the file's number, which some file systems make up anew each time. */
  readonly text: string;
  /** While one process runs; with the number, because clocks of file systems tick slowly. */
  readonly now: string;
}

export function stampOf(stat: BigIntStats): Stamp {
  const text = `${stat.size}|${stat.mtimeNs}|${stat.ctimeNs}`;
  return { size: Number(stat.size), text, now: `${text}|${stat.ino}` };
}

const readAsync = promisify(read);
// A small read is faster than handing it to another thread.
const mostAtOnce = 1 << 20;
// Opening a pipe would otherwise wait for a writer that never comes; Windows has no such flag.
const readOnly = constants.O_RDONLY | (constants.O_NONBLOCK ?? 0);

/** @throws FileChanged where it is not the file of `stamp` any more */
export function checkPath(absolute: string, shown: string, stamp: Stamp): void {
  const stat = statSync(absolute, { bigint: true, throwIfNoEntry: false });
  if (stat === undefined) throw new FileChanged(shown, "vanished");
  if (!stat.isFile() || stampOf(stat).now !== stamp.now) throw new FileChanged(shown, "changed");
}

/**
 * Opens a file that was found.
 * @throws FileChanged, or the system's error
 */
export function openFound(absolute: string, shown: string, stamp: Stamp): OpenBytes {
  let fd: number;
  try {
    fd = openSync(absolute, readOnly);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") throw new FileChanged(shown, "vanished");
    throw error;
  }
  const check = (): void => {
    const stat = fstatSync(fd, { bigint: true });
    if (!stat.isFile() || stampOf(stat).now !== stamp.now) throw new FileChanged(shown, "changed");
  };
  try {
    check();
  } catch (error) {
    closeSync(fd);
    throw error;
  }
  let opened = true;
  return {
    size: stamp.size,
    async read(offset, length) {
      const wanted = Math.max(0, Math.min(length, stamp.size - offset));
      const bytes = Buffer.allocUnsafe(wanted);
      let done = 0;
      while (done < wanted) {
        const n =
          wanted <= mostAtOnce
            ? readSync(fd, bytes, done, wanted - done, offset + done)
            : (await readAsync(fd, bytes, done, Math.min(wanted - done, 1 << 28), offset + done)).bytesRead;
        if (n === 0) throw new FileChanged(shown, "changed");
        done += n;
      }
      return bytes;
    },
    check,
    close() {
      if (opened) closeSync(fd);
      opened = false;
    },
  };
}

/** Runs `use` on open bytes, makes sure that they were the same all the time, and closes them. */
export async function visitBytes<T>(bytes: OpenBytes, use: (bytes: BytesAt) => Promise<T>): Promise<T> {
  try {
    const result = await use(bytes);
    bytes.check();
    return result;
  } finally {
    bytes.close();
  }
}

/**
 * All bytes of what `open` opens.
 * @throws TooLarge over 1 GB, FileChanged
 */
export async function wholeOf(open: () => OpenBytes | Promise<OpenBytes>): Promise<Buffer> {
  return visitBytes(await open(), (bytes) => {
    if (bytes.size > mostUnpacked) throw new TooLarge("1 GB");
    return bytes.read(0, bytes.size);
  });
}

/** Bytes in memory. */
export function bytesIn(buffer: Buffer): OpenBytes {
  return {
    size: buffer.length,
    read: async (offset, length) => buffer.subarray(offset, offset + length),
    check: () => {},
    close: () => {},
  };
}
