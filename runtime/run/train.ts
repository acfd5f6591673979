/**
 * From a program to a run: engine, data, network, training, folder. Owns the order; each step is its own folder's. Says
 * what happens to a Reporter and throws typed errors; prints nothing.
 */
import path from "node:path";
import { contractSchema } from "../artifact/contract.ts";
import type { RunEnvironment, RunSources, RunWriter } from "../artifact/run-folder.ts";
import { createRun, writeSources, writeWeights } from "../artifact/run-folder.ts";
import type { NamedArray } from "../artifact/safetensors.ts";
import { packageVersion } from "../artifact/version.ts";
import type { FittedData } from "../data/batch.ts";
import type { DataNote } from "../data/modality.ts";
import { prepareData } from "../data/prepare.ts";
import { sourceName } from "../data/source.ts";
import type { Engine } from "../engine/engine.ts";
import type { Scorecard } from "../evaluate/scorecard.ts";
import type { Program } from "../program.ts";
import { fitProgram } from "../train/fit.ts";
import type { LoopResult } from "../train/loop.ts";
import type { Network } from "../train/network.ts";
import type { ModelRow, Reporter } from "../train/reporter.ts";
import { silentReporter } from "../train/reporter.ts";
import { splitText } from "../train/run-text.ts";
import { TrainingError } from "../train/training-error.ts";
import type { CommonOptions } from "./common.ts";
import { dataOptions, engineOf, engineText, json, sourceOf } from "./common.ts";

export interface TrainOptions extends CommonOptions {
  /** The folder that paths of the data are relative to. */
  readonly base: string;
  /** Another table in place of the program's, as typed: relative to the working directory. */
  readonly source?: string;
  readonly epochs?: number;
  readonly seed?: number;
  /** The run's folder. */
  readonly out: string;
  /** Train the `only(…)` floors, too. */
  readonly baselines: boolean;
  /** Copied into the run; `programJs` is what `eval` and `predict` load. */
  readonly sources: RunSources;
  /** The model's parts with costs, for the table before training; a function where sizes depend on the data. */
  readonly modelRows?: readonly ModelRow[] | ((fitted: FittedData) => readonly ModelRow[]);
}

export interface TrainResult {
  readonly status: LoopResult["status"];
  /** Ctrl-C came: while the model was trained (`stopped`) or its floors, of which the scorecard then lacks some. */
  readonly interrupted: boolean;
  readonly dir: string;
  /** None if the training was stopped. */
  readonly scorecard?: Scorecard;
  /** Epochs that ended, of so many; the epoch whose weights are in the run. */
  readonly epochs: { readonly ended: number; readonly planned: number; readonly kept: number };
  /** Steps done in the epoch under way, of so many: where a stopped training was. */
  readonly step: { readonly done: number; readonly of: number };
  readonly notes: readonly DataNote[];
}

/**
 * Trains a program and writes its run.
 *
 * @throws DataError, EngineError; the signal's reason where it comes before the first step; RunError `out-exists`; TrainingError `loss-not-finite`, whose run has the weights of the
 *   last finished epoch, if one had finished
 */
export async function trainProgram(given: Program, options: TrainOptions): Promise<TrainResult> {
  const started = new Date();
  const { out, signal } = options;
  const reporter = options.reporter ?? silentReporter;
  const seed = options.seed ?? given.training.seed;
  const epochs = options.epochs ?? given.training.epochs;
  const program: Program = { ...given, training: { ...given.training, seed, epochs } };
  reporter.start({ model: program.name, seed, out: asFolder(out) });
  const engine = await engineOf(options, reporter);
  const source = sourceOf(options.source, options.base);

  // Told after the line of the rows, which are known when all is prepared.
  const ready: Parameters<Reporter["prepared"]>[0][] = [];
  const preparing = performance.now();
  const prepared = await prepareData(program.data, {
    base: options.base,
    ...(source !== undefined && { source }),
    ...dataOptions(options, { ...reporter, prepared: (event) => void ready.push(event) }),
    seed,
  });
  const prepareSeconds = (performance.now() - preparing) / 1000;
  try {
    const { train, validation, test } = prepared.parts;
    if (train === undefined) throw new Error("The split leaves no training rows.");
    const rows = { train: train.rows, validation: validation?.rows ?? 0, test: test?.rows ?? 0 };
    reporter.rows({ ...rows, source: sourceName(source ?? program.data.source), split: splitText(program.data) });
    for (const event of ready) reporter.prepared(event);

    const run = await createRun(out);
    try {
      await writeStatics(run, program, prepared.fitted, options.sources);
      const environment = {
        program,
        engine,
        started,
        epochs,
        seed,
        base: path.resolve(options.base),
        source: options.source,
      };
      const fit = await fitProgram(
        engine.tf,
        program,
        prepared.fitted,
        { train, validation, test },
        {
          epochs,
          seed,
          baselines: options.baselines,
          reporter,
          ...(signal !== undefined && { signal }),
          ...(options.modelRows !== undefined && {
            modelRows: typeof options.modelRows === "function" ? options.modelRows(prepared.fitted) : options.modelRows,
          }),
          onEpoch: ({ epochs: _, ...report }) => run.appendLine("metrics.jsonl", report),
          async onFailure(network, error) {
            if (!(error instanceof TrainingError) || error.facts.kept === 0) return;
            await writeWeights(run, arraysOf(network), program.name);
            const { kept, step } = error.facts;
            const loop = { status: "failed" as const, epochs: kept, kept, steps: step - 1 };
            await run.write("environment.json", json(environmentOf(environment, loop)));
            await run.finish();
            error.run = out;
          },
        },
      );
      try {
        // Stopped before its first step, a training has nothing to save.
        if (fit.loop.steps === 0) signal?.throwIfAborted();
        await writeWeights(run, arraysOf(fit.network), program.name);
        await run.write("environment.json", json(environmentOf(environment, fit.loop)));
        const scorecard =
          fit.heads === undefined ? undefined : scorecardOf(program, engine, rows, fit, prepareSeconds, seed);
        if (scorecard !== undefined) await run.write("scorecard.json", json(scorecard));
        await run.finish();
        const { epochs: ended, kept, steps, stepsPerEpoch } = fit.loop;
        return {
          status: fit.loop.status,
          interrupted: signal?.aborted === true,
          dir: out,
          ...(scorecard !== undefined && { scorecard }),
          epochs: { ended, planned: epochs, kept },
          step: { done: steps - ended * stepsPerEpoch, of: stepsPerEpoch },
          notes: prepared.notes,
        };
      } finally {
        fit.network.dispose();
      }
    } catch (error) {
      await run.discard();
      throw error;
    }
  } finally {
    reporter.end();
    await prepared.close();
  }
}

function arraysOf(network: Network): NamedArray[] {
  return network.weights.map(({ name, variable }) => ({
    name,
    shape: variable.shape,
    data: Float32Array.from(variable.dataSync()),
  }));
}

async function writeStatics(run: RunWriter, program: Program, fitted: FittedData, sources: RunSources): Promise<void> {
  await writeSources(run, sources);
  await run.write("preprocess.json", json(fitted));
  await run.write("contract.schema.json", json(contractSchema(program.name, program.data, fitted)));
}

interface EnvironmentFacts {
  readonly program: Program;
  readonly engine: Engine;
  readonly started: Date;
  readonly epochs: number;
  readonly seed: number;
  readonly base: string;
  readonly source: string | undefined;
}

type Ending = Pick<LoopResult, "epochs" | "kept" | "steps" | "best"> & { readonly status: RunEnvironment["status"] };

function environmentOf(facts: EnvironmentFacts, loop: Ending): RunEnvironment {
  const { program, engine, started, epochs, seed, base, source } = facts;
  const { kind, version, device, threads } = engine;
  return {
    version: 1,
    mmfc: packageVersion(),
    model: program.name,
    spec: program.spec,
    node: process.version,
    platform: `${process.platform} ${process.arch}`,
    engine: { kind, version, device, threads },
    base,
    ...(source !== undefined && { source: path.resolve(source) }),
    seed,
    started: started.toISOString(),
    status: loop.status,
    epochs: {
      planned: epochs,
      ended: loop.epochs,
      kept: loop.kept,
      ...(loop.best !== undefined && { best: loop.best.epoch }),
    },
    steps: loop.steps,
  };
}

function scorecardOf(
  program: Program,
  engine: Engine,
  rows: Scorecard["rows"],
  fit: Awaited<ReturnType<typeof fitProgram>>,
  prepare: number,
  seed: number,
): Scorecard {
  return {
    model: program.name,
    spec: program.spec,
    engine: engineText(engine),
    seed,
    epochs: fit.loop.epochs,
    bootstrap: program.evaluation.bootstrap,
    rows,
    heads: fit.heads ?? {},
    parameters: fit.network.parameters,
    seconds: { prepare, ...fit.seconds },
  };
}

function asFolder(out: string): string {
  return out.endsWith("/") ? out : `${out}/`;
}
