/**
 * The optimizers, with Keras's update rules and defaults (epsilon 1e-7), over named variables. What depends on the step
 * is worked out in JavaScript and enters as scalars, so that a recorded step can be fed with them.
 * Knows nothing of schedules, layers or clipping: rate and gradients come in.
 */
import type { Scalar, Tensor, Variable } from "@tensorflow/tfjs";
import type { CallPlan } from "../../plan/plan.ts";
import { callOf } from "../../plan/plan.ts";
import type { NativeRule } from "./native-optimizers.ts";
import { nativeUpdates } from "./native-optimizers.ts";
import type { Tfjs } from "./network.ts";

export interface Update {
  /** `layer/kernel`; decides about weight decay. */
  readonly name: string;
  readonly variable: Variable;
  readonly gradient: Tensor;
  /** The learning rate for this variable in this step. */
  readonly rate: number;
}

export interface Optimizer {
  /** Base learning rate, as the plan has it. */
  readonly learningRate: number;
  /** Updates are made in the order given. `step` counts from 0. Leaves no tensors behind but its slots. */
  apply(step: number, updates: readonly Update[]): void;
  /** What it remembers now, by `layer/kernel/SLOT`, for checkpoints. Slots are there after the first step. */
  slots(): { readonly [name: string]: Variable };
  /** Takes up what `slots` gave at another time. The tensors stay the caller's. */
  load(slots: { readonly [name: string]: Tensor }): void;
  dispose(): void;
}

/** Rule of one optimizer: slots per variable, scalars per step, the new value. All tensors live in the caller's tidy. */
interface Rule {
  readonly slots: readonly string[];
  scalars(step: number, rate: number): readonly number[];
  update(
    tf: Tfjs,
    variable: Variable,
    gradient: Tensor,
    slots: readonly Variable[],
    scalars: readonly Scalar[],
  ): Tensor;
  readonly weightDecay?: number;
  /** The same in TensorFlow's ops. */
  readonly native: NativeRule;
}

/** @throws RangeError for an optimizer this runtime does not have */
export function createOptimizer(tf: Tfjs, plan: CallPlan): Optimizer {
  const { word, args } = callOf(plan);
  const get = (name: string, otherwise: number): number =>
    typeof args[name] === "number" ? (args[name] as number) : otherwise;
  const rule = ruleOf(word, args, get);
  const learningRate = get("learningRate", defaultRate(word));
  /** What a step multiplies a weight by before its update, if anything. */
  const scaleOf = ({ name, variable, rate }: Update): number | undefined =>
    rule.weightDecay !== undefined && decays(name, variable.rank) ? 1 - rate * rule.weightDecay : undefined;

  const native = nativeUpdates(tf, rule.native);
  if (native !== undefined) {
    return {
      ...native,
      learningRate,
      apply: (step, updates) =>
        native.apply(
          step,
          updates.map((update) => ({ ...update, scale: scaleOf(update) })),
        ),
    };
  }
  const slots = new Map<string, Variable>();

  const slot = (update: Update, name: string): Variable => {
    const key = `${update.name}/${name}`;
    let variable = slots.get(key);
    if (variable === undefined) {
      variable = tf.tidy(() => tf.variable(tf.zeros(update.variable.shape), false));
      slots.set(key, variable);
    }
    return variable;
  };

  return {
    learningRate,
    apply(step, updates) {
      tf.tidy(() => {
        const scalars = new Map<number, readonly Scalar[]>();
        for (const update of updates) {
          const { variable, gradient, rate } = update;
          let values = scalars.get(rate);
          if (values === undefined) {
            values = rule.scalars(step, rate).map((value) => tf.scalar(value));
            scalars.set(rate, values);
          }
          const scale = scaleOf(update);
          if (scale !== undefined) variable.assign(tf.mul(variable, tf.scalar(scale)));
          variable.assign(
            rule.update(
              tf,
              variable,
              gradient,
              rule.slots.map((s) => slot(update, s)),
              values,
            ),
          );
        }
      });
    },
    slots: () => Object.fromEntries(slots),
    load(given) {
      for (const [key, value] of Object.entries(given)) {
        slots.get(key)?.dispose();
        slots.set(
          key,
          tf.tidy(() => tf.variable(value, false)),
        );
      }
    },
    dispose() {
      for (const variable of slots.values()) variable.dispose();
      slots.clear();
    },
  };
}

/** Biases, and the scales and offsets of normalizations, are left alone (Loshchilov & Hutter's own runs, BERT, timm). */
export function decays(name: string, rank: number): boolean {
  return rank >= 2 && !/bias|gamma|beta/.test(name.slice(name.lastIndexOf("/") + 1));
}

function defaultRate(word: string): number {
  return word === "sgd" ? 0.01 : 1e-3;
}

function ruleOf(
  word: string,
  args: { readonly [name: string]: unknown },
  get: (name: string, otherwise: number) => number,
): Rule {
  switch (word) {
    case "sgd":
      return sgd(get("momentum", 0), args.nesterov === true);
    case "adam":
      return adam(get("beta1", 0.9), get("beta2", 0.999), get("epsilon", 1e-7));
    case "adamw":
      return {
        ...adam(get("beta1", 0.9), get("beta2", 0.999), get("epsilon", 1e-7)),
        weightDecay: get("weightDecay", 4e-3),
      };
    case "rmsprop":
      return rmsprop(get("rho", 0.9), get("momentum", 0), get("epsilon", 1e-7), args.centered === true);
  }
  throw new RangeError(`The runtime has no optimizer \`${word}\`.`);
}

/** Keras SGD: v ← momentum·v − rate·g; w ← w + v, or w + momentum·v − rate·g with Nesterov's step. */
function sgd(momentum: number, nesterov: boolean): Rule {
  const scalars = (_step: number, rate: number): number[] => [rate];
  if (momentum === 0)
    return {
      slots: [],
      scalars,
      native: { op: "ResourceApplyGradientDescent", slots: [], inputs: ["rate", "gradient"] },
      update: (tf, variable, gradient, _slots, [rate]) => tf.sub(variable, tf.mul(gradient, rate as Scalar)),
    };
  return {
    slots: ["momentum"],
    scalars,
    native: {
      op: "ResourceApplyKerasMomentum",
      attributes: { use_nesterov: nesterov },
      slots: ["momentum"],
      inputs: ["momentum", "rate", "gradient", momentum],
    },
    update(tf, variable, gradient, [velocity], [rate]) {
      const step = tf.mul(gradient, rate as Scalar);
      const moved = tf.sub(tf.mul(velocity as Variable, momentum), step);
      (velocity as Variable).assign(moved);
      return tf.add(variable, nesterov ? tf.sub(tf.mul(moved, momentum), step) : moved);
    },
  };
}

/** Kingma & Ba 2015 in the form of Keras: the bias corrections are in the rate, epsilon stands outside the root. */
function adam(beta1: number, beta2: number, epsilon: number): Rule {
  return {
    slots: ["momentum", "velocity"],
    native: {
      op: "ResourceApplyAdam",
      attributes: { use_nesterov: false },
      slots: ["momentum", "velocity"],
      inputs: ["momentum", "velocity", { ofStep: 0 }, { ofStep: 1 }, "rate", beta1, beta2, epsilon, "gradient"],
      ofStep: (step) => [beta1 ** (step + 1), beta2 ** (step + 1)],
    },
    scalars: (step, rate) => [(rate * Math.sqrt(1 - beta2 ** (step + 1))) / (1 - beta1 ** (step + 1))],
    update(tf, variable, gradient, [m, v], [rate]) {
      const mean = tf.add(m as Variable, tf.mul(tf.sub(gradient, m as Variable), 1 - beta1));
      const square = tf.add(v as Variable, tf.mul(tf.sub(tf.square(gradient), v as Variable), 1 - beta2));
      (m as Variable).assign(mean);
      (v as Variable).assign(square);
      return tf.sub(variable, tf.div(tf.mul(mean, rate as Scalar), tf.add(tf.sqrt(square), epsilon)));
    },
  };
}

/** Tieleman & Hinton 2012 in the form of Keras: epsilon stands under the root. */
function rmsprop(rho: number, momentum: number, epsilon: number, centered: boolean): Rule {
  const slots = ["velocity", ...(momentum > 0 ? ["momentum"] : []), ...(centered ? ["average_gradient"] : [])];
  // TensorFlow's op wants the memory even where nothing is carried on.
  const carried = momentum > 0 ? "momentum" : "_momentum";
  return {
    slots,
    scalars: (_step, rate) => [rate],
    native: {
      op: centered ? "ResourceApplyCenteredRMSProp" : "ResourceApplyRMSProp",
      slots: ["velocity", carried, ...(centered ? ["average_gradient"] : [])],
      inputs: [
        ...(centered ? ["average_gradient"] : []),
        ...["velocity", carried, "rate"],
        ...[rho, momentum, epsilon],
        "gradient",
      ],
    },
    update(tf, variable, gradient, values, [rate]) {
      const at = (name: string): Variable => values[slots.indexOf(name)] as Variable;
      const square = tf.add(tf.mul(at("velocity"), rho), tf.mul(tf.square(gradient), 1 - rho));
      at("velocity").assign(square);
      let under: Tensor = tf.add(square, epsilon);
      if (centered) {
        const average = tf.add(tf.mul(at("average_gradient"), rho), tf.mul(gradient, 1 - rho));
        at("average_gradient").assign(average);
        under = tf.sub(under, tf.square(average));
      }
      const step = tf.div(tf.mul(gradient, rate as Scalar), tf.sqrt(under));
      if (momentum === 0) return tf.sub(variable, step);
      const moved = tf.add(tf.mul(at("momentum"), momentum), step);
      at("momentum").assign(moved);
      return tf.sub(variable, moved);
    },
  };
}
