/** The twelve frames of the message catalogue, byte for byte, each on the credit spec with one mistake. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { type Code, type Extras, type FactsOf, report } from "../../diagnostics/catalogue.ts";
import type { Diagnostic } from "../../diagnostics/diagnostic.ts";
import { foreignWord } from "../../diagnostics/foreign.ts";
import { near } from "../../diagnostics/near.ts";
import { renderPretty } from "../../diagnostics/render.ts";
import { lineStarts, type SourceFile, type Span } from "../../diagnostics/span.ts";

const here = import.meta.dirname;
const spec = readFileSync(join(here, "credit.mmf"), "utf8");

/** The frames of the catalogue; each starts at the margin. */
const frames = readFileSync(join(here, "frames.txt"), "utf8")
  .trimEnd()
  .split(/\n(?=\S)/);

/** The credit spec with one line replaced, and spans by line and text. */
function mistake(line: number, text?: string, name = "credit.mmf") {
  const lines = spec.split("\n");
  if (text !== undefined) lines[line - 1] = text;
  const file: SourceFile = { path: name, text: lines.join("\n") };
  const at = (on: number, what: string, nth = 0): Span => {
    const from = lineStarts(file)[on - 1] as number;
    let start = (lines[on - 1] ?? "").indexOf(what);
    for (let i = 0; i < nth; i++) start = (lines[on - 1] ?? "").indexOf(what, start + 1);
    if (start < 0) throw new Error(`no ${what} in line ${on}`);
    return { file: name, start: from + start, end: from + start + what.length };
  };
  const draw = (...diagnostics: Diagnostic[]): string => renderPretty(diagnostics, new Map([[name, file]]));
  return { at, draw };
}

function frame(index: number, drawn: string): void {
  expect(drawn).toBe(`${frames[index]}\n\n`);
}

function say<C extends Code>(code: C, span: Span, facts: FactsOf<C>, extras?: Extras): Diagnostic {
  return report(code, span, facts, extras);
}

const certain = { title: "write it", certain: true, edits: [] } as const;

test("there are twelve frames", () => {
  expect(frames).toHaveLength(12);
});

test("full-width-sign: display width, marks of one line", () => {
  const { at, draw } = mistake(13, "  modality 年报：text { tokens：100，vocabulary: 10_000 }", "信贷.mmf");
  const d = say(
    "full-width-sign",
    at(13, "："),
    { signs: ["：", "，"], write: [":", ","] },
    {
      fix: certain,
      marks: [
        { span: at(13, "：", 1), style: "^" },
        { span: at(13, "，"), style: "^" },
      ],
    },
  );
  frame(0, draw(d));
});

test("foreign-word: fixable behind the sentence", () => {
  const { at, draw } = mistake(
    27,
    "  fusion joint: mid = concat(words, vision, voice) -> dense(128, relu) -> dropout(0.3)",
  );
  const write = foreignWord("concat", ["concatenate", "add"]);
  if (write === undefined) throw new Error("concat is not known");
  frame(1, draw(say("foreign-word", at(27, "concat"), { text: "concat", write }, { fix: certain })));
});

test("unknown-parameter: fixable behind the help", () => {
  const { at, draw } = mistake(36, "    stop:       early_stopping(patiance: 3, monitor: risk.f1)");
  const d = say(
    "unknown-parameter",
    at(36, "patiance"),
    { word: "early_stopping", text: "patiance", near: near("patiance", ["patience", "monitor"]) },
    { fix: certain },
  );
  frame(2, draw(d));
});

test("rank-mismatch: a label below", () => {
  const { at, draw } = mistake(23, "  encoder voice  = call   -> conv2d(64, 3x3, relu) -> global_average_pooling2d");
  const d = say(
    "rank-mismatch",
    at(23, "conv2d"),
    {
      word: "conv2d",
      reads: ["height", "width", "channels"],
      name: "call",
      has: ["time", "bands"],
      from: "mel(bands: 128), line 15",
      put: "add_channel",
      use: "conv1d(64, 3, relu)",
    },
    { marks: [{ span: at(23, "call"), style: "-", label: "f32[B, time=626, bands=128]?" }] },
  );
  frame(3, draw(d));
});

test("axes-left-over: a label behind", () => {
  const { at, draw } = mistake(51);
  const d = say(
    "axes-left-over",
    at(51, "joint"),
    {
      name: "joint",
      axes: ["tokens=200"],
      from: "sequence, line 49",
      add: "-> global_average_pooling1d",
      place: "line 50",
      or: "-> attention_pooling",
    },
    { label: "f32[B, tokens=200, features=64]" },
  );
  frame(4, draw(d));
});

test("fusion-shape-mismatch: two labels, a wrapped sentence", () => {
  const { at, draw } = mistake(27, "  fusion joint: mid = add(words, vision)");
  const d = say(
    "fusion-shape-mismatch",
    at(27, "words"),
    {
      word: "add",
      first: { name: "words", wide: 128, from: "lstm(128), line 21" },
      second: { name: "vision", wide: 64, from: "dense(64), line 22" },
      add: "-> dense(128)",
      use: "concatenate",
    },
    {
      label: "f32[B, features=128]",
      marks: [{ span: at(27, "vision"), style: "^", label: "f32[B, features=64]" }],
    },
  );
  frame(5, draw(d));
});

test("fusion-refuses-absent", () => {
  const { at, draw } = mistake(27, "  fusion joint: mid = multiply(words, voice) -> dense(128, relu) -> dropout(0.3)");
  const d = say(
    "fusion-refuses-absent",
    at(27, "multiply"),
    {
      word: "multiply",
      name: "voice",
      modality: "call",
      text: "audio?",
      place: "line 15",
      use: ["average", "maximum", "weighted_average", "gated"],
    },
    { marks: [{ span: at(27, "voice"), style: "-", label: "f32[B, features=128]?" }] },
  );
  frame(6, draw(d));
});

test("width-explosion: three labels, from right to left", () => {
  const { at, draw } = mistake(
    27,
    "  fusion joint: mid = tensor(words, vision, voice) -> dense(128, relu) -> dropout(0.3)",
  );
  const d = say(
    "width-explosion",
    at(27, "tensor"),
    {
      word: "tensor",
      sources: ["words", "vision", "voice"],
      features: 129 * 129 * 65,
      limit: 500_000,
      use: { code: "low_rank(words, vision, voice, rank: 4, dim: 128)", weights: 4 * 128 * (129 + 129 + 65) },
    },
    {
      marks: [
        { span: at(27, "words"), style: "-", label: "128" },
        { span: at(27, "vision"), style: "-", label: "128" },
        { span: at(27, "voice"), style: "-", label: "64" },
      ],
    },
  );
  frame(7, draw(d));
});

test("target-leak: a cut line, another line", () => {
  const { at, draw } = mistake(
    17,
    '  modality sheet:  tabular { numeric: ["leverage", "roa", "default_12m"], categorical: ["sector", "country"] }',
  );
  const d = say(
    "target-leak",
    at(17, '"default_12m"'),
    { column: "default_12m", target: "defaulted", how: "input", modality: "sheet", property: "numeric" },
    { fix: certain, marks: [{ span: at(19, '"default_12m"'), style: "-", label: "the target" }] },
  );
  frame(8, draw(d));
});

test("column-missing: columns stand in double quotes", () => {
  const { at, draw } = mistake(19, '  target defaulted: binary { column: "default_12", positive: "yes" }');
  const d = say(
    "column-missing",
    at(19, '"default_12"'),
    { path: "calls.csv", column: "default_12", near: near("default_12", ["ticker", "default_12m"]), own: false },
    { fix: certain },
  );
  frame(9, draw(d));
});

test("file-missing: rows follow the sentence", () => {
  const { at, draw } = mistake(14);
  const row = (n: number, path: string, why?: string) => ({
    table: "calls.csv",
    row: n,
    path,
    ...(why ? { why } : {}),
  });
  const d = say(
    "file-missing",
    at(14, '"charts/{ticker}_{call_date}.png"'),
    { missing: 3, rows: 3471, kind: "a picture", write: "image?", what: "a chart" },
    {
      rows: [
        row(17, "media/charts/ACME_2019-02-30.png"),
        row(202, "media/charts/ACME_2020-05-04.png", "(there is ACME_2020-05-04.PNG)"),
        row(2870, "media/charts/ZED_2021-03-01.png"),
      ],
    },
  );
  frame(10, draw(d));
});

test("loss-not-finite: a line cut on the left", () => {
  const { at, draw } = mistake(22);
  const d = say("loss-not-finite", at(22, "dense(128, relu)"), {
    is: "NaN",
    step: 412,
    epoch: 6,
    text: "dense(128, relu)",
    kept: 5,
  });
  frame(11, draw(d));
});
