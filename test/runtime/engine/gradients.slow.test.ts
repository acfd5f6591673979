import type { Tensor } from "@tensorflow/tfjs";
import { beforeAll, describe, expect, test, vi } from "vitest";
import { openEngine } from "../../../runtime/engine/engine.ts";
import type { OpCase, Tfjs } from "./training-cases.ts";
import { lossOf, OP_CASES, values } from "./training-cases.ts";

// The machine may be busy with other things; nothing here is about speed.
vi.setConfig({ testTimeout: 60_000, hookTimeout: 60_000 });

let tf: Tfjs;
beforeAll(async () => {
  tf = (await openEngine({ prefer: "cpu" })).tf;
});

/** Central differences in single precision: a step of 1e-2 balances rounding against curvature. */
const STEP = 1e-2;
const TOLERANCE = 3e-2;
/** Ops with kinks that a step may cross, or that take long on the plain backend. */
const NOT_SMOOTH = /^(max|min|maximum|where|relu|leakyRelu|abs|clip|huber|elu|selu|max pooling)/;

async function finiteDifferences({ apply, shapes }: OpCase, parameter: number): Promise<number[]> {
  const numbers = await Promise.all(
    shapes.map(async (shape, i) => Float32Array.from(await values(tf, shape, i + 1).data())),
  );
  const loss = (): number =>
    tf.tidy(() => lossOf(tf, apply(tf, ...numbers.map((array, i) => tf.tensor(array, shapes[i])))).dataSync()[0]!);
  return Array.from(numbers[parameter]!, (number, i) => {
    numbers[parameter]![i] = number + STEP;
    const above = loss();
    numbers[parameter]![i] = number - STEP;
    const below = loss();
    numbers[parameter]![i] = number;
    return (above - below) / (2 * STEP);
  });
}

describe("gradients equal finite differences", () => {
  test.each(OP_CASES.filter(({ name }) => !NOT_SMOOTH.test(name)))("$name", async (opCase) => {
    const parameters = opCase.shapes.map((shape, i) => values(tf, shape, i + 1));
    const gradients = tf.grads((...x: Tensor[]) => lossOf(tf, opCase.apply(tf, ...x)))(parameters);
    for (const [i, gradient] of gradients.entries()) {
      const expected = await finiteDifferences(opCase, i);
      const got = [...(await gradient.data())];
      got.forEach((number, k) => {
        expect(Math.abs(number - expected[k]!) / Math.max(1, Math.abs(expected[k]!))).toBeLessThan(TOLERANCE);
      });
    }
  });
});

test("the gradients of tile, sum and mean run as many kernels for large tensors as for small ones", async () => {
  const kernels = async (compute: () => Tensor): Promise<string[]> =>
    (await tf.profile(compute)).kernels.map((kernel) => kernel.name);
  for (const apply of [
    (x: Tensor, size: number): Tensor => tf.tile(x, [size, 1]),
    (x: Tensor, size: number): Tensor => tf.sum(tf.tile(x, [size, 1]), 0),
    (x: Tensor, size: number): Tensor => tf.mean(tf.tile(x, [size, 1]), 0),
  ]) {
    const small = await kernels(() => tf.grad((x: Tensor) => apply(x, 4))(tf.ones([1, 8])));
    const large = await kernels(() => tf.grad((x: Tensor) => apply(x, 64))(tf.ones([1, 8])));
    expect(small.length).toBeGreaterThan(1);
    expect(large).toEqual(small);
  }
});

test("a gradient through an empty tensor stays empty", () => {
  const gradient = tf.grad((x: Tensor) => tf.sum(x, 1))(tf.zeros([0, 3]));
  expect(gradient.shape).toEqual([0, 3]);
});

test("gradients of gradients work through the replaced ones", () => {
  const cube = (x: Tensor): Tensor => tf.sum(tf.tile(x.mul(x).mul(x), [3]));
  const second = tf.grad((x: Tensor) => tf.sum(tf.grad(cube)(x)))(tf.tensor1d([1, 2]));
  expect([...second.dataSync()]).toEqual([18, 36]);
});
