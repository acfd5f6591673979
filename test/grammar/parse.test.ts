/** Correct specs: no message, the tree that was written, exact places. */
import { describe, expect, it } from "vitest";
import type { Definition, Section, Value } from "../../grammar/ast.ts";
import { validateGrammar } from "../../grammar/parser.ts";
import { children, type Node, visit } from "../../grammar/visit.ts";
import { allSpecs, ownSpecs, read } from "./specs.ts";

describe("parse", () => {
  it("passes Chevrotain's checks", () => expect(() => validateGrammar()).not.toThrow());

  it.each(allSpecs().map((s) => [s.path, s] as const))("%s is clean", (_, spec) => {
    expect(read(spec.text, spec.path).diagnostics).toEqual([]);
    const crlf = read(`\ufeff${spec.text.replaceAll("\n", "\r\n")}`, spec.path);
    expect(crlf.diagnostics).toEqual([]);
  });

  it("every node's text lies inside its parent's, and names are what is written there", () => {
    for (const spec of allSpecs()) {
      const { ast } = read(spec.text, spec.path);
      visit(ast, (node, parents) => {
        const parent = parents[parents.length - 1];
        expect(node.span.end).toBeGreaterThan(node.span.start);
        if (parent !== undefined) {
          expect(node.span.start).toBeGreaterThanOrEqual(parent.span.start);
          expect(node.span.end).toBeLessThanOrEqual(parent.span.end);
        }
        if ("text" in node)
          expect(spec.text.slice(node.span.start, node.span.end).normalize("NFC")).toBe(node.text.normalize("NFC"));
        if ("kind" in node && node.kind === "flow")
          expect(spec.text.slice(node.span.start, node.span.end)).not.toMatch(/^\s|\s$/);
      });
    }
  });

  it("the forms", () => {
    const { ast } = read(ownSpecs[1]?.text ?? "");
    const model = ast.models[0];
    expect(ast.uses[0]?.path?.value).toBe("blocks.mmf");
    expect(
      ast.blocks.map((b) => [b.name?.text, b.shared, b.params.map((p) => [p.name.text, p.default?.kind])]),
    ).toEqual([
      [
        "tower",
        true,
        [
          ["channels", undefined],
          ["kernel", "size"],
          ["pool", "boolean"],
        ],
      ],
      ["plain", false, []],
    ]);
    expect(model?.name?.text).toBe("视听");
    const data = model?.statements[0] as Section;
    const query = data.props?.entries[0]?.value;
    const sql = query?.kind === "flow" ? query.calls[0]?.args?.[0]?.value : undefined;
    expect(sql).toMatchObject({ kind: "string", value: "\n    select \"a\" from 'b' where x = '\\d'\n  " });
    const [rate, , dir] = model?.statements.filter((s) => s.kind === "let") ?? [];
    expect(rate).toMatchObject({
      value: { kind: "number", value: 0.001, integer: false },
      candidates: { kind: "range" },
    });
    expect(dir).toMatchObject({ value: { value: '模型/a\n"b"' } });
    const a = model?.statements.find((s): s is Definition => s.kind === "definition" && s.name?.text === "a");
    expect(a?.type).toMatchObject({
      optional: true,
      dims: [
        { ref: { parts: [{ text: "B" }] } },
        { equals: 626 },
        { equals: { parts: [{ text: "é" }, { text: "features" }] } },
        { size: 3 },
      ],
    });
    const b = model?.statements.find((s): s is Definition => s.kind === "definition" && s.name?.text === "b");
    expect(b?.flow?.calls.map((c) => [c.ref.parts.length, c.args?.length])).toEqual([
      [3, undefined],
      [1, 1],
      [1, 0],
    ]);
    expect(model?.statements.every((s) => !s.broken)).toBe(true);
  });

  it("numbers with their units", () => {
    const { ast } = read(
      "model A { train { a: 70%, b: 200k, c: 16kHz, d: 10_000, e: -1, f: 1e-3, g: 2x3x4, h: 1/255, i: 0.1..0.5 } }",
    );
    const props = (ast.models[0]?.statements[0] as Section | undefined)?.props?.entries.map((p) => p.value) ?? [];
    const brief = (v: Value | undefined) =>
      v?.kind === "number"
        ? [v.value, v.unit, v.integer]
        : v?.kind === "size"
          ? v.sizes
          : v?.kind === "ratio"
            ? [v.above, v.below]
            : v?.kind;
    expect(props.map(brief)).toEqual([
      [70, "%", true],
      [200, "k", true],
      [16, "kHz", true],
      [10_000, undefined, true],
      [-1, undefined, true],
      [0.001, undefined, false],
      [2, 3, 4],
      [1, 255],
      "range",
    ]);
  });

  it("joins doc lines, and compares names in NFC", () => {
    const { ast } = read(
      "/// One.\n/// Two.\nmodel cafe\u0301 {\n  // no doc\n  /// Inner.\n  target y: binary\n  target z: binary\n}\n",
    );
    const model = ast.models[0];
    expect(model?.doc).toBe("One. Two.");
    expect(model?.name?.text).toBe("caf\u00e9");
    expect(model?.statements.map((s) => s.doc)).toEqual(["Inner.", undefined]);
    expect(ast.comments).toHaveLength(4);
  });

  it("an empty file, a comment, a byte order mark alone", () => {
    for (const text of ["", "// nothing", "\ufeff", "\r\n\t "]) expect(read(text).diagnostics).toEqual([]);
  });

  it("children come in the order of the text", () => {
    const { ast } = read(ownSpecs[0]?.text ?? "");
    let count = 0;
    visit(ast, (node: Node) => {
      count++;
      const starts = children(node).map((c) => c.span.start);
      expect(starts).toEqual([...starts].sort((x, y) => x - y));
    });
    expect(count).toBeGreaterThan(400);
  });
});
