/**
 * From the bytes of a picture, or an item of an array file, to pixels of the plan's size and channels: EXIF turned, alpha
 * over white, gray by ITU-R 601, resized as Pillow does. Knows no tables and no cache.
 */
import { count } from "../../diagnostics/phrase.ts";
import type { ImagePlan } from "../../plan/plan.ts";
import { type ArrayFile, allFinite } from "./array-file.ts";
import { firstFrame, readBitmap } from "./bitmap.ts";
import { hasFourInks, inksToRgb } from "./cmyk.ts";
import { resizeBytes, resizeFloats, toGray } from "./image-resize.ts";
import type { FoundFile } from "./media.ts";
import type { MediaItem } from "./media-cells.ts";
import { ArrayMismatch } from "./media-faults.ts";
import type { Arrays } from "./media-items.ts";
import { visitBytes } from "./open-file.ts";
import { cutOff, TooLarge } from "./reasons.ts";
import { endsWhole, insteadOf, isPicture, mayBePicture, pixelsOf } from "./signature.ts";

/** Over so many pixels a file is taken for a bomb. */
const mostPixels = 100_000_000;
const mostShown = "100,000,000 pixels";

/** A picture as it is stored, turned as EXIF says; alpha over white unless it is kept. */
interface Pixels {
  readonly pixels: Uint8Array;
  readonly height: number;
  readonly width: number;
  readonly channels: number;
}

/**
 * Decodes a picture: EXIF turned, alpha over white (kept with 4 channels), gray by ITU-R 601, resized.
 * @returns [height, width, channels] bytes
 * @throws TooLarge over 100 million pixels, or Error with the reason
 */
export async function decodePicture(
  bytes: Buffer,
  plan: Pick<ImagePlan, "size" | "channels" | "resize">,
): Promise<Uint8Array> {
  const { pixels, height, width, channels } = await readPixels(bytes, plan.channels === 4);
  return fitChannels(pixels, height, width, channels, plan);
}

/**
 * Decodes a picture of a file, or only looks whether it can be: the same way, so that both find the same faults.
 * @throws TooLarge, FileChanged, or Error with the reason
 */
export async function decodeFile(
  file: FoundFile,
  plan: Pick<ImagePlan, "size" | "channels" | "resize">,
): Promise<Uint8Array> {
  return decodePicture(await pictureBytes(file), plan);
}

export async function checkFile(file: FoundFile): Promise<void> {
  await readPixels(await pictureBytes(file), false, true);
}

// What is larger is looked at before it is read: a sparse file of nothing takes no room until then.
const mostUnseen = 16_000_000;

async function pictureBytes(file: FoundFile): Promise<Buffer> {
  if (file.size === 0) throw new Error("empty");
  if (file.size > mostUnseen) {
    const head = await visitBytes(await file.open(), (bytes) => bytes.read(0, 4096));
    if (!isPicture(head)) throw new Error(insteadOf("not a picture", head));
  }
  return file.read();
}

/** `look`: the pixels are not wanted, so that of a large picture all are decoded and few kept. */
async function readPixels(bytes: Buffer, alpha: boolean, look = false): Promise<Pixels> {
  const bitmap = readBitmap(bytes, mostPixels);
  if (bitmap !== undefined) return bitmap;
  if (!mayBePicture(bytes)) throw new Error(insteadOf("not a picture", bytes));
  const sharp = await loadSharp();
  const input = bytes.length > mostFrames ? firstFrame(bytes) : bytes;
  try {
    const many = pixelsOf(input) ?? (await headerPixels(sharp(input, { limitInputPixels: mostPixels })));
    if (many > mostPixels) throw new TooLarge(mostShown);
    const large = many > manyPixels;
    const decode = async (): Promise<Pixels> => {
      let picture = sharp(input, { limitInputPixels: mostPixels, failOn: "truncated" });
      if (look && large) picture = picture.resize(64, 64, { fit: "fill" });
      else picture = picture.rotate();
      const inks = hasFourInks(input);
      if (inks) picture = picture.pipelineColourspace("cmyk").toColourspace("cmyk");
      else picture = picture.toColourspace("srgb");
      if (!inks) picture = alpha ? picture.ensureAlpha() : picture.flatten({ background: "#ffffff" });
      const { data, info } = await picture
        .timeout({ seconds: mostSeconds })
        .raw({ depth: "uchar" })
        .toBuffer({ resolveWithObject: true });
      const pixels = new Uint8Array(data.buffer, data.byteOffset, data.length);
      const { height, width, channels } = info;
      return inks ? { pixels: inksToRgb(pixels), height, width, channels: 3 } : { pixels, height, width, channels };
    };
    return await (large ? oneByOne(decode) : decode());
  } catch (error) {
    throw whyOf(error, bytes);
  }
}

async function headerPixels(picture: import("sharp").Sharp): Promise<number> {
  const { width, height } = await picture.metadata();
  return width * height;
}

// The largest photograph takes seconds.
const mostSeconds = 60;

// A film of a hundred thousand frames is listed frame by frame, although only the first is shown.
const mostFrames = 1_000_000;

// Pictures of this size take hundreds of MB while they are decoded: one at a time.
const manyPixels = 16_000_000;
let last: Promise<unknown> = Promise.resolve();

function oneByOne<T>(work: () => Promise<T>): Promise<T> {
  const mine = last.then(work, work);
  last = mine.catch(() => {});
  return mine;
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
    sharp.block({ operation: ["VipsForeignLoadSvg"] });
    return sharp;
  });
  return loaded;
}

function whyOf(error: unknown, bytes: Buffer): Error {
  if (error instanceof TooLarge) return error;
  const message = error instanceof Error ? error.message : String(error);
  if (/exceeds pixel limit/i.test(message)) return new TooLarge(mostShown);
  if (/timeout/i.test(message)) return new TooLarge(`${mostSeconds} s of decoding`);
  const whole = endsWhole(bytes) ?? !/truncat|premature|not enough|end of (file|stream)|bad seek|EOF/i.test(message);
  if (!whole) return cutOff(bytes.length);
  return new Error(damaged(insteadOf("not a picture", bytes)));
}

const damaged = (what: string): string => what.replace(/^an? /, "a damaged ");

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

/**
 * Whether an item of an array file is a picture. Without an index the file is one picture.
 * @throws ArrayMismatch past its end, TooLarge, or Error with the reason
 */
export async function checkItem(item: MediaItem, arrays: Arrays): Promise<void> {
  const array = await arrays.open(item.file);
  pictureShape(array, item.index);
  // Whole numbers need no look at each; where all are finite, each is.
  if (!(await arrays.finite(item.file))) await itemPixels(array, item.index);
}

function pictureShape(array: ArrayFile, index: number | undefined): [height: number, width: number, channels: number] {
  if (index !== undefined && index >= array.items) {
    throw new ArrayMismatch({
      property: "index",
      holds: count(array.items, "item"),
      text: "index",
      asks: `item ${index.toLocaleString("en-US")}`,
    });
  }
  const shape = index === undefined ? [array.items, ...array.shape] : array.shape;
  if (shape.length < 2 || shape.length > 3)
    throw new Error(`its items are ${shape.join("x") || "numbers"}, not pictures`);
  const [height, width, has = 1] = shape as [number, number, number?];
  if (![1, 3, 4].includes(has)) throw new Error(`its items have ${has} channels`);
  if (height * width === 0) throw new Error("it has no pixels");
  if (height * width > mostPixels) throw new TooLarge(mostShown);
  return [height, width, has];
}

async function itemPixels(array: ArrayFile, index: number | undefined): Promise<Uint8Array | Float32Array> {
  const pixels = index === undefined ? await array.all() : await array.item(index);
  if (!(pixels instanceof Uint8Array) && !allFinite(pixels)) throw new Error("pixels that are no numbers");
  return pixels;
}

/** An item of an array file, of the plan's size. @throws as `checkItem` */
export async function decodeItem(item: MediaItem, plan: ImagePlan, arrays: Arrays): Promise<Uint8Array | Float32Array> {
  const array = await arrays.open(item.file);
  const [height, width, has] = pictureShape(array, item.index);
  let pixels = await itemPixels(array, item.index);
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
