/**
 * The safetensors format (huggingface/safetensors): eight bytes of header length, a JSON header, the numbers. F32 only.
 * Knows nothing of models: names, shapes and values in, the same out.
 */

export interface NamedArray {
  readonly name: string;
  readonly shape: readonly number[];
  readonly data: Float32Array;
}

/** Bytes of a file with these arrays, in this order; `metadata` are strings by the format's rule. */
export function encodeSafetensors(
  arrays: readonly NamedArray[],
  metadata: { readonly [key: string]: string } = {},
): Uint8Array {
  const header: { [name: string]: unknown } = { __metadata__: metadata };
  let size = 0;
  for (const { name, shape, data } of arrays) {
    if (name === "__metadata__" || Object.hasOwn(header, name)) throw new RangeError(`Two weights are called ${name}.`);
    const values = shape.reduce((product, n) => product * n, 1);
    if (values !== data.length)
      throw new RangeError(`${name} has ${data.length} numbers for the shape ${shape.join("x")}.`);
    header[name] = { dtype: "F32", shape, data_offsets: [size, size + data.byteLength] };
    size += data.byteLength;
  }
  const text = new TextEncoder().encode(JSON.stringify(header));
  // Spaces up to a multiple of eight, so that readers can map the numbers in place.
  const length = Math.ceil(text.length / 8) * 8;
  const bytes = new Uint8Array(8 + length + size);
  new DataView(bytes.buffer).setBigUint64(0, BigInt(length), true);
  bytes.fill(0x20, 8, 8 + length);
  bytes.set(text, 8);
  let at = 8 + length;
  for (const { data } of arrays) {
    bytes.set(littleEndianBytes(data), at);
    at += data.byteLength;
  }
  return bytes;
}

/** @throws RangeError whose message says what is wrong with the bytes, without a full stop */
export function decodeSafetensors(bytes: Uint8Array): { arrays: NamedArray[]; metadata: { [key: string]: string } } {
  if (bytes.length < 8) throw new RangeError("is cut off");
  const length = Number(new DataView(bytes.buffer, bytes.byteOffset, 8).getBigUint64(0, true));
  if (length > 100_000_000) throw new RangeError("is no safetensors file");
  if (8 + length > bytes.length) throw new RangeError("is cut off");
  const header = parseHeader(new TextDecoder().decode(bytes.subarray(8, 8 + length)));
  const start = 8 + length;
  const arrays: NamedArray[] = [];
  let metadata: { [key: string]: string } = {};
  for (const [name, entry] of Object.entries(header)) {
    if (name === "__metadata__") {
      metadata = entry as unknown as { [key: string]: string };
      continue;
    }
    const [from, to] = entry.data_offsets;
    const values = entry.shape.reduce((product, n) => product * n, 1);
    if (entry.dtype !== "F32") throw new RangeError(`has ${name} as ${entry.dtype}, which is not F32`);
    if (to - from !== values * 4 || from < 0) throw new RangeError(`has another size for ${name} than its shape`);
    if (start + to > bytes.length) throw new RangeError("is cut off");
    arrays.push({ name, shape: entry.shape, data: floats(bytes.slice(start + from, start + to)) });
  }
  return { arrays, metadata };
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
