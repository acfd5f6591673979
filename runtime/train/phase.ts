/**
 * One training of a run, the model's or a floor's: the loop with this project's metrics, told to the reporter, taken up
 * where the store has it and saved there. Must not know how a store keeps things.
 */

import type { Part } from "../data/batch.ts";
import { metricDirection, metricOfKey } from "../evaluate/metrics/table.ts";
import type { Phase, PhaseEnd, PhaseStore } from "./checkpoints.ts";
import { createCheckpoints, endedPhase } from "./checkpoints.ts";
import type { HeadContext } from "./head-outputs.ts";
import { judgement, shownMetrics } from "./judge.ts";
import type { EpochReport } from "./loop.ts";
import { trainNetwork } from "./loop.ts";
import type { Network } from "./network.ts";
import { headTasks } from "./objective.ts";
import type { Reporter } from "./reporter.ts";
import { startAtMean } from "./start.ts";
import { loadWeights, StateError, weightArrays } from "./state.ts";

export interface PreparedParts {
  readonly train: Part;
  readonly validation?: Part;
  readonly test?: Part;
}

export interface PhaseOptions {
  readonly epochs: number;
  readonly seed: number;
  readonly reporter: Reporter;
  readonly signal?: AbortSignal;
  /** Where trainings under way are kept; without it, what is stopped is lost. */
  readonly store?: PhaseStore;
  onEpoch?(report: EpochReport): void | Promise<void>;
}

/**
 * Trains to the end, or until it is told to stop; one that had ended before gets its weights back.
 *
 * @throws TrainingError; StateError if the store has a training of another network
 */
export async function trainPhase(
  network: Network,
  phase: Phase,
  context: HeadContext,
  parts: PreparedParts,
  options: PhaseOptions,
): Promise<PhaseEnd> {
  const { store } = options;
  const stored = await store?.load(phase);
  try {
    if (stored?.ended !== undefined) {
      await loadWeights(network, stored.arrays, "weights");
      return stored.ended;
    }
    const { optimizer, ...end } = await runLoop(network, phase, context, parts, options, stored);
    optimizer.dispose();
    if (end.status !== "stopped") await store?.save(phase, endedPhase(end, weightArrays(network, "weights")));
    return end;
  } catch (error) {
    if (error instanceof StateError) error.phase = phase;
    throw error;
  }
}

async function runLoop(
  network: Network,
  phase: Phase,
  context: HeadContext,
  parts: PreparedParts,
  options: PhaseOptions,
  from: Awaited<ReturnType<PhaseStore["load"]>>,
) {
  const { reporter, store } = options;
  const plan = context.training;
  const floor = phase === "model" ? undefined : phase.floor;
  const tasks = headTasks(network.tf, plan, context.data, context.fitted, network.heads);
  const shown = floor === undefined ? shownMetrics(plan, network.heads) : [];
  const validation = parts.validation !== undefined && parts.validation.rows > 0 ? parts.validation : undefined;
  if (floor === undefined) {
    const names = shown.map(({ head, key }) => (shown.length === 1 ? key : `${head}.${key}`));
    reporter.epochs({ validation: validation !== undefined, metrics: validation === undefined ? [] : names });
  }
  startAtMean(network, plan, context.data, parts.train);
  const result = await trainNetwork(network, {
    plan,
    tasks,
    train: parts.train,
    ...(validation !== undefined && { validation }),
    epochs: options.epochs,
    seed: options.seed,
    ...(options.signal !== undefined && { signal: options.signal }),
    ...(from !== undefined && { from }),
    ...(store !== undefined && { checkpoints: createCheckpoints(store, phase) }),
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
    reporter.floor({ floor, epochs: result.epochs, seconds: result.seconds });
  return result;
}
