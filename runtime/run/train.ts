/**
 * From a program to a new run: its folder, its engine, and the training carried out. Says what happens to a Reporter and
 * throws typed errors; prints nothing.
 */
import path from "node:path";
import type { RunSources } from "../artifact/run-writer.ts";
import { createRun, writeSources } from "../artifact/run-writer.ts";
import type { Program } from "../program.ts";
import { silentReporter } from "../train/reporter.ts";
import type { ModelRows, TrainResult } from "./carry-out.ts";
import { carryOut } from "./carry-out.ts";
import type { CommonOptions } from "./common.ts";
import { asFolder, engineOf } from "./common.ts";
import { environmentOf } from "./environment.ts";

export interface TrainOptions extends CommonOptions {
  /** The folder that paths of the data are relative to. */
  readonly base: string;
  /** Another table in place of the program's, as typed: relative to the working directory. */
  readonly source?: string;
  readonly epochs?: number;
  readonly seed?: number;
  /** The run's folder. */
  readonly out: string;
  /** Also where something stands that is no run: files of the same names go. */
  readonly force?: boolean;
  /** Train the `only(…)` floors, too. */
  readonly baselines: boolean;
  /** Copied into the run; `programJs` is what `eval` and `predict` load. */
  readonly sources: RunSources;
  readonly modelRows?: ModelRows;
}

/**
 * Trains a program and writes its run.
 *
 * @throws DataError, EngineError; the signal's reason where it comes before the first step; RunError; TrainingError
 *   `loss-not-finite`, whose run has the weights of the last finished epoch, if one had finished
 */
export async function trainProgram(given: Program, options: TrainOptions): Promise<TrainResult> {
  const started = new Date().toISOString();
  const { out, baselines, source } = options;
  const reporter = options.reporter ?? silentReporter;
  const seed = options.seed ?? given.training.seed;
  const epochs = options.epochs ?? given.training.epochs;
  const program: Program = { ...given, training: { ...given.training, seed, epochs } };
  reporter.start({ model: program.name, seed, out: asFolder(out) });
  const engine = await engineOf(options, reporter);
  const environment = { program, engine, started, base: path.resolve(options.base), source, baselines };
  const run = await createRun(out, options.force);
  try {
    await writeSources(run, options.sources, environmentOf(environment));
  } catch (error) {
    run.discard();
    throw error;
  }
  return carryOut({
    run,
    place: { dir: out, spec: program.spec, floors: Object.keys(program.floors ?? {}) },
    environment,
    ...(options.modelRows !== undefined && { modelRows: options.modelRows }),
    reporter,
    options,
  });
}
