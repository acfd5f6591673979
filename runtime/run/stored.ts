/** A run that was written before: its program, its network with its weights, and whether the data are still its own. */
import { loadProgram } from "../artifact/load-program.ts";
import { RunError } from "../artifact/run-error.ts";
import type { StoredRun } from "../artifact/run-folder.ts";
import { openRun } from "../artifact/run-folder.ts";
import type { FittedData } from "../data/batch.ts";
import { defineProgram } from "../define-program.ts";
import type { Engine } from "../engine/engine.ts";
import { apply } from "../layers/value.ts";
import type { Program } from "../program.ts";
import { buildNetwork } from "../train/fit.ts";
import type { Network } from "../train/network.ts";
import type { Reporter } from "../train/reporter.ts";
import type { CommonOptions } from "./common.ts";
import { engineOf } from "./common.ts";

/** A run with its program. */
export async function openProgram(dir: string): Promise<{ run: StoredRun; program: Program }> {
  const run = await openRun(dir);
  const unreadable = (why: string): RunError => new RunError({ code: "run-unreadable", facts: { path: run.dir, why } });
  const program = await loadProgram(run.programJs, { apply, defineProgram }).catch((error: Error) => {
    throw unreadable(`program.js is broken: ${error.message.replace(/\.$/, "")}`);
  });
  return { run, program };
}

/** A run with its program and an engine for it. */
export async function loadRun(
  dir: string,
  options: CommonOptions,
  reporter: Reporter,
): Promise<{ run: StoredRun; program: Program; engine: Engine }> {
  const { run, program } = await openProgram(dir);
  const engine = await engineOf(options, reporter);
  return { run, program, engine };
}

/** The network of a run with its weights. */
export function networkOfRun(engine: Engine, run: StoredRun, program: Program): Network {
  const network = buildNetwork(engine.tf, program.buildModel, run.fitted, run.environment.seed);
  const stored = new Map(run.weights.map((array) => [array.name, array]));
  for (const { name, variable } of network.weights) {
    const array = stored.get(name);
    if (array === undefined || array.shape.join() !== variable.shape.join()) {
      network.dispose();
      const why =
        array === undefined
          ? `weights.safetensors has no ${name}`
          : `weights.safetensors has another shape for ${name}`;
      throw new RunError({ code: "run-unreadable", facts: { path: run.dir, why } });
    }
    engine.tf.tidy(() => variable.assign(engine.tf.tensor(array.data, [...array.shape])));
  }
  return network;
}

/** Own test rows are those of the training only if the data are still the same. */
export function assertSameData(run: StoredRun, here: FittedData): void {
  if (JSON.stringify(here) === JSON.stringify(run.fitted)) return;
  const was: string[] = [];
  const now: string[] = [];
  for (const [name, target] of Object.entries(run.fitted.targets)) {
    const other = here.targets[name];
    const classes = (t: typeof target | undefined): string => `${t?.classes?.length ?? 0} classes of ${name}`;
    if (JSON.stringify(target.classes) !== JSON.stringify(other?.classes)) {
      const same = classes(target) === classes(other);
      was.push(same ? `other classes of ${name}` : classes(target));
      now.push(same ? (other?.classes ?? []).join(", ") : classes(other));
    }
  }
  if (was.length === 0) {
    was.push("other training rows");
    now.push("another table");
  }
  throw new RunError({ code: "resume-differs", facts: { path: run.dir, was, here: now, spec: run.environment.spec } });
}
