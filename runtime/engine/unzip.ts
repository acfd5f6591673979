/**
 * Takes single files out of a zip archive on disk, streaming, with a fixed amount of memory; reads the archive's
 * central directory, so nothing before the wanted file is unpacked. Knows zip and zip64, stored and deflated entries.
 */
import { createHash } from "node:crypto";
import { createWriteStream } from "node:fs";
import type { FileHandle } from "node:fs/promises";
import { open } from "node:fs/promises";
import { Readable, Transform } from "node:stream";
import { pipeline } from "node:stream/promises";
import { createInflateRaw } from "node:zlib";

/** One file inside an archive. */
export interface ZipEntry {
  name: string;
  method: number;
  compressedSize: number;
  size: number;
  /** Where its local header starts in the archive. */
  offset: number;
}

const END_RECORD = 0x06054b50;
const END_LOCATOR_64 = 0x07064b50;
const CENTRAL_HEADER = 0x02014b50;
const LOCAL_HEADER = 0x04034b50;
const STORED = 0;
const DEFLATED = 8;
/** The end record is 22 bytes and a comment of at most 64 KiB; the zip64 locator lies right before it. */
const TAIL_BYTES = 22 + 20 + 0xffff;

/**
 * Lists what an archive holds.
 *
 * @throws if the file has no central directory, as a download that was cut off has none
 */
export async function listZip(file: string): Promise<ZipEntry[]> {
  const handle = await open(file);
  try {
    const directory = await readCentralDirectory(handle);
    return parseCentralDirectory(directory);
  } finally {
    await handle.close();
  }
}

/**
 * Unpacks one entry to a file.
 *
 * @param onBytes told how many bytes were written since the last call
 * @returns the sha256 of what was written
 * @throws if the entry is damaged or longer or shorter than the directory says
 */
export async function unzipTo(
  file: string,
  entry: ZipEntry,
  target: string,
  onBytes?: (bytes: number) => void,
): Promise<Buffer> {
  const hash = createHash("sha256");
  let written = 0;
  const measure = new Transform({
    transform(chunk: Buffer, _encoding, done) {
      hash.update(chunk);
      written += chunk.length;
      onBytes?.(chunk.length);
      done(written > entry.size ? new Error(`${entry.name} is longer than the archive says`) : null, chunk);
    },
  });
  const handle = await open(file);
  try {
    const start = await dataOffset(handle, entry);
    const end = start + entry.compressedSize - 1;
    const source = end < start ? Readable.from([]) : handle.createReadStream({ start, end, autoClose: false });
    const sink = createWriteStream(target);
    if (entry.method === DEFLATED) await pipeline(source, createInflateRaw(), measure, sink);
    else if (entry.method === STORED) await pipeline(source, measure, sink);
    else throw new Error(`${entry.name} is packed by method ${entry.method}, which is not known here`);
  } finally {
    await handle.close();
  }
  if (written !== entry.size) throw new Error(`${entry.name} is shorter than the archive says`);
  return hash.digest();
}

async function readCentralDirectory(handle: FileHandle): Promise<Buffer> {
  const { size } = await handle.stat();
  const tail = await readAt(handle, Math.max(0, size - TAIL_BYTES), Math.min(size, TAIL_BYTES));
  const end = tail.lastIndexOf(Buffer.from([0x50, 0x4b, 0x05, 0x06]));
  if (end < 0 || tail.length - end < 22 || tail.readUInt32LE(end) !== END_RECORD)
    throw new Error("the archive has no end; it is not complete");
  const [length, offset] = await directoryPlace(handle, tail, end);
  if (offset + length > size) throw new Error("the archive's directory lies behind its end");
  return readAt(handle, offset, length);
}

/** Length and offset of the central directory, from the zip64 record where the old one is too small. */
async function directoryPlace(
  handle: FileHandle,
  tail: Buffer,
  end: number,
): Promise<[length: number, offset: number]> {
  const length = tail.readUInt32LE(end + 12);
  const offset = tail.readUInt32LE(end + 16);
  const locator = end - 20;
  if (length !== 0xffffffff && offset !== 0xffffffff) return [length, offset];
  if (locator < 0 || tail.readUInt32LE(locator) !== END_LOCATOR_64) return [length, offset];
  const record = await readAt(handle, Number(tail.readBigUInt64LE(locator + 8)), 56);
  return [Number(record.readBigUInt64LE(40)), Number(record.readBigUInt64LE(48))];
}

function parseCentralDirectory(directory: Buffer): ZipEntry[] {
  const entries: ZipEntry[] = [];
  let at = 0;
  while (at + 46 <= directory.length && directory.readUInt32LE(at) === CENTRAL_HEADER) {
    const nameLength = directory.readUInt16LE(at + 28);
    const extraLength = directory.readUInt16LE(at + 30);
    const commentLength = directory.readUInt16LE(at + 32);
    const nameEnd = at + 46 + nameLength;
    const entry = {
      name: directory.toString("utf8", at + 46, nameEnd),
      method: directory.readUInt16LE(at + 10),
      compressedSize: directory.readUInt32LE(at + 20),
      size: directory.readUInt32LE(at + 24),
      offset: directory.readUInt32LE(at + 42),
    };
    entries.push(withZip64(entry, directory.subarray(nameEnd, nameEnd + extraLength)));
    at = nameEnd + extraLength + commentLength;
  }
  return entries;
}

/** Values that did not fit 32 bits stand in the extra field 1, in this order, only those that did not fit. */
function withZip64(entry: ZipEntry, extra: Buffer): ZipEntry {
  for (let at = 0; at + 4 <= extra.length; at += 4 + extra.readUInt16LE(at + 2)) {
    if (extra.readUInt16LE(at) !== 1) continue;
    let next = at + 4;
    const wide = (value: number): number => {
      if (value !== 0xffffffff) return value;
      next += 8;
      return Number(extra.readBigUInt64LE(next - 8));
    };
    const size = wide(entry.size);
    const compressedSize = wide(entry.compressedSize);
    return { ...entry, size, compressedSize, offset: wide(entry.offset) };
  }
  return entry;
}

/** The local header repeats name and extra field, the latter often of another length than in the directory. */
async function dataOffset(handle: FileHandle, entry: ZipEntry): Promise<number> {
  const header = await readAt(handle, entry.offset, 30);
  if (header.readUInt32LE(0) !== LOCAL_HEADER) throw new Error(`${entry.name} is not where the archive says`);
  return entry.offset + 30 + header.readUInt16LE(26) + header.readUInt16LE(28);
}

async function readAt(handle: FileHandle, position: number, length: number): Promise<Buffer> {
  const buffer = Buffer.alloc(length);
  const { bytesRead } = await handle.read(buffer, 0, length, position);
  if (bytesRead !== length) throw new Error("the archive ends too early");
  return buffer;
}
