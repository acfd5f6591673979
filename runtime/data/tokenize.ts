/**
 * From text to tokens: words as Keras's Tokenizer splits them, for any script; characters (code points); and words of
 * scripts without spaces by `Intl.Segmenter`. A pure function of text and settings.
 */

export interface TokenizerSettings {
  readonly tokenizer: "words" | "characters";
  readonly lower: boolean;
  /** Segment words of Chinese, Japanese or Thai: the BCP 47 tag to segment by. */
  readonly segment?: string;
}

const segmented =
  /[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Thai}\p{Script=Lao}\p{Script=Khmer}\p{Script=Myanmar}]/gu;

/** Makes a function from text to tokens. */
export function createTokenizer(settings: TokenizerSettings): (text: string) => string[] {
  const prepare = (text: string): string =>
    settings.lower ? text.normalize("NFC").toLowerCase() : text.normalize("NFC");
  if (settings.tokenizer === "characters") return (text) => Array.from(prepare(text));
  if (settings.segment !== undefined) {
    const segmenter = new Intl.Segmenter(settings.segment, { granularity: "word" });
    return (text) => {
      const tokens: string[] = [];
      for (const piece of segmenter.segment(prepare(text))) if (piece.isWordLike) tokens.push(piece.segment);
      return tokens;
    };
  }
  return (text) => splitWords(prepare(text));
}

/** Letters, marks, digits and apostrophes stand; all other punctuation and symbols separate, as in Keras's Tokenizer. */
function splitWords(text: string): string[] {
  const tokens: string[] = [];
  for (const piece of text.split(/[\s\p{Cc}\p{Zs}\p{Zl}\p{Zp}]|(?!['’])[\p{P}\p{S}]/u)) {
    // Apostrophes stay inside and around words, but are no words themselves.
    if (piece !== "" && /[^'’]/u.test(piece)) tokens.push(piece);
  }
  return tokens;
}

/**
 * The language to segment by, if text needs it: the plan's where it is zh, ja, th (lo, km, my), or, without one, where
 * most letters of the samples are of such a script.
 */
export function segmentationOf(language: string | undefined, samples: Iterable<string>): string | undefined {
  if (language !== undefined) return /^(zh|ja|th|lo|km|my)\b/i.test(language) ? language : undefined;
  let without = 0;
  let letters = 0;
  let kana = 0;
  let thai = 0;
  for (const sample of samples) {
    letters += sample.match(/\p{L}/gu)?.length ?? 0;
    without += sample.match(segmented)?.length ?? 0;
    kana += sample.match(/[\p{Script=Hiragana}\p{Script=Katakana}]/gu)?.length ?? 0;
    thai += sample.match(/\p{Script=Thai}/gu)?.length ?? 0;
  }
  if (letters === 0 || without * 2 <= letters) return undefined;
  if (thai * 2 > without) return "th";
  return kana * 10 > without ? "ja" : "zh";
}

/** Counts tokens in order of first appearance. */
export function countTokens(counts: Map<string, number>, tokens: readonly string[]): void {
  for (const token of tokens) counts.set(token, (counts.get(token) ?? 0) + 1);
}

/**
 * The words of a vocabulary of `rows` rows of weights (0 is padding, 1 unknown): by frequency, ties by first appearance.
 * @returns the words of rows 2, 3 …
 */
export function mostFrequent(counts: ReadonlyMap<string, number>, rows: number): string[] {
  // Sorting is stable and a Map keeps the order of first appearance.
  const sorted = [...counts].sort((a, b) => b[1] - a[1]);
  return sorted.slice(0, Math.max(0, rows - 2)).map(([word]) => word);
}

/**
 * Pads or cuts a row of ids to `length`, both on the side `pad` says (Keras's pad_sequences with padding = truncating).
 * Writes into `out` from `at` on.
 */
export function padInto(
  out: Int32Array,
  at: number,
  ids: readonly number[],
  length: number,
  pad: "pre" | "post",
): void {
  if (ids.length >= length) {
    const start = pad === "pre" ? ids.length - length : 0;
    for (let i = 0; i < length; i++) out[at + i] = ids[start + i]!;
    return;
  }
  const start = pad === "pre" ? length - ids.length : 0;
  for (let i = 0; i < ids.length; i++) out[at + start + i] = ids[i]!;
}
