/**
 * Seeded randomness that does not depend on the order of work: every draw is made from a few integers (seed, epoch,
 * row, purpose), so that batches may be assembled in any order and a resumed run draws the same numbers.
 */

/** A stream of draws. */
export interface Random {
  /** Uniform in [0, 1). */
  next(): number;
  /** Uniform in [low, high). */
  between(low: number, high: number): number;
  /** A whole number in [0, n). */
  below(n: number): number;
  /** Standard normal (Box-Muller). */
  normal(): number;
}

function mix(h: number): number {
  h = Math.imul(h ^ (h >>> 16), 0x85ebca6b);
  h = Math.imul(h ^ (h >>> 13), 0xc2b2ae35);
  return (h ^ (h >>> 16)) >>> 0;
}

/** A 32-bit number of a text (FNV-1a), to make streams of a name. */
export function hashText(text: string): number {
  let h = 0x811c9dc5;
  for (let i = 0; i < text.length; i++) h = Math.imul(h ^ text.charCodeAt(i), 0x01000193);
  return h >>> 0;
}

/** A stream that depends on all the integers given (sfc32, seeded through MurmurHash3's finaliser). */
export function createRandom(...seeds: readonly number[]): Random {
  let h = 0x9e3779b9;
  for (const seed of seeds) {
    h = mix((h ^ (seed | 0)) + 0x9e3779b9);
    h = mix((h ^ Math.floor(seed / 4294967296)) + 0x7f4a7c15);
  }
  let a = mix(h + 1);
  let b = mix(h + 2);
  let c = mix(h + 3);
  let d = 1;
  const word = (): number => {
    const t = (((a + b) | 0) + d) | 0;
    d = (d + 1) | 0;
    a = b ^ (b >>> 9);
    b = (c + (c << 3)) | 0;
    c = (((c << 21) | (c >>> 11)) + t) | 0;
    return t >>> 0;
  };
  for (let i = 0; i < 12; i++) word();
  // 53 bits, so that a share of very many rows is drawn evenly.
  const next = (): number => ((word() >>> 5) * 67108864 + (word() >>> 6)) / 9007199254740992;
  // Box-Muller makes two at a time.
  let spare: number | undefined;
  const normal = (): number => {
    if (spare !== undefined) {
      const kept = spare;
      spare = undefined;
      return kept;
    }
    const radius = Math.sqrt(-2 * Math.log(1 - next()));
    const angle = 2 * Math.PI * next();
    spare = radius * Math.sin(angle);
    return radius * Math.cos(angle);
  };
  return {
    next,
    between: (low, high) => low + (high - low) * next(),
    below: (n) => Math.floor(next() * n),
    normal,
  };
}

/** Shuffles in place (Fisher-Yates). */
export function shuffle<T extends { length: number; [index: number]: unknown }>(items: T, random: Random): T {
  for (let i = items.length - 1; i > 0; i--) {
    const j = random.below(i + 1);
    const kept = items[i];
    items[i] = items[j];
    items[j] = kept;
  }
  return items;
}

/** The numbers 0 to n - 1 in a seeded order. */
export function permutation(n: number, random: Random): Int32Array {
  const order = new Int32Array(n);
  for (let i = 0; i < n; i++) order[i] = i;
  return shuffle(order, random);
}
