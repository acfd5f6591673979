/** What differs between two texts, by whole lines: for editors, and for saying which lines would change. */

/** Replaces the lines `[from, to]` (from 1) of the text before; `to` is `from - 1` where lines are put in between. */
export interface TextEdit {
  readonly from: number;
  readonly to: number;
  /** Offsets in the text before. */
  readonly start: number;
  readonly end: number;
  readonly text: string;
}

/**
 * Formatting changes lines where they are: the next line that both texts have is near. Lines that are farther away from
 * each other (both ways together) are not looked for, and all up to the end is replaced. Keeps it linear.
 */
const FARTHEST = 400;

export function lineEdits(before: string, after: string): TextEdit[] {
  if (before === after) return [];
  const a = linesOf(before);
  const b = linesOf(after);
  const starts = [0];
  for (const line of a) starts.push((starts[starts.length - 1] as number) + line.length);
  return differences(a, b).map(({ fromA, toA, fromB, toB }) => ({
    from: fromA + 1,
    to: toA,
    start: starts[fromA] as number,
    end: starts[toA] as number,
    text: b.slice(fromB, toB).join(""),
  }));
}

/** With their line breaks. */
const linesOf = (text: string): string[] => text.match(/[^\r\n]*(?:\r\n|\r|\n)|[^\r\n]+$/g) ?? [];

interface Difference {
  readonly fromA: number;
  readonly toA: number;
  readonly fromB: number;
  readonly toB: number;
}

function differences(a: readonly string[], b: readonly string[]): Difference[] {
  const found: Difference[] = [];
  let [x, y] = [0, 0];
  let [endA, endB] = [a.length, b.length];
  while (x < endA && x < endB && a[x] === b[x]) x++;
  y = x;
  while (endA > x && endB > y && a[endA - 1] === b[endB - 1]) {
    endA--;
    endB--;
  }
  while (x < endA || y < endB) {
    if (x < endA && y < endB && a[x] === b[y]) {
      x++;
      y++;
      continue;
    }
    const common = nextCommon(a, b, x, y);
    const isInside = common !== undefined && common[0] < endA && common[1] < endB;
    const [toA, toB] = isInside ? common : [endA, endB];
    found.push(trimmed(a, b, { fromA: x, toA, fromB: y, toB }));
    [x, y] = [toA, toB];
  }
  return found;
}

/** The next line with a word that both have; brackets alone say little. */
function nextCommon(a: readonly string[], b: readonly string[], x: number, y: number): [number, number] | undefined {
  for (let distance = 1; distance <= FARTHEST; distance++) {
    for (let i = 0; i <= distance; i++) {
      const [atA, atB] = [x + i, y + distance - i];
      const line = a[atA];
      if (line !== undefined && line === b[atB] && /[\p{L}\p{N}]/u.test(line)) return [atA, atB];
    }
  }
  return undefined;
}

/** Without the lines at its ends that both have. */
function trimmed(a: readonly string[], b: readonly string[], difference: Difference): Difference {
  let { fromA, toA, fromB, toB } = difference;
  while (toA > fromA && toB > fromB && a[toA - 1] === b[toB - 1]) {
    toA--;
    toB--;
  }
  while (toA > fromA && toB > fromB && a[fromA] === b[fromB]) {
    fromA++;
    fromB++;
  }
  return { fromA, toA, fromB, toB };
}
