/** A run that was written before: its program, the weights to be used, and its network. */
import { loadProgram } from "../artifact/load-program.ts";
import { RunError } from "../artifact/run-error.ts";
import type { RunEnvironment, StoredRun } from "../artifact/run-folder.ts";
import { openRun, readWeights } from "../artifact/run-folder.ts";
import { trainerOf } from "../artifact/run-lock.ts";
import type { NamedArray } from "../artifact/safetensors.ts";
import type { FittedData } from "../data/batch.ts";
import { defineProgram } from "../define-program.ts";
import type { Engine } from "../engine/engine.ts";
import { apply } from "../layers/value.ts";
import type { Program } from "../program.ts";
import type { Network } from "../train/network.ts";
import { buildNetwork } from "../train/network-of-program.ts";
import type { Reporter } from "../train/reporter.ts";
import { judgedWeights } from "../train/state.ts";
import type { CommonOptions } from "./common.ts";
import { engineOf } from "./common.ts";
import { openPhase, type RunPlace } from "./phases.ts";

/** What is said of a run whose training has not come to its end: the facts of `run-unfinished`. */
export interface Unfinished {
  readonly path: string;
  readonly epoch: number;
  readonly of: number;
  /** The epoch whose weights are used; 0: those after `step` of the first. */
  readonly best: number;
  readonly last: boolean;
  readonly step: number;
  readonly running: boolean;
  /** At a loss that was no number. */
  readonly failed: boolean;
}

/** A run that can be judged and used. */
export interface UsableRun extends StoredRun {
  readonly fitted: FittedData;
  readonly weights: readonly NamedArray[];
  readonly unfinished?: Unfinished;
}

/** A run with its program. */
export async function openProgram(dir: string): Promise<{ run: StoredRun; program: Program }> {
  const run = await openRun(dir);
  const program = await loadProgram(run.programJs, { apply, defineProgram }).catch((error: Error) => {
    throw unreadable(run, `program.js is broken: ${error.message.replace(/\.$/, "")}`);
  });
  return { run, program };
}

/** A run with its program and its weights: the kept ones, or, where it is not finished, the best so far. */
export async function openUsable(dir: string): Promise<{ run: UsableRun; program: Program }> {
  const { run, program } = await openProgram(dir);
  return { run: run.environment.status === "training" ? await soFar(run, program) : await kept(run), program };
}

/** A run with its weights, its program and an engine for it. */
export async function loadRun(
  dir: string,
  options: CommonOptions,
  reporter: Reporter,
): Promise<{ run: UsableRun; program: Program; engine: Engine }> {
  const { run, program } = await openUsable(dir);
  const engine = await engineOf(options, reporter);
  return { run, program, engine };
}

export function placeOf(run: StoredRun, program: Program): RunPlace {
  return { dir: run.dir, spec: run.environment.spec, floors: Object.keys(program.floors ?? {}) };
}

async function kept(run: StoredRun): Promise<UsableRun> {
  const { environment } = run;
  if (run.fitted === undefined) throw unreadable(run, "it has no preprocess.json");
  const usable = { ...run, fitted: run.fitted, weights: await readWeights(run.dir) };
  if (environment.status === "finished" || environment.status === "early") return usable;
  return { ...usable, unfinished: unfinishedOf(run.dir, environment, false) };
}

/** A training under way, or one that was killed, has its weights in its checkpoint. */
async function soFar(run: StoredRun, program: Program): Promise<UsableRun> {
  const phase = run.fitted === undefined ? undefined : await openPhase(placeOf(run, program), "model");
  if (run.fitted === undefined || phase === undefined) {
    const facts = { path: run.dir, why: "its training ended before its first checkpoint", resumable: true };
    throw new RunError({ code: "run-unreadable", facts });
  }
  try {
    const { position, ended } = phase;
    const { group, epoch } = ended === undefined ? judgedWeights(phase) : { group: "weights", epoch: ended.kept };
    const weights: NamedArray[] = [];
    for (const { name, shape, read } of phase.arrays)
      if (name.startsWith(`${group}/`)) weights.push({ name: name.slice(group.length + 1), shape, data: await read() });
    const environment: RunEnvironment = {
      ...run.environment,
      ...(ended !== undefined && { status: ended.status }),
      epochs: {
        planned: position.epochs,
        ended: position.ended,
        kept: epoch,
        ...(position.best !== undefined && { best: position.best.epoch }),
      },
      steps: position.steps,
      stepsPerEpoch: position.stepsPerEpoch,
    };
    const running = (await trainerOf(run.dir)) !== undefined;
    const unfinished = ended === undefined ? { unfinished: unfinishedOf(run.dir, environment, running) } : {};
    return { ...run, environment, fitted: run.fitted, weights, ...unfinished };
  } finally {
    await phase.close();
  }
}

function unfinishedOf(path: string, environment: RunEnvironment, running: boolean): Unfinished {
  const { planned, ended, kept: best, best: bestEpoch } = environment.epochs;
  return {
    path,
    epoch: Math.min(ended + 1, planned),
    of: planned,
    best,
    last: best !== bestEpoch,
    step: environment.steps - ended * (environment.stepsPerEpoch ?? 0),
    running,
    failed: environment.status === "failed",
  };
}

/** The network of a run with its weights. */
export function networkOfRun(engine: Engine, run: UsableRun, program: Program): Network {
  const network = buildNetwork(engine.tf, program.buildModel, run.fitted, run.environment.seed);
  const stored = new Map(run.weights.map((array) => [array.name, array]));
  for (const { name, variable } of network.weights) {
    const array = stored.get(name);
    if (array === undefined || array.shape.join() !== variable.shape.join()) {
      network.dispose();
      throw unreadable(run, `its weights have ${array === undefined ? "no" : "another shape for"} ${name}`);
    }
    engine.tf.tidy(() => variable.assign(engine.tf.tensor(array.data, [...array.shape])));
  }
  return network;
}

function unreadable(run: StoredRun, why: string): RunError {
  return new RunError({ code: "run-unreadable", facts: { path: run.dir, why } });
}
