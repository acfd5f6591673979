import { describe, expect, it } from "vitest";
import {
  applyScale,
  fitBins,
  fitImpute,
  fitScale,
  inverseNormal,
  quantile,
  scaledWidth,
} from "../../../runtime/data/scaling.ts";
import { countTokens, createTokenizer, mostFrequent, padInto, segmentationOf } from "../../../runtime/data/tokenize.ts";
import { cases, difference, hasShared, type Numbers } from "./shared.ts";

interface TabularCase {
  readonly name: string;
  readonly fit: Numbers;
  readonly apply: Numbers;
  readonly out: Numbers;
}

const columnOf = (numbers: Numbers, c: number): Float64Array => {
  const width = numbers.shape[1]!;
  return Float64Array.from({ length: numbers.shape[0]! }, (_, i) => numbers.data[i * width + c] ?? Number.NaN);
};

describe.skipIf(!hasShared)("numbers as scikit-learn has them", () => {
  const all = (hasShared ? cases("peer_fixtures/tabular.json.gz") : []) as unknown as TabularCase[];

  it("StandardScaler", () => {
    const one = all.find((each) => each.name === "StandardScaler")!;
    for (let c = 0; c < 3; c++) {
      const scale = fitScale(columnOf(one.fit, c), "standard");
      const out: number[] = [];
      columnOf(one.apply, c).forEach((x, i) => {
        applyScale(scale, x, out, i);
      });
      expect(difference(out, [...columnOf(one.out, c)])).toBeLessThan(1e-8);
    }
  });

  it("MinMaxScaler", () => {
    const one = all.find((each) => each.name.startsWith("MinMaxScaler"))!;
    for (let c = 0; c < 3; c++) {
      const scale = fitScale(columnOf(one.fit, c), "minmax");
      const out: number[] = [];
      columnOf(one.apply, c).forEach((x, i) => {
        applyScale(scale, x, out, i);
      });
      // The fixture is scaled to -1..1 and clipped.
      const there = out.map((x) => Math.min(1, Math.max(-1, 2 * x - 1)));
      expect(difference(there, [...columnOf(one.out, c)])).toBeLessThan(1e-8);
    }
  });

  it("SimpleImputer(median)", () => {
    const one = all.find((each) => each.name === "SimpleImputer median")!;
    for (let c = 0; c < one.fit.shape[1]!; c++) {
      const column = columnOf(one.fit, c);
      const fill = fitImpute(column, "median");
      expect(
        difference(
          column.map((x) => (Number.isNaN(x) ? fill : x)),
          [...columnOf(one.out, c)],
        ),
      ).toBeLessThan(1e-9);
    }
  });

  it("pad_sequences", () => {
    const wanted = (
      cases("peer_fixtures/keras_preprocess.json.gz") as unknown as {
        name: string;
        in: number[][];
        args: Record<string, string>;
        out: Numbers;
      }[]
    ).filter((one) => one.name === "pad_sequences" && (one.args.padding ?? "pre") === (one.args.truncating ?? "pre"));
    expect(wanted.length).toBeGreaterThan(2);
    for (const one of wanted) {
      const [rows, length] = one.out.shape as [number, number];
      const out = new Int32Array(rows * length);
      one.in.forEach((ids, i) => {
        padInto(out, i * length, ids, length, (one.args.padding ?? "pre") as "pre" | "post");
      });
      expect([...out]).toEqual(one.out.data);
    }
  });
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
