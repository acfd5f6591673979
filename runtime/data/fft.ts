/** The Fourier transform of real signals: radix 2 for powers of two, Bluestein's algorithm for all other lengths. */

/** Writes bins 0 to n / 2 of the transform of `n` real numbers. */
export type RealFft = (input: Float64Array, re: Float64Array, im: Float64Array) => void;

const made = new Map<number, RealFft>();

/** A transform of length n; one for each length is kept. */
export function realFft(n: number): RealFft {
  let fft = made.get(n);
  if (fft === undefined) {
    fft = n >= 4 && (n & (n - 1)) === 0 ? createHalfFft(n) : createBluestein(n);
    made.set(n, fft);
  }
  return fft;
}

type ComplexFft = (re: Float64Array, im: Float64Array) => void;

/** In place, for a power of two. */
function createComplexFft(n: number): ComplexFft {
  const bits = Math.log2(n);
  const reversed = new Uint32Array(n);
  for (let i = 0; i < n; i++) {
    let r = 0;
    for (let b = 0; b < bits; b++) r |= ((i >> b) & 1) << (bits - 1 - b);
    reversed[i] = r;
  }
  const cos = new Float64Array(n / 2);
  const sin = new Float64Array(n / 2);
  for (let i = 0; i < n / 2; i++) {
    cos[i] = Math.cos((2 * Math.PI * i) / n);
    sin[i] = -Math.sin((2 * Math.PI * i) / n);
  }
  return (re, im) => {
    for (let i = 0; i < n; i++) {
      const j = reversed[i]!;
      if (j <= i) continue;
      const a = re[i]!;
      re[i] = re[j]!;
      re[j] = a;
      const b = im[i]!;
      im[i] = im[j]!;
      im[j] = b;
    }
    for (let size = 2; size <= n; size *= 2) {
      const half = size / 2;
      const step = n / size;
      for (let start = 0; start < n; start += size) {
        for (let k = 0, t = 0; k < half; k++, t += step) {
          const c = cos[t]!;
          const s = sin[t]!;
          const at = start + k;
          const to = at + half;
          const x = re[to]! * c - im[to]! * s;
          const y = re[to]! * s + im[to]! * c;
          re[to] = re[at]! - x;
          im[to] = im[at]! - y;
          re[at] = re[at]! + x;
          im[at] = im[at]! + y;
        }
      }
    }
  };
}

/** A real signal as a complex one of half the length. */
function createHalfFft(n: number): RealFft {
  const half = n / 2;
  const fft = createComplexFft(half);
  const zr = new Float64Array(half);
  const zi = new Float64Array(half);
  const cos = new Float64Array(half + 1);
  const sin = new Float64Array(half + 1);
  for (let k = 0; k <= half; k++) {
    cos[k] = Math.cos((2 * Math.PI * k) / n);
    sin[k] = -Math.sin((2 * Math.PI * k) / n);
  }
  return (input, re, im) => {
    for (let i = 0; i < half; i++) {
      zr[i] = input[2 * i]!;
      zi[i] = input[2 * i + 1]!;
    }
    fft(zr, zi);
    for (let k = 0; k <= half; k++) {
      const a = k === half ? 0 : k;
      const b = k === 0 ? 0 : half - k;
      const evenR = 0.5 * (zr[a]! + zr[b]!);
      const evenI = 0.5 * (zi[a]! - zi[b]!);
      const oddR = 0.5 * (zi[a]! + zi[b]!);
      const oddI = -0.5 * (zr[a]! - zr[b]!);
      re[k] = evenR + oddR * cos[k]! - oddI * sin[k]!;
      im[k] = evenI + oddR * sin[k]! + oddI * cos[k]!;
    }
  };
}

/** Any length, as a convolution of a power of two. */
function createBluestein(n: number): RealFft {
  let m = 1;
  while (m < 2 * n) m *= 2;
  const fft = createComplexFft(m);
  const cos = new Float64Array(n);
  const sin = new Float64Array(n);
  for (let i = 0; i < n; i++) {
    // i² modulo 2n keeps the angle exact for long transforms.
    const angle = (Math.PI * ((i * i) % (2 * n))) / n;
    cos[i] = Math.cos(angle);
    sin[i] = Math.sin(angle);
  }
  const br = new Float64Array(m);
  const bi = new Float64Array(m);
  for (let i = 0; i < n; i++) {
    br[i] = cos[i]!;
    bi[i] = sin[i]!;
    if (i > 0) {
      br[m - i] = cos[i]!;
      bi[m - i] = sin[i]!;
    }
  }
  fft(br, bi);
  const ar = new Float64Array(m);
  const ai = new Float64Array(m);
  return (input, re, im) => {
    ar.fill(0);
    ai.fill(0);
    for (let i = 0; i < n; i++) {
      ar[i] = input[i]! * cos[i]!;
      ai[i] = -input[i]! * sin[i]!;
    }
    fft(ar, ai);
    for (let i = 0; i < m; i++) {
      const x = ar[i]! * br[i]! - ai[i]! * bi[i]!;
      // Conjugated, so that the forward transform inverts.
      ai[i] = -(ar[i]! * bi[i]! + ai[i]! * br[i]!);
      ar[i] = x;
    }
    fft(ar, ai);
    for (let k = 0; k <= n >> 1; k++) {
      const x = ar[k]! / m;
      const y = -ai[k]! / m;
      re[k] = x * cos[k]! + y * sin[k]!;
      im[k] = y * cos[k]! - x * sin[k]!;
    }
  };
}
