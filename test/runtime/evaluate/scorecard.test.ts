import { describe, expect, it } from "vitest";
import { constantFloor } from "../../../runtime/evaluate/floors.ts";
import type { HeadOutput } from "../../../runtime/evaluate/head-output.ts";
import { secondsText, wrap } from "../../../runtime/evaluate/numbers.ts";
import { type HeadRun, scoreHead } from "../../../runtime/evaluate/score-head.ts";
import { renderHeads, renderScorecard, type Scorecard } from "../../../runtime/evaluate/scorecard.ts";
import { judge } from "../../../runtime/evaluate/verdict.ts";

/** The example of the design's command line page. */
const digits: Scorecard = {
  model: "Digits",
  spec: "digits.mmf",
  engine: "tensorflow 2.21, CPU",
  seed: 1,
  epochs: 15,
  bootstrap: 1000,
  rows: { train: 2430, validation: 270, test: 300 },
  heads: {
    guess: {
      target: "digit",
      validation: { accuracy: 0.99, f1_macro: 0.99 },
      test: { accuracy: 0.98333, f1_macro: 0.9833 },
      judged: "test",
      rows: 300,
      floors: {
        "only(image)": { accuracy: 0.59, f1_macro: 0.586 },
        "only(sound)": { accuracy: 0.96, f1_macro: 0.96 },
        majority: { accuracy: 0.1, f1_macro: 0.018 },
      },
      intervals: { accuracy: [0.9666, 0.9967], f1_macro: [0.967, 0.997] },
      resamples: 1000,
      watched: "accuracy",
      verdict: {
        kind: "fusion-adds",
        metric: "accuracy",
        sentence: "Fusion adds 2.3 points of accuracy over sound alone (95 % interval 0.7 to 4.3).",
      },
    },
  },
  parameters: 221674,
  seconds: { prepare: 3.1, train: 9.8, floors: 11.0, evaluate: 0.2 },
};
const folder = { folder: "runs/Digits/2026-11-24T05-31-07-1/", files: ["graph.mmd", "program.ts", "scorecard.json"] };
const wide = { width: 100, color: false, ascii: false, ...folder };

describe("renderScorecard", () => {
  it("is the page of the design, byte for byte", () => {
    expect(renderScorecard(digits, wide)).toBe(
      `Digits · 2,430 train, 270 validation, 300 test rows · seed 1 · tensorflow 2.21, CPU

  guess → digit     test    95 % interval    majority    only(sound)    only(image)
    accuracy       0.983    0.967 … 0.997       0.100          0.960          0.590
    f1_macro       0.983    0.967 … 0.997       0.018          0.960          0.586

  Fusion adds 2.3 points of accuracy over sound alone (95 % interval 0.7 to 4.3).

  221,674 weights · prepared 3.1 s · trained 15 epochs in 9.8 s, floors 11.0 s · evaluated 0.2 s
  runs/Digits/2026-11-24T05-31-07-1/   graph.mmd · program.ts · scorecard.json
`,
    );
  });
  it("drops columns from the right and breaks no path at 60 columns", () => {
    const text = renderScorecard(digits, { ...wide, width: 60 });
    expect(text).toBe(
      `Digits · 2,430 train, 270 validation, 300 test rows · seed 1
tensorflow 2.21, CPU

  guess → digit     test    95 % interval    majority
    accuracy       0.983    0.967 … 0.997       0.100
    f1_macro       0.983    0.967 … 0.997       0.018
    2 more in scorecard.json

  Fusion adds 2.3 points of accuracy over sound alone (95 %
  interval 0.7 to 4.3).

  221,674 weights · prepared 3.1 s
  trained 15 epochs in 9.8 s, floors 11.0 s
  evaluated 0.2 s
  runs/Digits/2026-11-24T05-31-07-1/
  graph.mmd · program.ts · scorecard.json
`,
    );
  });
  it("is the same as ASCII, and in colour once the colours are taken away", () => {
    const ascii = renderScorecard(digits, { ...wide, ascii: true });
    expect(ascii).toMatch(/^[\x20-\x7e\n]*$/);
    expect(ascii).toContain("  guess -> digit     test      95 % interval    majority");
    expect(ascii).toContain("0.967 ... 0.997");
    const colored = renderScorecard(digits, { ...wide, color: true });
    expect(colored).toContain("\u001b[1m");
    expect(colored.replaceAll(/\u001b\[\d+m/g, "")).toBe(renderScorecard(digits, wide));
  });
  it("says validation where there is no test, `-` for what is not defined, and reads its own JSON", () => {
    const guess = digits.heads.guess as Scorecard["heads"][string];
    const { test: _, ...rest } = guess;
    const card: Scorecard = {
      ...digits,
      rows: { train: 1, validation: 20, test: 0 },
      heads: {
        guess: {
          ...rest,
          judged: "validation",
          rows: 20,
          validation: { roc_auc: Number.NaN },
          floors: {},
          intervals: { roc_auc: [Number.NaN, Number.NaN] },
        },
      },
    };
    for (const read of [card, JSON.parse(JSON.stringify(card)) as Scorecard]) {
      const text = renderScorecard(read, wide);
      expect(text).toContain("Digits · 1 train, 20 validation rows · seed 1");
      expect(text).toContain("  guess → digit    validation\n    roc_auc                 -\n\n");
    }
  });
  it("prints the matrix of `confusion` and names one too wide", () => {
    const guess = digits.heads.guess as Scorecard["heads"][string];
    const heads = {
      guess: {
        ...guess,
        confusion: [
          [1200, 3],
          [0, 40],
        ],
        classes: ["no", "default"],
      },
    };
    expect(renderHeads({ heads, bootstrap: 1000 }, wide)).toContain(
      `
    confusion: a row for each digit, a column for each guess
                   no   default
      no        1,200         3
      default       0        40

`,
    );
    const big = { guess: { ...guess, confusion: Array.from({ length: 30 }, () => new Array(30).fill(0)) } };
    expect(renderHeads({ heads: big, bootstrap: 1000 }, wide)).toContain("    confusion: 30 × 30, in scorecard.json\n");
  });
  it("keeps wide characters in their columns", () => {
    const guess = digits.heads.guess as Scorecard["heads"][string];
    const lines = renderHeads({ heads: { 风险: { ...guess, target: "违约" } }, bootstrap: 1000 }, wide).split("\n");
    expect(lines[0]).toBe("  风险 → 违约     test    95 % interval    majority    only(sound)    only(image)");
  });
  it("takes another title and a column for the numbers then", () => {
    const text = renderHeads(digits, {
      ...wide,
      title: "new.csv",
      before: { guess: { accuracy: 0.97, f1_macro: 0.96 } },
    });
    expect(text.split("\n")[0]).toBe(
      "  guess → digit    new.csv    95 % interval    majority    only(sound)    only(image)    test then",
    );
    expect(text.split("\n")[1]).toMatch(/0\.590 {8}0\.970$/);
  });
});

// ---------------------------------------------------------------- verdicts

const bootstrap = { resamples: 1000, seed: 1 };

/** 300 binary rows, the first `right` of every 100 guessed right. */
function rightOf(right: number, rows = 300): HeadOutput {
  const labels = Int32Array.from({ length: rows }, (_, i) => (i >> 1) & 1);
  const probabilities = Float64Array.from(labels, (y, i) => ((y === 1) === (i * 37) % 100 < right ? 0.7 : 0.3));
  return { target: { type: "binary" }, rows, labels, probabilities };
}
const numbers = (error: number): HeadOutput => {
  const labels = Float64Array.from({ length: 200 }, (_, i) => Math.sin(i));
  return {
    target: { type: "regression" },
    rows: 200,
    labels,
    values: labels.map((y, i) => y + error * (1 + (i % 10) / 10)),
  };
};
const sentence = (
  output: HeadOutput,
  floors: { [name: string]: HeadOutput },
  metric = "accuracy",
  modalities?: number,
) => judge({ output, part: "test", floors, metric, bootstrap, modalities }).sentence;

describe("judge", () => {
  it("says what fusion adds over the best modality alone", () => {
    expect(
      sentence(rightOf(98), { majority: rightOf(50), "only(image)": rightOf(60), "only(sound)": rightOf(90) }),
    ).toMatch(/^Fusion adds 8\.0 points of accuracy over sound alone \(95 % interval [4-7]\.\d to \d+\.\d\)\.$/);
  });
  it("says that there is no difference", () => {
    expect(sentence(rightOf(91), { majority: rightOf(50), "only(sound)": shuffled(rightOf(90)) })).toMatch(
      /^Fusion adds 1\.0 points of accuracy over sound alone: no difference \(95 % interval -\d\.\d to \d\.\d\)\.$/,
    );
    expect(sentence(shuffled(rightOf(90)), { majority: rightOf(50), "only(sound)": rightOf(91) })).toMatch(
      /^Fusion loses 1\.0 points of accuracy against sound alone: no difference \(95 % interval -\d\.\d to \d\.\d\)\.$/,
    );
  });
  it("says that fusion loses", () => {
    expect(sentence(rightOf(80), { majority: rightOf(50), "only(sound)": rightOf(95) })).toMatch(
      /^Fusion loses 15\.0 points of accuracy against sound alone \(95 % interval 1[0-4]\.\d to (1[5-9]|2\d)\.\d\)\.$/,
    );
  });
  it("says that the floor is not beaten", () => {
    expect(sentence(rightOf(51), { majority: shuffled(rightOf(50)), "only(sound)": rightOf(10) })).toMatch(
      /^Does not beat the majority floor: accuracy 0\.510 against 0\.500 \(95 % interval of the difference -\d+\.\d to \d+\.\d points\)\.$/,
    );
    expect(sentence(numbers(0.5), { mean: numbers(0.5) }, "mae")).toBe(
      "Does not beat the mean floor: mae 0.725 against 0.725 (95 % interval of the difference 0.000 to 0.000).",
    );
  });
  it("says by how much an error is lower, or higher", () => {
    expect(sentence(numbers(0.4), { mean: numbers(2), "only(facts)": numbers(0.5) }, "mae")).toMatch(
      /^Lowers mae by 0\.145 \(20 %\) against facts alone \(95 % interval 0\.1\d\d to 0\.1\d\d\)\.$/,
    );
    expect(sentence(numbers(0.5), { mean: numbers(2), "only(facts)": numbers(0.4) }, "mae")).toMatch(
      /^Fusion raises mae by 0\.145 \(25 %\) against facts alone \(95 % interval 0\.1\d\d to 0\.1\d\d\)\.$/,
    );
  });
  it("asks for only(…) where no modality was trained alone", () => {
    const hint = " No modality was trained alone: add only(…) to baselines.";
    expect(sentence(rightOf(90), { majority: rightOf(50) })).toBe(
      `Beats the majority floor by 40.0 points of accuracy.${hint}`,
    );
    expect(sentence(rightOf(90), { majority: rightOf(50) }, "accuracy", 1)).toBe(
      "Beats the majority floor by 40.0 points of accuracy.",
    );
    expect(sentence(numbers(0.5), { mean: numbers(2) }, "mae")).toBe(
      `Lowers mae by 2.175 (75 %) against the mean floor.${hint}`,
    );
  });
  it("does not ask for floors that the spec has, but nobody wanted or Ctrl-C left out", () => {
    const base = { output: rightOf(98), part: "test", metric: "accuracy", bootstrap };
    const majority = rightOf(50);
    expect(judge({ ...base, floors: { majority }, floorsLeft: "unwanted" }).sentence).toBe(
      "Beats the majority floor by 48.0 points of accuracy. Floors of one modality were left out (--no-baselines).",
    );
    expect(judge({ ...base, floors: { majority }, floorsLeft: "stopped" }).sentence).toBe(
      "Beats the majority floor by 48.0 points of accuracy. Not all floors of one modality were trained to the end.",
    );
    expect(
      judge({ ...base, floors: { majority, "only(sound)": rightOf(90) }, floorsLeft: "stopped" }).sentence,
    ).toMatch(/^Fusion adds .*\)\. Not all floors of one modality were trained to the end\.$/);
  });
  it("asks another metric where the floor's is 0 by definition", () => {
    const never = { ...rightOf(50), probabilities: new Float64Array(300).fill(0.3) };
    const why = "(its f1 is 0: it never guesses the positive class)";
    expect(sentence(rightOf(90), { majority: never }, "f1", 1)).toBe(
      `Beats the majority floor by 40.0 points of roc_auc ${why}.`,
    );
    // Half right has an f1 of 0.5, far above 0, and knows nothing.
    const guessing = judge({
      output: shuffled(rightOf(50)),
      part: "test",
      floors: { majority: never },
      metric: "f1",
      bootstrap,
    });
    expect(guessing).toMatchObject({ kind: "below-floor", metric: "roc_auc" });
    expect(guessing.sentence).toContain(`Does not beat the majority floor ${why}: roc_auc 0.5`);
    const always = { ...never, probabilities: new Float64Array(300).fill(0.7) };
    expect(sentence(rightOf(90), { majority: always }, "f1", 1)).toMatch(
      /^Beats the majority floor by \d\d\.\d points of f1\.$/,
    );
  });
  it("does not judge a handful of rows", () => {
    expect(sentence(rightOf(90, 12), { majority: rightOf(50, 12) })).toBe("12 test rows are too few for a verdict.");
  });
  it("compares on the rows that both predict, and says so", () => {
    const alone = { ...rightOf(90), predicted: Uint8Array.from({ length: 300 }, (_, i) => (i < 200 ? 1 : 0)) };
    expect(sentence(rightOf(98), { majority: rightOf(50), "only(sound)": alone })).toMatch(
      /, on the 200 rows that both predict\)\.$/,
    );
  });
});

/** The same outcomes on other rows of the same label. */
function shuffled(output: HeadOutput): HeadOutput {
  const p = output.probabilities as Float64Array;
  return { ...output, probabilities: p.map((_, i) => p[(i + 100 * 4 + 4 * 13) % 300] as number) };
}

describe("scoreHead", () => {
  const run: HeadRun = {
    target: "digit",
    metrics: ["accuracy", "f1", "confusion"],
    outputs: { validation: rightOf(99), test: rightOf(98) },
    floors: { majority: rightOf(50), "only(sound)": rightOf(90) },
    bootstrap: 500,
    seed: 3,
  };
  it("has the numbers of both parts, floors and the verdict on test", () => {
    const head = scoreHead(run);
    expect(head.validation?.accuracy).toBeCloseTo(0.99, 12);
    expect(head.test?.accuracy).toBeCloseTo(0.98, 12);
    expect(head.floors["only(sound)"]?.accuracy).toBeCloseTo(0.9, 12);
    expect(head).toMatchObject({
      judged: "test",
      rows: 300,
      resamples: 500,
      watched: "accuracy",
      verdict: { kind: "fusion-adds" },
    });
    expect(head.confusion?.flat().reduce((a, b) => a + b)).toBe(300);
    expect(Object.keys(head.test ?? {})).toEqual(["accuracy", "f1"]);
  });
  it("counts the rows of every floor, and shows them where they are not the head's", () => {
    const predicted = Uint8Array.from({ length: 300 }, (_, i) => (i < 200 ? 1 : 0));
    const floors = { majority: rightOf(50), "only(sound)": { ...rightOf(90), predicted } };
    const head = scoreHead({ ...run, metrics: ["accuracy"], floors });
    expect(head.floorRows).toEqual({ majority: 300, "only(sound)": 200 });
    const rows = { train: 600, validation: 300, test: 300 };
    const picture = (one: typeof head) => renderHeads({ heads: { guess: one }, bootstrap: 500, rows }, wide);
    expect(picture(head)).toMatch(/\n {4}rows {13}300 {26}300 {12}200\n/);
    expect(picture(scoreHead(run))).not.toContain("rows ");
    // A branch that predicts fewer rows than the part has says so, too, and its floor is asked about the same rows.
    const branch = { ...rightOf(98), predicted };
    const majority = constantFloor(branch, { counts: [10, 5] });
    const own = scoreHead({ ...run, metrics: ["accuracy"], outputs: { test: branch }, floors: { majority } });
    expect(own).toMatchObject({ rows: 200, floorRows: { majority: 200 } });
    expect(picture(own)).toMatch(/\n {4}rows .*200 .*200\n/);
  });
  it("speaks of the metric that is watched", () => {
    expect(scoreHead({ ...run, watched: "roc_auc" }).verdict?.metric).toBe("roc_auc");
    expect(scoreHead({ ...run, watched: "loss" }).verdict?.metric).toBe("accuracy");
  });
  it("falls back to validation, and to nothing", () => {
    const unlabelled = { ...rightOf(98), labelled: new Uint8Array(300) };
    expect(scoreHead({ ...run, outputs: { validation: rightOf(99), test: unlabelled } }).judged).toBe("validation");
    expect(scoreHead({ ...run, outputs: {}, floors: {} })).toMatchObject({ rows: 0, floors: {} });
  });
});

describe("times and lines", () => {
  it("writes times as the design does", () => {
    expect([0.2, 9.84, 59.94, 59.96, 200, 3599.6, 7500].map(secondsText)).toEqual([
      "0.2 s",
      "9.8 s",
      "59.9 s",
      "1 min",
      "3 min 20 s",
      "1 h",
      "2 h 5 min",
    ]);
  });
  it("keeps numbers with their nouns", () => {
    expect(wrap("a 95 % interval of 12 rows", 8)).toEqual(["a 95 %", "interval", "of", "12 rows"]);
  });
});
