/** Fitting sound on training rows, and filling batches with it. */
import { type AudioPlan, callOf } from "../../plan/plan.ts";
import { augmentWaveform, maskFeatures, onWaveform } from "./audio-augment.ts";
import { type Layout, lateFeatures } from "./audio-layout.ts";
import type { FittedModality } from "./batch.ts";
import type { MediaCells } from "./media-cells.ts";
import { eachItem } from "./media-items.ts";
import type { Feed } from "./modality.ts";
import type { Spectral } from "./spectral.ts";
import type { Store } from "./store.ts";

export interface AudioState {
  readonly rate: number;
  /** Per band; none without normalisation. */
  readonly mean?: readonly number[];
  readonly deviation?: readonly number[];
}

export async function fitAudio(
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

export function audioFeed(
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
