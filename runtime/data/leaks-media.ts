/**
 * Files that rows of training and of another part name, also where a copy has another name. Contents are compared only
 * where sizes are equal and the files lie in different parts: first a few thousand bytes of each, then all; what would
 * take long (very many such files, or large ones) is taken for different. Knows no messages.
 */
import { createHash } from "node:crypto";
import type { MediaContent } from "./leaks-inputs.ts";
import type { FoundFile } from "./media.ts";
import type { MediaCells } from "./media-cells.ts";
import { concurrently } from "./modality.ts";
import type { OpenBytes } from "./open-file.ts";
import type { PartRows } from "./targets.ts";

/** Files looked into at most, and bytes read whole at most: a second or two. */
const mostFiles = 20_000;
const mostBytes = 256_000_000;
/** Read of each of them first: the middle and the end, because headers and silence are equal. */
const glance = 4096;

/** What each item of a modality holds; of files with equal content, all have the name of the first. */
export async function contentOf(cells: MediaCells, parts: readonly PartRows[]): Promise<MediaContent> {
  const content = cells.items.map(({ file, index }) =>
    index === undefined ? file.identity : `${file.identity}#${index}`,
  );
  const sides = sidesOf(cells, parts);
  const bySize = new Map<number, number[]>();
  const known = new Set<string>();
  cells.items.forEach(({ file, index }, item) => {
    // Bytes in the table's own cells are told apart by what they hold.
    if (index !== undefined || sides[item] === 0 || file.size === 0 || file.identity.startsWith("bytes|")) return;
    if (known.has(content[item]!)) return;
    known.add(content[item]!);
    const same = bySize.get(file.size);
    if (same === undefined) bySize.set(file.size, [item]);
    else same.push(item);
  });
  let suspects = [...bySize.values()].filter((items) => acrossParts(items, sides));
  const glanced = suspects.reduce((sum, items) => sum + items.length, 0);
  if (glanced === 0 || glanced > mostFiles) return { cells, content };
  suspects = await alike(suspects, cells, sides, glanceOf);
  let budget = mostBytes;
  suspects = suspects.filter((items) => {
    budget -= items.length * cells.items[items[0]!]!.file.size;
    return budget >= 0;
  });
  suspects = await alike(suspects, cells, sides, wholeOf);
  // By name, because two parts may name one file by two items.
  const first = new Map(suspects.flatMap((items) => items.map((item) => [content[item]!, content[items[0]!]!])));
  return { cells, content: content.map((one) => first.get(one) ?? one) };
}

/** Groups of files split by what a look at each says; those of one part alone are left out. */
async function alike(
  groups: readonly (readonly number[])[],
  cells: MediaCells,
  sides: Uint8Array,
  look: (file: FoundFile) => Promise<string>,
): Promise<number[][]> {
  const all = groups.flatMap((items, group) => items.map((item) => ({ item, group, said: "" })));
  await concurrently(all.length, 8, async (i) => {
    const one = all[i]!;
    // A file that vanished or cannot be read is said by the one who decodes it.
    one.said = await look(cells.items[one.item]!.file).catch(() => `unreadable ${one.item}`);
  });
  const found = new Map<string, number[]>();
  for (const { item, group, said } of all) {
    const key = `${group} ${said}`;
    const same = found.get(key);
    if (same === undefined) found.set(key, [item]);
    else same.push(item);
  }
  return [...found.values()].filter((items) => acrossParts(items, sides));
}

async function glanceOf(file: FoundFile): Promise<string> {
  if (file.size <= 4 * glance) return wholeOf(file);
  return read(file, async (bytes) => [
    await bytes.read(Math.floor(file.size / 2), glance),
    await bytes.read(file.size - glance, glance),
  ]);
}

function wholeOf(file: FoundFile): Promise<string> {
  return read(file, async (bytes) => [await bytes.read(0, file.size)]);
}

async function read(file: FoundFile, look: (bytes: OpenBytes) => Promise<Buffer[]>): Promise<string> {
  const bytes = await file.open();
  try {
    const hash = createHash("md5");
    for (const some of await look(bytes)) hash.update(some);
    return hash.digest("base64");
  } finally {
    bytes.close();
  }
}

/** By item: bit p is set where a row of part p names it. */
function sidesOf(cells: MediaCells, parts: readonly PartRows[]): Uint8Array {
  const sides = new Uint8Array(cells.items.length);
  parts.forEach(({ rows }, p) => {
    for (const row of rows) {
      for (let k = 0; k < cells.width; k++) {
        const item = cells.of[row * cells.width + k]!;
        if (item >= 0) sides[item]! |= 1 << p;
      }
    }
  });
  return sides;
}

/** Whether files lie in training (the first part) and in another one. */
function acrossParts(items: readonly number[], sides: Uint8Array): boolean {
  const all = items.reduce((bits, item) => bits | sides[item]!, 0);
  return items.length > 1 && (all & 1) === 1 && all > 1;
}

/** A file that more rows than these name is a background (a placeholder, a logo): no answer hides in it. */
const backgroundRows = 20;
const backgroundShare = 0.05;

/** Files of training that a part has, too. */
export interface SharedFiles {
  readonly part: string;
  readonly files: number;
  /** Table rows of the part that name them, ascending, with the item they name. */
  readonly rows: readonly { readonly row: number; readonly item: number }[];
  /** By item of these rows: the item of train that is equal to it, if that has another name. */
  readonly equal: ReadonlyMap<number, number>;
}

/** What one modality's parts share with train (the first part), part by part. */
export function sharedFiles({ cells, content }: MediaContent, parts: readonly PartRows[]): SharedFiles[] {
  const [train, ...others] = parts;
  if (train === undefined) return [];
  const numbers = new Map<string, number>();
  const holds = Int32Array.from(content, (one) => {
    const at = numbers.get(one) ?? numbers.size;
    numbers.set(one, at);
    return at;
  });
  const uses = new Uint32Array(numbers.size);
  const learned = new Int32Array(numbers.size).fill(-1);
  const visit = (rows: Int32Array, each: (row: number, item: number) => void): void => {
    for (const row of rows)
      for (let k = 0; k < cells.width; k++) {
        const item = cells.of[row * cells.width + k]!;
        if (item >= 0) each(row, item);
      }
  };
  for (const { rows } of parts)
    visit(rows, (_, item) => {
      uses[holds[item]!]!++;
    });
  visit(train.rows, (_, item) => {
    if (learned[holds[item]!] === -1) learned[holds[item]!] = item;
  });
  const all = parts.reduce((sum, { rows }) => sum + rows.length, 0);
  const background = Math.max(backgroundRows, all * backgroundShare);
  return others.flatMap((part) => {
    const found: { row: number; item: number }[] = [];
    const files = new Set<number>();
    const equal = new Map<number, number>();
    visit(part.rows, (row, item) => {
      const held = holds[item]!;
      if (learned[held] === -1 || uses[held]! > background) return;
      files.add(held);
      if (found.at(-1)?.row !== row) found.push({ row, item });
      const twin = learned[held]!;
      if (cells.items[twin]!.file.shown !== cells.items[item]!.file.shown) equal.set(item, twin);
    });
    found.sort((x, y) => x.row - y.row);
    return files.size === 0 ? [] : [{ part: part.name, files: files.size, rows: found, equal }];
  });
}
