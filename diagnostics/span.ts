/**
 * Source files and places in them. Offsets count UTF-16 units, as JavaScript strings and editors do;
 * lines and columns count from 1. Knows nothing of the language.
 */

/** A text that spans point into. `path` is what the user would type from here. */
export interface SourceFile {
  readonly path: string;
  readonly text: string;
}

/** A half-open range `[start, end)` of UTF-16 offsets in one file. Plain JSON, so it can live in the IR. */
export interface Span {
  readonly file: string;
  readonly start: number;
  readonly end: number;
}

export interface Position {
  readonly line: number;
  readonly column: number;
}

const lineStartsOf = new WeakMap<SourceFile, number[]>();

/** Offsets at which the lines of a file start; `\r\n`, `\n` and a lone `\r` all end a line. */
export function lineStarts(file: SourceFile): number[] {
  let starts = lineStartsOf.get(file);
  if (starts === undefined) {
    starts = [0];
    for (const match of file.text.matchAll(/\r\n|\r|\n/g)) starts.push(match.index + match[0].length);
    lineStartsOf.set(file, starts);
  }
  return starts;
}

/** Line and column (both from 1, column in UTF-16 units) of an offset. Offsets past the end count as the end. */
export function positionAt(file: SourceFile, offset: number): Position {
  const starts = lineStarts(file);
  const at = Math.max(0, Math.min(offset, file.text.length));
  let low = 0;
  let high = starts.length - 1;
  while (low < high) {
    const middle = (low + high + 1) >> 1;
    if ((starts[middle] as number) <= at) low = middle;
    else high = middle - 1;
  }
  return { line: low + 1, column: at - (starts[low] as number) + 1 };
}

/** The text of a line (from 1), without its line break. */
export function lineText(file: SourceFile, line: number): string {
  const starts = lineStarts(file);
  const start = starts[line - 1] ?? file.text.length;
  const end = starts[line] ?? file.text.length;
  return file.text.slice(start, end).replace(/[\r\n]+$/, "");
}

/** The smallest span that covers both; they must be of one file. */
export function cover(a: Span, b: Span): Span {
  return { file: a.file, start: Math.min(a.start, b.start), end: Math.max(a.end, b.end) };
}
