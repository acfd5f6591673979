/**
 * What the first bytes of a file say it is, whatever its name says: for messages ("a WAV" where a picture is expected), and
 * to keep what is no sound away from ffmpeg. Guesses nothing from text that could be anything.
 */
import { isUtf8 } from "node:buffer";

const ascii = (bytes: Uint8Array, at: number, text: string): boolean => {
  if (bytes.length < at + text.length) return false;
  for (let i = 0; i < text.length; i++) if (bytes[at + i] !== text.charCodeAt(i)) return false;
  return true;
};

/** Marks at the start of a file; the first that fits. */
const marks: readonly (readonly [mark: string, what: string])[] = [
  ["\x89PNG", "a PNG"],
  ["\xff\xd8\xff", "a JPEG"],
  ["GIF8", "a GIF"],
  ["II*\0", "a TIFF"],
  ["MM\0*", "a TIFF"],
  ["II+\0", "a TIFF"],
  ["MM\0+", "a TIFF"],
  ["8BPS", "a Photoshop picture"],
  ["fLaC", "a FLAC"],
  ["OggS", "an Ogg file"],
  ["ID3", "an MP3"],
  ["caff", "a CAF"],
  [".snd", "an AU sound"],
  ["#!AMR", "an AMR"],
  ["\x1aE\xdf\xa3", "a Matroska file"],
  ["FLV\x01", "an FLV"],
  ["%PDF", "a PDF"],
  ["PK\x03\x04", "a ZIP archive"],
  ["PK\x05\x06", "a ZIP archive"],
  ["\x1f\x8b", "gzip data"],
  ["BZh", "bzip2 data"],
  ["\xfd7zXZ", "xz data"],
  ["7z\xbc\xaf", "a 7z archive"],
  ["Rar!", "a RAR archive"],
  ["\x28\xb5\x2f\xfd", "zstd data"],
  ["\x93NUMPY", "an .npy array"],
  ["\x89HDF", "an HDF5 file"],
  ["PAR1", "a Parquet table"],
  ["SQLite format 3", "an SQLite database"],
  ["\x7fELF", "a program"],
];

/** What a file is, with its article ("a PNG"); undefined where its first bytes do not say. */
export function contentOf(head: Uint8Array): string | undefined {
  for (const [mark, what] of marks) if (ascii(head, 0, mark)) return what;
  if (ascii(head, 0, "RIFF") || ascii(head, 0, "RF64")) {
    if (ascii(head, 8, "WAVE")) return "a WAV";
    if (ascii(head, 8, "WEBP")) return "a WebP picture";
    if (ascii(head, 8, "AVI ")) return "an AVI";
  }
  if (ascii(head, 0, "FORM") && ascii(head, 8, "AIF")) return "an AIFF";
  if (ascii(head, 4, "ftyp")) {
    if (ascii(head, 8, "avif") || ascii(head, 8, "avis")) return "an AVIF picture";
    if (ascii(head, 8, "heic") || ascii(head, 8, "mif1")) return "a HEIF picture";
    return "an MP4";
  }
  if (ascii(head, 257, "ustar")) return "a tar archive";
  // Bitmaps: two letters alone say little, the rest of the header has to fit.
  if (ascii(head, 0, "BM") && head.length >= 54 && head[6] === 0 && head[7] === 0) return "a BMP";
  return textOf(head);
}

/** Text that stands where a medium should: a pointer, a page of a server, a spec of another tool. */
function textOf(head: Uint8Array): string | undefined {
  const start = Buffer.from(head.buffer, head.byteOffset, Math.min(head.length, 512));
  let end = start.length;
  // The last character may be cut.
  while (end > 0 && start.length - end < 4 && !isUtf8(start.subarray(0, end))) end--;
  const part = start.subarray(0, end);
  if (end === 0 || !isUtf8(part) || part.includes(0)) return undefined;
  const text = part
    .toString("utf8")
    .replace(/^\uFEFF/, "")
    .trimStart();
  if (text.startsWith("version https://git-lfs")) return "a Git LFS pointer";
  if (/^<!doctype html|^<html/i.test(text)) return "an HTML page";
  if (/^<svg|^<\?xml[\s\S]*<svg/i.test(text)) return "an SVG";
  if (/^<\?xml/.test(text)) return "XML";
  if (/^[{[]\s*["{[\d\]}]/.test(text)) return "JSON";
  if (/^#EXTM3U/.test(text)) return "a playlist";
  if (/^ffconcat/.test(text)) return "a playlist";
  // Control signs other than white space do not stand in text.
  if (/[\x00-\x08\x0e-\x1f]/.test(text)) return undefined;
  return "text";
}

/** What a file is instead of what it should be ("a WAV"); plain text could be anything, so it is just `not`. */
export function insteadOf(not: string, head: Uint8Array): string {
  const what = contentOf(head);
  return what === undefined || what === "text" ? not : what;
}

const pictures = new Set([
  "a PNG",
  "a JPEG",
  "a GIF",
  "a TIFF",
  "a WebP picture",
  "an AVIF picture",
  "a HEIF picture",
  "a BMP",
]);

/** Whether the first bytes may be those of a picture. A drawing (SVG) is none: what it shows, and for how long, is a program. */
export function mayBePicture(head: Uint8Array): boolean {
  const what = contentOf(head);
  return what === undefined || pictures.has(what);
}

/** Whether the first bytes are surely those of a picture that is read here. */
export function isPicture(head: Uint8Array): boolean {
  const what = contentOf(head);
  return (what !== undefined && pictures.has(what)) || ascii(head, 0, "P5") || ascii(head, 0, "P6");
}

/** Pixels that a header speaks of, where that is quickly found. For a first guess: the decoder has its own limit. */
export function pixelsOf(bytes: Buffer): number | undefined {
  const what = contentOf(bytes);
  if (what === "a PNG" && bytes.length >= 24) return bytes.readUInt32BE(16) * bytes.readUInt32BE(20);
  if (what === "a GIF" && bytes.length >= 10) return bytes.readUInt16LE(6) * bytes.readUInt16LE(8);
  if (what !== "a JPEG") return undefined;
  for (let at = 2; at + 9 < bytes.length && bytes[at] === 0xff; at += 2 + bytes.readUInt16BE(at + 2)) {
    const marker = bytes[at + 1]!;
    // Start of frame: all of C0 to CF but tables (C4, CC) and what is reserved (C8).
    if (marker >= 0xc0 && marker <= 0xcf && ![0xc4, 0xc8, 0xcc].includes(marker))
      return bytes.readUInt16BE(at + 5) * bytes.readUInt16BE(at + 7);
  }
  return undefined;
}

/** Whether a picture's end is there, where its format has an end that can be told; undefined where it has none. */
export function endsWhole(bytes: Uint8Array): boolean | undefined {
  const what = contentOf(bytes);
  const { length } = bytes;
  if (what === "a PNG") return ascii(bytes, length - 8, "IEND");
  if (what === "a GIF") return bytes[length - 1] === 0x3b;
  // Some cameras write behind the end.
  if (what === "a JPEG")
    return Buffer.from(bytes.buffer, bytes.byteOffset, length).lastIndexOf("\xff\xd9", undefined, "latin1") > 0;
  if (what === "a WebP picture") return 8 + new DataView(bytes.buffer, bytes.byteOffset).getUint32(4, true) <= length;
  return undefined;
}

const sounds = new Set([
  "a WAV",
  "a FLAC",
  "an Ogg file",
  "an MP3",
  "a CAF",
  "an AU sound",
  "an AMR",
  "a Matroska file",
  "an FLV",
  "an AVI",
  "an AIFF",
  "an MP4",
]);

/** Whether the first bytes may be those of sound, or of a video. */
export function mayBeSound(head: Uint8Array): boolean {
  const what = contentOf(head);
  return what === undefined || sounds.has(what);
}
