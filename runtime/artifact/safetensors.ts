/**
 * The safetensors format (huggingface/safetensors): eight bytes of header length, a JSON header, the numbers. F32 only.
 * In memory, and array by array to and from files of any size. Knows nothing of models: names, shapes and values in, the
 * same out.
 */
import { type FileHandle, open } from "node:fs/promises";

export interface NamedArray {
  readonly name: string;
  readonly shape: readonly number[];
  readonly data: Float32Array;
}

/** An array whose numbers are fetched when it is their turn. */
export interface LazyArray {
  readonly name: string;
  readonly shape: readonly number[];
  read(): Float32Array | Promise<Float32Array>;
}

type Metadata = { readonly [key: string]: string };

/** Bytes of a file with these arrays, in this order; `metadata` are strings by the format's rule. */
export function encodeSafetensors(arrays: readonly NamedArray[], metadata: Metadata = {}): Uint8Array {
  const { head, size } = encodeHead(arrays, metadata);
  const bytes = new Uint8Array(head.length + size);
  bytes.set(head);
  let at = head.length;
  for (const array of arrays) {
    bytes.set(bytesOf(array, array.data), at);
    at += array.data.byteLength;
  }
  return bytes;
}

/** How many bytes a file with these arrays has. */
export function safetensorsSize(arrays: readonly Pick<LazyArray, "name" | "shape">[], metadata: Metadata = {}): number {
  const { head, size } = encodeHead(arrays, metadata);
  return head.length + size;
}

/** Writes the same file array by array, so that no second copy of all numbers is in memory. */
export async function writeSafetensors(
  file: FileHandle,
  arrays: readonly LazyArray[],
  metadata: Metadata = {},
): Promise<void> {
  await file.appendFile(encodeHead(arrays, metadata).head);
  for (const array of arrays) await file.appendFile(bytesOf(array, await array.read()));
}

/** The length, the header, and spaces up to a multiple of eight, so that readers can map the numbers in place. */
function encodeHead(
  arrays: readonly Pick<LazyArray, "name" | "shape">[],
  metadata: Metadata,
): { head: Uint8Array; size: number } {
  const header: { [name: string]: unknown } = { __metadata__: metadata };
  let size = 0;
  for (const { name, shape } of arrays) {
    if (name === "__metadata__" || Object.hasOwn(header, name)) throw new RangeError(`Two weights are called ${name}.`);
    const end = size + sizeOf(shape) * 4;
    header[name] = { dtype: "F32", shape, data_offsets: [size, end] };
    size = end;
  }
  const text = new TextEncoder().encode(JSON.stringify(header));
  const length = Math.ceil(text.length / 8) * 8;
  const head = new Uint8Array(8 + length).fill(0x20);
  new DataView(head.buffer).setBigUint64(0, BigInt(length), true);
  head.set(text, 8);
  return { head, size };
}

function bytesOf({ name, shape }: Pick<LazyArray, "name" | "shape">, data: Float32Array): Uint8Array {
  if (sizeOf(shape) !== data.length)
    throw new RangeError(`${name} has ${data.length} numbers for the shape ${shape.join("x")}.`);
  return littleEndianBytes(data);
}

const sizeOf = (shape: readonly number[]): number => shape.reduce((product, n) => product * n, 1);

/** @throws RangeError whose message says what is wrong with the bytes, without a full stop */
export function decodeSafetensors(bytes: Uint8Array): { arrays: NamedArray[]; metadata: { [key: string]: string } } {
  const start = 8 + headerLength(bytes, bytes.length);
  const { entries, metadata } = readHeader(bytes.subarray(8, start), bytes.length - start);
  const arrays = entries.map(({ name, shape, from, to }) => ({
    name,
    shape,
    data: floats(bytes.slice(start + from, start + to)),
  }));
  return { arrays, metadata };
}

/** A file whose header was read; its arrays are read one by one. */
export interface SafetensorsFile {
  readonly metadata: { readonly [key: string]: string };
  readonly arrays: readonly LazyArray[];
  close(): Promise<void>;
}

/** @throws RangeError as {@link decodeSafetensors}; what opening a file throws */
export async function openSafetensors(file: string): Promise<SafetensorsFile> {
  const handle = await open(file);
  const read = async (from: number, length: number): Promise<Uint8Array> => {
    const bytes = new Uint8Array(length);
    for (let done = 0; done < length; ) {
      const { bytesRead } = await handle.read(bytes, done, Math.min(length - done, 1 << 30), from + done);
      if (bytesRead === 0) throw new RangeError("is cut off");
      done += bytesRead;
    }
    return bytes;
  };
  try {
    const { size } = await handle.stat();
    const start = 8 + headerLength(await read(0, Math.min(8, size)), size);
    const { entries, metadata } = readHeader(await read(8, start - 8), size - start);
    const arrays = entries.map(({ name, shape, from, to }) => ({
      name,
      shape,
      read: async () => floats(await read(start + from, to - from)),
    }));
    return { metadata, arrays, close: () => handle.close() };
  } catch (error) {
    await handle.close();
    throw error;
  }
}

function headerLength(bytes: Uint8Array, size: number): number {
  if (size < 8) throw new RangeError("is cut off");
  const length = Number(new DataView(bytes.buffer, bytes.byteOffset, 8).getBigUint64(0, true));
  if (length > 100_000_000) throw new RangeError("is no safetensors file");
  if (8 + length > size) throw new RangeError("is cut off");
  return length;
}

interface Place {
  readonly name: string;
  readonly shape: readonly number[];
  readonly from: number;
  readonly to: number;
}

/** @param size bytes behind the header */
function readHeader(bytes: Uint8Array, size: number): { entries: Place[]; metadata: { [key: string]: string } } {
  const header = parseHeader(new TextDecoder().decode(bytes));
  const entries: Place[] = [];
  let metadata: { [key: string]: string } = {};
  for (const [name, entry] of Object.entries(header)) {
    if (name === "__metadata__") {
      metadata = entry as unknown as { [key: string]: string };
      continue;
    }
    const [from, to] = entry.data_offsets;
    if (entry.dtype !== "F32") throw new RangeError(`has ${name} as ${entry.dtype}, which is not F32`);
    if (!(to - from === sizeOf(entry.shape) * 4 && from >= 0))
      throw new RangeError(`has another size for ${name} than its shape`);
    if (to > size) throw new RangeError("is cut off");
    entries.push({ name, shape: entry.shape, from, to });
  }
  return { entries, metadata };
}

interface Entry {
  readonly dtype: string;
  readonly shape: readonly number[];
  readonly data_offsets: readonly [number, number];
}

function parseHeader(text: string): { [name: string]: Entry } {
  let header: unknown;
  try {
    header = JSON.parse(text);
  } catch {
    throw new RangeError("is no safetensors file");
  }
  const valid =
    typeof header === "object" &&
    header !== null &&
    Object.entries(header).every(([name, e]) => name === "__metadata__" || isEntry(e));
  if (!valid) throw new RangeError("is no safetensors file");
  return header as { [name: string]: Entry };
}

function isEntry(value: unknown): value is Entry {
  const entry = value as Partial<Entry> | null;
  return (
    typeof entry?.dtype === "string" &&
    Array.isArray(entry.shape) &&
    Array.isArray(entry.data_offsets) &&
    entry.data_offsets.length === 2
  );
}

const littleEndian = new Uint8Array(new Uint16Array([1]).buffer)[0] === 1;

function littleEndianBytes(data: Float32Array): Uint8Array {
  const bytes = new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
  return littleEndian ? bytes : swapped(bytes);
}

function floats(bytes: Uint8Array): Float32Array {
  const own = littleEndian ? bytes : swapped(bytes);
  return new Float32Array(own.buffer, own.byteOffset, own.byteLength / 4);
}

function swapped(bytes: Uint8Array): Uint8Array {
  const copy = bytes.slice();
  for (let i = 0; i < copy.length; i += 4) copy.subarray(i, i + 4).reverse();
  return copy;
}
