/**
 * Every word of the registry trains ten steps on wasm as on TensorFlow (with its other settings three), and one on plain
 * JavaScript, from the same weights and the same batches.
 */
import { beforeAll, describe, expect, test } from "vitest";
import { openEngine } from "../../../runtime/engine/engine.ts";
import { openWasm } from "../../../runtime/engine/wasm.ts";
import type { Program } from "../../../runtime/program.ts";
import type { Tfjs } from "../../../runtime/train/network.ts";
import { programsOf } from "./compiled.ts";
import { gap, type Trained, trainSteps } from "./train-steps.ts";
import { wordCases } from "./word-cases.ts";

/**
 * Single precision on all engines, sums in another order: 1e-7 a step, most often still below 1e-6 after ten. The rest of
 * the way to 1e-4 is for models in which a small difference grows (a normalization over four rows).
 */
const TOLERANCE = 1e-4;

let tf: Tfjs;
beforeAll(async () => {
  tf = (await openEngine({ prefer: "tensorflow", install: "auto" })).tf;
  // The second engine of this process, for the comparison only.
  await openWasm(tf);
}, 600_000);

async function on(backend: string, program: Program, steps: number): Promise<Trained> {
  await tf.setBackend(backend);
  return trainSteps(tf, program, { steps, batchSize: 4 });
}

function expectEqual(a: Trained, b: Trained): void {
  const { losses, weights, worst } = gap(a, b);
  expect(losses, "losses").toBeLessThan(TOLERANCE);
  // Where weights hardly move in so few steps, a twentieth of the way, but not below what single precision can tell.
  expect(weights, worst).toBeLessThan(Math.min(TOLERANCE, Math.max(1e-6, a.moved / 20)));
}

/** Its members vote by their likeliest class, which no gradient goes through: nothing is left that could learn. */
const STANDS_STILL = ["late vote train_members: true"];

describe("ten steps on two engines", () => {
  test.each(wordCases().map((each) => [each.name, each] as const))("%s", async (name, { text, setting }) => {
    const steps = setting ? 3 : 10;
    const { programs, errors } = await programsOf(text);
    expect(errors, text).toEqual([]);
    const program = programs[0]!;
    const native = await on("tensorflow", program, steps);
    expect(native.losses).toHaveLength(steps);
    if (STANDS_STILL.includes(name)) expect(native.moved).toBe(0);
    else expect(native.moved).toBeGreaterThan(1e-5);
    expectEqual(native, await on("wasm", program, steps));
    // Plain JavaScript is slow: one step.
    if (!setting) expectEqual(await on("tensorflow", program, 1), await on("cpu", program, 1));
  });
});
