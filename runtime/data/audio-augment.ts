/** Changes of training sound: noise at a signal-to-noise ratio and shifts on the waveform, masks on its features. */
import { type CallPlan, callOf } from "../../plan/plan.ts";
import { amountOf, argumentOf } from "./image-augment.ts";
import type { Random } from "./random.ts";

/** Whether a change is made before the features are computed. */
export function onWaveform(call: CallPlan): boolean {
  return ["noise", "shift"].includes(callOf(call).word);
}

/** Changes a waveform [samples, channels] in place; returns its new true length. */
export function augmentWaveform(
  wave: Float32Array,
  length: number,
  channels: number,
  calls: readonly CallPlan[],
  random: Random,
): number {
  const samples = wave.length / channels;
  for (const call of calls) {
    const { word } = callOf(call);
    if (word === "noise") {
      const { from, to } = amountOf(argumentOf(call), 20);
      const ratio = random.between(Math.min(from, to), Math.max(from, to));
      let power = 0;
      for (let i = 0; i < length * channels; i++) power += wave[i]! * wave[i]!;
      const deviation = Math.sqrt(power / Math.max(1, length * channels) / 10 ** (ratio / 10));
      if (deviation > 0) for (let i = 0; i < length * channels; i++) wave[i]! += random.normal() * deviation;
    } else if (word === "shift") {
      const by = Math.round(random.between(-1, 1) * amountOf(argumentOf(call), 0.1).to * samples);
      if (by > 0) {
        wave.copyWithin(by * channels, 0, (samples - by) * channels);
        wave.fill(0, 0, by * channels);
        length = Math.min(samples, length + by);
      } else if (by < 0 && length + by > 0) {
        wave.copyWithin(0, -by * channels);
        wave.fill(0, (samples + by) * channels);
        length += by;
      }
    }
  }
  return length;
}

/** Hides a run of frames or of bands of features [frames, bands] (SpecAugment); hidden is 0, the mean of normalised features. */
export function maskFeatures(
  values: Float32Array,
  frames: number,
  bands: number,
  calls: readonly CallPlan[],
  random: Random,
): void {
  for (const call of calls) {
    const { word } = callOf(call);
    const most = amountOf(argumentOf(call), 0.1).to;
    if (word === "mask_time") {
      const count = Math.floor(random.next() * (most * frames + 1));
      const start = random.below(Math.max(1, frames - count + 1));
      values.fill(0, start * bands, (start + count) * bands);
    } else if (word === "mask_bands") {
      const count = Math.floor(random.next() * (most * bands + 1));
      const start = random.below(Math.max(1, bands - count + 1));
      for (let t = 0; t < frames; t++) values.fill(0, t * bands + start, t * bands + start + count);
    } else if (!onWaveform(call)) throw new Error(`\`${word}\` does not augment sound in this version`);
  }
}
