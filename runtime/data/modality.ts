/**
 * What every modality does on its way from cells to batches: look, fit on training rows, prepare, fill. The kinds
 * (text.ts, image.ts, audio.ts, tabular.ts, vector.ts) implement it; parts.ts and prepare.ts know only this.
 */
import type { DataRow } from "../../diagnostics/diagnostic.ts";
import type { MediaPlan, ModalityPlan } from "../../plan/plan.ts";
import type { FittedModality } from "./batch.ts";
import type { Media } from "./media.ts";
import type { MediaCells } from "./media-cells.ts";
import type { About, Problems } from "./problems.ts";
import type { Random } from "./random.ts";
import type { Table } from "./source.ts";

export interface Progress {
  readonly modality: string;
  readonly done: number;
  readonly total: number;
  readonly cached: boolean;
  readonly seconds: number;
}

/** Something worth saying that is no problem: `code` is one of the catalogue's notes, or a word of its own. */
export interface DataNote {
  readonly code: string;
  readonly facts: { readonly [name: string]: unknown };
  readonly about: About;
  readonly rows?: readonly DataRow[];
  /** How many rows there are, where `rows` has only the first of them. */
  readonly rowCount?: number;
}

/** What a modality works with. */
export interface Workplace {
  readonly table: Table;
  readonly media: Media;
  readonly mediaPlan?: MediaPlan;
  readonly problems: Problems;
  readonly notes: DataNote[];
  readonly cacheDir: string;
  readonly threads: number;
  /** New rows of a model that is already fitted: what is not there is absent, no matter what the plan says of labels. */
  readonly predicting: boolean;
  progress(progress: Progress): void;
  readonly signal?: AbortSignal;
  /** The files that modalities name, once they are scanned. */
  readonly scanned: Map<string, MediaCells>;
  /** What another text modality fitted, for `vocabulary: NAME`. */
  fittedOf(modality: string): FittedModality | undefined;
  /** A fresh folder beside the cache, for what is too large for memory. */
  aside(): string;
}

/** Prepared rows, ready to be copied into batches. */
export interface Feed {
  /** Shape of one row. */
  readonly shape: readonly number[];
  readonly dtype: "float32" | "int32";
  /** Length of the masked axis, where the mask is not in the values themselves. */
  readonly mask?: number;
  /**
   * Writes table rows into `out` (and `mask`), one after the other. A row that is absent is left as it is: zeros.
   * `draw` gives the augmentation's stream of a row; without it, nothing is augmented.
   */
  fill(
    rows: Int32Array,
    out: Float32Array | Int32Array,
    mask: Float32Array | undefined,
    draw?: (row: number) => Random,
  ): Promise<void>;
  /** Media files that were read or found in the cache. */
  readonly files?: number;
  close(): Promise<void>;
}

/** One modality of a plan over one table. */
export interface ModalityReader {
  /** Looks at every row without decoding: 1 where a value is there. Reports what a required one lacks. */
  scan(): Promise<Uint8Array>;
  /**
   * Looks into the files of `rows` (table rows, ascending), decodes and keeps nothing; reports exactly what `prepare`
   * would. Returns how many different files there are. Kinds that are all in the table's cells do without.
   */
  inspect?(rows: Int32Array, train: Int32Array): Promise<number>;
  /** Fits on training rows (table rows, ascending) and makes `rows` ready. Without `fitted`, fits anew. */
  prepare(
    rows: Int32Array,
    train: Int32Array,
    fitted: FittedModality | undefined,
  ): Promise<{ fitted: FittedModality; feed: Feed }>;
}

export type ReaderOf<P extends ModalityPlan> = (name: string, plan: P, place: Workplace) => ModalityReader;

/** Throws the signal's reason once it is given. */
export function checkSignal(signal: AbortSignal | undefined): void {
  if (signal?.aborted) throw signal.reason instanceof Error ? signal.reason : new Error("stopped");
}

/** Lets what waits have its turn: signals, timers, what is drawn on the terminal. */
export const pause = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

/** Runs `work` over 0 to n - 1, at most `width` at a time. After a failure nothing new begins; it is thrown when all has ended. */
export async function concurrently(n: number, width: number, work: (index: number) => Promise<void>): Promise<void> {
  let next = 0;
  const failures: unknown[] = [];
  const runner = async (): Promise<void> => {
    while (next < n && failures.length === 0) {
      const index = next++;
      try {
        // Work that never waits would keep Ctrl-C from being heard.
        if (index % 64 === 63) await pause();
        await work(index);
      } catch (error) {
        failures.push(error);
      }
    }
  };
  await Promise.all(Array.from({ length: Math.min(width, n) }, runner));
  if (failures.length > 0) throw failures[0];
}
