/**
 * What flows from the data to the training loop: prepared parts and their batches, as typed arrays.
 * Knows neither TensorFlow nor where the values came from.
 */
import type { PartName } from "../../plan/plan.ts";

/** A dense row-major array. Axis 0 of a batch's arrays is the batch. */
export interface NumArray {
  readonly data: Float32Array | Int32Array;
  readonly shape: readonly number[];
}

/**
 * One batch. `inputs` has an array per modality (`"image"`: f32[B, height, width, channels]; `"report"`: i32[B, tokens]), and, where the
 * modality is masked other than by ids (audio frames, items of a `count`), `"NAME.mask"`: f32[B, axis] of 0 and 1, and, where it is
 * optional, `"NAME.present"`: f32[B] of 0 and 1 (an absent value is all zeros).
 * `targets` has per target: binary f32[B] of 0/1, multiclass i32[B] of class numbers, multilabel f32[B, labels], regression f32[B, columns]
 * (transformed), and where the target is optional `"NAME.present"`: f32[B] (multilabel, several columns: f32[B, columns]).
 */
export interface Batch {
  readonly size: number;
  /** Positions of the rows in the part, from 0. */
  readonly rows: Int32Array;
  readonly inputs: { readonly [name: string]: NumArray };
  readonly targets: { readonly [name: string]: NumArray };
}

export interface BatchOptions {
  readonly batchSize: number;
  /** The batch to begin with, from 0: those before it are not prepared. What comes is as if they had been. */
  readonly start?: number;
  /** A seeded permutation, another one each epoch; without it, table order. */
  readonly shuffle?: { readonly seed: number; readonly epoch: number };
  /** Apply the modalities' `augment` and `dropout` (training only), drawn from the seed, the epoch and the row. */
  readonly augment?: { readonly seed: number; readonly epoch: number };
  /** Names of modalities to leave out of `inputs` altogether (a model that does not read them). */
  readonly without?: readonly string[];
}

/** The rows of one part, ready to be read in batches any number of times. */
export interface Part {
  readonly name: PartName | "data";
  readonly rows: number;
  /** By row: the id of the table, or its row number (from 1, without the header) as text. */
  readonly ids: readonly string[];
  /** By row: the row number in the table, from 1. */
  readonly rowNumbers: Int32Array;
  batches(options: BatchOptions): AsyncIterable<Batch>;
  /** All labels of a target, in part order: as `Batch.targets`, whole. Undefined where the table has no such column. */
  target(name: string): NumArray | undefined;
  /** 1 where the target has a label, by row (and column). */
  labelled(name: string): Float32Array;
  /** 1 where an optional modality is there, by row. All 1 for required ones. */
  present(modality: string): Float32Array;
}

/** What fitting on the training rows found out: plain JSON, saved as preprocess.json, enough to prepare new rows. */
export interface FittedData {
  readonly version: 1;
  readonly modalities: { readonly [name: string]: FittedModality };
  readonly targets: { readonly [name: string]: FittedTarget };
}

/** Sizes the model needs, and what transforming needs. `state` belongs to the modality's own code. */
export interface FittedModality {
  /** Shape of one row, without the batch: [28, 28, 1]. */
  readonly shape: readonly number[];
  readonly dtype: "float32" | "int32";
  /** text: rows of the embedding. */
  readonly vocabulary?: number;
  readonly state: unknown;
}

export interface FittedTarget {
  /** binary: [negative, positive]; multiclass, multilabel: in class order; regression: none. */
  readonly classes?: readonly string[];
  /** Training rows (or labels) per class. */
  readonly counts?: readonly number[];
  /** The weight of each class in the loss (1 without `class_weight`): scikit-learn's `balanced` is n / (k · count). */
  readonly weights?: readonly number[];
  /** regression: columns, and per column the mean and deviation of `transform: standard`. */
  readonly columns?: readonly string[];
  readonly scale?: { readonly mean: readonly number[]; readonly deviation: readonly number[] };
  readonly transform?: "log" | "standard";
  /** Mean of each column on training rows, in the column's own units (the `mean` floor). */
  readonly mean?: readonly number[];
}

/** One kind of thing that does not fit, with the rows it was found in. The commands turn it into a diagnostic at its place in the spec. */
export interface DataProblem {
  /** A code of the catalogue, e.g. `file-missing`. */
  readonly code: string;
  /** What the code's sentence needs. */
  readonly facts: { readonly [name: string]: unknown };
  /** Where in the spec: a statement's name (`chart`, `defaulted`, `data`) and maybe its property (`file`, `source`) and the column. */
  readonly about: { readonly statement: string; readonly property?: string; readonly column?: string };
  readonly rows?: readonly import("../../diagnostics/diagnostic.ts").DataRow[];
  /** How many rows there are, where `rows` has only the first of them. */
  readonly rowCount?: number;
}

/** Thrown by the preparation when the data do not fit; carries everything that was found. */
export class DataError extends Error {
  readonly problems: readonly DataProblem[];
  constructor(problems: readonly DataProblem[]) {
    super(problems.map((p) => p.code).join(", "));
    this.name = "DataError";
    this.problems = problems;
  }
}
