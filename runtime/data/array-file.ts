/** Files that hold many items as one array: .npy and IDX (MNIST's format), each also as .gz. */
import { open } from "node:fs/promises";
import { promisify } from "node:util";
import { gunzip } from "node:zlib";
import { decodeElements, type ElementType, elementBytes, readNpyHeader } from "./npy.ts";

const unzip = promisify(gunzip);

/** An array whose first axis counts items. */
export interface ArrayFile {
  readonly items: number;
  /** Shape of one item. */
  readonly shape: readonly number[];
  readonly type: ElementType;
  /** One item's numbers, row-major; bytes stay bytes. */
  item(index: number): Promise<Uint8Array | Float32Array>;
  close(): Promise<void>;
}

/** What one file may unpack to. */
export const mostUnpacked = 1_000_000_000;

export function isArrayFile(name: string): boolean {
  return /(\.npy|[.-]idx\d?-?\w*|-idx\d-ubyte)(\.gz)?$/i.test(name);
}

/**
 * Opens an array.
 * @param source a path, or the bytes of an archive's member
 * @throws Error with the reason, for the message; `code` is `too-large` for what would unpack to over 1 GB
 */
export async function openArray(name: string, source: string | Buffer): Promise<ArrayFile> {
  if (typeof source === "string" && !/\.gz$/i.test(name)) {
    const handle = await open(source);
    try {
      const { size } = await handle.stat();
      const head = Buffer.alloc(Math.min(size, 1 << 16));
      await handle.read(head, 0, head.length, 0);
      const layout = layoutOf(head, size);
      return {
        ...layout,
        async item(index) {
          const bytes = Buffer.alloc(layout.itemBytes);
          await handle.read(bytes, 0, layout.itemBytes, layout.offset + index * layout.itemBytes);
          return decodeElements(bytes, layout.type, layout.bigEndian);
        },
        close: () => handle.close(),
      };
    } catch (error) {
      await handle.close();
      throw error;
    }
  }
  let bytes: Buffer;
  if (typeof source === "string") {
    const handle = await open(source);
    bytes = await handle.readFile().finally(() => handle.close());
  } else bytes = source;
  if (/\.gz$/i.test(name)) {
    try {
      bytes = await unzip(bytes, { maxOutputLength: mostUnpacked });
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === "ERR_BUFFER_TOO_LARGE") {
        throw Object.assign(new Error("it would unpack to more than 1 GB"), { code: "too-large" });
      }
      throw new Error("it is not whole gzip data");
    }
  }
  const layout = layoutOf(bytes, bytes.length);
  return {
    ...layout,
    async item(index) {
      const start = layout.offset + index * layout.itemBytes;
      return decodeElements(bytes.subarray(start, start + layout.itemBytes), layout.type, layout.bigEndian);
    },
    close: async () => {},
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
  const [items = 0, ...rest] = shape;
  const itemBytes = rest.reduce((product, n) => product * n, 1) * elementBytes[type];
  const promised = offset + items * itemBytes;
  if (promised > size) {
    const number = (n: number): string => n.toLocaleString("en-US");
    throw new Error(`its header promises ${number(promised)} bytes, it has ${number(size)}`);
  }
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
    throw new Error("it is neither .npy nor IDX");
  }
  const shape = Array.from({ length: rank }, (_, i) => bytes.readUInt32BE(4 + 4 * i));
  return { type, bigEndian: true, shape, offset: 4 + 4 * rank };
}
