/**
 * Sound: decoded once (sound-file.ts), resampled where the plan has a rate, turned into waveform, spectrogram, mel or MFCC
 * (audio-layout.ts). The cache holds features, or waveforms where a change of the waveform is drawn every epoch.
 */
import path from "node:path";
import type { AudioPlan } from "../../plan/plan.ts";
import { type AudioState, audioFeed, fitAudio } from "./audio-feed.ts";
import { framesWanted, type Layout, layoutOf, valuesOf } from "./audio-layout.ts";
import { beginEntry, cacheKey, checkSpace, findEntry } from "./cache.ts";
import { lookInto } from "./inspect-media.ts";
import { type MediaCells, type MediaItem, scanMedia } from "./media-cells.ts";
import { createFaults } from "./media-faults.ts";
import { filesOf, identities, usedItems } from "./media-items.ts";
import { checkSignal, concurrently, type ModalityReader, type Workplace } from "./modality.ts";
import { readSound } from "./sound-file.ts";
import { createSpectral } from "./spectral.ts";
import { createStoreFile, holds, openStore, type Store, type StoreWriter } from "./store.ts";

export { samplesOf } from "./audio-layout.ts";

export function audioReader(name: string, plan: AudioPlan, place: Workplace): ModalityReader {
  let cells: MediaCells | undefined;
  return {
    async scan() {
      cells = await scanMedia(name, plan, place);
      return cells.present;
    },
    async inspect(rows) {
      const scanned = cells!;
      const { used } = usedItems(scanned, rows);
      const trained = (place.fittedOf(name)?.state as AudioState | undefined)?.rate;
      const layout = layoutOf(plan, await rateOf(plan, trained, scanned, used));
      // What was decoded before is known to be fine.
      if (findEntry(place.cacheDir, entryOf(plan, layout, scanned, used).key) === undefined)
        await inspectAll(name, plan, place, scanned, used, trained);
      return filesOf(scanned, used);
    },
    async prepare(rows, train, fitted) {
      const scanned = cells!;
      const { used, slots } = usedItems(scanned, rows);
      const trained = (fitted?.state as AudioState | undefined)?.rate;
      const layout = layoutOf(plan, await rateOf(plan, trained, scanned, used));
      const { store, lengths } = await decodeAll(name, plan, place, scanned, used, layout, trained);
      const spectral = layout.settings === undefined ? undefined : createSpectral(layout.settings);
      const made = fitted ?? (await fitAudio(plan, scanned, slots, store, lengths, train, layout, spectral));
      return {
        fitted: made,
        feed: audioFeed(plan, made.state as AudioState, scanned, slots, store, lengths, layout, spectral),
      };
    },
  };
}

/** The rate of all: that of training, the plan's, or that of the first file that can be read. */
async function rateOf(
  plan: AudioPlan,
  trained: number | undefined,
  cells: MediaCells,
  used: readonly number[],
): Promise<number> {
  if (trained !== undefined) return trained;
  if (plan.rate !== "native") return plan.rate;
  for (const item of used.slice(0, 20)) {
    try {
      return (await readSound(cells.items[item]!.file, () => 0)).rate;
    } catch {
      // Said when it is decoded.
    }
  }
  return 16000;
}

interface Entry {
  readonly key: string;
  readonly settings: { readonly [name: string]: unknown };
  /** Whether waveforms are kept, not features. */
  readonly wave: boolean;
  /** Shape of one item. */
  readonly shape: readonly number[];
}

/** The cache's entry of these items: its key, and what it says of itself. */
function entryOf(plan: AudioPlan, layout: Layout, cells: MediaCells, used: readonly number[]): Entry {
  const wave = layout.settings === undefined || layout.late;
  const settings = {
    rate: plan.rate,
    channels: plan.channels,
    seconds: plan.seconds,
    frames: plan.frames,
    layout: wave ? layout.samples : layout,
  };
  const items = used.map((item) => cells.items[item]!);
  const key = cacheKey("audio", JSON.stringify(settings), identities(items));
  const shape = wave ? [layout.samples, plan.channels] : [layout.frames, layout.bands];
  return { key, settings, wave, shape };
}

async function inspectAll(
  name: string,
  plan: AudioPlan,
  place: Workplace,
  cells: MediaCells,
  used: readonly number[],
  trained: number | undefined,
): Promise<void> {
  const faults = createFaults(name, plan, cells, place);
  await lookInto(name, cells, used, place, faults, {
    kind: "sounds",
    width: Math.max(2, place.threads),
    judge: async (item) => ({ rate: (await readSound(item.file, () => 0, place.signal)).rate }),
    fine(item, verdict) {
      if (plan.rate === "native") faults.rate(item, verdict.rate ?? 0);
    },
  });
  faults.report(trained);
}

interface Decoded {
  readonly store: Store;
  /** True frames of each item (samples, where waveforms are kept). */
  readonly lengths: Int32Array;
}

async function decodeAll(
  name: string,
  plan: AudioPlan,
  place: Workplace,
  cells: MediaCells,
  used: readonly number[],
  layout: Layout,
  trained: number | undefined,
): Promise<Decoded> {
  const { key, settings, wave, shape } = entryOf(plan, layout, cells, used);
  const started = performance.now();
  const tell = (done: number, cached: boolean): void =>
    place.progress({
      modality: name,
      done,
      total: used.length,
      cached,
      seconds: (performance.now() - started) / 1000,
    });
  const entry = findEntry(place.cacheDir, key);
  const known = entry === undefined ? undefined : await openDecoded(entry.folder, used.length, shape);
  if (known !== undefined) {
    tell(used.length, true);
    return known;
  }
  const spectral = layout.settings === undefined ? undefined : createSpectral(layout.settings);
  const lengths = new Int32Array(used.length);
  const faults = createFaults(name, plan, cells, place);
  checkSpace(place.cacheDir, used.length * 4 * shape.reduce((all, n) => all * n, 1));
  const writing = beginEntry(place.cacheDir, key);
  const writers: StoreWriter[] = [];
  let differ = false;
  const writeTo = (file: string, type: "f32" | "i32", of: readonly number[]): StoreWriter => {
    const writer = createStoreFile(path.join(writing.folder, file), type, used.length, of);
    writers.push(writer);
    return writer;
  };
  try {
    const writer = writeTo("data.npy", "f32", shape);
    const lengthWriter = writeTo("lengths.npy", "i32", []);
    let done = 0;
    await concurrently(used.length, Math.max(2, place.threads), async (i) => {
      checkSignal(place.signal);
      const item: MediaItem = cells.items[used[i]!]!;
      let made: { values: Float32Array; length: number } | undefined;
      try {
        const sound = await readSound(item.file, (rate) => framesWanted(plan, layout, rate), place.signal);
        if (plan.rate === "native") faults.rate(used[i]!, sound.rate);
        if (plan.rate === "native" && sound.rate !== layout.rate) differ = true;
        else made = valuesOf(sound, plan, layout, spectral);
      } catch (error) {
        faults.add(used[i]!, error);
      }
      // Outside of `try`: what the disk does not take is no fault of the file.
      if (made !== undefined) {
        lengths[i] = made.length;
        writer.write(i, made.values);
        lengthWriter.write(i, Int32Array.of(made.length));
      }
      if (++done % 64 === 0) tell(done, false);
    });
    faults.report(trained);
    const store = await writer.finish();
    await (await lengthWriter.finish()).close();
    if (faults.some || differ) writing.drop();
    else {
      const kind = wave ? "audio waveform" : `audio ${layout.settings!.kind}`;
      writing.finish({ kind, created: new Date().toISOString(), items: used.length, settings }, entry !== undefined);
      tell(used.length, false);
    }
    return { store, lengths };
  } catch (error) {
    for (const writer of writers) writer.drop();
    writing.drop();
    throw error;
  }
}

/** What an entry holds, if it is what is expected; a damaged one is made anew. */
async function openDecoded(folder: string, items: number, shape: readonly number[]): Promise<Decoded | undefined> {
  const opened: Store[] = [];
  try {
    const store = await openStore(path.join(folder, "data.npy"));
    opened.push(store);
    const kept = await openStore(path.join(folder, "lengths.npy"));
    opened.push(kept);
    if (!holds(store, items, shape) || !holds(kept, items, [])) throw new Error("another entry");
    const all = Int32Array.from({ length: items }, (_, i) => i);
    const get = await kept.gather(all);
    const lengths = Int32Array.from(all, (i) => get(i)[0]!);
    await kept.close();
    return { store, lengths };
  } catch {
    for (const one of opened) await one.close().catch(() => {});
    return undefined;
  }
}
