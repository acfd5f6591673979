/**
 * Changes of training pictures, drawn anew for every row and epoch: flip, rotate, crop, zoom, shift, brightness, contrast,
 * noise, cutout, in the order the plan gives them. Pixels are numbers on the scale of the picture (`most` is white).
 */
import { type CallPlan, callOf } from "../../plan/plan.ts";
import type { Random } from "./random.ts";

interface Picture {
  pixels: Float32Array;
  readonly height: number;
  readonly width: number;
  readonly channels: number;
  /** The value of white. */
  readonly most: number;
}

export const imageAugmentations = [
  "flip",
  "rotate",
  "crop",
  "zoom",
  "shift",
  "brightness",
  "contrast",
  "noise",
  "cutout",
] as const;

/** The first argument of a call, whatever it is called. */
export function argumentOf(call: CallPlan): unknown {
  return Object.values(callOf(call).args)[0];
}

/** A number, or one drawn from a range `{ from, to }` or `[low, high]`. */
export function amountOf(value: unknown, otherwise: number): { from: number; to: number } {
  if (typeof value === "number") return { from: value, to: value };
  if (Array.isArray(value) && value.length === 2) return { from: Number(value[0]), to: Number(value[1]) };
  if (typeof value === "object" && value !== null && "from" in value && "to" in value) {
    return { from: Number(value.from), to: Number(value.to) };
  }
  return { from: otherwise, to: otherwise };
}

/** Applies the calls to a copy of the pixels [height, width, channels]. */
export function augmentImage(
  pixels: Float32Array,
  height: number,
  width: number,
  channels: number,
  most: number,
  calls: readonly CallPlan[],
  random: Random,
): Float32Array {
  const picture: Picture = { pixels, height, width, channels, most };
  for (const call of calls) {
    const { word } = callOf(call);
    const value = argumentOf(call);
    if (word === "flip") {
      if (random.next() < 0.5) picture.pixels = flip(picture, value === "vertical");
    } else if (word === "rotate") {
      const angle = (random.between(-1, 1) * amountOf(value, 10).to * Math.PI) / 180;
      picture.pixels = transform(picture, Math.cos(angle), Math.sin(angle), -Math.sin(angle), Math.cos(angle), 0, 0);
    } else if (word === "zoom") {
      const by = 1 + random.between(-1, 1) * amountOf(value, 0.1).to;
      picture.pixels = transform(picture, 1 / by, 0, 0, 1 / by, 0, 0);
    } else if (word === "shift") {
      const most = amountOf(value, 0.1).to;
      picture.pixels = transform(
        picture,
        1,
        0,
        0,
        1,
        random.between(-most, most) * width,
        random.between(-most, most) * height,
      );
    } else if (word === "crop") {
      const share = amountOf(value, 0.9).from;
      const free = (1 - share) / 2;
      picture.pixels = transform(
        picture,
        share,
        0,
        0,
        share,
        random.between(-free, free) * width,
        random.between(-free, free) * height,
      );
    } else if (word === "brightness") {
      const by = random.between(-1, 1) * amountOf(value, 0.2).to * most;
      picture.pixels = brighten(picture, by);
    } else if (word === "contrast")
      picture.pixels = contrast(picture, 1 + random.between(-1, 1) * amountOf(value, 0.2).to);
    else if (word === "noise") {
      const { from, to } = amountOf(value, 0.05);
      const deviation = random.between(from, to) * most;
      picture.pixels = noise(picture, deviation, random);
    } else if (word === "cutout") picture.pixels = cutout(picture, value, random);
    else throw new Error(`\`${word}\` does not augment pictures in this version`);
  }
  return picture.pixels;
}

const clip = (value: number, most: number): number => Math.min(most, Math.max(0, value));

function flip({ pixels, height, width, channels }: Picture, vertical: boolean): Float32Array {
  const out = new Float32Array(pixels.length);
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      const from = ((vertical ? height - 1 - y : y) * width + (vertical ? x : width - 1 - x)) * channels;
      for (let c = 0; c < channels; c++) out[(y * width + x) * channels + c] = pixels[from + c]!;
    }
  }
  return out;
}

/** Every output pixel is read at [a b; c d] · (its place from the centre) + (dx, dy), bilinearly; outside, the nearest edge. */
function transform(p: Picture, a: number, b: number, c: number, d: number, dx: number, dy: number): Float32Array {
  const { pixels, height, width, channels } = p;
  const out = new Float32Array(pixels.length);
  const midX = (width - 1) / 2;
  const midY = (height - 1) / 2;
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      const sx = Math.min(width - 1, Math.max(0, a * (x - midX) + b * (y - midY) + midX + dx));
      const sy = Math.min(height - 1, Math.max(0, c * (x - midX) + d * (y - midY) + midY + dy));
      const x0 = Math.floor(sx);
      const y0 = Math.floor(sy);
      const x1 = Math.min(width - 1, x0 + 1);
      const y1 = Math.min(height - 1, y0 + 1);
      const fx = sx - x0;
      const fy = sy - y0;
      for (let k = 0; k < channels; k++) {
        const top =
          pixels[(y0 * width + x0) * channels + k]! * (1 - fx) + pixels[(y0 * width + x1) * channels + k]! * fx;
        const low =
          pixels[(y1 * width + x0) * channels + k]! * (1 - fx) + pixels[(y1 * width + x1) * channels + k]! * fx;
        out[(y * width + x) * channels + k] = top * (1 - fy) + low * fy;
      }
    }
  }
  return out;
}

function brighten({ pixels, most }: Picture, by: number): Float32Array {
  const out = new Float32Array(pixels.length);
  for (let i = 0; i < out.length; i++) out[i] = clip(pixels[i]! + by, most);
  return out;
}

function noise({ pixels, most }: Picture, deviation: number, random: Random): Float32Array {
  const out = new Float32Array(pixels.length);
  for (let i = 0; i < out.length; i++) out[i] = clip(pixels[i]! + random.normal() * deviation, most);
  return out;
}

/** Away from, or towards, each channel's mean (Keras's RandomContrast). */
function contrast({ pixels, channels, most }: Picture, factor: number): Float32Array {
  const means = new Float64Array(channels);
  for (let i = 0; i < pixels.length; i++) means[i % channels]! += pixels[i]!;
  const count = pixels.length / channels;
  const out = new Float32Array(pixels.length);
  for (let i = 0; i < out.length; i++) {
    const mean = means[i % channels]! / count;
    out[i] = clip((pixels[i]! - mean) * factor + mean, most);
  }
  return out;
}

function cutout({ pixels, height, width, channels }: Picture, value: unknown, random: Random): Float32Array {
  const size = Array.isArray(value) ? value.map(Number) : [Number(value ?? 8), Number(value ?? 8)];
  const top = random.below(height) - (size[0]! >> 1);
  const left = random.below(width) - (size[1]! >> 1);
  const out = pixels.slice();
  for (let y = Math.max(0, top); y < Math.min(height, top + size[0]!); y++) {
    for (let x = Math.max(0, left); x < Math.min(width, left + size[1]!); x++) {
      for (let c = 0; c < channels; c++) out[(y * width + x) * channels + c] = 0;
    }
  }
  return out;
}
