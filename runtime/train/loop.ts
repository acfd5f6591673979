/**
 * The training loop: steps, epochs, validation, the best weights, stopping. Owns no rule of its own for losses, optimizers,
 * schedules or metrics; must not know files, terminals or where rows come from.
 */
import type { NamedTensorMap, Scalar, Tensor, Variable } from "@tensorflow/tfjs";
import type { TrainPlan } from "../../plan/plan.ts";
import type { Batch, Part } from "../data/batch.ts";
import { clipGradients } from "./clip.ts";
import type { PartOutputs } from "./forward.ts";
import { inputTensors, labelTensors, runPart, toTensor, turn, weighed } from "./forward.ts";
import type { Network, Weight } from "./network.ts";
import type { HeadTask } from "./objective.ts";
import { coefficientsOf, lossesOf } from "./objective.ts";
import type { Optimizer } from "./optimizers.ts";
import { createOptimizer } from "./optimizers.ts";
import type { Schedule } from "./schedules.ts";
import { createSchedule } from "./schedules.ts";
import { restoreWeights, takeSnapshot } from "./snapshot.ts";
import { TrainingError } from "./training-error.ts";

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
  /** The epoch that was best in what is watched, and its value; none without validation rows. */
  readonly best?: { readonly epoch: number; readonly value: number };
  /** The epoch whose weights the network has now. */
  readonly kept: number;
  /** For checkpoints; the caller disposes of it. */
  readonly optimizer: Optimizer;
}

/**
 * Trains a network in place. Keras's meaning throughout: with `stop`, the best weights come back at the end; without it,
 * the last ones stay. After an abort the step under way is finished.
 *
 * @throws TrainingError if the loss is not finite; the network then has the weights of the last finished epoch
 */
export async function trainNetwork(network: Network, options: LoopOptions): Promise<LoopResult> {
  const { plan, train, validation, epochs, signal } = options;
  const { tf } = network;
  const stepsPerEpoch = Math.ceil(train.rows / plan.batchSize);
  const optimizer = createOptimizer(tf, plan.optimizer);
  const schedule = createSchedule(plan.schedule, { perEpoch: stepsPerEpoch, total: stepsPerEpoch * epochs });
  const step = createStep(network, options, optimizer, schedule);
  const watch = watchOf(options);
  const aborted = (): boolean => signal?.aborted === true;

  let last = takeSnapshot(network);
  let best: { epoch: number; value: number; weights?: readonly Tensor[] } | undefined;
  let count = 0;
  let ended = 0;
  let status: LoopResult["status"] = "finished";
  try {
    for (let epoch = 1; epoch <= epochs && !aborted(); epoch++) {
      const started = performance.now();
      const sums = options.tasks.map(() => ({ loss: 0, count: 0 }));
      let inEpoch = 0;
      const draw = { seed: options.seed, epoch };
      for await (const batch of train.batches({ batchSize: plan.batchSize, shuffle: draw, augment: draw })) {
        const values = step(batch, count, sums);
        if (!values.every(Number.isFinite)) throw notFinite(network, batch, values, count + 1, epoch, ended);
        count++;
        inEpoch++;
        const seconds = (performance.now() - started) / 1000 / inEpoch;
        const left = seconds * (stepsPerEpoch - inEpoch);
        const loss = totalOf(options.tasks, sums);
        options.onStep?.({
          epoch,
          epochs,
          step: inEpoch,
          steps: stepsPerEpoch,
          loss,
          secondsPerStep: seconds,
          secondsLeft: left,
        });
        await turn();
        if (aborted()) break;
      }
      if (aborted() && inEpoch < stepsPerEpoch) break;

      ended = epoch;
      const validated =
        validation === undefined || validation.rows === 0 ? undefined : await validate(network, validation, options);
      const value = watch.value(validated);
      const isBest = value !== undefined && (best === undefined || watch.sign * (value - best.value) > 0);
      if (isBest) {
        dispose(best?.weights);
        best = { epoch, value, ...(plan.stop !== undefined && { weights: takeSnapshot(network) }) };
      }
      const previous = last;
      last = takeSnapshot(network);
      dispose(previous);
      await options.onEpoch?.({
        epoch,
        epochs,
        loss: totalOf(options.tasks, sums),
        losses: Object.fromEntries(options.tasks.map((task, i) => [task.name, meanOf(sums[i])])),
        ...(validated !== undefined && { validation: validated }),
        learningRate: optimizer.learningRate * schedule(count - 1),
        seconds: (performance.now() - started) / 1000,
        best: isBest,
      });
      if (plan.stop !== undefined && best !== undefined && epoch - best.epoch >= plan.stop.patience && epoch < epochs) {
        status = "early";
        break;
      }
    }
    if (aborted() && ended < epochs) status = "stopped";
    let kept = ended;
    if (best?.weights !== undefined) {
      restoreWeights(network, best.weights);
      kept = best.epoch;
    }
    const found = best === undefined ? {} : { best: { epoch: best.epoch, value: best.value } };
    return { status, epochs: ended, steps: count, stepsPerEpoch, ...found, kept, optimizer };
  } catch (error) {
    if (error instanceof TrainingError) restoreWeights(network, last);
    optimizer.dispose();
    throw error;
  } finally {
    dispose(last);
    dispose(best?.weights);
  }
}

interface Sum {
  loss: number;
  count: number;
}

/** One step: forward, gradients, and, if the losses are finite, clipping and update. Returns the losses by head. */
function createStep(network: Network, options: LoopOptions, optimizer: Optimizer, schedule: Schedule) {
  const { tf } = network;
  const { plan, tasks } = options;
  const learners = learnersOf(network.weights, plan, optimizer.learningRate);
  const variables = learners.map((learner) => learner.weight.variable);

  return (batch: Batch, count: number, sums: readonly Sum[]): readonly number[] =>
    tf.tidy(() => {
      network.setStep?.(count);
      const inputs = inputTensors(network, batch);
      const labels = labelTensors(tf, batch);
      const coefficients = tasks.map((task) => coefficientsOf(task, batch, true));
      const factors = coefficients.map((c) => (c.factors === undefined ? undefined : toTensor(tf, c.factors)));
      let byHead: Tensor | undefined;
      const { grads, value } = variableGrads(network, variables, () => {
        const losses = lossesOf(tf, tasks, network.apply(inputs, true), labels, factors);
        // The tape's scope ends before the values are read.
        byHead = tf.keep(tf.stack([losses.total, ...losses.byHead]));
        return losses.total;
      });
      const values = Array.from((byHead as Tensor).dataSync());
      (byHead as Tensor).dispose();
      value.dispose();
      if (!values.every(Number.isFinite)) return values;

      const factor = schedule(count);
      const present = learners.filter((learner) => grads[learner.weight.variable.name] !== undefined);
      const gradients = clipGradients(
        tf,
        present.map((learner) => grads[learner.weight.variable.name] as Tensor),
        plan.clip,
      );
      optimizer.apply(
        count,
        present.map((learner, i) => ({
          name: learner.weight.name,
          variable: learner.weight.variable,
          gradient: gradients[i] as Tensor,
          rate: learner.rate * factor,
        })),
      );
      coefficients.forEach((c, i) => {
        const sum = sums[i] as Sum;
        if (c.count > 0) sum.loss += (values[i + 1] as number) * c.count;
        sum.count += c.count;
      });
      return values;
    });
}

/** Gradients by variable name; none where nothing learns, which tfjs takes for an error. */
function variableGrads(
  network: Network,
  variables: Variable[],
  f: () => Scalar,
): { value: Scalar; grads: NamedTensorMap } {
  if (variables.length === 0) return { value: f(), grads: {} };
  return network.tf.variableGrads(f, variables);
}

interface Learner {
  readonly weight: Weight;
  readonly rate: number;
}

/** Weights that learn, each with the rate of the longest prefix of its layer's name that the plan lists. */
export function learnersOf(weights: readonly Weight[], plan: TrainPlan, learningRate: number): Learner[] {
  const prefixes = Object.keys(plan.layers ?? {}).sort((a, b) => b.length - a.length);
  return weights.flatMap((weight) => {
    const prefix = prefixes.find(
      (p) => weight.name.startsWith(p.endsWith("_") ? p : `${p}_`) || weight.name.startsWith(`${p}/`),
    );
    const own = prefix === undefined ? undefined : plan.layers?.[prefix];
    if (!weight.trainable || own?.frozen === true) return [];
    return [{ weight, rate: own?.learningRate ?? learningRate }];
  });
}

async function validate(
  network: Network,
  validation: Part,
  options: LoopOptions,
): Promise<NonNullable<EpochReport["validation"]>> {
  const outputs = await runPart(network, validation, options.tasks, { batchSize: options.plan.batchSize });
  return { loss: outputs.loss, losses: outputs.losses, metrics: options.judge(outputs) };
}

/** What `monitor` names: `HEAD.METRIC`, `HEAD.loss`, or, for anything without a point, the validation loss. */
function watchOf(options: LoopOptions): {
  sign: 1 | -1;
  value(validated: EpochReport["validation"]): number | undefined;
} {
  const monitor = options.plan.stop?.monitor ?? "loss";
  const point = monitor.indexOf(".");
  if (point < 0) return { sign: -1, value: (validated) => validated?.loss };
  const head = monitor.slice(0, point);
  const metric = monitor.slice(point + 1);
  if (metric === "loss") return { sign: -1, value: (validated) => validated?.losses[head] };
  return { sign: options.direction(head, metric), value: (validated) => validated?.metrics[head]?.[metric] };
}

function notFinite(
  network: Network,
  batch: Batch,
  values: readonly number[],
  step: number,
  epoch: number,
  kept: number,
): TrainingError {
  const layer = network.tf.tidy(() => network.firstNonFinite?.(inputTensors(network, batch)));
  const is = values.some(Number.isNaN) ? "NaN" : "infinite";
  return new TrainingError({
    code: "loss-not-finite",
    facts: { is, step, epoch, ...(layer !== undefined && { layer }), kept },
  });
}

function totalOf(tasks: readonly HeadTask[], sums: readonly Sum[]): number {
  return tasks.reduce((total, task, i) => total + weighed(task.plan.lossWeight, meanOf(sums[i])), 0);
}

function meanOf(sum: Sum | undefined): number {
  return sum === undefined || sum.count === 0 ? Number.NaN : sum.loss / sum.count;
}

function dispose(tensors: readonly Tensor[] | undefined): void {
  for (const tensor of tensors ?? []) tensor.dispose();
}
