/** `parse` never throws and its places lie in the text, whatever the text is. The seed is printed by fast-check on failure. */
import fc from "fast-check";
import { describe, expect, it, vi } from "vitest";
import { STATEMENT_WORDS, UNITS } from "../../grammar/words.ts";
import { allSpecs, read } from "./specs.ts";

const seed = Number(process.env.FUZZ_SEED ?? Math.floor(Math.random() * 2 ** 31));
console.log(`fuzz seed: ${seed} (FUZZ_SEED repeats it)`);

function check(text: string): void {
  const { ast, diagnostics } = read(text);
  expect(ast.kind).toBe("file");
  for (const d of diagnostics) {
    for (const span of [d.span, ...d.marks.map((m) => m.span), ...(d.fix?.edits.map((e) => e.span) ?? [])]) {
      expect(span.start).toBeGreaterThanOrEqual(0);
      expect(span.end).toBeGreaterThanOrEqual(span.start);
      expect(span.end).toBeLessThanOrEqual(text.length);
    }
  }
}

const words = [
  ...STATEMENT_WORDS.map((w) => w.word),
  ...UNITS.map((u) => `3${u.unit}`),
  ...'from over in true false a b 文 é 1 3x3 1/255 0.5 .. . -> = : , ? { } ( ) [ ] { } ( ) " \' """ // /* */ # -- ; @ → × ： ， ｛ 。'.split(
    " ",
  ),
  "\n",
  "\r\n",
  '"a"',
  "\u200b",
  "\ud800",
  "\udc00",
  "😀",
  "\\",
  "\ufeff",
];

// seconds when alone, more beside other work
vi.setConfig({ testTimeout: 60_000 });

describe("fuzz", () => {
  it("any string", () => {
    fc.assert(fc.property(fc.string({ unit: "binary", maxLength: 200 }), check), { seed, numRuns: 300 });
  });

  it("words of the language in any order", () => {
    const text = fc.array(fc.constantFrom(...words), { maxLength: 60 }).map((list) => list.join(" "));
    const tight = fc.array(fc.constantFrom(...words), { maxLength: 40 }).map((list) => list.join(""));
    fc.assert(fc.property(fc.oneof(text, tight), check), { seed, numRuns: 500 });
  });

  it("specs with a piece replaced", () => {
    const texts = allSpecs().map((s) => s.text);
    const mangled = fc
      .record({
        text: fc.constantFrom(...texts),
        at: fc.nat(3000),
        length: fc.nat(40),
        put: fc.array(fc.constantFrom(...words), { maxLength: 4 }),
      })
      .map(
        ({ text, at, length, put }) =>
          text.slice(0, at % text.length) + put.join(" ") + text.slice((at % text.length) + length),
      );
    fc.assert(fc.property(mangled, check), { seed, numRuns: 150 });
  });

  it("large garbage ends soon", () => {
    const started = performance.now();
    for (const piece of [
      "(",
      ")",
      "}",
      "{}",
      "a ",
      "model A { ",
      "encoder a = ",
      '"',
      "/*\n}",
      "\ud800",
      "1x",
      "f(a, ",
    ])
      check(piece.repeat(Math.floor(20_000 / piece.length)));
    check("x".repeat(2_000_000));
    expect(performance.now() - started).toBeLessThan(20_000);
  });
});
