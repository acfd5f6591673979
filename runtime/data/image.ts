/**
 * Pictures: decoded once (sharp, or items of array files) to 8-bit pixels of the plan's size in the feature cache;
 * scaled, normalised and augmented when a batch is made.
 */
import path from "node:path";
import type { ImagePlan } from "../../plan/plan.ts";
import { isArrayFile } from "./array-file.ts";
import type { FittedModality } from "./batch.ts";
import { beginEntry, cacheKey, checkSpace, findEntry } from "./cache.ts";
import { augmentImage } from "./image-augment.ts";
import { lookInto } from "./inspect-media.ts";
import { type MediaCells, type MediaItem, scanMedia } from "./media-cells.ts";
import { createFaults } from "./media-faults.ts";
import { createArrays, eachItem, filesOf, identities, usedItems } from "./media-items.ts";
import { checkSignal, concurrently, type Feed, type ModalityReader, type Workplace } from "./modality.ts";
import { checkFile, checkItem, decodeFile, decodeItem } from "./picture.ts";
import { createStoreFile, holds, openStore, type Store, type StoreWriter } from "./store.ts";

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
    async inspect(rows) {
      const scanned = cells!;
      const { used } = usedItems(scanned, rows);
      // What was decoded before is known to be fine.
      if (findEntry(place.cacheDir, entryOf(plan, scanned, used).key) === undefined)
        await inspectAll(name, plan, place, scanned, used);
      return filesOf(scanned, used);
    },
    async prepare(rows, train, fitted) {
      const scanned = cells!;
      const { store, slots } = await decodeAll(name, plan, place, scanned, rows);
      const made = fitted ?? (await fitImage(plan, scanned, slots, store, train));
      return { fitted: made, feed: imageFeed(plan, made.state as ImageState, scanned, slots, store) };
    },
  };
}

/** The cache's entry of these items: its key, and what it says of itself. */
function entryOf(
  plan: ImagePlan,
  cells: MediaCells,
  used: readonly number[],
): { key: string; settings: { [name: string]: unknown } } {
  const settings = { size: plan.size, channels: plan.channels, resize: plan.resize };
  const items = used.map((item) => cells.items[item]!);
  return { key: cacheKey("image", JSON.stringify(settings), identities(items)), settings };
}

const inArray = (item: MediaItem): boolean => item.index !== undefined || isArrayFile(item.file.name);

async function inspectAll(
  name: string,
  plan: ImagePlan,
  place: Workplace,
  cells: MediaCells,
  used: readonly number[],
): Promise<void> {
  const arrays = createArrays();
  const faults = createFaults(name, plan, cells, place);
  try {
    await lookInto(name, cells, used, place, faults, {
      kind: "pictures",
      width: Math.max(4, place.threads * 2),
      async judge(item) {
        await (inArray(item) ? checkItem(item, arrays) : checkFile(item.file));
        return {};
      },
    });
  } finally {
    await arrays.close();
  }
  faults.report();
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
  const { key, settings } = entryOf(plan, cells, used);
  const started = performance.now();
  const tell = (done: number, cached: boolean): void =>
    place.progress({
      modality: name,
      done,
      total: items.length,
      cached,
      seconds: (performance.now() - started) / 1000,
    });
  const [height, width] = plan.size;
  const shape = [height, width, plan.channels];
  const known = await openEntry(place.cacheDir, key, items.length, shape);
  if (known !== undefined) {
    tell(items.length, true);
    return { store: known, slots };
  }
  // There, and not what it should be: it is replaced.
  const damaged = findEntry(place.cacheDir, key) !== undefined;
  const arrays = createArrays();
  const faults = createFaults(name, plan, cells, place);
  const first = items[0];
  const floats = first?.index !== undefined && (await arrays.open(first.file).catch(() => undefined))?.type !== "u8";
  checkSpace(place.cacheDir, items.length * height * width * plan.channels * (floats ? 4 : 1));
  const writing = beginEntry(place.cacheDir, key);
  let writer: StoreWriter | undefined;
  try {
    writer = createStoreFile(path.join(writing.folder, "data.npy"), floats ? "f32" : "u8", items.length, shape);
    let done = 0;
    await concurrently(items.length, Math.max(4, place.threads * 2), async (i) => {
      checkSignal(place.signal);
      const item = items[i]!;
      let pixels: Uint8Array | Float32Array | undefined;
      try {
        pixels = await (inArray(item) ? decodeItem(item, plan, arrays) : decodeFile(item.file, plan));
      } catch (error) {
        faults.add(used[i]!, error);
      }
      // Outside of `try`: what the disk does not take is no fault of the file.
      if (pixels !== undefined)
        writer!.write(i, floats && pixels instanceof Uint8Array ? Float32Array.from(pixels) : pixels);
      if (++done % 64 === 0) tell(done, false);
    });
    faults.report();
    const store = await writer.finish();
    if (faults.some) writing.drop();
    else {
      const kind = `image ${height}x${width}x${plan.channels}`;
      writing.finish({ kind, created: new Date().toISOString(), items: items.length, settings }, damaged);
      tell(items.length, false);
    }
    return { store, slots };
  } catch (error) {
    writer?.drop();
    writing.drop();
    throw error;
  } finally {
    await arrays.close();
  }
}

/** The store of an entry that is whole and holds what is expected; a damaged one is made anew. */
async function openEntry(
  cacheDir: string,
  key: string,
  items: number,
  shape: readonly number[],
): Promise<Store | undefined> {
  const entry = findEntry(cacheDir, key);
  if (entry === undefined) return undefined;
  const store = await openStore(path.join(entry.folder, "data.npy")).catch(() => undefined);
  if (store === undefined || holds(store, items, shape)) return store;
  await store.close();
  return undefined;
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
