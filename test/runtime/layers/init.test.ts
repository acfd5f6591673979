import { describe, expect, test } from "vitest";
import { fans, initialValues } from "../../../runtime/layers/init.ts";
import { stream, uniformBlock } from "../../../runtime/layers/random.ts";

const draw = (init: Parameters<typeof initialValues>[0], shape: number[]) =>
  initialValues(init, shape, stream(1, init));

describe("initial values by Keras's definitions", () => {
  test("glorot_uniform: within its limit, with its deviation", () => {
    expect(fans([3, 3, 16, 32])).toEqual([144, 288]);
    expect(fans([10, 20])).toEqual([10, 20]);
    const values = draw("glorot_uniform", [3, 3, 16, 32]);
    const limit = Math.sqrt(6 / 432);
    expect(Math.max(...values)).toBeLessThanOrEqual(limit);
    expect(Math.max(...values)).toBeGreaterThan(limit * 0.99);
    expect(Math.hypot(...values) / Math.sqrt(values.length)).toBeCloseTo(limit / Math.sqrt(3), 2);
    expect(values.reduce((a, b) => a + b) / values.length).toBeCloseTo(0, 2);
  });
  test.each([
    [8, 32],
    [32, 8],
    [5, 5],
  ])("orthogonal %ix%i: rows or columns of length one, at right angles", (rows, columns) => {
    const m = draw("orthogonal", [rows, columns]);
    const at = (i: number, k: number) => (rows <= columns ? m[i * columns + k]! : m[k * columns + i]!);
    const [n, length] = [Math.min(rows, columns), Math.max(rows, columns)];
    for (let i = 0; i < n; i++) {
      for (let j = 0; j <= i; j++) {
        let dot = 0;
        for (let k = 0; k < length; k++) dot += at(i, k) * at(j, k);
        expect(dot).toBeCloseTo(i === j ? 1 : 0, 6);
      }
    }
  });
  test("embedding uniform, unit forget bias", () => {
    const values = draw("uniform", [1000]);
    expect(Math.max(...values.map(Math.abs))).toBeLessThanOrEqual(0.05);
    expect([...draw("unit_forget", [8])]).toEqual([0, 0, 1, 1, 0, 0, 0, 0]);
  });
});

describe("streams", () => {
  test("close names and seeds give streams that have nothing in common", () => {
    const take = (seed: number, name: string) => Array.from({ length: 2000 }, stream(seed, name));
    const [a, b, c] = [take(1, "x/kernel"), take(1, "y/kernel"), take(2, "x/kernel")];
    expect(take(1, "x/kernel")).toEqual(a);
    for (const other of [b!, c!]) {
      const covariance = a!.reduce((sum, v, i) => sum + (v - 0.5) * (other[i]! - 0.5), 0) / 2000;
      expect(Math.abs(covariance * 12)).toBeLessThan(0.08);
    }
  });
  test("blocks are even, uncorrelated from step to step and from place to place", () => {
    const n = 40_000;
    const [a, b] = [uniformBlock(n, 7, 0), uniformBlock(n, 7, 1)];
    const bins = new Array<number>(16).fill(0);
    for (const v of a) bins[Math.floor(v * 16)]!++;
    const chiSquare = bins.reduce((sum, count) => sum + (count - n / 16) ** 2 / (n / 16), 0);
    expect(chiSquare).toBeLessThan(37.7); // 15 degrees of freedom, p = 0.001
    const correlation = (x: Float32Array, y: Float32Array) =>
      (x.reduce((sum, v, i) => sum + (v - 0.5) * (y[i]! - 0.5), 0) / n) * 12;
    expect(Math.abs(correlation(a, b))).toBeLessThan(0.02);
    expect(Math.abs(correlation(a.subarray(0, n - 1), a.subarray(1)))).toBeLessThan(0.02);
    expect(Math.max(...b)).toBeLessThan(1);
  });
});
