/**
 * Pictures: decoded once (sharp, or items of array files) to 8-bit pixels of the plan's size in the feature cache;
 * scaled, normalised and augmented when a batch is made.
 */
import path from "node:path";
import type { DataRow } from "../../diagnostics/diagnostic.ts";
import type { ImagePlan } from "../../plan/plan.ts";
import { type ArrayFile, isArrayFile, openArray } from "./array-file.ts";
import type { FittedModality } from "./batch.ts";
import { readBitmap } from "./bitmap.ts";
import { beginEntry, cacheKey, findEntry } from "./cache.ts";
import { augmentImage } from "./image-augment.ts";
import { resizeBytes, resizeFloats, toGray } from "./image-resize.ts";
import { type MediaCells, type MediaItem, scanMedia } from "./media-cells.ts";
import { checkSignal, concurrently, type Feed, type ModalityReader, reasonOf, type Workplace } from "./modality.ts";
import { createStoreFile, openStore, type Store, type StoreWriter } from "./store.ts";

interface ImageState {
  /** Per channel, after rescaling; 0 and 1 without normalisation. */
  readonly mean: readonly number[];
  readonly deviation: readonly number[];
}

/** Over so many pixels a file is taken for a bomb. */
const mostPixels = 100_000_000;

export function imageReader(name: string, plan: ImagePlan, place: Workplace): ModalityReader {
  let cells: MediaCells | undefined;
  return {
    async scan() {
      cells = await scanMedia(name, plan, place);
      return cells.present;
    },
    async prepare(rows, train, fitted) {
      const scanned = cells!;
      const { store, slots } = await decodeAll(name, plan, place, scanned, rows);
      const made = fitted ?? (await fitImage(plan, scanned, slots, store, train));
      return { fitted: made, feed: imageFeed(plan, made.state as ImageState, scanned, slots, store) };
    },
  };
}

/** Items that any of the rows uses, in order of first use. */
export function usedItems(cells: MediaCells, rows: Int32Array): { used: number[]; slots: Int32Array } {
  const slots = new Int32Array(cells.items.length).fill(-1);
  const used: number[] = [];
  for (const row of rows) {
    for (let k = 0; k < cells.width; k++) {
      const item = cells.of[row * cells.width + k]!;
      if (item >= 0 && slots[item] === -1) {
        slots[item] = used.length;
        used.push(item);
      }
    }
  }
  return { used, slots };
}

async function decodeAll(name: string, plan: ImagePlan, place: Workplace, cells: MediaCells, rows: Int32Array): Promise<{ store: Store; slots: Int32Array }> {
  const { used, slots } = usedItems(cells, rows);
  const items = used.map((item) => cells.items[item]!);
  const settings = { size: plan.size, channels: plan.channels, resize: plan.resize };
  const key = cacheKey("image", JSON.stringify(settings), identities(items));
  const started = performance.now();
  const tell = (done: number, cached: boolean): void =>
    place.progress({ modality: name, done, total: items.length, cached, seconds: (performance.now() - started) / 1000 });
  const entry = findEntry(place.cacheDir, key);
  if (entry !== undefined) {
    try {
      const store = await openStore(path.join(entry.folder, "data.npy"));
      tell(items.length, true);
      return { store, slots };
    } catch {
      // A damaged entry is made anew.
    }
  }
  const arrays = createArrays();
  const bad: DataRow[] = [];
  const large: DataRow[] = [];
  const mismatch = new Map<string, { rows: DataRow[]; holds: string; asks: string }>();
  const [height, width] = plan.size;
  const floats = items.length > 0 && items[0]!.index !== undefined && (await arrays.open(items[0]!).catch(() => undefined))?.type !== "u8";
  const writing = beginEntry(place.cacheDir, key);
  let writer: StoreWriter | undefined;
  try {
    writer = createStoreFile(path.join(writing.folder, "data.npy"), floats ? "f32" : "u8", items.length, [height, width, plan.channels]);
    let done = 0;
    await concurrently(items.length, Math.max(4, place.threads * 2), async (i) => {
      checkSignal(place.signal);
      const item = items[i]!;
      const rowsWith = (why: string): DataRow[] => rowsNaming(cells, used[i]!, place, { path: item.file.shown, why });
      try {
        const pixels = item.index === undefined && !isArrayFile(item.file.name) ? await decodeFile(item, plan) : await decodeItem(item, plan, arrays);
        if (pixels === undefined) {
          const array = await arrays.open(item);
          const held = mismatch.get(item.file.shown) ?? { rows: [], holds: `${array.items.toLocaleString("en-US")} items`, asks: `item ${item.index?.toLocaleString("en-US")}` };
          held.rows.push(...rowsNaming(cells, used[i]!, place, { path: item.file.shown, value: String(item.index) }));
          mismatch.set(item.file.shown, held);
        } else writer!.write(i, floats && pixels instanceof Uint8Array ? Float32Array.from(pixels) : pixels);
      } catch (error) {
        if ((error as { code?: string }).code === "too-large") large.push(...rowsWith("over 100,000,000 pixels"));
        else bad.push(...rowsWith(reasonOf(error, place.signal)));
      }
      if (++done % 64 === 0) tell(done, false);
    });
    const about = { statement: name, property: plan.file !== undefined ? "file" : plan.files !== undefined ? "files" : "column" };
    if (large.length > 0) place.problems.add("file-too-large", about, { files: distinct(large), most: "100,000,000 pixels" }, inOrder(large));
    if (bad.length > 0) place.problems.add("file-unreadable", about, { files: distinct(bad), kind: "a picture" }, inOrder(bad));
    for (const [file, held] of mismatch) {
      place.problems.add("array-mismatch", { statement: name, property: "index" }, { path: file, holds: held.holds, text: "index", asks: held.asks, column: plan.index }, held.rows);
    }
    const store = await writer.finish();
    if (bad.length + large.length + mismatch.size > 0) {
      writing.drop();
      return { store, slots };
    }
    await store.close();
    const folder = writing.finish({ kind: `image ${height}x${width}x${plan.channels}`, created: new Date().toISOString(), items: items.length, settings });
    tell(items.length, false);
    return { store: await openStore(path.join(folder, "data.npy")), slots };
  } catch (error) {
    writer?.drop();
    writing.drop();
    throw error;
  } finally {
    await arrays.close();
  }
}

/** All rows that name an item. */
export function rowsNaming(cells: MediaCells, item: number, place: Workplace, more: Partial<DataRow>): DataRow[] {
  const rows: DataRow[] = [];
  let last = -1;
  cells.of.forEach((one, at) => {
    const row = Math.floor(at / cells.width);
    if (one !== item || row === last) return;
    last = row;
    rows.push(place.table.row(row, more));
  });
  return rows;
}

/** How many files rows speak of. */
export function distinct(rows: readonly DataRow[]): number {
  return new Set(rows.map((row) => row.path)).size;
}

/** Rows as the table has them, whatever order they were found in. */
export function inOrder(rows: DataRow[]): DataRow[] {
  return rows.sort((a, b) => (a.table === b.table ? a.row - b.row : 0));
}

/** What makes a cached item another one. */
export function* identities(items: readonly MediaItem[]): Generator<string> {
  for (const item of items) yield item.index === undefined ? item.file.identity : `${item.file.identity}#${item.index}`;
}

/** Array files, opened once each. */
export interface Arrays {
  open(item: MediaItem): Promise<ArrayFile>;
  close(): Promise<void>;
}

export function createArrays(): Arrays {
  const opened = new Map<string, Promise<ArrayFile>>();
  return {
    open(item) {
      const { file } = item;
      const known = opened.get(file.identity) ?? (file.absolute === undefined ? file.read().then((bytes) => openArray(file.name, bytes)) : openArray(file.name, file.absolute));
      opened.set(file.identity, known);
      return known;
    },
    async close() {
      for (const one of opened.values()) await one.then((array) => array.close()).catch(() => {});
    },
  };
}

async function decodeFile(item: MediaItem, plan: ImagePlan): Promise<Uint8Array> {
  if (item.file.size === 0) throw new Error("empty");
  return decodePicture(await item.file.read(), plan);
}

/**
 * Decodes a picture: EXIF turned, alpha over white (kept with 4 channels), gray by ITU-R 601, resized.
 * @returns [height, width, channels] bytes
 * @throws Error with the reason; `code` is `too-large` over 100 million pixels
 */
export async function decodePicture(bytes: Buffer, plan: Pick<ImagePlan, "size" | "channels" | "resize">): Promise<Uint8Array> {
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
  return fitChannels(new Uint8Array(decoded.data.buffer, decoded.data.byteOffset, decoded.data.length), height, width, has, plan);
}

/** Brings pixels to the plan's channels, then to its size. */
function fitChannels(pixels: Uint8Array, height: number, width: number, has: number, plan: Pick<ImagePlan, "size" | "channels" | "resize">): Uint8Array {
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
  if (/exceeds pixel limit/i.test(message)) return Object.assign(new Error("over 100,000,000 pixels"), { code: "too-large" });
  const wave = bytes.toString("latin1", 0, 4) === "RIFF" && bytes.toString("latin1", 8, 12) === "WAVE";
  if (wave) return new Error("a WAV");
  if (/unsupported image format/i.test(message)) return new Error("not a picture");
  if (/truncat|premature|out of order|not enough|end of (file|stream)|read error|incomplete/i.test(message)) {
    return new Error(`cut off after ${bytes.length < 1000 ? `${bytes.length} bytes` : `${Math.round(bytes.length / 1000)} kB`}`);
  }
  return new Error(message.split("\n")[0]!.trim());
}

/** One or two channels (gray, gray and alpha) as three or four. */
function spread(pixels: Uint8Array, has: number, wanted: number): Uint8Array {
  const count = pixels.length / has;
  const out = new Uint8Array(count * wanted);
  for (let i = 0; i < count; i++) {
    for (let c = 0; c < wanted; c++) out[i * wanted + c] = c < 3 ? pixels[i * has]! : has === 2 ? pixels[i * has + 1]! : 255;
  }
  return out;
}

/** Brings pixels to the plan's size: stretched, fitted with white around, or cropped in the middle. */
function place(pixels: Uint8Array, height: number, width: number, channels: number, plan: Pick<ImagePlan, "size" | "resize">): Uint8Array {
  const [toHeight, toWidth] = plan.size;
  if (plan.resize === "stretch") return resizeBytes(pixels, height, width, channels, toHeight, toWidth);
  if (plan.resize === "crop") {
    const scale = Math.min(width / toWidth, height / toHeight);
    const left = (width - toWidth * scale) / 2;
    const top = (height - toHeight * scale) / 2;
    return resizeBytes(pixels, height, width, channels, toHeight, toWidth, { left, top, right: width - left, bottom: height - top });
  }
  const scale = Math.min(toWidth / width, toHeight / height);
  const w = Math.max(1, Math.min(toWidth, Math.round(width * scale)));
  const h = Math.max(1, Math.min(toHeight, Math.round(height * scale)));
  const small = resizeBytes(pixels, height, width, channels, h, w);
  const out = new Uint8Array(toHeight * toWidth * channels).fill(255);
  const left = (toWidth - w) >> 1;
  const top = (toHeight - h) >> 1;
  for (let y = 0; y < h; y++) out.set(small.subarray(y * w * channels, (y + 1) * w * channels), ((top + y) * toWidth + left) * channels);
  return out;
}

/** An item of an array file; undefined where the index is past its end. */
async function decodeItem(item: MediaItem, plan: ImagePlan, arrays: Arrays): Promise<Uint8Array | Float32Array | undefined> {
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
    if (plan.channels !== has) pixels = has === 1 ? spread(pixels, 1, plan.channels) : channelsOf(pixels, has, plan.channels);
    return place(pixels, height, width, plan.channels, plan);
  }
  if (plan.channels !== has) pixels = floatChannels(pixels, has, plan.channels);
  return resizeFloats(pixels, height, width, plan.channels, plan.size[0], plan.size[1]);
}

function channelsOf(pixels: Uint8Array, has: number, wanted: number): Uint8Array {
  const out = new Uint8Array((pixels.length / has) * wanted).fill(255);
  for (let i = 0; i < pixels.length / has; i++) for (let c = 0; c < Math.min(has, wanted); c++) out[i * wanted + c] = pixels[i * has + c]!;
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

const imagenet = { mean: [0.485, 0.456, 0.406], deviation: [0.229, 0.224, 0.225] };

async function fitImage(plan: ImagePlan, cells: MediaCells, slots: Int32Array, store: Store, train: Int32Array): Promise<FittedModality> {
  const { channels } = plan;
  const fill = (values: readonly number[], last: number): number[] =>
    channels === 1 ? [values.reduce((sum, x) => sum + x, 0) / 3] : channels === 4 ? [...values, last] : [...values];
  let state: ImageState = { mean: new Array<number>(channels).fill(0), deviation: new Array<number>(channels).fill(1) };
  if (plan.normalize === "imagenet") state = { mean: fill(imagenet.mean, 0), deviation: fill(imagenet.deviation, 1) };
  else if (plan.normalize === "standard") {
    const sums = new Float64Array(channels);
    const squares = new Float64Array(channels);
    let count = 0;
    await eachItem(cells, slots, store, train, (pixels) => {
      for (let i = 0; i < pixels.length; i++) {
        const x = pixels[i]! * plan.rescale;
        sums[i % channels]! += x;
        squares[i % channels]! += x * x;
      }
      count += pixels.length / channels;
    });
    const mean = Array.from(sums, (sum) => sum / Math.max(1, count));
    const deviation = Array.from(squares, (square, c) => Math.sqrt(Math.max(0, square / Math.max(1, count) - mean[c]! ** 2)) || 1);
    state = { mean, deviation };
  }
  return { shape: [...(cells.several ? [cells.width] : []), plan.size[0], plan.size[1], channels], dtype: "float32", state };
}

/** Visits the items of rows, as often as rows name them, in blocks. */
export async function eachItem(cells: MediaCells, slots: Int32Array, store: Store, rows: Int32Array, visit: (values: Uint8Array | Float32Array | Int32Array, slot: number) => void): Promise<void> {
  const wanted: number[] = [];
  const flush = async (): Promise<void> => {
    const get = await store.gather(wanted);
    for (let i = 0; i < wanted.length; i++) visit(get(i), wanted[i]!);
    wanted.length = 0;
  };
  for (const row of rows) {
    for (let k = 0; k < cells.width; k++) {
      const item = cells.of[row * cells.width + k]!;
      if (item >= 0) wanted.push(slots[item]!);
    }
    if (wanted.length >= 256) await flush();
  }
  await flush();
}

function imageFeed(plan: ImagePlan, state: ImageState, cells: MediaCells, slots: Int32Array, store: Store): Feed {
  const [height, width] = plan.size;
  const { channels } = plan;
  const size = height * width * channels;
  const scale = state.deviation.map((deviation) => plan.rescale / deviation);
  const offset = state.mean.map((mean, c) => -mean / state.deviation[c]!);
  // Bytes have 256 values a channel: a table is faster than arithmetic.
  const table = new Float32Array(256 * channels);
  for (let v = 0; v < 256; v++) for (let c = 0; c < channels; c++) table[v * channels + c] = v * scale[c]! + offset[c]!;
  const uniform = scale.every((one) => one === scale[0]) && offset.every((one) => one === offset[0]);
  const shared = Float32Array.from({ length: 256 }, (_, v) => v * scale[0]! + offset[0]!);
  const white = store.type === "u8" ? 255 : 1 / plan.rescale;
  return {
    shape: [...(cells.several ? [cells.width] : []), height, width, channels],
    dtype: "float32",
    ...(cells.several ? { mask: cells.width } : {}),
    files: new Set(cells.items.map((item) => item.file.identity)).size,
    async fill(rows, out, mask, draw) {
      const wanted: number[] = [];
      const at: number[] = [];
      rows.forEach((row, i) => {
        for (let k = 0; k < cells.width; k++) {
          const item = cells.of[row * cells.width + k]!;
          if (item < 0) continue;
          wanted.push(slots[item]!);
          at.push(i * cells.width + k);
          if (mask !== undefined) mask[i * cells.width + k] = 1;
        }
      });
      const get = await store.gather(wanted);
      for (let j = 0; j < wanted.length; j++) {
        const pixels = get(j);
        const start = at[j]! * size;
        if (draw !== undefined && plan.augment.length > 0) {
          const random = draw(rows[Math.floor(at[j]! / cells.width)]! * 64 + (at[j]! % cells.width));
          const changed = augmentImage(Float32Array.from(pixels), height, width, channels, white, plan.augment, random);
          for (let i = 0, c = 0; i < size; i++) {
            out[start + i] = changed[i]! * scale[c]! + offset[c]!;
            if (++c === channels) c = 0;
          }
        } else if (pixels instanceof Uint8Array) {
          if (uniform) for (let i = 0; i < size; i++) out[start + i] = shared[pixels[i]!]!;
          else for (let i = 0, c = 0; i < size; i++) {
            out[start + i] = table[pixels[i]! * channels + c]!;
            if (++c === channels) c = 0;
          }
        } else for (let i = 0; i < size; i++) out[start + i] = pixels[i]! * scale[i % channels]! + offset[i % channels]!;
      }
    },
    close: () => store.close(),
  };
}
