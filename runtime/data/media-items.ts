/**
 * Media items as the kinds that decode them see them: which are used, what makes them others, and the array files they lie
 * in.
 */
import { type ArrayFile, openArray } from "./array-file.ts";
import type { FoundFile } from "./media.ts";
import type { MediaCells, MediaItem } from "./media-cells.ts";
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

/** How many different files items lie in. */
export function filesOf(cells: MediaCells, used: readonly number[]): number {
  return new Set(used.map((item) => cells.items[item]!.file.identity)).size;
}

/** What makes a cached item another one. */
export function* identities(items: readonly MediaItem[]): Generator<string> {
  for (const item of items) yield item.index === undefined ? item.file.identity : `${item.file.identity}#${item.index}`;
}

/** Array files, opened once each. */
export interface Arrays {
  open(file: FoundFile): Promise<ArrayFile>;
  /** Whether an array has only finite numbers; read once. */
  finite(file: FoundFile): Promise<boolean>;
  close(): Promise<void>;
}

export function createArrays(): Arrays {
  const opened = new Map<string, Promise<ArrayFile>>();
  const finite = new Map<string, Promise<boolean>>();
  const once = <T>(all: Map<string, Promise<T>>, file: FoundFile, make: () => Promise<T>): Promise<T> => {
    const known = all.get(file.identity) ?? make();
    all.set(file.identity, known);
    return known;
  };
  const open = (file: FoundFile): Promise<ArrayFile> => once(opened, file, () => openArray(file));
  return {
    open,
    finite: (file) => once(finite, file, async () => (await open(file)).finite()),
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
