/**
 * One step of training: forward, losses, gradients, clipping, update. Owns which weights learn and at what rate; keeps no
 * state of its own (that is in the network, the optimizer and the sums it is handed), and must not know epochs or rows.
 */
import type { NamedTensorMap, Scalar, Tensor, Variable } from "@tensorflow/tfjs";
import type { TrainPlan } from "../../plan/plan.ts";
import type { Batch } from "../data/batch.ts";
import { clipGradients } from "./clip.ts";
import { inputTensors, labelTensors, toTensor } from "./forward.ts";
import type { Network, Weight } from "./network.ts";
import type { HeadTask } from "./objective.ts";
import { coefficientsOf, lossesOf } from "./objective.ts";
import type { Optimizer } from "./optimizers.ts";
import type { Schedule } from "./schedules.ts";
import type { Sum } from "./state.ts";

export interface StepParts {
  readonly network: Network;
  readonly plan: TrainPlan;
  readonly tasks: readonly HeadTask[];
  readonly optimizer: Optimizer;
  readonly schedule: Schedule;
}

/** Losses of the step: their weighted total first, then by head. If one is not finite, nothing was updated. */
export type Step = (batch: Batch, count: number, sums: readonly Sum[]) => readonly number[];

/** The step of a training; `count` is its number over the whole training, from 0. */
export function createStep({ network, plan, tasks, optimizer, schedule }: StepParts): Step {
  const { tf } = network;
  const learners = learnersOf(network.weights, plan, optimizer.learningRate);
  const variables = learners.map((learner) => learner.weight.variable);

  return (batch, count, sums) =>
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
