/**
 * Sizes of sound and the way from samples to the numbers of a row: channels, rate, a waveform cut or padded, features.
 * Knows no files and no cache.
 */
import type { AudioPlan, SampleCount } from "../../plan/plan.ts";
import { onWaveform } from "./audio-augment.ts";
import { reachOf, resample } from "./resample.ts";
import { bandsOf, type Spectral, type SpectralSettings } from "./spectral.ts";
import type { Sound } from "./wav.ts";

/** Sizes once the rate is known. */
export interface Layout {
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

export function layoutOf(plan: AudioPlan, rate: number): Layout {
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
    ...(args.htk === true ? { htk: true } : {}),
    ...(args.norm === "none" ? { norm: "none" } : {}),
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

// Decibels are relative to the loudest frame of all of a sound; of a longer one, to that of its start.
const longest = 600;

/** Frames that have to be read of a sound of another rate: what its values need, and no more of a sound that goes on. */
export function framesWanted(plan: AudioPlan, layout: Layout, rate: number): number {
  const needed = Math.ceil((layout.samples * rate) / layout.rate) + reachOf(rate, layout.rate) + 1;
  const all = layout.settings !== undefined && !layout.late && plan.seconds === undefined;
  return all ? Math.max(needed, longest * rate) : needed;
}

/** What is kept of a sound: its waveform where features come later, its features else. */
export function valuesOf(
  sound: Sound,
  plan: AudioPlan,
  layout: Layout,
  spectral: Spectral | undefined,
): { values: Float32Array; length: number } {
  const channels = mixed(sound, plan.channels).map((one) => resample(one, sound.rate, layout.rate));
  return spectral === undefined || layout.late
    ? keptWave(channels, layout)
    : features(channels, plan, layout, spectral);
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
export function lateFeatures(
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
