/**
 * Writes flows and bracketed groups. A break that the author made stays (before an arrow, behind an opening bracket,
 * between two items); more are made where a line is too long, so that a second time nothing changes.
 */
import { chainSize, formOf, groupSize, isPlain, itemSize, LIMIT, linkSize, pieceSize, wordSize } from "./measure.ts";
import { writeInline, writeOwn, writeTrail, writeWord } from "./notes.ts";
import type { Page } from "./page.ts";
import { type Chain, type Group, type Item, isGroup, type Link, type Note, type Piece, type Word } from "./tree.ts";

/** What a bracket or a broken flow adds to the indent. */
export const STEP = 2;

/** `-> ` */
const ARROW = 3;

interface Around {
  /** The indent of the line on which the thing begins. */
  readonly base: number;
  /** Cells that follow on its last line before a break can come: `,`, `)`, ` {`. */
  readonly tail: number;
}

// ---------------------------------------------------------------- flows

/**
 * Arrows that begin lines stand below the first one if that follows a name and is not far to the right; else a step to the
 * right of the line.
 * @param pad cells to put before the first arrow, so that it stands below others
 */
export function writeChain(page: Page, chain: Chain, { base, tail }: Around, pad = 0): void {
  const whole = fits(page, chainSize(chain).flat, pad + tail);
  const [first, ...others] = chain.links as [Link, ...Link[]];
  let closes = writePieces(page, first.pieces, { base, tail: others.length === 0 ? tail : 0 });
  if (others.length === 0) return;
  let line = base;
  const at = page.column() + pad;
  const stays = whole || !firstBreaks(chain, at, { base, tail });
  const arrows = stays && !first.pieces.some(isGroup) && at <= LIMIT / 2 ? at + 1 : base + STEP;
  others.forEach((link, i) => {
    const arrow = link.arrow as Word;
    const rest = i === others.length - 1 ? tail : 0;
    const room = fits(page, needed(link), ARROW + 1 + rest);
    // behind a bracket that closes on a line of its own there is room
    const written = arrow.first && !(closes && room && arrow.notes.length === 0);
    const breaks = i === 0 && !written ? !stays : written || (!whole && !room);
    const inline = breaks ? writeBreak(page, arrow.notes, arrows) : arrow.notes;
    if (breaks) line = arrows;
    writeInline(page, inline, line);
    page.space(i === 0 && !breaks ? pad : 0);
    page.write("-> ");
    closes = writePieces(page, link.pieces, { base: line, tail: rest });
  });
}

/** Ends the line before an arrow; returns the comments that stand between the break and the arrow. */
function writeBreak(page: Page, notes: readonly Note[], arrows: number): readonly Note[] {
  const ends = notes.findIndex((note) => note.ends);
  const trail = ends < 0 || notes.slice(0, ends + 1).some((note) => note.own) ? 0 : ends + 1;
  writeTrail(page, notes.slice(0, trail), arrows);
  let last = notes.length;
  while (last > trail && !(notes[last - 1] as Note).ends) last--;
  writeOwn(
    page,
    notes.slice(trail, last).map((note) => ({ ...note, blank: false })),
    arrows,
  );
  page.line(arrows);
  return notes.slice(last).map((note) => ({ ...note, own: false }));
}

/**
 * Whether a flow that is too long for its line breaks before its first arrow: where its second call only fits on a line of
 * its own.
 * @param at the column behind its first call
 */
export function firstBreaks(chain: Chain, at: number, { base, tail }: Around): boolean {
  const second = chain.links[1] as Link;
  if (second.arrow?.first === true) return true;
  const width = ARROW + needed(second) + (chain.links.length === 2 && linkSize(second).flat !== undefined ? tail : 0);
  if (at + 1 + width <= LIMIT) return false;
  return base + STEP + width <= LIMIT || at + 1 + ARROW + headOf(second) > LIMIT;
}

/** Cells of a call up to where the author broke it. */
const needed = (link: Link): number => linkSize(link).flat ?? linkSize(link).first;

/** Cells up to its first bracket, that one included. */
function headOf({ pieces }: Link): number {
  let cells = 0;
  for (const piece of pieces) {
    if (isGroup(piece)) return cells + 1;
    cells += pieceSize(piece).first;
  }
  return cells;
}

const chainFits = (chain: Chain, start: number): boolean => start + (chainSize(chain).flat ?? LIMIT) <= LIMIT;

const fits = (page: Page, flat: number | undefined, tail: number): boolean =>
  flat !== undefined && page.column() + flat + tail <= LIMIT;

/**
 * Words and groups without spaces between them.
 * @returns whether the last of them is a bracket that closes on a line of its own
 */
export function writePieces(page: Page, pieces: readonly Piece[], { base, tail }: Around): boolean {
  let closes = false;
  pieces.forEach((piece, i) => {
    if (isGroup(piece)) closes = writeGroup(page, piece, { base, tail: i === pieces.length - 1 ? tail : 0 });
    else writeWord(page, piece, base);
  });
  return closes;
}

// ---------------------------------------------------------------- groups

/** @returns whether it closes on a line of its own */
export function writeGroup(page: Page, group: Group, around: Around): boolean {
  const form = formOf(group);
  const { flat, first, rigid } = groupSize(group);
  const hang = page.column() + wordSize(group.open).first;
  const cells = flat === undefined ? first : flat + around.tail;
  if (form === "hang" && hangs(group, hang, around)) writeHanging(page, group, hang, around);
  else if (form === "flat" && (group.items.length === 0 || rigid || page.column() + cells <= LIMIT))
    writeFlat(page, group, around);
  else {
    writeBlock(page, group, around.base);
    return true;
  }
  return false;
}

/** Items behind the opening bracket stay there unless they only fit further to the left. */
function hangs({ items }: Group, hang: number, { base, tail }: Around): boolean {
  return items.every((item, i) => {
    const { flat, first } = itemSize(item);
    const cells = flat === undefined ? first : flat + 1 + (i === items.length - 1 ? tail : 0);
    return hang + cells <= LIMIT || base + STEP + cells > LIMIT;
  });
}

/** `(a, b)`, `{ a: 1, b: 2 }`; items that the author broke inside stay broken. */
function writeFlat(page: Page, group: Group, { base, tail }: Around): void {
  const spaced = group.form === "{";
  writeWord(page, group.open, base);
  if (spaced) page.space();
  group.items.forEach((item, i) => {
    const last = i === group.items.length - 1;
    writeItem(page, item, { base, tail: last ? tail + (spaced ? 2 : 1) : 1 });
    if (!last) page.write(", ");
  });
  if (spaced) page.space();
  writeWord(page, group.close, base);
}

/** `parallel(a,` and the others below the first. */
function writeHanging(page: Page, group: Group, hang: number, { tail }: Around): void {
  writeWord(page, group.open, hang);
  group.items.forEach((item, i) => {
    const last = i === group.items.length - 1;
    const rest = last ? tail + 1 : 1;
    if (i > 0) {
      const { flat } = itemSize(item);
      if (item.starts || !fits(page, flat, rest + 1)) {
        if (item.blank) page.blank();
        writeOwn(page, item.lead, hang, true);
        if (item.lead.length > 0 && item.blankInside) page.blank();
        page.line(hang);
      } else page.space();
    }
    writeItem(page, item, { base: hang, tail: rest });
    if (!last) page.write(",");
    writeTrail(page, item.trail, hang);
  });
  writeWord(page, group.close, hang);
}

/** The brackets on lines of their own, the items a step to the right. */
export function writeBlock(page: Page, group: Group, base: number): void {
  const indent = base + STEP;
  const separates = group.form !== "{";
  writeWord(page, group.open, base);
  writeTrail(page, group.openTrail, indent);
  page.inBody(() => {
    const rows = rowsOf(group, indent);
    const pads = separates ? arrowPads(rows, indent) : keyPads(rows, indent);
    rows.forEach((row, i) => {
      const [first] = row as [Item];
      if (i > 0 && first.blank) page.blank();
      writeOwn(page, first.lead, indent, true);
      if (first.lead.length > 0 && first.blankInside) page.blank();
      page.line(indent);
      row.forEach((item, k) => {
        const comma = separates || k < row.length - 1;
        if (k > 0) page.space();
        writeItem(page, comma ? item : { ...item, after: [] }, { base: indent, tail: comma ? 1 : 0 }, pads[i]);
        if (comma) page.write(",");
        writeTrail(page, comma ? item.trail : [...item.after, ...item.trail], indent);
      });
    });
    writeOwn(page, group.closeLead, indent, rows.length === 0);
  });
  page.line(base);
  writeWord(page, group.close, base);
}

function writeItem(page: Page, item: Item, around: Around, pad = 0): void {
  const { key, colon } = item;
  if (key !== undefined && colon !== undefined) {
    writeWord(page, key, around.base);
    writeWord(page, colon, around.base);
    page.space(pad);
  }
  writeChain(page, item.chain, around, key === undefined ? pad : 0);
  for (const note of item.after) {
    page.space();
    page.write(note.text);
  }
}

// ---------------------------------------------------------------- lines of a block

/** Items by line: as the author has them, one a line where that is too long; words and numbers fill lines. */
function rowsOf(group: Group, indent: number): Item[][] {
  const rows: Item[][] = [];
  group.items.forEach((item, i) => {
    const row = rows[rows.length - 1];
    if (row === undefined || item.starts || (group.items[i - 1] as Item).trail.length > 0) rows.push([item]);
    else row.push(item);
  });
  const forced = formOf(group) === "flat";
  return rows.flatMap((row) => {
    if (row.length === 1 || (!forced && rowFits(row, indent))) return [row];
    return row.every(isPlain) ? filled(row, indent) : row.map((item) => [item]);
  });
}

function rowFits(row: readonly Item[], indent: number): boolean {
  let cells = indent + 1;
  for (const [i, item] of row.entries()) {
    const { flat, rigid } = itemSize(item);
    if (flat === undefined || rigid) return false;
    cells += flat + (i === 0 ? 0 : 2);
  }
  return cells <= LIMIT;
}

function filled(items: readonly Item[], indent: number): Item[][] {
  const rows: Item[][] = [];
  let cells = LIMIT;
  for (const item of items) {
    const own = (itemSize(item).flat ?? LIMIT) + 2;
    const row = rows[rows.length - 1];
    if (row !== undefined && cells + own - 1 <= LIMIT) row.push(item);
    else {
      rows.push([item]);
      cells = indent;
    }
    cells += own;
  }
  return rows;
}

/** One that may stand in a column, and what it takes on its line. */
interface Cell {
  readonly width: number;
  /** Whether all that must stand on the line still does, so far to the right. */
  fits(pad: number): boolean;
  /** A blank line stands before it. */
  readonly apart: boolean;
}

/**
 * The cells to put behind each of these, so that what follows stands in one column. Those without a cell, or that do not
 * fit into the column of their neighbours, stand by themselves and part the others.
 */
export function columnPads(given: readonly (Cell | undefined)[]): number[] {
  const cells = given.map((cell) => (cell?.fits(0) === true ? cell : undefined));
  const pads = cells.map(() => 0);
  let from = 0;
  while (from < cells.length) {
    let to = from;
    let widest = 0;
    for (; to < cells.length; to++) {
      const cell = cells[to];
      if (cell === undefined || (to > from && cell.apart)) break;
      widest = Math.max(widest, cell.width);
    }
    let parted = false;
    for (let i = from; i < to; i++) {
      const cell = cells[i] as Cell;
      if (cell.fits(widest - cell.width)) continue;
      cells[i] = undefined;
      parted = true;
    }
    // without them the column is narrower
    if (parted) continue;
    for (let i = from; i < to; i++) pads[i] = widest - (cells[i] as Cell).width;
    from = Math.max(to, from + (cells[from] === undefined ? 1 : 0));
  }
  return pads;
}

/** `key:   value`, one below the other. */
function keyPads(rows: readonly Item[][], indent: number): number[] {
  return columnPads(
    rows.map((row) => {
      const [item] = row as [Item];
      const { key, colon } = item;
      const { flat, rigid } = chainSize(item.chain);
      if (row.length > 1 || key === undefined || colon === undefined || flat === undefined || rigid) return undefined;
      if (key.notes.length > 0 || colon.notes.length > 0) return undefined;
      const width = key.width + 1;
      return { width, apart: isApart(item), fits: (pad) => indent + width + pad + 1 + flat <= LIMIT };
    }),
  );
}

/** `text  -> embedding(64),`, one arrow below the other. */
function arrowPads(rows: readonly Item[][], indent: number): number[] {
  return columnPads(
    rows.map((row) => {
      const [item] = row as [Item];
      const cell = row.length > 1 || item.key !== undefined ? undefined : sourceCell(item.chain, indent, indent, 1);
      return cell && { ...cell, apart: isApart(item) };
    }),
  );
}

/** The cell of a flow's source: a name, with an arrow on its line. */
export function sourceCell(
  chain: Chain,
  start: number,
  base: number,
  tail: number,
): Pick<Cell, "width" | "fits"> | undefined {
  const [first, second] = chain.links;
  if (first === undefined || second === undefined || first.pieces.some(isGroup)) return undefined;
  const width = linkSize(first).flat;
  if (width === undefined || second.arrow?.first !== false || second.arrow.notes.length > 0) return undefined;
  return {
    width,
    fits: (pad) => chainFits(chain, start + pad + tail) || !firstBreaks(chain, start + width + pad, { base, tail }),
  };
}

const isApart = (item: Item): boolean => item.blank || item.blankInside;
