import * as tf from "@tensorflow/tfjs";
import { beforeAll } from "vitest";
import { suite } from "./suite.ts";

beforeAll(async () => {
  await tf.setBackend("cpu");
});
suite(() => tf);
