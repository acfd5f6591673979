/**
 * Vectors: a JSON list in a column, columns of numbers, or items of an array file, scaled dimension by dimension.
 */
import { count } from "../../diagnostics/phrase.ts";
import type { VectorPlan } from "../../plan/plan.ts";
import type { ArrayFile } from "./array-file.ts";
import type { FittedModality } from "./batch.ts";
import { expandColumn, isEmpty, listOf, naSet, numberOf } from "./cells.ts";
import { lookInto } from "./inspect-media.ts";
import { columnsThere, type MediaCells, type MediaItem, scanMedia } from "./media-cells.ts";
import { ArrayMismatch, createFaults } from "./media-faults.ts";
import { type Arrays, createArrays, filesOf, usedItems } from "./media-items.ts";
import { checkSignal, type Feed, type ModalityReader, pause, type Workplace } from "./modality.ts";
import { cellList, rowList } from "./rows.ts";
import { applyScale, type ColumnScale, fitImpute, fitScale } from "./scaling.ts";
import { createStore, type Store } from "./store.ts";

interface VectorState {
  readonly dim: number;
  readonly scales: readonly ColumnScale[];
  readonly fills: readonly number[];
  readonly flags: boolean;
}

export function vectorReader(name: string, plan: VectorPlan, place: Workplace): ModalityReader {
  const { table, problems } = place;
  const fromFiles = plan.file !== undefined || plan.files !== undefined || plan.index !== undefined;
  const columns = (plan.columns ?? [plan.column ?? name]).flatMap((pattern) => {
    const found = expandColumn(pattern, table.columns);
    return found.length === 0 ? [pattern] : found;
  });
  const asColumns = plan.columns !== undefined;
  const several = !asColumns && (plan.count !== undefined || plan.files !== undefined);
  const width = several ? (plan.count ?? plan.files!.length) : 1;
  const na = naSet(plan.na);
  let files: MediaCells | undefined;
  // Items whose numbers can be used.
  const fine = new Set<number>();
  let dim = plan.dim ?? (asColumns ? columns.length : 0);

  /** Visits vectors: by row, `width` of them; a hole is NaN, a vector that is not there undefined. */
  const visit = async (each: (row: number, vectors: (ArrayLike<number> | undefined)[]) => void): Promise<void> => {
    if (files !== undefined) {
      const arrays = createArrays();
      try {
        for (let row = 0; row < table.rows; row++) {
          if (row % 256 === 0) checkSignal(place.signal);
          if (row % 256 === 255) await pause();
          const vectors: (ArrayLike<number> | undefined)[] = [];
          for (let k = 0; k < width; k++) {
            const item = files.of[row * width + k]!;
            if (!fine.has(item)) vectors.push(undefined);
            else vectors.push(await itemNumbers(await arrays.open(files.items[item]!.file), files.items[item]!.index));
          }
          each(row, vectors);
        }
      } finally {
        await arrays.close();
      }
      return;
    }
    await table.visit(columns, (cells, start) => {
      for (let i = 0; i < cells[0]!.length; i++) {
        if (asColumns)
          each(start + i, [cells.map((column) => (isEmpty(column[i], na) ? Number.NaN : numberOf(column[i]!)))]);
        else {
          const cell = cells[0]![i];
          const list = isEmpty(cell, na) ? undefined : listOf(cell!);
          const numbers = (one: unknown): ArrayLike<number> =>
            Array.isArray(one)
              ? one.map((x) => (typeof x === "number" ? x : typeof x === "string" ? numberOf(x) : Number.NaN))
              : [];
          if (list === undefined) each(start + i, []);
          else each(start + i, several ? list.slice(0, width).map(numbers) : [numbers(list)]);
        }
      }
    });
  };

  return {
    async scan() {
      const forgiving = plan.optional === true || plan.missing !== undefined;
      const present = new Uint8Array(table.rows);
      dim = (place.fittedOf(name)?.state as VectorState | undefined)?.dim ?? dim;
      const property = asColumns ? "columns" : "column";
      if (fromFiles) {
        files = await scanMedia(name, { ...plan, columns: undefined }, place);
        return files.present;
      }
      if (!columnsThere(name, plan, columns, property, place)) return present;
      const empty = columns.map(() => rowList());
      const wrong = columns.map(() => cellList());
      const unequal = rowList();
      await table.visit(columns, (cells, start) => {
        for (let i = 0; i < cells[0]!.length; i++) {
          const row = start + i;
          let some = false;
          let whole = true;
          columns.forEach((_, c) => {
            const cell = cells[c]![i];
            if (isEmpty(cell, na)) {
              whole = false;
              if (!forgiving && plan.impute === undefined) empty[c]!.add(() => table.row(row));
              return;
            }
            some = true;
            if (asColumns) {
              if (Number.isNaN(numberOf(cell!))) wrong[c]!.add(cell!, () => table.row(row, { value: cell! }));
              return;
            }
            const list = listOf(cell!);
            if (list === undefined) {
              wrong[c]!.add(cell!, () => table.row(row, { value: cell! }));
              return;
            }
            for (const vector of several ? (list as unknown[][]) : [list]) {
              // JSON writes no infinity, but 1e999 is read as one.
              if (!Array.isArray(vector) || vector.some((x) => x === Infinity || x === -Infinity)) {
                wrong[c]!.add(cell!, () => table.row(row, { value: cell! }));
                return;
              }
              if (dim === 0) dim = vector.length;
              if (vector.length !== dim) unequal.add(() => table.row(row, { value: count(vector.length, "number") }));
              const holes = vector.some((x) => typeof x !== "number");
              if (holes && plan.impute === undefined && !forgiving) empty[c]!.add(() => table.row(row));
            }
          });
          if (some && (whole || plan.missing !== "drop" || plan.impute !== undefined)) present[row] = 1;
        }
      });
      columns.forEach((column, c) => {
        const about = { statement: name, property, column };
        if (empty[c]!.count > 0)
          problems.add("empty-cell", about, { rows: empty[c]!.count, column, of: "vector" }, empty[c]);
        const kind = asColumns ? "number" : "list of numbers";
        if (wrong[c]!.count > 0)
          problems.add("cell-kind", about, { column, kind, of: "vector", ...wrong[c]!.facts }, wrong[c]);
      });
      if (unequal.count > 0) {
        const asks = plan.dim === undefined ? `${dim} numbers, as the first row has` : String(dim);
        problems.add(
          "array-mismatch",
          { statement: name, property: "dim", column: columns[0] },
          { path: table.path, holds: unequal.rows[0]!.value, text: `dim: ${dim}`, asks, column: columns[0] },
          unequal,
        );
      }
      return present;
    },
    ...(fromFiles
      ? {
          async inspect(rows: Int32Array) {
            await lookAtArrays(rows);
            return filesOf(files!, usedItems(files!, rows).used);
          },
        }
      : {}),
    async prepare(rows, train, fitted) {
      const known = fitted?.state as VectorState | undefined;
      if (known !== undefined) dim = known.dim;
      if (files !== undefined) await lookAtArrays(rows);
      const slots = new Int32Array(table.rows).fill(-1);
      rows.forEach((row, i) => {
        slots[row] = i;
      });
      // Unscaled first: the fit reads them again, dimension by dimension.
      const writer = createStore("f32", rows.length, [width, dim + 1], place.aside);
      const buffer = new Float32Array(width * (dim + 1));
      await visit((row, vectors) => {
        const slot = slots[row]!;
        if (slot < 0) return;
        buffer.fill(0);
        vectors.forEach((vector, k) => {
          if (vector === undefined || vector.length === 0) return;
          for (let d = 0; d < dim; d++) buffer[k * (dim + 1) + d] = vector[d] ?? Number.NaN;
          buffer[k * (dim + 1) + dim] = 1;
        });
        writer.write(slot, buffer);
      });
      const store = await writer.finish();
      const state =
        known ??
        (await fitVector(
          plan,
          store,
          Int32Array.from(train, (row) => slots[row]!),
          width,
          dim,
        ));
      const features = dim * (state.flags ? 2 : 1);
      const made: FittedModality = fitted ?? {
        shape: several ? [width, features] : [features],
        dtype: "float32",
        state,
      };
      return { fitted: made, feed: vectorFeed(made, state, width, several, slots, store) };
    },
  };

  /** Looks into the arrays of rows; their size is the dimension where nothing else says it. */
  async function lookAtArrays(rows: Int32Array): Promise<void> {
    const cells = files!;
    const faults = createFaults(name, { ...plan, columns: undefined }, cells, place);
    const arrays = createArrays();
    const { used } = usedItems(cells, rows);
    fine.clear();
    try {
      await lookInto(name, cells, used, place, faults, {
        kind: plan.impute === undefined ? "arrays" : "arrays with holes",
        // One after the other: the first says the dimension.
        width: 1,
        judge: async (item) => ({ numbers: await checkNumbers(item, arrays, plan.impute !== undefined) }),
        fine(item, { numbers = 0 }) {
          if (dim === 0) dim = numbers;
          if (numbers === dim) fine.add(item);
          else
            throw new ArrayMismatch({
              property: "dim",
              holds: `${count(numbers, "number")} an item`,
              text: `dim: ${dim}`,
              asks: String(dim),
              write: `dim: ${numbers}`,
            });
        },
      });
    } finally {
      await arrays.close();
    }
    faults.report();
  }
}

/**
 * How many numbers an item has, or all of an array where there is no index.
 * @throws ArrayMismatch past its end, TooLarge, or Error with the reason
 */
async function checkNumbers(item: MediaItem, arrays: Arrays, holes: boolean): Promise<number> {
  const array = await arrays.open(item.file);
  const { index } = item;
  if (index !== undefined && index >= array.items) {
    throw new ArrayMismatch({
      property: "index",
      holds: count(array.items, "item"),
      text: "index",
      asks: `item ${index.toLocaleString("en-US")}`,
    });
  }
  const shape = index === undefined ? [array.items, ...array.shape] : array.shape;
  const numbers = shape.reduce((all, n) => all * n, 1);
  if (numbers === 0) throw new Error("it holds no numbers");
  if (!(await arrays.finite(item.file))) {
    const values = await itemNumbers(array, index);
    for (let i = 0; i < values.length; i++) {
      const x = values[i]!;
      if (Number.isFinite(x) || (holes && Number.isNaN(x))) continue;
      const place = `number ${(i + 1).toLocaleString("en-US")}`;
      throw new Error(Number.isNaN(x) ? `${place} is NaN` : `${place} is infinite`);
    }
  }
  return numbers;
}

/** Without an index a file is one vector. */
function itemNumbers(array: ArrayFile, index: number | undefined): Promise<ArrayLike<number>> {
  return index === undefined ? array.all() : array.item(index);
}

async function fitVector(
  plan: VectorPlan,
  store: Store,
  train: Int32Array,
  width: number,
  dim: number,
): Promise<VectorState> {
  const scales: ColumnScale[] = [];
  const fills: number[] = [];
  // As many dimensions at once as fit into about 64 MB.
  const step = Math.max(1, Math.floor(8_000_000 / Math.max(1, train.length * width)));
  for (let from = 0; from < dim; from += step) {
    const count = Math.min(step, dim - from);
    const values = Array.from({ length: count }, () => new Float64Array(train.length * width).fill(Number.NaN));
    for (let start = 0; start < train.length; start += 1024) {
      const wanted = train.subarray(start, start + 1024);
      const get = await store.gather(wanted);
      for (let i = 0; i < wanted.length; i++) {
        const item = get(i);
        for (let k = 0; k < width; k++) {
          if (item[k * (dim + 1) + dim] !== 1) continue;
          for (let d = 0; d < count; d++) values[d]![(start + i) * width + k] = item[k * (dim + 1) + from + d]!;
        }
      }
    }
    for (const column of values) {
      const fill = fitImpute(column, plan.impute ?? "mean");
      scales.push(
        fitScale(plan.impute === undefined ? column : column.map((x) => (Number.isNaN(x) ? fill : x)), plan.normalize),
      );
      fills.push(fill);
    }
  }
  return { dim, scales, fills, flags: plan.impute !== undefined };
}

function vectorFeed(
  fitted: FittedModality,
  state: VectorState,
  width: number,
  several: boolean,
  slots: Int32Array,
  store: Store,
): Feed {
  const { dim } = state;
  const features = dim * (state.flags ? 2 : 1);
  return {
    shape: fitted.shape,
    dtype: "float32",
    ...(several ? { mask: width } : {}),
    async fill(rows, out, mask) {
      const get = await store.gather(Int32Array.from(rows, (row) => slots[row]!));
      for (let i = 0; i < rows.length; i++) {
        const item = get(i);
        for (let k = 0; k < width; k++) {
          if (item[k * (dim + 1) + dim] !== 1) continue;
          if (mask !== undefined) mask[i * width + k] = 1;
          const at = (i * width + k) * features;
          for (let d = 0; d < dim; d++) {
            const x = item[k * (dim + 1) + d]!;
            const hole = Number.isNaN(x);
            applyScale(state.scales[d]!, hole ? state.fills[d]! : x, out, at + d);
            if (state.flags) out[at + dim + d] = hole ? 1 : 0;
          }
        }
      }
    },
    close: () => store.close(),
  };
}
