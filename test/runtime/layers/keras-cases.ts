/** Layer cases of shared/data/peer_fixtures/keras_layers.json.gz: weights, outputs and gradients of Keras 3.15. */
import { existsSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
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

const shared = process.env.MMFC_SHARED ?? fileURLToPath(new URL("../../../../shared", import.meta.url));
const file = `${shared}/data/peer_fixtures/keras_layers.json.gz`;

export const kerasCasesFile = existsSync(file) ? file : undefined;

export function readKerasCases(): KerasCase[] {
  if (!kerasCasesFile) return [];
  return JSON.parse(gunzipSync(readFileSync(kerasCasesFile)).toString()).cases as KerasCase[];
}
