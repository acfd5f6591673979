/**
 * Files that hold many items as one array: .npy and IDX (MNIST's format), each also as .gz. A header is believed only as
 * far as the file goes, and what is packed is unpacked only as far as its header says.
 */
import { Readable } from "node:stream";
import { createGunzip } from "node:zlib";
import type { FoundFile } from "./media.ts";
import { decodeElements, type ElementType, elementBytes, readNpyHeader } from "./npy.ts";
import type { OpenBytes } from "./open-file.ts";
import { mostUnpacked, promises, TooLarge } from "./reasons.ts";
import { insteadOf } from "./signature.ts";

/** An array whose first axis counts items. */
export interface ArrayFile {
  readonly items: number;
  /** Shape of one item. */
  readonly shape: readonly number[];
  readonly type: ElementType;
  /** One item's numbers, row-major; bytes stay bytes. */
  item(index: number): Promise<Uint8Array | Float32Array>;
  /** All numbers. @throws TooLarge over 1 GB */
  all(): Promise<Uint8Array | Float32Array>;
  /** Whether no element is infinite or NaN, read in blocks. */
  finite(): Promise<boolean>;
  close(): void;
}

const headBytes = 1 << 16;
const blockBytes = 1 << 22;

export function isArrayFile(name: string): boolean {
  return /(\.npy|[.-]idx\d?-?\w*|-idx\d-ubyte)(\.gz)?$/i.test(name);
}

/**
 * Opens an array.
 * @throws TooLarge for what would unpack to over 1 GB, FileChanged, or Error with the reason
 */
export async function openArray(file: FoundFile): Promise<ArrayFile> {
  if (file.size === 0) throw new Error("empty");
  const bytes = await file.open();
  if (!/\.gz$/i.test(file.name)) {
    try {
      return arrayOf(layoutOf(await bytes.read(0, headBytes), bytes.size), bytes);
    } catch (error) {
      bytes.close();
      throw error;
    }
  }
  try {
    const { layout, unpacked } = await unpack(bytes);
    bytes.check();
    return arrayOf(layout, unpacked);
  } finally {
    bytes.close();
  }
}

function arrayOf(layout: Layout, bytes: OpenBytes): ArrayFile {
  const { items, shape, type, bigEndian, offset, itemBytes } = layout;
  const numbers = async (start: number, length: number): Promise<Uint8Array | Float32Array> => {
    const part = await bytes.read(offset + start, length);
    bytes.check();
    return decodeElements(part, type, bigEndian);
  };
  return {
    items,
    shape,
    type,
    item: (index) => numbers(index * itemBytes, itemBytes),
    async all() {
      if (items * itemBytes > mostUnpacked) throw new TooLarge("1 GB");
      return numbers(0, items * itemBytes);
    },
    async finite() {
      if (!["f16", "f32", "f64"].includes(type)) return true;
      for (let at = 0; at < items * itemBytes; at += blockBytes)
        if (!allFinite(await numbers(at, Math.min(blockBytes, items * itemBytes - at)))) return false;
      return true;
    },
    close: () => bytes.close(),
  };
}

/** Whether none is infinite or NaN. */
export function allFinite(values: ArrayLike<number>): boolean {
  // Times zero, a finite number is zero and any other is NaN.
  let sum = 0;
  for (let i = 0; i < values.length; i++) sum += values[i]! * 0;
  return sum === 0;
}

/** Unpacks what the header promises, in blocks, so that a lying header takes no memory. */
async function unpack(packed: OpenBytes): Promise<{ layout: Layout; unpacked: OpenBytes }> {
  async function* blocks(): AsyncGenerator<Buffer> {
    for (let at = 0; at < packed.size; at += 1 << 20) yield await packed.read(at, 1 << 20);
  }
  const chunks: Buffer[] = [];
  let size = 0;
  let layout: Layout | undefined;
  let promised = Number.POSITIVE_INFINITY;
  const source = Readable.from(blocks());
  const stream = source.pipe(createGunzip());
  source.on("error", (error) => stream.destroy(error));
  const head = (): Layout => layoutOf(Buffer.concat(chunks), Number.POSITIVE_INFINITY);
  try {
    for await (const chunk of stream) {
      chunks.push(chunk as Buffer);
      size += (chunk as Buffer).length;
      if (layout === undefined && size >= headBytes) {
        layout = head();
        promised = layout.offset + layout.items * layout.itemBytes;
        if (promised > mostUnpacked) throw new TooLarge("1 GB");
      }
      if (size > promised) break;
    }
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code?.startsWith("Z_") === true) throw new Error("it is not whole gzip data");
    throw error;
  } finally {
    source.destroy();
    stream.destroy();
  }
  if (size === 0) throw new Error("empty");
  layout ??= head();
  promised = layout.offset + layout.items * layout.itemBytes;
  if (promised > size) throw promised > mostUnpacked ? new TooLarge("1 GB") : promises(promised, size);
  return { layout, unpacked: inChunks(chunks, size) };
}

/** Bytes that lie in pieces, as they came: putting them together would take them twice. */
function inChunks(chunks: readonly Buffer[], size: number): OpenBytes {
  const starts: number[] = [];
  let total = 0;
  for (const chunk of chunks) {
    starts.push(total);
    total += chunk.length;
  }
  const chunkAt = (offset: number): number => {
    let low = 0;
    let high = starts.length - 1;
    while (low < high) {
      const middle = (low + high + 1) >> 1;
      if (starts[middle]! <= offset) low = middle;
      else high = middle - 1;
    }
    return low;
  };
  return {
    size,
    check: () => {},
    close: () => {},
    async read(offset, length) {
      const wanted = Math.max(0, Math.min(length, size - offset));
      const out = Buffer.allocUnsafe(wanted);
      let done = 0;
      for (let c = chunkAt(offset); done < wanted; c++) {
        const from = offset + done - starts[c]!;
        done += chunks[c]!.copy(out, done, from, Math.min(chunks[c]!.length, from + wanted - done));
      }
      return out;
    },
  };
}

interface Layout {
  readonly items: number;
  readonly shape: readonly number[];
  readonly type: ElementType;
  readonly bigEndian: boolean;
  readonly offset: number;
  readonly itemBytes: number;
}

function layoutOf(head: Buffer, size: number): Layout {
  const { type, bigEndian, shape, offset } = head[0] === 0x93 ? readNpyHeader(head) : readIdxHeader(head);
  const [items, ...rest] = shape;
  if (items === undefined) throw new Error("it holds one number, no array");
  const itemBytes = rest.reduce((product, n) => product * n, 1) * elementBytes[type];
  const promised = offset + items * itemBytes;
  // A product of absurd sizes may be infinite, or infinity times zero.
  if (!(promised <= size)) throw promises(Number.isNaN(promised) ? Number.MAX_VALUE : promised, size);
  return { items, shape: rest, type, bigEndian, offset, itemBytes };
}

function readIdxHeader(bytes: Buffer): { type: ElementType; bigEndian: boolean; shape: number[]; offset: number } {
  const types: Readonly<Record<number, ElementType>> = { 8: "u8", 9: "i8", 11: "i16", 12: "i32", 13: "f32", 14: "f64" };
  const type = types[bytes[2] ?? 0];
  const rank = bytes[3] ?? 0;
  if (
    bytes.length < 4 ||
    bytes[0] !== 0 ||
    bytes[1] !== 0 ||
    type === undefined ||
    rank === 0 ||
    bytes.length < 4 + 4 * rank
  ) {
    throw new Error(insteadOf("it is neither .npy nor IDX", bytes));
  }
  const shape = Array.from({ length: rank }, (_, i) => bytes.readUInt32BE(4 + 4 * i));
  return { type, bigEndian: true, shape, offset: 4 + 4 * rank };
}
