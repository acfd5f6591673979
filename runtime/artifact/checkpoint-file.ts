/**
 * A checkpoint as one file, so that state and arrays are always of the same moment: safetensors, with the state as JSON in
 * its metadata. Owns names and the version of the form; what a state holds is its writer's business.
 */
import path from "node:path";
import { type Owner, writeDurably } from "./durable.ts";
import { RunError } from "./run-error.ts";
import type { LazyArray } from "./safetensors.ts";
import { openSafetensors, safetensorsSize, writeSafetensors } from "./safetensors.ts";

/** The folder in a run. */
export const CHECKPOINTS = "checkpoints";

/** Raised when an older mmfc could not go on from a checkpoint, or would go on to other numbers. */
export const CHECKPOINT_VERSION = 1;

const FORMAT = "mmfc-checkpoint";

export interface CheckpointFile {
  /** `checkpoints/model.safetensors`, for messages. */
  readonly shown: string;
  readonly state: unknown;
  readonly arrays: readonly LazyArray[];
  close(): Promise<void>;
}

export async function writeCheckpoint(
  folder: string,
  name: string,
  state: unknown,
  arrays: readonly LazyArray[],
  owner: Owner,
): Promise<void> {
  const metadata = metadataOf(state);
  await writeDurably(
    path.join(folder, `${name}.safetensors`),
    (handle) => writeSafetensors(handle, arrays, metadata),
    owner,
    checkpointSize(state, arrays),
  );
}

export function checkpointSize(state: unknown, arrays: readonly LazyArray[]): number {
  return safetensorsSize(arrays, metadataOf(state));
}

function metadataOf(state: unknown): { [key: string]: string } {
  return { format: FORMAT, version: String(CHECKPOINT_VERSION), state: JSON.stringify(state) };
}

/**
 * Opens the checkpoint of that name; undefined where there is none.
 *
 * @param run the run's folder, as the user would type it
 * @throws RunError run-unreadable; resume-differs if another version of the form wrote it
 */
export async function openCheckpoint(run: string, name: string, spec: string): Promise<CheckpointFile | undefined> {
  const shown = `${CHECKPOINTS}/${name}.safetensors`;
  const unreadable = (why: string): RunError =>
    new RunError({ code: "run-unreadable", facts: { path: run, why: `${shown} ${why}` } });
  const file = await openSafetensors(path.join(run, CHECKPOINTS, `${name}.safetensors`)).catch((error: Error) => {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return undefined;
    throw unreadable(error instanceof RangeError ? error.message : "cannot be opened");
  });
  if (file === undefined) return undefined;
  try {
    const { format, version, state } = file.metadata;
    if (format !== FORMAT || state === undefined) throw unreadable("is no checkpoint");
    if (version !== String(CHECKPOINT_VERSION)) {
      const was = [`checkpoints of form ${version ?? "0"}`];
      throw new RunError({
        code: "resume-differs",
        facts: { path: run, was, here: [`form ${CHECKPOINT_VERSION}`], spec },
      });
    }
    return { shown, state: JSON.parse(state), arrays: file.arrays, close: file.close };
  } catch (error) {
    await file.close();
    throw error instanceof SyntaxError ? unreadable("is no checkpoint") : error;
  }
}
