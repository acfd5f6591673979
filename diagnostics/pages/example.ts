/** Small complete specs for the pages: a base model with some statements changed. Nothing but text. */

const text = [
  'data { source: "calls.csv" }',
  "modality report: text { vocabulary: 5_000, tokens: 50 }",
  'target fell: binary { column: "fell" }',
  "encoder words = report -> embedding(16) -> lstm(16)",
  "head risk: fell = words",
];

const pictures = [
  'data { source: "calls.csv" }',
  "modality report: text { vocabulary: 5_000, tokens: 50 }",
  'modality chart: image { file: "{chart}", size: 32x32 }',
  'target fell: binary { column: "fell" }',
  "encoder words = report -> embedding(16) -> lstm(16)",
  "encoder vision = chart -> conv2d(8, 3x3, relu) -> flatten -> dense(16, relu)",
  "fusion joint: mid = concatenate(words, vision)",
  "head risk: fell = joint",
];

const numbers = [
  'data { source: "calls.csv" }',
  'modality sheet: tabular { numeric: ["roa", "size"] }',
  'target fell: binary { column: "fell" }',
  "encoder ratios = sheet -> dense(16, relu)",
  "head risk: fell = ratios",
];

/** Text alone: report, words, risk. */
export function model(...changes: string[]): string {
  return build(text, changes);
}

/** Text and pictures: report, chart, words, vision, joint, risk. */
export function pair(...changes: string[]): string {
  return build(pictures, changes);
}

/** Numbers alone: sheet, ratios, risk. */
export function sheet(...changes: string[]): string {
  return build(numbers, changes);
}

/** Said in place of a spec where a table, a run or an engine is needed. */
export function note(prose: string): { readonly note: string } {
  return { note: prose };
}

/** How statements follow each other in the examples. */
const order = [
  "data",
  "let",
  "block",
  "shared",
  "modality",
  "target",
  "encoder",
  "fusion",
  "head",
  "train",
  "evaluate",
];

/**
 * A statement replaces the base's of the same word and name (a section: word); with `+ ` in front it is added.
 * A comment above a statement counts as part of it.
 */
function build(base: readonly string[], changes: readonly string[]): string {
  const statements = [...base];
  for (const change of changes) {
    const statement = change.replace(/^\+ /, "");
    const same = statements.findIndex((other) => keyOf(other) === keyOf(statement));
    if (same >= 0 && statement === change) statements[same] = statement;
    else statements.splice(placeOf(statement, statements), 0, statement);
  }
  const lines = statements.flatMap((statement) => statement.split("\n")).map((line) => `  ${line}`);
  return `model Calls {\n${lines.join("\n")}\n}\n`;
}

function placeOf(statement: string, statements: readonly string[]): number {
  const later = statements.findIndex((other) => rankOf(other) > rankOf(statement));
  return later < 0 ? statements.length : later;
}

function rankOf(statement: string): number {
  const rank = order.indexOf(keyOf(statement).split(" ")[0] ?? "");
  return rank < 0 ? order.length : rank;
}

function keyOf(statement: string): string {
  const [first = "", second = ""] = (statement.split("\n").at(-1) ?? "").split(/[\s:：]+/);
  return second === "{" ? first : `${first} ${second}`;
}
