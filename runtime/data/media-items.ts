/**
 * Media items as the kinds that decode them see them: which are used, which rows name them, what makes them others, and the
 * array files they lie in.
 */
import type { DataRow } from "../../diagnostics/diagnostic.ts";
import { type ArrayFile, openArray } from "./array-file.ts";
import type { MediaCells, MediaItem } from "./media-cells.ts";
import type { Workplace } from "./modality.ts";
import type { Store, StoreArray } from "./store.ts";

/** Items that any of the rows uses, in order of first use. */
export function usedItems(cells: MediaCells, rows: Int32Array): { used: number[]; slots: Int32Array } {
  const slots = new Int32Array(cells.items.length).fill(-1);
  const used: number[] = [];
  for (const row of rows) {
    for (let k = 0; k < cells.width; k++) {
      const item = cells.of[row * cells.width + k]!;
      if (item >= 0 && slots[item] === -1) {
        slots[item] = used.length;
        used.push(item);
      }
    }
  }
  return { used, slots };
}

/** All rows that name an item. */
export function rowsNaming(cells: MediaCells, item: number, place: Workplace, more: Partial<DataRow>): DataRow[] {
  const rows: DataRow[] = [];
  let last = -1;
  cells.of.forEach((one, at) => {
    const row = Math.floor(at / cells.width);
    if (one !== item || row === last) return;
    last = row;
    rows.push(place.table.row(row, more));
  });
  return rows;
}

/** How many files rows speak of. */
export function distinct(rows: readonly DataRow[]): number {
  return new Set(rows.map((row) => row.path)).size;
}

/** Rows as the table has them, whatever order they were found in. */
export function inOrder(rows: DataRow[]): DataRow[] {
  return rows.sort((a, b) => (a.table === b.table ? a.row - b.row : 0));
}

/** What makes a cached item another one. */
export function* identities(items: readonly MediaItem[]): Generator<string> {
  for (const item of items) yield item.index === undefined ? item.file.identity : `${item.file.identity}#${item.index}`;
}

/** Array files, opened once each. */
export interface Arrays {
  open(item: MediaItem): Promise<ArrayFile>;
  close(): Promise<void>;
}

export function createArrays(): Arrays {
  const opened = new Map<string, Promise<ArrayFile>>();
  return {
    open(item) {
      const { file } = item;
      const known =
        opened.get(file.identity) ??
        (file.absolute === undefined
          ? file.read().then((bytes) => openArray(file.name, bytes))
          : openArray(file.name, file.absolute));
      opened.set(file.identity, known);
      return known;
    },
    async close() {
      for (const one of opened.values()) await one.then((array) => array.close()).catch(() => {});
    },
  };
}

/** Visits the items of rows, as often as rows name them, in blocks. */
export async function eachItem(
  cells: MediaCells,
  slots: Int32Array,
  store: Store,
  rows: Int32Array,
  visit: (values: StoreArray, slot: number) => void,
): Promise<void> {
  const wanted: number[] = [];
  const flush = async (): Promise<void> => {
    const get = await store.gather(wanted);
    for (let i = 0; i < wanted.length; i++) visit(get(i), wanted[i]!);
    wanted.length = 0;
  };
  for (const row of rows) {
    for (let k = 0; k < cells.width; k++) {
      const item = cells.of[row * cells.width + k]!;
      if (item >= 0) wanted.push(slots[item]!);
    }
    if (wanted.length >= 256) await flush();
  }
  await flush();
}
