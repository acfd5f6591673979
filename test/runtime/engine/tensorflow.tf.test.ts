import { beforeAll, describe, expect, test, vi } from "vitest";
import type { Engine } from "../../../runtime/engine/engine.ts";
import { openEngine } from "../../../runtime/engine/engine.ts";
import type { Tfjs } from "./training-cases.ts";
import {
  difference,
  LAYER_CASES,
  modelGradients,
  OP_CASES,
  opGradients,
  trainBriefly,
  values,
} from "./training-cases.ts";

// The machine may be busy with other things; nothing here is about speed.
vi.setConfig({ testTimeout: 60_000, hookTimeout: 60_000 });

/** Single precision on both sides, sums in another order. */
const TOLERANCE = 2e-4;

let engine: Engine;
let tf: Tfjs;
beforeAll(async () => {
  engine = await openEngine({ prefer: "tensorflow", install: "auto" });
  tf = engine.tf;
}, 600_000);

async function onBoth<T>(compute: () => T | Promise<T>): Promise<{ native: T; cpu: T }> {
  await tf.setBackend("cpu");
  const cpu = await compute();
  await tf.setBackend("tensorflow");
  return { native: await compute(), cpu };
}

describe("TensorFlow has the gradients of the plain JavaScript backend", () => {
  test.each(LAYER_CASES)("$name", async (layerCase) => {
    const { native, cpu } = await onBoth(() => modelGradients(tf, layerCase));
    expect(difference(native, cpu)).toBeLessThan(TOLERANCE);
  });

  test.each(OP_CASES)("$name", async (opCase) => {
    const { native, cpu } = await onBoth(() => opGradients(tf, opCase));
    expect(difference(native, cpu)).toBeLessThan(TOLERANCE);
  });
});

test("a model trained with Adam through tf.layers has the losses of the plain JavaScript backend", async () => {
  const { native, cpu } = await onBoth(async () => {
    const model = tf.sequential({
      layers: [
        tf.layers.dense({
          units: 16,
          activation: "relu",
          inputShape: [8],
          kernelInitializer: tf.initializers.glorotUniform({ seed: 3 }),
        }),
        tf.layers.dense({ units: 1, kernelInitializer: tf.initializers.glorotUniform({ seed: 4 }) }),
      ],
    });
    model.compile({ optimizer: tf.train.adam(0.01), loss: "meanSquaredError" });
    const x = values(tf, [64, 8]);
    const y = x.sum(1, true);
    const { history } = await model.fit(x, y, { epochs: 60, batchSize: 16, shuffle: false, verbose: 0 });
    return history.loss as number[];
  });
  expect(difference({ losses: native }, { losses: cpu })).toBeLessThan(TOLERANCE);
  expect(native.at(-1)).toBeLessThan(native[0]! / 20);
});

test("recurrent and convolutional models train as on the plain JavaScript backend", async () => {
  for (const name of ["lstm", "gru", "conv2d, same", "batch normalization", "embedding"]) {
    const layerCase = LAYER_CASES.find((candidate) => candidate.name === name)!;
    const { native, cpu } = await onBoth(() => trainBriefly(tf, layerCase, 5));
    expect(difference({ losses: native }, { losses: cpu }), name).toBeLessThan(TOLERANCE);
  }
});

test("2,000 small steps leave no tensor and no memory behind", () => {
  const model = tf.sequential({
    layers: [tf.layers.dense({ units: 32, activation: "relu", inputShape: [32] }), tf.layers.dense({ units: 4 })],
  });
  const optimizer = tf.train.adam(1e-3);
  const [x, y] = [values(tf, [16, 32]), values(tf, [16, 4], 2)];
  const step = (): void => {
    optimizer.minimize(() => tf.losses.meanSquaredError(y, model.apply(x) as typeof y));
  };
  for (let i = 0; i < 200; i++) step();
  const tensors = tf.memory().numTensors;
  const handles = engine.binding!.getNumOfTensors();
  const resident = process.memoryUsage.rss();
  for (let i = 0; i < 2000; i++) step();
  expect(tf.memory().numTensors).toBe(tensors);
  expect(engine.binding!.getNumOfTensors()).toBe(handles);
  // JavaScript's own heap moves by tens of megabytes; 2,000 leaked steps would be over 100.
  expect(process.memoryUsage.rss() - resident).toBeLessThan(60e6);
}, 60_000);

test("strings go in and come out, also of a tensor that shared memory with one that is gone", () => {
  const binding = engine.binding!;
  const long = "多模态 ".repeat(40);
  const bytes = [long, "short", ""].map((text) => new TextEncoder().encode(text));
  const source = binding.createTensor([3], binding.TF_STRING, bytes);
  const shape = binding.createTensor([2], binding.TF_INT32, new Int32Array([3, 1]));
  const attributes = [
    { name: "T", type: binding.TF_ATTR_TYPE, value: binding.TF_STRING },
    { name: "Tshape", type: binding.TF_ATTR_TYPE, value: binding.TF_INT32 },
  ];
  const [reshaped] = binding.executeOp("Reshape", attributes, [source, shape], 1);
  binding.deleteTensor(source);
  expect(binding.tensorDataSync(reshaped!.id)).toEqual(bytes);
  expect(tf.concat([tf.tensor(["", long]), tf.tensor(["b"])]).dataSync()).toEqual(["", long, "b"] as never);
});

test("10,000 tensors of strings leave no memory behind", () => {
  const text = "x".repeat(10_000);
  const turn = (): void =>
    tf.tidy(
      () =>
        void tf
          .tensor([text, "ab"])
          .reshape([2, 1])
          .concat(tf.tensor([["c"]])),
    );
  for (let i = 0; i < 500; i++) turn();
  const resident = process.memoryUsage.rss();
  for (let i = 0; i < 10_000; i++) turn();
  // 100 MB of text passed through.
  expect(process.memoryUsage.rss() - resident).toBeLessThan(40e6);
}, 60_000);

test("what TensorFlow refuses becomes an error, and the next op works", () => {
  const binding = engine.binding!;
  const id = binding.createTensor([2], binding.TF_FLOAT, new Float32Array([1, 2]));
  const type = { name: "T", type: binding.TF_ATTR_TYPE, value: binding.TF_FLOAT };
  expect(() => binding.executeOp("NoSuchOp", [], [], 1)).toThrow(/NoSuchOp/);
  expect(() => binding.executeOp("Neg", [type], [id, id], 1)).toThrow();
  expect(() => binding.executeOp("Neg", [type], [-1], 1)).toThrow("No tensor has the id -1");
  expect(() => binding.createTensor([3], binding.TF_FLOAT, new Float32Array(2))).toThrow("does not fit 2 values");
  expect(() => binding.createTensor([-1], binding.TF_FLOAT, new Float32Array(1))).toThrow("cannot have the shape");
  expect(() => binding.createTensor([1], binding.TF_FLOAT, new Int32Array(1))).toThrow(
    "cannot be made from Int32Array",
  );
  const [negative] = binding.executeOp("Neg", [type], [id], 1);
  expect(binding.tensorDataSync(negative!.id)).toEqual(new Float32Array([-1, -2]));
  binding.deleteTensor(id);
  binding.deleteTensor(negative!.id);
  expect(() => binding.deleteTensor(id)).toThrow("it was disposed");
});

test("the engine says what it is and stays the only one", async () => {
  expect(engine.describe()).toMatch(/^tensorflow 2\.\d+, (CPU|GPU), \d+ threads?$/);
  expect(await openEngine()).toBe(engine);
  await expect(openEngine({ prefer: "wasm" })).rejects.toThrow("This process runs on tensorflow already");
  await expect(openEngine({ threads: engine.threads + 1 })).rejects.toThrow("already; that holds for the process");
});
