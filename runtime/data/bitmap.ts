/** Two plain picture formats that sharp's binaries leave out: BMP (uncompressed) and PNM (binary PGM and PPM); a GIF's first frame. */

import { cutOff, TooLarge } from "./reasons.ts";

export interface Bitmap {
  readonly width: number;
  readonly height: number;
  /** 1 or 3. */
  readonly channels: number;
  readonly pixels: Uint8Array;
}

/**
 * Decodes a bitmap.
 * @returns undefined where the bytes are neither
 * @throws TooLarge over `most` pixels, or Error with the reason
 */
export function readBitmap(bytes: Buffer, most: number): Bitmap | undefined {
  const mark = bytes.toString("latin1", 0, 2);
  if (mark === "BM" && bytes.length >= 54) return readBmp(bytes, most);
  if (mark === "P5" || mark === "P6") return readPnm(bytes, most);
  return undefined;
}

function checkSize(width: number, height: number, most: number): void {
  if (width < 1 || height < 1) throw new Error("it has no pixels");
  if (width * height > most) throw new TooLarge(`${most.toLocaleString("en-US")} pixels`);
}

function readBmp(bytes: Buffer, most: number): Bitmap {
  const offset = bytes.readUInt32LE(10);
  const headerSize = bytes.readUInt32LE(14);
  const width = bytes.readInt32LE(18);
  const rows = bytes.readInt32LE(22);
  const bits = bytes.readUInt16LE(28);
  const compression = bytes.readUInt32LE(30);
  const height = Math.abs(rows);
  checkSize(width, height, most);
  if (
    headerSize < 40 ||
    (compression !== 0 && !(compression === 3 && bits === 32)) ||
    ![1, 4, 8, 24, 32].includes(bits)
  ) {
    throw new Error("a BMP of a kind that is not read here");
  }
  const line = Math.ceil((width * bits) / 32) * 4;
  if (offset + line * height > bytes.length) throw cutOff(bytes.length);
  const palette = 14 + headerSize;
  const pixels = new Uint8Array(width * height * 3);
  for (let y = 0; y < height; y++) {
    // Rows are stored from below, unless their number is negative.
    const start = offset + (rows > 0 ? height - 1 - y : y) * line;
    for (let x = 0; x < width; x++) {
      let from = start + (x * bits) / 8;
      if (bits <= 8) {
        const perByte = 8 / bits;
        const byte = bytes[start + Math.floor(x / perByte)]!;
        const index = (byte >> (8 - bits * ((x % perByte) + 1))) & ((1 << bits) - 1);
        from = palette + 4 * index;
      }
      // Blue, green, red.
      for (let c = 0; c < 3; c++) pixels[(y * width + x) * 3 + c] = bytes[from + 2 - c]!;
    }
  }
  return { width, height, channels: 3, pixels };
}

function readPnm(bytes: Buffer, most: number): Bitmap {
  const channels = bytes[1] === 0x36 ? 3 : 1;
  const header = /^P[56]\s+(?:#[^\n]*\n\s*)*(\d+)\s+(?:#[^\n]*\n\s*)*(\d+)\s+(?:#[^\n]*\n\s*)*(\d+)\s/.exec(
    bytes.toString("latin1", 0, Math.min(bytes.length, 4096)),
  );
  if (header === null) throw new Error("its header is not whole");
  const [width, height, white] = [Number(header[1]), Number(header[2]), Number(header[3])];
  if (white < 1 || white > 65535) throw new Error(`its header says that white is ${header[3]!.slice(0, 20)}`);
  checkSize(width, height, most);
  const wide = white > 255;
  const count = width * height * channels;
  const start = header[0].length;
  if (start + count * (wide ? 2 : 1) > bytes.length) throw cutOff(bytes.length);
  const pixels = new Uint8Array(count);
  for (let i = 0; i < count; i++) {
    const value = wide ? bytes.readUInt16BE(start + 2 * i) : bytes[start + i]!;
    pixels[i] = white === 255 ? value : Math.round((value * 255) / white);
  }
  return { width, height, channels, pixels };
}

/** A GIF that ends after its first frame; anything else as it is. */
export function firstFrame(bytes: Buffer): Buffer {
  if (bytes.toString("latin1", 0, 4) !== "GIF8") return bytes;
  const table = (flags: number): number => ((flags & 0x80) === 0 ? 0 : 3 * 2 ** ((flags & 7) + 1));
  let at = 13 + table(bytes[10] ?? 0);
  const skipBlocks = (): void => {
    while ((bytes[at] ?? 0) !== 0) at += 1 + bytes[at]!;
    at++;
  };
  while (at < bytes.length) {
    const kind = bytes[at];
    if (kind === 0x21) {
      at += 2;
      skipBlocks();
    } else if (kind === 0x2c) {
      at += 10 + table(bytes[at + 9] ?? 0) + 1;
      skipBlocks();
      return at < bytes.length ? Buffer.concat([bytes.subarray(0, at), Buffer.of(0x3b)]) : bytes;
    } else return bytes;
  }
  return bytes;
}
