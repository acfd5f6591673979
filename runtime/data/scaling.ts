/**
 * Scaling of numbers, fitted on training rows: scikit-learn's StandardScaler, MinMaxScaler, RobustScaler and
 * QuantileTransformer (normal), log, and piecewise-linear bins (Gorishniy et al., 2022). Holes are NaN and are left out of
 * the fit. Everything here is plain JSON and pure functions.
 */
import type { Scaling } from "../../plan/plan.ts";

/** What was fitted for one column. */
export type ColumnScale =
  | { readonly scaling: "none" | "log" }
  /** (x - shift) / by */
  | { readonly scaling: "linear"; readonly shift: number; readonly by: number }
  | { readonly scaling: "log-linear"; readonly shift: number; readonly by: number }
  | { readonly scaling: "quantile"; readonly quantiles: readonly number[] }
  /** Edges of the bins, from the least to the greatest. */
  | { readonly scaling: "bins"; readonly edges: readonly number[] };

/** numpy's percentile with linear interpolation, of sorted values; q from 0 to 1. */
export function quantile(sorted: ArrayLike<number>, q: number): number {
  const n = sorted.length;
  if (n === 0) return Number.NaN;
  const at = q * (n - 1);
  const low = Math.floor(at);
  const part = at - low;
  const a = sorted[low]!;
  return part === 0 ? a : a + (sorted[Math.min(n - 1, low + 1)]! - a) * part;
}

/** Mean and population deviation, in two passes; holes left out. */
export function moments(values: Float64Array): { mean: number; deviation: number; count: number } {
  let sum = 0;
  let count = 0;
  for (const x of values) {
    if (Number.isNaN(x)) continue;
    sum += x;
    count++;
  }
  const mean = count === 0 ? 0 : sum / count;
  let squares = 0;
  for (const x of values) if (!Number.isNaN(x)) squares += (x - mean) ** 2;
  return { mean, deviation: count === 0 ? 0 : Math.sqrt(squares / count), count };
}

/** Sorted values without holes. */
export function sortedValues(values: Float64Array): Float64Array {
  return values.filter((x) => !Number.isNaN(x)).sort();
}

// A constant column scales by 1 and becomes 0 (scikit-learn); rounding noise in a constant is no deviation.
const harmless = (by: number, size: number): number =>
  by <= 10 * Number.EPSILON * Math.max(1, Math.abs(size)) || !Number.isFinite(by) ? 1 : by;

/** Fits one column. */
export function fitScale(values: Float64Array, scaling: Scaling): ColumnScale {
  if (scaling === "none") return { scaling: "none" };
  if (scaling === "log") {
    const { mean, deviation } = moments(values.map(signedLog));
    return { scaling: "log-linear", shift: mean, by: harmless(deviation, mean) };
  }
  if (scaling === "standard") {
    const { mean, deviation } = moments(values);
    return { scaling: "linear", shift: mean, by: harmless(deviation, mean) };
  }
  const sorted = sortedValues(values);
  if (sorted.length === 0) return { scaling: "linear", shift: 0, by: 1 };
  const low = sorted[0]!;
  const high = sorted[sorted.length - 1]!;
  if (scaling === "minmax") return { scaling: "linear", shift: low, by: harmless(high - low, low) };
  if (scaling === "robust") {
    const range = quantile(sorted, 0.75) - quantile(sorted, 0.25);
    return { scaling: "linear", shift: quantile(sorted, 0.5), by: harmless(range, low) };
  }
  // As many as rows, holes too, as in scikit-learn.
  const n = Math.min(1000, values.length);
  const quantiles = Array.from({ length: n }, (_, i) => quantile(sorted, n === 1 ? 0 : i / (n - 1)));
  return { scaling: "quantile", quantiles };
}

/** Edges of at most `bins` bins with equally many training values each; equal edges are merged. */
export function fitBins(values: Float64Array, bins: number): ColumnScale {
  const sorted = sortedValues(values);
  const edges = Array.from({ length: bins + 1 }, (_, i) => quantile(sorted, i / bins));
  const different = edges.filter((edge, i) => i === 0 || edge > edges[i - 1]!);
  return { scaling: "bins", edges: sorted.length === 0 ? [0] : different };
}

/** How many features a column becomes. */
export function scaledWidth(scale: ColumnScale): number {
  return scale.scaling === "bins" ? Math.max(1, scale.edges.length - 1) : 1;
}

/** Writes a value's features into `out` from `at` on. */
export function applyScale(scale: ColumnScale, x: number, out: { [index: number]: number }, at: number): void {
  switch (scale.scaling) {
    case "none":
      out[at] = x;
      return;
    case "log":
      out[at] = signedLog(x);
      return;
    case "linear":
      out[at] = (x - scale.shift) / scale.by;
      return;
    case "log-linear":
      out[at] = (signedLog(x) - scale.shift) / scale.by;
      return;
    case "quantile":
      out[at] = toNormal(scale.quantiles, x);
      return;
    case "bins": {
      const { edges } = scale;
      if (edges.length < 2) {
        out[at] = 0;
        return;
      }
      for (let i = 0; i + 1 < edges.length; i++) {
        const part = (x - edges[i]!) / (edges[i + 1]! - edges[i]!);
        // The first bin goes on below, the last above, so that no value is lost.
        const least = i === 0 ? Number.NEGATIVE_INFINITY : 0;
        const most = i + 2 === edges.length ? Number.POSITIVE_INFINITY : 1;
        out[at + i] = Math.min(most, Math.max(least, part));
      }
    }
  }
}

/** sign(x) · ln(1 + |x|): the logarithm of large numbers, harmless at 0 and below. */
export function signedLog(x: number): number {
  return x < 0 ? -Math.log1p(-x) : Math.log1p(x);
}

/** scikit-learn's QuantileTransformer(output_distribution="normal") of one value. */
function toNormal(quantiles: readonly number[], x: number): number {
  const n = quantiles.length;
  const bound = 1e-7;
  const clipLow = inverseNormal(bound - Number.EPSILON);
  const clipHigh = inverseNormal(1 - (bound - Number.EPSILON));
  let p: number;
  if (n === 1) p = 0.5;
  else if (x - bound < quantiles[0]!) p = 0;
  else if (x + bound > quantiles[n - 1]!) p = 1;
  // Forwards and backwards, averaged, so that runs of equal quantiles map to their middle.
  else p = 0.5 * (rank(quantiles, x, true) + rank(quantiles, x, false));
  if (n > 1 && quantiles[0] === quantiles[n - 1]) p = 0.5;
  return Math.min(clipHigh, Math.max(clipLow, inverseNormal(p)));
}

/** numpy.interp of x over the quantiles, from the upper or the lower side of equal ones; 0 to 1. */
function rank(quantiles: readonly number[], x: number, upper: boolean): number {
  const n = quantiles.length;
  let low = 0;
  let high = n;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (upper ? quantiles[middle]! <= x : quantiles[middle]! < x) low = middle + 1;
    else high = middle;
  }
  if (upper) {
    if (low === 0) return 0;
    if (low === n) return 1;
    const a = quantiles[low - 1]!;
    return (low - 1 + (x - a) / (quantiles[low]! - a)) / (n - 1);
  }
  if (low === 0) return 0;
  if (low === n) return 1;
  const b = quantiles[low]!;
  return (low - (b - x) / (b - quantiles[low - 1]!)) / (n - 1);
}

/** The normal distribution's inverse (Wichura's AS 241, about 1e-16). */
export function inverseNormal(p: number): number {
  if (p <= 0) return Number.NEGATIVE_INFINITY;
  if (p >= 1) return Number.POSITIVE_INFINITY;
  const q = p - 0.5;
  const horner = (x: number, terms: readonly number[]): number => terms.reduce((sum, term) => sum * x + term, 0);
  if (Math.abs(q) <= 0.425) {
    const r = 0.180625 - q * q;
    const top = horner(
      r,
      [
        2509.0809287301227, 33430.57558358813, 67265.7709270087, 45921.95393154987, 13731.69376550946,
        1971.5909503065513, 133.14166789178438, 3.3871328727963665,
      ],
    );
    const low = horner(
      r,
      [
        5226.495278852546, 28729.085735721943, 39307.89580009271, 21213.794301586597, 5394.196021424751,
        687.1870074920579, 42.31333070160091, 1,
      ],
    );
    return (q * top) / low;
  }
  let r = Math.sqrt(-Math.log(q < 0 ? p : 1 - p));
  let value: number;
  if (r <= 5) {
    r -= 1.6;
    const top = horner(
      r,
      [
        0.0007745450142783414, 0.022723844989269184, 0.2417807251774506, 1.2704582524523684, 3.6478483247632045,
        5.769497221460691, 4.630337846156546, 1.4234371107496835,
      ],
    );
    const low = horner(
      r,
      [
        1.0507500716444169e-9, 0.0005475938084995345, 0.015198666563616457, 0.14810397642748008, 0.6897673349851,
        1.6763848301838038, 2.053191626637759, 1,
      ],
    );
    value = top / low;
  } else {
    r -= 5;
    const top = horner(
      r,
      [
        2.0103343992922881e-7, 2.7115555687434876e-5, 0.0012426609473880784, 0.026532189526576124, 0.29656057182850487,
        1.7848265399172913, 5.463784911164114, 6.657904643501103,
      ],
    );
    const low = horner(
      r,
      [
        2.0442631033899397e-15, 1.421511758316446e-7, 1.8463183175100548e-5, 0.0007868691311456133,
        0.014875361290850615, 0.1369298809227358, 0.599832206555888, 1,
      ],
    );
    value = top / low;
  }
  return q < 0 ? -value : value;
}

/** What fills a hole: mean, median or mode (the least of the most frequent) of the training values, or a number. */
export function fitImpute(values: Float64Array, impute: "mean" | "median" | "mode" | number): number {
  if (typeof impute === "number") return impute;
  const sorted = sortedValues(values);
  if (sorted.length === 0) return 0;
  if (impute === "mean") return moments(values).mean;
  if (impute === "median") return quantile(sorted, 0.5);
  let best = sorted[0]!;
  let most = 0;
  for (let i = 0; i < sorted.length; ) {
    let j = i;
    while (j < sorted.length && sorted[j] === sorted[i]) j++;
    if (j - i > most) {
      most = j - i;
      best = sorted[i]!;
    }
    i = j;
  }
  return best;
}
