/** What must hold for the formatted text of a spec: for the tests of the formatter. */
import { readdirSync, readFileSync } from "node:fs";
import path from "node:path";
import { expect } from "vitest";
import type { File } from "../../grammar/ast.ts";
import { type FormatOptions, formatText } from "../../grammar/format/format.ts";
import { lex } from "../../grammar/lex.ts";
import { parse } from "../../grammar/parse.ts";
import { root } from "../../scripts/build.mjs";
import type { Spec } from "./specs.ts";

export const file = (text: string) => ({ path: "a.mmf", text });

export function format(text: string, options: FormatOptions = {}): string {
  const result = formatText(file(text), options);
  if (result.text === undefined) throw new Error(result.diagnostics.map((d) => d.message).join("\n"));
  return result.text;
}

export const specsBelow = (folder: string): Spec[] =>
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
export function holds(text: string): void {
  const once = format(text);
  expect(format(once)).toBe(once);
  expect(pieces(once)).toEqual(pieces(text));
  expect(plain(parse(file(once)).ast)).toBe(plain(parse(file(text)).ast));
  expect(once).not.toMatch(/(?:\r?\n){3}|[^\r\n]$/);
}
