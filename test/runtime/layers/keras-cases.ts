/** A layer as Keras 3.15 computed it: weights, outputs and gradients; and those of our own reference (keras_reference.py). */
import { readFileSync } from "node:fs";
import path from "node:path";
import { gunzipSync } from "node:zlib";

export interface KerasArray {
  readonly shape: number[];
  readonly dtype: string;
  readonly data: number[];
}

export interface KerasCase {
  readonly layer: string;
  // biome-ignore lint/suspicious/noExplicitAny: arguments differ from layer to layer.
  readonly args: any;
  readonly in: KerasArray[];
  readonly weights?: { [path: string]: KerasArray };
  readonly out: KerasArray[];
  readonly G?: KerasArray[];
  readonly grad_weights?: { [path: string]: KerasArray };
  readonly grad_in?: KerasArray[];
  readonly weights_after?: { [path: string]: KerasArray } | null;
}

/** What the shared fixtures do not have. */
export function ownKerasCases(): KerasCase[] {
  const file = path.join(import.meta.dirname, "keras-reference.json.gz");
  return JSON.parse(gunzipSync(readFileSync(file)).toString()).cases as KerasCase[];
}
