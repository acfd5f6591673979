import { describe, expect, it } from "vitest";
import type { TrainPlan } from "../../../plan/plan.ts";
import { lastKeptText } from "../../../runtime/train/run-text.ts";

const plan: TrainPlan = {
  heads: {},
  optimizer: { adam: { learningRate: 1e-3 } },
  schedule: "constant",
  batchSize: 32,
  epochs: 12,
  seed: 0,
};

describe("lastKeptText", () => {
  it("says that an epoch before the last one was better, where nothing brings it back", () => {
    expect(lastKeptText(plan, { best: { epoch: 11, value: 0.1 }, kept: 12 })).toEqual([
      "The weights of the last epoch, 12, are kept; validation loss was lowest in epoch 11 " +
        "(add stop: early_stopping(patience: 3) to keep the best).",
    ]);
  });
  it("is silent where the last was best, nothing was validated, or the best is kept", () => {
    expect(lastKeptText(plan, { best: { epoch: 12, value: 0.1 }, kept: 12 })).toEqual([]);
    expect(lastKeptText(plan, { kept: 12 })).toEqual([]);
    const stop = { monitor: "loss", patience: 3 } as NonNullable<TrainPlan["stop"]>;
    expect(lastKeptText({ ...plan, stop }, { best: { epoch: 11, value: 0.1 }, kept: 11 })).toEqual([]);
  });
});
