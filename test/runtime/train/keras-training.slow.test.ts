import * as tf from "@tensorflow/tfjs";
import { expect, it } from "vitest";
import { trainKerasMultimodal } from "./keras-multimodal.ts";

it("30 Adam steps of a text, series and tabular model are Keras's (plain JavaScript)", async () => {
  await tf.setBackend("cpu");
  const { losses, weights } = await trainKerasMultimodal(tf);
  expect(losses).toBeLessThan(1e-4);
  for (const [name, difference] of Object.entries(weights)) expect(difference, name).toBeLessThan(1e-4);
});
