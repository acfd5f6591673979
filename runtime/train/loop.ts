/**
 * The training loop: steps, epochs, validation, the best weights, stopping, and when its state is saved. Owns no rule of
 * its own for losses, optimizers, schedules or metrics; must not know files, terminals or where rows come from.
 */
import type { TrainPlan } from "../../plan/plan.ts";
import type { Batch, Part } from "../data/batch.ts";
import type { Checkpoints } from "./checkpoints.ts";
import type { PartOutputs } from "./forward.ts";
import { inputTensors, runPart, turn, weighed } from "./forward.ts";
import type { Network } from "./network.ts";
import type { HeadTask } from "./objective.ts";
import type { Optimizer } from "./optimizers.ts";
import { createOptimizer } from "./optimizers.ts";
import { createSchedule } from "./schedules.ts";
import { restoreWeights, takeSnapshot } from "./snapshot.ts";
import type { Checkpoint, LoopState, Sum } from "./state.ts";
import { checkpointOf, disposeState, emptySums, firstState, restoreState } from "./state.ts";
import { createStep } from "./step.ts";
import { TrainingError } from "./training-error.ts";
import { firstBadWeight, watchOf, weightsAreFinite } from "./watch.ts";

/** Metrics by head and name. */
export type Judgement = { readonly [head: string]: { readonly [metric: string]: number } };

export interface StepReport {
  readonly epoch: number;
  readonly epochs: number;
  /** Of the epoch, from 1. */
  readonly step: number;
  readonly steps: number;
  /** Mean of the epoch so far. */
  readonly loss: number;
  readonly secondsPerStep: number;
  /** Until the epoch ends. */
  readonly secondsLeft: number;
}

export interface EpochReport {
  readonly epoch: number;
  readonly epochs: number;
  readonly loss: number;
  readonly losses: { readonly [head: string]: number };
  readonly validation?: {
    readonly loss: number;
    readonly losses: { readonly [head: string]: number };
    readonly metrics: Judgement;
  };
  /** Rate at the last step. */
  readonly learningRate: number;
  readonly seconds: number;
  /** Better than all before it in what is watched. */
  readonly best: boolean;
}

export interface LoopOptions {
  readonly plan: TrainPlan;
  readonly tasks: readonly HeadTask[];
  readonly train: Part;
  readonly validation?: Part;
  readonly epochs: number;
  readonly seed: number;
  readonly signal?: AbortSignal;
  /** Metrics of the validation rows. */
  judge(outputs: PartOutputs): Judgement;
  /** 1 if more of `HEAD.METRIC` is better, -1 if less. */
  direction(head: string, metric: string): 1 | -1;
  /** Where to go on, if this training was begun before. */
  readonly from?: Checkpoint;
  /** Where it is saved on its way. */
  readonly checkpoints?: Checkpoints;
  onStep?(report: StepReport): void;
  onEpoch?(report: EpochReport): void | Promise<void>;
}

export interface LoopResult {
  /** Finished all epochs, stopped early because nothing got better, or stopped from outside. */
  readonly status: "finished" | "early" | "stopped";
  /** Epochs that ended. */
  readonly epochs: number;
  readonly steps: number;
  readonly stepsPerEpoch: number;
  /** Seconds of training, with those before it was taken up again. */
  readonly seconds: number;
  /** The epoch that was best in what is watched, and its value; none without validation rows. */
  readonly best?: { readonly epoch: number; readonly value: number };
  /** The epoch whose weights the network has now; 0: those of the step it was stopped in, or began with. */
  readonly kept: number;
  /** The caller disposes of it. */
  readonly optimizer: Optimizer;
}

/**
 * Trains a network in place. Keras's meaning throughout: with `stop`, the best weights come back at the end; without it,
 * the last ones stay. After an abort the step under way is finished and the state saved; the network then has the best
 * weights so far (else those of the last whole epoch).
 *
 * @throws TrainingError if the loss is not finite; the network then has the weights of the last finished epoch
 */
export async function trainNetwork(network: Network, options: LoopOptions): Promise<LoopResult> {
  const { plan, train, epochs } = options;
  const { tf } = network;
  const stepsPerEpoch = Math.ceil(train.rows / plan.batchSize);
  const optimizer = createOptimizer(tf, plan.optimizer);
  const schedule = createSchedule(plan.schedule, { perEpoch: stepsPerEpoch, total: stepsPerEpoch * epochs });
  const step = createStep({ network, plan, tasks: options.tasks, optimizer, schedule });
  const aborted = (): boolean => options.signal?.aborted === true;
  let state: LoopState | undefined;
  try {
    state =
      options.from === undefined
        ? firstState(network, options.tasks.length)
        : await restoreState(network, optimizer, options.from);
    const going: Going = { network, options, optimizer, stepsPerEpoch, state, saved: state.steps, aborted };
    while (state.ended < epochs && !endsEarly(plan, state, epochs) && !aborted()) {
      if (!(await trainSteps(going, step))) break;
      if (!(await endEpoch(going, (at) => optimizer.learningRate * schedule(at)))) break;
    }
    const early = endsEarly(plan, state, epochs);
    const status = early ? "early" : state.ended < epochs ? "stopped" : "finished";
    if (status === "stopped" && state.steps > going.saved) {
      if (!weightsAreFinite(network)) throw weightsNotFinite(network, state);
      await save(going);
    }
    const { best, ended } = state;
    return {
      status,
      epochs: ended,
      steps: state.steps,
      stepsPerEpoch,
      seconds: state.seconds.all,
      ...(best !== undefined && { best }),
      kept: keepWeights(network, state, status === "stopped" || plan.stop !== undefined),
      optimizer,
    };
  } catch (error) {
    if (error instanceof TrainingError && state !== undefined) restoreWeights(network, state.last);
    optimizer.dispose();
    throw error;
  } finally {
    if (state !== undefined) disposeState(state);
  }
}

/** A training under way. */
interface Going {
  readonly network: Network;
  readonly options: LoopOptions;
  readonly optimizer: Optimizer;
  readonly stepsPerEpoch: number;
  readonly state: LoopState;
  /** The step of the last checkpoint. */
  saved: number;
  aborted(): boolean;
}

/** The steps of the epoch that are left. False if it was told to stop. */
async function trainSteps(going: Going, step: ReturnType<typeof createStep>): Promise<boolean> {
  const { options, stepsPerEpoch, state, aborted } = going;
  const { plan, train, epochs } = options;
  const epoch = state.ended + 1;
  const draw = { seed: options.seed, epoch };
  const clock = createClock(state);
  const from = state.step;
  const rows = { batchSize: plan.batchSize, start: from, shuffle: draw, augment: draw };
  for await (const batch of train.batches(rows)) {
    const values = step(batch, state.steps, state.sums);
    if (!values.every(Number.isFinite)) throw lossNotFinite(going, batch, values);
    state.steps++;
    state.step++;
    const secondsPerStep = clock() / (state.step - from);
    options.onStep?.({
      epoch,
      epochs,
      step: state.step,
      steps: stepsPerEpoch,
      loss: totalOf(options.tasks, state.sums),
      secondsPerStep,
      secondsLeft: secondsPerStep * (stepsPerEpoch - state.step),
    });
    await turn();
    if (aborted()) return false;
    if (options.checkpoints?.due("step") === true && state.step < stepsPerEpoch) await save(going);
  }
  return true;
}

/** Validation, the best weights, the report and the checkpoint. False if it was told to stop before all of it was done. */
async function endEpoch(going: Going, rateAt: (step: number) => number): Promise<boolean> {
  const { network, options, state } = going;
  const { tasks, epochs } = options;
  if (!weightsAreFinite(network)) throw weightsNotFinite(network, state);
  const clock = createClock(state);
  const validated = await validate(going);
  clock();
  if (validated === "stopped") return false;

  const epoch = state.ended + 1;
  const watch = watchOf(options.plan, options.direction);
  const value = watch.value(validated);
  const { best } = state;
  const isBest =
    value !== undefined && Number.isFinite(value) && (best === undefined || watch.sign * (value - best.value) > 0);
  if (isBest) {
    dispose(state.bestWeights);
    state.best = { epoch, value };
    state.bestWeights = takeSnapshot(network);
  }
  dispose(state.last);
  state.last = takeSnapshot(network);
  await options.onEpoch?.({
    epoch,
    epochs,
    loss: totalOf(tasks, state.sums),
    losses: Object.fromEntries(tasks.map((task, i) => [task.name, meanOf(state.sums[i])])),
    ...(validated !== undefined && { validation: validated }),
    learningRate: rateAt(state.steps - 1),
    seconds: state.seconds.epoch,
    best: isBest,
  });
  state.ended = epoch;
  state.step = 0;
  state.sums = emptySums(tasks.length);
  state.seconds.epoch = 0;
  if (options.checkpoints?.due("epoch") === true) await save(going);
  return true;
}

async function validate(going: Going): Promise<EpochReport["validation"] | "stopped"> {
  const { network, options, aborted } = going;
  const { validation, tasks, plan, signal } = options;
  if (validation === undefined || validation.rows === 0) return undefined;
  try {
    const outputs = await runPart(network, validation, tasks, {
      batchSize: plan.batchSize,
      ...(signal !== undefined && { signal }),
    });
    return { loss: outputs.loss, losses: outputs.losses, metrics: options.judge(outputs) };
  } catch (error) {
    if (aborted() && (error as Error).name === "AbortError") return "stopped";
    throw error;
  }
}

/** Weights that are not finite are no state to go on from: the checkpoint before stays. */
async function save(going: Going): Promise<void> {
  const { network, options, optimizer, state, stepsPerEpoch } = going;
  if (options.checkpoints === undefined || !weightsAreFinite(network)) return;
  await options.checkpoints.save(checkpointOf(network, optimizer, state, { epochs: options.epochs, stepsPerEpoch }));
  going.saved = state.steps;
}

/** Nothing got better for so long that the training ends before its time. */
function endsEarly(plan: TrainPlan, { best, ended }: LoopState, epochs: number): boolean {
  return plan.stop !== undefined && best !== undefined && ended - best.epoch >= plan.stop.patience && ended < epochs;
}

/** Puts the weights to be kept into the network; returns their epoch. */
function keepWeights(network: Network, state: LoopState, best: boolean): number {
  if (best && state.best !== undefined && state.bestWeights !== undefined) {
    restoreWeights(network, state.bestWeights);
    return state.best.epoch;
  }
  if (state.ended > 0) restoreWeights(network, state.last);
  return state.ended;
}

/** Adds what passes to a state's seconds; returns what has passed since it was made. */
function createClock(state: LoopState): () => number {
  const started = performance.now();
  const { epoch, all } = state.seconds;
  return () => {
    const passed = (performance.now() - started) / 1000;
    state.seconds = { epoch: epoch + passed, all: all + passed };
    return passed;
  };
}

function lossNotFinite({ network, options, state }: Going, batch: Batch, values: readonly number[]): TrainingError {
  const layer = network.tf.tidy(() => network.firstNonFinite?.(inputTensors(network, batch)));
  // All outputs are numbers: then it is a loss that is too large for one.
  const head = options.tasks.find((_, i) => !Number.isFinite(values[i + 1]))?.name;
  const first = layer !== undefined ? { layer } : head !== undefined ? { of: "loss" as const, layer: head } : {};
  const is = values.some(Number.isNaN) ? "NaN" : "infinite";
  const { steps, ended } = state;
  const facts = { is, step: steps + 1, epoch: ended + 1, ...first, kept: ended } as const;
  return new TrainingError({ code: "loss-not-finite", facts });
}

/** The losses were finite to the last step of an epoch, but its update was not. */
function weightsNotFinite(network: Network, { steps, ended }: LoopState): TrainingError {
  const { layer, is } = firstBadWeight(network) ?? { layer: undefined, is: "NaN" as const };
  const facts = { is, step: steps, epoch: ended + 1, ...(layer !== undefined && { layer }), kept: ended } as const;
  return new TrainingError({ code: "loss-not-finite", facts: { ...facts, of: "weights" } });
}

function totalOf(tasks: readonly HeadTask[], sums: readonly Sum[]): number {
  return tasks.reduce((total, task, i) => total + weighed(task.plan.lossWeight, meanOf(sums[i])), 0);
}

function meanOf(sum: Sum | undefined): number {
  return sum === undefined || sum.count === 0 ? Number.NaN : sum.loss / sum.count;
}

function dispose(tensors: LoopState["last"] | undefined): void {
  for (const tensor of tensors ?? []) tensor.dispose();
}
