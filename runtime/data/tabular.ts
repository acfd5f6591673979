/**
 * Tables of numbers and categories as one row of features: numeric columns in the plan's order, one flag each for holes
 * where they are imputed, then each category's columns, the last of them for what training rows did not have.
 */
import type { TabularPlan } from "../../plan/plan.ts";
import type { FittedModality } from "./batch.ts";
import { expandColumn, isEmpty, naSet, numberOf, sortLabels } from "./cells.ts";
import { columnsThere } from "./media-cells.ts";
import type { Feed, ModalityReader, Workplace } from "./modality.ts";
import { cellList, rowList } from "./rows.ts";
import { applyScale, type ColumnScale, fitBins, fitImpute, fitScale, scaledWidth } from "./scaling.ts";
import { createStore } from "./store.ts";

interface TabularState {
  readonly numeric: readonly { readonly column: string; readonly scale: ColumnScale; readonly fill: number }[];
  /** One flag for each numeric column, 1 where its cell was empty. */
  readonly flags: boolean;
  readonly categorical: readonly {
    readonly column: string;
    readonly values: readonly string[];
    readonly fill?: string;
  }[];
}

/** A category as it is compared: trimmed, booleans and whole numbers in one writing. */
export function categoryOf(cell: string): string {
  const text = cell.trim();
  return /^(true|false)$/i.test(text) ? text.toLowerCase() : text;
}

export function tabularReader(name: string, plan: TabularPlan, place: Workplace): ModalityReader {
  const { table, problems } = place;
  const expand = (patterns: readonly string[]): string[] =>
    patterns.flatMap((pattern) => {
      const found = expandColumn(pattern, table.columns);
      return found.length === 0 ? [pattern] : found;
    });
  const numeric = expand(plan.numeric);
  const categorical = expand(plan.categorical);
  const na = naSet(plan.na);

  return {
    async scan() {
      const present = new Uint8Array(table.rows);
      const there = [
        columnsThere(name, undefined, numeric, "numeric", place),
        columnsThere(name, undefined, categorical, "categorical", place),
      ];
      if (there.includes(false)) return present;
      const columns = [...numeric, ...categorical];
      const empty = columns.map(() => rowList());
      const wrong = columns.map(() => cellList());
      const holes = { cells: 0, rows: 0 };
      const drops = plan.missing === "drop" && plan.impute === undefined;
      const answered = plan.impute !== undefined || plan.missing !== undefined;
      await table.visit(columns, (cells, start) => {
        const rows = cells[0]?.length ?? 0;
        const hollow = new Int32Array(rows);
        cells.forEach((column, c) => {
          for (let i = 0; i < rows; i++) {
            const cell = column[i];
            if (isEmpty(cell, na)) hollow[i]!++;
            else if (c < numeric.length && Number.isNaN(numberOf(cell!)))
              wrong[c]!.add(cell!, () => table.row(start + i, { value: cell! }));
          }
        });
        for (let i = 0; i < rows; i++) {
          const some = hollow[i]! < columns.length;
          if (drops ? hollow[i] === 0 : some || plan.optional !== true) present[start + i] = 1;
          if (hollow[i] === 0) continue;
          // An optional row that is wholly empty is absent; one with a hole has to say what to do with it.
          if (!answered && (some || plan.optional !== true)) {
            for (let c = 0; c < columns.length; c++)
              if (isEmpty(cells[c]![i], na)) empty[c]!.add(() => table.row(start + i));
          } else if (!drops && (some || plan.optional !== true)) {
            holes.cells += hollow[i]!;
            holes.rows++;
          }
        }
      });
      columns.forEach((column, c) => {
        const about = { statement: name, property: c < numeric.length ? "numeric" : "categorical", column };
        const of = c < numeric.length ? "tabular" : "categorical";
        if (empty[c]!.count > 0) problems.add("empty-cell", about, { rows: empty[c]!.count, column, of }, empty[c]);
        if (wrong[c]!.count > 0)
          problems.add("cell-kind", about, { column, kind: "number", of, ...wrong[c]!.facts }, wrong[c]);
      });
      if (holes.rows > 0) {
        const facts = { name, ...holes, ...(plan.impute === undefined ? {} : { impute: plan.impute }) };
        place.notes.push({ code: "cells-filled", about: { statement: name }, facts });
      }
      return present;
    },

    async inspect(_, train) {
      const there = categorical.filter((column) => table.has(column));
      for (const column of there) {
        const { codes, values, names } = await table.codes(column, "all");
        if (values <= mostNamed) continue;
        const seen = new Set<number>();
        for (const row of train) if (codes[row]! >= 0 && !isEmpty(names[codes[row]!], na)) seen.add(codes[row]!);
        noteIds(name, column, seen.size, train.length, place);
      }
      return 0;
    },

    async prepare(rows, train, fitted) {
      const made = fitted ?? (await fitTabular(name, plan, place, numeric, categorical, train));
      const state = made.state as TabularState;
      const width = widthOf(state);
      const slots = new Int32Array(table.rows).fill(-1);
      rows.forEach((row, i) => {
        slots[row] = i;
      });
      const writer = createStore("f32", rows.length, [width], place.aside);
      const places = state.categorical.map((category) => new Map(category.values.map((value, i) => [value, i])));
      const columns = [...state.numeric.map((one) => one.column), ...state.categorical.map((one) => one.column)];
      const out = new Float32Array(width);
      if (columns.length > 0 && columnsThere(name, undefined, columns, "numeric", place)) {
        await table.visit(columns, (cells, start) => {
          const count = cells[0]!.length;
          for (let i = 0; i < count; i++) {
            const slot = slots[start + i]!;
            if (slot < 0) continue;
            out.fill(0);
            let at = 0;
            state.numeric.forEach(({ scale, fill }, c) => {
              const cell = cells[c]![i];
              applyScale(scale, isEmpty(cell, na) ? fill : numberOf(cell!), out, at);
              at += scaledWidth(scale);
            });
            if (state.flags)
              for (let c = 0; c < state.numeric.length; c++) out[at++] = isEmpty(cells[c]![i], na) ? 1 : 0;
            state.categorical.forEach((category, c) => {
              const cell = cells[state.numeric.length + c]![i];
              const value = isEmpty(cell, na) ? category.fill : categoryOf(cell!);
              out[
                at + (value === undefined ? category.values.length : (places[c]!.get(value) ?? category.values.length))
              ] = 1;
              at += category.values.length + 1;
            });
            writer.write(slot, out);
          }
        });
      }
      const store = await writer.finish();
      const feed: Feed = {
        shape: [width],
        dtype: "float32",
        async fill(wanted, into) {
          const get = await store.gather(Int32Array.from(wanted, (row) => slots[row]!));
          for (let i = 0; i < wanted.length; i++) into.set(get(i), i * width);
        },
        close: () => store.close(),
      };
      return { fitted: made, feed };
    },
  };
}

function widthOf(state: TabularState): number {
  const numbers = state.numeric.reduce((sum, one) => sum + scaledWidth(one.scale), 0);
  const flags = state.flags ? state.numeric.length : 0;
  return numbers + flags + state.categorical.reduce((sum, one) => sum + one.values.length + 1, 0);
}

/** So few categories are no ids, however few the rows are. */
const mostNamed = 20;

/** A column with a value of its own in nearly every training row names the rows. */
function noteIds(name: string, column: string, values: number, rows: number, place: Workplace): void {
  if (values <= mostNamed || values <= rows * 0.9) return;
  const facts = { column, values, rows, name };
  place.notes.push({ code: "id-as-category", about: { statement: name, property: "categorical", column }, facts });
}

async function fitTabular(
  name: string,
  plan: TabularPlan,
  place: Workplace,
  numeric: readonly string[],
  categorical: readonly string[],
  train: Int32Array,
): Promise<FittedModality> {
  const { table } = place;
  const na = naSet(plan.na);
  const slots = new Int32Array(table.rows).fill(-1);
  train.forEach((row, i) => {
    slots[row] = i;
  });
  const fitted: TabularState["numeric"][number][] = [];
  // One column at a time: quantiles need all of its training values at once.
  for (const column of numeric) {
    const values = new Float64Array(train.length).fill(Number.NaN);
    await table.visit([column], ([cells], start) => {
      cells!.forEach((cell, i) => {
        const slot = slots[start + i]!;
        if (slot >= 0 && !isEmpty(cell, na)) values[slot] = numberOf(cell!);
      });
    });
    const fill = fitImpute(values, plan.impute ?? "mean");
    // As in a pipeline of imputer and scaler: the scaler sees the filled column.
    const filled = plan.impute === undefined ? values : values.map((x) => (Number.isNaN(x) ? fill : x));
    const scale = plan.bins === undefined ? fitScale(filled, plan.normalize) : fitBins(filled, plan.bins);
    fitted.push({ column, scale, fill });
  }
  const categories: TabularState["categorical"][number][] = [];
  for (const column of categorical) {
    const counts = new Map<string, number>();
    await table.visit([column], ([cells], start) => {
      cells!.forEach((cell, i) => {
        if (slots[start + i]! < 0 || isEmpty(cell, na)) return;
        const value = categoryOf(cell!);
        counts.set(value, (counts.get(value) ?? 0) + 1);
      });
    });
    const values = sortLabels(counts.keys());
    let fill: string | undefined;
    if (plan.impute === "mode")
      for (const value of values) if (fill === undefined || counts.get(value)! > counts.get(fill)!) fill = value;
    categories.push({ column, values, ...(fill === undefined ? {} : { fill }) });
    noteIds(name, column, values.length, train.length, place);
  }
  const state: TabularState = { numeric: fitted, flags: plan.impute !== undefined, categorical: categories };
  return { shape: [widthOf(state)], dtype: "float32", state };
}
