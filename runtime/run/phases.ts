/**
 * The trainings of a run as checkpoints in its folder: which file is whose, and what is read back is looked at before it is
 * trusted. Knows no tensors.
 */
import { type CheckpointFile, openCheckpoint } from "../artifact/checkpoint-file.ts";
import { RunError } from "../artifact/run-error.ts";
import type { RunWriter } from "../artifact/run-writer.ts";
import type { Phase, PhaseEnd, PhaseStore, StoredPhase } from "../train/checkpoints.ts";
import type { LoopPosition } from "../train/state.ts";

/** A run's folder as typed, and what names its checkpoints. */
export interface RunPlace {
  readonly dir: string;
  /** File name of the spec, for messages. */
  readonly spec: string;
  /** The program's floors, in its order. */
  readonly floors: readonly string[];
}

interface PhaseState {
  readonly phase: string;
  readonly position: LoopPosition;
  readonly ended?: PhaseEnd;
}

/** An opened checkpoint; close it when its arrays were read. */
export interface OpenPhase extends StoredPhase {
  close(): Promise<void>;
}

/** @throws RunError run-unreadable, resume-differs */
export async function openPhase(place: RunPlace, phase: Phase): Promise<OpenPhase | undefined> {
  const file = await openCheckpoint(place.dir, fileOf(place, phase), place.spec);
  if (file === undefined) return undefined;
  if (!isState(file.state, titleOf(phase))) {
    await file.close();
    throw brokenPhase(place, phase, "is no checkpoint of this run");
  }
  const { position, ended } = file.state;
  return { position, arrays: file.arrays, ...(ended !== undefined && { ended }), close: file.close };
}

/** The checkpoints of a run that is being written. `close` it at the end. */
export function createPhases(run: RunWriter, place: RunPlace): PhaseStore & { close(): Promise<void> } {
  const opened: Pick<CheckpointFile, "close">[] = [];
  const close = async (): Promise<void> => {
    for (const file of opened.splice(0)) await file.close();
  };
  return {
    async load(phase) {
      const found = await openPhase(place, phase);
      if (found !== undefined) opened.push(found);
      return found;
    },
    async save(phase, { position, arrays, ended }) {
      // Some systems do not let an open file be replaced.
      await close();
      const state: PhaseState = { phase: titleOf(phase), position, ...(ended !== undefined && { ended }) };
      await run.saveCheckpoint(fileOf(place, phase), state, arrays);
    },
    close,
  };
}

/** A checkpoint that does not go with its run. */
export function brokenPhase(place: RunPlace, phase: Phase, why: string): RunError {
  const facts = { path: place.dir, why: `checkpoints/${fileOf(place, phase)}.safetensors ${why}` };
  return new RunError({ code: "run-unreadable", facts });
}

function fileOf({ floors }: RunPlace, phase: Phase): string {
  return phase === "model" ? "model" : `floor-${floors.indexOf(phase.floor) + 1}`;
}

function titleOf(phase: Phase): string {
  return phase === "model" ? "model" : phase.floor;
}

function isState(value: unknown, title: string): value is PhaseState {
  const { phase, position, ended } = (value ?? {}) as Partial<PhaseState>;
  if (phase !== title || !isPosition(position)) return false;
  if (ended === undefined) return true;
  const counts = [ended.epochs, ended.steps, ended.stepsPerEpoch, ended.kept];
  return counts.every(isCount) && (ended.status === "finished" || ended.status === "early") && ended.seconds >= 0;
}

function isPosition(value: unknown): value is LoopPosition {
  const { steps, stepsPerEpoch, epochs, ended, step, sums, best, seconds } = (value ?? {}) as Partial<LoopPosition>;
  return (
    [steps, stepsPerEpoch, epochs, ended, step].every(isCount) &&
    Array.isArray(sums) &&
    sums.every((sum) => Number.isFinite(sum?.loss) && isCount(sum?.count)) &&
    (best === undefined || (isCount(best?.epoch) && Number.isFinite(best?.value))) &&
    Number.isFinite(seconds?.epoch) &&
    Number.isFinite(seconds?.all)
  );
}

function isCount(value: unknown): boolean {
  return typeof value === "number" && Number.isSafeInteger(value) && value >= 0;
}
