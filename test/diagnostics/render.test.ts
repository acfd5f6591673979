/** What the twelve frames leave open: cutting, wrapping, order, numbers of messages, colour, ASCII, formats and fixes. */
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { report } from "../../diagnostics/catalogue.ts";
import type { Diagnostic } from "../../diagnostics/diagnostic.ts";
import { applyFixes } from "../../diagnostics/fix.ts";
import { renderLine, renderLines, rowLines, summary, toGithub, toJson } from "../../diagnostics/formats.ts";
import { drawLine } from "../../diagnostics/frame.ts";
import { renderPretty } from "../../diagnostics/render.ts";
import { toSarif } from "../../diagnostics/sarif.ts";
import type { SourceFile } from "../../diagnostics/span.ts";
import { displayWidth } from "../../diagnostics/width.ts";
import { wrap } from "../../diagnostics/wrap.ts";
import { schemaMistakes } from "./sarif-schema.ts";

function fileOf(text: string, path = "a.mmf"): Map<string, SourceFile> {
  return new Map([[path, { path, text }]]);
}

function stray(start: number, end = start + 1, extras: Partial<Diagnostic> = {}): Diagnostic {
  return { ...report("stray-character", { file: "a.mmf", start, end }, { text: ";" }), ...extras };
}

describe("frames", () => {
  test("wide characters, combining marks, emoji, tabs", () => {
    expect(["年报", "é", "e\u0301", "👩‍👩‍👧", "：", "한글", "\t", "ｱ", "🇫🇷"].map(displayWidth)).toEqual([
      4, 1, 1, 2, 2, 4, 2, 1, 2,
    ]);
    const text = "\t年e\u0301;";
    expect(renderPretty([stray(4)], fileOf(text))).toBe(
      "a.mmf:1:5 error stray-character\n  1 |   年e\u0301;\n    |      ^\n  `;` means nothing here.\n  help: remove it\n\n",
    );
  });

  test("a long line is cut on both sides around its mark, at most 100 cells", () => {
    const text = `${"a".repeat(200)};${"b".repeat(200)}`;
    const [, line = "", marks = ""] = renderPretty([stray(200)], fileOf(text)).split("\n");
    expect(line).toHaveLength(100);
    expect(line).toMatch(/^ {2}1 \| …a+;b+…$/);
    expect(marks.indexOf("^")).toBe(line.indexOf(";"));
  });

  test("lines and marks keep to the width and to each other, whatever is marked", () => {
    const part = fc.constantFrom("a", " ", "年", "e\u0301", "👩‍👩‍👧", "\t", "->", '"');
    fc.assert(
      fc.property(
        fc.array(part, { maxLength: 120 }).map((p) => p.join("")),
        fc.array(fc.tuple(fc.nat(300), fc.nat(40), fc.option(fc.constantFrom("f32[B, features=128]", "128"))), {
          minLength: 1,
          maxLength: 4,
        }),
        fc.constantFrom("…", "..."),
        (line, raw, dots) => {
          const marks = raw.map(([at, length, label], i) => {
            const start = Math.min(at, line.length);
            return {
              start,
              end: Math.min(start + length, line.length),
              style: i === 0 ? ("^" as const) : ("-" as const),
              ...(label === null ? {} : { label }),
            };
          });
          const drawn = drawLine(line, marks, 93, dots);
          expect(displayWidth(drawn.text)).toBeLessThanOrEqual(93);
          for (const row of drawn.below) expect(displayWidth(row.map((p) => p.text).join(""))).toBeLessThanOrEqual(93);
          expect(drawn.below[0]?.map((p) => p.text).join("")).toMatch(/[\^-]/);
        },
      ),
    );
  });

  test("a place over several lines is marked to the end of its first; the end of the file has a mark", () => {
    expect(renderPretty([stray(0, 9)], fileOf("abc\ndefgh\n")).split("\n")[2]).toBe("    | ^^^");
    expect(
      renderPretty([stray(4)], fileOf("abc\n"))
        .split("\n")
        .slice(0, 3),
    ).toEqual(["a.mmf:2:1 error stray-character", "  2 | ", "    | ^"]);
  });

  test("text wraps at 100, never inside backticks or between a word and its number", () => {
    const lines = wrap(
      `${"word ".repeat(18)}(see line 22) and \`some code that is long\` in epoch 6 of 3,471 rows, 1.4 % of them`,
      98,
    );
    for (const line of lines) {
      expect(line.length).toBeLessThanOrEqual(98);
      expect((line.match(/`/g) ?? []).length % 2).toBe(0);
      expect(line).not.toMatch(/(line|epoch|of|1\.4)$/);
      expect(line).not.toMatch(/^(rows|%)/);
    }
    expect(lines.join(" ")).toContain(
      "(see line 22) and `some code that is long` in epoch 6 of 3,471 rows, 1.4 % of them",
    );
  });

  test("rows: ten at most, ids, values", () => {
    const rows = Array.from({ length: 27 }, (_, i) => ({
      table: "t.csv",
      row: i * 400 + 1,
      id: `k${i}`,
      value: "n/a",
    }));
    const d = report(
      "cell-kind",
      { file: "a.mmf", start: 0, end: 1 },
      { cells: 27, column: "roa", kind: "number" },
      { rows },
    );
    const lines = renderPretty([d], fileOf("x")).split("\n");
    expect(lines[3]).toBe('  27 cells of "roa" are not numbers:');
    expect(lines[4]).toBe('    row 1 (k0)      "n/a"');
    expect(lines[13]).toBe('    row 3,601 (k9)  "n/a"');
    expect(lines[14]).toBe("    and 17 more");
    expect(lines[15]).toBe("  help: correct them");
  });

  test("twenty at most, in the order of file and place", () => {
    const many = Array.from({ length: 51 }, (_, i) => stray(50 - i));
    const text = renderPretty(many, fileOf(";".repeat(51)));
    expect(text.match(/stray-character/g)).toHaveLength(20);
    expect(text.startsWith("a.mmf:1:1 ")).toBe(true);
    expect(text.endsWith("\n\nand 31 more\n")).toBe(true);
    expect(renderPretty([], fileOf(""))).toBe("");
  });

  test("a message without a file has no place", () => {
    const d = report("node-version", { file: "", start: 0, end: 0 }, { version: "18.0.0" });
    expect(renderPretty([d], new Map())).toBe(
      "error node-version\n  mmfc runs on Node 20.19 or later; this is 18.0.0.\n  help: install Node 24\n\n",
    );
  });

  test("colour only adds escapes, and never says anything alone", () => {
    const files = fileOf("a; b");
    const plain = renderPretty([stray(1)], files);
    const colored = renderPretty([stray(1)], files, { color: true });
    expect(colored).toContain("\x1b[31merror\x1b[0m");
    expect(colored.replace(/\x1b\[\d+m/g, "")).toBe(plain);
  });

  test("ASCII has no sign of ours outside ASCII", () => {
    const text = renderPretty([stray(200)], fileOf(`${"a".repeat(200)};${"b".repeat(200)}`), { ascii: true });
    expect(text).toMatch(/^[\x20-\x7e\n]*$/);
    expect(text.split("\n")[1]).toHaveLength(100);
  });

  test("control characters and bidirectional overrides of a spec do not reach the terminal", () => {
    expect(renderPretty([stray(0)], fileOf(";\x1b[31m\u202e\0"))).not.toMatch(/[\x1b\0\u202e]/);
  });
});

describe("formats", () => {
  const text = "fusion j: mid = add(a, b)\n";
  const files = fileOf(text, "credit.mmf");
  const d = report(
    "fusion-sources",
    { file: "credit.mmf", start: 16, end: 19 },
    { word: "add", takes: "two or more", has: 1, use: "dense" },
    {
      marks: [{ span: { file: "credit.mmf", start: 20, end: 21 }, style: "-", label: "f32[B]" }],
      rows: [{ table: "t.csv", row: 3 }],
    },
  );

  test("one line", () => {
    expect(renderLine(d, files)).toBe(
      "credit.mmf:1:17: error: `add` joins two or more, not 1. (row 3) help: use `dense` [fusion-sources]",
    );
    expect(renderLine({ ...d, rows: [] }, files)).toBe(
      "credit.mmf:1:17: error: `add` joins two or more, not 1. help: use `dense` [fusion-sources]",
    );
    expect(renderLines([d, d], files).split("\n")).toHaveLength(3);
  });

  test("JSON", () => {
    expect(JSON.parse(JSON.stringify(toJson([d], files)))).toEqual({
      diagnostics: [
        {
          code: "fusion-sources",
          severity: "error",
          message: "`add` joins two or more, not 1.",
          file: "credit.mmf",
          start: { line: 1, column: 17 },
          end: { line: 1, column: 20 },
          help: "use `dense`",
          related: [
            { message: "f32[B]", file: "credit.mmf", start: { line: 1, column: 21 }, end: { line: 1, column: 22 } },
          ],
          fixable: false,
          rows: [{ table: "t.csv", row: 3 }],
        },
      ],
      errors: 1,
      warnings: 0,
    });
  });

  test("GitHub: one line each, signs escaped", () => {
    const odd = { ...d, message: "50 %: a\nb.", severity: "note" as const };
    expect(toGithub([odd], fileOf(text, "credit.mmf"))).toBe(
      "::notice file=credit.mmf,line=1,col=17,endLine=1,endColumn=20,title=fusion-sources::50 %25: a%0Ab.%0Arow 3%0Ahelp: use `dense`\n",
    );
  });

  test("rows of a table are in all of them, ten or three, and how many more", () => {
    const rows = Array.from({ length: 27 }, (_, i) => ({
      table: "t.csv",
      row: i + 1,
      id: `r${i}`,
      path: `p${i}.wav`,
      why: "no samples",
    }));
    const many = { ...d, rows };
    expect(renderLine(many, files)).toContain(
      " (row 1 (r0) p0.wav: no samples; row 2 (r1) p1.wav: no samples; row 3 (r2) p2.wav: no samples; and 24 more) help:",
    );
    expect(toGithub([many], files)).toContain("%0Arow 10 (r9) p9.wav: no samples%0Aand 17 more%0Ahelp: ");
    expect(renderPretty([many], files)).toContain("\n    and 17 more\n");
    expect(toJson([many], files).diagnostics[0]?.rows).toEqual(rows);
    expect(rowLines({ rows, rowCount: 90_000 }).at(-1)).toBe("and 89,990 more");
    expect(
      rowLines({
        rows: [
          { table: "a.csv", row: 1, value: "n/a" },
          { table: "b.csv", row: 1 },
        ],
      }),
    ).toEqual(['a.csv row 1 "n/a"', "b.csv row 1"]);
  });

  test("SARIF has places, compared places, fixes and rows", () => {
    const edit = { span: { file: "credit.mmf", start: 16, end: 19 }, text: "dense" };
    const fixable = { ...d, fix: { title: "write `dense`", edits: [edit], certain: true } };
    const log = toSarif([fixable], files, "0.1.0");
    expect(schemaMistakes(log)).toEqual([]);
    const region = { startLine: 1, startColumn: 17, endLine: 1, endColumn: 20 };
    expect(log).toMatchObject({
      version: "2.1.0",
      runs: [
        {
          tool: { driver: { name: "mmfc", version: "0.1.0", rules: [{ id: "fusion-sources" }] } },
          columnKind: "utf16CodeUnits",
          results: [
            {
              ruleId: "fusion-sources",
              ruleIndex: 0,
              level: "error",
              message: { text: "`add` joins two or more, not 1.\nrow 3\nhelp: use `dense`" },
              locations: [{ physicalLocation: { artifactLocation: { uri: "credit.mmf" }, region } }],
              relatedLocations: [{ message: { text: "f32[B]" } }],
              fixes: [
                {
                  description: { text: "write `dense`" },
                  artifactChanges: [{ replacements: [{ deletedRegion: region, insertedContent: { text: "dense" } }] }],
                },
              ],
              properties: { rows: [{ table: "t.csv", row: 3 }], rowCount: 1 },
            },
          ],
        },
      ],
    });
  });

  test("SARIF names files as references", () => {
    const at = (path: string): string => {
      const log = toSarif([{ ...d, span: { ...d.span, file: path } }], fileOf(text, path), "0.1.0");
      return (/"uri":"([^"]*)"/.exec(JSON.stringify(log)) as RegExpExecArray)[1] as string;
    };
    expect(at("my specs/信贷 #1.mmf")).toBe("my%20specs/%E4%BF%A1%E8%B4%B7%20%231.mmf");
    expect(at("/a b/c.mmf")).toBe("file:///a%20b/c.mmf");
    const nowhere = toSarif([{ ...d, marks: [], span: { file: "", start: 0, end: 0 } }], new Map(), "0.1.0");
    expect(schemaMistakes(nowhere)).toEqual([]);
  });

  test("the line below", () => {
    const fixable = { ...d, fix: { title: "x", edits: [], certain: true } };
    expect(summary([fixable, d, fixable], ["credit.mmf"])).toBe(
      "3 errors in credit.mmf, 2 of them fixable: mmfc check --fix credit.mmf",
    );
    expect(summary([d, { ...d, severity: "warning" }], ["a.mmf", "b.mmf"])).toBe("1 error and 1 warning in 2 specs");
    expect(summary([{ ...d, severity: "note" }], ["a.mmf"])).toBeUndefined();
  });
});

describe("fixes", () => {
  const fix = (start: number, end: number, text: string, certain = true): Diagnostic =>
    stray(start, end, { fix: { title: "t", certain, edits: [{ span: { file: "a.mmf", start, end }, text }] } });

  test("certain ones, from left to right, whatever their order", () => {
    const { text, applied } = applyFixes("abcdef", [
      fix(4, 5, "EE"),
      fix(0, 1, ""),
      fix(2, 2, "-"),
      fix(5, 6, "x", false),
    ]);
    expect(text).toBe("b-cdEEf");
    expect(applied).toHaveLength(3);
  });

  test("of two that overlap the first wins; a fix is applied whole or not at all", () => {
    const both: Diagnostic = stray(2, 3, {
      fix: {
        title: "t",
        certain: true,
        edits: [
          { span: { file: "a.mmf", start: 0, end: 1 }, text: "X" },
          { span: { file: "a.mmf", start: 5, end: 6 }, text: "Y" },
        ],
      },
    });
    expect(applyFixes("abcdef", [fix(0, 2, "1"), both]).text).toBe("1cdef");
    expect(applyFixes("abcdef", [fix(0, 1, "1"), fix(0, 1, "1")]).text).toBe("1bcdef");
    expect(applyFixes("abcdef", [fix(1, 1, "1"), fix(1, 1, "2")]).text).toBe("a1bcdef");
  });

  test("edits outside the text or in another file are left alone", () => {
    expect(applyFixes("abc", [fix(2, 9, "x")]).text).toBe("abc");
    expect(applyFixes("abc", [fix(0, 1, "x")], "b.mmf").text).toBe("abc");
  });
});
