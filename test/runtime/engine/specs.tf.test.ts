/**
 * Whole specs, those of the gallery and the shared ones that this version can compile, train ten steps on wasm as on
 * TensorFlow: made-up batches of two rows, from the same weights.
 */
import { existsSync, readdirSync, readFileSync } from "node:fs";
import path from "node:path";
import { beforeAll, describe, expect, test } from "vitest";
import { openEngine } from "../../../runtime/engine/engine.ts";
import { openWasm } from "../../../runtime/engine/wasm.ts";
import type { Tfjs } from "../../../runtime/train/network.ts";
import { programsOf } from "./compiled.ts";
import { gap, type Trained, trainSteps } from "./train-steps.ts";

/** Single precision on both, sums in another order (see words.tf.test.ts): seen are 1e-5 and less. */
const TOLERANCE = 1e-4;

const root = path.resolve(import.meta.dirname, "../../..");
const shared = path.resolve(process.env.MMFC_SHARED ?? path.resolve(root, "../shared"), "specs");
if (!existsSync(shared)) console.warn(`SKIPPED: ${shared} is not there, so its specs are not trained on two engines`);

const specsIn = (folder: string): string[] =>
  existsSync(folder)
    ? readdirSync(folder, { recursive: true, encoding: "utf8" })
        .filter((file) => file.endsWith(".mmf"))
        .map((file) => path.join(folder, file))
        .sort()
    : [];

/** Large pictures a third as wide and high: a flattened one of 150x150 makes a step of wasm last seven seconds. */
const smaller = (text: string): string => text.replaceAll("size: 150x150", "size: 45x45");

let tf: Tfjs;
beforeAll(async () => {
  tf = (await openEngine({ prefer: "tensorflow", install: "auto" })).tf;
  // The second engine of this process, for the comparison only.
  await openWasm(tf);
}, 600_000);

describe("ten steps of whole specs on two engines", () => {
  test.each(
    [...specsIn(path.join(root, "specs")), ...specsIn(shared)].map((file) => [path.relative(root, file), file]),
  )("%s", async (name, file) => {
    const { programs, errors } = await programsOf(smaller(readFileSync(file, "utf8")), file);
    // A spec of the shared folder may use what this version lacks, and nothing else may be wrong with it.
    expect(errors.filter((error) => !error.startsWith("not-here-yet") || !name.startsWith(".."))).toEqual([]);
    for (const program of programs) {
      const on = async (backend: string): Promise<Trained> => {
        await tf.setBackend(backend);
        return trainSteps(tf, program, { steps: 10, batchSize: 2 });
      };
      const native = await on("tensorflow");
      const { losses, weights, worst } = gap(native, await on("wasm"));
      expect(native.losses).toHaveLength(10);
      expect(native.moved, program.name).toBeGreaterThan(1e-3);
      expect(losses, `losses of ${program.name}`).toBeLessThan(TOLERANCE);
      expect(weights, `${worst} of ${program.name}`).toBeLessThan(TOLERANCE);
    }
  });
});
