import { describe, expect, it } from "vitest";
import type { Scaling } from "../../../plan/plan.ts";
import { sortLabels } from "../../../runtime/data/cells.ts";
import {
  applyScale,
  fitBins,
  fitImpute,
  fitScale,
  inverseNormal,
  quantile,
  scaledWidth,
} from "../../../runtime/data/scaling.ts";
import { dctTable } from "../../../runtime/data/spectral.ts";
import { classWeights } from "../../../runtime/data/target-fit.ts";
import { countTokens, createTokenizer, mostFrequent, padInto, segmentationOf } from "../../../runtime/data/tokenize.ts";
import { type Case, casesFor, nameOf } from "../fixtures.ts";
import { difference, hasShared, type Numbers } from "./shared.ts";

const columnOf = (numbers: Numbers, c: number): Float64Array => {
  const width = numbers.shape[1]!;
  return Float64Array.from({ length: numbers.shape[0]! }, (_, i) => numbers.data[i * width + c] ?? Number.NaN);
};

/** Each column scaled as fitted, or with its holes filled, beside what scikit-learn made of it. */
function columns(
  one: Case,
  ours: (fit: Float64Array, apply: Float64Array) => ArrayLike<number>,
  tolerance = 1e-8,
): void {
  for (let c = 0; c < one.fit.shape[1]; c++) {
    const fit = columnOf(one.fit, c);
    expect(
      difference(ours(fit, one.apply === undefined ? fit : columnOf(one.apply, c)), [...columnOf(one.out, c)]),
    ).toBeLessThan(tolerance);
  }
}

function scaled(fit: Float64Array, apply: Float64Array, scaling: Scaling): number[] {
  const scale = fitScale(fit, scaling);
  const out: number[] = [];
  apply.forEach((x, i) => {
    applyScale(scale, x, out, i);
  });
  return out;
}

const filled = (impute: "mean" | "median" | "mode") => (fit: Float64Array, apply: Float64Array) => {
  const fill = fitImpute(fit, impute);
  return apply.map((x) => (Number.isNaN(x) ? fill : x));
};

/** By the first word of the case's name. Both sides are in double precision; fixtures have twelve digits. */
const tabular: { readonly [name: string]: (one: Case) => void } = {
  StandardScaler: (one) => columns(one, (fit, apply) => scaled(fit, apply, "standard")),
  RobustScaler: (one) => columns(one, (fit, apply) => scaled(fit, apply, "robust")),
  QuantileTransformer: (one) => columns(one, (fit, apply) => scaled(fit, apply, "quantile"), 1e-6),
  MinMaxScaler: (one) =>
    columns(one, (fit, apply) =>
      scaled(fit, apply, "minmax").map((x) =>
        // One fixture is scaled to -1..1 and clipped.
        one.name.includes("-1,1,clip") ? Math.min(1, Math.max(-1, 2 * x - 1)) : x,
      ),
    ),
  "SimpleImputer median": (one) => columns(one, filled("median")),
  "SimpleImputer mean": (one) => columns(one, filled("mean")),
  "SimpleImputer most_frequent": (one) => columns(one, filled("mode")),
  OrdinalEncoder(one) {
    // The place of a category among the sorted ones that the training rows have.
    const width = one.fit[0].length;
    const sorted = Array.from({ length: width }, (_, c) =>
      sortLabels([...new Set((one.fit as string[][]).map((r) => r[c]!))]),
    );
    expect((one.apply as string[][]).flatMap((cells) => cells.map((cell, c) => sorted[c]!.indexOf(cell)))).toEqual(
      one.out.data,
    );
  },
  class_weight(one) {
    const counts = new Array(one.out.shape[0]).fill(0);
    for (const label of one.y.data) counts[label]++;
    const plan = { type: "multiclass", columns: ["y"], classWeight: "balanced" } as const;
    expect(difference(classWeights(plan, counts.map(String), counts), one.out.data)).toBeLessThan(1e-10);
  },
};

describe.skipIf(!hasShared)("numbers as scikit-learn has them", () => {
  it.each(casesFor("numbers", "peer_fixtures/tabular").map((one) => [nameOf(one), one] as const))("%s", (name, one) => {
    const word = Object.keys(tabular).find((each) => name.startsWith(each));
    expect(word, name).toBeDefined();
    tabular[word!]!(one);
  });
});

const preprocess: { readonly [name: string]: (one: Case) => void } = {
  pad_sequences(one) {
    const [rows, length] = one.out.shape as [number, number];
    const out = new Int32Array(rows * length);
    (one.in as number[][]).forEach((ids, i) => {
      padInto(out, i * length, ids, length, one.args.padding ?? "pre");
    });
    expect([...out]).toEqual(one.out.data);
  },
  Normalization(one) {
    const { shape } = one.adapt as Numbers;
    // Keras computes in single precision.
    for (let c = 0; c < shape[1]!; c++) {
      const column = columnOf(one.adapt, c);
      expect(difference(scaled(column, column, "standard"), [...columnOf(one.out, c)])).toBeLessThan(1e-5);
    }
  },
  "tf.signal.mfccs_from_log_mel_spectrograms"(one) {
    const [frames, n] = one.in.shape as [number, number];
    const table = dctTable(n, n);
    for (let t = 0; t < frames; t++) {
      for (let k = 0; k < n; k++) {
        const sum = (one.in.data as number[])
          .slice(t * n, t * n + n)
          .reduce((all, x, i) => all + x * table[k * n + i]!, 0);
        // TensorFlow scales the first coefficient as all others; orthonormal it is smaller by the root of two.
        const found = k === 0 ? sum * Math.SQRT2 : sum;
        expect(Math.abs(found - one.out.data[t * n + k]) / Math.max(1, Math.abs(found))).toBeLessThan(1e-5);
      }
    }
  },
};

describe.skipIf(!hasShared)("what Keras does before a model", () => {
  it.each(casesFor("numbers", "peer_fixtures/keras_preprocess").map((one) => [nameOf(one), one] as const))(
    "%s",
    (_, one) => preprocess[one.name]!(one),
  );
});

describe("scaling", () => {
  it("interpolates quantiles as numpy does", () => {
    expect(quantile([1, 2, 3, 4], 0.25)).toBe(1.75);
    expect(quantile([5], 0.9)).toBe(5);
  });

  it("inverts the normal distribution", () => {
    // scipy.stats.norm.ppf
    expect(inverseNormal(0.975)).toBeCloseTo(1.959963984540054, 12);
    expect(inverseNormal(1e-7)).toBeCloseTo(-5.199337582187471, 9);
    expect(inverseNormal(0.5)).toBe(0);
  });

  it("maps quantiles to a normal distribution, equal values to their middle", () => {
    const values = Float64Array.from([1, 2, 2, 2, 3]);
    const scale = fitScale(values, "quantile");
    const out: number[] = [];
    [1, 2, 3, 0, 9].forEach((x, i) => {
      applyScale(scale, x, out, i);
    });
    expect(out[1]).toBeCloseTo(0, 12);
    expect(out[0]).toBe(out[3]);
    expect(out[0]).toBeCloseTo(-5.199337582605575, 8);
    expect(out[2]).toBeCloseTo(5.19933758270342, 6);
  });

  it("leaves a constant column at 0", () => {
    for (const scaling of ["standard", "minmax", "robust", "log"] as const) {
      const out = [7];
      applyScale(fitScale(Float64Array.from([0.1, 0.1, 0.1]), scaling), 0.1, out, 0);
      expect(out[0]).toBeCloseTo(0, 9);
    }
    const out = [7];
    applyScale(fitScale(Float64Array.from([4, 4]), "quantile"), 4, out, 0);
    expect(out[0]).toBe(0);
  });

  it("codes bins piecewise linearly", () => {
    const scale = fitBins(Float64Array.from([0, 1, 2, 3, 4]), 2);
    expect(scaledWidth(scale)).toBe(2);
    const out = [9, 9];
    applyScale(scale, 3, out, 0);
    expect(out).toEqual([1, 0.5]);
    applyScale(scale, -2, out, 0);
    expect(out).toEqual([-1, 0]);
  });
});

describe("tokens", () => {
  it("splits words as Keras's Tokenizer does, apostrophes kept", () => {
    const words = createTokenizer({ tokenizer: "words", lower: true });
    expect(words("The company's profit fell 13.1%; don't worry (much)!")).toEqual([
      "the",
      "company's",
      "profit",
      "fell",
      "13",
      "1",
      "don't",
      "worry",
      "much",
    ]);
    expect(words("naïve café – déjà_vu")).toEqual(["naïve", "café", "déjà", "vu"]);
    expect(words("Прибыль выросла, но…")).toEqual(["прибыль", "выросла", "но"]);
    expect(words("... !!! '")).toEqual([]);
  });

  it("segments Chinese where the training rows are Chinese", () => {
    expect(segmentationOf(undefined, ["公司净利润同比上升0.17%", "股票价格上涨"])).toBe("zh");
    expect(segmentationOf(undefined, ["profit fell", "the 股票 rose a lot today"])).toBeUndefined();
    expect(segmentationOf(undefined, ["今日は株価が上がりました"])).toBe("ja");
    const words = createTokenizer({ tokenizer: "words", lower: true, segment: "zh" });
    const got = words("股票价格上涨，公司利润");
    expect(got.length).toBeGreaterThan(2);
    expect(got.join("")).toBe("股票价格上涨公司利润");
  });

  it("counts characters by code point", () => {
    expect(createTokenizer({ tokenizer: "characters", lower: true })("A😀é")).toEqual(["a", "😀", "é"]);
  });

  it("orders a vocabulary by frequency, ties by first appearance", () => {
    const counts = new Map<string, number>();
    countTokens(counts, ["b", "a", "c", "a", "b", "d"]);
    expect(mostFrequent(counts, 5)).toEqual(["b", "a", "c"]);
  });
});
