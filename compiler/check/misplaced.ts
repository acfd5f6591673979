/** Arguments in the wrong place or form that are one mistake together: swapped, without names, a size in parts, shares without `%`. */

import type { Span } from "../../diagnostics/span.ts";
import { printValue } from "../../grammar/print.ts";
import type { Given, Parameters } from "./arguments.ts";
import { writing } from "./fixes.ts";
import { isWhat, takes } from "./kinds.ts";
import { tryOut, type ValueContext } from "./values.ts";

/** Names for all arguments that follow a named one. */
export function lateFix(
  given: readonly Given[],
  first: Given,
  leading: readonly string[],
  keys: ReadonlyMap<string, Span>,
): { fix?: { title: string; edits: { span: Span; text: string }[]; certain: boolean } } {
  const rest = given.slice(given.indexOf(first)).filter((g) => !g.key);
  const free = leading.filter((n) => !keys.has(n));
  if (rest.length > free.length) return {};
  return {
    fix: {
      title: "give them names",
      edits: rest.map((g, i) => ({ span: g.value.span, text: `${free[i]}: ${printValue(g.value)}` })),
      certain: true,
    },
  };
}

/** `conv2d(32, relu, 3x3)`: each fits the other's place. One message instead of two. */
export function swappedArguments(
  entry: Parameters,
  leading: readonly string[],
  given: readonly Given[],
  context: ValueContext,
): boolean {
  const unnamed = given.filter((g) => !g.key);
  if (entry.rest || entry.words || unnamed.length < 2 || unnamed.length > leading.length) return false;
  const fits = (g: Given, name: string): boolean => !tryOut(g.value, entry.params[name]!.kind, name, context).wrong;
  for (let i = 0; i + 1 < unnamed.length; i++) {
    const [a, b] = [unnamed[i]!, unnamed[i + 1]!];
    const [x, y] = [leading[i]!, leading[i + 1]!];
    if (fits(a, x) || fits(b, y) || !fits(a, y) || !fits(b, x)) continue;
    const [textA, textB] = [printValue(a.value), printValue(b.value)];
    const kind = entry.params[x]!.kind;
    context.session.say(
      "value-kind",
      a.value.span,
      { name: x, takes: takes(kind), text: textA, is: isWhat(a.value), write: `${textB}, ${textA}` },
      {
        marks: [{ span: b.value.span, style: "-" }],
        fix: {
          title: `write ${textB}, ${textA}`,
          edits: [
            { span: a.value.span, text: textB },
            { span: b.value.span, text: textA },
          ],
          certain: true,
        },
      },
    );
    return true;
  }
  return false;
}

/** `conv2d(16, 3, 3)`: a size given as two numbers, as other libraries have it. */
export function sizeInParts(
  entry: Parameters,
  leading: readonly string[],
  given: readonly Given[],
  context: ValueContext,
): boolean {
  const unnamed = given.filter((g) => !g.key).map((g) => g.value);
  for (const [i, name] of leading.entries()) {
    const kinds = entry.params[name]!.kind;
    const kind = kinds.is === "either" ? kinds.kinds.find((k) => k.is === "size") : kinds;
    const parts = unnamed.slice(i, kind?.is === "size" ? i + kind.rank : i);
    if (kind?.is !== "size" || parts.length < kind.rank) continue;
    if (!parts.every((v) => v.kind === "number" && v.integer && v.unit === undefined)) continue;
    const write = parts.map((v) => printValue(v)).join("x");
    const span = { ...parts[0]!.span, end: parts[parts.length - 1]!.span.end };
    context.session.say("size-form", span, { write }, writing(span, write));
    return true;
  }
  return false;
}

/** `random(train: 80, validation: 20)`: one mistake in all shares, and one message. */
export function allPercents(
  percents: readonly { span: Span; write: string }[],
  given: readonly Given[],
  entry: Parameters,
  context: ValueContext,
): void {
  const [first, ...others] = percents as [(typeof percents)[0], ...typeof percents];
  const written = given.find((g) => g.value.span.start === first.span.start);
  context.session.say(
    "value-range",
    first.span,
    {
      name: written?.key?.text ?? entry.name,
      range: "from 0 to 1",
      text: written ? printValue(written.value) : "",
      write: first.write,
    },
    {
      marks: others.map((o) => ({ span: o.span, style: "^" as const })),
      fix: {
        title: "write them as shares",
        edits: percents.map((p) => ({ span: p.span, text: p.write })),
        certain: false,
      },
    },
  );
}
