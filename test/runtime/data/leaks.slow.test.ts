import { copyFileSync, mkdirSync, writeFileSync } from "node:fs";
import path from "node:path";
import { describe, expect, it } from "vitest";
import { type Code, report } from "../../../diagnostics/catalogue.ts";
import type { DataPlan, TabularPlan } from "../../../plan/plan.ts";
import { isTrainedRows } from "../../../runtime/data/leaks-trained.ts";
import { type Closing, type Look, type LookOptions, lookAtData } from "../../../runtime/data/look.ts";
import { createRandom } from "../../../runtime/data/random.ts";
import { folder, image, tabular, text } from "./made.ts";

const split = { by: "random", train: 0.7, validation: 0.15, test: 0.15, seed: 1 } as const;
const sheet: TabularPlan = { ...tabular, numeric: ["x", "z"], categorical: ["k"] };
const leakCodes = ["target-copy", "rows-on-both-sides", "media-on-both-sides"];

type Row = { readonly [column: string]: string | number | undefined };

function write(rows: readonly Row[], base = folder(), name = "t.csv"): string {
  const columns = Object.keys(rows[0]!);
  const lines = [columns, ...rows.map((row) => columns.map((column) => row[column]))].map((line) => line.join(","));
  mkdirSync(base, { recursive: true });
  writeFileSync(path.join(base, name), `${lines.join("\n")}\n`);
  return base;
}

async function look<T>(
  plan: Partial<DataPlan>,
  base: string,
  read: (look: Look) => T,
  more: Partial<LookOptions> = {},
): Promise<T> {
  const closing: Closing = [];
  const whole: DataPlan = {
    source: "t.csv",
    split,
    modalities: { sheet },
    targets: { y: { type: "binary", columns: ["y"] } },
    ...plan,
  };
  try {
    return read(await lookAtData(whole, { base, cacheDir: path.join(base, ".cache"), threads: 1, ...more }, closing));
  } finally {
    for (const one of closing.reverse()) await one();
  }
}

interface Said {
  readonly code: string;
  readonly severity: string;
  readonly facts: { readonly [name: string]: unknown };
  readonly rows?: readonly { readonly row: number; readonly path?: string; readonly why?: string }[];
}

/** The leaks that are said, as the catalogue and the place they were said at agree. */
async function leaks(rows: readonly Row[] | string, plan: Partial<DataPlan> = {}): Promise<Said[]> {
  const base = typeof rows === "string" ? rows : write(rows);
  return look(plan, base, ({ problems, notes }) =>
    [...problems.found.map((one) => ({ ...one, error: true })), ...notes.map((one) => ({ ...one, error: false }))]
      .filter(({ code }) => leakCodes.includes(code))
      .map(({ error, code, facts, rows: listed }) => {
        const { severity } = report(code as Code, { file: "m.mmf", start: 0, end: 0 }, facts as never);
        expect(severity === "error", `${code} ${JSON.stringify(facts)}`).toBe(error);
        return { code, severity, facts, ...(listed === undefined ? {} : { rows: listed }) };
      }),
  );
}

/** Numbers, a category and a label that x says something of, never all. */
function honest(n: number, seed = 1): Row[] {
  const random = createRandom(seed);
  return Array.from({ length: n }, (_, i) => {
    const x = random.normal();
    const y = x + random.normal() > 0 ? "yes" : "no";
    return { id: i, x: x.toFixed(3), z: (5 + 2 * random.normal()).toFixed(2), k: "abcd"[random.below(4)]!, y };
  });
}

const and = (columns: Partial<TabularPlan>): Partial<DataPlan> => ({ modalities: { sheet: { ...sheet, ...columns } } });

describe("columns that give a target away", () => {
  const random = createRandom(5);
  const copyOf = (rows: readonly Row[], plan: Partial<DataPlan>): Promise<Said[]> => leaks(rows, plan);
  const sizes = [30, 200, 3000];

  it("the label itself, in any case and as a number", async () => {
    for (const n of sizes) {
      const rows = honest(n).map((row) => ({ ...row, status: String(row.y).toUpperCase() }));
      expect(await copyOf(rows, and({ categorical: ["k", "status"] }))).toMatchObject([
        {
          code: "target-copy",
          severity: "error",
          facts: { column: "status", modality: "sheet", target: "y", part: 1, property: "categorical", how: "copy" },
        },
      ]);
      const flags = honest(n).map((row) => ({ ...row, flag: row.y === "yes" ? "1.0" : "0" }));
      expect(await copyOf(flags, and({ numeric: ["x", "z", "flag"] }))).toMatchObject([
        { severity: "error", facts: { column: "flag", property: "numeric", how: "copy" } },
      ]);
    }
  });

  it("nearly: a warning from 99 % of the rows", async () => {
    const off = (k: number): Row[] =>
      honest(1000).map((row, i) => ({ ...row, flag: (row.y === "yes") === i >= k ? 1 : 0 }));
    const plan = and({ numeric: ["x", "z", "flag"] });
    expect(await copyOf(off(10), plan)).toMatchObject([{ severity: "warning", facts: { part: 0.99 } }]);
    expect(await copyOf(off(11), plan)).toEqual([]);
  });

  it("not where most rows have one label: what is right of the rest counts", async () => {
    const rare = honest(2000).map((row, i) => ({
      ...row,
      y: i % 200 === 0 ? "yes" : "no",
      flag: i % 200 === 1 ? 1 : 0,
    }));
    expect(await copyOf(rare, and({ numeric: ["x", "z", "flag"] }))).toEqual([]);
    const constant = rare.map((row) => ({ ...row, flag: "no" }));
    expect(await copyOf(constant, and({ categorical: ["k", "flag"] }))).toEqual([]);
  });

  it("several values a label: a warning; a threshold of a number: nothing", async () => {
    const rows = honest(3000).map((row) => ({
      ...row,
      status: row.y === "yes" ? ["closed", "lost"][random.below(2)]! : ["open", "late", "new"][random.below(3)]!,
      score: row.y === "yes" ? 50 + random.below(51) : random.below(50),
    }));
    expect(await copyOf(rows, and({ categorical: ["k", "status"] }))).toMatchObject([
      { severity: "warning", facts: { column: "status", part: 1, how: "grouped" } },
    ]);
    expect(await copyOf(rows, and({ numeric: ["x", "z", "score"] }))).toEqual([]);
  });

  it("holes that only one label has, where a model sees them", async () => {
    const rows = honest(300).map((row) => ({ ...row, days: row.y === "yes" ? 1 + random.below(90) : "" }));
    expect(await copyOf(rows, and({ numeric: ["x", "z", "days"], impute: "median" }))).toMatchObject([
      { severity: "warning", facts: { column: "days", how: "holes" } },
    ]);
  });

  it("ids and chance in few rows are no copies", async () => {
    const named = honest(200).map((row, i) => ({ ...row, who: `p${i}` }));
    expect(await copyOf(named, and({ categorical: ["k", "who"] }))).toEqual([]);
    const few = Array.from({ length: 12 }, (_, i) => ({ id: i, x: i / 7, z: i % 5, k: "ab"[i % 2]!, y: i % 2 }));
    expect(await copyOf(few, {})).toEqual([]);
  });

  it("a text that is the label; texts that go with one are said gently", async () => {
    const of = (say: (y: unknown) => string): Row[] => honest(200).map((row) => ({ ...row, says: say(row.y) }));
    const modalities = { sheet, says: text };
    expect(
      await leaks(
        of((y) => ` ${y} `),
        { modalities },
      ),
    ).toMatchObject([{ severity: "error", facts: { column: "says", modality: "says", property: "column" } }]);
    expect(
      await leaks(
        of((y) => (y === "yes" ? "profit rose" : "profit fell")),
        { modalities },
      ),
    ).toMatchObject([{ severity: "warning", facts: { column: "says", how: "grouped" } }]);
  });

  it("numbers in another unit, rounded, or as logarithms", async () => {
    const targets = { y: { type: "regression", columns: ["y"] } } as const;
    const made = (c: (y: number, i: number) => string | number): Row[] => {
      const draw = createRandom(9);
      return honest(400).map((row, i) => {
        const y = Math.exp(12 + draw.normal() / 2).toFixed(2);
        return { ...row, y, c: c(Number(y), i) };
      });
    };
    const said = (rows: Row[]): Promise<Said[]> => leaks(rows, { ...and({ numeric: ["x", "z", "c"] }), targets });
    for (const c of [
      (y: number) => y.toFixed(2),
      (y: number) => Math.round(y * 100),
      (y: number) => (y / 1000).toFixed(1),
      (y: number) => (32 + 1.8 * y).toFixed(1),
      (y: number) => Math.log(y).toFixed(4),
    ])
      expect(await said(made(c))).toMatchObject([{ severity: "error", facts: { column: "c", part: 1, how: "copy" } }]);
    // Four rows of 400 in another unit.
    expect(await said(made((y, i) => (i % 100 === 0 ? 1 : y.toFixed(2))))).toMatchObject([
      { severity: "warning", facts: { part: 0.99 } },
    ]);
    // One per cent of noise is honest; so is a number that is the same but for its last digit.
    expect(await said(made((y) => (y * (1 + random.normal() / 100)).toFixed(2)))).toEqual([]);
    expect(await said(made((y) => (Math.round(y * 100 + 2 * random.below(2) - 1) / 100).toFixed(2)))).toEqual([]);
  });
});

describe("rows on both sides", () => {
  const copied = (rows: readonly Row[], n: number, seed = 3): Row[] => {
    const random = createRandom(seed);
    const all = [
      ...rows,
      ...Array.from({ length: n }, (_, i) => ({ ...rows[random.below(rows.length)]!, id: 9000 + i })),
    ];
    return all.sort(() => random.next() - 0.5);
  };

  it("copied rows, with the row they are equal to", async () => {
    const rows = copied(honest(200), 20);
    const said = await leaks(rows);
    expect(said.map(({ code, severity }) => [code, severity])).toEqual([
      ["rows-on-both-sides", "error"],
      ["rows-on-both-sides", "error"],
    ]);
    const key = (at: number): string => JSON.stringify({ ...rows[at - 1], id: 0 });
    for (const { facts, rows: listed } of said) {
      expect(listed).toHaveLength(facts.rows as number);
      for (const { row, why } of listed!) expect(key(row)).toBe(key(Number(/\d+/.exec(why!)![0])));
    }
  });

  it("a warning below 1 % of the part, and for a single row", async () => {
    const plan = { split: { by: "in_order", train: 0.7, validation: 0, test: 0.3 } } as const;
    // The last rows are test rows.
    const rows = honest(2000).map((row, i) => ({ ...row, x: `${row.x}${String((i * 7919) % 1000).padStart(3, "0")}` }));
    const again = (n: number): Row[] => [...rows.slice(0, 2000 - n), ...rows.slice(0, n)];
    expect(await leaks(again(5), plan)).toMatchObject([{ severity: "warning", facts: { rows: 5, of: 600 } }]);
    expect(await leaks(again(6), plan)).toMatchObject([{ severity: "error", facts: { rows: 6, of: 600 } }]);
    const one = [...rows.slice(0, 59), rows[0]!];
    expect(await leaks(one, plan)).toMatchObject([{ severity: "warning", facts: { rows: 1, of: 18 } }]);
  });

  it("numbers written differently are equal", async () => {
    const rows = honest(300);
    const again = rows.map((row) => ({ ...row, id: `b${row.id}`, x: `${row.x}00`, z: Number(row.z), k: ` ${row.k}` }));
    expect((await leaks([...rows, ...again])).map(({ severity }) => severity)).toEqual(["error", "error"]);
  });

  it("not where rows lie thick, few patterns repeat, or equal inputs have other labels", async () => {
    const random = createRandom(8);
    for (const n of [60, 500, 5000]) {
      const thick = honest(n).map((row) => ({ ...row, x: random.below(20), z: random.below(6) }));
      expect(await leaks(thick), `thick ${n}`).toEqual([]);
      // A number and its name and its flags say one thing.
      const coded = honest(n).map((row, i) => ({
        ...row,
        x: (i * 7) % 40,
        z: (((i * 7) % 40) * 3) % 97,
        k: `n${(i * 7) % 40}`,
      }));
      expect(await leaks(coded), `coded ${n}`).toEqual([]);
    }
    const rows = honest(400);
    const flipped = rows.map((row) => ({ ...row, id: `b${row.id}`, y: row.y === "yes" ? "no" : "yes" }));
    expect(await leaks([...rows, ...flipped])).toEqual([]);
  });

  it("sentences, but not what is said every day; the text is what to group by", async () => {
    const random = createRandom(4);
    const words = "revenue rose fell margin guidance strong weak outlook cut raised costs debt cash loan".split(" ");
    const say = (n: number): string => Array.from({ length: n }, () => words[random.below(words.length)]).join(" ");
    const plan = { modalities: { said: text } };
    const rows = Array.from({ length: 400 }, (_, i) => ({
      id: i,
      said: say(10),
      y: "yes no".split(" ")[random.below(2)]!,
    }));
    expect(await leaks(copied(rows, 40), plan)).toMatchObject([
      { severity: "error", facts: { column: "said", part: "validation" } },
      { severity: "error", facts: { column: "said", part: "test" } },
    ]);
    const chat = rows.map((row) => ({
      ...row,
      said: random.next() < 0.4 ? ["hello", "ok thank you"][random.below(2)]! : row.said,
    }));
    expect(await leaks(chat, plan)).toEqual([]);
    expect(await leaks(chat.slice(0, 40), plan)).toEqual([]);
    // Twenty sentences, three times each, with one label each: patterns.
    const templates = Array.from({ length: 20 }, () => say(8));
    const asked = rows
      .slice(0, 60)
      .map((row, i) => ({ ...row, said: templates[i % 20]!, y: i % 20 < 10 ? "yes" : "no" }));
    expect((await leaks(asked, plan)).filter(({ code }) => code !== "target-copy")).toEqual([]);
  });

  it("names the group that keeps them together", async () => {
    const rows = honest(200).map((row) => ({ ...row, original: row.id }));
    const said = await leaks(copied(rows, 30), { group: "original" });
    expect(said).toMatchObject([{ facts: { column: "original" } }, { facts: { column: "original" } }]);
    // Said without a leak: by the group.
    expect(await leaks(copied(rows, 30), { group: "original", split: { ...split, by: "group" } })).toEqual([]);
  });
});

describe("files on both sides", () => {
  const pictures = (n: number, name: (i: number) => string): { base: string; rows: Row[] } => {
    const base = folder();
    for (let i = 0; i < n; i++) {
      const file = path.join(base, "media", name(i));
      mkdirSync(path.dirname(file), { recursive: true });
      // Looking does not decode; equal sizes, so that contents are compared.
      writeFileSync(file, Buffer.alloc(20_000, i));
    }
    return {
      base,
      rows: Array.from({ length: n }, (_, i) => ({ id: i, pic: name(i), y: "yes no".split(" ")[i % 2]! })),
    };
  };
  const plan = (column: object = { file: "{pic}" }): Partial<DataPlan> => ({
    media: ["media"],
    split: { by: "column", column: "part", train: "train", test: "test", seed: 0 },
    modalities: { sheet, chart: { ...image, ...column } },
  });
  const inTwo = (rows: readonly Row[], more: (i: number) => Row): Row[] =>
    rows.map((row, i) => ({
      x: (i * 37) % 101,
      z: (i * 53) % 97,
      k: "k",
      ...row,
      part: i < rows.length / 2 ? "train" : "test",
      ...more(i),
    }));

  it("one name, and a copy under another one", async () => {
    const { base, rows } = pictures(40, (i) => `${i}.png`);
    copyFileSync(path.join(base, "media/3.png"), path.join(base, "media/33.png"));
    write(
      inTwo(rows, (i) => (i === 30 ? { pic: "5.png" } : {})),
      base,
    );
    const [said, ...rest] = await leaks(base, plan());
    expect(rest).toEqual([]);
    expect(said).toMatchObject({ code: "media-on-both-sides", severity: "warning", facts: { files: 2, part: "test" } });
    // A name to group by would not keep copies together.
    expect(said!.facts.column).toBeUndefined();
    expect(said!.rows).toMatchObject([
      { row: 31, path: "media/5.png" },
      { row: 34, path: "media/33.png", why: "equal to media/3.png" },
    ]);
    copyFileSync(path.join(base, "media/1.png"), path.join(base, "media/33.png"));
    writeFileSync(path.join(base, "media/33.png"), Buffer.alloc(20_000, 99));
    expect(await leaks(base, plan())).toMatchObject([{ facts: { files: 1, column: "pic" } }]);
  });

  it("a placeholder is no leak, and equal rows are said as rows", async () => {
    const { base, rows } = pictures(100, (i) => `${i}.png`);
    write(
      inTwo(rows, (i) => (i % 4 === 0 ? { pic: "0.png" } : {})),
      base,
    );
    expect(await leaks(base, plan())).toEqual([]);
    write(
      inTwo(rows, (i) =>
        i >= 90 ? { ...rows[i - 88]!, id: i, x: ((i - 88) * 37) % 101, z: ((i - 88) * 53) % 97 } : {},
      ),
      base,
    );
    expect(await leaks(base, plan())).toMatchObject([{ code: "rows-on-both-sides", facts: { rows: 10, of: 50 } }]);
  });
});

describe("a table that a run was trained on", () => {
  it("is known again by its rows, wherever it lies, and others are not", async () => {
    const rows = honest(600);
    const base = write(rows);
    const trained = await look({}, base, (found) => found.trained);
    expect(isTrainedRows(trained)).toBe(true);
    const fitted = { version: 1, modalities: {}, targets: { y: { classes: ["no", "yes"] } } } as const;
    const said = async (name: string, table: readonly Row[]): Promise<unknown[]> => {
      write(table, base, name);
      return look(
        {},
        base,
        ({ notes }) =>
          notes.filter(({ code }) => leakCodes.includes(code)).map(({ facts }) => [facts.part, facts.share]),
        { source: name, fitted, labels: true, trained: trained! },
      );
    };
    expect(await said("all.csv", rows)).toEqual([["all.csv", 0.7]]);
    expect(await said("half.csv", [...rows.slice(0, 300), ...honest(300, 2)])).toMatchObject([
      ["half.csv", expect.closeTo(0.35, 1)],
    ]);
    expect(await said("new.csv", honest(300, 3))).toEqual([]);
    expect(await said("few.csv", rows.slice(0, 3))).toEqual([]);
  });

  it("reads nothing into a file that is something else", () => {
    expect(isTrainedRows({ version: 2, below: 1, chance: 0, prints: "" })).toBe(false);
    expect(isTrainedRows(null)).toBe(false);
  });
});
