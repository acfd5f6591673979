/**
 * What training rows teach of a target: its classes with their counts and weights, or the mean and deviation of its
 * numbers; and what of the other rows does not fit to that.
 */
import type { TargetPlan } from "../../plan/plan.ts";
import type { FittedTarget } from "./batch.ts";
import { numberOf, sortLabels } from "./cells.ts";
import { rowList } from "./rows.ts";
import { moments } from "./scaling.ts";
import { listAt, type PartRows, type Place, type TargetCells } from "./targets.ts";

/** Fits a target on training rows. */
export function fitTarget(cells: TargetCells, parts: readonly PartRows[], place: Place): FittedTarget {
  const train = parts.find((part) => part.name === "train")?.rows ?? new Int32Array(0);
  return cells.plan.type === "regression"
    ? fitNumbers(cells, train, parts, place)
    : fitClasses(cells, train, parts, place);
}

function fitClasses(cells: TargetCells, train: Int32Array, parts: readonly PartRows[], place: Place): FittedTarget {
  const { name, plan, labels } = cells;
  const column = cells.columns[0]!;
  const about = { statement: name, property: cells.columns.length === 1 ? "column" : "columns", column };
  const inPart = new Map(parts.map((part) => [part.name, countLabels(cells, part.rows)]));
  const inTrain = inPart.get("train") ?? new Float64Array(labels.length);
  const counted = [...inPart.values()];
  const seen = labels.filter((_, i) => inTrain[i]! > 0);
  const used = (): string[] => labels.filter((_, i) => counted.some((counts) => counts[i]! > 0));
  let classes: string[];
  if (plan.type === "binary") classes = binaryClasses(cells, seen, train, place);
  else if (cells.numbers !== undefined) classes = [...cells.columns];
  else if (plan.classes !== undefined && typeof plan.classes !== "number") {
    classes = [...plan.classes];
    const listed = new Set(classes);
    const also = sortLabels(used().filter((label) => !listed.has(label)));
    if (also.length > 0) {
      const all = [...classes, ...also];
      place.problems.add(
        "classes-differ",
        { ...about, property: "classes" },
        { name, classes: classes.length, column, values: all.length, also, write: `classes: ${listText(all)}` },
      );
    }
  } else {
    classes = sortLabels(seen);
    if (typeof plan.classes === "number" && plan.classes !== classes.length) {
      const values = used().length;
      place.problems.add(
        "classes-differ",
        { ...about, property: "classes" },
        { name, classes: plan.classes, column, values, also: [], write: `classes: ${values}` },
      );
      return { classes, counts: [], weights: [] };
    }
  }
  if (plan.type === "multiclass" && seen.length === 1 && train.length > 0) {
    place.problems.add("one-value", about, { column, value: seen[0]!, rows: train.length });
  } else if (plan.type !== "binary") reportUnseen(cells, inTrain, inPart, parts, place);
  const numberOfLabel = new Map(labels.map((label, i) => [label, i]));
  const counts = classes.map((one) => inTrain[numberOfLabel.get(one) ?? -1] ?? 0);
  return { classes, counts, weights: classWeights(plan, classes, counts) };
}

/** scikit-learn's `balanced`: n / (k · count). A class without rows weighs nothing and 1 does no harm. */
export function classWeights(plan: TargetPlan, classes: readonly string[], counts: readonly number[]): number[] {
  const { classWeight } = plan;
  if (classWeight === undefined) return classes.map(() => 1);
  if (classWeight !== "balanced") return classes.map((one) => classWeight[one] ?? 1);
  const n = counts.reduce((sum, count) => sum + count, 0);
  return counts.map((count) => (count === 0 ? 1 : n / (counts.length * count)));
}

/** A list that is worth writing; of more classes only the number. */
function listText(labels: readonly string[]): string {
  if (labels.length > 40) return String(labels.length);
  return `[${labels.map((one) => JSON.stringify(one)).join(", ")}]`;
}

/** Calls `each` with every label of some rows, once a row. */
function eachLabel(cells: TargetCells, rows: Int32Array, each: (label: number, row: number) => void): void {
  const { label, lists, numbers } = cells;
  const last = new Int32Array(lists === undefined ? 0 : cells.labels.length).fill(-1);
  for (const row of rows) {
    if (label !== undefined) {
      if (label[row]! >= 0) each(label[row]!, row);
    } else if (lists !== undefined) {
      for (const one of listAt(lists, row)) {
        if (last[one] !== row) each(one, row);
        last[one] = row;
      }
    } else if (numbers !== undefined) {
      const width = cells.labels.length;
      for (let c = 0; c < width; c++) if (numbers[row * width + c] === 1) each(c, row);
    }
  }
}

/** How many of the rows have each label. */
function countLabels(cells: TargetCells, rows: Int32Array): Float64Array {
  const counts = new Float64Array(cells.labels.length);
  eachLabel(cells, rows, (label) => {
    counts[label]!++;
  });
  return counts;
}

function reportUnseen(
  cells: TargetCells,
  inTrain: Float64Array,
  inPart: ReadonlyMap<string, Float64Array>,
  parts: readonly PartRows[],
  place: Place,
): void {
  // Listed labels are known to the spec, and those beyond the list were said as classes-differ.
  if (cells.numbers !== undefined || Array.isArray(cells.plan.classes)) return;
  const stratify = place.stratifies === true && cells.label !== undefined;
  for (const part of parts) {
    if (part.name === "train") continue;
    const counts = inPart.get(part.name)!;
    const strange = counts.map((count, i) => (count > 0 && inTrain[i] === 0 ? 1 : 0));
    reportStrange(cells, strange, part, { stratify, classes: true }, place);
  }
}

/** Labels of new rows that the model has no class for. */
export function reportUnknown(cells: TargetCells, known: readonly string[], place: Place): void {
  const classes = new Set(known);
  const strange = Float64Array.from(cells.labels, (label) => (classes.has(label) ? 0 : 1));
  const rows = Int32Array.from({ length: place.table.rows }, (_, row) => row);
  reportStrange(cells, strange, { name: "the table", rows }, { known }, place);
}

/** Labels up to this many get a message each; more of them have one cause. */
const mostMessages = 20;

/** Reports labels that nothing was learnt of. */
function reportStrange(
  cells: TargetCells,
  strange: Float64Array,
  part: PartRows,
  more: { readonly stratify?: boolean; readonly classes?: boolean; readonly known?: readonly string[] },
  { table, problems }: Place,
): void {
  const which = [...strange.keys()].filter((label) => strange[label] === 1);
  if (which.length === 0) return;
  const column = cells.columns[0]!;
  const about = { statement: cells.name, property: "column", column };
  const together = which.length > mostMessages;
  const lists = new Map((together ? [] : which).map((label) => [label, rowList()]));
  const all = rowList();
  eachLabel(cells, part.rows, (label, row) => {
    if (strange[label] === 1) (lists.get(label) ?? all).add(() => table.row(row, { value: cells.labels[label]! }));
  });
  if (together) {
    const facts = { value: cells.labels[which[0]!]!, others: which.length - 1, rows: all.count };
    problems.add("unseen-class", about, { ...facts, part: part.name, column, ...more }, all);
  }
  for (const [label, rows] of lists) {
    const facts = { value: cells.labels[label]!, rows: rows.count, part: part.name, column, ...more };
    problems.add("unseen-class", about, facts, rows);
  }
}

/** Labels of a binary target that are sorted and named; a column of ids has as many as rows. */
const mostSorted = 1000;

function binaryClasses(cells: TargetCells, seen: readonly string[], train: Int32Array, place: Place): string[] {
  const { name, plan, labels } = cells;
  const { problems } = place;
  const column = cells.columns[0]!;
  const about = { statement: name, property: "column", column };
  const used = sortLabels(labels.slice(0, mostSorted));
  // "Yes" and "yes" are one label, written twice.
  const differ = new Set(used.map((label) => label.toLowerCase())).size;
  if (used.length > 2 || (used.length === 2 && differ === 1)) {
    const of = labels.length > used.length ? { of: labels.length } : {};
    problems.add("not-binary", about, { name, column, values: used, ...of });
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
    const property = plan.positive === undefined ? "column" : "positive";
    problems.add("positive-unknown", { statement: name, property, column }, facts);
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

function fitNumbers(cells: TargetCells, train: Int32Array, parts: readonly PartRows[], place: Place): FittedTarget {
  const { name, plan, columns } = cells;
  const numbers = cells.numbers!;
  const width = columns.length;
  const mean: number[] = [];
  const deviation: number[] = [];
  columns.forEach((column, c) => {
    const values = Float64Array.from(train, (row) => numbers[row * width + c]!);
    const about = { statement: name, property: width === 1 ? "column" : "columns", column };
    const found = moments(values);
    mean.push(found.mean);
    deviation.push(found.deviation > 0 ? found.deviation : 1);
    const filled = values.filter((x) => !Number.isNaN(x));
    if (filled.length > 1 && filled.every((x) => x === filled[0])) {
      place.problems.add("one-value", about, { column, value: String(filled[0]), rows: filled.length });
    }
    if (plan.transform === "log") reportLog(cells, c, parts, place);
  });
  return {
    columns,
    mean,
    ...(plan.transform === undefined ? {} : { transform: plan.transform }),
    ...(plan.transform === "standard" ? { scale: { mean, deviation } } : {}),
  };
}

/** Rows whose number has no logarithm, in table order. */
function reportLog(cells: TargetCells, c: number, parts: readonly PartRows[], { table, problems }: Place): void {
  const width = cells.columns.length;
  const column = cells.columns[c]!;
  const numberAt = (row: number): number => cells.numbers![row * width + c]!;
  const inParts = new Uint8Array(table.rows);
  for (const part of parts) for (const row of part.rows) inParts[row] = 1;
  const rows = rowList();
  for (let row = 0; row < table.rows; row++)
    if (inParts[row] === 1 && numberAt(row) <= 0) rows.add(() => table.row(row, { value: String(numberAt(row)) }));
  if (rows.count === 0) return;
  const about = { statement: cells.name, property: "transform", column };
  problems.add("log-of-zero", about, { rows: rows.count, column }, rows);
}
