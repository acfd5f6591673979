import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { createRandom } from "../../../runtime/data/random.ts";
import { partSizes, type SplitRows, splitRows } from "../../../runtime/data/splits.ts";

const rowsOf = (n: number): Int32Array => Int32Array.from({ length: n }, (_, i) => i);
const shares = { train: 0.7, validation: 0.15, test: 0.15 };
const day = 86400;

describe("splits", () => {
  it("never loses or doubles a row", () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 300 }), fc.integer(), (n, seed) => {
        const { train, validation, test } = splitRows({ by: "random", ...shares, seed }, { rows: rowsOf(n) }, Number);
        const all = [...train, ...validation, ...test].sort((a, b) => a - b);
        expect(all).toEqual([...rowsOf(n)]);
        expect(Math.abs(train.length - n * 0.7)).toBeLessThanOrEqual(1);
      }),
    );
  });

  it("is random by its seed alone", () => {
    const split = (seed: number): Int32Array =>
      splitRows({ by: "random", ...shares, seed }, { rows: rowsOf(100) }, Number).test;
    expect(split(1)).toEqual(split(1));
    expect(split(1)).not.toEqual(split(2));
  });

  it("takes rows in order", () => {
    const { train, validation, test } = splitRows(
      { by: "in_order", train: 0.8, validation: 0.2, test: 0 },
      { rows: rowsOf(10) },
      Number,
    );
    expect([...train]).toEqual([0, 1, 2, 3, 4, 5, 6, 7]);
    expect([...validation]).toEqual([8, 9]);
    expect(test.length).toBe(0);
    expect(partSizes(7, { train: 1, validation: 0, test: 0 })).toEqual([7, 0, 0]);
  });

  it("stratifies: every part has each label's share, within a row", () => {
    fc.assert(
      fc.property(
        fc.array(fc.integer({ min: 0, max: 3 }), { minLength: 40, maxLength: 200 }),
        fc.integer(),
        (labels, seed) => {
          const stratum = Int32Array.from(labels);
          const result = splitRows(
            { by: "random", ...shares, seed, stratify: "y" },
            { rows: rowsOf(labels.length), stratum },
            Number,
          );
          for (const part of ["train", "validation", "test"] as const) {
            for (let label = 0; label < 4; label++) {
              const all = labels.filter((one) => one === label).length;
              const here = [...result[part]].filter((row) => stratum[row] === label).length;
              expect(Math.abs(here - all * shares[part])).toBeLessThanOrEqual(2);
            }
          }
        },
      ),
    );
  });

  it("never parts a group", () => {
    fc.assert(
      fc.property(
        fc.array(fc.integer({ min: 0, max: 12 }), { minLength: 3, maxLength: 120 }),
        fc.integer(),
        (groups, seed) => {
          const group = Int32Array.from(groups);
          const result = splitRows({ by: "group", ...shares, seed }, { rows: rowsOf(groups.length), group }, Number);
          const owner = new Map<number, string>();
          for (const part of ["train", "validation", "test"] as const) {
            for (const row of result[part]) {
              expect(owner.get(group[row]!) ?? part).toBe(part);
              owner.set(group[row]!, part);
            }
          }
          expect(result.train.length + result.validation.length + result.test.length).toBe(groups.length);
          if (new Set(groups).size >= 3)
            for (const part of ["train", "validation", "test"] as const) expect(result[part].length).toBeGreaterThan(0);
        },
      ),
    );
  });

  it("keeps time in order, moments whole and the embargo free", () => {
    fc.assert(
      fc.property(
        fc.array(fc.integer({ min: 0, max: 40 }), { minLength: 5, maxLength: 150 }),
        fc.integer({ min: 0, max: 5 }),
        (days, gap) => {
          const time = Float64Array.from(days, (one) => one * day);
          const { train, validation, test } = splitRows(
            { by: "time", ...shares, embargo: gap * day },
            { rows: rowsOf(days.length), time },
            Number,
          );
          const parts = [train, validation, test].filter((part) => part.length > 0);
          for (let i = 0; i + 1 < parts.length; i++) {
            const last = Math.max(...[...parts[i]!].map((row) => time[row]!));
            const first = Math.min(...[...parts[i + 1]!].map((row) => time[row]!));
            expect(last).toBeLessThan(first);
            expect(first - last).toBeGreaterThan(gap * day - 1e-6);
          }
        },
      ),
    );
  });

  it("knows first days, an embargo in rows, and apart", () => {
    const time = Float64Array.from({ length: 10 }, (_, i) => i * day);
    const byDay = splitRows(
      { by: "time", train: "1970-01-01", validation: "1970-01-06", test: "1970-01-09" },
      { rows: rowsOf(10), time },
      (text) => Date.parse(text) / 1000,
    );
    expect([byDay.train.length, byDay.validation.length, byDay.test.length]).toEqual([5, 3, 2]);
    const rows: SplitRows = { rows: rowsOf(10), time: Float64Array.from(rowsOf(10)), timeIsRow: true };
    const gaps = splitRows({ by: "time", train: 0.5, validation: 0.3, test: 0.2, embargo: 2 }, rows, Number);
    expect([[...gaps.train], [...gaps.validation], [...gaps.test]]).toEqual([[0, 1, 2], [5], [8, 9]]);
    expect(gaps.embargoed).toBe(4);
    const apart = Int32Array.from([0, 1, 2, 3, 4, 5, 6, 7, 0, 5]);
    const alone = splitRows(
      { by: "time", train: 0.5, validation: 0.3, test: 0.2, apart: "ticker" },
      { ...rows, apart },
      Number,
    );
    expect([[...alone.train], [...alone.validation]]).toEqual([
      [1, 2, 3, 4],
      [6, 7],
    ]);
  });

  it("takes a share of the training rows beside labels", () => {
    // Part numbers: train, test, none.
    const part = Int8Array.from({ length: 20 }, (_, i) => (i < 10 ? 0 : i < 15 ? 2 : -1));
    const plan = { by: "column", column: "s", train: "train", validation: 0.2, test: "test", seed: 0 } as const;
    const random = splitRows(plan, { rows: rowsOf(20), part }, Number);
    expect([random.train.length, random.validation.length, random.test.length]).toEqual([8, 2, 5]);
    const latest = splitRows(
      plan,
      { rows: rowsOf(20), part, time: Float64Array.from({ length: 20 }, (_, i) => -i) },
      Number,
    );
    expect([...latest.validation]).toEqual([0, 1]);
    const group = Int32Array.from({ length: 20 }, (_, i) => i % 5);
    const grouped = splitRows(plan, { rows: rowsOf(20), part, group }, Number);
    expect(grouped.validation.length).toBe(2);
    expect(new Set([...grouped.validation].map((row) => group[row])).size).toBe(1);
  });

  it("draws evenly", () => {
    const random = createRandom(7);
    const bins = new Array<number>(10).fill(0);
    for (let i = 0; i < 20000; i++) bins[Math.floor(random.next() * 10)]!++;
    for (const count of bins) expect(Math.abs(count - 2000)).toBeLessThan(200);
    let sum = 0;
    let squares = 0;
    for (let i = 0; i < 20000; i++) {
      const x = random.normal();
      sum += x;
      squares += x * x;
    }
    expect(Math.abs(sum / 20000)).toBeLessThan(0.03);
    expect(Math.abs(squares / 20000 - 1)).toBeLessThan(0.05);
  });
});
