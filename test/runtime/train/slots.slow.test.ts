import * as tf from "@tensorflow/tfjs";
import { beforeAll, describe } from "vitest";
import { slotsSuite } from "./slots-suite.ts";

beforeAll(async () => {
  await tf.setBackend("cpu");
});

describe("an optimizer of plain tfjs", () => slotsSuite(tf));
