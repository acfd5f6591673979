/**
 * "Did you mean": the legal words nearest to one that was written, by bounded Damerau-Levenshtein distance, and the help
 * sentence that names them. Which words are legal at a place is the caller's knowledge, as are other libraries' words
 * (foreign.ts), which are looked up first.
 */
import { list, number, tick } from "./phrase.ts";

/**
 * What lies near a word that was written. `distance` 0 means: equal but for case, blanks and `_`; `short`: one edit of a word of
 * three letters, which is a third of it, so another word may be meant.
 */
export type Near =
  | { readonly kind: "one"; readonly word: string; readonly distance: number; readonly short?: true }
  | { readonly kind: "few"; readonly words: readonly string[] }
  | { readonly kind: "none"; readonly legal: readonly string[]; readonly role?: string };

export interface NearOptions {
  /** What `mmfc words --role ROLE` lists, where there are more than eight legal words. */
  readonly role?: string;
}

/** A longer word is no slip of the hand. */
const LONGEST = 100;

/**
 * The legal words at the least distance from `text`, without case, at most a third of its length away.
 * More than three equally near words count as none.
 */
export function near(text: string, legal: Iterable<string>, options: NearOptions = {}): Near {
  const words = [...new Set(legal)];
  if (text.length > LONGEST) {
    const role = options.role === undefined ? {} : { role: options.role };
    return { kind: "none", legal: words, ...role };
  }
  const written = fold(text);
  const plain = squash(text);
  const limit = Math.floor(Array.from(written).length / 3);
  let best = limit + 1;
  let found: string[] = [];
  for (const word of words) {
    const d =
      plain !== "" && squash(word) === plain ? 0 : Math.max(1, distance(written, fold(word), Math.min(best, limit)));
    if (d > limit && d !== 0) continue;
    if (d < best) {
      best = d;
      found = [word];
    } else if (d === best) found.push(word);
  }
  if (found.length === 1) {
    const short = best > 0 && Array.from(written).length < 4;
    return { kind: "one", word: found[0] as string, distance: best, ...(short ? { short } : {}) };
  }
  if (found.length === 2 || found.length === 3) return { kind: "few", words: found };
  return options.role === undefined
    ? { kind: "none", legal: words }
    : { kind: "none", legal: words, role: options.role };
}

/** True if a fix is certain: one word, at most one edit away, and at least four letters that say so. */
export function oneNear(found: Near): found is Near & { readonly kind: "one" } {
  return found.kind === "one" && found.distance <= 1 && found.short !== true;
}

/**
 * The help sentence: "write `X`", "did you mean `X` or `Y`?", "it has `A`, `B` and `C`"; nothing where nothing is legal.
 * @param print how a word is marked: `tick` for words and names, `quoted` for columns
 */
export function nearHelp(found: Near, print: (word: string) => string = tick): string | undefined {
  if (found.kind === "one") return `write ${print(found.word)}`;
  if (found.kind === "few") return `did you mean ${list(found.words.map(print), "or")}?`;
  if (found.legal.length === 0) return undefined;
  if (found.legal.length <= 8) return `it has ${list(found.legal.map(print))}`;
  const first = found.legal.slice(0, 5).map(print);
  if (found.role === undefined) return `it has ${list([...first, `${number(found.legal.length - 5)} more`])}`;
  return `it has ${first.join(", ")} and more: \`mmfc words --role ${found.role}\``;
}

function fold(text: string): string {
  return text.normalize("NFC").toLowerCase();
}

function squash(text: string): string {
  return fold(text).replace(/[_\s]/g, "");
}

/**
 * Damerau-Levenshtein distance (optimal string alignment: insert, delete, replace, swap neighbours) in code points.
 * Stops early: a result above `limit` only says "more than `limit`".
 */
export function distance(a: string, b: string, limit: number = Number.POSITIVE_INFINITY): number {
  const from = Array.from(a);
  const to = Array.from(b);
  if (Math.abs(from.length - to.length) > limit) return limit + 1;
  let beforeLast: number[] = [];
  let last = Array.from({ length: to.length + 1 }, (_, j) => j);
  for (let i = 1; i <= from.length; i++) {
    const row = [i];
    let least = i;
    for (let j = 1; j <= to.length; j++) {
      const same = from[i - 1] === to[j - 1];
      let d = Math.min((last[j] ?? 0) + 1, (row[j - 1] ?? 0) + 1, (last[j - 1] ?? 0) + (same ? 0 : 1));
      if (i > 1 && j > 1 && from[i - 1] === to[j - 2] && from[i - 2] === to[j - 1]) {
        d = Math.min(d, (beforeLast[j - 2] ?? 0) + 1);
      }
      row.push(d);
      least = Math.min(least, d);
    }
    if (least > limit) return limit + 1;
    beforeLast = last;
    last = row;
  }
  return last[to.length] ?? 0;
}
