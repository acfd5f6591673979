/**
 * From a program to a run, and from a run to judgements and predictions: engine, data, network, training, folder. Owns the
 * order; each step is its own folder's. Says what happens to a Reporter and throws typed errors; prints nothing.
 */
import path from "node:path";
import type { SourcePlan } from "../plan/plan.ts";
import { contractSchema } from "./artifact/contract.ts";
import { loadProgram } from "./artifact/load-program.ts";
import type { Predictions } from "./artifact/predictions.ts";
import { predictionFormat, predictionsOf, writePredictions } from "./artifact/predictions.ts";
import { RunError } from "./artifact/run-error.ts";
import type { RunEnvironment, RunSources, RunWriter, StoredRun } from "./artifact/run-folder.ts";
import { createRun, openRun, writeSources, writeWeights } from "./artifact/run-folder.ts";
import type { NamedArray } from "./artifact/safetensors.ts";
import { packageVersion } from "./artifact/version.ts";
import type { FittedData, Part } from "./data/batch.ts";
import type { DataNote, Progress } from "./data/modality.ts";
import { prepareData } from "./data/prepare.ts";
import { sourceName } from "./data/source.ts";
import { defineProgram } from "./define-program.ts";
import type { Engine } from "./engine/engine.ts";
import { openEngine } from "./engine/engine.ts";
import type { HeadScorecard, Scorecard } from "./evaluate/scorecard.ts";
import { apply } from "./layers/value.ts";
import type { Program } from "./program.ts";
import { buildNetwork, fitProgram, judgePart } from "./train/fit.ts";
import { runPart } from "./train/forward.ts";
import type { LoopResult } from "./train/loop.ts";
import type { Network } from "./train/network.ts";
import type { ModelRow, Reporter } from "./train/reporter.ts";
import { silentReporter } from "./train/reporter.ts";
import { splitText } from "./train/run-text.ts";
import { TrainingError } from "./train/training-error.ts";

interface CommonOptions {
  /** Opened before; without it, one is opened. */
  readonly engine?: Engine;
  readonly threads?: number;
  /** Whether TensorFlow may be fetched where there is none. */
  readonly install?: "never" | "auto";
  readonly reporter?: Reporter;
  readonly signal?: AbortSignal;
  /** Where prepared features are kept. */
  readonly cacheDir?: string;
}

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
 * @throws DataError, EngineError; RunError `out-exists`; TrainingError `loss-not-finite`, whose run has the weights of the
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

export interface EvalOptions extends CommonOptions {
  /** A table in place of the run's own validation and test rows, as typed. */
  readonly source?: string;
}

export interface EvalResult {
  readonly dir: string;
  readonly environment: RunEnvironment;
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
    ...(given !== undefined && { fitted }),
    ...dataOptions(options, reporter),
    seed: environment.seed,
  });
  const prepare = (performance.now() - preparing) / 1000;
  try {
    if (given === undefined) assertSameData(run, prepared.fitted);
    const { data, validation, test } = prepared.parts;
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
      return { dir: run.dir, environment, scorecard, ...(before !== undefined && { before }), notes: prepared.notes };
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
  readonly predictions: Predictions;
  readonly notes: readonly DataNote[];
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
      return { dir: run.dir, environment, predictions, notes: prepared.notes };
    } finally {
      network.dispose();
    }
  } finally {
    reporter.end();
    await prepared.close();
  }
}

// ---------------------------------------------------------------- engine and data

async function engineOf(options: CommonOptions, reporter: Reporter): Promise<Engine> {
  const engine =
    options.engine ??
    (await openEngine({
      ...(options.threads !== undefined && { threads: options.threads }),
      ...(options.install !== undefined && { install: options.install }),
      onProgress: (line) => reporter.note(line),
    }));
  reporter.engine(engine.describe());
  return engine;
}

/** `tensorflow 2.21, CPU` */
function engineText({ kind, version, device }: Engine): string {
  return kind === "tensorflow"
    ? `tensorflow ${version.split(".").slice(0, 2).join(".")}, ${device}`
    : `${kind}, ${device}`;
}

function dataOptions(options: CommonOptions, reporter: Reporter) {
  const ready = new Set<string>();
  return {
    ...(options.threads !== undefined && { threads: options.threads }),
    ...(options.cacheDir !== undefined && { cacheDir: options.cacheDir }),
    ...(options.signal !== undefined && { signal: options.signal }),
    onProgress({ modality, done, total, cached, seconds }: Progress) {
      if (done < total) reporter.preparing({ modality, done, total });
      else if (!ready.has(modality)) {
        ready.add(modality);
        reporter.prepared({ modality, rows: total, ...(!cached && { seconds }) });
      }
    },
  };
}

/** Paths of the data are relative to the base; a table that is typed is relative to the working directory. */
function sourceOf(typed: string | undefined, base: string): string | undefined {
  if (typed === undefined) return undefined;
  const absolute = path.resolve(typed);
  const inside = path.relative(path.resolve(base), absolute);
  return inside.startsWith("..") || path.isAbsolute(inside) ? absolute : inside;
}

/** Own test rows are those of the training only if the data are still the same. */
function assertSameData(run: StoredRun, here: FittedData): void {
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

// ---------------------------------------------------------------- runs

async function loadRun(
  dir: string,
  options: CommonOptions,
  reporter: Reporter,
): Promise<{ run: StoredRun; program: Program; engine: Engine }> {
  const run = await openRun(dir);
  const unreadable = (why: string): RunError => new RunError({ code: "run-unreadable", facts: { path: run.dir, why } });
  const program = await loadProgram(run.programJs, { apply, defineProgram }).catch((error: Error) => {
    throw unreadable(`program.js is broken: ${error.message.replace(/\.$/, "")}`);
  });
  const engine = await engineOf(options, reporter);
  return { run, program, engine };
}

/** The network of a run with its weights. */
function networkOfRun(engine: Engine, run: StoredRun, program: Program): Network {
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
          ...(then.verdict !== undefined && { verdict: then.verdict }),
        },
      ];
    }),
  );
}

/** Files are for people, too. */
function json(value: unknown): string {
  return `${JSON.stringify(value, null, 2)}\n`;
}

function asFolder(out: string): string {
  return out.endsWith("/") ? out : `${out}/`;
}

// ---------------------------------------------------------------- a table without rows

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
