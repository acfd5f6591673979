/**
 * What is half typed never costs its neighbours: every spec is cut after every token of every statement, and single
 * tokens are deleted, doubled and swapped. The counts are printed.
 */
import { describe, expect, it, vi } from "vitest";
import type { Statement } from "../../grammar/ast.ts";
import { lex } from "../../grammar/lex.ts";
import type { Token } from "../../grammar/tokens.ts";
import { allSpecs, read, type Spec, statementLines } from "./specs.ts";

interface Cut {
  readonly spec: Spec;
  readonly text: string;
  readonly others: readonly string[];
}

const keyOf = (s: Statement, model: string) =>
  `${model}/${"word" in s ? s.word : s.kind}:${"name" in s ? (s.name?.text ?? "") : ""}`;

/** Every statement cut after each of its tokens but the last. */
function* cuts(spec: Spec): Generator<Cut> {
  const { ast } = read(spec.text, spec.path);
  const { tokens } = lex(spec);
  const all = statementLines(ast);
  const statements: [Statement, string][] = [
    ...ast.models.flatMap((m) => m.statements.map((s): [Statement, string] => [s, m.name?.text ?? ""])),
    ...ast.blocks.map((s): [Statement, string] => [s, ""]),
    ...ast.compares.map((s): [Statement, string] => [s, ""]),
  ];
  for (const [statement, model] of statements) {
    const { start, end } = statement.span;
    const others = [...all];
    others.splice(others.indexOf(keyOf(statement, model)), 1);
    const inside = tokens.filter((t) => t.startOffset >= start && t.endOffset < end);
    for (const token of inside.slice(0, -1)) {
      const rest = spec.text.slice(end).replace(/^[ \t]*\n/, "");
      yield { spec, text: `${spec.text.slice(0, token.endOffset + 1)}\n${rest}`, others };
    }
  }
}

function missing(wanted: readonly string[], found: readonly string[]): string[] {
  const left = [...found];
  return wanted.filter((line) => {
    const at = left.indexOf(line);
    if (at >= 0) left.splice(at, 1);
    return at < 0;
  });
}

/** Every n-th of a list. */
const sample = <T>(list: readonly T[], n: number): T[] => list.filter((_, i) => i % n === 0);

// seconds when alone, more beside other work
vi.setConfig({ testTimeout: 60_000 });

describe("typing", () => {
  it("a statement cut anywhere leaves all others whole, with one message", () => {
    const all = allSpecs().flatMap((spec) => [...cuts(spec)]);
    const messages: Record<number, number> = {};
    const lost: string[] = [];
    for (const cut of all) {
      const { ast, diagnostics } = read(cut.text, cut.spec.path);
      const gone = missing(cut.others, statementLines(ast));
      if (gone.length > 0) lost.push(`${cut.spec.path}: ${gone.join(" ")}`);
      messages[diagnostics.length] = (messages[diagnostics.length] ?? 0) + 1;
    }
    const kept = 100 * (1 - lost.length / all.length);
    console.log(
      `cuts: ${all.length}, others whole in ${kept.toFixed(1)} %, messages per cut: ${JSON.stringify(messages)}`,
    );
    expect(lost).toEqual([]);
    expect(Object.keys(messages).every((n) => Number(n) <= 1)).toBe(true);
  });

  it("one token deleted, doubled or swapped gives at most two messages in 95 %", () => {
    const texts = allSpecs().flatMap((spec) => {
      const { tokens } = lex(spec);
      return sample(tokens, 13).flatMap((token) => mutations(spec.text, token, tokens[tokens.indexOf(token) + 1]));
    });
    const counts: Record<number, number> = {};
    for (const text of texts) {
      const n = read(text).diagnostics.length;
      counts[n] = (counts[n] ?? 0) + 1;
    }
    const few = texts.length - Object.entries(counts).reduce((sum, [n, c]) => sum + (Number(n) > 2 ? c : 0), 0);
    console.log(
      `changed tokens: ${texts.length}, at most two messages in ${((100 * few) / texts.length).toFixed(1)} %: ${JSON.stringify(counts)}`,
    );
    expect(few / texts.length).toBeGreaterThan(0.95);
  });
});

function mutations(text: string, token: Token, next: Token | undefined): string[] {
  const written = (t: Token) => text.slice(t.startOffset, t.endOffset + 1);
  const end = token.endOffset + 1;
  const changed = [
    text.slice(0, token.startOffset) + text.slice(end),
    `${text.slice(0, end)} ${written(token)}${text.slice(end)}`,
  ];
  if (next !== undefined && written(next) !== written(token)) {
    const between = text.slice(end, next.startOffset);
    changed.push(
      text.slice(0, token.startOffset) + written(next) + between + written(token) + text.slice(next.endOffset + 1),
    );
  }
  return changed;
}
