/** Each op that TensorFlow does in one piece, beside the composed form that other engines run: values and gradients. */
import type { Tensor, Variable } from "@tensorflow/tfjs";
import { beforeAll, describe, expect, it } from "vitest";
import type { CallPlan } from "../../../plan/plan.ts";
import { openEngine } from "../../../runtime/engine/engine.ts";
import { wideKernel } from "../../../runtime/engine/wide-kernels.ts";
import { activate } from "../../../runtime/layers/activations.ts";
import type { Core, Run } from "../../../runtime/layers/kind.ts";
import { blockLstm } from "../../../runtime/layers/kinds/block-lstm.ts";
import { linear } from "../../../runtime/layers/kinds/dense.ts";
import { lstmStates } from "../../../runtime/layers/kinds/lstm.ts";
import { batchNormalization } from "../../../runtime/layers/kinds/normalization.ts";
import { pooling1d, pooling2d } from "../../../runtime/layers/kinds/pooling.ts";
import { stream } from "../../../runtime/layers/random.ts";
import { biased } from "../../../runtime/layers/wide.ts";
import { createLoss, reduceLoss } from "../../../runtime/train/losses.ts";
import { createOptimizer } from "../../../runtime/train/optimizers.ts";

let tf: Core;
let handles: () => number;
/** The same, told that it is another backend: what asks for kernels by backend finds none and composes. */
let composed: Core;
beforeAll(async () => {
  const engine = await openEngine({ prefer: "tensorflow", install: "auto" });
  tf = engine.tf;
  handles = () => engine.binding!.getNumOfTensors();
  composed = new Proxy(tf, {
    get: (target, name) => (name === "getBackend" ? () => "composed" : Reflect.get(target, name)),
  });
}, 600_000);

function random(shape: number[], name: string): Tensor {
  const next = stream(3, name);
  const size = shape.reduce((product, n) => product * n, 1);
  return tf.tensor(
    Float32Array.from({ length: size }, () => next() * 2 - 1),
    shape,
  );
}

/** The value, and the gradients of its sum weighed with random numbers, by every input. */
function valueAndGradients(f: (...inputs: Tensor[]) => Tensor, inputs: Tensor[]): Float32Array[] {
  return tf.tidy(() => {
    const value = f(...inputs);
    const weights = random(value.shape, "weights");
    const gradients = tf.grads((...given: Tensor[]) => tf.sum(tf.mul(f(...given), weights)))(inputs);
    return [value, ...gradients].map((tensor) => tensor.dataSync() as Float32Array);
  });
}

function expectSame(f: (core: Core, ...inputs: Tensor[]) => Tensor, inputs: Tensor[], tolerance = 1e-4): void {
  const one = valueAndGradients((...given) => f(tf, ...given), inputs);
  const other = valueAndGradients((...given) => f(composed, ...given), inputs);
  one.forEach((values, n) => {
    expect(values.length).toBe(other[n]?.length);
    const largest = other[n]!.reduce((most, value) => Math.max(most, Math.abs(value)), 1);
    const apart = values.reduce((most, value, i) => Math.max(most, Math.abs(value - other[n]![i]!)), 0);
    expect(apart / largest, n === 0 ? "value" : `gradient ${n}`).toBeLessThan(n === 0 ? 1e-5 : tolerance);
  });
}

const runOf = (core: Core, weights: { [name: string]: Tensor }, moved?: { [name: string]: Tensor }): Run => ({
  tf: core,
  training: true,
  weight: (name) => weights[name] as Variable,
  assign: (name, value) => {
    if (moved) moved[name] = tf.keep(tf.clone(value));
  },
  uniform: (shape) => tf.zeros(shape),
});

describe("LSTM in one op", () => {
  const [batch, steps, features, units] = [5, 7, 3, 4];
  const inputs = () => [
    random([batch, steps, features], "x"),
    random([features, 4 * units], "kernel"),
    random([units, 4 * units], "recurrent"),
    random([4 * units], "bias"),
  ];
  const lengths = (of: number[], from: (length: number) => number): Float32Array =>
    Float32Array.from({ length: batch * steps }, (_, at) => {
      const [row, t] = [Math.floor(at / steps), at % steps];
      const begin = from(of[row]!);
      return t >= begin && t < begin + of[row]! ? 1 : 0;
    });
  const masks: { [name: string]: Float32Array | undefined } = {
    "no mask": undefined,
    "all there": new Float32Array(batch * steps).fill(1),
    "right-padded": lengths([7, 3, 1, 0, 5], () => 0),
    "left-padded": lengths([7, 3, 1, 0, 5], (length) => steps - length),
    "padded at both ends": lengths([5, 3, 1, 0, 4], () => 1),
  };
  for (const [name, mask] of Object.entries(masks)) {
    for (const sequences of [false, true]) {
      for (const backwards of [false, true]) {
        it(`${name}, ${sequences ? "all steps" : "last state"}${backwards ? ", backwards" : ""}`, () => {
          const given = mask && tf.tensor(mask, [batch, steps]);
          const how = { mask: given, sequences, backwards };
          expectSame((core, x, kernel, recurrent, bias) => {
            const weights = { kernel: kernel!, recurrent: recurrent!, bias: bias! };
            const inOne = blockLstm(core, x!, weights, how);
            expect(inOne !== undefined).toBe(core === tf);
            return inOne ?? lstmStates(core, linear(core, x!, kernel!, bias!), recurrent!, how);
          }, inputs());
        });
      }
    }
  }

  it("leaves gaps between steps to the stepwise form", () => {
    const mask = tf.tensor([1, 0, 1], [1, 3]);
    const weights = { kernel: random([2, 8], "k"), recurrent: random([2, 8], "r"), bias: random([8], "b") };
    const how = { mask, sequences: false, backwards: false };
    expect(blockLstm(tf, random([1, 3, 2], "x"), weights, how)).toBeUndefined();
  });
});

describe("smaller ops in one", () => {
  for (const shape of [
    [6, 3],
    [2, 5, 3],
    [2, 4, 5, 3],
  ])
    it(`bias of [${shape.join()}]`, () =>
      expectSame((core, x, bias) => biased(core, x!, bias!), [random(shape, "x"), random([3], "bias")]));

  for (const name of ["relu", "relu6", "sigmoid", "tanh"] as const)
    it(`the gradient of ${name}`, () => {
      const x = tf.mul(random([7, 9], name), 8);
      const [wide] = tf.tidy(() => [
        tf
          .grad((v: Tensor) => activate(tf, v, name))(x)
          .dataSync(),
      ]);
      const slope = (v: number): number => {
        if (name === "relu") return v > 0 ? 1 : 0;
        if (name === "relu6") return v > 0 && v < 6 ? 1 : 0;
        const s = 1 / (1 + Math.exp(-v));
        return name === "sigmoid" ? s * (1 - s) : 1 - Math.tanh(v) ** 2;
      };
      x.dataSync().forEach((v, i) => void expect(wide?.[i]).toBeCloseTo(slope(v), 5));
    });

  for (const padding of ["valid", "same"] as const) {
    it(`maximum pooling, ${padding}`, () => {
      const options = { kind: "max", poolSize: [3, 2], strides: [2, 2], padding } as const;
      expectSame((core, x) => pooling2d.call(runOf(core, {}), [x!], options), [random([2, 7, 6, 3], "x")]);
    });
    it(`maximum pooling over steps, ${padding}`, () => {
      const options = { kind: "max", poolSize: 2, strides: 2, padding } as const;
      expectSame((core, x) => pooling1d.call(runOf(core, {}), [x!], options), [random([2, 7, 3], "x")]);
    });
  }

  for (const shape of [
    [6, 3],
    [2, 5, 3],
    [2, 4, 5, 3],
  ])
    it(`batch normalization of [${shape.join()}], with the moving statistics`, () => {
      const moved = new Map<Core, { [name: string]: Tensor }>();
      expectSame(
        (core, x, gamma, beta) => {
          const statistics = { moving_mean: random([3], "mean"), moving_variance: tf.ones([3]) };
          const seen: { [name: string]: Tensor } = {};
          moved.set(core, seen);
          const run = runOf(core, { gamma: gamma!, beta: beta!, ...statistics }, seen);
          return batchNormalization.call(run, [x!], { momentum: 0.9, epsilon: 1e-3 });
        },
        [random(shape, "x"), random([3], "gamma"), random([3], "beta")],
      );
      for (const name of ["moving_mean", "moving_variance"]) {
        const other = moved.get(composed)![name]!.dataSync();
        moved
          .get(tf)!
          [name]!.dataSync()
          .forEach((value, i) => void expect(value).toBeCloseTo(other[i]!, 5));
      }
    });

  for (const labelSmoothing of [0, 0.1])
    it(`cross-entropy of classes, smoothing ${labelSmoothing}`, () => {
      const labels = tf.tensor([0, 3, 1, 2, 3, 0], [6], "int32");
      expectSame(
        (core, logits) =>
          createLoss(core, { categorical_crossentropy: { labelSmoothing } }, "multiclass")(logits!, labels),
        [tf.mul(random([6, 4], "logits"), 5)],
      );
    });

  it("a gradient that goes on through the mean of a loss", () => {
    const labels = tf.tensor([0, 1, 1], [3], "int32");
    expectSame(
      (core, logits) =>
        reduceLoss(core, createLoss(core, "categorical_crossentropy", "multiclass")(logits!, labels), undefined),
      [random([3, 2], "logits")],
    );
  });
});

describe("optimizers in one op for each weight", () => {
  const plans: CallPlan[] = [
    { sgd: { learningRate: 0.1 } },
    { sgd: { learningRate: 0.1, momentum: 0.9 } },
    { sgd: { learningRate: 0.1, momentum: 0.9, nesterov: true } },
    { adam: { learningRate: 0.01 } },
    { adamw: { learningRate: 0.01, weightDecay: 0.1 } },
    { rmsprop: { learningRate: 0.01 } },
    { rmsprop: { learningRate: 0.01, momentum: 0.9, centered: true } },
  ];
  for (const plan of plans)
    it(JSON.stringify(plan), () => {
      const trajectory = (core: Core): number[] => {
        const optimizer = createOptimizer(core, plan);
        const variables = tf.tidy(() => [tf.variable(random([3, 2], "w")), tf.variable(tf.zeros([2]))]);
        const seen: number[] = [];
        for (let step = 0; step < 6; step++) {
          tf.tidy(() => {
            // Somebody else's assignment (the best weights come back) must count.
            if (step === 3) variables[0]!.assign(random([3, 2], "again"));
            optimizer.apply(
              step,
              variables.map((variable, i) => ({
                name: ["d/kernel", "d/bias"][i]!,
                variable,
                gradient: random(variable.shape, `g${step}${i}`),
                rate: optimizer.learningRate * (1 + step),
              })),
            );
          });
          for (const variable of variables) seen.push(...variable.dataSync());
        }
        for (const [name, slot] of Object.entries(optimizer.slots())) seen.push(name.length, ...slot.dataSync());
        optimizer.dispose();
        for (const variable of variables) variable.dispose();
        return seen;
      };
      const [one, other] = [trajectory(tf), trajectory(composed)];
      expect(one.length).toBe(other.length);
      one.forEach((value, i) => void expect(Math.abs(value - other[i]!)).toBeLessThan(1e-5));
      // Constants stay from the first time; nothing else does, neither in tfjs nor in TensorFlow.
      const before = [tf.memory().numTensors, handles()];
      trajectory(tf);
      expect([tf.memory().numTensors, handles()]).toEqual(before);
    });
});

it("only TensorFlow has these kernels", () => {
  expect(wideKernel(tf, "BlockLSTMV2")).toBeDefined();
  expect(wideKernel(composed, "BlockLSTMV2")).toBeUndefined();
});
