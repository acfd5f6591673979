/** Checkpoints in memory, as a run keeps them in its folder: position as JSON, arrays as copies. */
import type { Phase, PhaseStore, StoredPhase } from "../../../runtime/train/checkpoints.ts";
import type { Checkpoint, StateArray } from "../../../runtime/train/state.ts";

/** A checkpoint with nothing left of the tensors it was made of, its position through JSON. */
export async function copyOf<C extends Checkpoint>(checkpoint: C): Promise<C> {
  const arrays: StateArray[] = [];
  for (const { name, shape, read } of checkpoint.arrays) {
    const values = Float32Array.from(await read());
    arrays.push({ name, shape: [...shape], read: () => values });
  }
  const { arrays: _, ...rest } = checkpoint;
  return { ...JSON.parse(JSON.stringify(rest)), arrays };
}

export interface MemoryStore extends PhaseStore {
  /** All that was saved, in order. */
  readonly saved: { readonly phase: string; readonly stored: StoredPhase }[];
}

export function memoryStore(begun: readonly { phase: string; stored: StoredPhase }[] = []): MemoryStore {
  const saved = [...begun];
  const title = (phase: Phase): string => (phase === "model" ? "model" : phase.floor);
  return {
    saved,
    load: async (phase) => saved.findLast((one) => one.phase === title(phase))?.stored,
    async save(phase, stored) {
      saved.push({ phase: title(phase), stored: await copyOf(stored) });
    },
  };
}
