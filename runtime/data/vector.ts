/**
 * Vectors: a JSON list in a column, columns of numbers, or items of an array file, scaled dimension by dimension.
 */
import type { DataRow } from "../../diagnostics/diagnostic.ts";
import type { VectorPlan } from "../../plan/plan.ts";
import type { FittedModality } from "./batch.ts";
import { expandColumn, isEmpty, listOf, naSet, numberOf, wrongCells } from "./cells.ts";
import { columnsThere, type MediaCells, scanMedia } from "./media-cells.ts";
import { createArrays } from "./media-items.ts";
import { checkSignal, type Feed, type ModalityReader, reasonOf, type Workplace } from "./modality.ts";
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
  let dim = plan.dim ?? (asColumns ? columns.length : 0);

  /** Visits vectors: by row, `width` of them; a hole is NaN, a vector that is not there undefined. */
  const visit = async (each: (row: number, vectors: (ArrayLike<number> | undefined)[]) => void): Promise<void> => {
    if (files !== undefined) {
      const arrays = createArrays();
      try {
        for (let row = 0; row < table.rows; row++) {
          if (row % 256 === 0) checkSignal(place.signal);
          const vectors: (ArrayLike<number> | undefined)[] = [];
          for (let k = 0; k < width; k++) {
            const item = files.of[row * width + k]!;
            if (item < 0) vectors.push(undefined);
            else {
              const one = files.items[item]!;
              const array = await arrays.open(one);
              // Without an index a file of one axis is the vector itself.
              if (one.index !== undefined) vectors.push(one.index < array.items ? await array.item(one.index) : []);
              else vectors.push(await wholeArray(array));
            }
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
      const property = asColumns ? "columns" : "column";
      if (fromFiles) {
        files = await scanMedia(name, { ...plan, columns: undefined }, place);
        if (problems.found.length > 0) return files.present;
        await scanArrays();
        return files.present;
      }
      if (!columnsThere(name, plan, columns, property, place)) return present;
      const empty = columns.map((): DataRow[] => []);
      const wrong = columns.map((): DataRow[] => []);
      const unequal: DataRow[] = [];
      await table.visit(columns, (cells, start) => {
        for (let i = 0; i < cells[0]!.length; i++) {
          const row = start + i;
          let some = false;
          let whole = true;
          columns.forEach((_, c) => {
            const cell = cells[c]![i];
            if (isEmpty(cell, na)) {
              whole = false;
              if (!forgiving && plan.impute === undefined) empty[c]!.push(table.row(row));
              return;
            }
            some = true;
            if (asColumns) {
              if (Number.isNaN(numberOf(cell!))) wrong[c]!.push(table.row(row, { value: cell! }));
              return;
            }
            const list = listOf(cell!);
            if (list === undefined) {
              wrong[c]!.push(table.row(row, { value: cell! }));
              return;
            }
            for (const vector of several ? (list as unknown[][]) : [list]) {
              if (!Array.isArray(vector)) {
                wrong[c]!.push(table.row(row, { value: cell! }));
                return;
              }
              if (dim === 0) dim = vector.length;
              if (vector.length !== dim) unequal.push(table.row(row, { value: `${vector.length} numbers` }));
              const holes = vector.some((x) => typeof x !== "number");
              if (holes && plan.impute === undefined && !forgiving) empty[c]!.push(table.row(row));
            }
          });
          if (some && (whole || plan.missing !== "drop" || plan.impute !== undefined)) present[row] = 1;
        }
      });
      columns.forEach((column, c) => {
        const about = { statement: name, property, column };
        if (empty[c]!.length > 0)
          problems.add("empty-cell", about, { rows: empty[c]!.length, column, of: "vector" }, empty[c]);
        const kind = asColumns ? "number" : "list of numbers";
        if (wrong[c]!.length > 0)
          problems.add("cell-kind", about, { column, kind, of: "vector", ...wrongCells(wrong[c]!) }, wrong[c]);
      });
      if (unequal.length > 0) {
        const asks = plan.dim === undefined ? `${dim} numbers, as the first row has` : String(dim);
        problems.add(
          "array-mismatch",
          { statement: name, property: "dim", column: columns[0] },
          { path: table.path, holds: unequal[0]!.value, text: `dim: ${dim}`, asks, column: columns[0] },
          unequal,
        );
      }
      return present;
    },
    async prepare(rows, train, fitted) {
      const known = fitted?.state as VectorState | undefined;
      if (known !== undefined) dim = known.dim;
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

  async function scanArrays(): Promise<void> {
    const cells = files!;
    const arrays = createArrays();
    const past: DataRow[] = [];
    const bad: DataRow[] = [];
    let holds = "";
    let shown = "";
    let asks = "";
    try {
      for (const item of cells.items) {
        try {
          const array = await arrays.open(item);
          const numbers = (item.index === undefined ? [array.items, ...array.shape] : array.shape).reduce(
            (all, n) => all * n,
            1,
          );
          if (dim === 0) dim = numbers;
          if (item.index !== undefined && item.index >= array.items) {
            past.push(table.row(item.row, { path: item.file.shown, value: String(item.index) }));
            [shown, holds, asks] = [
              item.file.shown,
              `${array.items.toLocaleString("en-US")} items`,
              `item ${item.index.toLocaleString("en-US")}`,
            ];
          } else if (numbers !== dim) {
            problems.add(
              "array-mismatch",
              { statement: name, property: "dim" },
              {
                path: item.file.shown,
                holds: `${numbers} numbers an item`,
                text: `dim: ${dim}`,
                asks: String(dim),
                write: `dim: ${numbers}`,
              },
            );
            return;
          }
        } catch (error) {
          bad.push(table.row(item.row, { path: item.file.shown, why: reasonOf(error, place.signal) }));
        }
      }
    } finally {
      await arrays.close();
    }
    if (bad.length > 0)
      problems.add(
        "file-unreadable",
        { statement: name, property: "file" },
        { files: bad.length, kind: "an array" },
        bad,
      );
    if (past.length > 0)
      problems.add(
        "array-mismatch",
        { statement: name, property: "index" },
        { path: shown, holds, text: "index", asks, column: plan.index },
        past,
      );
  }
}

async function wholeArray(array: {
  items: number;
  item(index: number): Promise<Uint8Array | Float32Array>;
}): Promise<number[]> {
  const out: number[] = [];
  for (let i = 0; i < array.items; i++) out.push(...(await array.item(i)));
  return out;
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
