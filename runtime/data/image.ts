/**
 * Pictures: decoded once (sharp, or items of array files) to 8-bit pixels of the plan's size in the feature cache;
 * scaled, normalised and augmented when a batch is made.
 */
import path from "node:path";
import type { DataRow } from "../../diagnostics/diagnostic.ts";
import type { ImagePlan } from "../../plan/plan.ts";
import { isArrayFile } from "./array-file.ts";
import type { FittedModality } from "./batch.ts";
import { beginEntry, cacheKey, findEntry } from "./cache.ts";
import { augmentImage } from "./image-augment.ts";
import { type MediaCells, type MediaItem, scanMedia } from "./media-cells.ts";
import { createArrays, distinct, eachItem, identities, inOrder, rowsNaming, usedItems } from "./media-items.ts";
import { checkSignal, concurrently, type Feed, type ModalityReader, reasonOf, type Workplace } from "./modality.ts";
import { decodeItem, decodePicture } from "./picture.ts";
import { createStoreFile, openStore, type Store, type StoreWriter } from "./store.ts";

interface ImageState {
  /** Per channel, after rescaling; 0 and 1 without normalisation. */
  readonly mean: readonly number[];
  readonly deviation: readonly number[];
}

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

async function decodeAll(
  name: string,
  plan: ImagePlan,
  place: Workplace,
  cells: MediaCells,
  rows: Int32Array,
): Promise<{ store: Store; slots: Int32Array }> {
  const { used, slots } = usedItems(cells, rows);
  const items = used.map((item) => cells.items[item]!);
  const settings = { size: plan.size, channels: plan.channels, resize: plan.resize };
  const key = cacheKey("image", JSON.stringify(settings), identities(items));
  const started = performance.now();
  const tell = (done: number, cached: boolean): void =>
    place.progress({
      modality: name,
      done,
      total: items.length,
      cached,
      seconds: (performance.now() - started) / 1000,
    });
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
  const floats =
    items.length > 0 &&
    items[0]!.index !== undefined &&
    (await arrays.open(items[0]!).catch(() => undefined))?.type !== "u8";
  const writing = beginEntry(place.cacheDir, key);
  let writer: StoreWriter | undefined;
  try {
    writer = createStoreFile(path.join(writing.folder, "data.npy"), floats ? "f32" : "u8", items.length, [
      height,
      width,
      plan.channels,
    ]);
    let done = 0;
    await concurrently(items.length, Math.max(4, place.threads * 2), async (i) => {
      checkSignal(place.signal);
      const item = items[i]!;
      const rowsWith = (why: string): DataRow[] => rowsNaming(cells, used[i]!, place, { path: item.file.shown, why });
      try {
        const pixels =
          item.index === undefined && !isArrayFile(item.file.name)
            ? await decodeFile(item, plan)
            : await decodeItem(item, plan, arrays);
        if (pixels === undefined) {
          const array = await arrays.open(item);
          const held = mismatch.get(item.file.shown) ?? {
            rows: [],
            holds: `${array.items.toLocaleString("en-US")} items`,
            asks: `item ${item.index?.toLocaleString("en-US")}`,
          };
          held.rows.push(...rowsNaming(cells, used[i]!, place, { path: item.file.shown, value: String(item.index) }));
          mismatch.set(item.file.shown, held);
        } else writer!.write(i, floats && pixels instanceof Uint8Array ? Float32Array.from(pixels) : pixels);
      } catch (error) {
        if ((error as { code?: string }).code === "too-large") large.push(...rowsWith("over 100,000,000 pixels"));
        else bad.push(...rowsWith(reasonOf(error, place.signal)));
      }
      if (++done % 64 === 0) tell(done, false);
    });
    const about = {
      statement: name,
      property: plan.file !== undefined ? "file" : plan.files !== undefined ? "files" : "column",
    };
    if (large.length > 0)
      place.problems.add(
        "file-too-large",
        about,
        { files: distinct(large), most: "100,000,000 pixels" },
        inOrder(large),
      );
    if (bad.length > 0)
      place.problems.add("file-unreadable", about, { files: distinct(bad), kind: "a picture" }, inOrder(bad));
    for (const [file, held] of mismatch) {
      place.problems.add(
        "array-mismatch",
        { statement: name, property: "index" },
        { path: file, holds: held.holds, text: "index", asks: held.asks, column: plan.index },
        held.rows,
      );
    }
    const store = await writer.finish();
    if (bad.length + large.length + mismatch.size > 0) {
      writing.drop();
      return { store, slots };
    }
    await store.close();
    const folder = writing.finish({
      kind: `image ${height}x${width}x${plan.channels}`,
      created: new Date().toISOString(),
      items: items.length,
      settings,
    });
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

async function decodeFile(item: MediaItem, plan: ImagePlan): Promise<Uint8Array> {
  if (item.file.size === 0) throw new Error("empty");
  return decodePicture(await item.file.read(), plan);
}

const imagenet = { mean: [0.485, 0.456, 0.406], deviation: [0.229, 0.224, 0.225] };

async function fitImage(
  plan: ImagePlan,
  cells: MediaCells,
  slots: Int32Array,
  store: Store,
  train: Int32Array,
): Promise<FittedModality> {
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
    const deviation = Array.from(
      squares,
      (square, c) => Math.sqrt(Math.max(0, square / Math.max(1, count) - mean[c]! ** 2)) || 1,
    );
    state = { mean, deviation };
  }
  return {
    shape: [...(cells.several ? [cells.width] : []), plan.size[0], plan.size[1], channels],
    dtype: "float32",
    state,
  };
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
          else
            for (let i = 0, c = 0; i < size; i++) {
              out[start + i] = table[pixels[i]! * channels + c]!;
              if (++c === channels) c = 0;
            }
        } else
          for (let i = 0; i < size; i++) out[start + i] = pixels[i]! * scale[i % channels]! + offset[i % channels]!;
      }
    },
    close: () => store.close(),
  };
}
