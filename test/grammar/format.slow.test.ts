/**
 * The formatter on mangled and random texts: tokens, comments and tree stay, a second time changes nothing, nothing throws;
 * and its time. The seed is printed.
 */
import fc from "fast-check";
import { describe, expect, it, vi } from "vitest";
import { lineEdits } from "../../grammar/format/changes.ts";
import { formatText } from "../../grammar/format/format.ts";
import { lex } from "../../grammar/lex.ts";
import { parse } from "../../grammar/parse.ts";
import { STATEMENT_WORDS } from "../../grammar/words.ts";
import { file, format, holds } from "./format-checks.ts";
import { allSpecs } from "./specs.ts";

const seed = Number(process.env.FUZZ_SEED ?? Math.floor(Math.random() * 2 ** 31));
console.log(`format seed: ${seed} (FUZZ_SEED repeats it)`);

const runs = Number(process.env.FUZZ_RUNS ?? 2000);

// seconds when alone, more beside other work
vi.setConfig({ testTimeout: 120_000 });

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
    inside: fc.array(fc.constantFrom(...statements.model), { maxLength: 3 }),
    outside: fc.array(fc.constantFrom(...statements.file), { maxLength: 1 }),
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
  it("in a mangled layout keeps its tokens, comments and tree, and does not change a second time", () => {
    let whole = 0;
    const keeps = fc.property(mangled, (text) => {
      // `{ 3` and `d` on a next line are one slip more
      if (parse(file(text)).diagnostics.some((d) => d.severity === "error")) return;
      whole++;
      holds(text);
    });
    fc.assert(keeps, { seed, numRuns: runs });
    expect(whole).toBeGreaterThan(runs / 2);
  });

  it("of any kind is formatted or refused, and never throws", () => {
    const words = [
      ...STATEMENT_WORDS.map((w) => w.word),
      ...'from over in a 文 1 3x3 1/255 0.5 3d .. . -> = : , ? { } ( ) [ ] { } ( ) " """ // /* */ # ; @ “ ｛ \\'.split(
        " ",
      ),
      '"a"',
      "\n",
      "\r\n",
      "\r",
      "\u2028",
      "\ufeff",
      "\ud800",
      "\0",
      "//c\n",
      "/*c*/",
    ];
    const garbage = fc.array(fc.constantFrom(...words), { maxLength: 40 });
    const texts = allSpecs().map((s) => s.text);
    const pierced = fc
      .record({
        text: fc.constantFrom(...texts),
        from: fc.nat(),
        at: fc.nat(),
        put: fc.array(fc.constantFrom(...words), { maxLength: 3 }),
      })
      .map(({ text, from, at, put }) => {
        const part = text.slice(from % text.length).slice(0, 600);
        const cut = at % part.length;
        return part.slice(0, cut) + put.join(" ") + part.slice(cut + (at % 7));
      });
    const text = fc.oneof(
      garbage.map((all) => all.join(" ")),
      garbage.map((all) => all.join("")),
      pierced,
      fc.string({ unit: "binary", maxLength: 80 }),
    );
    const answers = fc.property(text, (one) => {
      const { text: once, diagnostics } = formatText(file(one));
      if (once === undefined) expect(diagnostics?.length).toBeGreaterThan(0);
      else expect(format(once)).toBe(once);
    });
    fc.assert(answers, { seed, numRuns: runs });
  });

  /** Processor time, the least of five; a spec has at most 5,000 statements. */
  function seconds(text: string): number {
    const times = [0, 1, 2, 3, 4].map(() => {
      const started = process.cpuUsage();
      expect(formatText(file(text)).text).toBeDefined();
      const { user, system } = process.cpuUsage(started);
      return user + system;
    });
    return Math.min(...times) / 1e6;
  }

  it("takes time by its length, and little", () => {
    const unit = allSpecs()
      .map((s) => s.text.replace(/^use .*$/gm, ""))
      .join("\n");
    const long = (n: number) =>
      Array.from({ length: n }, (_, i) => unit.replaceAll(/^model (\w+)/gm, `model $1${i}`)).join("\n");
    // warm
    seconds(long(4));
    const [some, more] = [seconds(long(1)), seconds(long(4))];
    // four times the text: twice that is room for a busy machine, and a quadratic formatter takes sixteen times as long
    expect(more / some).toBeLessThan(8);
    // 50 ms for 2,000 lines on a machine of its own; a loaded one is some times slower
    expect((more * 2000) / long(4).split("\n").length).toBeLessThan(0.4);
  });

  it.each([
    [
      "columns that push one after the other over the edge",
      (i: number) => `encoder a${"b".repeat(i % 40)}${i} = x -> dense(${"1".repeat(30 + (i % 30))})`,
      900,
      "\n",
    ],
    [
      "a list",
      (i: number) => `block a${i} = f([${Array.from({ length: 12_000 }, (_, k) => `"${k}"`).join(", ")}])`,
      1,
      "\n",
    ],
    ["a flow", (i: number) => `block a${i} = x${" -> dense(8)".repeat(8_000)}`, 1, "\n"],
    ["properties", () => `train { ${Array.from({ length: 10_000 }, (_, k) => `p${k}: ${k}`).join(" ")} }`, 1, "\n"],
    [
      "comments",
      (i: number) => `/* ${i} */ train /* a */ { /* b */ seed /* c */ : /* d */ 1 /* e */ } // f`,
      900,
      "\n",
    ],
  ] as [string, (i: number) => string, number, string][])("also of %s", (_, statement, count, between) => {
    const all = Array.from({ length: count }, (_, i) => statement(i)).join(between);
    const text = all.startsWith("block") ? all : `model A {\n${all}\n}\n`;
    expect(seconds(text)).toBeLessThan(1);
    expect(format(format(text))).toBe(format(text));
  });
});

describe("edits", () => {
  const apply = (text: string, edits: ReturnType<typeof lineEdits>): string => {
    let done = text;
    for (const { start, end, text: put } of [...edits].reverse()) done = done.slice(0, start) + put + done.slice(end);
    return done;
  };

  it("make the one text of the other, whatever they are", () => {
    const lines = fc
      .array(fc.constantFrom("a\n", "b\n", "}\n", "\n", "c\r\n", "d"), { maxLength: 30 })
      .map((all) => all.join(""));
    fc.assert(
      fc.property(lines, lines, (before, after) => {
        expect(apply(before, lineEdits(before, after))).toBe(after);
      }),
      { seed },
    );
  });
});
