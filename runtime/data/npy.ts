/** NumPy's .npy: the header, read and written, and the element types that are understood. */

/** How one element is stored. */
export type ElementType = "u8" | "i8" | "u16" | "i16" | "i32" | "u32" | "i64" | "f16" | "f32" | "f64";

export const elementBytes: Readonly<Record<ElementType, number>> = {
  u8: 1,
  i8: 1,
  u16: 2,
  i16: 2,
  f16: 2,
  i32: 4,
  u32: 4,
  f32: 4,
  i64: 8,
  f64: 8,
};

const descriptions: Readonly<Record<string, ElementType>> = {
  b1: "u8",
  u1: "u8",
  i1: "i8",
  u2: "u16",
  i2: "i16",
  u4: "u32",
  i4: "i32",
  i8: "i64",
  f2: "f16",
  f4: "f32",
  f8: "f64",
};

export interface NpyHeader {
  readonly type: ElementType;
  readonly bigEndian: boolean;
  readonly shape: readonly number[];
  /** Where the elements begin. */
  readonly offset: number;
}

/**
 * Reads a header from the first bytes of a file. Shapes are whole numbers; whether they are true is for the caller.
 * @throws Error with the reason, for the message
 */
export function readNpyHeader(bytes: Buffer): NpyHeader {
  if (bytes.length < 12 || bytes.toString("latin1", 0, 6) !== "\x93NUMPY") throw new Error("it is not an .npy file");
  const wide = bytes[6]! >= 2;
  const length = wide ? bytes.readUInt32LE(8) : bytes.readUInt16LE(8);
  const start = wide ? 12 : 10;
  const text = bytes.toString("latin1", start, start + Math.min(length, mostHeader));
  const descr = /'descr':\s*'([<>|=])([A-Za-z]\d*)'/.exec(text);
  if (descr?.[2]?.[0] === "O") throw new Error("it holds Python objects (pickle), which are not read");
  const shape = /'shape':\s*\(([^)]*)\)/.exec(text)?.[1];
  const type = descr === null ? undefined : descriptions[descr[2]!];
  if (descr === null || type === undefined || shape === undefined) throw new Error("its elements are not numbers");
  if (/'fortran_order':\s*True/.test(text)) throw new Error("it is in Fortran order");
  const sizes = shape
    .split(",")
    .map((one) => one.trim())
    .filter((one) => one !== "")
    .map((one) => (/^\d+L?$/.test(one) ? Number.parseInt(one, 10) : Number.NaN));
  if (!sizes.every((one) => one <= Number.MAX_SAFE_INTEGER)) throw new Error(`its shape is (${shape.slice(0, 60)})`);
  return { type, bigEndian: descr[1] === ">", shape: sizes, offset: start + length };
}

// NumPy's own limit is 10,000 signs unless the file is trusted.
const mostHeader = 65_536;

/** The header of a little-endian array, version 1.0. */
export function npyHeader(type: "u8" | "f32" | "i32" | "i16", shape: readonly number[]): Buffer {
  const descr = { u8: "|u1", f32: "<f4", i32: "<i4", i16: "<i2" }[type];
  const sizes = shape.length === 1 ? `${shape[0]},` : shape.join(", ");
  const text = `{'descr': '${descr}', 'fortran_order': False, 'shape': (${sizes}), }`;
  const padded = `${text.padEnd(Math.ceil((10 + text.length + 1) / 64) * 64 - 10 - 1)}\n`;
  const header = Buffer.alloc(10 + padded.length);
  header.write("\x93NUMPY", 0, "latin1");
  header[6] = 1;
  header.writeUInt16LE(padded.length, 8);
  header.write(padded, 10, "latin1");
  return header;
}

/** Elements of stored bytes as numbers. */
export function decodeElements(bytes: Buffer, type: ElementType, bigEndian: boolean): Uint8Array | Float32Array {
  if (type === "u8") return new Uint8Array(bytes.buffer, bytes.byteOffset, bytes.length);
  const size = elementBytes[type];
  const count = Math.floor(bytes.length / size);
  const out = new Float32Array(count);
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  const little = !bigEndian;
  const read: Record<Exclude<ElementType, "u8">, (at: number) => number> = {
    i8: (at) => view.getInt8(at),
    u16: (at) => view.getUint16(at, little),
    i16: (at) => view.getInt16(at, little),
    f16: (at) => half(view.getUint16(at, little)),
    u32: (at) => view.getUint32(at, little),
    i32: (at) => view.getInt32(at, little),
    f32: (at) => view.getFloat32(at, little),
    i64: (at) => Number(view.getBigInt64(at, little)),
    f64: (at) => view.getFloat64(at, little),
  };
  const one = read[type];
  for (let i = 0; i < count; i++) out[i] = one(i * size);
  return out;
}

function half(bits: number): number {
  const sign = bits & 0x8000 ? -1 : 1;
  const exponent = (bits >> 10) & 0x1f;
  const fraction = bits & 0x3ff;
  if (exponent === 0) return sign * fraction * 2 ** -24;
  if (exponent === 31) return fraction === 0 ? sign * Number.POSITIVE_INFINITY : Number.NaN;
  return sign * (1 + fraction / 1024) * 2 ** (exponent - 15);
}
