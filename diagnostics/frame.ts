/**
 * One line of a spec under its marks: cut around what is marked, `^^^` and `---` below, the rightmost label behind its
 * marks, the others below from right to left. Works in terminal cells; knows nothing of diagnostics.
 */
import { displayWidth, type Glyph, glyphs } from "./width.ts";

/** A mark in a line, in UTF-16 units from the line's start; an empty range is drawn one cell wide. */
export interface LineMark {
  readonly start: number;
  readonly end: number;
  readonly style: "^" | "-";
  readonly label?: string;
}

/** A piece of a line below; `style` says which marks it belongs to, so that a caller may colour it. */
export interface Part {
  readonly text: string;
  readonly style?: "^" | "-";
}

export interface Drawn {
  readonly text: string;
  readonly below: readonly (readonly Part[])[];
}

interface Placed {
  /** Cells from the left of the drawn line. */
  readonly from: number;
  readonly to: number;
  readonly style: "^" | "-";
  readonly label?: string;
}

/** How much of a cut line is shown behind what is marked, in cells. */
const context = 12;

/** Draws a line in at most `width` cells; `ellipsis` stands where it is cut. */
export function drawLine(line: string, marks: readonly LineMark[], width: number, ellipsis: string): Drawn {
  const all = glyphs(line.trimEnd().length < lastEnd(marks) ? line : line.trimEnd());
  const cellAt = cells(all);
  const ranges = marks.map((mark) => ({ ...mark, from: cellAt(mark.start, false), to: cellAt(mark.end, true) }));
  const view = window(total(all), ranges, width, ellipsis.length);
  const shift = view.from > 0 ? ellipsis.length - view.from : 0;
  const placed = ranges
    .map((r): Placed => {
      const from = Math.max(0, Math.min(r.from + shift, width - 1));
      const to = Math.max(
        from + 1,
        Math.min(r.to + shift, view.cutRight ? width - (r.to > view.to ? 0 : ellipsis.length) : width),
      );
      return { from, to, style: r.style, ...(r.label === undefined ? {} : { label: r.label }) };
    })
    .sort((a, b) => a.from - b.from || a.to - b.to);
  return { text: cutText(all, view, ellipsis), below: below(placed, width, ellipsis) };
}

function lastEnd(marks: readonly LineMark[]): number {
  return Math.max(0, ...marks.map((mark) => mark.end));
}

function total(all: readonly Glyph[]): number {
  return all.reduce((sum, glyph) => sum + glyph.cells, 0);
}

/** From an offset in the line to its cell; an offset inside a glyph counts as its start, or its end where `up`. */
function cells(all: readonly Glyph[]): (offset: number, up: boolean) => number {
  return (offset, up) => {
    let cell = 0;
    for (const glyph of all) {
      if (glyph.at + glyph.length > offset) return up && offset > glyph.at ? cell + glyph.cells : cell;
      cell += glyph.cells;
    }
    return cell;
  };
}

interface View {
  /** The cells of the whole line that are shown between the ellipses. */
  readonly from: number;
  readonly to: number;
  readonly cutRight: boolean;
}

function window(
  length: number,
  ranges: readonly { from: number; to: number; label?: string }[],
  width: number,
  dots: number,
): View {
  if (length <= width) return { from: 0, to: length, cutRight: false };
  const first = Math.min(...ranges.map((r) => r.from));
  const last = Math.max(...ranges.map((r) => r.to));
  if (last <= width - dots) return { from: 0, to: width - dots, cutRight: true };
  // Cut on the left; on the right as well where more than a little follows.
  if (last + context >= length && first >= length - (width - dots)) {
    return { from: length - (width - dots), to: length, cutRight: false };
  }
  const room = width - 2 * dots;
  const from = Math.max(1, Math.min(first, last + context - room));
  if (from + room >= length) return { from: length - (width - dots), to: length, cutRight: false };
  return { from, to: from + room, cutRight: true };
}

function cutText(all: readonly Glyph[], view: View, ellipsis: string): string {
  let text = view.from > 0 ? ellipsis : "";
  let cell = 0;
  for (const glyph of all) {
    const end = cell + glyph.cells;
    // A wide character at the edge leaves a blank, so that what follows keeps its cell.
    if (cell >= view.from && end <= view.to) text += glyph.shown;
    else if (cell < view.from && end > view.from) text += " ".repeat(end - view.from);
    cell = end;
  }
  return view.cutRight ? text + ellipsis : text;
}

/** The row of marks and the rows of labels. */
function below(placed: readonly Placed[], width: number, ellipsis: string): Part[][] {
  const marks: Row = { parts: [], end: 0 };
  for (const mark of placed) put(marks, mark.from, mark.style.repeat(mark.to - mark.from), mark.style);
  const rows = [marks];
  const last = placed[placed.length - 1];
  const furthest = Math.max(0, ...placed.map((mark) => mark.to));
  let waiting = placed.filter((mark) => mark.label !== undefined);
  if (last?.label !== undefined && furthest === last.to && last.to + 1 + displayWidth(last.label) <= width) {
    put(marks, last.to + 1, last.label, last.style);
    waiting = waiting.filter((mark) => mark !== last);
  }
  while (waiting.length > 0) {
    const mark = waiting[waiting.length - 1] as Placed;
    waiting = waiting.slice(0, -1);
    const row: Row = { parts: [], end: 0 };
    for (const other of waiting) if (other.from < mark.from) put(row, other.from, "|", other.style);
    const label = mark.label ?? "";
    // A label that would run over the edge moves to the left, as far as the places held there allow.
    const start = Math.min(mark.from, Math.max(row.end === 0 ? 0 : row.end + 1, width - displayWidth(label)));
    put(row, start, shorten(label, width - start, ellipsis), mark.style);
    rows.push(row);
  }
  return rows.map((row) => row.parts);
}

function shorten(label: string, width: number, ellipsis: string): string {
  if (displayWidth(label) <= width) return label;
  let text = "";
  let cells = 0;
  for (const glyph of glyphs(label)) {
    if (cells + glyph.cells > width - ellipsis.length) break;
    text += glyph.shown;
    cells += glyph.cells;
  }
  return text + ellipsis;
}

/** A row that is filled from left to right; `end` is the first free cell. */
interface Row {
  readonly parts: Part[];
  end: number;
}

/** Puts a text at a cell; what would overlap what is there is shortened from its left. */
function put(row: Row, at: number, text: string, style: "^" | "-"): void {
  const from = Math.max(at, row.end);
  const rest = text.slice(from - at);
  if (rest === "") return;
  if (from > row.end) row.parts.push({ text: " ".repeat(from - row.end) });
  row.parts.push({ text: rest, style });
  row.end = from + displayWidth(rest);
}
