/** Files as an attacker, a broken disk or a careless program would write them: every number in their headers can be chosen. */
import { crc32, deflateSync } from "node:zlib";

/** A PNG of one bit a pixel whose header says what it likes. */
export function png(
  width: number,
  height: number,
  pixels = Buffer.alloc(Math.ceil(width / 8) * height + height),
): Buffer {
  const header = Buffer.alloc(13);
  header.writeUInt32BE(width, 0);
  header.writeUInt32BE(height, 4);
  header[8] = 1;
  const chunk = (type: string, data: Buffer): Buffer => {
    const out = Buffer.alloc(12 + data.length);
    out.writeUInt32BE(data.length, 0);
    out.write(type, 4, "latin1");
    data.copy(out, 8);
    out.writeUInt32BE(crc32(out.subarray(4, 8 + data.length)), 8 + data.length);
    return out;
  };
  const mark = Buffer.from("\x89PNG\r\n\x1a\n", "latin1");
  return Buffer.concat([
    mark,
    chunk("IHDR", header),
    chunk("IDAT", deflateSync(pixels)),
    chunk("IEND", Buffer.alloc(0)),
  ]);
}

export interface WavParts {
  readonly mark?: string;
  /** The size of the file that the header says. */
  readonly riff?: number;
  /** The size of the samples that the header says. */
  readonly length?: number;
  readonly data?: Buffer;
  readonly rate?: number;
  readonly channels?: number;
  readonly bits?: number;
  readonly code?: number;
  /** Between the mark and the format. */
  readonly before?: Buffer;
  readonly after?: Buffer;
}

export function wavOf(parts: WavParts = {}): Buffer {
  const { data = Buffer.alloc(16_000), rate = 8000, channels = 1, bits = 16, code = 1 } = parts;
  const { before = Buffer.alloc(0), after = Buffer.alloc(0) } = parts;
  const head = Buffer.alloc(12);
  head.write(parts.mark ?? "RIFF", 0);
  head.writeUInt32LE(parts.riff ?? 36 + before.length + data.length + after.length, 4);
  head.write("WAVE", 8);
  const format = Buffer.alloc(16);
  format.writeUInt16LE(code, 0);
  format.writeUInt16LE(channels, 2);
  format.writeUInt32LE(rate, 4);
  format.writeUInt16LE(bits, 14);
  const samples = chunkOf("data", data);
  samples.writeUInt32LE(parts.length ?? data.length, 4);
  return Buffer.concat([head, before, chunkOf("fmt ", format), samples, after]);
}

export function chunkOf(id: string, data: Buffer): Buffer {
  const head = Buffer.alloc(8);
  head.write(id, 0);
  head.writeUInt32LE(data.length, 4);
  return Buffer.concat([head, data, Buffer.alloc(data.length % 2)]);
}

export interface Member {
  readonly name: string;
  readonly data?: Buffer;
  /** One letter; a file without it. */
  readonly type?: string;
  /** The twelve bytes of the size, instead of the true ones. */
  readonly size?: string | Buffer;
  readonly link?: string;
}

/** A tar archive of members whose headers say what they like. `open`: without the blocks at its end. */
export function tarOf(members: readonly Member[], open = false): Buffer {
  const blocks: Buffer[] = [];
  for (const { name, data = Buffer.alloc(0), type = "0", size, link = "" } of members) {
    const head = Buffer.alloc(512);
    head.write(name, 0, 100, "utf8");
    head.write("0000644\0", 100);
    const written = size ?? `${data.length.toString(8).padStart(11, "0")}\0`;
    if (typeof written === "string") head.write(written, 124, 12, "latin1");
    else written.copy(head, 124);
    head.write("        ", 148);
    head.write(type, 156);
    head.write(link, 157, 100);
    head.write("ustar\x0000", 257);
    const sum = head.reduce((all, byte) => all + byte, 0);
    head.write(`${sum.toString(8).padStart(6, "0")}\0 `, 148);
    blocks.push(head, data, Buffer.alloc((512 - (data.length % 512)) % 512));
  }
  if (!open) blocks.push(Buffer.alloc(1024));
  return Buffer.concat(blocks);
}

/** A record of a pax header: its own length stands in front. */
export function paxRecord(key: string, value: string): string {
  const rest = ` ${key}=${value}\n`;
  const bytes = Buffer.byteLength(rest);
  let length = bytes + 1;
  while (String(length).length + bytes !== length) length = String(length).length + bytes;
  return `${length}${rest}`;
}

/** An .npy file with a header of one's own. */
export function npyOf(descr: string, shape: string, data: Buffer, order = "False"): Buffer {
  const text = `{'descr': ${descr}, 'fortran_order': ${order}, 'shape': ${shape}, }`;
  const padded = `${text.padEnd(Math.ceil((10 + text.length + 1) / 64) * 64 - 11)}\n`;
  const head = Buffer.alloc(10);
  head.write("\x93NUMPY", 0, "latin1");
  head[6] = 1;
  head.writeUInt16LE(padded.length, 8);
  return Buffer.concat([head, Buffer.from(padded, "latin1"), data]);
}
