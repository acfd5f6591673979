import * as tf from "@tensorflow/tfjs";
import { beforeAll } from "vitest";
import { kerasSuite } from "./keras-suite.ts";

beforeAll(async () => {
  await tf.setBackend("cpu");
});
kerasSuite(() => tf);
