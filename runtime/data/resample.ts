/** Band-limited resampling by a Kaiser-windowed sinc (J. O. Smith's method, with resampy's `kaiser_best` parameters). */

const zeros = 64;
const beta = 14.769656459379492;
const rolloff = 0.9475937167399596;

/** The modified Bessel function of order 0. */
function bessel(x: number): number {
  let sum = 1;
  let term = 1;
  for (let k = 1; k < 60 && term > sum * 1e-17; k++) {
    term *= (x / (2 * k)) ** 2;
    sum += term;
  }
  return sum;
}

interface Filter {
  readonly up: number;
  readonly down: number;
  readonly half: number;
  readonly phases: Map<number, Float64Array>;
  readonly scale: number;
}

const filters = new Map<string, Filter>();
// Files of a thousand odd rates must not keep a thousand tables.
const mostFilters = 8;
const mostWeights = 4_000_000;

function gcd(a: number, b: number): number {
  return b === 0 ? a : gcd(b, a % b);
}

function filterFor(from: number, to: number): Filter {
  const key = `${from} ${to}`;
  let filter = filters.get(key);
  if (filter === undefined) {
    const shared = gcd(from, to);
    const scale = Math.min(1, to / from) * rolloff;
    filter = {
      up: to / shared,
      down: from / shared,
      half: Math.ceil(zeros / Math.min(1, to / from)),
      phases: new Map(),
      scale,
    };
    if (filters.size >= mostFilters) filters.delete(filters.keys().next().value!);
    filters.set(key, filter);
  }
  return filter;
}

/** Weights of the samples around a place that lies `offset` (0 to 1) after one. */
function weightsAt(filter: Filter, offset: number): Float64Array {
  const { half, scale } = filter;
  const weights = new Float64Array(2 * half);
  const norm = bessel(beta);
  for (let j = 0; j < weights.length; j++) {
    const x = j - half + 1 - offset;
    const inside = 1 - (x / half) ** 2;
    if (inside <= 0) continue;
    const phase = Math.PI * scale * x;
    weights[j] =
      (Math.abs(phase) < 1e-12 ? scale : (scale * Math.sin(phase)) / phase) * (bessel(beta * Math.sqrt(inside)) / norm);
  }
  return weights;
}

/** Samples around a place that its value at another rate depends on, on each side. */
export function reachOf(from: number, to: number): number {
  return from === to ? 0 : filterFor(from, to).half;
}

/** One channel at another rate; ceil(n · to / from) samples. */
export function resample(signal: Float32Array, from: number, to: number): Float32Array {
  if (from === to) return signal;
  const filter = filterFor(from, to);
  const { up, down, half, phases } = filter;
  const n = signal.length;
  const out = new Float32Array(Math.ceil((n * to) / from));
  for (let i = 0; i < out.length; i++) {
    const position = i * down;
    const base = Math.floor(position / up);
    const phase = position % up;
    let weights = phases.get(phase);
    if (weights === undefined) {
      weights = weightsAt(filter, phase / up);
      if (phases.size * weights.length < mostWeights) phases.set(phase, weights);
    }
    const start = base - half + 1;
    const first = Math.max(0, -start);
    const last = Math.min(weights.length, n - start);
    let sum = 0;
    for (let j = first; j < last; j++) sum += signal[start + j]! * weights[j]!;
    out[i] = sum;
  }
  return out;
}
