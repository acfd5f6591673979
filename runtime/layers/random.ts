/**
 * Named streams of random numbers: every weight and every dropout draws from a stream of its own, derived from the root
 * seed and a name, so that adding one changes no other. Plain JavaScript: the same numbers on every engine.
 */

/** A generator of numbers in [0, 1). */
export type Random = () => number;

/** 32-bit FNV-1a of a text, finished with a mixing step so that close names give far numbers. */
export function hashName(text: string, seed = 0): number {
  let h = (0x811c9dc5 ^ seed) >>> 0;
  for (let i = 0; i < text.length; i++) {
    h = Math.imul(h ^ text.charCodeAt(i), 0x01000193);
  }
  return mix(h);
}

/** The finaliser of MurmurHash3: every bit of the result depends on every bit of `h`. */
export function mix(h: number): number {
  let x = h >>> 0;
  x = Math.imul(x ^ (x >>> 16), 0x85ebca6b);
  x = Math.imul(x ^ (x >>> 13), 0xc2b2ae35);
  return (x ^ (x >>> 16)) >>> 0;
}

/** The stream of `name` under the root seed (sfc32, Chris Doty-Humphrey's PractRand). */
export function stream(seed: number, name: string): Random {
  let a = hashName(name, seed);
  let b = mix(a + 0x9e3779b9);
  let c = mix(seed ^ 0x85157af5);
  let counter = 1;
  const next = (): number => {
    const t = (((a + b) | 0) + counter) | 0;
    counter = (counter + 1) | 0;
    a = b ^ (b >>> 9);
    b = (c + (c << 3)) | 0;
    c = (c << 21) | (c >>> 11);
    c = (c + t) | 0;
    return (t >>> 0) / 4294967296;
  };
  for (let i = 0; i < 12; i++) next();
  return next;
}

/**
 * `count` numbers in [0, 1) of a stream given by two numbers: which one (`key`) and when (`step`). Each number depends
 * on its position alone. Fast enough for dropout over large pictures.
 */
export function uniformBlock(count: number, key: number, step: number): Float32Array {
  const out = new Float32Array(count);
  const base = mix(mix(key ^ 0x3c6ef372) + Math.imul(step + 1, 0x9e3779b9));
  for (let i = 0; i < count; i++) {
    let x = (base + Math.imul(i + 1, 0x6d2b79f5)) >>> 0;
    x = Math.imul(x ^ (x >>> 16), 0x21f0aaad);
    x = Math.imul(x ^ (x >>> 15), 0x735a2d97);
    // 24 bits: exactly representable, so never rounded up to 1.
    out[i] = ((x ^ (x >>> 15)) >>> 8) / 16777216;
  }
  return out;
}

/** A standard normal number (Box and Muller). */
export function normal(random: Random): number {
  const u = 1 - random();
  return Math.sqrt(-2 * Math.log(u)) * Math.cos(2 * Math.PI * random());
}
