/**
 * A program on prepared rows: its network trained, judged on validation and test rows, beside its floors. Owns the order of
 * these steps and what the reporter hears of them; must not know tables, files or engines.
 */

import type { CallPlan, TrainPlan } from "../../plan/plan.ts";
import { callKey } from "../../plan/plan.ts";
import type { FittedData, Part } from "../data/batch.ts";
import { constantFloor, floorName } from "../evaluate/floors.ts";
import type { HeadOutput } from "../evaluate/head-output.ts";
import { evaluateMetrics, isMatrix, metricDirection, metricOfKey } from "../evaluate/metrics/table.ts";
import { judgedPart, scoreHead } from "../evaluate/score-head.ts";
import type { HeadScorecard } from "../evaluate/scorecard.ts";
import type { FloorsLeft } from "../evaluate/verdict.ts";
import { createTf } from "../layers/facade.ts";
import { createFitted } from "../layers/fitted.ts";
import type { BuildModel, Program } from "../program.ts";
import type { PartOutputs } from "./forward.ts";
import { runPart } from "./forward.ts";
import type { HeadContext } from "./head-outputs.ts";
import { headOutput } from "./head-outputs.ts";
import type { EpochReport, Judgement, LoopResult } from "./loop.ts";
import { trainNetwork } from "./loop.ts";
import type { Network, Tfjs } from "./network.ts";
import { networkOf } from "./network.ts";
import { headTasks } from "./objective.ts";
import type { ModelRow, Reporter } from "./reporter.ts";
import { earlyStopText, lastKeptText } from "./run-text.ts";
import { startAtMean } from "./start.ts";
import { scaleOf } from "./target-scale.ts";

export interface PreparedParts {
  readonly train: Part;
  readonly validation?: Part;
  readonly test?: Part;
}

export interface FitOptions {
  readonly epochs: number;
  readonly seed: number;
  /** Train the `only(…)` floors, too. Majority and mean cost nothing and are always there. */
  readonly baselines: boolean;
  readonly reporter: Reporter;
  readonly signal?: AbortSignal;
  /** The model's parts with their costs, where the compiler told them. */
  readonly modelRows?: readonly ModelRow[];
  onEpoch?(report: EpochReport): void | Promise<void>;
}

export interface FitResult {
  readonly network: Network;
  readonly loop: LoopResult;
  /** By head; none if the training was stopped. If only its floors were, those that were finished are in it. */
  readonly heads?: { readonly [head: string]: HeadScorecard };
  readonly seconds: { readonly train: number; readonly floors?: number; readonly evaluate: number };
}

/** Builds the network of a program: `buildModel` or one of its floors. Weights and dropout come from the seed. */
export function buildNetwork(tf: Tfjs, build: BuildModel, fitted: FittedData, seed: number): Network {
  const facade = createTf(tf, { seed });
  return networkOf(tf, facade, build(facade, createFitted(fitted)));
}

/**
 * Trains, restores what is to be kept, judges. The caller disposes of the network.
 *
 * @throws TrainingError if the loss is not finite; `onFailure` has then seen the network with the last good weights
 */
export async function fitProgram(
  tf: Tfjs,
  program: Program,
  fitted: FittedData,
  parts: PreparedParts,
  options: FitOptions & { onFailure?(network: Network, error: unknown): Promise<void> },
): Promise<FitResult> {
  const { reporter } = options;
  const context: HeadContext = { data: program.data, training: program.training, fitted };
  const network = buildNetwork(tf, program.buildModel, fitted, options.seed);
  try {
    const costs = (options.modelRows ?? []).map((row) => row.multiplyAdds ?? 0).reduce((a, b) => a + b, 0);
    reporter.model({
      rows: options.modelRows ?? [],
      weights: network.parameters,
      ...(costs > 0 && { multiplyAdds: costs }),
    });

    const started = performance.now();
    const loop = await trainOne(network, context, parts, options, undefined);
    loop.optimizer.dispose();
    const train = secondsSince(started);
    if (loop.status === "early") reporter.note(earlyStopText(program.training, loop));
    if (loop.status === "finished") for (const line of lastKeptText(program.training, loop)) reporter.note(line);
    if (loop.status === "stopped") return { network, loop, seconds: { train, evaluate: 0 } };

    const judging = performance.now();
    // To the end even after Ctrl-C: the model is trained, and judging it takes a moment.
    const outputs = await outputsOf(network, context, parts, undefined);
    const ownJudging = secondsSince(judging);
    const floorsStarted = performance.now();
    const wanted = trainedFloors(program);
    const names = options.baselines ? wanted : [];
    const { floors, trained } = await trainFloors(tf, program, context, parts, names, outputs, options);
    const floorsLeft = trained === wanted.length ? undefined : options.baselines ? "stopped" : "unwanted";
    const floorSeconds = secondsSince(floorsStarted);
    const scoring = performance.now();
    const heads = score(context, program, outputs, floors, options.seed, modalitiesOf(network).length, floorsLeft);
    const evaluate = ownJudging + secondsSince(scoring);
    return { network, loop, heads, seconds: { train, ...(names.length > 0 && { floors: floorSeconds }), evaluate } };
  } catch (error) {
    await options.onFailure?.(network, error);
    network.dispose();
    throw error;
  }
}

/** Judges a network on one part, as `eval` does; floors are not trained anew. */
export async function judgePart(
  network: Network,
  program: Program,
  fitted: FittedData,
  parts: { readonly validation?: Part; readonly test?: Part },
  seed: number,
  signal?: AbortSignal,
): Promise<{ readonly [head: string]: HeadScorecard }> {
  const context: HeadContext = { data: program.data, training: program.training, fitted };
  const outputs = await outputsOf(network, context, parts, signal);
  const floors: Floors = {};
  for (const head of Object.keys(outputs)) floors[head] = constantFloors(context, head, outputs[head] as HeadOutputs);
  // As if it had one modality: the verdict must not ask for `only(…)` floors, which are not trained here.
  return score(context, program, outputs, floors, seed, 1);
}

type HeadOutputs = { readonly validation?: HeadOutput; readonly test?: HeadOutput };
type Outputs = { readonly [head: string]: HeadOutputs };
type Floors = { [head: string]: { [floor: string]: HeadOutput } };

/** The loop with this project's metrics, told to the reporter; a floor is told in one line. */
async function trainOne(
  network: Network,
  context: HeadContext,
  parts: PreparedParts,
  options: FitOptions,
  floor: string | undefined,
): Promise<LoopResult> {
  const { reporter } = options;
  const plan = context.training;
  const tasks = headTasks(network.tf, plan, context.data, context.fitted, network.heads);
  const shown = floor === undefined ? shownMetrics(plan, network.heads) : [];
  const validation = parts.validation !== undefined && parts.validation.rows > 0 ? parts.validation : undefined;
  if (floor === undefined) {
    const names = shown.map(({ head, key }) => (shown.length === 1 ? key : `${head}.${key}`));
    reporter.epochs({ validation: validation !== undefined, metrics: validation === undefined ? [] : names });
  }
  startAtMean(network, plan, context.data, parts.train);
  const started = performance.now();
  const result = await trainNetwork(network, {
    plan,
    tasks,
    train: parts.train,
    ...(validation !== undefined && { validation }),
    epochs: options.epochs,
    seed: options.seed,
    ...(options.signal !== undefined && { signal: options.signal }),
    judge: (outputs) => judgement(context, validation as Part, outputs),
    direction: (_head, metric) => (metricDirection(metricOfKey(metric) ?? metric) === "higher" ? 1 : -1),
    onStep: (report) => reporter.step({ ...report, ...(floor !== undefined && { floor }) }),
    async onEpoch(report) {
      if (floor !== undefined) return;
      const value = report.validation;
      const metrics = value === undefined ? [] : shown.map(({ head, key }) => value.metrics[head]?.[key] ?? Number.NaN);
      const told = { epoch: report.epoch, loss: report.loss, metrics, seconds: report.seconds, best: report.best };
      reporter.epoch({ ...told, ...(value !== undefined && { validationLoss: value.loss }) });
      await options.onEpoch?.(report);
    },
  });
  if (floor !== undefined && result.status !== "stopped")
    reporter.floor({ floor, epochs: result.epochs, seconds: secondsSince(started) });
  return result;
}

/** Metrics of all heads on the validation rows: those of the plan, and the one that is watched. */
function judgement(context: HeadContext, part: Part, outputs: PartOutputs): Judgement {
  const all: { [head: string]: { readonly [metric: string]: number } } = {};
  for (const [head, raw] of Object.entries(outputs.outputs)) {
    const output = headOutput(context, head, part, raw);
    if (output !== undefined) all[head] = evaluateMetrics(output, numbersOf(context.training, head));
  }
  return all;
}

function numbersOf(plan: TrainPlan, head: string): CallPlan[] {
  const numbers = (plan.heads[head]?.metrics ?? []).filter((call) => !isMatrix(call));
  const key = watchedKey(plan, head);
  const watched = key === undefined || numbers.some((call) => callKey(call) === key) ? undefined : metricOfKey(key);
  return watched === undefined ? numbers : [...numbers, watched];
}

/** The metric of this head that `monitor` names, if it names one. */
function watchedKey(plan: TrainPlan, head: string): string | undefined {
  const monitor = plan.stop?.monitor ?? "";
  const key = monitor.startsWith(`${head}.`) ? monitor.slice(head.length + 1) : undefined;
  return key === "loss" ? undefined : key;
}

/** One metric a head for the table of epochs: the watched one, else the first; outputs only. */
function shownMetrics(plan: TrainPlan, heads: readonly string[]): { head: string; key: string }[] {
  return heads.flatMap((head) => {
    const first = numbersOf(plan, head)[0];
    const key = watchedKey(plan, head) ?? (first === undefined ? undefined : callKey(first));
    return plan.heads[head]?.output === false || key === undefined ? [] : [{ head, key }];
  });
}

async function outputsOf(
  network: Network,
  context: HeadContext,
  parts: { readonly validation?: Part; readonly test?: Part },
  signal: AbortSignal | undefined,
): Promise<Outputs> {
  const all: { [head: string]: { validation?: HeadOutput; test?: HeadOutput } } = {};
  for (const head of network.heads) all[head] = {};
  for (const name of ["validation", "test"] as const) {
    const part = parts[name];
    if (part === undefined || part.rows === 0) continue;
    const { outputs } = await runPart(network, part, [], {
      batchSize: context.training.batchSize,
      ...(signal !== undefined && { signal }),
    });
    for (const [head, raw] of Object.entries(outputs)) {
      const output = headOutput(context, head, part, raw);
      if (output !== undefined) (all[head] as { [part: string]: HeadOutput })[name] = output;
    }
  }
  return all;
}

/** Names of the floors that are models of their own, as the evaluation lists them. */
function trainedFloors(program: Program): string[] {
  const wanted = new Set(program.evaluation.baselines.map(floorKey));
  return Object.keys(program.floors ?? {}).filter((name) => wanted.size === 0 || wanted.has(name));
}

/** `{ only: { modality: "sheet" } }` and `"only(sheet)"` are both `only(sheet)`. */
function floorKey(call: CallPlan): string {
  if (typeof call === "string") return call;
  const [word, args] = Object.entries(call)[0] as [string, { readonly [name: string]: unknown }];
  return `${word}(${Object.values(args).map(String).join(", ")})`;
}

function constantFloors(
  context: HeadContext,
  head: string,
  outputs: HeadOutputs,
  trainRows?: number,
): { [floor: string]: HeadOutput } {
  const part = judgedPart(outputs);
  const output = part === undefined ? undefined : outputs[part];
  const target = context.training.heads[head]?.target;
  const fitted = target === undefined ? undefined : context.fitted.targets[target];
  if (output === undefined || fitted === undefined) return {};
  const facts = { counts: fitted.counts, mean: fitted.mean, ...(trainRows !== undefined && { rows: trainRows }) };
  return { [floorName(output)]: constantFloor(output, facts, scaleOf(fitted)?.toLoss) };
}

async function trainFloors(
  tf: Tfjs,
  program: Program,
  context: HeadContext,
  parts: PreparedParts,
  names: readonly string[],
  outputs: Outputs,
  options: FitOptions,
): Promise<{ readonly floors: Floors; readonly trained: number }> {
  const floors: Floors = {};
  let trained = 0;
  for (const [head, output] of Object.entries(outputs))
    floors[head] = constantFloors(context, head, output, parts.train.rows);
  for (const name of names) {
    if (options.signal?.aborted === true) break;
    const network = buildNetwork(
      tf,
      (program.floors as { [floor: string]: BuildModel })[name] as BuildModel,
      context.fitted,
      options.seed,
    );
    try {
      const reduced = { ...context, training: reducedPlan(context, network) };
      const loop = await trainOne(network, reduced, parts, options, name);
      loop.optimizer.dispose();
      if (loop.status === "stopped") break;
      trained++;
      const found = await outputsOf(network, reduced, parts, undefined);
      for (const [head, output] of Object.entries(found)) {
        const part = judgedPart(outputs[head] ?? {});
        const judged = part === undefined ? undefined : output[part];
        if (judged !== undefined) (floors[head] as { [floor: string]: HeadOutput })[name] = judged;
      }
    } finally {
      network.dispose();
    }
  }
  return { floors, trained };
}

/**
 * The training of a reduced model: its heads alone; with a single modality that may be absent, the rows without it have no
 * prediction; what it watches, if that head is gone, is the loss.
 */
function reducedPlan(context: HeadContext, network: Network): TrainPlan {
  const { training, data } = context;
  const modalities = modalitiesOf(network);
  const only = modalities.length === 1 ? (modalities[0] as string) : undefined;
  const needs = only !== undefined && data.modalities[only]?.optional === true ? [only] : undefined;
  const heads = Object.fromEntries(
    network.heads.map((head) => {
      const plan = training.heads[head] as TrainPlan["heads"][string];
      return [head, needs === undefined ? plan : { ...plan, needs }];
    }),
  );
  const monitored = training.stop?.monitor.split(".")[0] ?? "";
  const stop =
    training.stop?.monitor.includes(".") === true && heads[monitored] === undefined
      ? { ...training.stop, monitor: "loss" }
      : training.stop;
  return { ...training, heads, ...(stop !== undefined && { stop }) };
}

function modalitiesOf(network: Network): string[] {
  return [...new Set(network.inputs.map((name) => name.replace(/\.(mask|present)$/, "")))];
}

function score(
  context: HeadContext,
  program: Program,
  outputs: Outputs,
  floors: Floors,
  seed: number,
  modalities: number,
  floorsLeft?: FloorsLeft,
): { [head: string]: HeadScorecard } {
  const heads: { [head: string]: HeadScorecard } = {};
  for (const [head, plan] of Object.entries(context.training.heads)) {
    const output = outputs[head];
    if (output === undefined) continue;
    const watched = watchedKey(context.training, head);
    heads[head] = scoreHead({
      target: plan.target,
      metrics: plan.metrics,
      outputs: output,
      floors: floors[head] ?? {},
      ...(watched !== undefined && { watched }),
      // a member of a late fusion, or a head beside, is no rival of the floors: no hint to train them
      modalities: plan.output ? modalities : 1,
      ...(floorsLeft !== undefined && { floorsLeft }),
      bootstrap: program.evaluation.bootstrap,
      seed,
    });
  }
  return heads;
}

function secondsSince(started: number): number {
  return (performance.now() - started) / 1000;
}
