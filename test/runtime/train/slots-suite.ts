/** What an optimizer remembers, taken to another one: on any engine the same bits as without a break. */
import { expect, it } from "vitest";
import type { CallPlan } from "../../../plan/plan.ts";
import type { Tfjs } from "../../../runtime/train/network.ts";
import { createOptimizer } from "../../../runtime/train/optimizers.ts";
import { generator } from "./memory-part.ts";

const plans: CallPlan[] = [
  "adam",
  { adam: { learningRate: 0.02, beta1: 0.8, beta2: 0.99, epsilon: 1e-6 } },
  { adamw: { learningRate: 0.02, weightDecay: 0.1 } },
  { sgd: { learningRate: 0.1 } },
  { sgd: { learningRate: 0.1, momentum: 0.9 } },
  { sgd: { learningRate: 0.1, momentum: 0.9, nesterov: true } },
  { rmsprop: { learningRate: 0.01 } },
  { rmsprop: { learningRate: 0.01, momentum: 0.9 } },
  { rmsprop: { learningRate: 0.01, centered: true } },
  { rmsprop: { learningRate: 0.01, momentum: 0.9, centered: true } },
];
const SHAPES: { readonly [name: string]: number[] } = { "a/kernel": [2, 3], "a/bias": [3], "b/kernel": [1, 1, 2] };
const STEPS = 6;

/** Trains to the end, with another optimizer from `at` on; in the first step one weight has no gradient. */
function trajectory(tf: Tfjs, plan: CallPlan, at?: number): number[][] {
  const variables = Object.entries(SHAPES).map(([name, shape]) => ({
    name,
    variable: tf.tidy(() => tf.variable(tf.fill(shape, 0.5))),
  }));
  const random = generator(3);
  let optimizer = createOptimizer(tf, plan);
  for (let step = 0; step < STEPS; step++) {
    if (step === at) {
      const slots = Object.entries(optimizer.slots()).map(
        ([key, slot]) => [key, [...slot.dataSync()], slot.shape] as const,
      );
      optimizer.dispose();
      optimizer = createOptimizer(tf, plan);
      tf.tidy(() =>
        optimizer.load(Object.fromEntries(slots.map(([key, values, shape]) => [key, tf.tensor(values, shape)]))),
      );
      // Before a step is done, it remembers what it was given.
      for (const [key, values] of slots) expect([...(optimizer.slots()[key]?.dataSync() ?? [])], key).toEqual(values);
      expect(Object.keys(optimizer.slots()).sort()).toEqual(slots.map(([key]) => key).sort());
      // Weights come back as new tensors.
      for (const { variable } of variables)
        tf.tidy(() => variable.assign(tf.tensor([...variable.dataSync()], variable.shape)));
    }
    tf.tidy(() => {
      const updates = variables.map(({ name, variable }) => ({
        name,
        variable,
        gradient: tf.tensor(
          Array.from({ length: variable.size }, () => random() - 0.5),
          variable.shape,
        ),
        rate: optimizer.learningRate / (step + 1),
      }));
      optimizer.apply(step, step === 0 ? updates.slice(1) : updates);
    });
  }
  const values = variables.map(({ variable }) => [...variable.dataSync()]);
  optimizer.dispose();
  for (const { variable } of variables) variable.dispose();
  return values;
}

/** The cases, for an engine that is open. */
export function slotsSuite(tf: Tfjs): void {
  for (const plan of plans)
    it(`${JSON.stringify(plan)} goes on with the slots of another, after every step`, () => {
      const whole = trajectory(tf, plan);
      const before = tf.memory().numTensors;
      for (let at = 0; at <= STEPS - 1; at++) expect(trajectory(tf, plan, at), `step ${at}`).toEqual(whole);
      expect(tf.memory().numTensors).toBe(before);
    });
}
