/** Where tokens begin and end: the traps of sizes, ranges, units, names and quotes. */
import { describe, expect, it } from "vitest";
import { lex } from "../../grammar/lex.ts";
import { validateLexer } from "../../grammar/tokens.ts";

function tokens(text: string): string {
  const lexed = lex({ path: "a", text });
  const shown = lexed.tokens.map(
    (t) => `${t.tokenType.name}(${text.slice(t.startOffset, t.endOffset + 1)})${t.problem ? `!${t.problem.code}` : ""}`,
  );
  return [...shown, ...lexed.problems.map((p) => `!${p.code}`)].join(" ");
}

describe("lex", () => {
  it("passes Chevrotain's checks", () => expect(() => validateLexer()).not.toThrow());

  it.each([
    ["150x150", "Size(150x150)"],
    ["3x3x3", "Size(3x3x3)"],
    ["150x", "Number(150x)!number-form"],
    ["3X3", "Size(3X3)!size-form"],
    ["150×150", "Size(150×150)!size-form"],
    ["3 * 3", "Size(3 * 3)!size-form"],
    ["3 x 3", "Size(3 x 3)!spaced-value"],
    ["x3", "Identifier(x3)"],
    ["3x3x", "Number(3x3x)!number-form"],
    ["2 x3: 4", "Number(2) Identifier(x3) Colon(:) Number(4)"],
    ["200k", "Number(200k)"],
    ["1e-3", "Number(1e-3)"],
    ["2e", "Number(2e)!number-form"],
    ["1e3s", "Number(1e3s)"],
    ["16kHz", "Number(16kHz)"],
    ["16khz", "Number(16khz)!number-form"],
    ["5m", "Number(5m)!number-form"],
    ["30d", "Number(30d)"],
    ["30 d", "Number(30 d)!spaced-value"],
    ["30 d: 1", "Number(30) Identifier(d) Colon(:) Number(1)"],
    ["30 data", "Number(30) data(data)"],
    ["10_000", "Number(10_000)"],
    ["10_", "Number(10_)!number-form"],
    ["0.1..0.5", "Number(0.1) DotDot(..) Number(0.5)"],
    ["1..5", "Number(1) DotDot(..) Number(5)"],
    ["1e-4..1e-2", "Number(1e-4) DotDot(..) Number(1e-2)"],
    ["10%..50%", "Number(10%) DotDot(..) Number(50%)"],
    ["-1..1", "Number(-1) DotDot(..) Number(1)"],
    ["a->b", "Identifier(a) Arrow(->) Identifier(b)"],
    ["t -> -1", "Identifier(t) Arrow(->) Number(-1)"],
    ["t→lstm", "Identifier(t) Arrow(→)!arrow-form Identifier(lstm)"],
    ["t --> lstm", "Identifier(t) Arrow(-->)!arrow-form Identifier(lstm)"],
    ["1/255", "Ratio(1/255)"],
    ["1 / 255", "Ratio(1 / 255)!spaced-value"],
    ["1//c", "Number(1)"],
    ["1 // 255", "Number(1)"],
    ["1/0", "Ratio(1/0)!number-form"],
    ["2d_block", "Number(2d_block)!number-form"],
    ["conv2d", "Identifier(conv2d)"],
    ["5%", "Number(5%)"],
    ["70 %", "Number(70 %)!spaced-value"],
    ["70％", "Number(70％) !full-width-sign"],
    [".5", "Number(.5)!number-form"],
    ["a.5", "Identifier(a) Dot(.) Number(5)"],
    ["1.", "Number(1.)!number-form"],
    ["1e999", "Number(1e999)!number-form"],
    ["'a'", "String('a')!quote-form"],
    ["“a”", "String(“a”)!quote-form"],
    ['"a', 'String("a)!not-closed'],
    ['"a" }', 'String("a") CloseBrace(})'],
    ['"a }', 'String("a)!not-closed CloseBrace(})'],
    ['"""x\n"y" """', 'LongString("""x\n"y" """)'],
    ["a：b，", "Identifier(a) Colon(：) Identifier(b) Comma(，) !full-width-sign"],
    ["文本", "Identifier(文本)"],
    ["𝛼x", "Identifier(𝛼x)"],
    ["😀", "!stray-character"],
    ["a\u200bb", "Identifier(a\u200bb) !stray-character"],
    ["my-words", "Identifier(my-words)!name-form"],
    ["data:", "data(data) Colon(:)"],
    ["data数据", "Identifier(data数据)"],
    ["income in", "Identifier(income) in(in)"],
    ["a.b.c", "Identifier(a) Dot(.) Identifier(b) Dot(.) Identifier(c)"],
    ["true trues", "true(true) Identifier(trues)"],
    ["\u00a0a\ufeff\u3000", "Identifier(a)"],
    ["a # b\r\nc", "Identifier(a) Identifier(c) !comment-form"],
    ["a -- b\rc", "Identifier(a) Identifier(c) !comment-form"],
    ["/* a */ b /* c", "Identifier(b) !not-closed"],
  ])("%j", (text, wanted) => expect(tokens(text)).toBe(wanted));

  it("collects comments without their marks", () => {
    const { comments } = lex({ path: "a", text: "/// doc\n// line\n/* block */ //// rule\n# later" });
    expect(comments.map((c) => `${c.form}:${c.text}`)).toEqual([
      "doc:doc",
      "line:line",
      "block:block",
      "line:// rule",
      "line:later",
    ]);
  });
});
