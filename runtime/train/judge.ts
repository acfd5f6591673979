/**
 * What a network says on the parts that judge it, and the numbers made of that: metrics while it trains, scores at the
 * end, heads that say the same for every row. Knows plans and metrics; neither files nor terminals.
 */
import type { CallPlan, TrainPlan } from "../../plan/plan.ts";
import { callKey } from "../../plan/plan.ts";
import type { Part } from "../data/batch.ts";
import { constantFloor, floorName } from "../evaluate/floors.ts";
import type { HeadOutput } from "../evaluate/head-output.ts";
import { judgedRows } from "../evaluate/head-output.ts";
import { evaluateMetrics, isMatrix, metricOfKey } from "../evaluate/metrics/table.ts";
import { metricText } from "../evaluate/numbers.ts";
import { judgedPart, scoreHead } from "../evaluate/score-head.ts";
import type { HeadScorecard } from "../evaluate/scorecard.ts";
import type { FloorsLeft } from "../evaluate/verdict.ts";
import type { Program } from "../program.ts";
import type { PartOutputs } from "./forward.ts";
import { runPart } from "./forward.ts";
import type { HeadContext } from "./head-outputs.ts";
import { headOutput } from "./head-outputs.ts";
import type { Judgement } from "./loop.ts";
import type { Network } from "./network.ts";
import { scaleOf } from "./target-scale.ts";

export type HeadOutputs = { readonly validation?: HeadOutput; readonly test?: HeadOutput };
export type Outputs = { readonly [head: string]: HeadOutputs };
export type Floors = { [head: string]: { [floor: string]: HeadOutput } };

/** Metrics of all heads on the validation rows: those of the plan, and the one that is watched. */
export function judgement(context: HeadContext, part: Part, outputs: PartOutputs): Judgement {
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
export function shownMetrics(plan: TrainPlan, heads: readonly string[]): { head: string; key: string }[] {
  return heads.flatMap((head) => {
    const first = numbersOf(plan, head)[0];
    const key = watchedKey(plan, head) ?? (first === undefined ? undefined : callKey(first));
    return plan.heads[head]?.output === false || key === undefined ? [] : [{ head, key }];
  });
}

/** What all heads say about the validation and test rows. */
export async function outputsOf(
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

/** The floor that reads nothing: majority or mean of the training rows. */
export function constantFloors(
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

/** The scores of all heads, beside their floors. */
export function score(
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

/** A head that says one thing for every validation row. */
export interface SamePrediction {
  readonly name: string;
  /** As a table would have it. */
  readonly value: string;
  readonly rows: number;
  /** It guesses classes, which can be weighted. */
  readonly classes: boolean;
}

/** Fewer rows may well agree. */
const LEAST_ROWS = 10;

/** Heads that say the same for all validation rows, although those rows are not all the same. */
export function samePredictions(plan: TrainPlan, outputs: Outputs): SamePrediction[] {
  return Object.entries(outputs).flatMap(([name, { validation }]) => {
    if (validation === undefined || plan.heads[name]?.output === false) return [];
    const value = onlyPrediction(validation);
    return value === undefined ? [] : [{ name, ...value }];
  });
}

function onlyPrediction(output: HeadOutput): Omit<SamePrediction, "name"> | undefined {
  const rows = judgedRows(output);
  if (rows.n < LEAST_ROWS) return undefined;
  const { n, k } = rows;
  const { classes = [] } = output.target;
  if (rows.kind === "classes") {
    const [guess] = rows.guesses;
    if (guess === undefined || guess < 0 || !same(rows.guesses, 1) || same(rows.labels, 1)) return undefined;
    return { value: classes[guess] ?? String(guess), rows: n, classes: true };
  }
  if (rows.kind === "labels") {
    if (!same(rows.guesses, k) || same(rows.labels, k)) return undefined;
    const said = classes.filter((_, i) => rows.guesses[i] === 1);
    return { value: said.length === 0 ? "none" : said.join(", "), rows: n, classes: true };
  }
  if (!same(rows.values, k) || same(rows.labels, k)) return undefined;
  return { value: Array.from(rows.values.subarray(0, k), metricText).join(", "), rows: n, classes: false };
}

/** Whether all rows of so many numbers are equal. */
function same(values: ArrayLike<number>, width: number): boolean {
  for (let i = width; i < values.length; i++) if (values[i] !== values[i - width]) return false;
  return true;
}
