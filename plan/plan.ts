/**
 * What a compiled program carries as plain data: what is read, fitted, trained and judged. The compiler writes it
 * (ir/), the runtime obeys it; neither imports the other. Plain JSON throughout: no classes, no functions.
 * Paths are relative to the folder of the spec; durations are seconds, rates hertz, shares 0 to 1.
 */

/** A call of the language as data: `"accuracy"`, or `{ focal: { gamma: 2 } }` with every argument by name. */
export type CallPlan = string | { readonly [word: string]: { readonly [argument: string]: unknown } };

/** The word and arguments of a call. */
export function callOf(call: CallPlan): { word: string; args: { readonly [argument: string]: unknown } } {
  if (typeof call === "string") return { word: call, args: {} };
  const [word, args] = Object.entries(call)[0] as [string, { readonly [argument: string]: unknown }];
  return { word, args };
}

/**
 * The name of a metric in tables, JSON and `monitor`: its word and its arguments joined with `_`. A choice gives its
 * value (`f1_macro`), a flag its name (`r2_transformed`), a number both (`recall_at_1`).
 */
export function callKey(call: CallPlan): string {
  const { word, args } = callOf(call);
  const parts = [word];
  for (const [name, value] of Object.entries(args)) {
    if (value === true) parts.push(name);
    else if (typeof value === "string") parts.push(value);
    else if (value !== false && value !== undefined) parts.push(`${name}_${String(value)}`);
  }
  return parts.join("_");
}

// ---------------------------------------------------------------- data

export type PartName = "train" | "validation" | "test";

/** A path, paths by part, a query, or a folder of class folders. */
export type SourcePlan =
  | string
  | { readonly files: { readonly [part in PartName]?: string } }
  | { readonly query: string }
  | { readonly folders: string };

/** Where media files are: folders and archives (.tar, .tar.gz), looked through in order; or such lists by part. */
export type MediaPlan = readonly string[] | { readonly files: { readonly [part in PartName]?: readonly string[] } };

export interface DataPlan {
  readonly source: SourcePlan;
  /** Without it, the folder of the table. */
  readonly media?: MediaPlan;
  readonly header?: false;
  readonly id?: string;
  /** A column, or `row`: the order of the rows. */
  readonly time?: string;
  readonly group?: string;
  readonly where?: string;
  readonly split: SplitPlan;
  readonly modalities: { readonly [name: string]: ModalityPlan };
  readonly targets: { readonly [name: string]: TargetPlan };
}

/** Shares count rows. A number beside labels (`by: "column"`, `"file"`) is a share of the training rows. */
export type SplitPlan =
  | {
      readonly by: "random";
      readonly train: number;
      readonly validation: number;
      readonly test: number;
      readonly seed: number;
      readonly stratify?: string;
    }
  | { readonly by: "in_order"; readonly train: number; readonly validation: number; readonly test: number }
  | {
      readonly by: "time";
      /** Shares, or the first day (or number) of the part. */
      readonly train: number | string;
      readonly validation: number | string;
      readonly test: number | string;
      /** A duration in seconds; a number of rows with `time: row`. Left out at the end of each earlier part. */
      readonly embargo?: number;
      /** A column: values that a later part has are left out of the earlier ones. */
      readonly apart?: string;
    }
  | {
      readonly by: "group";
      readonly train: number;
      readonly validation: number;
      readonly test: number;
      readonly seed: number;
    }
  | {
      readonly by: "column";
      readonly column: string;
      /** A label, or labels, of the part. */
      readonly train: string | readonly string[];
      readonly validation?: string | readonly string[] | number;
      readonly test?: string | readonly string[];
      readonly seed: number;
    }
  | { readonly by: "file"; readonly validation?: number; readonly seed: number };

interface ModalityBase {
  /** A column of the table. Exactly one of column, columns, file, files is given, but for tabular. */
  readonly column?: string;
  readonly columns?: readonly string[];
  /** A path with columns in braces, `"{stock}_{date}.png"`. */
  readonly file?: string;
  readonly files?: readonly string[];
  /** The column that picks one item of an array file. */
  readonly index?: string;
  /** At most so many items a row: an axis `items` after the batch, masked. Implied by several files or columns. */
  readonly count?: number;
  /** Kind with `?`: rows without it are kept. */
  readonly optional?: true;
  /** Share of training rows from which it is hidden besides; never all modalities of a row. */
  readonly dropout?: number;
  /** A required value that is not there; without it, an error. */
  readonly missing?: "drop" | "empty";
  /** Cells that mean nothing, as text. */
  readonly na?: readonly string[];
}

export interface TextPlan extends ModalityBase {
  readonly type: "text";
  readonly tokenizer: "words" | "characters";
  /** BCP 47; without it, the writing of the training rows decides. */
  readonly language?: string;
  /** Rows of weights: 0 pad, 1 unknown, then by frequency. Without it, what the training rows have, at most 20,000. */
  readonly vocabulary?: number;
  /** The modality whose vocabulary this one shares. */
  readonly shares?: string;
  readonly tokens: number;
  readonly lower: boolean;
  readonly pad: "post" | "pre";
  readonly output: "ids" | "multi_hot" | "count" | "tf_idf";
}

export interface ImagePlan extends ModalityBase {
  readonly type: "image";
  /** [height, width] */
  readonly size: readonly [number, number];
  readonly channels: 1 | 3 | 4;
  readonly rescale: number;
  readonly normalize: "none" | "standard" | "imagenet";
  readonly resize: "stretch" | "fit" | "crop";
  /** Training rows only, in order. */
  readonly augment: readonly CallPlan[];
}

/** Samples, or seconds where the rate is only known with the files. */
export type SampleCount = number | { readonly seconds: number };

export type AudioFeatures =
  | { readonly waveform: Record<string, never> }
  | { readonly spectrogram: { readonly fft: SampleCount; readonly hop: SampleCount; readonly scale: "db" | "power" } }
  | {
      readonly mel: {
        readonly bands: number;
        readonly fft: SampleCount;
        readonly hop: SampleCount;
        readonly scale: "db" | "power";
        readonly fmin: number;
        /** Hertz; without it, half the rate. */
        readonly fmax?: number;
        /** HTK's mel scale; without it, Slaney's. */
        readonly htk?: true;
        /** Bands of the same height; without it, of the same area. */
        readonly norm?: "none";
      };
    }
  | {
      readonly mfcc: {
        readonly coefficients: number;
        readonly bands: number;
        readonly fft: SampleCount;
        readonly hop: SampleCount;
      };
    };

export interface AudioPlan extends ModalityBase {
  readonly type: "audio";
  readonly rate: number | "native";
  /** Exactly one of the two: seconds of sound, or frames of features. */
  readonly seconds?: number;
  readonly frames?: number;
  readonly channels: number;
  readonly features: AudioFeatures;
  readonly normalize: "standard" | "none";
  readonly augment: readonly CallPlan[];
}

export type Scaling = "standard" | "minmax" | "robust" | "quantile" | "log" | "none";

export interface TabularPlan extends ModalityBase {
  readonly type: "tabular";
  readonly numeric: readonly string[];
  readonly categorical: readonly string[];
  readonly normalize: Scaling;
  readonly impute?: "mean" | "median" | "mode" | number;
  readonly bins?: number;
}

export interface VectorPlan extends ModalityBase {
  readonly type: "vector";
  readonly dim?: number;
  readonly normalize: Scaling;
  readonly impute?: "mean" | "median" | "mode" | number;
}

export type ModalityPlan = TextPlan | ImagePlan | AudioPlan | TabularPlan | VectorPlan;

export interface TargetPlan {
  readonly type: "binary" | "multiclass" | "multilabel" | "regression";
  readonly columns: readonly string[];
  /** Labels in order, or their number; without it, the sorted labels of the training rows. */
  readonly classes?: readonly string[] | number;
  /** The label that is 1; without it `1`, `true` or `yes` if the column has it. */
  readonly positive?: string;
  /** With `?`: a row without label does not count in the loss. */
  readonly optional?: true;
  readonly classWeight?: "balanced" | { readonly [label: string]: number };
  readonly transform?: "log" | "standard";
  readonly na?: readonly string[];
}

// ---------------------------------------------------------------- training

export interface HeadPlan {
  readonly target: string;
  readonly loss: CallPlan;
  readonly lossWeight: number;
  readonly metrics: readonly CallPlan[];
  /** Trained and reported, not an output. */
  readonly auxiliary?: true;
  /** False for auxiliary heads and for members of a late fusion that have no loss of their own. */
  readonly output: boolean;
  /** The head gives the value of a late fusion of these heads: its gradient stops at them unless `trainMembers`. */
  readonly late?: { readonly members: readonly string[]; readonly trainMembers: boolean };
  /** Modalities without which this head has no prediction: rows that lack one are left out of its loss and metrics. */
  readonly needs?: readonly string[];
}

export interface TrainPlan {
  readonly heads: { readonly [name: string]: HeadPlan };
  /** `{ adam: { learningRate: 1e-3 } }` */
  readonly optimizer: CallPlan;
  readonly schedule: CallPlan;
  readonly epochs: number;
  readonly batchSize: number;
  readonly clip?: { readonly norm: number } | { readonly value: number };
  readonly stop?: { readonly patience: number; readonly monitor: string };
  readonly seed: number;
  /** Layers by name with a rate of their own, or none (`frozen`). */
  readonly layers?: { readonly [layerPrefix: string]: { readonly frozen?: true; readonly learningRate?: number } };
}

export interface EvaluatePlan {
  /** `majority`, `mean`, `only(sheet)`: the floors beside the model. */
  readonly baselines: readonly CallPlan[];
  /** Resamples for the 95 % interval. */
  readonly bootstrap: number;
}

/** What a program says of itself. */
export interface ProgramPlan {
  readonly name: string;
  readonly spec: string;
  readonly data: DataPlan;
  readonly training: TrainPlan;
  readonly evaluation: EvaluatePlan;
}
