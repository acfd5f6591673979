/**
 * The formatter: the style by small examples, and over all specs what must hold for every text. Mangled and random texts are
 * in format.slow.test.ts.
 */
import { describe, expect, it } from "vitest";
import { compileText } from "../../compiler/compile.ts";
import { leadingParameters } from "../../compiler/registry/leading.ts";
import { formatText } from "../../grammar/format/format.ts";
import { file, format, holds, specsBelow } from "./format-checks.ts";
import { allSpecs } from "./specs.ts";

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

describe("mmfc-ignore", () => {
  const spec = (above: string, behind: string): string => `model A {
  data { source: "a.csv" } modality text:text{tokens:4}
  modality more: text { tokens: 4, tokenizer: words, column: "more_of_the_same", lower: true, pad: post, language: en }
  target label:binary
  ${above}
  encoder unused=more->embedding(128)->global_average_pooling1d->dense(16, relu)->dense(16, relu)->dropout(0.5)${behind}
  encoder used = text -> embedding(8) -> global_average_pooling1d
  head guess:label = used
}
`;
  const codes = async (text: string): Promise<string[]> =>
    (await compileText(text, { path: "a.mmf" })).diagnostics.map((d) => d.code);

  it.each([
    ["", "", ["unused-value"]],
    ["// mmfc-ignore unused-value: later", "", []],
    ["", " // mmfc-ignore unused-value: later", []],
    ["/* mmfc-ignore unused-value: later */", "", []],
    ["", " /* mmfc-ignore unused-value: later */ ", []],
  ] as const)("%j, %j silences what it silenced", async (above, behind, expected) => {
    const before = spec(above, behind);
    expect(await codes(before)).toEqual(expected);
    expect(await codes(format(before))).toEqual(expected);
    holds(before);
  });
});

describe("every text", () => {
  it.each(
    allSpecs()
      .concat(specsBelow("specs"))
      .map((s) => [s.path, s.text] as const),
  )("%s", (_, text) => holds(text));

  it("of ours is in the style", () => {
    for (const { path: name, text } of specsBelow("specs")) expect([name, format(text)]).toEqual([name, text]);
  });

  it("keeps its line ends and its byte order mark", () => {
    expect(format("\ufeffmodel A{\r\ntrain{epochs:1}\r\n/* a\r\nb */ }")).toBe(
      "\ufeffmodel A {\r\n  train { epochs: 1 }\r\n  /* a\r\nb */\r\n}\r\n",
    );
    // of both kinds, the one that most lines have
    expect(format("use\r\n'a'\nmodel A { }\n".replaceAll("'", '"'))).toBe('use "a"\nmodel A { }\n');
    const sql = 'model A {\n  data { source: query("""a\r\nb""") }\n}\n';
    expect(format(sql)).toBe(sql);
    expect([format(""), format(" \n\n"), format("// only\n\n\n// this")]).toEqual(["", "", "// only\n\n// this\n"]);
  });

  it("with mistakes of syntax is refused with them", () => {
    const result = formatText(file("model A {\n  encoder a = b ->\n  train { epochs: 1 }\n}\n"));
    expect(result.text).toBeUndefined();
    expect(result.diagnostics?.map((d) => d.code)).toEqual(["unexpected-text"]);
  });
});

describe("names of leading arguments", () => {
  const named =
    "model A {\n  encoder a = x -> conv2d(filters: 8, kernel_size: 3x3, strides: 2) -> dense(units: 8, use_bias: false, activation: relu)\n}\n";
  const leading = { leading: leadingParameters };

  it("go", () => {
    expect(format(named, leading)).toBe(
      "model A {\n  encoder a = x -> conv2d(8, 3x3, strides: 2) -> dense(8, use_bias: false, activation: relu)\n}\n",
    );
    const train = "model A {\n  train { optimizer: adam(learning_rate: 1e-3), epochs: 3 }\n}\n";
    expect(format(train, leading)).toContain("adam(1e-3)");
  });

  it("stay where they tell arguments apart, or a comment stands by them", () => {
    for (const call of [
      "dense(activation: relu, units: 8)",
      "dense(units: /* eight */ 8)",
      "dense(units /* eight */ : 8)",
      "gated(y, dim: 8)",
      "own(units: 8)",
    ]) {
      const text = `model A {\n  encoder a = x -> ${call}\n}\n`;
      expect(format(text, leading)).toBe(text);
    }
    const sound = "model A {\n  modality s: audio { features: mel(bands: 8), length: 1s }\n}\n";
    expect(format(sound, leading)).toBe(sound);
  });

  it("stay where a block may hide the word", () => {
    const block = "block dense(units, other) = conv1d(units, other)\n";
    expect(format(block + named, leading)).toContain("dense(units: 8, use_bias");
    expect(format(`use "a.mmf"\n${named}`, leading)).toContain("dense(units: 8, use_bias");
    const known = { ...leading, blocks: new Set(["conv2d"]) };
    expect(format(`use "a.mmf"\n${named}`, known)).toMatch(/conv2d\(filters: 8.*\n.*dense\(8/);
  });
});

describe("edits", () => {
  it("name the lines that change, and nothing else", () => {
    const before = 'use "a"\nmodel A {\n  train   { epochs: 1 }\n  // so\n  budget { step:1s }\n}';
    const { edits = [] } = formatText(file(before));
    expect(edits.map(({ from, to }) => [from, to])).toEqual([
      [3, 3],
      [5, 6],
    ]);
    expect(formatText(file(format(before))).edits).toEqual([]);
  });
});
