/** Our layers against Keras's numbers, on whatever engine the test opens. */
import type { Scalar, Tensor } from "@tensorflow/tfjs";
import { expect, test } from "vitest";
import { apply, type Core, createTf, type Stage, type Tf, type Value } from "../../../runtime/layers/index.ts";
import { type KerasArray, type KerasCase, kerasCasesFile, readKerasCases } from "./keras-cases.ts";

/** The stage of a case, and the names of our weights by Keras's paths where they differ. */
interface Ours {
  readonly stage: (tf: Tf) => Stage;
  readonly rename?: (path: string) => string;
  /** Mask of the first input: by row. */
  readonly mask?: number[][];
  readonly training?: boolean;
  readonly several?: boolean;
  readonly gradientTolerance?: number;
}

const name = "x";
const rnn = (path: string) => path.replace(/^(lstm|gru)_cell\//, "");

function ours(c: KerasCase): Ours | undefined {
  const a = c.args;
  switch (c.layer) {
    case "activation":
      return { stage: (tf) => tf.layers.activation({ name, activation: a.name }) };
    case "Dense":
      return { stage: (tf) => tf.layers.dense({ name, units: a.units, activation: a.activation }) };
    case "Embedding":
      return { stage: (tf) => tf.layers.embedding({ name, inputDim: a.input_dim, outputDim: a.output_dim }) };
    case "Conv1D":
      return {
        stage: (tf) =>
          tf.layers.conv1d({
            name,
            filters: a.filters,
            kernelSize: a.kernel,
            strides: a.strides,
            padding: a.padding,
            dilationRate: a.dilation,
          }),
      };
    case "Conv2D":
      return {
        stage: (tf) =>
          tf.layers.conv2d({ name, filters: a.filters, kernelSize: a.kernel, strides: a.strides, padding: a.padding }),
      };
    case "MaxPooling2D":
      return {
        stage: (tf) => tf.layers.maxPooling2d({ name, poolSize: a.pool, strides: a.strides, padding: a.padding }),
      };
    case "AveragePooling2D":
      return {
        stage: (tf) => tf.layers.averagePooling2d({ name, poolSize: a.pool, strides: a.strides, padding: a.padding }),
      };
    case "AveragePooling1D same":
      return {
        stage: (tf) => tf.layers.averagePooling1d({ name, poolSize: a.pool, strides: a.strides, padding: a.padding }),
      };
    case "GlobalMaxPooling1D":
      return { stage: (tf) => tf.layers.globalMaxPooling1d({ name }) };
    case "GlobalAveragePooling1D masked":
      return { stage: (tf) => tf.layers.globalAveragePooling1d({ name }), mask: a.mask };
    case "LSTM seq":
      return {
        stage: (tf) => tf.layers.lstm({ name, units: a.units, returnSequences: true }),
        rename: rnn,
        gradientTolerance: 1e-4,
      };
    case "GRU":
      return { stage: (tf) => tf.layers.gru({ name, units: a.units }), rename: rnn, gradientTolerance: 1e-4 };
    case "GRU masked":
      return {
        stage: (tf) => tf.layers.gru({ name, units: a.units, returnSequences: true }),
        rename: rnn,
        mask: a.mask,
        gradientTolerance: 1e-4,
      };
    case "Bidirectional LSTM concat":
      return {
        stage: (tf) =>
          tf.layers.bidirectional({
            name: "both",
            layer: tf.layers.lstm({ name, units: a.units, returnSequences: true }),
          }),
        rename: (path) => path.replace(/^forward_.*cell\//, "x/").replace(/^backward_.*cell\//, "both/backward/"),
        gradientTolerance: 1e-4,
      };
    case "MultiHeadAttention masked":
      // Every step has the same mask of keys.
      return {
        stage: (tf) => tf.layers.selfAttention({ name, heads: a.heads }),
        rename: (path) => path.replace("attention_output", "output").replace("/", "_"),
        mask: a.attention_mask.map((rows: number[][]) => rows[0]),
      };
    case "BatchNormalization train":
      return {
        stage: (tf) => tf.layers.batchNormalization({ name, momentum: a.momentum, epsilon: a.epsilon }),
        training: true,
      };
    case "Multiply":
      return { stage: (tf) => tf.layers.multiply({ name }), several: true };
    case "Flatten":
      return { stage: (tf) => tf.layers.flatten({ name }) };
    default:
      return undefined;
  }
}

/** Left out: layers that the language does not have yet. */
export function kerasSuite(core: () => Core): void {
  if (!kerasCasesFile) {
    test.skip("Keras's layer cases: shared/data/peer_fixtures/keras_layers.json.gz is not there", () => {});
    return;
  }
  let count = 0;
  for (const [i, c] of readKerasCases().entries()) {
    const our = ours(c);
    if (!our) continue;
    count++;
    test(`${c.layer} ${JSON.stringify(c.args).slice(0, 70)} (case ${i}) equals Keras`, () => check(core(), c, our));
  }
  test("most of Keras's cases are in scope", () => expect(count).toBe(29));
}

function check(core: Core, c: KerasCase, our: Ours): void {
  const tf = createTf(core, { seed: 1 });
  const inputs = c.in.map((x, i) =>
    tf.input({
      name: `in${i}`,
      shape: x.shape.slice(1),
      dtype: x.dtype === "int" ? "int32" : "float32",
      masked: i === 0 && our.mask !== undefined,
    }),
  );
  const out: Value = apply(our.several ? inputs : inputs[0]!, our.stage(tf));
  const model = tf.model({ name: "m", inputs, outputs: { out } });
  const weight = (path: string) => {
    const renamed = our.rename?.(path) ?? path;
    const wanted = renamed.includes("/") && our.rename ? renamed : `x/${renamed}`;
    const found = model.weights().find((w) => w.name === wanted);
    expect(found, `${wanted} among ${model.weights().map((w) => w.name)}`).toBeDefined();
    return found!.variable;
  };
  for (const [path, values] of Object.entries(c.weights ?? {})) {
    const variable = weight(path);
    core.tidy(() => variable.assign(core.tensor(values.data, variable.shape)));
  }
  const tensor = (a: KerasArray) => core.tensor(a.data, a.shape, a.dtype === "int" ? "int32" : "float32");
  const values = c.in.map(tensor);
  const feeds = (given: Tensor[]) => ({
    ...Object.fromEntries(given.map((t, i) => [`in${i}`, t])),
    ...(our.mask ? { "in0.mask": core.tensor2d(our.mask) } : {}),
  });
  const training = our.training === true;
  if (!training)
    near(
      core.tidy(() => model.predict(feeds(values)).out!.dataSync()),
      c.out[0]!.data,
      1e-5,
    );

  if (c.G) {
    const loss = (given: Tensor[]) =>
      core.sum(core.mul(model.forward(feeds(given), { training }).out!, tensor(c.G![0]!))) as Scalar;
    if (Object.keys(c.grad_weights ?? {}).length > 0) {
      if (training)
        near(
          core.tidy(() => model.forward(feeds(values), { training }).out!.dataSync()),
          c.out[0]!.data,
          1e-5,
        );
      if (training && c.weights)
        for (const [path, w] of Object.entries(c.weights)) weight(path).assign(core.tensor(w.data, w.shape));
      const { grads } = core.variableGrads(() => loss(values));
      for (const [path, wanted] of Object.entries(c.grad_weights!)) {
        near(grads[weight(path).name]!.dataSync(), wanted.data, our.gradientTolerance ?? 1e-5);
      }
      for (const [path, wanted] of Object.entries(c.weights_after ?? {}))
        near(weight(path).dataSync(), wanted.data, 1e-5);
    }
    if (c.grad_in && c.grad_in.length > 0) {
      const grads = core.grads((...given: Tensor[]) => loss(given))(values);
      for (const [i, g] of grads.entries()) near(g.dataSync(), c.grad_in[i]!.data, our.gradientTolerance ?? 1e-5);
    }
  }
  model.dispose();
}

/** Equal within `tolerance` of the value, or of 1. */
export function near(found: ArrayLike<number>, wanted: ArrayLike<number>, tolerance: number): void {
  expect(found.length).toBe(wanted.length);
  let worst = 0;
  for (let i = 0; i < found.length; i++)
    worst = Math.max(worst, Math.abs(found[i]! - wanted[i]!) / Math.max(1, Math.abs(wanted[i]!)));
  expect(worst).toBeLessThanOrEqual(tolerance);
}
