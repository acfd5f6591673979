/**
 * Pictures in four inks: which files have them, and their pixels as Pillow turns them into red, green and blue, without a
 * profile (Pillow, src/libImaging/Convert.c). Knows no decoder.
 */

/** Whether the bytes are a JPEG of four components: what begins its frame says so. */
export function hasFourInks(bytes: Buffer): boolean {
  if (bytes.length < 4 || bytes.readUInt16BE(0) !== 0xffd8) return false;
  for (let at = 2; at + 10 <= bytes.length && bytes[at] === 0xff; ) {
    const marker = bytes[at + 1]!;
    // C4, C8 and CC are tables; the others of the row begin a frame.
    if (marker >= 0xc0 && marker <= 0xcf && ![0xc4, 0xc8, 0xcc].includes(marker)) return bytes[at + 9] === 4;
    at += 2 + bytes.readUInt16BE(at + 2);
  }
  return false;
}

/** Cyan, magenta, yellow and black, 0 for none, as red, green and blue. */
export function inksToRgb(inks: Uint8Array): Uint8Array {
  const count = inks.length / 4;
  const out = new Uint8Array(count * 3);
  for (let i = 0; i < count; i++) {
    const left = 255 - inks[i * 4 + 3]!;
    for (let c = 0; c < 3; c++) {
      const product = inks[i * 4 + c]! * left + 128;
      out[i * 3 + c] = Math.max(0, left - (((product >> 8) + product) >> 8));
    }
  }
  return out;
}
