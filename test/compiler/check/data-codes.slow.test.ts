/**
 * The codes that only data yield, each run: a small spec beside a table made here gets exactly that code (an error or a
 * warning; notes stand beside), and the same put right gets none. The runtime's own tests have the cells and files in
 * detail; this is what a user sees of them, at its place in the spec, and what `mmfc-ignore` does to it.
 */
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import sharp from "sharp";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { lookAtSpec } from "../../../cli/check/data.ts";
import { compileSpec } from "../../../cli/compilation.ts";
import type { Diagnostic } from "../../../diagnostics/diagnostic.ts";
import { model, sheet } from "../../../diagnostics/pages/example.ts";

type Row = { readonly [column: string]: string | number | undefined };
type Files = { readonly [name: string]: string | Buffer };

interface Case {
  readonly spec: string;
  /** `calls.csv`. */
  readonly rows?: readonly Row[];
  readonly files?: Files;
}

let folder = "";
let picture: Buffer;
let other: Buffer;
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), "mmfc-codes-"));
  const plain = (r: number) =>
    sharp({ create: { width: 8, height: 8, channels: 3, background: { r, g: 9, b: 9 } } })
      .png()
      .toBuffer();
  picture = await plain(200);
  other = await plain(20);
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** Rows that fit: two numbers, a text, a label that alternates, and whatever else is asked for. */
const rows = (n: number, more: (i: number) => Row = () => ({})): Row[] =>
  Array.from({ length: n }, (_, i) => ({
    roa: ((i * 37) % 101) / 10,
    size: (i * 53) % 97,
    report: `word${i % 9} and word${(i * 7) % 13} of ${i}`,
    fell: i % 2 === 0 ? "yes" : "no",
    ...more(i),
  }));

const csv = (table: readonly Row[]): string => {
  const names = Object.keys(table[0] ?? {});
  const cell = (value: string | number | undefined) =>
    typeof value === "string" ? JSON.stringify(value) : `${value ?? ""}`;
  return [names.join(","), ...table.map((row) => names.map((name) => cell(row[name])).join(","))].join("\n");
};

let count = 0;

async function check({ spec, rows: table, files = {} }: Case): Promise<readonly Diagnostic[]> {
  const place = join(folder, String(count++));
  mkdirSync(join(place, "media"), { recursive: true });
  if (table !== undefined) writeFileSync(join(place, "calls.csv"), csv(table));
  for (const [name, content] of Object.entries(files)) writeFileSync(join(place, name), content);
  writeFileSync(join(place, "a.mmf"), spec);
  const compiled = await compileSpec(join(place, "a.mmf"), { data: true });
  const { diagnostics } = await lookAtSpec(compiled, {});
  return [...compiled.diagnostics, ...diagnostics];
}

const heavy = (all: readonly Diagnostic[]) => [...new Set(all.filter((d) => d.severity !== "note").map((d) => d.code))];

const split = (how: string, more = "") => `data { source: "calls.csv", split: ${how}${more} }`;
const inOrder = split("in_order(train: 60%, validation: 20%, test: 20%)");
const charts = (kind = "image", file = '"{chart}"') =>
  [
    'data { source: "calls.csv", media: "media/" }',
    `modality sheet: ${kind} { file: ${file}, size: 8x8 }`,
    "encoder ratios = sheet -> conv2d(2, 3x3) -> flatten -> dense(4)",
  ] as const;
const each = (name: (i: number) => string) => (i: number) => ({ chart: name(i) });

const cases: { readonly [code: string]: () => { readonly bad: Case; readonly good: Case } } = {
  "source-missing": () => ({ bad: { spec: sheet() }, good: { spec: sheet(), rows: rows(40) } }),
  "table-unreadable": () => ({
    bad: { spec: sheet('data { source: "calls.parquet" }'), files: { "calls.parquet": "PAR1 and nothing" } },
    good: { spec: sheet(), rows: rows(40) },
  }),
  "query-error": () => ({
    bad: { spec: sheet('data { source: "calls.csv", where: "raoo > 2" }'), rows: rows(40) },
    good: { spec: sheet('data { source: "calls.csv", where: "roa > 2" }'), rows: rows(40) },
  }),
  "column-missing": () => ({
    bad: { spec: sheet('modality sheet: tabular { numeric: ["roi", "size"] }'), rows: rows(40) },
    good: { spec: sheet(), rows: rows(40) },
  }),
  "no-rows": () => ({
    bad: { spec: sheet('data { source: "calls.csv", where: "roa > 1000" }'), rows: rows(40) },
    good: { spec: sheet(), rows: rows(40) },
  }),
  "empty-part": () => ({
    bad: {
      spec: sheet('data { source: "calls.csv", split: by_column("part", train: "a", validation: "b", test: "z") }'),
      rows: rows(40, (i) => ({ part: i % 4 === 0 ? "b" : "a" })),
    },
    good: {
      spec: sheet('data { source: "calls.csv", split: by_column("part", train: "a", validation: "b", test: "z") }'),
      rows: rows(40, (i) => ({ part: "abza"[Math.floor(i / 2) % 4] as string })),
    },
  }),
  "duplicate-id": () => ({
    bad: { spec: sheet('data { source: "calls.csv", id: "nr" }'), rows: rows(40, (i) => ({ nr: i % 39 })) },
    good: { spec: sheet('data { source: "calls.csv", id: "nr" }'), rows: rows(40, (i) => ({ nr: i })) },
  }),
  "empty-cell": () => ({
    bad: { spec: sheet(), rows: rows(40, (i) => (i === 3 ? { roa: "" } : {})) },
    good: {
      spec: sheet('modality sheet: tabular { numeric: ["roa", "size"], impute: median }'),
      rows: rows(40, (i) => (i === 3 ? { roa: "" } : {})),
    },
  }),
  "cell-kind": () => ({
    bad: { spec: sheet(), rows: rows(40, (i) => (i === 3 ? { roa: "n/a" } : {})) },
    good: {
      spec: sheet('modality sheet: tabular { numeric: ["roa", "size"], na: "n/a", impute: median }'),
      rows: rows(40, (i) => (i === 3 ? { roa: "n/a" } : {})),
    },
  }),
  "file-outside": () => ({
    bad: {
      spec: sheet(...charts()),
      rows: rows(
        40,
        each(() => "../secret.png"),
      ),
      files: { "secret.png": picture },
    },
    good: {
      spec: sheet(...charts()),
      rows: rows(
        40,
        each((i) => `${i}.png`),
      ),
      files: pictures(40),
    },
  }),
  "file-missing": () => ({
    bad: {
      spec: sheet(...charts()),
      rows: rows(
        40,
        each((i) => `${i}.png`),
      ),
      files: pictures(39),
    },
    good: {
      spec: sheet(...charts()),
      rows: rows(
        40,
        each((i) => `${i}.png`),
      ),
      files: pictures(40),
    },
  }),
  "file-unreadable": () => ({
    bad: {
      spec: sheet(...charts()),
      rows: rows(
        40,
        each((i) => `${i}.png`),
      ),
      files: { ...pictures(40), "media/3.png": "no picture" },
    },
    good: {
      spec: sheet(...charts()),
      rows: rows(
        40,
        each((i) => `${i}.png`),
      ),
      files: pictures(40),
    },
  }),
  "media-on-both-sides": () => ({
    bad: {
      spec: sheet(...charts()),
      rows: rows(
        40,
        each((i) => `${i % 4}.png`),
      ),
      files: pictures(4),
    },
    good: {
      spec: sheet(...charts()),
      rows: rows(
        40,
        each((i) => `${i}.png`),
      ),
      files: pictures(40),
    },
  }),
  "never-present": () => ({
    bad: {
      spec: sheet(
        'data { source: "calls.csv", media: "media/" }',
        '+ modality chart: image? { file: "{chart}.jpg", size: 8x8 }',
        "+ encoder seen = chart -> conv2d(2, 3x3) -> flatten -> dense(16)",
        "fusion joint: mid = average(ratios, seen)",
        "head risk: fell = joint",
      ),
      rows: rows(
        40,
        each((i) => String(i)),
      ),
      files: pictures(40),
    },
    good: {
      spec: sheet(
        'data { source: "calls.csv", media: "media/" }',
        '+ modality chart: image? { file: "{chart}.png", size: 8x8 }',
        "+ encoder seen = chart -> conv2d(2, 3x3) -> flatten -> dense(16)",
        "fusion joint: mid = average(ratios, seen)",
        "head risk: fell = joint",
      ),
      rows: rows(
        40,
        each((i) => String(i)),
      ),
      files: pictures(39),
    },
  }),
  "id-as-category": () => ({
    bad: {
      spec: sheet('modality sheet: tabular { numeric: ["roa"], categorical: ["customer"] }'),
      rows: rows(400, (i) => ({ customer: `c${i}` })),
    },
    good: {
      spec: sheet('modality sheet: tabular { numeric: ["roa"], categorical: ["customer"] }'),
      rows: rows(400, (i) => ({ customer: `c${i % 5}` })),
    },
  }),
  "text-cut": () => ({
    bad: { spec: model("modality report: text { vocabulary: 5_000, tokens: 2 }"), rows: rows(40) },
    good: { spec: model(), rows: rows(40) },
  }),
  "target-copy": () => ({
    bad: {
      spec: sheet('modality sheet: tabular { numeric: ["roa"], categorical: ["status"] }'),
      rows: rows(60, (i) => ({ status: i % 2 === 0 ? "closed" : "open" })),
    },
    good: { spec: sheet(), rows: rows(60) },
  }),
  "rows-on-both-sides": () => ({
    // numbers with so many digits are not equal by chance
    bad: {
      spec: sheet(inOrder),
      rows: rows(100, (i) => ({ roa: (i % 80) * 1.23457, size: (i % 80) * 0.73119 })),
    },
    good: { spec: sheet(inOrder), rows: rows(100, (i) => ({ roa: i * 1.23457, size: i * 0.73119 })) },
  }),
  "group-on-both-sides": () => ({
    bad: {
      spec: sheet(
        'data { source: "calls.csv", group: "who", time: "day", split: by_time(train: 60%, validation: 20%, test: 20%) }',
      ),
      rows: rows(60, (i) => ({ who: `w${i % 3}`, day: `2020-01-${String((i % 28) + 1).padStart(2, "0")}` })),
    },
    good: {
      spec: sheet('data { source: "calls.csv", group: "who", split: by_group }'),
      rows: rows(60, (i) => ({ who: `w${i % 12}`, day: "2020-01-01" })),
    },
  }),
  "one-value": () => ({
    bad: { spec: sheet(inOrder), rows: rows(60, (i) => ({ fell: i < 40 ? "no" : i % 2 ? "yes" : "no" })) },
    good: { spec: sheet(inOrder), rows: rows(60) },
  }),
  "not-binary": () => ({
    bad: { spec: sheet(), rows: rows(60, (i) => ({ fell: ["yes", "no", "unclear"][i % 3] as string })) },
    good: {
      spec: sheet('target fell: multiclass { column: "fell" }'),
      rows: rows(60, (i) => ({ fell: ["yes", "no", "unclear"][i % 3] as string })),
    },
  }),
  "positive-unknown": () => ({
    bad: { spec: sheet(), rows: rows(60, (i) => ({ fell: i % 2 ? "f" : "m" })) },
    good: {
      spec: sheet('target fell: binary { column: "fell", positive: "f" }'),
      rows: rows(60, (i) => ({ fell: i % 2 ? "f" : "m" })),
    },
  }),
  "classes-differ": () => ({
    bad: {
      spec: sheet('target fell: multiclass { column: "fell", classes: 2 }'),
      rows: rows(60, (i) => ({ fell: "abc"[i % 3] as string })),
    },
    good: {
      spec: sheet('target fell: multiclass { column: "fell", classes: 3 }'),
      rows: rows(60, (i) => ({ fell: "abc"[i % 3] as string })),
    },
  }),
  "unseen-class": () => ({
    bad: {
      spec: sheet('target fell: multiclass { column: "fell" }', inOrder),
      rows: rows(60, (i) => ({ fell: i > 55 ? "c" : ("ab"[i % 2] as string) })),
    },
    good: {
      spec: sheet('target fell: multiclass { column: "fell" }', inOrder),
      rows: rows(60, (i) => ({ fell: "abc"[i % 3] as string })),
    },
  }),
  "numbers-as-classes": () => ({
    bad: {
      spec: sheet('target fell: multiclass { column: "fell" }'),
      rows: rows(400, (i) => ({ fell: (i % 60) * 1.5 })),
    },
    good: {
      spec: sheet('target fell: regression { column: "fell" }'),
      rows: rows(400, (i) => ({ fell: (i % 60) * 1.5 })),
    },
  }),
  "log-of-zero": () => ({
    bad: {
      spec: sheet('target fell: regression { column: "fell", transform: log }'),
      rows: rows(60, (i) => ({ fell: i % 7 })),
    },
    good: {
      spec: sheet('target fell: regression { column: "fell", transform: log }'),
      rows: rows(60, (i) => ({ fell: (i % 7) + 1 })),
    },
  }),
};

function pictures(n: number): Files {
  // the first of another colour, so that not all are one file
  return Object.fromEntries(Array.from({ length: n }, (_, i) => [`media/${i}.png`, i === 0 ? other : picture]));
}

/** Codes that are notes, and so are not among errors and warnings. */
const notes = new Set(["source-missing", "group-on-both-sides", "text-cut"]);

describe.each(Object.entries(cases))("%s", (code, make) => {
  it("bad gets it, at a place of the spec, and nothing else", async () => {
    const { bad } = make();
    const found = await check(bad);
    const its = found.filter((d) => d.code === code);
    expect(its.length, found.map((d) => `${d.code}: ${d.message}`).join("\n")).toBeGreaterThan(0);
    expect(heavy(found)).toEqual(notes.has(code) ? [] : [code]);
    for (const { span } of its) expect(bad.spec.slice(span.start, span.end)).not.toBe("");
  });

  it("good does not", async () => {
    const found = await check(make().good);
    expect(found.filter((d) => d.severity !== "note" || d.code === code).map((d) => `${d.code}: ${d.message}`)).toEqual(
      [],
    );
  });
});

describe("mmfc-ignore", () => {
  const stars = (comment: string) => ({
    spec: sheet(`target fell: multiclass { column: "fell" } // mmfc-ignore ${comment}`),
    rows: rows(400, (i) => ({ fell: (i % 60) * 1.5 })),
  });

  it("silences what comes from the data", async () => {
    expect(heavy(await check(stars("numbers-as-classes: so it is")))).toEqual([]);
  });

  it("is a warning where nothing came from the data", async () => {
    expect(heavy(await check({ ...stars("numbers-as-classes: so it is"), rows: rows(60) }))).toEqual([
      "ignore-comment",
    ]);
  });
});

describe.skipIf(process.platform === "win32")("file-outside", () => {
  it("says that it is a link that leads out", async () => {
    const place = join(folder, String(count));
    mkdirSync(join(place, "media"), { recursive: true });
    writeFileSync(join(folder, "secret.png"), picture);
    symlinkSync("../../secret.png", join(place, "media", "l.png"));
    const found = await check({
      spec: sheet(...charts()),
      rows: rows(
        40,
        each(() => "l.png"),
      ),
    });
    expect(found.find((d) => d.code === "file-outside")?.message).toMatch(/^\d+ paths are links that lead out of /);
  });
});
