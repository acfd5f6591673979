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
  const n = Math.min(1000, sorted.length);
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
        2509.0809287301226727, 33430.575583588128105, 67265.770927008700853, 45921.953931549871457,
        13731.693765509461125, 1971.5909503065514427, 133.14166789178437745, 3.387132872796366608,
      ],
    );
    const low = horner(
      r,
      [
        5226.495278852545925, 28729.085735721942674, 39307.89580009271061, 21213.794301586595867, 5394.1960214247511077,
        687.1870074920579083, 42.313330701600911252, 1,
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
        7.7454501427834140764e-4, 0.0227238449892691845833, 0.24178072517745061177, 1.27045825245236838258,
        3.64784832476320460504, 5.7694972214606914055, 4.6303378461565452959, 1.42343711074968357734,
      ],
    );
    const low = horner(
      r,
      [
        1.05075007164441684324e-9, 5.475938084995344946e-4, 0.0151986665636164571966, 0.14810397642748007459,
        0.68976733498510000455, 1.6763848301838038494, 2.05319162663775882187, 1,
      ],
    );
    value = top / low;
  } else {
    r -= 5;
    const top = horner(
      r,
      [
        2.01033439929228813265e-7, 2.71155556874348757815e-5, 0.0012426609473880784386, 0.026532189526576123093,
        0.29656057182850489123, 1.7848265399172913358, 5.4637849111641143699, 6.6579046435011037772,
      ],
    );
    const low = horner(
      r,
      [
        2.04426310338993978564e-15, 1.4215117583164458887e-7, 1.8463183175100546818e-5, 7.868691311456132591e-4,
        0.0148753612908506148525, 0.13692988092273580531, 0.59983220655588793769, 1,
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
