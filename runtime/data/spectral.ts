/**
 * Spectrogram, mel and MFCC as librosa defines them: periodic Hann window, centred frames (zeros around), power, Slaney's
 * mel scale and norm (HTK's and none by option), decibels over 1 with 80 dB of range, DCT-II (orthonormal). Frames = floor(samples / hop) + 1.
 */
import { realFft } from "./fft.ts";

/** What is computed of a signal, in samples and hertz. */
export interface SpectralSettings {
  readonly kind: "spectrogram" | "mel" | "mfcc";
  readonly rate: number;
  readonly fft: number;
  readonly hop: number;
  readonly scale: "db" | "power";
  readonly bands: number;
  readonly fmin: number;
  readonly fmax: number;
  readonly coefficients: number;
  /** HTK's mel scale; without it, Slaney's. */
  readonly htk?: boolean;
  /** Bands of the same height; without it, of the same area. */
  readonly norm?: "none";
}

/** Numbers in one frame. */
export function bandsOf(settings: SpectralSettings): number {
  if (settings.kind === "spectrogram") return (settings.fft >> 1) + 1;
  return settings.kind === "mel" ? settings.bands : settings.coefficients;
}

/** scipy.signal.get_window("hann", n): periodic. */
export function hann(n: number): Float64Array {
  return Float64Array.from({ length: n }, (_, i) => 0.5 - 0.5 * Math.cos((2 * Math.PI * i) / n));
}

const spacing = 200 / 3;
const logStart = 1000;
const logStep = Math.log(6.4) / 27;

/** Slaney's mel of hertz: linear below 1 kHz, logarithmic above. HTK's: one logarithm. */
export function hertzToMel(hertz: number, htk = false): number {
  if (htk) return 2595 * Math.log10(1 + hertz / 700);
  return hertz < logStart ? hertz / spacing : logStart / spacing + Math.log(hertz / logStart) / logStep;
}

export function melToHertz(mel: number, htk = false): number {
  if (htk) return 700 * (10 ** (mel / 2595) - 1);
  const start = logStart / spacing;
  return mel < start ? mel * spacing : logStart * Math.exp(logStep * (mel - start));
}

/** One triangle of a filter bank: weights from a bin on. */
export interface MelBand {
  readonly first: number;
  readonly weights: Float64Array;
}

type MelSettings = Pick<SpectralSettings, "rate" | "fft" | "bands" | "fmin" | "fmax" | "htk" | "norm">;

/** librosa.filters.mel. */
export function melBands({ rate, fft, bands, fmin, fmax, htk = false, norm: kind }: MelSettings): MelBand[] {
  const low = hertzToMel(fmin, htk);
  const high = hertzToMel(fmax, htk);
  const edges = Array.from({ length: bands + 2 }, (_, i) => melToHertz(low + ((high - low) * i) / (bands + 1), htk));
  const bins = (fft >> 1) + 1;
  return Array.from({ length: bands }, (_, b) => {
    const [left, middle, right] = [edges[b]!, edges[b + 1]!, edges[b + 2]!];
    const norm = kind === "none" ? 1 : 2 / (right - left);
    const weights: number[] = [];
    let first = 0;
    for (let k = 0; k < bins; k++) {
      const hertz = (k * rate) / fft;
      const w = Math.max(0, Math.min((hertz - left) / (middle - left), (right - hertz) / (right - middle)));
      if (w > 0) {
        if (weights.length === 0) first = k;
        weights.push(w * norm);
      }
    }
    return { first, weights: Float64Array.from(weights) };
  });
}

/** librosa.power_to_db(ref=1, amin=1e-10, top_db=80), in place. */
export function powerToDb(values: Float64Array | Float32Array): void {
  let most = Number.NEGATIVE_INFINITY;
  for (let i = 0; i < values.length; i++) {
    const db = 10 * Math.log10(Math.max(1e-10, values[i]!));
    values[i] = db;
    if (db > most) most = db;
  }
  const least = most - 80;
  for (let i = 0; i < values.length; i++) if (values[i]! < least) values[i] = least;
}

/** A function from a signal to frames [frames, bands]. */
export type Spectral = (signal: Float32Array) => { readonly frames: number; readonly values: Float64Array };

/** Makes the function; tables are made once. */
export function createSpectral(settings: SpectralSettings): Spectral {
  const { kind, fft, hop } = settings;
  const window = hann(fft);
  const transform = realFft(fft);
  const bins = (fft >> 1) + 1;
  const filters = kind === "spectrogram" ? undefined : melBands(settings);
  const width = filters?.length ?? bins;
  const input = new Float64Array(fft);
  const re = new Float64Array(bins);
  const im = new Float64Array(bins);
  const power = new Float64Array(bins);
  const cosines = kind === "mfcc" ? dctTable(settings.coefficients, width) : undefined;
  return (signal) => {
    const n = signal.length;
    const frames = Math.floor(n / hop) + 1;
    const values = new Float64Array(frames * width);
    for (let t = 0; t < frames; t++) {
      const start = t * hop - (fft >> 1);
      for (let i = 0; i < fft; i++) {
        const at = start + i;
        input[i] = at >= 0 && at < n ? signal[at]! * window[i]! : 0;
      }
      transform(input, re, im);
      for (let k = 0; k < bins; k++) power[k] = re[k]! * re[k]! + im[k]! * im[k]!;
      if (filters === undefined) values.set(power, t * width);
      else {
        for (let b = 0; b < width; b++) {
          const { first, weights } = filters[b]!;
          let sum = 0;
          for (let j = 0; j < weights.length; j++) sum += weights[j]! * power[first + j]!;
          values[t * width + b] = sum;
        }
      }
    }
    if (kind === "mfcc" || settings.scale === "db") powerToDb(values);
    if (cosines === undefined) return { frames, values };
    const count = settings.coefficients;
    const out = new Float64Array(frames * count);
    for (let t = 0; t < frames; t++) {
      for (let k = 0; k < count; k++) {
        let sum = 0;
        for (let b = 0; b < width; b++) sum += values[t * width + b]! * cosines[k * width + b]!;
        out[t * count + k] = sum;
      }
    }
    return { frames, values: out };
  };
}

/** DCT-II with orthonormal rows. */
export function dctTable(count: number, n: number): Float64Array {
  const table = new Float64Array(count * n);
  for (let k = 0; k < count; k++) {
    const norm = Math.sqrt((k === 0 ? 1 : 2) / n);
    for (let i = 0; i < n; i++) table[k * n + i] = norm * Math.cos((Math.PI * k * (2 * i + 1)) / (2 * n));
  }
  return table;
}
