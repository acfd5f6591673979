/** Targets that are fitted: the values of any rows, as batches have them. Nothing is kept beside the cells themselves. */
import type { TargetPlan } from "../../plan/plan.ts";
import type { FittedTarget, NumArray } from "./batch.ts";
import { fitTarget, reportUnknown } from "./target-fit.ts";
import { listAt, type PartRows, type Place, type TargetCells } from "./targets.ts";

/** A target ready for batches. */
export interface ReadyTarget {
  readonly name: string;
  readonly plan: TargetPlan;
  readonly fitted: FittedTarget;
  /** Values a row: 1, or one a label or column. */
  readonly width: number;
  /** Writes a table row's values from `at` on; what has no label stays as it is. */
  write(row: number, out: Float32Array | Int32Array, at: number): void;
  /** Writes 1 where there is a label. */
  mark(row: number, out: Float32Array, at: number): void;
}

/** Fits a target on training rows, or takes what was fitted. */
export function readyTarget(
  cells: TargetCells,
  parts: readonly PartRows[],
  fitted: FittedTarget | undefined,
  place: Place,
): ReadyTarget {
  const made = fitted ?? fitTarget(cells, parts, place);
  const { name, plan } = cells;
  if (plan.type === "regression") return { name, plan, fitted: made, ...numberWriter(cells, made) };
  const classes = made.classes ?? [];
  if (plan.type === "multilabel") return { name, plan, fitted: made, ...labelsWriter(cells, classes) };
  if (fitted !== undefined) reportUnknown(cells, classes, place);
  return { name, plan, fitted: made, ...classWriter(cells, classes) };
}

type Writer = Pick<ReadyTarget, "width" | "write" | "mark">;

/** The class of every label; -1 where it is none. */
function classOfLabel(cells: TargetCells, classes: readonly string[]): Int32Array {
  const numberOfClass = new Map(classes.map((one, i) => [one, i]));
  return Int32Array.from(cells.labels, (one) => numberOfClass.get(one) ?? -1);
}

function classWriter(cells: TargetCells, classes: readonly string[]): Writer {
  const toClass = classOfLabel(cells, classes);
  const classAt = (row: number): number => {
    const label = cells.label![row]!;
    return label < 0 ? -1 : toClass[label]!;
  };
  return {
    width: 1,
    write(row, out, at) {
      const found = classAt(row);
      if (found >= 0) out[at] = found;
    },
    mark(row, out, at) {
      if (classAt(row) >= 0) out[at] = 1;
    },
  };
}

function labelsWriter(cells: TargetCells, classes: readonly string[]): Writer {
  const width = classes.length;
  const { numbers, lists } = cells;
  if (numbers !== undefined) {
    return {
      width,
      write(row, out, at) {
        for (let c = 0; c < width; c++) if (numbers[row * width + c] === 1) out[at + c] = 1;
      },
      mark(row, out, at) {
        for (let c = 0; c < width; c++) if (!Number.isNaN(numbers[row * width + c]!)) out[at + c] = 1;
      },
    };
  }
  const toClass = classOfLabel(cells, classes);
  return {
    width,
    write(row, out, at) {
      for (const label of listAt(lists!, row)) if (toClass[label]! >= 0) out[at + toClass[label]!] = 1;
    },
    mark(row, out, at) {
      if (cells.some[row] === 1) out.fill(1, at, at + width);
    },
  };
}

function numberWriter(cells: TargetCells, fitted: FittedTarget): Writer {
  const width = cells.columns.length;
  const transformed = (row: number, c: number): number => {
    const x = cells.numbers![row * width + c]!;
    if (fitted.transform === "log") return Math.log(x);
    return fitted.scale === undefined ? x : (x - fitted.scale.mean[c]!) / fitted.scale.deviation[c]!;
  };
  return {
    width,
    write(row, out, at) {
      for (let c = 0; c < width; c++) {
        const y = transformed(row, c);
        if (Number.isFinite(y)) out[at + c] = y;
      }
    },
    mark(row, out, at) {
      for (let c = 0; c < width; c++) if (Number.isFinite(transformed(row, c))) out[at + c] = 1;
    },
  };
}

/** A target's values of some rows, shaped as in a batch. */
export function targetRows(target: ReadyTarget, rows: Int32Array): NumArray {
  const { width } = target;
  const Values = target.plan.type === "multiclass" ? Int32Array : Float32Array;
  const data = new Values(rows.length * width);
  for (let i = 0; i < rows.length; i++) target.write(rows[i]!, data, i * width);
  const flat = target.plan.type === "binary" || target.plan.type === "multiclass";
  return { data, shape: flat ? [rows.length] : [rows.length, width] };
}

/** Where a target's rows are labelled, by row, or by row and column. */
export function labelledRows(target: ReadyTarget, rows: Int32Array): Float32Array {
  const { width } = target;
  const out = new Float32Array(rows.length * width);
  for (let i = 0; i < rows.length; i++) target.mark(rows[i]!, out, i * width);
  return out;
}
