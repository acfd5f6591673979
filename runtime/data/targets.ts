/**
 * Targets: labels and numbers of all rows, checked against the plan, with class order, counts and weights fitted on
 * training rows. Labels are small, so they stay in memory whole.
 */
import type { DataRow } from "../../diagnostics/diagnostic.ts";
import type { TargetPlan } from "../../plan/plan.ts";
import type { FittedTarget, NumArray } from "./batch.ts";
import { expandColumn, isEmpty, listOf, naSet, numberOf, sortLabels, wrongCells } from "./cells.ts";
import { columnsThere } from "./media-cells.ts";
import type { Problems } from "./problems.ts";
import { moments } from "./scaling.ts";
import type { Table } from "./source.ts";

/** The cells of a target by row, not yet fitted. */
export interface TargetCells {
  readonly name: string;
  readonly plan: TargetPlan;
  readonly columns: readonly string[];
  /** Labels as numbers into `labels`; -1 where there is none. Multilabel lists: one array a row. */
  readonly label?: Int32Array;
  readonly lists?: readonly (readonly number[] | undefined)[];
  readonly labels: readonly string[];
  /** Numbers of regression and of 0/1 columns, by row and column; NaN where there is none. */
  readonly numbers?: Float64Array;
  /** 1 where anything is labelled. */
  readonly some: Uint8Array;
  /** By row: what lacks a label, for the message. */
  readonly missing: readonly { readonly column: string; readonly row: number }[];
}

/** How many different numbers a multiclass target without `classes` has, where that looks like a regression. */
export function numbersAsClasses(cells: TargetCells, rows: number): number | undefined {
  if (cells.plan.type !== "multiclass" || cells.plan.classes !== undefined || cells.labels.length <= 20)
    return undefined;
  const numbers = cells.labels.filter((label) => !Number.isNaN(numberOf(label)));
  const many = numbers.length > rows / 10 || numbers.some((label) => !Number.isInteger(numberOf(label)));
  return numbers.length === cells.labels.length && many ? numbers.length : undefined;
}

/** A target ready for batches. */
export interface ReadyTarget {
  readonly name: string;
  readonly plan: TargetPlan;
  readonly fitted: FittedTarget;
  /** Values a row: 1, or one a label or column. */
  readonly width: number;
  /** By table row. */
  readonly values: Float32Array | Int32Array;
  readonly labelled: Float32Array;
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
  const { table, problems } = place;
  const columns = plan.columns.flatMap((pattern) => {
    const found = expandColumn(pattern, table.columns);
    return found.length === 0 ? [pattern] : found;
  });
  if (predicting && !columns.every((column) => table.has(column))) return undefined;
  const property = columns.length === 1 ? "column" : "columns";
  if (!columnsThere(name, undefined, columns, property, place)) return undefined;
  const na = naSet(plan.na);
  const asNumbers = plan.type === "regression" || (plan.type === "multilabel" && columns.length > 1);
  const n = table.rows;
  const some = new Uint8Array(n);
  const missing: { column: string; row: number }[] = [];
  const wrong = columns.map((): DataRow[] => []);
  const known = new Map<string, number>();
  const numberOfLabel = (label: string): number => {
    const at = known.get(label) ?? known.size;
    known.set(label, at);
    return at;
  };
  const numbers = asNumbers ? new Float64Array(n * columns.length).fill(Number.NaN) : undefined;
  const label = !asNumbers && plan.type !== "multilabel" ? new Int32Array(n).fill(-1) : undefined;
  const lists: (readonly number[] | undefined)[] | undefined =
    plan.type === "multilabel" && !asNumbers ? new Array(n) : undefined;
  await table.visit(columns, (cells, start) => {
    columns.forEach((column, c) => {
      cells[c]!.forEach((cell, i) => {
        const row = start + i;
        if (isEmpty(cell, na)) {
          missing.push({ column, row });
          return;
        }
        if (numbers !== undefined) {
          const value = numberOf(cell!);
          const good = plan.type === "multilabel" ? value === 0 || value === 1 : !Number.isNaN(value);
          if (good) {
            numbers[row * columns.length + c] = value;
            some[row] = 1;
          } else wrong[c]!.push(table.row(row, { value: cell! }));
        } else if (lists !== undefined) {
          const list = listOf(cell!);
          if (list === undefined) wrong[c]!.push(table.row(row, { value: cell! }));
          else {
            lists[row] = list.map((one) => numberOfLabel(String(one)));
            some[row] = 1;
          }
        } else {
          label![row] = numberOfLabel(cell!.trim());
          some[row] = 1;
        }
      });
    });
  });
  columns.forEach((column, c) => {
    if (wrong[c]!.length === 0) return;
    const kind = plan.type === "multilabel" ? (asNumbers ? "0 or 1" : "list") : "number";
    const facts = { column, kind, of: plan.type, ...wrongCells(wrong[c]!) };
    problems.add("cell-kind", { statement: name, property, column }, facts, wrong[c]);
  });
  const labels = asNumbers ? columns : [...known.keys()];
  return {
    name,
    plan,
    columns,
    labels,
    some,
    missing,
    ...(numbers === undefined ? {} : { numbers }),
    ...(label === undefined ? {} : { label }),
    ...(lists === undefined ? {} : { lists }),
  };
}

/** Rows of a part, for messages about labels. */
export interface PartRows {
  readonly name: string;
  readonly rows: Int32Array;
}

/** Reports rows without the label they need, once the parts are known. */
export function reportMissing(cells: TargetCells, inParts: Uint8Array, place: Place): void {
  if (cells.plan.optional === true) return;
  for (const column of cells.columns) {
    const rows = cells.missing
      .filter((one) => one.column === column && inParts[one.row] === 1)
      .map((one) => place.table.row(one.row));
    if (rows.length === 0) continue;
    place.problems.add(
      "empty-cell",
      { statement: cells.name, property: cells.columns.length === 1 ? "column" : "columns", column },
      { rows: rows.length, column, of: cells.plan.type },
      rows,
    );
  }
}

/** Fits a target on training rows, or takes what was fitted, and turns all rows into numbers. */
export function fitTarget(
  cells: TargetCells,
  parts: readonly PartRows[],
  fitted: FittedTarget | undefined,
  place: Place,
): ReadyTarget {
  const { name, plan } = cells;
  const train = parts.find((part) => part.name === "train")?.rows ?? new Int32Array(0);
  if (plan.type === "regression") return readyNumbers(cells, fitted ?? fitNumbers(cells, train, parts, place));
  const made = fitted ?? fitClasses(cells, train, parts, place);
  const classes = made.classes ?? [];
  const n = place.table.rows;
  const numberOfClass = new Map(classes.map((one, i) => [one, i]));
  const toClass = cells.labels.map((one) => numberOfClass.get(one) ?? -1);
  if (plan.type === "multilabel") {
    const width = classes.length;
    const values = new Float32Array(n * width);
    const labelled = new Float32Array(n * width);
    for (let row = 0; row < n; row++) {
      if (cells.numbers !== undefined) {
        for (let c = 0; c < width; c++) {
          const value = cells.numbers[row * width + c]!;
          if (Number.isNaN(value)) continue;
          values[row * width + c] = value;
          labelled[row * width + c] = 1;
        }
      } else if (cells.lists?.[row] !== undefined) {
        labelled.fill(1, row * width, (row + 1) * width);
        for (const label of cells.lists[row]!) if (toClass[label]! >= 0) values[row * width + toClass[label]!] = 1;
      }
    }
    return { name, plan, fitted: made, width, values, labelled };
  }
  const values = plan.type === "binary" ? new Float32Array(n) : new Int32Array(n);
  const labelled = new Float32Array(n);
  for (let row = 0; row < n; row++) {
    const label = cells.label![row]!;
    const at = label < 0 ? -1 : toClass[label]!;
    if (at < 0) continue;
    values[row] = at;
    labelled[row] = 1;
  }
  if (fitted !== undefined) reportUnknown(cells, toClass, classes, place);
  return { name, plan, fitted: made, width: 1, values, labelled };
}

/** Labels of new rows that the model has no class for. */
function reportUnknown(cells: TargetCells, toClass: readonly number[], known: readonly string[], place: Place): void {
  cells.labels.forEach((value, label) => {
    if (toClass[label] !== -1) return;
    const rows: DataRow[] = [];
    cells.label!.forEach((one, row) => {
      if (one === label) rows.push(place.table.row(row, { value }));
    });
    const column = cells.columns[0]!;
    place.problems.add(
      "unseen-class",
      { statement: cells.name, property: "column", column },
      { value, rows: rows.length, part: "the table", column, known },
      rows,
    );
  });
}

function fitClasses(cells: TargetCells, train: Int32Array, parts: readonly PartRows[], place: Place): FittedTarget {
  const { name, plan, labels } = cells;
  const { problems } = place;
  const column = cells.columns[0]!;
  const about = { statement: name, property: cells.columns.length === 1 ? "column" : "columns", column };
  const inTrain = countLabels(cells, train);
  const seen = labels.filter((_, i) => inTrain[i]! > 0);
  let classes: string[];
  if (plan.type === "binary") classes = binaryClasses(cells, seen, train, place);
  else if (cells.numbers !== undefined) classes = [...cells.columns];
  else if (plan.classes !== undefined && typeof plan.classes !== "number") {
    classes = [...plan.classes];
    const also = sortLabels(
      labels.filter(
        (label, i) => !classes.includes(label) && parts.some((part) => countLabels(cells, part.rows)[i]! > 0),
      ),
    );
    if (also.length > 0) {
      const all = [...classes, ...also];
      problems.add(
        "classes-differ",
        { ...about, property: "classes" },
        {
          name,
          classes: classes.length,
          column,
          values: all.length,
          also,
          write: `classes: [${all.map((one) => JSON.stringify(one)).join(", ")}]`,
        },
      );
    }
  } else {
    classes = sortLabels(seen);
    if (typeof plan.classes === "number" && plan.classes !== classes.length) {
      const all = new Set(labels.filter((_, i) => parts.some((part) => countLabels(cells, part.rows)[i]! > 0)));
      problems.add(
        "classes-differ",
        { ...about, property: "classes" },
        { name, classes: plan.classes, column, values: all.size, also: [], write: `classes: ${all.size}` },
      );
      return { classes, counts: [], weights: [] };
    }
  }
  if (plan.type === "multiclass" && seen.length === 1 && train.length > 0) {
    problems.add("one-value", about, { column, value: seen[0]!, rows: train.length });
  } else if (plan.type !== "binary") reportUnseen(cells, inTrain, parts, place);
  if (plan.type === "multilabel") return multilabelFit(cells, classes, train);
  const counts = classes.map((one) => inTrain[labels.indexOf(one)] ?? 0);
  return { classes, counts, weights: classWeights(plan, classes, counts) };
}

/** scikit-learn's `balanced`: n / (k · count). A class without rows weighs nothing and 1 does no harm. */
function classWeights(plan: TargetPlan, classes: readonly string[], counts: readonly number[]): number[] {
  const { classWeight } = plan;
  if (classWeight === undefined) return classes.map(() => 1);
  if (classWeight !== "balanced") return classes.map((one) => classWeight[one] ?? 1);
  const n = counts.reduce((sum, count) => sum + count, 0);
  return counts.map((count) => (count === 0 ? 1 : n / (counts.length * count)));
}

/** How many of the rows have each label. */
function countLabels(cells: TargetCells, rows: Int32Array): Float64Array {
  const counts = new Float64Array(cells.labels.length);
  for (const row of rows) {
    if (cells.label !== undefined) {
      if (cells.label[row]! >= 0) counts[cells.label[row]!]!++;
    } else if (cells.lists !== undefined) {
      for (const label of new Set(cells.lists[row] ?? [])) counts[label]!++;
    } else if (cells.numbers !== undefined) {
      for (let c = 0; c < counts.length; c++) if (cells.numbers[row * counts.length + c] === 1) counts[c]!++;
    }
  }
  return counts;
}

function reportUnseen(cells: TargetCells, inTrain: Float64Array, parts: readonly PartRows[], place: Place): void {
  // Listed labels are known to the spec, and those beyond the list were said as classes-differ.
  if (cells.numbers !== undefined || Array.isArray(cells.plan.classes)) return;
  const column = cells.columns[0]!;
  for (const part of parts) {
    if (part.name === "train") continue;
    cells.labels.forEach((value, label) => {
      if (inTrain[label]! > 0) return;
      const rows = [...part.rows].filter((row) =>
        cells.label !== undefined ? cells.label[row] === label : cells.lists?.[row]?.includes(label),
      );
      if (rows.length === 0) return;
      const stratify = place.stratifies === true && cells.label !== undefined;
      const facts = { value, rows: rows.length, part: part.name, column, stratify, classes: true };
      place.problems.add(
        "unseen-class",
        { statement: cells.name, property: "column", column },
        facts,
        rows.map((row) => place.table.row(row, { value })),
      );
    });
  }
}

function binaryClasses(cells: TargetCells, seen: readonly string[], train: Int32Array, place: Place): string[] {
  const { name, plan } = cells;
  const { problems } = place;
  const column = cells.columns[0]!;
  const about = { statement: name, property: "column", column };
  const used = sortLabels(cells.labels);
  // "Yes" and "yes" are one label, written twice.
  const differ = new Set(used.map((label) => label.toLowerCase())).size;
  if (used.length > 2 || (used.length === 2 && differ === 1)) {
    problems.add("not-binary", about, { name, column, values: used });
    return used.slice(0, 2);
  }
  if (seen.length < 2 && train.length > 0 && used.length > 0) {
    problems.add("one-value", about, { column, value: seen[0] ?? used[0]!, rows: train.length });
    return used;
  }
  if (used.length < 2) return used;
  const positive =
    plan.positive !== undefined
      ? matching(used, plan.positive)
      : ["1", "true", "yes"].map((word) => matching(used, word)).find((one) => one !== undefined);
  if (positive === undefined) {
    const facts = {
      column,
      first: used[0]!,
      second: used[1]!,
      ...(plan.positive === undefined ? {} : { positive: plan.positive }),
    };
    problems.add(
      "positive-unknown",
      { statement: name, property: plan.positive === undefined ? "column" : "positive", column },
      facts,
    );
    return used;
  }
  return [used.find((one) => one !== positive)!, positive];
}

/** The label that is written so; else the one that differs in case, or is the same number. */
function matching(labels: readonly string[], wanted: string): string | undefined {
  const number = numberOf(wanted);
  return (
    labels.find((label) => label === wanted) ??
    labels.find((label) => label.toLowerCase() === wanted.toLowerCase()) ??
    (/^[\d.+-]/.test(wanted) ? labels.find((label) => /^[\d.+-]/.test(label) && numberOf(label) === number) : undefined)
  );
}

function multilabelFit(cells: TargetCells, classes: readonly string[], train: Int32Array): FittedTarget {
  const inTrain = countLabels(cells, train);
  const counts = classes.map((one) => inTrain[cells.labels.indexOf(one)] ?? 0);
  return { classes, counts, weights: classWeights(cells.plan, classes, counts) };
}

function fitNumbers(cells: TargetCells, train: Int32Array, parts: readonly PartRows[], place: Place): FittedTarget {
  const { name, plan, columns } = cells;
  const numbers = cells.numbers!;
  const width = columns.length;
  const mean: number[] = [];
  const scaleMean: number[] = [];
  const deviation: number[] = [];
  columns.forEach((column, c) => {
    const values = Float64Array.from(train, (row) => numbers[row * width + c]!);
    const about = { statement: name, property: width === 1 ? "column" : "columns", column };
    const found = moments(values);
    mean.push(found.mean);
    scaleMean.push(found.mean);
    deviation.push(found.deviation > 0 ? found.deviation : 1);
    const filled = values.filter((x) => !Number.isNaN(x));
    if (filled.length > 1 && filled.every((x) => x === filled[0])) {
      place.problems.add("one-value", about, { column, value: String(filled[0]), rows: filled.length });
    }
    if (plan.transform === "log") {
      const rows = parts.flatMap((part) => [...part.rows].filter((row) => numbers[row * width + c]! <= 0));
      if (rows.length > 0) {
        const listed = rows
          .sort((a, b) => a - b)
          .map((row) => place.table.row(row, { value: String(numbers[row * width + c]) }));
        place.problems.add("log-of-zero", { ...about, property: "transform" }, { rows: rows.length, column }, listed);
      }
    }
  });
  return {
    columns,
    mean,
    ...(plan.transform === undefined ? {} : { transform: plan.transform }),
    ...(plan.transform === "standard" ? { scale: { mean: scaleMean, deviation } } : {}),
  };
}

function readyNumbers(cells: TargetCells, fitted: FittedTarget): ReadyTarget {
  const width = cells.columns.length;
  const numbers = cells.numbers!;
  const values = new Float32Array(numbers.length);
  const labelled = new Float32Array(numbers.length);
  for (let i = 0; i < numbers.length; i++) {
    const x = numbers[i]!;
    if (Number.isNaN(x)) continue;
    const c = i % width;
    const y =
      fitted.transform === "log"
        ? Math.log(x)
        : fitted.scale === undefined
          ? x
          : (x - fitted.scale.mean[c]!) / fitted.scale.deviation[c]!;
    if (!Number.isFinite(y)) continue;
    values[i] = y;
    labelled[i] = 1;
  }
  return { name: cells.name, plan: cells.plan, fitted, width, values, labelled };
}

/** A target's values of some rows, shaped as in a batch. */
export function targetRows(target: ReadyTarget, rows: Int32Array): NumArray {
  const { width } = target;
  const Values = target.values instanceof Int32Array ? Int32Array : Float32Array;
  const data = new Values(rows.length * width);
  for (let i = 0; i < rows.length; i++)
    for (let c = 0; c < width; c++) data[i * width + c] = target.values[rows[i]! * width + c]!;
  const flat = target.plan.type === "binary" || target.plan.type === "multiclass";
  return { data, shape: flat ? [rows.length] : [rows.length, width] };
}

/** Where a target's rows are labelled, by row, or by row and column. */
export function labelledRows(target: ReadyTarget, rows: Int32Array): Float32Array {
  const { width } = target;
  const out = new Float32Array(rows.length * width);
  for (let i = 0; i < rows.length; i++)
    for (let c = 0; c < width; c++) out[i * width + c] = target.labelled[rows[i]! * width + c]!;
  return out;
}
