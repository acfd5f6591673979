/** Our layers against Keras's numbers, on whatever engine the test opens. */
import type { Scalar, Tensor } from "@tensorflow/tfjs";
import { expect, test } from "vitest";
import { apply, type Core, createTf, type Stage, type Tf, type Value } from "../../../runtime/layers/index.ts";
import { casesFor } from "../fixtures.ts";
import { type KerasArray, type KerasCase, ownKerasCases } from "./keras-cases.ts";

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
  const size = { poolSize: a.pool, strides: a.strides ?? a.pool, padding: a.padding ?? "valid" };
  const conv = {
    name,
    filters: a.filters,
    kernelSize: a.kernel,
    strides: a.strides ?? 1,
    padding: a.padding ?? "valid",
    dilationRate: a.dilation ?? 1,
    activation: a.activation,
  };
  const recurrent = {
    name,
    units: a.units,
    returnSequences: a.return_sequences === true || / seq\b/.test(c.layer),
    goBackwards: a.go_backwards === true,
  };
  const mask = a.mask === undefined ? {} : { mask: a.mask as number[][] };
  const several = { several: true };
  switch (/^[\w.]+/.exec(c.layer)![0]) {
    case "activation":
      return { stage: (tf) => tf.layers.activation({ name, activation: a.name }) };
    case "Dense":
      return {
        stage: (tf) => tf.layers.dense({ name, units: a.units, activation: a.activation, useBias: a.use_bias }),
      };
    case "Embedding":
      return { stage: (tf) => tf.layers.embedding({ name, inputDim: a.input_dim, outputDim: a.output_dim }) };
    case "Conv1D":
      return { stage: (tf) => tf.layers.conv1d(conv) };
    case "Conv2D":
      return { stage: (tf) => tf.layers.conv2d({ ...conv, padding: conv.padding as "same" }) };
    case "MaxPooling1D":
      return { stage: (tf) => tf.layers.maxPooling1d({ name, ...size }) };
    case "MaxPooling2D":
      return { stage: (tf) => tf.layers.maxPooling2d({ name, ...size }) };
    case "AveragePooling1D":
      return { stage: (tf) => tf.layers.averagePooling1d({ name, ...size }) };
    case "AveragePooling2D":
      return { stage: (tf) => tf.layers.averagePooling2d({ name, ...size }) };
    case "GlobalMaxPooling1D":
      return { stage: (tf) => tf.layers.globalMaxPooling1d({ name }), ...mask };
    case "GlobalAveragePooling1D":
      return { stage: (tf) => tf.layers.globalAveragePooling1d({ name }), ...mask };
    case "GlobalMaxPooling2D":
      return { stage: (tf) => tf.layers.globalMaxPooling2d({ name }) };
    case "GlobalAveragePooling2D":
      return { stage: (tf) => tf.layers.globalAveragePooling2d({ name }) };
    case "LSTM":
      return { stage: (tf) => tf.layers.lstm(recurrent), rename: rnn, ...mask, gradientTolerance: 1e-4 };
    case "GRU":
      return { stage: (tf) => tf.layers.gru(recurrent), rename: rnn, ...mask, gradientTolerance: 1e-4 };
    case "Bidirectional":
      return {
        stage: (tf) =>
          tf.layers.bidirectional({
            name: "both",
            mergeMode: a.merge ?? "concat",
            layer: / GRU/.test(c.layer) ? tf.layers.gru(recurrent) : tf.layers.lstm(recurrent),
          }),
        rename: (path) => path.replace(/^forward_.*cell\//, "x/").replace(/^backward_.*cell\//, "both/backward/"),
        ...mask,
        gradientTolerance: 1e-4,
      };
    case "MultiHeadAttention":
      return {
        stage: (tf) => tf.layers.selfAttention({ name, heads: a.heads, causal: a.causal === true }),
        rename: (path) => path.replace("attention_output", "output").replace("/", "_"),
        // Every step has the same mask of keys.
        ...(a.attention_mask === undefined ? {} : { mask: a.attention_mask.map((rows: number[][]) => rows[0]) }),
      };
    case "LayerNormalization":
      return { stage: (tf) => tf.layers.layerNormalization({ name, epsilon: a.epsilon ?? 1e-3 }) };
    case "BatchNormalization":
      return {
        stage: (tf) => tf.layers.batchNormalization({ name, momentum: a.momentum ?? 0.99, epsilon: a.epsilon ?? 1e-3 }),
        training: a.training === true,
      };
    case "Add":
      return { stage: (tf) => tf.layers.add({ name }), ...several };
    case "Multiply":
      return { stage: (tf) => tf.layers.multiply({ name }), ...several };
    case "Average":
      return { stage: (tf) => tf.layers.average({ name }), ...several };
    case "Maximum":
      return { stage: (tf) => tf.layers.maximum({ name }), ...several };
    case "Concatenate":
      return { stage: (tf) => tf.layers.concatenate({ name }), ...several };
    case "Flatten":
      return { stage: (tf) => tf.layers.flatten({ name }) };
    case "Permute":
      return { stage: (tf) => tf.layers.permute({ name, dims: a.dims }) };
    case "Reshape":
      return { stage: (tf) => tf.layers.reshape({ name, targetShape: a.target_shape }) };
    default:
      return undefined;
  }
}

/** Cases that the table of fixtures gives to this suite, and our own reference beside this file. */
export function kerasSuite(core: () => Core): void {
  const shared = casesFor("layers", "peer_fixtures/keras_layers") as KerasCase[];
  if (shared.length === 0) test.skip("Keras's layer cases: the shared fixtures are not there", () => {});
  for (const [from, cases] of [
    ["shared", shared],
    ["own", ownKerasCases()],
  ] as const)
    test.each(cases.map((c, i) => [`${c.layer} ${JSON.stringify(c.args).slice(0, 70)} (${from} ${i})`, c] as const))(
      "%s equals Keras",
      (title, c) => {
        const our = ours(c);
        expect(our, `${title} has no stage here`).toBeDefined();
        check(core(), c, our!);
      },
    );
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
