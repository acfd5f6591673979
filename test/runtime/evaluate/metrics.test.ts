/** Every metric against scikit-learn's numbers (peer_fixtures/metrics.json.gz), and the cases that it leaves open. */
import { describe, expect, it } from "vitest";
import { type CallPlan, callKey } from "../../../plan/plan.ts";
import type { HeadOutput } from "../../../runtime/evaluate/head-output.ts";
import {
  evaluateConfusion,
  evaluateMetrics,
  metricDirection,
  metricOfKey,
} from "../../../runtime/evaluate/metrics/table.ts";
import { casesFor } from "../fixtures.ts";

interface FixtureArray {
  shape: number[];
  data: number[];
}
interface FixtureCase {
  name: string;
  in: { y: FixtureArray; pred: FixtureArray; score: FixtureArray; proba: FixtureArray; tag?: string; alpha?: number };
  out: number | null | FixtureArray;
}

const cases: FixtureCase[] = casesFor("metrics", "peer_fixtures/metrics");

/** Names of the fixtures and the calls that they are. */
const calls: { [name: string]: CallPlan } = {
  balanced_accuracy: "balanced_accuracy",
  accuracy: "accuracy",
  top1_accuracy: "accuracy",
  mcc: "mcc",
  cohen_kappa: "kappa",
  cohen_kappa_quadratic: { kappa: { weights: "quadratic" } },
  cohen_kappa_linear: { kappa: { weights: "linear" } },
  roc_auc: "roc_auc",
  roc_auc_ties: "roc_auc",
  roc_auc_ovr_macro: "roc_auc",
  roc_auc_ovr_weighted: { roc_auc: { average: "weighted" } },
  average_precision: "pr_auc",
  log_loss: "log_loss",
  log_loss_multiclass: "log_loss",
  brier: "brier",
  mse: "mse",
  rmse: "rmse",
  mae: "mae",
  mape: "mape",
  smape: "smape",
  r2: "r2",
  explained_variance: "explained_variance",
  pearson: "pearson",
};
for (const word of ["precision", "recall", "f1"]) {
  for (const average of ["macro", "micro", "weighted", "samples"]) {
    calls[`${word}_${average}`] = { [word]: { average } };
    calls[`multilabel_${word}_${average}`] = { [word]: { average } };
  }
}

function outputOf({ name, in: input }: FixtureCase): HeadOutput {
  const { y, pred, score, proba } = input;
  const rows = y.shape[0] as number;
  if (name.startsWith("multilabel")) {
    return {
      target: { type: "multilabel" },
      rows,
      labels: Float64Array.from(y.data),
      probabilities: Float64Array.from(pred.data),
    };
  }
  if (score)
    return {
      target: { type: "binary" },
      rows,
      labels: Float64Array.from(y.data),
      probabilities: Float64Array.from(score.data),
    };
  if (proba)
    return {
      target: { type: "multiclass" },
      rows,
      labels: Float64Array.from(y.data),
      probabilities: Float64Array.from(proba.data),
    };
  if (!input.tag)
    return {
      target: { type: "regression" },
      rows,
      labels: Float64Array.from(y.data),
      values: Float64Array.from(pred.data),
    };
  const k = Math.max(...y.data, ...pred.data) + 1;
  const probabilities = new Float64Array(rows * Math.max(k, 2));
  pred.data.forEach((guess, i) => {
    probabilities[i * Math.max(k, 2) + guess] = 1;
  });
  return { target: { type: "multiclass" }, rows, labels: Float64Array.from(y.data), probabilities };
}

describe.skipIf(cases.length === 0)("scikit-learn's numbers", () => {
  const named = cases.map((one, i) => [i, `${one.name} ${one.in.tag ?? ""}`, one] as const);
  it.each(named)("%i %s", (_, __, one) => {
    if (one.name === "confusion") {
      expect(evaluateConfusion(outputOf(one)).flat()).toEqual((one.out as FixtureArray).data);
      return;
    }
    const call = calls[one.name] ?? (one.name === "pinball" ? { pinball: { level: one.in.alpha } } : undefined);
    expect(call, `${one.name} has no call here`).toBeDefined();
    const [number] = Object.values(evaluateMetrics(outputOf(one), [call!]));
    if (one.out === null) expect(number).toBeNaN();
    // Both in double precision; the fixture has twelve digits.
    else expect(Math.abs((number as number) - (one.out as number))).toBeLessThan(1e-10);
  });
});

/** Numbers of the examples in scikit-learn's documentation, and of definitions worked out by hand. */
describe("documented numbers", () => {
  const regression = (labels: number[][], values: number[][], labelled?: number[]): HeadOutput => ({
    target: { type: "regression" },
    rows: labels.length,
    labels: Float64Array.from(labels.flat()),
    values: Float64Array.from(values.flat()),
    labelled,
  });
  const binary = (labels: number[], probabilities: number[]): HeadOutput => ({
    target: { type: "binary" },
    rows: labels.length,
    labels: Float64Array.from(labels),
    probabilities: Float64Array.from(probabilities),
  });

  it("regression of one and two columns", () => {
    const one = regression([[3], [-0.5], [2], [7]], [[2.5], [0], [2], [8]]);
    const numbers = evaluateMetrics(one, ["mse", "rmse", "mae", "mape", "r2", "explained_variance"]);
    expect(numbers.mse).toBeCloseTo(0.375, 12);
    expect(numbers.rmse).toBeCloseTo(0.6123724356957945, 12);
    expect(numbers.mae).toBeCloseTo(0.5, 12);
    expect(numbers.mape).toBeCloseTo(0.3273809523809524, 12);
    expect(numbers.r2).toBeCloseTo(0.9486081370449679, 12);
    expect(numbers.explained_variance).toBeCloseTo(0.9571734475374732, 12);
    const two = evaluateMetrics(
      regression(
        [
          [0.5, 1],
          [-1, 1],
          [7, -6],
        ],
        [
          [0, 2],
          [-1, 2],
          [8, -5],
        ],
      ),
      ["mae", "rmse", "r2"],
    );
    expect(two.mae).toBeCloseTo(0.75, 12);
    expect(two.rmse).toBeCloseTo(0.8227486121839513, 12);
    expect(two.r2).toBeCloseTo((0.965438 + 0.908163) / 2, 5);
  });

  it("leaves out a column's rows without label, and a row without any", () => {
    const output = regression(
      [
        [1, 5],
        [2, 0],
        [0, 0],
      ],
      [
        [2, 9],
        [4, 99],
        [99, 99],
      ],
      [1, 1, 1, 0, 0, 0],
    );
    // Column 1: errors 1 and 2; column 2: error 4.
    expect(evaluateMetrics(output, ["mae"]).mae).toBeCloseTo((1.5 + 4) / 2, 12);
  });

  it("ranking, log loss, Brier score", () => {
    const output = binary([0, 0, 1, 1], [0.1, 0.4, 0.35, 0.8]);
    const numbers = evaluateMetrics(output, ["roc_auc", "pr_auc"]);
    expect(numbers.roc_auc).toBeCloseTo(0.75, 12);
    expect(numbers.pr_auc).toBeCloseTo(0.8333333333333333, 12);
    expect(evaluateMetrics(binary([0, 1, 1, 0], [0.1, 0.9, 0.8, 0.3]), ["brier"]).brier).toBeCloseTo(0.0375, 12);
    const spam = binary([1, 0, 0, 1], [0.9, 0.1, 0.2, 0.65]);
    expect(evaluateMetrics(spam, ["log_loss"]).log_loss).toBeCloseTo(0.21616187468057912, 12);
  });

  it("is the positive class's for binary, macro otherwise", () => {
    // Labels 1 1 0 0, guesses 1 0 0 0.
    const output = binary([1, 1, 0, 0], [0.9, 0.2, 0.1, 0.5]);
    const macro = { f1: { average: "macro" } };
    const numbers = evaluateMetrics(output, ["f1", "precision", "recall", macro]);
    expect(numbers.precision).toBe(1);
    expect(numbers.recall).toBe(0.5);
    expect(numbers.f1).toBeCloseTo(2 / 3, 12);
    expect(numbers.f1_macro).toBeCloseTo((2 / 3 + 0.8) / 2, 12);
  });

  it("takes binary probabilities of both classes as well", () => {
    const both: HeadOutput = {
      target: { type: "binary" },
      rows: 2,
      labels: Float64Array.of(1, 0),
      probabilities: Float32Array.of(0.25, 0.75, 0.5, 0.5),
    };
    expect(evaluateMetrics(both, ["accuracy", "roc_auc"])).toEqual({ accuracy: 1, roc_auc: 1 });
  });

  it("multilabel: subset accuracy, samples F1, AUC by label, unknown labels left out", () => {
    const output: HeadOutput = {
      target: { type: "multilabel" },
      rows: 3,
      labels: Float64Array.of(1, 0, 1, 1, 0, 0),
      probabilities: Float64Array.of(0.9, 0.2, 0.4, 0.8, 0.3, 0.1),
    };
    const numbers = evaluateMetrics(output, ["accuracy", { f1: { average: "samples" } }, "roc_auc"]);
    expect(numbers.accuracy).toBeCloseTo(2 / 3, 12);
    // Row scores 1, 2/3 and, with no label and no guess, 0.
    expect(numbers.f1_samples).toBeCloseTo((1 + 2 / 3 + 0) / 3, 12);
    expect(numbers.roc_auc).toBe(1);
    const masked = { ...output, labelled: [1, 1, 0, 1, 1, 1] };
    expect(evaluateMetrics(masked, ["accuracy"]).accuracy).toBe(1);
  });

  it("judges rows with label and prediction only", () => {
    const output = { ...binary([1, 0, 1, 0], [0.9, 0.9, 0.1, 0.1]), labelled: [1, 0, 1, 1], predicted: [1, 1, 0, 1] };
    expect(evaluateMetrics(output, ["accuracy"]).accuracy).toBe(1);
    expect(evaluateMetrics({ ...output, labelled: [0, 0, 0, 0] }, ["accuracy", "roc_auc", "f1"])).toEqual({
      accuracy: Number.NaN,
      roc_auc: Number.NaN,
      f1: Number.NaN,
    });
  });

  it("has no ROC-AUC and no kappa for one class, and no number for predictions that are none", () => {
    expect(evaluateMetrics(binary([1, 1], [0.2, 0.9]), ["roc_auc"]).roc_auc).toBeNaN();
    const broken = evaluateMetrics(binary([1, 0], [Number.NaN, 0.4]), ["accuracy", "roc_auc", "log_loss"]);
    expect(broken).toEqual({ accuracy: 0.5, roc_auc: Number.NaN, log_loss: Number.NaN });
    expect(evaluateMetrics(regression([[5]], [[Number.NaN]]), ["mae"]).mae).toBeNaN();
  });

  it("constant labels: R² is 0, or 1 if all are met", () => {
    expect(evaluateMetrics(regression([[2], [2], [2]], [[1], [2], [3]]), ["r2"]).r2).toBe(0);
    expect(evaluateMetrics(regression([[2], [2]], [[2], [2]]), ["r2"]).r2).toBe(1);
    expect(evaluateMetrics(regression([[2]], [[2]]), ["r2"]).r2).toBeNaN();
  });

  it("transformed values only where asked for", () => {
    const output: HeadOutput = {
      ...regression([[10], [100]], [[10], [1000]]),
      transformed: { labels: Float64Array.of(1, 2), values: Float64Array.of(1, 3) },
    };
    const numbers = evaluateMetrics(output, ["mse", { mse: { transformed: true } }]);
    expect(numbers).toEqual({ mse: 405000, mse_transformed: 0.5 });
  });

  it("calibration error by bins", () => {
    // Confidences 0.9 (right), 0.9 (wrong), 0.6 (right): (|1.8 - 1| + |0.6 - 1|) / 3.
    expect(evaluateMetrics(binary([1, 0, 0], [0.9, 0.9, 0.4]), [{ ece: { bins: 10 } }]).ece_bins_10).toBeCloseTo(
      0.4,
      12,
    );
  });
});

describe("the table", () => {
  it("knows which way is better", () => {
    expect(metricDirection("loss")).toBe("lower");
    expect(metricDirection("log_loss")).toBe("lower");
    expect(metricDirection({ r2: { transformed: true } })).toBe("higher");
  });
  it("reads keys back", () => {
    const all = [
      "roc_auc",
      "f1_macro",
      "balanced_accuracy",
      "r2_transformed",
      "accuracy_at_0.5",
      "kappa_quadratic",
      "mae",
    ];
    for (const key of all) expect(callKey(metricOfKey(key) as CallPlan)).toBe(key);
    expect(metricOfKey("loss")).toBeUndefined();
    expect(metricOfKey("f1_big")).toBeUndefined();
  });
  it("refuses a metric of another target", () => {
    const output: HeadOutput = {
      target: { type: "binary" },
      rows: 1,
      labels: [1] as never,
      probabilities: Float64Array.of(1),
    };
    expect(() => evaluateMetrics(output, ["r2"])).toThrow("`r2` does not judge a binary target");
    expect(() => evaluateMetrics(output, ["toString"])).toThrow("`toString` is no metric");
  });
});
