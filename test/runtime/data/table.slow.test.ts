/** Tables that are none, or odd ones: a sentence with the row and what helps, or the right rows. */
import { mkdirSync, readdirSync, writeFileSync } from "node:fs";
import path from "node:path";
import { gzipSync } from "node:zlib";
import { describe, expect, it } from "vitest";
import { type Code, entry } from "../../../diagnostics/catalogue.ts";
import type { DataPlan } from "../../../plan/plan.ts";
import type { DataProblem } from "../../../runtime/data/batch.ts";
import { openDatabase, trimmed } from "../../../runtime/data/duckdb.ts";
import { type Inspection, inspectData } from "../../../runtime/data/inspect.ts";
import type { LookOptions } from "../../../runtime/data/look.ts";
import { shareTables } from "../../../runtime/data/shared-tables.ts";
import { openTable } from "../../../runtime/data/source.ts";
import { folder, problemsOf, tabular, text } from "./made.ts";

type Files = { readonly [name: string]: string | Buffer };

const plain: Omit<DataPlan, "source"> = {
  split: { by: "in_order", train: 0.5, validation: 0, test: 0.5 },
  modalities: { sheet: { ...tabular, numeric: ["x"] } },
  targets: { y: { type: "multiclass", columns: ["y"] } },
};

const good = (n: number): string[] => [
  "id,x,y",
  ...Array.from({ length: n }, (_, i) => `${i},${i * 3},${i % 2 === 0 ? "a" : "b"}`),
];
const csv = (lines: readonly string[], end = "\n"): string => lines.join(end) + end;

function written(files: Files): string {
  const base = folder();
  for (const [name, content] of Object.entries(files)) writeFileSync(path.join(base, name), content);
  return base;
}

async function look(files: Files, plan: Partial<DataPlan> = {}, more: Partial<LookOptions> = {}): Promise<Inspection> {
  const base = written(files);
  const whole: DataPlan = { ...plain, source: Object.keys(files)[0]!, ...plan };
  return inspectData(whole, { base, cacheDir: path.join(base, ".cache"), threads: 2, ...more });
}

/** `code: sentence | help` of every problem. */
async function said(files: Files, plan: Partial<DataPlan> = {}): Promise<string[]> {
  return (await look(files, plan)).problems.map(sentence);
}

function sentence({ code, facts }: DataProblem): string {
  const { message, help } = entry(code as Code) as unknown as Record<"message" | "help", (facts: unknown) => string>;
  return `${code}: ${message(facts)} | ${help?.(facts) ?? ""}`;
}

const format = "save it as CSV or Parquet";
const row = "correct the row";
const unreadable = (why: string, help = row, file = "t.csv"): string[] => [
  `table-unreadable: ${file} is not readable as a table: ${why}. | ${help}`,
];

describe("delimited text", () => {
  it("reads every usual writing", async () => {
    const lines = good(8);
    const asIs = csv(lines);
    const ways: { [name: string]: string } = {
      "line feeds": asIs,
      "carriage returns and line feeds": csv(lines, "\r\n"),
      "carriage returns": csv(lines, "\r"),
      "a byte order mark": `\ufeff${asIs}`,
      semicolons: asIs.replaceAll(",", ";"),
      tabs: asIs.replaceAll(",", "\t"),
      "no end of the last line": asIs.trimEnd(),
      "blanks around ids": asIs.replaceAll(/^(\d)/gm, "\u3000$1 "),
    };
    for (const [name, text] of Object.entries(ways)) {
      const found = await look({ "t.csv": text });
      expect([found.rows, found.problems.map(sentence)], name).toEqual([8, []]);
    }
    expect(await said({ "t.csv": csv([...good(4), '9,9,"a\nb"']) })).toEqual([
      expect.stringContaining('unseen-class: "a b" is in 1 row of test'),
    ]);
  });

  it("names the row that is none", async () => {
    const cases: [string, string[], string[]][] = [
      ["short", ["7,7", "8,8,a,1"], unreadable("row 7 has 2 fields, the header 3")],
      ["long", ["8,8,a,1", "9,9,b"], unreadable("row 7 has 4 fields, the header 3")],
      ["open", ['8,"8,a', "9,9,b"], unreadable("row 7, line 8: a quote is not closed")],
      ["after", ['8,8,"a"b', "9,9,b"], unreadable("row 7, line 8: text goes on after a closing quote")],
    ];
    for (const [name, lines, expected] of cases)
      expect(await said({ "t.csv": csv([...good(6), ...lines]) }), name).toEqual(expected);
    const ends = `${good(4).join("\n")}\r\n${good(8).slice(5).join("\r\n")}\n`;
    const mixed = "its lines end with LF first and with CR LF from line 5 on";
    expect(await said({ "t.csv": ends })).toEqual(unreadable(mixed, "end all lines alike"));
    const endless = Buffer.concat([Buffer.from(csv(good(5))), Buffer.alloc(20_000_000, 97)]);
    expect(await said({ "t.csv": endless })).toEqual(unreadable("row 6 is longer than 17 MB"));
  });

  it("finds the row in the middle of many", async () => {
    const lines = good(50_000);
    lines[40_001] = "broken";
    expect(await said({ "t.csv": csv(lines) })).toEqual(unreadable("row 40,001 has 1 field, the header 3"));
  });

  it("minds names in the header only where they are read", async () => {
    const twice = (h: string): Files => ({ "t.csv": csv([h, "1,2,a,3,4", "2,3,b,4,4", "3,4,a,5,5", "4,5,b,5,6"]) });
    expect(await said(twice("id,x,y,z,z"))).toEqual([]);
    expect(await said(twice("id,x,y,x,z"))).toEqual(
      unreadable('its header has "x" in columns 2 and 4', "give each column a name of its own"),
    );
    expect(await said(twice("id,x,y,,"))).toEqual([]);
    const table = await openTable("t.csv", { base: written(twice("id,x,x,x_1,")) });
    expect(table.columns).toEqual(["id", "x", "x_2", "x_1", "column4"]);
    await table.close();
  });

  it("names the nearest column, and its blank", async () => {
    const named = (name: string): Files => ({ "t.csv": csv([`id,${name},y`, "1,2,a", "2,3,b", "3,4,a", "4,5,b"]) });
    const missing = (help: string): string[] => [`column-missing: t.csv has no column "x". | ${help}`];
    expect(await said(named(" x"))).toEqual(missing('write " x", with its blank'));
    expect(await said(named("数量"))).toEqual(missing('it has "id", "数量" and "y"'));
    const odd = { modalities: { sheet: { ...tabular, numeric: ['a.b"c{d}'] } } };
    expect(await said(named('"a.b""c{d}"'), odd)).toEqual([]);
  });

  it("says what is not text, where, and in which encoding", async () => {
    const start = csv(good(5));
    const notText = (byte: string, is: string, from: string): string[] => [
      `not-text: t.csv is not UTF-8 text: byte ${byte} is \`${is}\`. | save it as UTF-8 (\`iconv -f ${from} -t UTF-8\`)`,
    ];
    const chinese = Buffer.from([0xd6, 0xd0, 0xce, 0xc4]);
    const gb = Buffer.concat([Buffer.from(`${start}8,8,`), chinese, Buffer.from("\n")]);
    const late = Buffer.concat([Buffer.from(csv(good(200_000))), chinese, Buffer.from(",1,a\n")]);
    expect(await said({ "t.csv": gb })).toEqual(notText("43", "0xD6", "GB18030"));
    expect(await said({ "t.csv": late })).toEqual(
      notText((late.length - 8).toLocaleString("en-US"), "0xD6", "GB18030"),
    );
    expect(await said({ "t.csv": Buffer.from(`${start}8,8,café\n`, "latin1") })).toEqual(
      notText("46", "0xE9", "WINDOWS-1252"),
    );
    expect(await said({ "t.csv": Buffer.from(`\ufeff${start}`, "utf16le") })).toEqual(notText("1", "0xFF", "UTF-16"));
    expect(await said({ "t.csv": Buffer.from(start, "utf16le") })).toEqual(notText("2", "0x00", "UTF-16LE"));
    expect(await said({ "t.csv": `${start}8,8,a\0b\n` })).toEqual([
      "not-text: t.csv is not UTF-8 text: byte 44 is `0x00`. | save it as CSV in UTF-8, or as Parquet",
    ]);
  });

  it("says what is empty, packed badly, or no file", async () => {
    expect(await said({ "t.csv": "id,x,y\n" })).toEqual(["no-rows: t.csv has no rows below its header. | "]);
    for (const nothing of ["", "\n\n\n"])
      expect(await said({ "t.csv": nothing })).toEqual(unreadable("it is empty", format));
    const packed = gzipSync(csv(good(5000)));
    expect((await look({ "t.csv.gz": packed })).rows).toBe(5000);
    expect(await said({ "t.csv.gz": packed.subarray(0, 4000) })).toEqual([
      expect.stringMatching(/: it is cut off after [\d.]+ kB of text\. \| replace it by a whole one$/),
    ]);
    expect(await said({ "t.csv.gz": csv(good(5)) })).toEqual(unreadable("it is no gzip data", format, "t.csv.gz"));
    const base = folder();
    mkdirSync(path.join(base, "t.csv"));
    expect((await problemsOf({ ...plain, source: "t.csv" }, base)).map(sentence)).toEqual(
      unreadable("it is a folder", format),
    );
  });

  it("does not unpack a bomb", async () => {
    // 1.1 GB of one byte: gzip makes 1 MB of it, more than a thousandth.
    const bomb = gzipSync(Buffer.concat([Buffer.from("id,x,y\n"), Buffer.alloc(1_100_000_000, 48)]), { level: 1 });
    expect(await said({ "t.csv.gz": bomb })).toEqual([
      expect.stringMatching(/: it unpacks to more than 1 GB, which is 200 times its size or more\. \|/),
    ]);
  });

  it("reads a few of thousands of columns", async () => {
    const names = Array.from({ length: 10_000 }, (_, i) => `c${i}`).join(",");
    const cells = new Array(10_000).fill("1").join(",");
    const lines = [
      `id,x,y,${names}`,
      ...good(20)
        .slice(1)
        .map((line) => `${line},${cells}`),
    ];
    const found = await look({ "t.csv": csv(lines) });
    expect([found.rows, found.problems]).toEqual([20, []]);
  });

  it("says which cells are no numbers, and what they have in common", async () => {
    const cells = async (...lines: string[]): Promise<string[]> => said({ "t.csv": csv([...good(6), ...lines]) });
    const wrong = (n: string, help: string): string[] => [
      `cell-kind: ${n} of "x" ${n === "1 cell" ? "is not a number" : "are not numbers"}. | ${help}`,
    ];
    expect(await cells(`8,${"9".repeat(400)},a`, "9,1e400,b", "10,NaN,a", "11,inf,b")).toEqual(
      wrong("4 cells", "correct them"),
    );
    expect(await cells("8,n/a,a", "9,n/a,b")).toEqual(
      wrong("2 cells", 'correct them, or write `na: "n/a", impute: median`'),
    );
    expect(await cells('8,"1,5",a', '9,"1.234,5",b')).toEqual(
      wrong("2 cells", 'write numbers with a point: `1.5` instead of "1,5"'),
    );
  });
});

describe("other formats", () => {
  it("names the line of JSON lines", async () => {
    const lines = (...more: string[]): Files => ({
      "t.jsonl": `{"id":1,"x":1,"y":"a"}\n${more.join("\n")}\n{"id":3,"x":3,"y":"b"}\n`,
    });
    const line = (why: string): string[] => unreadable(`line 2 ${why}`, row, "t.jsonl");
    expect(await said(lines('{"id":2,"x":2,"y":'))).toEqual(line("is not whole JSON"));
    expect(await said(lines('{"id":2,"x":2,"y":"\\ud800"}'))).toEqual(line("has half a character (a lone surrogate)"));
    expect(await said(lines("[1, 2]"))).toEqual(line("is not an object"));
    expect(await said({ "t.jsonl": "" })).toEqual(unreadable("it is empty", format, "t.jsonl"));
    expect(await said(lines('{"id":2,"x":{"a":1},"y":"b"}', '{"id":4,"x":4,"y":"a"}'))).toEqual([
      expect.stringContaining('cell-kind: 1 cell of "x" is not a number.'),
    ]);
  });

  it("says that Parquet is cut off", async () => {
    const at = folder();
    const database = await openDatabase(at);
    await database.run(`COPY (SELECT i AS id, i AS x, 'a' AS y FROM range(9999) t(i)) TO '${at}/t.parquet'`);
    database.close();
    const { readFileSync } = await import("node:fs");
    const whole = readFileSync(path.join(at, "t.parquet"));
    for (const bytes of [whole.subarray(0, whole.length / 2), Buffer.from(csv(good(3))), Buffer.alloc(0)])
      expect(await said({ "t.parquet": bytes })).toEqual(
        unreadable("it is no Parquet, or it is cut off", "replace it by a whole one", "t.parquet"),
      );
  });
});

describe("queries", () => {
  const table = { "t.csv": csv(good(8)) };
  const why = async (query: string): Promise<string[]> => said(table, { source: { query } });
  const error = (reason: string): string[] => [`query-error: The query does not run: ${reason}. | `];

  it("read", async () => {
    for (const query of ["select * from 't.csv'", "-- all\nfrom 't.csv' -- of it", "with a as (from 't.csv') from a;"])
      expect(await why(query), query).toEqual([]);
  });

  it("do nothing else", async () => {
    for (const word of [
      "COPY (select 1) TO 'x.csv'",
      "ATTACH 'x.db'",
      "INSTALL httpfs",
      "DROP TABLE x",
      "SET threads = 1",
    ]) {
      const first = word.split(" ")[0];
      expect(await why(word)).toEqual(error(`it starts with \`${first}\`, and a query here only reads`));
    }
    expect(await why("select 1; select 2")).toEqual(error("it is more than one statement"));
    expect(await why("select * from 't.csv'); drop table x; select (1")).toHaveLength(1);
    expect(await why("")).toEqual(error("it is empty"));
    expect(await why("select * from 'https://example.com/x.csv'")).toEqual(
      error("it reads from the network, and a query here reads files only"),
    );
    const base = written(table);
    await inspectData(
      { ...plain, source: { query: "copy (select 1) to 'evil.csv'" } },
      { base, cacheDir: `${base}/c` },
    );
    expect(readdirSync(base).sort()).toEqual(["c", "t.csv"]);
  });

  it("say where they do not run", async () => {
    expect(await why("select * frm 't.csv'")).toEqual(error("syntax error at or near \"'t.csv'\""));
    expect(await said(table, { where: "xx > 3" })).toEqual(error('there is no column "xx"'));
    expect(await said(table, { where: "X2 > 3; drop table a" })).toEqual(error("it is more than one statement"));
    expect((await look(table, { where: '"x" >= 6' })).rows).toBe(6);
  });

  it("end when they are told to", async () => {
    const stopping = new AbortController();
    const reason = new Error("enough");
    setTimeout(() => stopping.abort(reason), 300);
    const endless = "select i as id, i as x, 'a' as y from range(1000000000000) t(i)";
    await expect(look(table, { source: { query: endless } }, { signal: stopping.signal })).rejects.toBe(reason);
  });
});

describe("tables of several files and models", () => {
  it("says which file lacks a column", async () => {
    const files = { "a.csv": csv(good(8)), "b.csv": csv(["y,id", "a,100", "b,101"]) };
    const plan: Partial<DataPlan> = {
      source: { files: { train: "a.csv", test: "b.csv" } },
      split: { by: "file", seed: 0 },
    };
    expect(await said(files, plan)).toEqual(['column-missing: b.csv has no column "x". | it has "id" and "y"']);
    expect(await said({ ...files, "b.csv": csv(["y,x,id", "a,5,100", "b,6,101"]) }, plan)).toEqual([]);
  });

  it("loads what models of one file share once, with the columns of all", async () => {
    const base = written({ "t.csv": csv(["id,x,z,y", "1,2,a,a", "2,3,b,b", "3,4,a,b", "4,5,b,a"]) });
    const plans: DataPlan[] = ["x", "z"].map((column) => ({
      ...plain,
      source: "t.csv",
      modalities: { sheet: { ...tabular, categorical: [column] } },
    }));
    const shared = shareTables(plans);
    const [first, second] = await Promise.all(plans.map((plan) => shared.open("t.csv", plan, { base })));
    for (const table of [first!, second!])
      await table.visit(["x", "z"], (cells) =>
        expect(cells).toEqual([
          ["2", "3", "4", "5"],
          ["a", "b", "a", "b"],
        ]),
      );
    for (const plan of plans) {
      const found = await inspectData(plan, { base, cacheDir: `${base}/c`, tables: shared });
      expect(found.problems).toEqual([]);
    }
    await shared.close();
    await expect(first!.visit(["x"], () => {})).rejects.toThrow();
  });
});

describe("labels and ids", () => {
  it("speaks of a thousand labels once", async () => {
    const lines = good(3000).map((line, i) => (i === 0 ? line : line.replace(/[ab]$/, `l${i}`)));
    const found = await look({ "t.csv": csv(lines) });
    expect(found.problems.map(sentence)).toEqual([
      'unseen-class: "l1501" and 1,499 other labels are in 1,500 rows of test and in none of train. | leave it out with `where`, or list it in `classes`, though nothing teaches it',
    ]);
    expect(found.problems[0]!.rows).toHaveLength(1500);
    const binary = { targets: { y: { type: "binary", columns: ["y"] } } } as const;
    expect(await said({ "t.csv": csv(lines) }, binary)).toEqual([
      expect.stringMatching(/holds 3,000 values: "l1", .* and 2,995 more\. \| write `multiclass`$/),
    ]);
  });

  it("names rows by their ids, those without one by their numbers", async () => {
    const found = await look({ "t.csv": csv([...good(4), "1,1,a", " 2 ,2,b", ",5,b", "7,n,a"]) });
    expect(found.problems.map(({ code, rows }) => [code, rows?.map((row) => [row.row, row.id])])).toEqual([
      ["empty-cell", [[7, undefined]]],
      [
        "duplicate-id",
        [
          [2, "1"],
          [5, "1"],
          [3, "2"],
          [6, "2"],
        ],
      ],
      ["cell-kind", [[8, "7"]]],
    ]);
  });

  it("says in a look what a training would note", async () => {
    const files = {
      "t.csv": csv(["id,x,y", ...Array.from({ length: 60 }, (_, i) => `n${i},one two three four,${i % 2}`)]),
    };
    const plan: Partial<DataPlan> = {
      modalities: {
        words: { ...text, column: "x", tokens: 3 },
        sheet: { ...tabular, categorical: ["id"] },
      },
    };
    const { notes } = await look(files, plan);
    expect(
      notes.filter(({ code }) => ["text-cut", "id-as-category"].includes(code)).map(({ code, facts }) => [code, facts]),
    ).toEqual([
      ["text-cut", { name: "words", tokens: 3, part: 1, enough: 4 }],
      ["id-as-category", { column: "id", values: 30, rows: 30, name: "sheet" }],
    ]);
  });

  it("counts the cells that something stands in for", async () => {
    const files = { "t.csv": csv(["id,x,z,y", "1,1,,a", "2,,,b", "3,3,3,a", "4,4,4,b"]) };
    const sheet = { ...tabular, numeric: ["x", "z"] };
    const noted = async (more: object): Promise<unknown[]> => {
      const { notes } = await look(files, { modalities: { sheet: { ...sheet, ...more } } });
      return notes.filter((note) => note.code !== "absent").map(({ code, facts }) => [code, facts]);
    };
    expect(await noted({ impute: "median" })).toEqual([
      ["cells-filled", { name: "sheet", cells: 3, rows: 2, impute: "median" }],
    ]);
    expect(await noted({ missing: "empty" })).toEqual([["cells-filled", { name: "sheet", cells: 3, rows: 2 }]]);
    expect(await noted({ missing: "drop" })).toEqual([["rows-dropped", { name: "sheet", rows: 2, of: 4 }]]);
  });
});

it("hands out cells as they are, whatever stands in them", async () => {
  const at = folder();
  const odd = [
    "",
    " ",
    null,
    "\u0001",
    "\u0002",
    "a\u0001b",
    "\u0002a",
    "中文",
    "😀",
    "x".repeat(100),
    null,
    "\n",
    '"',
  ];
  const lines = odd.map((one, i) => JSON.stringify({ id: i, whole: one, none: null, plain: `p${i}` }));
  writeFileSync(path.join(at, "t.jsonl"), lines.join("\n"));
  const table = await openTable("t.jsonl", { base: at });
  const seen: unknown[] = [];
  await table.visit(["whole", "none", "plain"], (cells, start) => {
    seen.push(start, ...cells);
  });
  expect(seen).toEqual([0, odd, odd.map(() => null), odd.map((_, i) => `p${i}`)]);
  await table.close();
});

it("trims in SQL as in JavaScript", async () => {
  const database = await openDatabase(".");
  const texts = [
    "",
    " ",
    "\u3000",
    " a\u00a0",
    "\ufeffb\t\n",
    "中 文",
    "\u2028x\u200a",
    "x",
    "é ",
    "\u200bz\u200b",
    "😀 ",
  ];
  for (const one of texts) {
    const [[got]] = (await database.rows(`SELECT ${trimmed("t")} FROM (SELECT '${one}' AS t)`)) as [[string | null]];
    expect(got ?? "", JSON.stringify(one)).toBe(one.trim());
  }
  database.close();
});
