/** `// mmfc-ignore CODE: reason`: what it silences, where it stands, and what is said of one that silences nothing. */
import { describe, expect, it } from "vitest";
import { compileText, problemDiagnostics, uselessDataIgnores } from "../../../compiler/compile.ts";
import { applyFixes } from "../../../diagnostics/fix.ts";

const host = { read: () => undefined, list: () => [] };
const compile = (text: string) => compileText(text, { path: "a.mmf", host });

/** A model with an encoder that nothing uses (a warning) and whatever stands around it. */
const spec = (above: string, behind = "", rest = "") => `model A {
  data { source: "a.csv" }
  modality report: text { tokens: 9 }
  target fell: binary
  ${above}
  encoder spare = report -> embedding(4) -> gru(4) ${behind}
  encoder words = report -> embedding(4) -> lstm(4)
  head risk: fell = words ${rest}
}
`;
const said = async (text: string) => (await compile(text)).diagnostics.map((d) => `${d.code}: ${d.message}`);
const nothing = (why: string) => `ignore-comment: This comment ignores nothing: ${why}.`;
const unused = "unused-value: `spare` is an encoder that nothing uses.";

describe("what it silences", () => {
  it.each([
    ["above", spec("// mmfc-ignore unused-value: later")],
    ["behind", spec("", "// mmfc-ignore unused-value: later")],
    ["in a doc comment", spec("/// mmfc-ignore unused-value: later")],
    ["in a block comment", spec("/* mmfc-ignore unused-value: later */")],
    ["behind a full-width colon", spec("// mmfc-ignore unused-value：以后")],
    ["above, with another comment between", spec("// mmfc-ignore unused-value: later\n  // for the next experiment")],
  ])("a warning of the statement, %s", async (_, text) => {
    expect(await said(text)).toEqual([]);
  });

  it("several codes, with commas or without", async () => {
    const both = (codes: string) => spec(`// mmfc-ignore ${codes}: later`).replace("gru(4)", "gru(4) -> flatten");
    expect(await said(both("unused-value, no-effect"))).toEqual([]);
    expect(await said(both("no-effect unused-value"))).toEqual([]);
    expect((await said(both("unused-value"))).map((s) => s.split(":")[0])).toEqual(["no-effect"]);
  });

  it("a note", async () => {
    const text = (comment: string) =>
      spec("", "").replace('"a.csv" }', `"a.csv", split: random(train: 80%, validation: 20%) } ${comment}`);
    expect((await said(text(""))).map((s) => s.split(":")[0])).toEqual(["no-test-part", "unused-value"]);
    expect(await said(text("// mmfc-ignore no-test-part: all rows are needed"))).toEqual([unused]);
  });
});

describe("a property", () => {
  const text = (above: string, behind = "") => `model A {
  data {
    source: "a.csv"
    ${above}
    split: random(train: 80%, validation: 20%) ${behind}
    id: "id"
  }
  modality report: text { tokens: 9 }
  target fell: binary
  encoder words = report -> embedding(4) -> lstm(4)
  head risk: fell = words
}
`;
  const comment = "// mmfc-ignore no-test-part: all rows are needed";
  it.each([
    ["above", text(comment)],
    ["behind", text("", comment)],
  ])("is silenced by a comment %s it", async (_, spec) => {
    expect(await said(text(""))).toHaveLength(1);
    expect(await said(spec)).toEqual([]);
  });

  it("is not by one at its neighbour", async () => {
    const elsewhere = text("").replace('id: "id"', `id: "id" ${comment}`);
    expect((await said(elsewhere)).map((s) => s.split(":")[0])).toEqual(["no-test-part", "ignore-comment"]);
  });
});

describe("what is said of one that silences nothing", () => {
  it.each([
    ["does not occur", spec("// mmfc-ignore no-effect: later"), [nothing("`no-effect` does not occur here"), unused]],
    [
      "unknown code",
      spec("// mmfc-ignore unused-valeu: later"),
      [nothing("no message is called `unused-valeu`"), unused],
    ],
    ["no reason", spec("// mmfc-ignore unused-value:"), [nothing("it gives no reason"), unused]],
    ["no reason, no colon", spec("// mmfc-ignore unused-value"), [nothing("it gives no reason"), unused]],
    ["no code", spec("// mmfc-ignore: later"), [nothing("it names no message"), unused]],
    ["prose", spec("// mmfc-ignore this for now"), [nothing("no message is called `this`"), unused]],
    [
      "another statement",
      spec("", "", "// mmfc-ignore unused-value: later"),
      [unused, nothing("`unused-value` does not occur here")],
    ],
    ["one of two", spec("// mmfc-ignore unused-value, no-effect: later"), [nothing("`no-effect` does not occur here")]],
    [
      "behind the last statement",
      `${spec("")}// mmfc-ignore unused-value: later\n`,
      [unused, nothing("`unused-value` does not occur here")],
    ],
  ])("%s", async (_, text, expected) => {
    expect((await said(text)).sort()).toEqual([...expected].sort());
  });

  it("errors stay", async () => {
    const text = spec("// mmfc-ignore unknown-op: later").replace("gru(4)", "grru(4)");
    expect(await said(text)).toEqual([nothing("errors stay"), "unknown-op: `grru` is neither an op nor a block."]);
  });

  it("nothing, beside an error: the check may not have come so far", async () => {
    const text = spec("// mmfc-ignore unused-value: later").replace("lstm(4)", "lstn(4)");
    expect((await said(text)).map((s) => s.split(":")[0])).toEqual(["unknown-op"]);
  });

  it.each([
    ["its line goes with it", spec("// mmfc-ignore no-effect: later"), spec("").replace("  \n", "")],
    [
      "behind a statement, the space goes",
      spec("", "// mmfc-ignore no-effect: later"),
      spec("", "").replace("gru(4) \n", "gru(4)\n"),
    ],
    [
      "of several, its code goes",
      spec("// mmfc-ignore no-effect, unused-value: later"),
      spec("// mmfc-ignore unused-value: later"),
    ],
    [
      "the last of several",
      spec("// mmfc-ignore unused-value, no-effect: later"),
      spec("// mmfc-ignore unused-value: later"),
    ],
    [
      "a misspelt code is corrected",
      spec("// mmfc-ignore unused-valu: later"),
      spec("// mmfc-ignore unused-value: later"),
    ],
  ])("the fix: %s", async (_, text, fixed) => {
    expect(applyFixes(text, (await compile(text)).diagnostics, "a.mmf").text).toBe(fixed);
  });
});

describe("messages about the data", () => {
  const text = spec("").replace(
    "target fell: binary",
    "target fell: multiclass // mmfc-ignore numbers-as-classes: stars",
  );
  const found = [
    { code: "numbers-as-classes", facts: { name: "fell", column: "fell", values: 5 }, about: { statement: "fell" } },
    { code: "text-cut", facts: { name: "report", tokens: 9, part: 0.5, enough: 20 }, about: { statement: "report" } },
  ];

  it("are silenced when they come", async () => {
    const compilation = await compile(text);
    expect(problemDiagnostics(compilation, "A", found).map((d) => d.code)).toEqual(["text-cut"]);
    expect(uselessDataIgnores(compilation)).toEqual([]);
  });

  it("are not missed while the data were not read, and are once they were", async () => {
    const compilation = await compile(text);
    expect(compilation.diagnostics.map((d) => d.code)).toEqual(["unused-value"]);
    expect(problemDiagnostics(compilation, "A", [])).toEqual([]);
    expect(uselessDataIgnores(compilation).map((d) => d.message)).toEqual([
      "This comment ignores nothing: `numbers-as-classes` does not occur here.",
    ]);
  });

  it("stay if they are errors, which is said once", async () => {
    const compilation = await compile(text.replace("numbers-as-classes", "one-value"));
    const error = { code: "one-value", facts: { column: "fell", value: "1", rows: 9 }, about: { statement: "fell" } };
    const codes = problemDiagnostics(compilation, "A", [error, { ...error }]).map((d) => d.code);
    expect(codes).toEqual(["one-value", "ignore-comment", "one-value"]);
  });

  it("a table that is not there is a note of the statement that names it", async () => {
    const missing = async () => ({ status: "missing" as const, path: "a.csv" });
    const silent = spec("", "", "").replace('"a.csv" }', '"a.csv" } // mmfc-ignore source-missing: made later');
    const { diagnostics } = await compileText(silent, { path: "a.mmf", host, readFacts: missing });
    expect(diagnostics.map((d) => d.code)).toEqual(["unused-value"]);
  });
});
