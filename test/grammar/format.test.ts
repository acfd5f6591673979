/**
 * The formatter: the style by small examples, and what must hold for every text: a second time changes nothing, all tokens
 * and comments are there in their order, the syntax tree is the same, and nothing throws.
 */
import { readdirSync, readFileSync } from "node:fs";
import path from "node:path";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { leadingParameters } from "../../compiler/registry/leading.ts";
import type { File } from "../../grammar/ast.ts";
import { lineEdits } from "../../grammar/format/changes.ts";
import { type FormatOptions, formatText } from "../../grammar/format/format.ts";
import { lex } from "../../grammar/lex.ts";
import { parse } from "../../grammar/parse.ts";
import { STATEMENT_WORDS } from "../../grammar/words.ts";
import { root } from "../../scripts/build.mjs";
import { allSpecs, type Spec } from "./specs.ts";

const seed = Number(process.env.FUZZ_SEED ?? Math.floor(Math.random() * 2 ** 31));
console.log(`format seed: ${seed} (FUZZ_SEED repeats it)`);

const file = (text: string) => ({ path: "a.mmf", text });

function format(text: string, options: FormatOptions = {}): string {
  const result = formatText(file(text), options);
  if (result.text === undefined) throw new Error(result.diagnostics.map((d) => d.message).join("\n"));
  return result.text;
}

const specsBelow = (folder: string): Spec[] =>
  readdirSync(path.join(root, folder), { recursive: true, encoding: "utf8" })
    .filter((name) => name.endsWith(".mmf"))
    .map((name) => ({ path: name, text: readFileSync(path.join(root, folder, name), "utf8") }));

/** Tokens and comments in their order; commas and arrows are left out, which may change places with a comment. */
function pieces(text: string): string[] {
  const { tokens, comments } = lex(file(text));
  const all = [
    ...tokens
      .filter((t) => t.image !== "," && t.image !== "->")
      .map((t) => ({ at: t.startOffset, text: text.slice(t.startOffset, t.endOffset + 1) })),
    ...comments.map((c) => ({ at: c.start, text: text.slice(c.start, c.end).replace(/\s+/g, " ").trim() })),
  ];
  return all.sort((a, b) => a.at - b.at).map((one) => one.text);
}

/** The tree without its places. */
const plain = (ast: File): string =>
  JSON.stringify({ ...ast, comments: [] }, (key, value) =>
    key === "span" || key === "wordSpan" || key === "argsSpan" ? undefined : value,
  );

/** All that must hold for the formatted text of a spec without errors. */
function holds(text: string): void {
  const once = format(text);
  expect(format(once)).toBe(once);
  expect(pieces(once)).toEqual(pieces(text));
  expect(plain(parse(file(once)).ast)).toBe(plain(parse(file(text)).ast));
  expect(once).not.toMatch(/(?:\r?\n){3}|[^\r\n]$/);
}

describe("the style", () => {
  const cases: readonly (readonly [name: string, before: string, after: string])[] = [
    [
      "spaces, indents and columns",
      `model A{
data{source:"a.csv"
  media  :  "m/"}
modality report:text{tokens:4}
modality chart  :  image?  { size:3x3 , channels:1 , }

encoder words=report->embedding( 4 )->lstm(8){frozen:true}
encoder seen  :  f32[B,features = 8]?  =  chart->flatten
head a : t=words
head bcd : other=seen
}`,
      `model A {
  data {
    source: "a.csv"
    media:  "m/"
  }
  modality report: text   { tokens: 4 }
  modality chart:  image? { size: 3x3, channels: 1 }

  encoder words = report -> embedding(4) -> lstm(8) { frozen: true }
  encoder seen: f32[B, features=8]? = chart -> flatten
  head a:   t     = words
  head bcd: other = seen
}
`,
    ],
    [
      "blank lines: at most one, none before a closing bracket",
      '\n\nuse "a.mmf"\n\n\n\nmodel A {\n\n\n  train { epochs: 1 }\n\n\n\n  // last\n\n}\n\n\n',
      'use "a.mmf"\n\nmodel A {\n\n  train { epochs: 1 }\n\n  // last\n}\n',
    ],
    [
      "statements of one line",
      "model A { train { seed: 1 } evaluate { bootstrap: 9 } }",
      "model A {\n  train { seed: 1 }\n  evaluate { bootstrap: 9 }\n}\n",
    ],
    ["nothing inside", "model A{}\nmodel B from A{\n\n}", "model A { }\nmodel B from A { }\n"],
    [
      "flows break before an arrow: below the first one, or a step to the right",
      `block a = x -> dense(8) ->
dense(9)
block b = x
-> dense(8) -> relu
-> dense(9)
block c = add(x, y) -> dense(8)
-> dense(9)
block d =
x -> dense(8)`,
      `block a = x -> dense(8)
            -> dense(9)
block b = x
  -> dense(8) -> relu
  -> dense(9)
block c = add(x, y) -> dense(8)
  -> dense(9)
block d =
  x -> dense(8)
`,
    ],
    [
      "brackets: a break behind the opening one gives lines of their own, another keeps items below each other",
      `block a = sequence(
x -> embedding(64), second -> dense(8),
   third -> dense(8))
block b = parallel( dense(1),
   dense(2), dense(3),
   )
block c = parallel(dense(1), dense(2)
)
compare a over [
x, y,
z]`,
      `block a = sequence(
  x -> embedding(64), second -> dense(8),
  third -> dense(8),
)
block b = parallel(dense(1),
                   dense(2), dense(3))
block c = parallel(dense(1), dense(2))
compare a over [
  x, y,
  z,
]
`,
    ],
    [
      "arrows of one list stand below each other",
      "block a = sequence(\n  x -> embedding(64),\n  second -> dense(8),\n  add(x) -> dense(8),\n  third\n    -> dense(8),\n)\n",
      "block a = sequence(\n  x      -> embedding(64),\n  second -> dense(8),\n  add(x) -> dense(8),\n  third\n    -> dense(8),\n)\n",
    ],
    [
      "a value over several lines stands outside the column, and so do several properties of one line",
      'model A {\n  data {\n    source: query("""\n     select 1\n  """)\n    media:   "x"\n    id: "y"\n    time: "t", group: "g"\n  }\n}\n',
      'model A {\n  data {\n    source: query("""\n     select 1\n  """)\n    media: "x"\n    id:    "y"\n    time: "t", group: "g"\n  }\n}\n',
    ],
    [
      "Chinese names take two cells a character",
      "model 视听 {\n  modality 文本: text { tokens: 1 }\n  modality a: image { size: 1x1 }\n}\n",
      "model 视听 {\n  modality 文本: text  { tokens: 1 }\n  modality a:    image { size: 1x1 }\n}\n",
    ],
  ];
  it.each(cases)("%s", (_, before, after) => {
    expect(format(before)).toBe(after);
    holds(before);
  });

  it("makes lines of at most 100 cells, where they can be broken", () => {
    const before = `model A {
  modality facts: tabular { numeric: ["area", "n_borders", "n_languages"], categorical: ["landlocked", "un_member"], na: -1 }
  modality other: tabular { numeric: ["area"] }
  encoder seen = facts -> conv2d(16, 3x3, relu) -> max_pooling2d(2x2) -> conv2d(32, 3x3, relu) -> global_average_pooling2d
  fusion joint: mid = gated(words, vision, voice, trend, ratios, dim: 128) -> dense(128, relu) -> dropout(0.3)
  encoder each_of_them = facts -> each(conv2d(16, 3x3, relu) -> max_pooling2d(2x2) -> conv2d(32, 3x3, relu) -> relu) -> flatten
  compare joint over [concatenate, multiply, gated(dim: 64), low_rank(rank: 4, dim: 64), tensor, add, average]
  let words = "one" in ["one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven"]
}
`;
    const after = `model A {
  modality facts: tabular {
    numeric:     ["area", "n_borders", "n_languages"]
    categorical: ["landlocked", "un_member"]
    na:          -1
  }
  modality other: tabular { numeric: ["area"] }
  encoder seen = facts -> conv2d(16, 3x3, relu) -> max_pooling2d(2x2) -> conv2d(32, 3x3, relu)
                       -> global_average_pooling2d
  fusion joint: mid = gated(words, vision, voice, trend, ratios, dim: 128) -> dense(128, relu)
    -> dropout(0.3)
  encoder each_of_them = facts
    -> each(conv2d(16, 3x3, relu) -> max_pooling2d(2x2) -> conv2d(32, 3x3, relu) -> relu) -> flatten
  compare joint over [
    concatenate,
    multiply,
    gated(dim: 64),
    low_rank(rank: 4, dim: 64),
    tensor,
    add,
    average,
  ]
  let words = "one" in [
    "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven",
  ]
}
`;
    expect(format(before)).toBe(after);
    holds(before);
  });
});

describe("comments", () => {
  it("stay with what they stood by", () => {
    const before = `// of the file

/// of A
model A { // opens
  /* of data */ data { source: "a.csv", // table
    /* folder */ media: "m/"    // longer
    // last
  } // ends data
  // of a
  encoder a = x     // the source
      -> dense(8) // first
      // of relu
      -> /* why */ relu
  encoder b = f(x, // one
    y /* two */, z) // mmfc-ignore unused-value: later
  // ends A
}
// ends the file`;
    const after = `// of the file

/// of A
model A {  // opens
  /* of data */ data {
    source: "a.csv"           // table
    /* folder */ media: "m/"  // longer
    // last
  }  // ends data
  // of a
  encoder a = x  // the source
    -> dense(8)  // first
    // of relu
    -> /* why */ relu
  encoder b = f(x,               // one
                y /* two */, z)  // mmfc-ignore unused-value: later
  // ends A
}
// ends the file
`;
    expect(format(before)).toBe(after);
    holds(before);
  });
});

/** Statements of the specs, by where they may stand, as lists of tokens. */
const statements = ((): { readonly model: string[][]; readonly file: string[][] } => {
  const found: { model: string[][]; file: string[][] } = { model: [], file: [] };
  for (const { text } of allSpecs()) {
    const { ast } = parse(file(text));
    const { tokens } = lex(file(text));
    const words = (span: { start: number; end: number }) =>
      tokens
        .filter((t) => t.startOffset >= span.start && t.endOffset < span.end)
        .map((t) => text.slice(t.startOffset, t.endOffset + 1));
    found.model.push(...ast.models.flatMap((m) => m.statements.map((s) => words(s.span))));
    found.file.push(...[...ast.blocks, ...ast.compares, ...ast.uses].map((s) => words(s.span)));
  }
  return found;
})();

const space = fc.constantFrom(" ", " ", " ", "\n", "\n", "   ", "\n\n", "\n\n\n\t", "\u3000");
const comment = fc.constantFrom(
  " // behind\n",
  "\n// before\n",
  "\n\n// apart\n\n",
  " /* inside */ ",
  "\n/* above */\n",
  "/* at the end */\n",
  "\n/* before */ ",
  "\n  /* over\n   * two lines */\n",
  " /* over\n two */ ",
  "\n/// doc\n",
  " // mmfc-ignore unused-value: of no matter\n",
);
const quiet = fc.oneof({ weight: 30, arbitrary: space }, { weight: 1, arbitrary: comment });
const loud = fc.oneof({ weight: 3, arbitrary: space }, { weight: 1, arbitrary: comment });

/** A spec of a few statements whose layout is mangled. */
const mangled = fc
  .record({
    inside: fc.array(fc.constantFrom(...statements.model), { minLength: 0, maxLength: 6 }),
    outside: fc.array(fc.constantFrom(...statements.file), { maxLength: 2 }),
    between: fc.oneof(fc.infiniteStream(quiet), fc.infiniteStream(loud)),
    ends: fc.constantFrom("", "\n", " // end", "\n\n/* end */"),
    windows: fc.boolean(),
  })
  .map(({ inside, outside, between, ends, windows }) => {
    const tokens = [...outside.flat(), "model", "M", "{", ...inside.flat(), "}"];
    let text = "";
    for (const token of tokens) text += token + between.next().value;
    text += ends;
    return windows ? text.replaceAll("\n", "\r\n") : text;
  });

describe("every text", () => {
  it.each(
    allSpecs()
      .concat(specsBelow("specs"))
      .map((s) => [s.path, s.text] as const),
  )("%s", (_, text) => holds(text));

  it("in a mangled layout keeps its tokens, comments and tree, and does not change a second time", () => {
    fc.assert(
      fc.property(mangled, (text) => {
        fc.pre(parse(file(text)).diagnostics.every((d) => d.severity !== "error"));
        holds(text);
      }),
      { seed, numRuns: Number(process.env.FUZZ_RUNS ?? 2000) },
    );
  });
});
