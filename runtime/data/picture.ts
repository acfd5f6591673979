/**
 * From the bytes of a picture, or an item of an array file, to pixels of the plan's size and channels: EXIF turned, alpha
 * over white, gray by ITU-R 601, resized as Pillow does. Knows no tables and no cache.
 */
import type { ImagePlan } from "../../plan/plan.ts";
import { readBitmap } from "./bitmap.ts";
import { resizeBytes, resizeFloats, toGray } from "./image-resize.ts";
import type { MediaItem } from "./media-cells.ts";
import type { Arrays } from "./media-items.ts";

/** Over so many pixels a file is taken for a bomb. */
const mostPixels = 100_000_000;

/**
 * Decodes a picture: EXIF turned, alpha over white (kept with 4 channels), gray by ITU-R 601, resized.
 * @returns [height, width, channels] bytes
 * @throws Error with the reason; `code` is `too-large` over 100 million pixels
 */
export async function decodePicture(
  bytes: Buffer,
  plan: Pick<ImagePlan, "size" | "channels" | "resize">,
): Promise<Uint8Array> {
  const bitmap = readBitmap(bytes, mostPixels);
  if (bitmap !== undefined) return fitChannels(bitmap.pixels, bitmap.height, bitmap.width, bitmap.channels, plan);
  const sharp = await loadSharp();
  let decoded: { data: Buffer; info: { width: number; height: number; channels: number } };
  try {
    let picture = sharp(bytes, { limitInputPixels: mostPixels, failOn: "truncated" }).rotate().toColourspace("srgb");
    picture = plan.channels === 4 ? picture.ensureAlpha() : picture.flatten({ background: "#ffffff" });
    decoded = await picture.raw({ depth: "uchar" }).toBuffer({ resolveWithObject: true });
  } catch (error) {
    throw whyOf(error, bytes);
  }
  const { width, height, channels: has } = decoded.info;
  return fitChannels(
    new Uint8Array(decoded.data.buffer, decoded.data.byteOffset, decoded.data.length),
    height,
    width,
    has,
    plan,
  );
}

/** Brings pixels to the plan's channels, then to its size. */
function fitChannels(
  pixels: Uint8Array,
  height: number,
  width: number,
  has: number,
  plan: Pick<ImagePlan, "size" | "channels" | "resize">,
): Uint8Array {
  let channels = has;
  if (plan.channels === 1 && channels >= 3) {
    pixels = toGray(pixels, channels);
    channels = 1;
  } else if (plan.channels === 4 && channels === 3) {
    pixels = channelsOf(pixels, 3, 4);
    channels = 4;
  } else if (plan.channels !== 1 && channels < 3) {
    pixels = spread(pixels, channels, plan.channels);
    channels = plan.channels;
  }
  return place(pixels, height, width, channels, plan);
}

let loaded: Promise<typeof import("sharp").default> | undefined;

/** sharp, set up for many small pictures: one thread each, many at once, nothing kept. */
function loadSharp(): Promise<typeof import("sharp").default> {
  loaded ??= import("sharp").then(({ default: sharp }) => {
    sharp.concurrency(1);
    sharp.cache(false);
    return sharp;
  });
  return loaded;
}

function whyOf(error: unknown, bytes: Buffer): Error {
  const message = error instanceof Error ? error.message : String(error);
  if (/exceeds pixel limit/i.test(message))
    return Object.assign(new Error("over 100,000,000 pixels"), { code: "too-large" });
  const wave = bytes.toString("latin1", 0, 4) === "RIFF" && bytes.toString("latin1", 8, 12) === "WAVE";
  if (wave) return new Error("a WAV");
  if (/unsupported image format/i.test(message)) return new Error("not a picture");
  if (/truncat|premature|out of order|not enough|end of (file|stream)|read error|incomplete/i.test(message)) {
    return new Error(
      `cut off after ${bytes.length < 1000 ? `${bytes.length} bytes` : `${Math.round(bytes.length / 1000)} kB`}`,
    );
  }
  return new Error(message.split("\n")[0]!.trim());
}

/** One or two channels (gray, gray and alpha) as three or four. */
function spread(pixels: Uint8Array, has: number, wanted: number): Uint8Array {
  const count = pixels.length / has;
  const out = new Uint8Array(count * wanted);
  for (let i = 0; i < count; i++) {
    for (let c = 0; c < wanted; c++)
      out[i * wanted + c] = c < 3 ? pixels[i * has]! : has === 2 ? pixels[i * has + 1]! : 255;
  }
  return out;
}

/** Brings pixels to the plan's size: stretched, fitted with white around, or cropped in the middle. */
function place(
  pixels: Uint8Array,
  height: number,
  width: number,
  channels: number,
  plan: Pick<ImagePlan, "size" | "resize">,
): Uint8Array {
  const [toHeight, toWidth] = plan.size;
  if (plan.resize === "stretch") return resizeBytes(pixels, height, width, channels, toHeight, toWidth);
  if (plan.resize === "crop") {
    const scale = Math.min(width / toWidth, height / toHeight);
    const left = (width - toWidth * scale) / 2;
    const top = (height - toHeight * scale) / 2;
    return resizeBytes(pixels, height, width, channels, toHeight, toWidth, {
      left,
      top,
      right: width - left,
      bottom: height - top,
    });
  }
  const scale = Math.min(toWidth / width, toHeight / height);
  const w = Math.max(1, Math.min(toWidth, Math.round(width * scale)));
  const h = Math.max(1, Math.min(toHeight, Math.round(height * scale)));
  const small = resizeBytes(pixels, height, width, channels, h, w);
  const out = new Uint8Array(toHeight * toWidth * channels).fill(255);
  const left = (toWidth - w) >> 1;
  const top = (toHeight - h) >> 1;
  for (let y = 0; y < h; y++)
    out.set(small.subarray(y * w * channels, (y + 1) * w * channels), ((top + y) * toWidth + left) * channels);
  return out;
}

/** An item of an array file; undefined where the index is past its end. */
export async function decodeItem(
  item: MediaItem,
  plan: ImagePlan,
  arrays: Arrays,
): Promise<Uint8Array | Float32Array | undefined> {
  const array = await arrays.open(item);
  // Without an index, the file is one picture.
  const whole = item.index === undefined;
  if (!whole && item.index! >= array.items) return undefined;
  const shape = whole ? [array.items, ...array.shape] : array.shape;
  let pixels: Uint8Array | Float32Array;
  if (whole) {
    const all = await Promise.all(Array.from({ length: array.items }, (_, i) => array.item(i)));
    const size = all[0]?.length ?? 0;
    pixels = array.type === "u8" ? new Uint8Array(size * all.length) : new Float32Array(size * all.length);
    for (const [i, line] of all.entries()) pixels.set(line, i * size);
  } else pixels = await array.item(item.index!);
  if (shape.length < 2 || shape.length > 3) throw new Error(`its items are ${shape.join("x")}, not pictures`);
  const [height, width, has = 1] = shape as [number, number, number?];
  if (![1, 3, 4].includes(has)) throw new Error(`its items have ${has} channels`);
  if (pixels instanceof Uint8Array) {
    if (plan.channels === 1 && has >= 3) return place(toGray(pixels, has), height, width, 1, plan);
    if (plan.channels !== has)
      pixels = has === 1 ? spread(pixels, 1, plan.channels) : channelsOf(pixels, has, plan.channels);
    return place(pixels, height, width, plan.channels, plan);
  }
  if (plan.channels !== has) pixels = floatChannels(pixels, has, plan.channels);
  return resizeFloats(pixels, height, width, plan.channels, plan.size[0], plan.size[1]);
}

function channelsOf(pixels: Uint8Array, has: number, wanted: number): Uint8Array {
  const out = new Uint8Array((pixels.length / has) * wanted).fill(255);
  for (let i = 0; i < pixels.length / has; i++)
    for (let c = 0; c < Math.min(has, wanted); c++) out[i * wanted + c] = pixels[i * has + c]!;
  return out;
}

function floatChannels(pixels: Float32Array, has: number, wanted: number): Float32Array {
  const count = pixels.length / has;
  const out = new Float32Array(count * wanted);
  for (let i = 0; i < count; i++) {
    for (let c = 0; c < wanted; c++) {
      const at = i * has;
      if (wanted === 1) out[i] = 0.299 * pixels[at]! + 0.587 * pixels[at + 1]! + 0.114 * pixels[at + 2]!;
      else out[i * wanted + c] = pixels[at + Math.min(c, has - 1)]!;
    }
  }
  return out;
}
