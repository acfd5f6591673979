/**
 * Items of one shape, by number: in memory while they are few, in an .npy file read by position otherwise, so that memory
 * is bounded by the batch and not by the data.
 */
import { closeSync, openSync, writeSync } from "node:fs";
import { type FileHandle, open, rm } from "node:fs/promises";
import path from "node:path";
import { npyHeader, readNpyHeader } from "./npy.ts";
import { problem } from "./problems.ts";

export type StoreType = "u8" | "f32" | "i32";
export type StoreArray = Uint8Array | Float32Array | Int32Array;

/** Stores up to this many bytes are kept in memory. */
export const mostInMemory = 256_000_000;

const bytesOf: Readonly<Record<StoreType, number>> = { u8: 1, f32: 4, i32: 4 };

export interface Store {
  readonly type: StoreType;
  readonly items: number;
  /** Shape of one item. */
  readonly shape: readonly number[];
  /** Items by number, as views that are good until the next call. Resolved at once where all is in memory. */
  gather(indices: ArrayLike<number>): Promise<(position: number) => StoreArray>;
  close(): Promise<void>;
}

export interface StoreWriter {
  /** Items may come in any order; one that never comes is zeros. */
  write(index: number, values: StoreArray): void;
  finish(): Promise<Store>;
  /** Forgets what was written; nothing after `finish`. */
  drop(): void;
}

const product = (shape: readonly number[]): number => shape.reduce((all, n) => all * n, 1);

function view(type: StoreType, buffer: ArrayBufferLike, offset: number, count: number): StoreArray {
  if (type === "u8") return new Uint8Array(buffer, offset, count);
  return type === "f32" ? new Float32Array(buffer, offset, count) : new Int32Array(buffer, offset, count);
}

/** A store in memory, or, where it is large, in a file of its own that goes with it. `aside` makes the name of that file. */
export function createStore(
  type: StoreType,
  items: number,
  shape: readonly number[],
  aside: () => string,
  most = mostInMemory,
): StoreWriter {
  const size = product(shape);
  const bytes = items * size * bytesOf[type];
  if (bytes > most) {
    const file = aside();
    const writer = createStoreFile(file, type, items, shape);
    return {
      ...writer,
      async finish() {
        const store = await writer.finish();
        return {
          ...store,
          async close() {
            await store.close();
            await rm(path.dirname(file), { recursive: true, force: true });
          },
        };
      },
    };
  }
  const all = view(type, new ArrayBuffer(bytes), 0, items * size);
  return {
    write: (index, values) => all.set(values, index * size),
    finish: async () => memoryStore(type, items, shape, all),
    drop: () => {},
  };
}

function memoryStore(type: StoreType, items: number, shape: readonly number[], all: StoreArray): Store {
  const size = product(shape);
  return {
    type,
    items,
    shape,
    gather: async (indices) => (position) => all.subarray(indices[position]! * size, (indices[position]! + 1) * size),
    close: async () => {},
  };
}

/** Writes a store as an .npy file. */
export function createStoreFile(file: string, type: StoreType, items: number, shape: readonly number[]): StoreWriter {
  const header = npyHeader(type, [items, ...shape]);
  const itemBytes = product(shape) * bytesOf[type];
  const fd = openSync(file, "w");
  let opened = true;
  const end = (): void => {
    if (opened) closeSync(fd);
    opened = false;
  };
  writeSync(fd, header, 0, header.length, 0);
  // Sparse to the end, so that the file has its full size even where the last items are zeros.
  if (items * itemBytes > 0) writeSync(fd, new Uint8Array(1), 0, 1, header.length + items * itemBytes - 1);
  return {
    write(index, values) {
      const bytes = new Uint8Array(values.buffer, values.byteOffset, values.byteLength);
      let written = 0;
      while (written < bytes.length) {
        written += writeSync(fd, bytes, written, bytes.length - written, header.length + index * itemBytes + written);
      }
    },
    async finish() {
      end();
      return openStore(file);
    },
    drop: end,
  };
}

/** Opens a store that was written as a file; a small one is read into memory. */
export async function openStore(file: string, most = mostInMemory): Promise<Store> {
  const handle = await open(file);
  try {
    const head = Buffer.alloc(4096);
    const { bytesRead } = await handle.read(head, 0, head.length, 0);
    const header = readNpyHeader(head.subarray(0, bytesRead));
    const type = header.type as StoreType;
    const [items = 0, ...shape] = header.shape;
    const itemBytes = product(shape) * bytesOf[type];
    if (itemBytes === undefined || (await handle.stat()).size !== header.offset + items * itemBytes)
      throw new Error("its size is not what its header says");
    if (items * itemBytes <= most) {
      const buffer = new ArrayBuffer(items * itemBytes);
      await readFully(handle, file, new Uint8Array(buffer), header.offset);
      await handle.close();
      return memoryStore(type, items, shape, view(type, buffer, 0, items * product(shape)));
    }
    return fileStore(handle, file, type, items, shape, header.offset, itemBytes);
  } catch (error) {
    await handle.close().catch(() => {});
    throw error;
  }
}

function fileStore(
  handle: FileHandle,
  file: string,
  type: StoreType,
  items: number,
  shape: readonly number[],
  offset: number,
  itemBytes: number,
): Store {
  const size = product(shape);
  return {
    type,
    items,
    shape,
    async gather(indices) {
      const buffer = new ArrayBuffer(indices.length * itemBytes);
      // Neighbours in the file are read together.
      for (let i = 0; i < indices.length; ) {
        let j = i + 1;
        while (j < indices.length && indices[j] === indices[j - 1]! + 1) j++;
        await readFully(
          handle,
          file,
          new Uint8Array(buffer, i * itemBytes, (j - i) * itemBytes),
          offset + indices[i]! * itemBytes,
        );
        i = j;
      }
      return (position) => view(type, buffer, position * itemBytes, size);
    },
    close: () => handle.close(),
  };
}

/** Whether a store holds what is expected of it: one that another process left may be another. */
export function holds(store: Store, items: number, shape: readonly number[]): boolean {
  return store.items === items && store.shape.join() === shape.join();
}

/** @throws DataError file-changed where the file has become shorter since it was opened: somebody meddled with the cache */
async function readFully(handle: FileHandle, file: string, into: Uint8Array, position: number): Promise<void> {
  let done = 0;
  while (done < into.length) {
    const { bytesRead } = await handle.read(into, done, Math.min(into.length - done, 1 << 30), position + done);
    if (bytesRead === 0) throw problem("file-changed", { statement: "data" }, { path: file, how: "changed" });
    done += bytesRead;
  }
}
