/**
 * From a run to judgements and predictions: reads nothing but the run and the data. Says what happens to a Reporter and
 * throws typed errors; prints nothing.
 */
import type { SourcePlan } from "../../plan/plan.ts";
import type { Predictions } from "../artifact/predictions.ts";
import { predictionFormat, predictionsOf, writePredictions } from "../artifact/predictions.ts";
import type { RunEnvironment } from "../artifact/run-folder.ts";
import type { FittedData, Part } from "../data/batch.ts";
import type { DataNote } from "../data/modality.ts";
import { prepareData } from "../data/prepare.ts";
import type { HeadScorecard, Scorecard } from "../evaluate/scorecard.ts";
import type { Program } from "../program.ts";
import { judgePart } from "../train/fit.ts";
import { runPart } from "../train/forward.ts";
import { silentReporter } from "../train/reporter.ts";
import type { CommonOptions } from "./common.ts";
import { dataOptions, engineText, sourceOf } from "./common.ts";
import { assertSameData, printOf } from "./data-print.ts";
import { loadRun, networkOfRun, openUsable, placeOf, type Unfinished } from "./stored.ts";

export interface EvalOptions extends CommonOptions {
  /** A table in place of the run's own validation and test rows, as typed. */
  readonly source?: string;
}

export interface EvalResult {
  readonly dir: string;
  readonly environment: RunEnvironment;
  /** Its training has not come to its end. */
  readonly unfinished?: Unfinished;
  /** As in scorecard.json; with `source`, its rows are judged as test rows. */
  readonly scorecard: Scorecard;
  /** What the run itself had on its test (else validation) rows, by head; with `source` only. */
  readonly before?: { readonly [head: string]: HeadScorecard["test"] };
  readonly notes: readonly DataNote[];
}

/**
 * Judges a run: its own validation and test rows again, or all rows of another table. Reads nothing but the run and the data.
 *
 * @throws RunError, DataError, EngineError
 */
export async function evalRun(dir: string, options: EvalOptions = {}): Promise<EvalResult> {
  const reporter = options.reporter ?? silentReporter;
  const { run, program, engine } = await loadRun(dir, options, reporter);
  const { environment, fitted } = run;
  const given = options.source ?? undefined;
  const source = sourceOf(given ?? environment.source, environment.base);
  const preparing = performance.now();
  const prepared = await prepareData(program.data, {
    base: environment.base,
    ...(source !== undefined && { source }),
    ...(given !== undefined && { fitted, labels: true, ...(run.trained !== undefined && { trained: run.trained }) }),
    ...dataOptions(options, reporter),
    seed: environment.seed,
  });
  const prepare = (performance.now() - preparing) / 1000;
  try {
    const { data, validation, test } = prepared.parts;
    if (given === undefined) {
      const print = await printOf(prepared.parts, Object.keys(program.data.targets));
      const then = { fitted, ...(environment.data !== undefined && { print: environment.data }) };
      assertSameData(placeOf(run, program), then, { fitted: prepared.fitted, print });
    }
    const network = networkOfRun(engine, run, program);
    try {
      const started = performance.now();
      const parts = given === undefined ? { validation, test } : { test: data };
      const heads = await judgePart(network, program, fitted, parts, environment.seed, options.signal);
      const evaluate = (performance.now() - started) / 1000;
      const stored = run.scorecard as Partial<Scorecard> | undefined;
      const rows = {
        train: prepared.parts.train?.rows ?? 0,
        validation: parts.validation?.rows ?? 0,
        test: parts.test?.rows ?? 0,
      };
      const scorecard: Scorecard = {
        model: program.name,
        spec: program.spec,
        engine: engineText(engine),
        seed: environment.seed,
        epochs: environment.epochs.ended,
        bootstrap: program.evaluation.bootstrap,
        rows,
        heads: given === undefined ? withStoredFloors(heads, stored?.heads ?? {}) : heads,
        parameters: network.parameters,
        seconds: { prepare, train: stored?.seconds?.train ?? 0, evaluate },
      };
      const before = given === undefined || stored?.heads === undefined ? undefined : thenOf(stored.heads);
      return {
        dir: run.dir,
        environment,
        ...(run.unfinished !== undefined && { unfinished: run.unfinished }),
        scorecard,
        ...(before !== undefined && { before }),
        notes: prepared.notes,
      };
    } finally {
      network.dispose();
    }
  } finally {
    reporter.end();
    await prepared.close();
  }
}

export interface PredictOptions extends CommonOptions {
  /** The table, as typed. */
  readonly source: string;
  /** A .csv, .jsonl or .parquet file to write. */
  readonly out?: string;
}

export interface PredictResult {
  readonly dir: string;
  readonly environment: RunEnvironment;
  /** Its training has not come to its end. */
  readonly unfinished?: Unfinished;
  readonly predictions: Predictions;
  readonly notes: readonly DataNote[];
}

/**
 * The columns that {@link predictRun} writes for a run, in their order: known before anything is predicted.
 *
 * @throws RunError
 */
export async function predictionColumns(dir: string): Promise<readonly string[]> {
  const { run, program } = await openUsable(dir);
  const context = { data: program.data, training: program.training, fitted: run.fitted };
  return predictionsOf(context, emptyPart, emptyOutputs(program, run.fitted)).columns.map((column) => column.name);
}

/**
 * Predicts the rows of a table, in their order; labels may be missing.
 *
 * @throws RunError, DataError, EngineError; RangeError for a file of another ending
 */
export async function predictRun(dir: string, options: PredictOptions): Promise<PredictResult> {
  if (options.out !== undefined) predictionFormat(options.out);
  const reporter = options.reporter ?? silentReporter;
  const { run, program, engine } = await loadRun(dir, options, reporter);
  const { environment, fitted } = run;
  const prepared = await prepareData(program.data, {
    labels: false,
    base: environment.base,
    source: sourceOf(options.source, environment.base) as SourcePlan,
    fitted,
    ...dataOptions(options, reporter),
    seed: environment.seed,
  });
  try {
    const network = networkOfRun(engine, run, program);
    try {
      const part = prepared.parts.data ?? emptyPart;
      const { batchSize } = program.training;
      const { outputs } = await runPart(network, part, [], {
        batchSize,
        ...(options.signal !== undefined && { signal: options.signal }),
      });
      const context = { data: program.data, training: program.training, fitted };
      const predictions = predictionsOf(context, part, part.rows === 0 ? emptyOutputs(program, fitted) : outputs);
      if (options.out !== undefined) await writePredictions(predictions, options.out);
      return {
        dir: run.dir,
        environment,
        ...(run.unfinished !== undefined && { unfinished: run.unfinished }),
        predictions,
        notes: prepared.notes,
      };
    } finally {
      network.dispose();
    }
  } finally {
    reporter.end();
    await prepared.close();
  }
}

function thenOf(heads: Scorecard["heads"]): NonNullable<EvalResult["before"]> {
  return Object.fromEntries(Object.entries(heads).map(([name, head]) => [name, head.test ?? head.validation]));
}

/** Floors that were trained are not trained again: on the same data their numbers, and the verdict on them, stand. */
function withStoredFloors(heads: Scorecard["heads"], stored: Scorecard["heads"]): Scorecard["heads"] {
  return Object.fromEntries(
    Object.entries(heads).map(([name, head]) => {
      const then = stored[name];
      if (then === undefined) return [name, head];
      return [
        name,
        {
          ...head,
          floors: { ...then.floors, ...head.floors },
          floorRows: { ...then.floorRows, ...head.floorRows },
          ...(then.verdict !== undefined && { verdict: then.verdict }),
        },
      ];
    }),
  );
}

const emptyPart: Part = {
  name: "data",
  rows: 0,
  ids: [],
  rowNumbers: new Int32Array(0),
  async *batches() {},
  target: () => undefined,
  labelled: () => new Float32Array(0),
  present: () => new Float32Array(0),
};

function emptyOutputs(program: Program, fitted: FittedData): { [head: string]: { data: Float32Array; width: number } } {
  return Object.fromEntries(
    Object.entries(program.training.heads).map(([head, { target }]) => {
      const found = fitted.targets[target];
      return [head, { data: new Float32Array(0), width: (found?.columns ?? found?.classes ?? []).length || 1 }];
    }),
  );
}
