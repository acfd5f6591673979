/**
 * Words, scalers and metrics against Keras and scikit-learn on what is easily got wrong: ties, limits, apostrophes,
 * constants, holes, absent classes, nothing guessed (sklearn_reference.py).
 */
import { readFileSync, writeFileSync } from "node:fs";
import path from "node:path";
import { gunzipSync } from "node:zlib";
import { describe, expect, it } from "vitest";
import type { CallPlan, DataPlan, Scaling } from "../../../plan/plan.ts";
import { applyScale, fitScale } from "../../../runtime/data/scaling.ts";
import { countTokens, createTokenizer, mostFrequent } from "../../../runtime/data/tokenize.ts";
import type { HeadOutput } from "../../../runtime/evaluate/head-output.ts";
import { evaluateMetrics, metricOfKey } from "../../../runtime/evaluate/metrics/table.ts";
import type { Case } from "../fixtures.ts";
import { folder, prepared } from "./made.ts";
import { difference, type Numbers } from "./shared.ts";

const cases: Case[] = JSON.parse(
  gunzipSync(readFileSync(path.join(import.meta.dirname, "sklearn-reference.json.gz"))).toString(),
).cases;
const named = (name: string): (readonly [string, Case])[] =>
  cases
    .filter((one) => one.name.startsWith(name))
    .map((one) => [`${one.name} ${one.target ?? one.scaling ?? one.rows}`, one]);

describe("words as Keras's Tokenizer has them", () => {
  it.each(named("Tokenizer"))("%s rows", (_, one) => {
    const tokenize = createTokenizer({ tokenizer: "words", lower: true });
    const counts = new Map<string, number>();
    for (const text of one.texts) countTokens(counts, tokenize(text));
    const words = mostFrequent(counts, one.rows ?? counts.size + 2);
    expect(words).toEqual(one.words);
    const ids = new Map(words.map((word, i) => [word, i + 2]));
    expect([...one.texts, ...one.apply].map((text) => tokenize(text).map((word) => ids.get(word) ?? 1))).toEqual(
      one.out,
    );
  });
});

describe("tf-idf as scikit-learn has it, on those words", () => {
  it.each(named("tfidf"))("%s rows", async (_, one) => {
    const at = folder();
    // Quotes doubled, as a CSV wants them; an empty text is one without words.
    const cell = (text: string): string => `"${(text === "" ? "..." : text).replaceAll('"', '""')}"`;
    const [texts, apply] = [one.texts as string[], one.apply as string[]];
    const lines = [...texts.map((text) => `train,${cell(text)}`), ...apply.map((text) => `test,${cell(text)}`)];
    writeFileSync(path.join(at, "table.csv"), `part,text,y\n${lines.map((line, i) => `${line},${i}`).join("\n")}\n`);
    const plan: DataPlan = {
      source: "table.csv",
      split: { by: "column", column: "part", train: "train", test: "test", seed: 0 },
      modalities: {
        text: {
          type: "text",
          tokenizer: "words",
          language: "en",
          tokens: 99,
          lower: true,
          pad: "post",
          output: "tf_idf",
          missing: "empty",
          ...(one.rows === null ? {} : { vocabulary: one.rows }),
        },
      },
      targets: { y: { type: "regression", columns: ["y"] } },
    };
    const { parts, close } = await prepared(plan, at);
    const found: number[] = [];
    for (const part of [parts.train!, parts.test!])
      for await (const { inputs } of part.batches({ batchSize: 99 })) {
        const { data, shape } = inputs.text!;
        const width = shape[1]!;
        // Ours have a place for padding before the unknown word.
        for (let row = 0; row < shape[0]!; row++) found.push(...data.subarray(row * width + 1, (row + 1) * width));
      }
    await close();
    // Single precision in the batch.
    expect(difference(found, one.out.data)).toBeLessThan(1e-6);
  });
});

describe("scalers as scikit-learn has them", () => {
  it.each(named("scaler"))("%s", (_, one) => {
    const column = ({ shape, data }: Numbers, c: number): Float64Array =>
      Float64Array.from({ length: shape[0]! }, (_, i) => data[i * shape[1]! + c] ?? Number.NaN);
    for (let c = 0; c < one.fit.shape[1]; c++) {
      const scale = fitScale(column(one.fit, c), one.scaling as Scaling);
      const wanted = column(one.out, c);
      const found = [...column(one.apply, c)].map((x) => {
        const out = [Number.NaN];
        applyScale(scale, x, out, 0);
        return out[0]!;
      });
      // scikit-learn sends a constant to -5.2, the least of a normal distribution; here it is 0 under every scaling.
      if (one.scaling === "quantile" && c === 2) expect(found).toEqual(found.map(() => 0));
      else
        for (const [i, x] of found.entries()) {
          // The last column is a million million times as far from 0 as it is wide: four digits are left of it.
          const tolerance = c === 4 ? 1e-4 : 1e-9;
          expect(Math.abs(x - wanted[i]!) / Math.max(1, Math.abs(x))).toBeLessThan(tolerance);
        }
    }
  });
});

function outputOf({ target, y, p }: Case): HeadOutput {
  const numbers = Float64Array.from(p.data);
  return {
    target: { type: target },
    rows: y.shape[0],
    labels: Float64Array.from(y.data),
    ...(target === "regression" ? { values: numbers } : { probabilities: numbers }),
  };
}

describe("metrics as scikit-learn has them", () => {
  it.each(named("metrics"))("%s", (_, one) => {
    const wrong: string[] = [];
    for (const [key, wanted] of Object.entries(one.out as { [key: string]: number | null })) {
      const found = evaluateMetrics(outputOf(one), [metricOfKey(key) as CallPlan])[key]!;
      const same =
        wanted === null ? Number.isNaN(found) : Math.abs(found - wanted) <= 1e-10 * Math.max(1, Math.abs(wanted));
      if (!same) wrong.push(`${key}: ${found}, scikit-learn ${wanted}`);
    }
    expect(wrong).toEqual([]);
  });
});
