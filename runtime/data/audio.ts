/**
 * Sound: decoded once (own WAV reader, ffmpeg for the rest), resampled where the plan has a rate, turned into waveform,
 * spectrogram, mel or MFCC. The cache holds features, or waveforms where a change of the waveform is drawn every epoch.
 */
import path from "node:path";
import type { DataRow } from "../../diagnostics/diagnostic.ts";
import { type AudioPlan, callOf, type SampleCount } from "../../plan/plan.ts";
import { augmentWaveform, maskFeatures, onWaveform } from "./audio-augment.ts";
import type { FittedModality } from "./batch.ts";
import { beginEntry, cacheKey, findEntry } from "./cache.ts";
import { decodeSound, FfmpegMissing } from "./ffmpeg.ts";
import { type MediaCells, type MediaItem, scanMedia } from "./media-cells.ts";
import { distinct, eachItem, identities, inOrder, rowsNaming, usedItems } from "./media-items.ts";
import { checkSignal, concurrently, type Feed, type ModalityReader, reasonOf, type Workplace } from "./modality.ts";
import { resample } from "./resample.ts";
import { bandsOf, createSpectral, type Spectral, type SpectralSettings } from "./spectral.ts";
import { createStoreFile, openStore, type Store, type StoreWriter } from "./store.ts";
import { isWav, readWav, type Sound } from "./wav.ts";

interface AudioState {
  readonly rate: number;
  /** Per band; none without normalisation. */
  readonly mean?: readonly number[];
  readonly deviation?: readonly number[];
}

/** Sizes once the rate is known. */
interface Layout {
  readonly rate: number;
  /** Frames of the value. */
  readonly frames: number;
  readonly bands: number;
  /** Undefined for waveforms. */
  readonly settings?: SpectralSettings;
  /** Samples that are kept of a waveform. */
  readonly samples: number;
  /** The cache holds waveforms, features come later. */
  readonly late: boolean;
}

/** A count of samples; a duration is rounded up to a power of two of samples. */
export function samplesOf(count: SampleCount, rate: number): number {
  if (typeof count === "number") return count;
  return 2 ** Math.ceil(Math.log2(Math.max(1, Math.round(count.seconds * rate))));
}

function layoutOf(plan: AudioPlan, rate: number): Layout {
  const [[kind, args]] = Object.entries(plan.features) as [[string, Record<string, unknown>]];
  const seconds = plan.seconds === undefined ? undefined : Math.round(plan.seconds * rate);
  if (kind === "waveform") {
    const frames = seconds ?? plan.frames ?? 0;
    return { rate, frames, bands: plan.channels, samples: frames, late: plan.augment.some(onWaveform) };
  }
  const fft = samplesOf(args.fft as SampleCount, rate);
  const hop = samplesOf(args.hop as SampleCount, rate);
  const settings: SpectralSettings = {
    kind: kind as SpectralSettings["kind"],
    rate,
    fft,
    hop,
    scale: (args.scale as "db" | "power" | undefined) ?? "db",
    bands: (args.bands as number | undefined) ?? 0,
    fmin: (args.fmin as number | undefined) ?? 0,
    fmax: (args.fmax as number | undefined) ?? rate / 2,
    coefficients: (args.coefficients as number | undefined) ?? 0,
  };
  const frames = seconds === undefined ? (plan.frames ?? 1) : Math.floor(seconds / hop) + 1;
  const samples = seconds ?? (frames - 1) * hop + fft;
  return {
    rate,
    frames,
    bands: bandsOf(settings) * plan.channels,
    settings,
    samples,
    late: plan.augment.some(onWaveform),
  };
}

export function audioReader(name: string, plan: AudioPlan, place: Workplace): ModalityReader {
  let cells: MediaCells | undefined;
  return {
    async scan() {
      cells = await scanMedia(name, plan, place);
      return cells.present;
    },
    async prepare(rows, train, fitted) {
      const scanned = cells!;
      const { used, slots } = usedItems(scanned, rows);
      const items = used.map((item) => scanned.items[item]!);
      const known = (fitted?.state as AudioState | undefined)?.rate ?? (plan.rate === "native" ? undefined : plan.rate);
      const rate = known ?? (await firstRate(items)) ?? 16000;
      const layout = layoutOf(plan, rate);
      const { store, lengths } = await decodeAll(name, plan, place, scanned, used, layout);
      const spectral = layout.settings === undefined ? undefined : createSpectral(layout.settings);
      const made = fitted ?? (await fitAudio(plan, scanned, slots, store, lengths, train, layout, spectral));
      return {
        fitted: made,
        feed: audioFeed(plan, made.state as AudioState, scanned, slots, store, lengths, layout, spectral),
      };
    },
  };
}

/** The rate of the first file that can be read. */
async function firstRate(items: readonly MediaItem[]): Promise<number | undefined> {
  for (const item of items.slice(0, 20)) {
    try {
      return (await decodeItem(item)).rate;
    } catch {
      // Said when it is decoded.
    }
  }
  return undefined;
}

async function decodeItem(item: MediaItem): Promise<Sound> {
  if (item.file.size === 0) throw new Error("empty");
  const ending = path.extname(item.file.name).toLowerCase();
  if (ending !== ".wav" && ending !== ".wave" && item.file.absolute !== undefined)
    return decodeSound(item.file.name, item.file.absolute);
  const bytes = await item.file.read();
  const sound = isWav(bytes) ? readWav(bytes) : undefined;
  return sound ?? decodeSound(item.file.name, bytes);
}

/** The plan's channels of a sound: averaged to one, repeated to more. Interleaved. */
function mixed(sound: Sound, channels: number): Float32Array[] {
  const { samples, channels: has } = sound;
  const n = samples.length / has;
  return Array.from({ length: channels }, (_, c) => {
    const out = new Float32Array(n);
    if (channels === 1) {
      for (let i = 0; i < n; i++) {
        let sum = 0;
        for (let k = 0; k < has; k++) sum += samples[i * has + k]!;
        out[i] = sum / has;
      }
    } else for (let i = 0; i < n; i++) out[i] = samples[i * has + Math.min(c, has - 1)]!;
    return out;
  });
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
): Promise<Decoded> {
  const items = used.map((item) => cells.items[item]!);
  const keepWave = layout.settings === undefined || layout.late;
  const shape = keepWave ? [layout.samples, plan.channels] : [layout.frames, layout.bands];
  const settings = {
    rate: plan.rate,
    channels: plan.channels,
    seconds: plan.seconds,
    frames: plan.frames,
    layout: keepWave ? layout.samples : layout,
  };
  const key = cacheKey("audio", JSON.stringify(settings), identities(items));
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
      const decoded = await openDecoded(entry.folder);
      tell(items.length, true);
      return decoded;
    } catch {
      // A damaged entry is made anew.
    }
  }
  const spectral = keepWave ? undefined : createSpectral(layout.settings!);
  const lengths = new Int32Array(items.length);
  const bad: DataRow[] = [];
  const large: DataRow[] = [];
  const rates = new Map<number, DataRow[]>();
  const counts = new Map<number, number>();
  let missing: string | undefined;
  const writing = beginEntry(place.cacheDir, key);
  const writers: StoreWriter[] = [];
  try {
    const writer = createStoreFile(path.join(writing.folder, "data.npy"), "f32", items.length, shape);
    writers.push(writer);
    const lengthWriter = createStoreFile(path.join(writing.folder, "lengths.npy"), "i32", items.length, []);
    writers.push(lengthWriter);
    let done = 0;
    await concurrently(items.length, Math.max(2, place.threads), async (i) => {
      checkSignal(place.signal);
      const item = items[i]!;
      const rowsWith = (why: string): DataRow[] => rowsNaming(cells, used[i]!, place, { path: item.file.shown, why });
      try {
        const sound = await decodeItem(item);
        counts.set(sound.rate, (counts.get(sound.rate) ?? 0) + 1);
        if (plan.rate === "native" && sound.rate !== layout.rate) {
          const list = rates.get(sound.rate) ?? [];
          list.push(...rowsWith(hertz(sound.rate)));
          rates.set(sound.rate, list);
        } else {
          const channels = mixed(sound, plan.channels).map((one) => resample(one, sound.rate, layout.rate));
          const made = keepWave ? keptWave(channels, layout) : features(channels, plan, layout, spectral!);
          lengths[i] = made.length;
          writer.write(i, made.values);
          lengthWriter.write(i, Int32Array.of(made.length));
        }
      } catch (error) {
        if (error instanceof FfmpegMissing) missing ??= item.file.shown;
        else if ((error as { code?: string }).code === "too-large") large.push(...rowsWith("over 24 h"));
        else bad.push(...rowsWith(reasonOf(error, place.signal)));
      }
      if (++done % 64 === 0) tell(done, false);
    });
    const about = {
      statement: name,
      property: plan.file !== undefined ? "file" : plan.files !== undefined ? "files" : "column",
    };
    if (missing !== undefined) place.problems.add("ffmpeg-missing", about, { path: missing });
    if (large.length > 0)
      place.problems.add("file-too-large", about, { files: distinct(large), most: "24 h" }, inOrder(large));
    if (bad.length > 0)
      place.problems.add("file-unreadable", about, { files: distinct(bad), kind: "sound" }, inOrder(bad));
    if (rates.size > 0) {
      const listed = [...counts].sort((a, b) => b[1] - a[1]);
      const facts = {
        name,
        rates: listed.map(([rate, count]) => `${hertz(rate)} (${count.toLocaleString("en-US")})`),
        write: `rate: ${hertz(listed[0]![0]).replace(" ", "")}`,
      };
      place.problems.add(
        "rates-differ",
        { statement: name, property: "rate" },
        facts,
        inOrder([...rates.values()].flat()),
      );
    }
    const store = await writer.finish();
    await (await lengthWriter.finish()).close();
    if (missing !== undefined || large.length + bad.length + rates.size > 0) {
      writing.drop();
      return { store, lengths };
    }
    await store.close();
    const kind = keepWave ? "audio waveform" : `audio ${layout.settings!.kind}`;
    const folder = writing.finish({ kind, created: new Date().toISOString(), items: items.length, settings });
    tell(items.length, false);
    return await openDecoded(folder);
  } catch (error) {
    for (const writer of writers) writer.drop();
    writing.drop();
    throw error;
  }
}

async function openDecoded(folder: string): Promise<Decoded> {
  const store = await openStore(path.join(folder, "data.npy"));
  const kept = await openStore(path.join(folder, "lengths.npy"));
  const all = Int32Array.from({ length: kept.items }, (_, i) => i);
  const get = await kept.gather(all);
  const lengths = Int32Array.from(all, (i) => get(i)[0]!);
  await kept.close();
  return { store, lengths };
}

const hertz = (rate: number): string => (rate % 1000 === 0 || rate % 100 === 0 ? `${rate / 1000} kHz` : `${rate} Hz`);

/** A waveform [samples, channels], cut at its end or padded with silence. */
function keptWave(channels: readonly Float32Array[], layout: Layout): { values: Float32Array; length: number } {
  const width = channels.length;
  const length = Math.min(layout.samples, channels[0]!.length);
  const values = new Float32Array(layout.samples * width);
  for (let c = 0; c < width; c++) for (let i = 0; i < length; i++) values[i * width + c] = channels[c]![i]!;
  return { values, length };
}

/** Features [frames, bands] of a sound; what lies after its end is zeros. */
function features(
  channels: readonly Float32Array[],
  plan: AudioPlan,
  layout: Layout,
  spectral: Spectral,
): { values: Float32Array; length: number } {
  const values = new Float32Array(layout.frames * layout.bands);
  const each = layout.bands / channels.length;
  let length = 0;
  channels.forEach((channel, c) => {
    // A length in seconds cuts the sound, one in frames its features.
    const signal = plan.seconds === undefined ? channel : channel.subarray(0, layout.samples);
    const { frames, values: made } = spectral(signal);
    length = Math.min(frames, layout.frames);
    for (let t = 0; t < length; t++)
      for (let b = 0; b < each; b++) values[t * layout.bands + c * each + b] = made[t * each + b]!;
  });
  return { values, length };
}

/** Features of a kept waveform whose true length is known. */
function lateFeatures(
  wave: Float32Array,
  length: number,
  plan: AudioPlan,
  layout: Layout,
  spectral: Spectral,
): { values: Float32Array; length: number } {
  const width = plan.channels;
  const channels = Array.from({ length: width }, (_, c) => {
    if (width === 1) return wave.subarray(0, length);
    return Float32Array.from({ length }, (_, i) => wave[i * width + c]!);
  });
  return features(channels, plan, layout, spectral);
}

async function fitAudio(
  plan: AudioPlan,
  cells: MediaCells,
  slots: Int32Array,
  store: Store,
  lengths: Int32Array,
  train: Int32Array,
  layout: Layout,
  spectral: Spectral | undefined,
): Promise<FittedModality> {
  const shape = [...(cells.several ? [cells.width] : []), layout.frames, layout.bands];
  if (plan.normalize === "none") return { shape, dtype: "float32", state: { rate: layout.rate } satisfies AudioState };
  const { bands } = layout;
  const sums = new Float64Array(bands);
  const squares = new Float64Array(bands);
  let count = 0;
  await eachItem(cells, slots, store, train, (item, slot) => {
    const made =
      layout.late && spectral !== undefined
        ? lateFeatures(item as Float32Array, lengths[slot]!, plan, layout, spectral)
        : { values: item as Float32Array, length: lengths[slot]! };
    for (let t = 0; t < made.length; t++) {
      for (let b = 0; b < bands; b++) {
        const x = made.values[t * bands + b]!;
        sums[b]! += x;
        squares[b]! += x * x;
      }
    }
    count += made.length;
  });
  const mean = Array.from(sums, (sum) => sum / Math.max(1, count));
  const deviation = Array.from(squares, (square, b) =>
    Math.sqrt(Math.max(0, square / Math.max(1, count) - mean[b]! ** 2)),
  ).map((x) => (x > 1e-6 ? x : 1));
  return { shape, dtype: "float32", state: { rate: layout.rate, mean, deviation } satisfies AudioState };
}

function audioFeed(
  plan: AudioPlan,
  state: AudioState,
  cells: MediaCells,
  slots: Int32Array,
  store: Store,
  lengths: Int32Array,
  layout: Layout,
  spectral: Spectral | undefined,
): Feed {
  const { frames, bands } = layout;
  const size = frames * bands;
  const waveCalls = plan.augment.filter(onWaveform);
  const maskCalls = plan.augment.filter((call) => !onWaveform(call));
  for (const call of maskCalls)
    if (!["mask_time", "mask_bands"].includes(callOf(call).word))
      maskFeatures(new Float32Array(1), 1, 1, [call], undefined as never);
  return {
    shape: [...(cells.several ? [cells.width] : []), frames, bands],
    dtype: "float32",
    mask: cells.several ? cells.width : frames,
    files: cells.items.length,
    async fill(rows, out, mask, draw) {
      const wanted: number[] = [];
      const at: number[] = [];
      rows.forEach((row, i) => {
        for (let k = 0; k < cells.width; k++) {
          const item = cells.of[row * cells.width + k]!;
          if (item < 0) continue;
          wanted.push(slots[item]!);
          at.push(i * cells.width + k);
        }
      });
      const get = await store.gather(wanted);
      for (let j = 0; j < wanted.length; j++) {
        let values = get(j) as Float32Array;
        let length = lengths[wanted[j]!]!;
        const random =
          draw === undefined || plan.augment.length === 0
            ? undefined
            : draw(rows[Math.floor(at[j]! / cells.width)]! * 64 + (at[j]! % cells.width));
        if (random !== undefined && waveCalls.length > 0) {
          values = values.slice();
          length = augmentWaveform(values, length, plan.channels, waveCalls, random);
        }
        if (layout.late && spectral !== undefined)
          ({ values, length } = lateFeatures(values, length, plan, layout, spectral));
        const start = at[j]! * size;
        const end = length * bands;
        if (state.mean === undefined) for (let i = 0; i < end; i++) out[start + i] = values[i]!;
        else
          for (let i = 0, b = 0; i < end; i++) {
            out[start + i] = (values[i]! - state.mean[b]!) / state.deviation![b]!;
            if (++b === bands) b = 0;
          }
        if (random !== undefined && maskCalls.length > 0)
          maskFeatures((out as Float32Array).subarray(start, start + size), length, bands, maskCalls, random);
        if (mask === undefined) continue;
        if (cells.several) mask[at[j]!] = 1;
        else mask.fill(1, at[j]! * frames, at[j]! * frames + length);
      }
    },
    close: () => store.close(),
  };
}
