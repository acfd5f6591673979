import { beforeAll, describe, expect, test, vi } from "vitest";
import { openEngine } from "../../../runtime/engine/engine.ts";
import type { Tfjs } from "./training-cases.ts";
import { difference, LAYER_CASES, modelGradients, OP_CASES, opGradients, trainBriefly } from "./training-cases.ts";

// The machine may be busy with other things; nothing here is about speed.
vi.setConfig({ testTimeout: 60_000, hookTimeout: 60_000 });

/** Single precision on both sides, sums in another order. */
const TOLERANCE = 2e-4;

let tf: Tfjs;
beforeAll(async () => {
  tf = (await openEngine({ prefer: "wasm" })).tf;
});

async function onBoth<T>(compute: () => T | Promise<T>): Promise<{ wasm: T; cpu: T }> {
  await tf.setBackend("cpu");
  const cpu = await compute();
  await tf.setBackend("wasm");
  return { wasm: await compute(), cpu };
}

describe("wasm has the gradients of the plain JavaScript backend", () => {
  test.each(LAYER_CASES)("$name", async (layerCase) => {
    const { wasm, cpu } = await onBoth(() => modelGradients(tf, layerCase));
    expect(difference(wasm, cpu)).toBeLessThan(TOLERANCE);
  });

  test.each(OP_CASES)("$name", async (opCase) => {
    const { wasm, cpu } = await onBoth(() => opGradients(tf, opCase));
    expect(difference(wasm, cpu)).toBeLessThan(TOLERANCE);
  });
});

describe("wasm trains", () => {
  test.each(LAYER_CASES)("$name, three steps of Adam", async (layerCase) => {
    const { wasm, cpu } = await onBoth(() => trainBriefly(tf, layerCase));
    expect(difference({ losses: wasm }, { losses: cpu })).toBeLessThan(TOLERANCE);
    expect(wasm[2]).toBeLessThan(wasm[0]!);
  });
});

test("tile repeats numbers, booleans and strings, also nothing", async () => {
  const { wasm, cpu } = await onBoth(() =>
    [
      tf.tile(
        tf.tensor2d(
          [
            [1, 2, 3],
            [4, 5, 6],
          ],
          [2, 3],
          "int32",
        ),
        [2, 2],
      ),
      tf.tile(tf.tensor1d([true, false], "bool"), [3]),
      tf.tile(tf.tensor2d([["a"], ["b"]]), [1, 2]),
      tf.tile(tf.zeros([0, 2]), [3, 2]),
      tf.tile(tf.scalar(3), []),
    ].map((tensor) => [tensor.dtype, tensor.shape, [...tensor.dataSync()]]),
  );
  expect(wasm).toEqual(cpu);
  expect(wasm).toEqual([
    ["int32", [4, 6], [1, 2, 3, 1, 2, 3, 4, 5, 6, 4, 5, 6, 1, 2, 3, 1, 2, 3, 4, 5, 6, 4, 5, 6]],
    ["bool", [6], [1, 0, 1, 0, 1, 0]],
    ["string", [2, 2], ["a", "a", "b", "b"]],
    ["float32", [0, 4], []],
    ["float32", [], [3]],
  ]);
});

test("no tensor is left behind by the kernels that wasm lacks", async () => {
  await tf.setBackend("wasm");
  const kept = (): number => tf.memory().numTensors + tf.backend().numDataIds() + tf.findBackend("cpu").numDataIds();
  for (const name of ["conv2d, same", "depthwise conv2d", "embedding"]) {
    const layerCase = LAYER_CASES.find((candidate) => candidate.name === name)!;
    trainBriefly(tf, layerCase, 1);
    const before = kept();
    tf.tidy(() => trainBriefly(tf, layerCase, 5));
    expect(kept() - before, name).toBe(0);
  }
});

test("the engine says what it is", async () => {
  const engine = await openEngine();
  expect(engine).toMatchObject({ kind: "wasm", device: "CPU" });
  expect(engine.describe()).toBe("wasm, CPU, without TensorFlow");
  await expect(openEngine({ prefer: "tensorflow" })).rejects.toThrow("This process runs on wasm already");
});
