import fc from "fast-check";
import ts from "typescript";
import { describe, expect, test } from "vitest";
import {
  docComment,
  isIdentifier,
  lineComment,
  numeral,
  propertyName,
  quote,
} from "../../../../compiler/emit/typescript/literals.ts";
import { camelCase, createNames } from "../../../../compiler/emit/typescript/names.ts";
import { sizeExpression } from "../../../../compiler/emit/typescript/sizes.ts";
import { add, multiply, symbol } from "../../../../compiler/types/dim.ts";

const anyText = fc.string({
  unit: fc.oneof(
    fc.constantFrom(
      '"',
      "'",
      "`",
      "\\",
      "$",
      "{",
      "}",
      "*",
      "/",
      "\n",
      "\r",
      "\u2028",
      "\u202e",
      "\0",
      "字",
      "😀",
      "\ud800",
    ),
    fc.string({ minLength: 1, maxLength: 1 }),
  ),
});
// Only text that these functions made is run here.
const run = (code: string): unknown => new Function(`"use strict"; return (${code});`)();
const statements = (code: string) => ts.createSourceFile("x.ts", code, ts.ScriptTarget.ES2022).statements.length;

describe("literals", () => {
  test("a quoted text is that text, whatever is in it", () => {
    fc.assert(fc.property(anyText, (text) => void expect(run(quote(text))).toBe(text)));
  });

  test("quotes are double, but where there are more of these inside", () => {
    expect(quote("it's")).toBe('"it\'s"');
    expect(quote('a "b"')).toBe("'a \"b\"'");
    expect(quote(`"'`)).toBe(`"\\"'"`);
  });

  test("a number is that number, in as few characters", () => {
    expect([1 / 255, 1e-3, 0.05, 2e-5, 16000, 8000, 0.015, -1, 1 / 3, 1e21, 0].map(numeral)).toEqual([
      "1 / 255",
      "1e-3",
      "0.05",
      "2e-5",
      "16_000",
      "8000",
      "0.015",
      "-1",
      "1 / 3",
      "1e21",
      "0",
    ]);
    fc.assert(
      fc.property(
        fc.double({ noNaN: true, noDefaultInfinity: true }),
        (n) => void expect(run(numeral(n))).toBe(n === 0 ? 0 : n),
      ),
    );
    expect(() => numeral(Number.NaN)).toThrow(RangeError);
  });

  test("a comment never ends before its end", () => {
    fc.assert(
      fc.property(anyText, (text) => {
        expect(statements(`${lineComment(text)}\n;`)).toBe(1);
        expect(statements(`${docComment(text)}\n;`)).toBe(1);
        expect(lineComment(text)).not.toMatch(/[\n\r\u2028\u2029\u202e]/);
      }),
    );
  });

  test("a property is called as it is, __proto__ too", () => {
    fc.assert(
      fc.property(
        fc.oneof(anyText, fc.constant("__proto__")),
        (name) => void expect(Object.keys(run(`{ ${propertyName(name)}: 1 }`) as object)).toEqual([name]),
      ),
    );
  });
});

describe("names", () => {
  test("stay where they can, change where they must, and are never two alike", () => {
    const ids = ["seen", "tf", "tf_", "class", "文本", "a-b", "a_b", "3d", "await", "Tf", "data"];
    const names = createNames(ids);
    expect(ids.map((id) => names.of(id))).toEqual([
      "seen",
      "tf_2",
      "tf_",
      "class_",
      "文本",
      "a_b_2",
      "a_b",
      "_3d",
      "await_",
      "Tf_",
      "data_",
    ]);
    expect(names.fresh("seen")).toBe("seen_2");
  });

  test("of any spec are identifiers that can be declared", () => {
    fc.assert(
      fc.property(fc.uniqueArray(anyText, { minLength: 1 }), (ids) => {
        const names = createNames(ids);
        const all = ids.map((id) => names.of(id));
        expect(new Set(all).size).toBe(ids.length);
        expect(all.every(isIdentifier)).toBe(true);
        run(`(() => { ${all.map((name) => `const ${name} = 1;`).join(" ")} })()`);
      }),
    );
  });

  test("of ops are in camelCase", () => {
    expect(["max_pooling2d", "global_average_pooling1d", "lstm", "late_weighted_average"].map(camelCase)).toEqual([
      "maxPooling2d",
      "globalAveragePooling1d",
      "lstm",
      "lateWeightedAverage",
    ]);
  });
});

describe("sizes", () => {
  const expression = (dim: Parameters<typeof sizeExpression>[0]) => {
    const asked = new Set<string>();
    return [sizeExpression(dim, asked), [...asked].join()];
  };

  test("are numbers, or questions to fitted", () => {
    expect(expression(64)).toEqual(["64", ""]);
    expect(expression(symbol("sheet.features"))).toEqual(['fitted.features("sheet")', "features"]);
    expect(expression(symbol("文本.vocabulary"))).toEqual(['fitted.vocabulary("文本")', "vocabulary"]);
    expect(expression(symbol("call.bands"))).toEqual(['fitted.size("call.bands")', "bands"]);
    expect(expression(add(multiply(32, symbol("a.features")), symbol("b.classes"), 7))).toEqual([
      '32 * fitted.features("a") + fitted.classes("b") + 7',
      "features,classes",
    ]);
  });

  test("that are no polynomials keep their arithmetic", () => {
    expect(expression(symbol("floor((call.time - 4)/2 + 1)"))).toEqual([
      'Math.floor((fitted.time("call") - 4) / 2 + 1)',
      "time",
    ]);
    expect(expression(multiply(2, symbol("(call.time - 4)")))).toEqual(['2 * (fitted.time("call") - 4)', "time"]);
  });

  test("that nothing can say are refused, and so is code", () => {
    for (const text of ["?.vocabulary", "?", "process.exit()", "a.features; b", "x", 'a"b.features + 1'])
      expect(() => expression(symbol(text)), text).toThrow("no program can say");
  });
});
