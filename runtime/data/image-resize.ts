/**
 * Pillow's bilinear resizing: a triangle filter that widens when it shrinks (antialiased), first across, then down, with
 * Pillow's 22-bit fixed-point weights and its rounding to 8 bits between the passes (Pillow, src/libImaging/Resample.c),
 * so that pictures come out as in Python bit for bit.
 */

const precision = 22;

/** For each output position: where its window begins and the weights in it. */
interface Weights {
  readonly starts: Int32Array;
  readonly counts: Int32Array;
  readonly width: number;
  readonly weights: Float64Array;
}

const kept = new Map<string, Weights>();

function weightsFor(from: number, to: number, start: number, end: number): Weights {
  const key = `${from} ${to} ${start} ${end}`;
  const known = kept.get(key);
  if (known !== undefined) return known;
  const scale = (end - start) / to;
  const filterScale = Math.max(scale, 1);
  const support = filterScale;
  const width = Math.ceil(support) * 2 + 1;
  const starts = new Int32Array(to);
  const counts = new Int32Array(to);
  const weights = new Float64Array(to * width);
  for (let i = 0; i < to; i++) {
    const center = start + (i + 0.5) * scale;
    const low = Math.max(0, Math.trunc(center - support + 0.5));
    const high = Math.min(from, Math.trunc(center + support + 0.5));
    let sum = 0;
    for (let j = low; j < high; j++) {
      const w = Math.max(0, 1 - Math.abs((j - center + 0.5) / filterScale));
      weights[i * width + j - low] = w;
      sum += w;
    }
    if (sum !== 0) for (let j = 0; j < high - low; j++) weights[i * width + j]! /= sum;
    starts[i] = low;
    counts[i] = high - low;
  }
  const made = { starts, counts, width, weights };
  if (kept.size > 64) kept.clear();
  kept.set(key, made);
  return made;
}

/** A part of a picture, in pixels of it; it may lie between pixels. */
export interface Box {
  readonly left: number;
  readonly top: number;
  readonly right: number;
  readonly bottom: number;
}

/**
 * Resizes interleaved 8-bit pixels [height, width, channels].
 * @param box what is shown of the picture; without it, all
 */
export function resizeBytes(
  pixels: Uint8Array,
  height: number,
  width: number,
  channels: number,
  toHeight: number,
  toWidth: number,
  box: Box = { left: 0, top: 0, right: width, bottom: height },
): Uint8Array {
  const full = box.left === 0 && box.top === 0 && box.right === width && box.bottom === height;
  if (full && height === toHeight && width === toWidth) return pixels;
  const across = weightsFor(width, toWidth, box.left, box.right);
  const down = weightsFor(height, toHeight, box.top, box.bottom);
  const one = 1 << precision;
  const fixed = (w: Weights): Int32Array =>
    Int32Array.from(w.weights, (x) => Math.trunc(x * one + (x < 0 ? -0.5 : 0.5)));
  const half = 1 << (precision - 1);
  let middle = pixels;
  let middleWidth = width;
  if (width !== toWidth || box.left !== 0 || box.right !== width) {
    middle = new Uint8Array(height * toWidth * channels);
    const weights = fixed(across);
    for (let x = 0; x < toWidth; x++) {
      const start = across.starts[x]!;
      const count = across.counts[x]!;
      const at = x * across.width;
      for (let y = 0; y < height; y++) {
        for (let c = 0; c < channels; c++) {
          let sum = half;
          let from = (y * width + start) * channels + c;
          for (let j = 0; j < count; j++, from += channels) sum = (sum + pixels[from]! * weights[at + j]!) | 0;
          middle[(y * toWidth + x) * channels + c] = clip(sum >> precision);
        }
      }
    }
    middleWidth = toWidth;
  }
  if (height === toHeight && box.top === 0 && box.bottom === height) return middle;
  const line = middleWidth * channels;
  const out = new Uint8Array(toHeight * line);
  const weights = fixed(down);
  for (let y = 0; y < toHeight; y++) {
    const start = down.starts[y]!;
    const count = down.counts[y]!;
    const at = y * down.width;
    for (let i = 0; i < line; i++) {
      let sum = half;
      let from = start * line + i;
      for (let j = 0; j < count; j++, from += line) sum = (sum + middle[from]! * weights[at + j]!) | 0;
      out[y * line + i] = clip(sum >> precision);
    }
  }
  return out;
}

const clip = (value: number): number => Math.min(255, Math.max(0, value));

/** The same filter on numbers, without rounding: for arrays that are not bytes. */
export function resizeFloats(
  values: Float32Array,
  height: number,
  width: number,
  channels: number,
  toHeight: number,
  toWidth: number,
): Float32Array {
  if (height === toHeight && width === toWidth) return values;
  const across = weightsFor(width, toWidth, 0, width);
  const down = weightsFor(height, toHeight, 0, height);
  const middle = new Float32Array(height * toWidth * channels);
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < toWidth; x++) {
      for (let c = 0; c < channels; c++) {
        let sum = 0;
        for (let j = 0; j < across.counts[x]!; j++) {
          sum += values[(y * width + across.starts[x]! + j) * channels + c]! * across.weights[x * across.width + j]!;
        }
        middle[(y * toWidth + x) * channels + c] = sum;
      }
    }
  }
  const line = toWidth * channels;
  const out = new Float32Array(toHeight * line);
  for (let y = 0; y < toHeight; y++) {
    for (let i = 0; i < line; i++) {
      let sum = 0;
      for (let j = 0; j < down.counts[y]!; j++)
        sum += middle[(down.starts[y]! + j) * line + i]! * down.weights[y * down.width + j]!;
      out[y * line + i] = sum;
    }
  }
  return out;
}

/** ITU-R 601 luma, as Pillow's `L`: (19595 R + 38470 G + 7471 B + 32768) >> 16. */
export function toGray(pixels: Uint8Array, channels: number): Uint8Array {
  const count = pixels.length / channels;
  const out = new Uint8Array(count);
  for (let i = 0, p = 0; i < count; i++, p += channels) {
    out[i] = (pixels[p]! * 19595 + pixels[p + 1]! * 38470 + pixels[p + 2]! * 7471 + 0x8000) >> 16;
  }
  return out;
}
