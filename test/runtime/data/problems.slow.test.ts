import { copyFileSync, mkdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import path from "node:path";
import { describe, expect, it } from "vitest";
import { type Code, entry, isCode } from "../../../diagnostics/catalogue.ts";
import type { DataPlan, TargetPlan } from "../../../plan/plan.ts";
import { tableFacts } from "../../../runtime/data/facts.ts";
import { firms, firmsPlan, folder, image, prepared, problemsOf, tabular, tar, text, wav } from "./made.ts";

/** A plan over one small CSV. */
function table(lines: readonly string[], plan: Partial<DataPlan> = {}): [DataPlan, string] {
  const base = folder();
  writeFileSync(path.join(base, "t.csv"), `${lines.join("\n")}\n`);
  return [
    {
      source: "t.csv",
      split: { by: "in_order", train: 0.5, validation: 0, test: 0.5 },
      modalities: { x: { ...tabular, numeric: ["x"] } },
      targets: { y: { type: "multiclass", columns: ["y"] } },
      ...plan,
    },
    base,
  ];
}

const rows = (n: number, of: (i: number) => string): string[] => [
  "id,x,y,day,part",
  ...Array.from({ length: n }, (_, i) => of(i)),
];
const whole = { by: "in_order", train: 1, validation: 0, test: 0 } as const;
const plain = (i: number): string =>
  `${i},${i},${i % 2 === 0 ? "a" : "b"},2020-01-${String(i + 1).padStart(2, "0")},${i < 5 ? "train" : "test"}`;

describe("what does not fit in the data", () => {
  const one = async (
    name: string,
    given: [DataPlan, string],
    code: Code,
    facts: object,
    rowNumbers?: number[],
  ): Promise<void> => {
    const found = await problemsOf(...given);
    expect(
      found.map((each) => each.code),
      name,
    ).toEqual([code]);
    expect(found[0]!.facts).toMatchObject(facts);
    if (rowNumbers !== undefined) expect(found[0]!.rows!.map((row) => row.row)).toEqual(rowNumbers);
    // The catalogue can say it.
    expect(isCode(found[0]!.code)).toBe(true);
    const message = entry(found[0]!.code as Code).message as (facts: unknown) => string;
    expect(message(found[0]!.facts)).toMatch(/\.$/);
  };
  const target = (y: Partial<TargetPlan>): Partial<DataPlan> => ({
    targets: { y: { type: "multiclass", columns: ["y"], ...y } },
  });

  it("source-missing", async () => {
    const [plan, base] = table(rows(4, plain));
    await one("near", [{ ...plan, source: "tt.csv" }, base], "source-missing", {
      path: "tt.csv",
      near: { kind: "one", word: "t.csv" },
    });
    await one("media", [{ ...plan, media: ["nowhere"] }, base], "source-missing", { path: "nowhere" });
  });

  it("table-unreadable", async () => {
    await one("fields", table([...rows(3, plain), "9,9,a,2020-01-01,train,more,fields"]), "table-unreadable", {
      why: "row 4 has 7 fields, the header 5",
      row: true,
    });
    const [plan, base] = table(rows(4, plain));
    writeFileSync(path.join(base, "t.xlsx"), "x");
    await one("kind", [{ ...plan, source: "t.xlsx" }, base], "table-unreadable", {
      why: ".xlsx is not a table format here",
    });
    writeFileSync(path.join(base, "t.jsonl"), '{"x": 1, "y": "a"}\n{"x": 2, "y":\n');
    await one("json", [{ ...plan, source: "t.jsonl" }, base], "table-unreadable", { row: true });
    writeFileSync(
      path.join(base, "gb.csv"),
      Buffer.concat([Buffer.from("id,x,y\n1,2,"), Buffer.from([0xc4, 0xe3]), Buffer.from("\n2,3,b\n")]),
    );
    await one("gb18030", [{ ...plan, source: "gb.csv" }, base], "not-text", { byte: 12, is: "0xC4" });
    expect(await tableFacts("gb.csv", { base })).toMatchObject({
      status: "unreadable",
      why: "it is not UTF-8 text: byte 12 is 0xC4",
    });
  });

  it("query-error", async () => {
    const [plan, base] = table(rows(4, plain));
    await one("syntax", [{ ...plan, source: { query: "select * frm 't.csv'" } }, base], "query-error", {});
    await one(
      "two",
      [{ ...plan, source: { query: "select * from 't.csv'); drop table x; select (1" } }, base],
      "query-error",
      {},
    );
    await one("where", [{ ...plan, where: "nope > 3" }, base], "query-error", {});
    const evil = await problemsOf(
      { ...plan, source: { query: `copy (select 1) to '${path.join(base, "evil.csv")}'` } },
      base,
    );
    expect(evil[0]!.code).toBe("query-error");
    expect(() => readFileSync(path.join(base, "evil.csv"))).toThrow();
  });

  it("column-missing", async () => {
    await one(
      "numeric",
      table(rows(4, plain), { modalities: { x: { ...tabular, numeric: ["xx"] } } }),
      "column-missing",
      { column: "xx", near: { kind: "none" } },
    );
    await one(
      "near",
      table(rows(4, plain), { modalities: { x: { ...tabular, numeric: ["dya"] } } }),
      "column-missing",
      { column: "dya", near: { kind: "one", word: "day" } },
    );
    await one(
      "template",
      table(rows(4, plain), { modalities: { x: { ...image, file: "{idd}.png" } } }),
      "column-missing",
      { column: "idd" },
    );
    await one(
      "pattern",
      table(rows(4, plain), { modalities: { x: { ...tabular, numeric: ["price*"] } } }),
      "column-missing",
      { column: "price*" },
    );
    await one("target", table(rows(4, plain), target({ columns: ["z"] })), "column-missing", { column: "z" });
    await one(
      "group",
      table(rows(4, plain), { group: "g", split: { by: "group", train: 0.5, validation: 0, test: 0.5, seed: 0 } }),
      "column-missing",
      { column: "g" },
    );
  });

  it("no-rows, empty-part", async () => {
    await one("empty", table(rows(0, plain)), "no-rows", { why: "empty" });
    await one("where", table(rows(4, plain), { where: "x > 100" }), "no-rows", { why: "where" });
    const split = { by: "column", column: "part", train: "train", validation: "dev", test: "test", seed: 0 } as const;
    await one("label", table(rows(8, plain), { split }), "empty-part", {
      part: "validation",
      why: 'no row has "dev" in "part"',
    });
    const time = { by: "time", train: "2020-01-01", validation: 0, test: "2021-01-01" } as const;
    await one("time", table(rows(8, plain), { time: "day", split: time }), "empty-part", {
      part: "test",
      why: "the table ends on 2020-01-08",
    });
  });

  it("duplicate-id, empty-cell, cell-kind", async () => {
    await one("id", table(rows(8, (i) => plain(i).replace(/^[35]/, "4"))), "duplicate-id", { ids: 1 }, [4, 5, 6]);
    await one(
      "empty",
      table(rows(8, (i) => plain(i).replace(/^3,3/, "3, "))),
      "empty-cell",
      { rows: 1, column: "x", of: "tabular" },
      [4],
    );
    await one(
      "kind",
      table(rows(8, (i) => plain(i).replace(/^[35],\d/, (m) => `${m[0]},n/a`))),
      "cell-kind",
      { cells: 2, column: "x", kind: "number", na: "n/a" },
      [4, 6],
    );
    await one(
      "infinite",
      table(rows(8, (i) => plain(i).replace(/^3,3/, "3,inf").replace(/^4,4/, "4,NaN").replace(/^5,5/, "5,1e999"))),
      "cell-kind",
      { cells: 3 },
      [4, 5, 6],
    );
    await one(
      "label",
      table(rows(8, (i) => plain(i).replace("3,3,b", "3,3,"))),
      "empty-cell",
      { rows: 1, column: "y" },
      [4],
    );
    await one(
      "text",
      table(
        rows(8, (i) => plain(i).replace("3,3,b", "3,3,...")),
        { modalities: { said: { ...text, column: "y" } }, targets: { x: { type: "regression", columns: ["x"] } } },
      ),
      "empty-cell",
      { column: "y" },
      [4],
    );
    const day = { time: "day", split: { by: "time", train: 0.5, validation: 0, test: 0.5 } } as const;
    await one(
      "date",
      table(
        rows(8, (i) => plain(i).replace("2020-01-03", "2020-02-31")),
        day,
      ),
      "cell-kind",
      { column: "day", kind: "date" },
      [3],
    );
    const [plan, base] = table(
      rows(8, (i) => plain(i).replace(/^3,3/, "3,-1").replace(/^4,4/, "4,")),
      { modalities: { x: { ...tabular, numeric: ["x"], impute: "median", na: ["-1"] } } },
    );
    expect(await problemsOf(plan, base)).toEqual([]);
  });

  it("targets", async () => {
    await one(
      "unseen",
      table(rows(8, (i) => plain(i).replace("6,6,a", "6,6,c"))),
      "unseen-class",
      { value: "c", rows: 1, part: "test", column: "y" },
      [7],
    );
    await one(
      "three",
      table(
        rows(8, (i) => plain(i).replace("2,2,a", "2,2,c")),
        target({ type: "binary" }),
      ),
      "not-binary",
      { values: ["a", "b", "c"] },
    );
    await one("positive", table(rows(8, plain), target({ type: "binary" })), "positive-unknown", {
      first: "a",
      second: "b",
    });
    await one("positive wrong", table(rows(8, plain), target({ type: "binary", positive: "z" })), "positive-unknown", {
      positive: "z",
    });
    await one("classes", table(rows(8, plain), target({ classes: 3 })), "classes-differ", { classes: 3, values: 2 });
    await one("list", table(rows(8, plain), target({ classes: ["a"] })), "classes-differ", {
      classes: 1,
      values: 2,
      also: ["b"],
    });
    await one("one", table(rows(8, (i) => plain(i).replace(",b,", ",a,"))), "one-value", { value: "a", rows: 4 });
    await one(
      "constant",
      table(
        rows(8, (i) => `${i},1,a,2020-01-01,train`),
        { modalities: { id: { ...tabular, numeric: ["id"] } }, targets: { x: { type: "regression", columns: ["x"] } } },
      ),
      "one-value",
      { value: "1" },
    );
    await one(
      "log",
      table(rows(8, plain), {
        modalities: { id: { ...tabular, numeric: ["id"] } },
        targets: { x: { type: "regression", columns: ["x"], transform: "log" } },
      }),
      "log-of-zero",
      { rows: 1, column: "x" },
      [1],
    );
  });

  it("files", async () => {
    const base = await firms(10);
    rmSync(path.join(base, "media/3.png"));
    copyFileSync(path.join(base, "media/4.png"), path.join(base, "media/3.PNG"));
    const found = await problemsOf(firmsPlan, base);
    expect(found.map((each) => each.code)).toEqual(["file-missing"]);
    expect(found[0]!.facts).toMatchObject({ missing: 1, rows: 10, kind: "a picture", write: "image?" });
    expect(found[0]!.rows).toEqual([
      { table: "firms.csv", row: 4, id: "r3", path: "media/3.png", why: "there is 3.PNG" },
    ]);

    writeFileSync(path.join(base, "media/3.png"), readFileSync(path.join(base, "media/5.wav")));
    writeFileSync(path.join(base, "media/6.png"), "");
    wav(path.join(base, "media/7.wav"), []);
    writeFileSync(path.join(base, "media/8.wav"), readFileSync(path.join(base, "media/8.wav")).subarray(0, 2000));
    const broken = await problemsOf(firmsPlan, base);
    expect(
      broken.map((each) => [each.code, each.about.statement, each.rows!.map((row) => [row.row, row.why])]),
    ).toEqual([
      [
        "file-unreadable",
        "chart",
        [
          [4, "a WAV"],
          [7, "empty"],
        ],
      ],
      [
        "file-unreadable",
        "call",
        [
          [8, "no samples"],
          [9, expect.stringMatching(/^its header promises [\d.]+ kB, it has [\d.]+ kB$/)],
        ],
      ],
    ]);
  });

  it("paths that lead out", async () => {
    const base = await firms(10);
    writeFileSync(path.join(base, "secret.png"), "x");
    mkdirSync(path.join(base, "elsewhere"));
    copyFileSync(path.join(base, "media/1.png"), path.join(base, "elsewhere/1.png"));
    symlinkSync(path.join(base, "elsewhere"), path.join(base, "media/way"));
    symlinkSync(path.join(base, "secret.png"), path.join(base, "media/link.png"));
    const csv = readFileSync(path.join(base, "firms.csv"), "utf8")
      .replace("1.png", "../secret.png")
      .replace("2.png", "/etc/hostname")
      .replace("3.png", "link.png")
      .replace("4.png", "way/1.png");
    writeFileSync(path.join(base, "firms.csv"), csv);
    const plan = { ...firmsPlan, modalities: { chart: firmsPlan.modalities.chart! } };
    const found = await problemsOf(plan, base);
    expect(found.map((each) => [each.code, each.rows!.map((row) => row.row)])).toEqual([
      ["file-outside", [2, 3, 4, 5]],
    ]);
    tar(path.join(base, "bad.tar"), [
      { name: "../up.png", data: Buffer.from("x") },
      { name: "1.png", data: Buffer.alloc(0), link: true },
    ]);
    const [archive, at] = table(["x,y,p", "1,a,../up.png", "2,b,1.png"], {
      split: whole,
      media: [path.join(base, "bad.tar")],
      modalities: { p: image },
    });
    expect((await problemsOf(archive, at)).map((each) => [each.code, each.rows!.length])).toEqual([
      ["file-outside", 2],
    ]);
    // A name of a file or a column is never SQL.
    const [odd, where] = table(["x'); drop table t; --,y", "1,a", "2,b"], {
      modalities: { x: { ...tabular, numeric: ["x'); drop table t; --"] } },
    });
    writeFileSync(path.join(where, 'it\'s a "table".csv'), "x,y\n1,a\n2,b\n3,a\n4,b\n");
    await (await prepared({ ...odd, split: whole }, where)).close();
    await (
      await prepared(
        { ...odd, source: 'it\'s a "table".csv', split: whole, modalities: { x: { ...tabular, numeric: ["x"] } } },
        where,
      )
    ).close();
  });

  it("rates-differ, array-mismatch, never-present", async () => {
    const base = await firms(10);
    wav(path.join(base, "media/4.wav"), new Float32Array(3000), 16000);
    const native = { ...firmsPlan.modalities.call!, rate: "native" } as never;
    const differ = await problemsOf({ ...firmsPlan, modalities: { call: native } }, base);
    expect(differ.map((each) => [each.code, each.facts.rates, each.facts.write])).toEqual([
      ["rates-differ", ["8 kHz (9)", "16 kHz (1)"], "rate: 8kHz"],
    ]);
    const never = await problemsOf(
      { ...firmsPlan, modalities: { chart: { ...image, file: "none/{chart}", optional: true } } },
      base,
    );
    expect(never.map((each) => [each.code, each.facts])).toEqual([
      ["never-present", { name: "chart", rows: 6, check: 'file: "none/{chart}"' }],
    ]);
    const [plan, at] = table(["v,y", '"[1,2]",a', '"[1,2,3]",b'], {
      split: whole,
      modalities: { v: { type: "vector", normalize: "none", dim: 2 } },
    });
    expect((await problemsOf(plan, at)).map((each) => [each.code, each.rows!.map((row) => row.row)])).toEqual([
      ["array-mismatch", [2]],
    ]);
  });

  it("says everything at once, and leaves nothing half written", async () => {
    const base = await firms(10);
    rmSync(path.join(base, "media/3.png"));
    rmSync(path.join(base, "media/5.wav"));
    const csv = readFileSync(path.join(base, "firms.csv"), "utf8").replace("r7,", "r8,");
    writeFileSync(path.join(base, "firms.csv"), csv);
    const codes = (
      await problemsOf(
        { ...firmsPlan, targets: { label: { type: "binary", columns: ["label"], positive: "maybe" } } },
        base,
      )
    ).map((each) => each.code);
    expect(codes).toEqual(["duplicate-id", "file-missing", "file-missing", "positive-unknown"]);
  });
});

describe("facts for check", () => {
  it("tells columns, types and near names", async () => {
    const base = await firms(5);
    expect(await tableFacts("firms.csv", { base })).toEqual({
      status: "ok",
      path: "firms.csv",
      rows: 5,
      columns: [
        ["id", "text"],
        ["text", "text"],
        ["chart", "text"],
        ["call", "text"],
        ["size", "number"],
        ["debt", "number"],
        ["sector", "text"],
        ["label", "text"],
        ["day", "date"],
        ["part", "text"],
      ].map(([name, type]) => ({ name, type })),
    });
    expect(await tableFacts("firm.csv", { base })).toMatchObject({
      status: "missing",
      path: "firm.csv",
      near: { word: "firms.csv" },
    });
    expect(await tableFacts({ query: "select size + 1 as s from 'firms.csv'" }, { base })).toMatchObject({
      status: "ok",
      columns: [{ name: "s", type: "number" }],
    });
    expect(await tableFacts({ query: "select * from 'nothere.csv'" }, { base })).toMatchObject({
      status: "missing",
      path: "nothere.csv",
    });
    writeFileSync(path.join(base, "plain.txt"), "1,2,3\n4,5,6\n");
    expect(await tableFacts("plain.txt", { base, header: false })).toMatchObject({
      rows: 2,
      columns: [{ name: "column0", type: "number" }, { name: "column1" }, { name: "column2" }],
    });
  });
});
