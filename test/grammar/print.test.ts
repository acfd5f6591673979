/** The one style: what is printed reads back as the same tree. */
import { describe, expect, it } from "vitest";
import type { Section } from "../../grammar/ast.ts";
import { printFlow, printKind, printProps, printValue } from "../../grammar/print.ts";
import { allSpecs, read } from "./specs.ts";

const propertyOf = (text: string) =>
  (read(`model A { train { a: ${text} } }`).ast.models[0]?.statements[0] as Section | undefined)?.props?.entries[0]
    ?.value;

/** The tree without places and spelling. */
const plain = (value: unknown): unknown =>
  JSON.parse(
    JSON.stringify(value, (key, v) =>
      key === "span" ||
      key === "argsSpan" ||
      key === "wordSpan" ||
      (key === "text" && typeof v === "string" && /^[-\d"]/.test(v))
        ? undefined
        : v,
    ),
  );

describe("print", () => {
  it.each([
    ["conv2d( 32,3x3 ,relu )", "conv2d(32, 3x3, relu)"],
    ["1000", "1000"],
    ["10000", "10_000"],
    ["1_0000", "10_000"],
    ["-1234567", "-1_234_567"],
    ["123456789012345678901", "123_456_789_012_345_678_901"],
    ["10000k", "10_000k"],
    ["1e-3", "1e-3"],
    ["70 %", "70%"],
    ["1 / 255", "1/255"],
    ["0.1 .. 0.5", "0.1..0.5"],
    ['"""a\n"b\\d"""', String.raw`"a\n\"b\\d"`],
    ["[1,2 ,]", "[1, 2]"],
    ["f()", "f()"],
    ["a->b(x:1)->c.d", "a -> b(x: 1) -> c.d"],
    ["true", "true"],
  ])("%s", (text, wanted) => {
    const value = propertyOf(text);
    expect(value === undefined ? undefined : printValue(value)).toBe(wanted);
    expect(plain(propertyOf(wanted))).toEqual(plain(value));
  });

  it("every flow, type and property of the specs reads back the same", () => {
    let count = 0;
    for (const spec of allSpecs()) {
      for (const model of read(spec.text).ast.models) {
        for (const s of model.statements) {
          if (s.kind === "section" && s.props) {
            count++;
            const again = read(`model A { train ${printProps(s.props)} }`).ast.models[0]?.statements[0] as Section;
            expect(plain(again.props)).toEqual(plain(s.props));
          }
          if (s.kind !== "definition" || !s.flow || !s.name) continue;
          count++;
          const kind = s.type ? `: ${printKind(s.type)}` : "";
          const again = read(
            `model A { ${s.word} ${s.name.text}${kind} = ${printFlow(s.flow)}${s.props ? ` ${printProps(s.props)}` : ""} }`,
          );
          expect(again.diagnostics).toEqual([]);
          expect(plain(again.ast.models[0]?.statements[0])).toEqual(plain({ ...s, doc: undefined }));
        }
      }
    }
    expect(count).toBeGreaterThan(10);
  });
});
