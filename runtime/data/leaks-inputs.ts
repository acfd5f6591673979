/**
 * What a row gives a model to read, as 64-bit fingerprints: each column and each file a part, a row their sum, so that a
 * part can be taken out again. Equal fingerprints are equal rows (one mistake in 10⁷ for two million rows). Numbers count
 * by value, text without its outer spaces, files by what `content` calls them. Knows no splits and no messages.
 */
import type { ModalityPlan } from "../../plan/plan.ts";
import { expandColumn, isEmpty, naSet } from "./cells.ts";
import type { MediaCells } from "./media-cells.ts";
import { hashText } from "./random.ts";
import type { Cells, Table } from "./source.ts";

export type PieceKind = "number" | "category" | "text" | "vector" | "file";

/** One thing that a row gives a model: a column's cell, or a file. */
export interface Piece {
  readonly modality: string;
  readonly plan: ModalityPlan;
  readonly kind: PieceKind;
  /** The property of the spec that names it. */
  readonly property: string;
  /** The table's column; files have none. */
  readonly column?: string;
  /** Of a file: which of the row's. */
  readonly at?: number;
  readonly salt: number;
  readonly na: ReadonlySet<string> | undefined;
}

/** The media of a modality, and what each item holds: equal texts are equal content. */
export interface MediaContent {
  readonly cells: MediaCells;
  readonly content: readonly string[];
}

/** The pieces of a modality. None where the table lacks a column, which is said elsewhere. */
export function piecesOf(modality: string, plan: ModalityPlan, table: Table, media: MediaContent | undefined): Piece[] {
  const piece = (kind: PieceKind, property: string, more: { column?: string; at?: number }): Piece => ({
    modality,
    plan,
    kind,
    property,
    salt: hashText(`${modality}\0${more.column ?? ""}\0${more.at ?? ""}`),
    na: naSet(plan.na),
    ...more,
  });
  if (media !== undefined) {
    const property = plan.file !== undefined ? "file" : plan.files !== undefined ? "files" : "column";
    return Array.from({ length: media.cells.width }, (_, at) => piece("file", property, { at }));
  }
  const named = (kind: PieceKind, property: string, patterns: readonly string[]): Piece[] =>
    patterns.flatMap((pattern) =>
      expandColumn(pattern, table.columns).map((column) => piece(kind, property, { column })),
    );
  if (plan.type === "tabular")
    return [...named("number", "numeric", plan.numeric), ...named("category", "categorical", plan.categorical)];
  if (plan.file !== undefined || plan.files !== undefined) return [];
  const property = plan.columns === undefined ? "column" : "columns";
  const kind = plan.type === "text" ? "text" : plan.columns === undefined ? "vector" : "number";
  return named(kind, property, plan.columns ?? [plan.column ?? modality]);
}

/** A fingerprint in the making: two words of 32 bits. */
export interface Print {
  a: number;
  b: number;
}

const words = new Uint32Array(2);
const double = new Float64Array(words.buffer);

/** Fingerprints a piece of a row from its cell (files: from their content). */
export function printCell(piece: Piece, cell: string | null | undefined, print: Print): void {
  if (piece.kind === "file" ? cell === undefined || cell === null : isEmpty(cell, piece.na)) {
    finish(print, piece.salt, 0x1234567, 0);
    return;
  }
  const text = cell as string;
  if (piece.kind === "number") {
    const value = Number(text);
    if (!Number.isNaN(value)) {
      double[0] = value === 0 ? 0 : value;
      finish(print, piece.salt, words[0]!, words[1]!);
      return;
    }
  }
  printText(print, piece.salt, text, piece.plan.type === "text" && piece.plan.lower);
}

/** FNV-1a in two words; runs of spaces count as one, outer ones not at all. */
function printText(print: Print, salt: number, text: string, lower: boolean): void {
  let a = 0x811c9dc5;
  let b = 0x9747b28c;
  let space = false;
  let some = false;
  for (let i = 0; i < text.length; i++) {
    let code = text.charCodeAt(i);
    if (code <= 32 || code === 0xa0 || code === 0x3000) {
      space = some;
      continue;
    }
    if (lower && code >= 65 && code <= 90) code += 32;
    if (space) {
      a = Math.imul(a ^ 32, 0x01000193);
      b = Math.imul(b ^ 32, 0x5bd1e995);
      space = false;
    }
    some = true;
    a = Math.imul(a ^ code, 0x01000193);
    b = Math.imul(b ^ code, 0x5bd1e995);
    b ^= b >>> 15;
  }
  finish(print, salt, a, b);
}

/** Murmur's finaliser over both words, so that sums of prints are spread evenly. */
function finish(print: Print, salt: number, x: number, y: number): void {
  print.a = mix(Math.imul(x, 0x85ebca6b) ^ mix(y ^ salt));
  print.b = mix(Math.imul(y, 0xc2b2ae35) ^ mix(x + print.a + salt));
}

function mix(h: number): number {
  h = Math.imul(h ^ (h >>> 16), 0x85ebca6b);
  h = Math.imul(h ^ (h >>> 13), 0xc2b2ae35);
  return (h ^ (h >>> 16)) >>> 0;
}

/** A print as one number, 53 bits. */
export function keyOf(a: number, b: number): number {
  return (a >>> 0) * 2097152 + (b >>> 11);
}

/** The salt of targets, which are no inputs. */
const targetSalt = 0x7a96e7;

/** Fingerprints a row's labels. */
export function printTarget(cells: readonly (string | null | undefined)[], print: Print): void {
  let a = 0;
  let b = 0;
  cells.forEach((cell, c) => {
    const text = cell?.trim() ?? "";
    const value = text === "" ? Number.NaN : Number(text);
    if (Number.isNaN(value)) printText(print, targetSalt + c, text, false);
    else {
      double[0] = value === 0 ? 0 : value;
      finish(print, targetSalt + c, words[0]!, words[1]!);
    }
    a = (a + print.a) | 0;
    b = (b + print.b) | 0;
  });
  print.a = a >>> 0;
  print.b = b >>> 0;
}

/** Columns visited at once: a chunk of them lies in memory. */
const columnsAtOnce = 64;

export interface Visited {
  readonly pieces: readonly Piece[];
  /** The chunk has the targets' columns: in the first group of columns only. */
  readonly targets: boolean;
  readonly cells: ReadonlyMap<string, Cells>;
  readonly start: number;
  readonly rows: number;
}

/** Visits the table in chunks of rows, a group of columns after the other, each piece once. */
export async function visitPieces(
  table: Table,
  pieces: readonly Piece[],
  targets: readonly string[],
  each: (chunk: Visited) => void,
): Promise<void> {
  const files = pieces.filter((piece) => piece.kind === "file");
  const rest = pieces.filter((piece) => piece.kind !== "file");
  const groups: Piece[][] = [[...files, ...rest.slice(0, columnsAtOnce)]];
  for (let at = columnsAtOnce; at < rest.length; at += columnsAtOnce) groups.push(rest.slice(at, at + columnsAtOnce));
  for (const [g, group] of groups.entries()) {
    const named = new Set(g === 0 ? targets : []);
    for (const piece of group) if (piece.column !== undefined) named.add(piece.column);
    const columns = named.size > 0 ? [...named] : table.columns.slice(0, 1);
    await table.visit(columns, (cells, start) => {
      const byName = new Map(columns.map((column, c) => [column, cells[c]!]));
      each({ pieces: group, targets: g === 0, cells: byName, start, rows: cells[0]!.length });
    });
  }
}

/** The cell of a piece in a chunk: of a file its content. */
export function cellOf(
  piece: Piece,
  cells: ReadonlyMap<string, Cells>,
  i: number,
  row: number,
  media: ReadonlyMap<string, MediaContent>,
): string | null | undefined {
  if (piece.kind !== "file") return cells.get(piece.column!)?.[i];
  const { cells: of, content } = media.get(piece.modality)!;
  const item = of.of[row * of.width + piece.at!]!;
  return item < 0 ? undefined : content[item];
}
