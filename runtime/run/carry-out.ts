/**
 * A training in its run folder, from the data to the scorecard, whether it is new or goes on: owns the order, what is
 * written when, and what becomes of the folder if it fails. Each step is its own folder's.
 */
import { contractSchema } from "../artifact/contract.ts";
import type { DataPrint } from "../artifact/run-folder.ts";
import type { RunWriter } from "../artifact/run-writer.ts";
import { jsonText, writeWeights } from "../artifact/run-writer.ts";
import type { FittedData } from "../data/batch.ts";
import { DataError } from "../data/batch.ts";
import type { TrainedRows } from "../data/leaks-trained.ts";
import type { DataNote } from "../data/modality.ts";
import { prepareData } from "../data/prepare.ts";
import { sourceName } from "../data/source-files.ts";
import type { Engine } from "../engine/engine.ts";
import type { Scorecard } from "../evaluate/scorecard.ts";
import type { Program } from "../program.ts";
import { fitProgram } from "../train/fit.ts";
import type { SamePrediction } from "../train/judge.ts";
import type { LoopResult } from "../train/loop.ts";
import type { Network } from "../train/network.ts";
import type { ModelRow, Reporter } from "../train/reporter.ts";
import { splitText } from "../train/run-text.ts";
import { StateError, weightArrays } from "../train/state.ts";
import { TrainingError } from "../train/training-error.ts";
import type { CommonOptions } from "./common.ts";
import { dataOptions, sourceOf } from "./common.ts";
import { assertSameData, printOf } from "./data-print.ts";
import type { EnvironmentFacts } from "./environment.ts";
import { environmentOf, scorecardOf } from "./environment.ts";
import { brokenPhase, createPhases, type RunPlace } from "./phases.ts";

/** The model's parts with costs, for the table before training; a function where sizes depend on the data. */
export type ModelRows = readonly ModelRow[] | ((fitted: FittedData) => readonly ModelRow[]);

export interface Job {
  readonly run: RunWriter;
  /** Of the run, as typed. */
  readonly place: RunPlace;
  readonly environment: EnvironmentFacts & { readonly program: Program; readonly engine: Engine };
  /** What the run was trained on before. */
  readonly before?: { readonly fitted?: FittedData; readonly print?: DataPrint };
  readonly modelRows?: ModelRows;
  readonly reporter: Reporter;
  readonly options: CommonOptions;
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
  /** Floors that Ctrl-C left. */
  readonly floorsLeft: readonly string[];
  readonly notes: readonly DataNote[];
}

/**
 * Carries a training out, and leaves its run.
 *
 * @throws DataError, EngineError; the signal's reason where it comes before the first step; RunError; TrainingError
 *   `loss-not-finite`, whose run has the weights of the last finished epoch, if one had finished
 */
export async function carryOut(job: Job): Promise<TrainResult> {
  const { run, place, reporter } = job;
  try {
    return await prepareAndTrain(job);
  } catch (error) {
    const reason = reasonOf(error, job);
    if (run.kept) await run.leave();
    else run.discard();
    if (reason instanceof TrainingError && reason.facts.kept > 0) reason.run = place.dir;
    throw reason;
  } finally {
    reporter.end();
  }
}

/** What is known here and not where it was thrown: which run it is. */
function reasonOf(error: unknown, { run, place }: Job): unknown {
  if (error instanceof StateError) return brokenPhase(place, error.phase ?? "model", error.message);
  if (error instanceof DataError && run.kept) {
    const withRun = error.problems.map((problem) =>
      problem.code === "file-changed" || problem.code === "disk-full"
        ? { ...problem, facts: { ...problem.facts, run: place.dir } }
        : problem,
    );
    return new DataError(withRun);
  }
  return error;
}

async function prepareAndTrain(job: Job): Promise<TrainResult> {
  const { reporter, options, place } = job;
  const { program, base, source: typed } = job.environment;
  const source = sourceOf(typed, base);
  // Told after the line of the rows, which are known when all is prepared.
  const ready: Parameters<Reporter["prepared"]>[0][] = [];
  const preparing = performance.now();
  const prepared = await prepareData(program.data, {
    base,
    ...(source !== undefined && { source }),
    ...dataOptions(options, { ...reporter, prepared: (event) => void ready.push(event) }),
    seed: program.training.seed,
  });
  const prepare = (performance.now() - preparing) / 1000;
  try {
    const { train, validation, test } = prepared.parts;
    if (train === undefined) throw new Error("The split leaves no training rows.");
    const parts = { train, ...(validation !== undefined && { validation }), ...(test !== undefined && { test }) };
    const print = await printOf(parts, Object.keys(program.data.targets));
    if (job.before !== undefined) assertSameData(place, job.before, { fitted: prepared.fitted, print });
    const rows = { train: train.rows, validation: validation?.rows ?? 0, test: test?.rows ?? 0 };
    reporter.rows({ ...rows, source: sourceName(source ?? program.data.source), split: splitText(program.data) });
    for (const event of ready) reporter.prepared(event);
    // A run goes on with the numbers it was begun with, to their last digit.
    const fitted = job.before?.fitted ?? prepared.fitted;
    const { notes, trained } = prepared;
    return await trainParts(job, { ...job.environment, data: print }, fitted, parts, { rows, prepare, notes, trained });
  } finally {
    await prepared.close();
  }
}

interface PreparedFacts {
  readonly rows: Scorecard["rows"];
  readonly prepare: number;
  readonly notes: readonly DataNote[];
  readonly trained: TrainedRows | undefined;
}

async function trainParts(
  job: Job,
  environment: EnvironmentFacts,
  fitted: FittedData,
  parts: Parameters<typeof fitProgram>[3],
  { rows, prepare, notes, trained }: PreparedFacts,
): Promise<TrainResult> {
  const { run, place, reporter, options, modelRows } = job;
  const { signal } = options;
  const { program, engine, baselines } = environment;
  const { seed, epochs } = program.training;
  await run.write("preprocess.json", jsonText(fitted));
  if (trained !== undefined) await run.write("trained.json", jsonText(trained));
  await run.write("contract.schema.json", jsonText(contractSchema(program.name, program.data, fitted)));
  await run.write("environment.json", jsonText(environmentOf(environment)));
  const phases = createPhases(run, place);
  try {
    const fit = await fitProgram(engine.tf, program, fitted, parts, {
      epochs,
      seed,
      baselines,
      reporter,
      ...(signal !== undefined && { signal }),
      ...(modelRows !== undefined && { modelRows: typeof modelRows === "function" ? modelRows(fitted) : modelRows }),
      store: phases,
      onEpoch: ({ epochs: _, ...report }) => run.appendLine("metrics.jsonl", report),
      async onTrained(network, loop) {
        // Stopped before its first step, a training has nothing to save.
        if (loop.steps === 0) signal?.throwIfAborted();
        await writeWeights(run, weightsOf(network), program.name);
      },
      async onFailure(network, error) {
        if (!(error instanceof TrainingError) || (error.facts.kept === 0 && !run.kept)) return;
        const { kept, step } = error.facts;
        if (kept > 0) await writeWeights(run, weightsOf(network), program.name);
        const ending = { status: "failed", epochs: kept, kept, steps: step - 1 } as const;
        await run.write("environment.json", jsonText(environmentOf(environment, ending)));
      },
    });
    const { loop, floorsLeft } = fit;
    const scorecard = fit.heads === undefined ? undefined : scorecardOf(program, engine, rows, fit, prepare);
    if (scorecard !== undefined) await run.write("scorecard.json", jsonText(scorecard));
    await run.write("environment.json", jsonText(environmentOf(environment, { ...loop, floorsLeft })));
    await phases.close();
    const whole = loop.status !== "stopped" && floorsLeft.length === 0;
    if (whole) await run.finish();
    else await run.leave();
    return {
      status: loop.status,
      interrupted: !whole,
      dir: place.dir,
      ...(scorecard !== undefined && { scorecard }),
      epochs: { ended: loop.epochs, planned: epochs, kept: loop.kept },
      step: { done: loop.steps - loop.epochs * loop.stepsPerEpoch, of: loop.stepsPerEpoch },
      floorsLeft,
      notes: [...notes, ...fit.samePredictions.map(samePredictionNote)],
    };
  } finally {
    await phases.close();
  }
}

function weightsOf(network: Network) {
  return weightArrays(network, "").map((array) => ({ ...array, name: array.name.slice(1) }));
}

function samePredictionNote({ name, value, rows, classes }: SamePrediction): DataNote {
  return { code: "same-prediction", about: { statement: name }, facts: { name, value, rows, weighable: classes } };
}
