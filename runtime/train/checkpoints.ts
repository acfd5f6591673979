/**
 * Where trainings are kept while they are under way, and how often: at the end of epochs, by time inside long ones, and
 * never so often that writing is what takes the time. Knows neither files nor tensors.
 */
import type { LoopResult } from "./loop.ts";
import type { Checkpoint, LoopPosition, StateArray } from "./state.ts";

/** A training of a run: the model's own, or a floor's, by its key (`only(sheet)`). */
export type Phase = "model" | { readonly floor: string };

/** A phase as it was left: under way, or at its end with the weights that were kept. */
export interface StoredPhase extends Checkpoint {
  readonly ended?: PhaseEnd;
}

export type PhaseEnd = Pick<LoopResult, "status" | "epochs" | "steps" | "stepsPerEpoch" | "best" | "kept"> & {
  readonly seconds: number;
};

/** A run keeps its phases in its folder; tests keep them in memory. */
export interface PhaseStore {
  load(phase: Phase): Promise<StoredPhase | undefined>;
  save(phase: Phase, stored: StoredPhase): Promise<void>;
}

/** What the loop asks and tells. */
export interface Checkpoints {
  /** Whether it is time to save, at this point. */
  due(point: "step" | "epoch"): boolean;
  save(checkpoint: Checkpoint): Promise<void>;
}

/** Inside an epoch a checkpoint is written at most so often, in milliseconds. */
export const STEP_INTERVAL = 30_000;

/** Between two checkpoints lies at least so many times what the last one took. */
export const SHARE = 25;

/** Saves a phase into a store, when it is time. */
export function createCheckpoints(
  store: PhaseStore,
  phase: Phase,
  now: () => number = () => performance.now(),
): Checkpoints {
  let last = now();
  let took = 0;
  return {
    due: (point) => now() - last >= Math.max(took * SHARE, point === "step" ? STEP_INTERVAL : 0),
    async save(checkpoint) {
      const begun = now();
      await store.save(phase, checkpoint);
      last = now();
      took = last - begun;
    },
  };
}

/** What is kept of a phase at its end: the position for its numbers, and the weights. */
export function endedPhase(end: PhaseEnd, weights: readonly StateArray[]): StoredPhase {
  const { epochs, steps, stepsPerEpoch, best, seconds } = end;
  const position: LoopPosition = {
    steps,
    stepsPerEpoch,
    epochs,
    ended: epochs,
    step: 0,
    sums: [],
    ...(best !== undefined && { best }),
    seconds: { epoch: 0, all: seconds },
  };
  return { position, arrays: weights, ended: end };
}
