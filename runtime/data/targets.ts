/**
 * Targets: labels and numbers of all rows as typed arrays, read and checked against the plan. What training rows teach of
 * them (classes, means) is fitted in target-fit.ts.
 */
import type { TargetPlan } from "../../plan/plan.ts";
import { expandColumn, isEmpty, listOf, naSet, numberOf } from "./cells.ts";
import { columnsThere } from "./media-cells.ts";
import type { Problems } from "./problems.ts";
import { cellList, rowList } from "./rows.ts";
import type { Table } from "./source.ts";

/** The cells of a target by row, not yet fitted. */
export interface TargetCells {
  readonly name: string;
  readonly plan: TargetPlan;
  readonly columns: readonly string[];
  /** Labels as numbers into `labels`; -1 where there is none. Multilabel lists: `lists`. */
  readonly label?: Int32Array;
  readonly lists?: LabelLists;
  readonly labels: readonly string[];
  /** Numbers of regression and of 0/1 columns, by row and column; NaN where there is none. */
  readonly numbers?: Float64Array;
  /** 1 where anything is labelled. */
  readonly some: Uint8Array;
  /** 1 where a cell is empty, by row and column. */
  readonly empty: Uint8Array;
}

/** The labels of every row, one row's behind the other's. */
export interface LabelLists {
  /** Where a row's labels end; they begin where those of the row before end. */
  readonly ends: Int32Array;
  readonly items: Int32Array;
}

/** A row's labels, as numbers. */
export function listAt({ ends, items }: LabelLists, row: number): Int32Array {
  return items.subarray(row === 0 ? 0 : ends[row - 1]!, ends[row]!);
}

/** How many different numbers a multiclass target without `classes` has, where that looks like a regression. */
export function numbersAsClasses(cells: TargetCells, rows: number): number | undefined {
  const { plan, labels } = cells;
  if (plan.type !== "multiclass" || plan.classes !== undefined || labels.length <= 20) return undefined;
  if (!labels.every((label) => !Number.isNaN(numberOf(label)))) return undefined;
  const many = labels.length > rows / 10 || labels.some((label) => !Number.isInteger(numberOf(label)));
  return many ? labels.length : undefined;
}

/** Rows of a part, for messages about labels. */
export interface PartRows {
  readonly name: string;
  readonly rows: Int32Array;
}

export interface Place {
  readonly table: Table;
  readonly problems: Problems;
  /** The split is at random and does not name a column to stratify by yet. */
  readonly stratifies?: boolean;
}

/** Reads a target's cells. With `predicting`, a table without its columns has no labels, which is no problem. */
export async function readTarget(
  name: string,
  plan: TargetPlan,
  place: Place,
  predicting: boolean,
): Promise<TargetCells | undefined> {
  const { table } = place;
  const columns = plan.columns.flatMap((pattern) => {
    const found = expandColumn(pattern, table.columns);
    return found.length === 0 ? [pattern] : found;
  });
  if (predicting && !columns.every((column) => table.has(column))) return undefined;
  if (!columnsThere(name, undefined, columns, propertyOf(columns), place)) return undefined;
  const asNumbers = plan.type === "regression" || (plan.type === "multilabel" && columns.length > 1);
  const target = { name, plan, columns };
  if (asNumbers) return readNumbers(target, place);
  return plan.type === "multilabel" ? readLists(target, place) : readLabels(target, place);
}

type Target = Pick<TargetCells, "name" | "plan" | "columns">;

function propertyOf(columns: readonly string[]): "column" | "columns" {
  return columns.length === 1 ? "column" : "columns";
}

async function readNumbers(target: Target, { table, problems }: Place): Promise<TargetCells> {
  const { name, plan, columns } = target;
  const na = naSet(plan.na);
  const width = columns.length;
  const some = new Uint8Array(table.rows);
  const empty = new Uint8Array(table.rows * width);
  const numbers = new Float64Array(table.rows * width).fill(Number.NaN);
  const wrong = columns.map(() => cellList());
  const binary = plan.type === "multilabel";
  await table.visit(columns, (cells, start) => {
    for (let c = 0; c < width; c++) {
      cells[c]!.forEach((cell, i) => {
        const row = start + i;
        if (isEmpty(cell, na)) {
          empty[row * width + c] = 1;
          return;
        }
        const value = numberOf(cell!);
        if (binary ? value === 0 || value === 1 : !Number.isNaN(value)) {
          numbers[row * width + c] = value;
          some[row] = 1;
        } else wrong[c]!.add(cell!, () => table.row(row, { value: cell! }));
      });
    }
  });
  columns.forEach((column, c) => {
    if (wrong[c]!.count === 0) return;
    const facts = { column, kind: binary ? "0 or 1" : "number", of: plan.type, ...wrong[c]!.facts };
    problems.add("cell-kind", { statement: name, property: propertyOf(columns), column }, facts, wrong[c]);
  });
  return { ...target, labels: columns, numbers, some, empty };
}

async function readLists(target: Target, { table, problems }: Place): Promise<TargetCells> {
  const { name, plan, columns } = target;
  const column = columns[0]!;
  const na = naSet(plan.na);
  const some = new Uint8Array(table.rows);
  const empty = new Uint8Array(table.rows);
  const ends = new Int32Array(table.rows);
  let items = new Int32Array(1024);
  let used = 0;
  const known = new Map<string, number>();
  const wrong = cellList();
  await table.visit([column], ([cells], start) => {
    cells!.forEach((cell, i) => {
      const row = start + i;
      const list = isEmpty(cell, na) ? undefined : listOf(cell!);
      if (list !== undefined) {
        some[row] = 1;
        for (const one of list) {
          const label = String(one);
          const at = known.get(label) ?? known.size;
          known.set(label, at);
          if (used === items.length) {
            const more = new Int32Array(items.length * 2);
            more.set(items);
            items = more;
          }
          items[used++] = at;
        }
      } else if (isEmpty(cell, na)) empty[row] = 1;
      else wrong.add(cell!, () => table.row(row, { value: cell! }));
      ends[row] = used;
    });
  });
  if (wrong.count > 0) {
    const facts = { column, kind: "list", of: plan.type, ...wrong.facts };
    problems.add("cell-kind", { statement: name, property: "column", column }, facts, wrong);
  }
  return { ...target, labels: [...known.keys()], lists: { ends, items: items.subarray(0, used) }, some, empty };
}

async function readLabels(target: Target, { table }: Place): Promise<TargetCells> {
  const na = naSet(target.plan.na);
  const { codes, names } = await table.codes(target.columns[0]!, "all");
  // Cells that mean nothing are no labels.
  const labels: string[] = [];
  const of = Int32Array.from(names as string[], (name) => (isEmpty(name, na) ? -1 : labels.push(name) - 1));
  const some = new Uint8Array(table.rows);
  const empty = new Uint8Array(table.rows);
  for (let row = 0; row < codes.length; row++) {
    const label = codes[row]! < 0 ? -1 : of[codes[row]!]!;
    codes[row] = label;
    if (label < 0) empty[row] = 1;
    else some[row] = 1;
  }
  return { ...target, labels, label: codes, some, empty };
}

/** Reports rows without the label they need, once the parts are known. */
export function reportMissing(cells: TargetCells, inParts: Uint8Array, { table, problems }: Place): void {
  if (cells.plan.optional === true) return;
  const width = cells.columns.length;
  cells.columns.forEach((column, c) => {
    const rows = rowList();
    for (let row = 0; row < inParts.length; row++)
      if (inParts[row] === 1 && cells.empty[row * width + c] === 1) rows.add(() => table.row(row));
    if (rows.count === 0) return;
    const about = { statement: cells.name, property: propertyOf(cells.columns), column };
    problems.add("empty-cell", about, { rows: rows.count, column, of: cells.plan.type }, rows);
  });
}
