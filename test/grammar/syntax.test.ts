/** Every code of the Syntax family: a bad text gives exactly that code at its place; its fix gives a clean text. */
import { describe, expect, it } from "vitest";
import { applyEdits } from "../../diagnostics/fix.ts";
import { read } from "./specs.ts";

/** `«»` marks the place. The statement stands in a model between others, which must survive. */
type Row = readonly [code: string, statement: string, fixed?: string];

const rows: readonly Row[] = [
  ["full-width-sign", "modality q«：» text { tokens：10，lower: true }", "modality q: text { tokens:10,lower: true }"],
  ["quote-form", "target z: binary { positive: «'yes'» }", 'target z: binary { positive: "yes" }'],
  ["quote-form", "target z: binary { positive: «“yes”» }", 'target z: binary { positive: "yes" }'],
  ["arrow-form", "encoder e = t «→» lstm(3)", "encoder e = t -> lstm(3)"],
  ["arrow-form", "encoder e = t «=>» lstm(3)", "encoder e = t -> lstm(3)"],
  ["arrow-form", "encoder e = t «>>» lstm(3)", "encoder e = t -> lstm(3)"],
  ["size-form", "encoder e = t -> conv2d(3, «3×3»)", "encoder e = t -> conv2d(3, 3x3)"],
  ["size-form", "encoder e = t -> conv2d(3, «3*3»)", "encoder e = t -> conv2d(3, 3x3)"],
  ["size-form", "encoder e = t -> conv2d(3, «(3, 3)»)", "encoder e = t -> conv2d(3, 3x3)"],
  ["comment-form", "encoder e = t «#» later", "encoder e = t // later"],
  ["comment-form", "encoder e = t «--» later", "encoder e = t // later"],
  ["spaced-value", "train { share: «70 %» }", "train { share: 70% }"],
  ["spaced-value", "train { wait: «30 d» }", "train { wait: 30d }"],
  ["spaced-value", "modality q: image { rescale: «1 / 255» }", "modality q: image { rescale: 1/255 }"],
  ["colon-or-equals", "modality q: image { size «=» 64x64 }", "modality q: image { size: 64x64 }"],
  ["colon-or-equals", "encoder e = t -> f(dim«=»8)", "encoder e = t -> f(dim: 8)"],
  ["colon-or-equals", "encoder e«:» t -> lstm(8)", "encoder e = t -> lstm(8)"],
  ["colon-or-equals", "modality q «=» text { tokens: 3 }", "modality q: text { tokens: 3 }"],
  ["colon-or-equals", "head g «=» y = t", "head g: y = t"],
  ["colon-or-equals", "let a«:» 3", "let a = 3"],
  ["colon-or-equals", "encoder e: f32[B, time«:»626] = t", "encoder e: f32[B, time=626] = t"],
  ["colon-or-equals", "block b(x«=»1) = dense(x)", "block b(x: 1) = dense(x)"],
  ["colon-or-equals", "train«:» { epochs: 3 }", "train { epochs: 3 }"],
  ["missing-sign", "encoder e = f(t« »u)", "encoder e = f(t, u)"],
  ["missing-sign", "evaluate { hide: [t« »u] }", "evaluate { hide: [t, u] }"],
  ["missing-sign", "train« »epochs: 3, seed: 1 }", "train { epochs: 3, seed: 1 }"],
  ["missing-sign", "modality q: text« »tokens: 3 }", "modality q: text { tokens: 3 }"],
  ["missing-sign", "head g: y = t« »loss: f1 }", "head g: y = t { loss: f1 }"],
  ["missing-sign", "train« »epochs: 3", "train { epochs: 3 }"],
  ["missing-sign", "head g: y = t { metrics: [f1« »a: true), g] }", "head g: y = t { metrics: [f1(a: true), g] }"],
  ["given-twice", "encoder e = t -> f(a: g «g»(b))", "encoder e = t -> f(a: g(b))"],
  ["given-twice", "encoder e = t -> lstm «lstm»(8)", "encoder e = t -> lstm(8)"],
  ["given-twice", "train { epochs «epochs»: 3 }", "train { epochs: 3 }"],
  ["given-twice", "encoder e = f(a «a»: 3)", "encoder e = f(a: 3)"],
  ["unexpected-text", "evaluate { hide: [f()«t»] }", "evaluate { hide: [f(t)] }"],
  ["missing-sign", "modality q: image { size« »64x64 }", "modality q: image { size: 64x64 }"],
  ["missing-sign", "data { split: by_time(train« »70%) }", "data { split: by_time(train: 70%) }"],
  ["missing-sign", "encoder e = t« »lstm(8)", "encoder e = t -> lstm(8)"],
  ["missing-sign", "head g: y« »t", "head g: y = t"],
  ["missing-sign", "modality q« »text { tokens: 3 }", "modality q: text { tokens: 3 }"],
  ["missing-sign", "let a« »3", "let a = 3"],
  ["extra-bracket", "train { epochs: 3 } «}»", "train { epochs: 3 } "],
  ["extra-bracket", "encoder e = t -> lstm(8)«)»", "encoder e = t -> lstm(8)"],
  ["not-closed", "encoder e = f«(»t, t", "encoder e = f(t, t)"],
  ["not-closed", "encoder e = f(«[»t, t)", "encoder e = f([t, t])"],
  ["not-closed", "encoder e = f«(»t, t]", "encoder e = f(t, t)"],
  ["not-closed", "modality q: text «{» tokens: 3", "modality q: text { tokens: 3}"],
  ["not-closed", 'modality q: text { column: «"»close }', 'modality q: text { column: "close" }'],
  ["not-closed", 'data { source: query(«"""»select 1', undefined],
  ["not-closed", "encoder e = t «/*» later", "encoder e = t /* later */"],
  ["number-form", "modality q: image { size: «150x» }", "modality q: image { size: 150x150 }"],
  ["number-form", "modality q: text { vocabulary: «10,000» }", "modality q: text { vocabulary: 10_000 }"],
  ["number-form", "encoder e = t -> embedding(«10,000»)", "encoder e = t -> embedding(10_000)"],
  ["number-form", "train { wait: «5m» }", "train { wait: 5min }"],
  ["number-form", "train { rate: «16khz» }", "train { rate: 16kHz }"],
  ["number-form", "train { rate: «1e999» }", undefined],
  ["number-form", "train { rate: «2e» }", "train { rate: 2 }"],
  ["number-form", "train { rate: «.5» }", "train { rate: 0.5 }"],
  ["escape-form", String.raw`data { source: "C:«\d»ata\x" }`, String.raw`data { source: "C:\\data\\x" }`],
  ["escape-form", String.raw`data { source: "a«\ud800»" }`, String.raw`data { source: "a\\ud800" }`],
  ["stray-character", "train { epochs: 3«;» seed: 1; }", "train { epochs: 3 seed: 1 }"],
  ["stray-character", "train { epochs: 3 «@» }", "train { epochs: 3  }"],
  ["stray-character", "train { ep«\u200b»ochs: 3 }", "train { epochs: 3 }"],
  ["name-form", "encoder «my-words» = t", "encoder my_words = t"],
  ["name-form", "encoder «block» = t", "encoder my_block = t"],
  ["name-form", "encoder «2d_block» = t", "encoder _2d_block = t"],
  ["name-form", "encoder «my words» = t", "encoder my_words = t"],
  ["name-form", 'encoder «"words"» = t', "encoder words = t"],
  ["statement-start", "«input» a: text", "modality a: text"],
  ["statement-start", "«modalty» a: text", "modality a: text"],
  ["statement-start", "«trian» { epochs: 3 }", "train { epochs: 3 }"],
  ["statement-start", "«sizes» { a: 3 }", undefined],
  ["statement-start", '«use» "b.mmf"', undefined],
  ["missing-kind", "modality «a» { tokens: 3 }", "modality a: text { tokens: 3 }"],
  ["missing-kind", "modality «a»:", "modality a: text"],
  ["missing-kind", "target «a»", "target a: binary"],
  ["missing-kind", "fusion «j» = add(t, t)", "fusion j: mid = add(t, t)"],
  ["missing-kind", "head «g» = t", "head g: y = t"],
  ["unexpected-text", "encoder e = «->» lstm(3)", undefined],
  ["unexpected-text", "train { epochs: «,» seed: 3 }", undefined],
  ["unexpected-text", "encoder e = lstm(3) ->«»", undefined],
];

const before = "model M {\n  modality t: text { tokens: 10 }\n  target y: binary\n  ";
const after = "\n  head h: y = t -> dense(3)\n}\n";

describe("syntax", () => {
  it.each(rows)("%s: %s", (code, marked = "", fixed) => {
    const statement = marked.replace(/[«»]/g, "");
    const text = before + statement + after;
    const start = before.length + marked.indexOf("«");
    const end = before.length + marked.indexOf("»") - 1;
    const { ast, diagnostics } = read(text);
    expect(diagnostics.map((d) => [d.code, d.span.start, d.span.end])).toEqual([[code, start, end]]);
    const model = ast.models[0];
    const whole = model?.statements.filter((s) => !s.broken).map((s) => `${s.kind}:${"name" in s ? s.name?.text : ""}`);
    expect(whole).toEqual(expect.arrayContaining(["declaration:t", "declaration:y", "definition:h"]));
    if (fixed === undefined) return;
    const edits = diagnostics[0]?.fix?.edits ?? [];
    const repaired = applyEdits(text, edits);
    expect(repaired).toBe(before + fixed + after);
    expect(read(repaired).diagnostics).toEqual([]);
  });

  it("codes read as meant break no statement", () => {
    const meant = new Set([
      "full-width-sign",
      "quote-form",
      "arrow-form",
      "size-form",
      "comment-form",
      "spaced-value",
      "colon-or-equals",
      "missing-sign",
      "extra-bracket",
      "stray-character",
    ]);
    for (const [code, marked] of rows) {
      const { ast } = read(before + marked.replace(/[«»]/g, "") + after);
      const broken = ast.models.some((m) => m.statements.some((s) => s.broken));
      if (meant.has(code)) expect(broken, marked).toBe(false);
    }
  });

  it("several slips of one statement are all said", () => {
    const { diagnostics } = read(`${before}train { share = 70 %, name: 'a' }${after}`);
    expect(diagnostics.map((d) => d.code)).toEqual(["colon-or-equals", "spaced-value", "quote-form"]);
  });

  it("a name that cannot be one is said once, and its fix changes every use", () => {
    const text = `${before}encoder my-words = t\n  fusion f: mid = add(my-words, t)${after}`;
    const { ast, diagnostics } = read(text);
    expect(diagnostics.map((d) => d.code)).toEqual(["name-form"]);
    expect(read(applyEdits(text, diagnostics[0]?.fix?.edits ?? [])).diagnostics).toEqual([]);
    const encoder = ast.models[0]?.statements.find((s) => s.kind === "definition" && s.word === "encoder");
    expect(encoder !== undefined && "name" in encoder ? encoder.name?.text : "").toBe("my_words");
  });

  it("a statement outside a model, a model's word misspelt, a model that is not closed", () => {
    expect(read("encoder a = b").diagnostics.map((d) => d.message)).toEqual([
      "`encoder` starts no statement outside a model.",
    ]);
    const misspelt = read("modle A {\n  target y: binary\n}\nmodel B {\n}\n");
    expect(misspelt.diagnostics.map((d) => d.code)).toEqual(["statement-start"]);
    expect(misspelt.ast.models.map((m) => [m.name?.text, m.statements.length])).toEqual([
      ["A", 1],
      ["B", 0],
    ]);
    const open = read("model A {\n  target y: binary\nmodel B {\n}\n");
    expect(open.diagnostics.map((d) => [d.code, d.span.start])).toEqual([["not-closed", 8]]);
    expect(open.ast.models.map((m) => m.name?.text)).toEqual(["A", "B"]);
  });

  it("what is no spec: NUL, too large, too deep", () => {
    expect(read("model A {\n\0 }").diagnostics.map((d) => d.code)).toEqual(["not-text"]);
    expect(read("文本\0").diagnostics[0]?.message).toContain("byte 7");
    expect(read("x".repeat(1_000_001)).diagnostics.map((d) => d.code)).toEqual(["spec-too-large"]);
    expect(read(`model A { encoder a = ${"f(".repeat(101)}`).diagnostics.map((d) => d.code)).toEqual([
      "spec-too-large",
    ]);
    const deep = `model A { encoder a = ${"f(".repeat(99)}b${")".repeat(99)} }`;
    expect(read(deep).diagnostics).toEqual([]);
  });
});
