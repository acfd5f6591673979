/**
 * The checks that many ops share, each with its message: ranks, windows, divisors, sizes. An `infer` calls them and ends
 * when one says no. What they report is diagnostics/catalogue/shapes.ts.
 */
import { type Dim, isKnown, printDim } from "../types/dim.ts";
import { type Axis, isOptional, printType, type TensorType } from "../types/type.ts";
import type { Context, FusionContext, Named, StageContext } from "./define.ts";

export const axisNames = (type: TensorType): string[] => type.axes.map((a) => a.name);

/** `height=150`; an unknown size prints its symbol. */
export const printAxis = (a: Axis): string => `${a.name}=${printDim(a.size)}`;

const compared = (input: Named) => [{ span: input.span, style: "-" as const, label: printType(input.type) }];

/** The op's bare word: `conv2d`. */
export const wordOf = (context: Context): string => context.text.replace(/\(.*$/s, "");

export function wrongRank(
  context: StageContext,
  reads: readonly string[],
  help: { put?: string; use?: string; certain?: boolean },
): undefined {
  const { input } = context;
  const word = wordOf(context);
  return context.fail(
    "rank-mismatch",
    {
      word,
      reads,
      name: input.name,
      has: axisNames(input.type).length === 0 ? ["no axis"] : axisNames(input.type),
      from: input.from,
      ...(help.put ? { put: help.put } : {}),
      ...(help.use ? { use: help.use } : {}),
    },
    {
      marks: compared(input),
      ...(help.certain && help.use
        ? {
            fix: {
              title: `write ${help.use}`,
              edits: [{ span: { ...context.span, end: context.span.start + word.length }, text: help.use }],
              certain: true,
            },
          }
        : {}),
    },
  );
}

/** What a stage at this rank would rather be: pooling digits, conv1d for conv2d, each. */
interface Instead {
  readonly image?: string;
  readonly sequence?: string;
  readonly vector?: string;
  /** The pooling's name without its digit and `d`. */
  readonly pooling?: string;
  /** Items of pictures can be worked through with `each`. */
  readonly items?: boolean;
}

function digits(
  context: StageContext,
  instead: Instead,
): { put?: string; use?: string; certain?: boolean } | undefined {
  if (!instead.pooling) return undefined;
  const axes = context.input.type.axes.length;
  if (axes === 2) return { use: `${instead.pooling}1d`, certain: true };
  if (axes === 3) return { use: `${instead.pooling}2d`, certain: true };
  if (axes === 4) return { use: `each(${instead.pooling}2d)` };
  return undefined;
}

/** [B, s, c] */
export function needsSequence(context: StageContext, instead: Instead): boolean {
  const { input } = context;
  const n = input.type.axes.length;
  if (n === 2) return true;
  const help =
    digits(context, instead) ??
    (n === 1
      ? { ...(instead.vector ? { use: instead.vector } : {}) }
      : n === 3
        ? { use: instead.image ?? `each(${context.text})` }
        : { use: `each(${context.text})` });
  wrongRank(context, ["steps", "features"], help);
  return false;
}

/** [B, h, w, c] */
export function needsImage(context: StageContext, instead: Instead): boolean {
  const { input } = context;
  const n = input.type.axes.length;
  if (n === 3) return true;
  const help =
    digits(context, instead) ??
    (n === 2
      ? { put: "add_channel", ...(instead.sequence ? { use: instead.sequence } : {}) }
      : n === 1
        ? { ...(instead.vector ? { use: instead.vector } : {}) }
        : { use: `each(${context.text})` });
  wrongRank(context, ["height", "width", "channels"], help);
  return false;
}

/** [B, …, c] with a last axis whose size is a number once the data are known. */
export function needsFeatures(context: StageContext): boolean {
  if (context.input.type.axes.length >= 1) return true;
  wrongRank(context, ["features"], {});
  return false;
}

/** Recurrence: a sequence, or the message that there is nothing to step over. */
export function needsSteps(context: StageContext, before?: string): boolean {
  const { input } = context;
  if (input.type.axes.length === 2) return true;
  if (input.type.axes.length === 1) {
    context.fail(
      "no-sequence",
      { word: wordOf(context), name: input.name, from: input.from, ...(before ? { before } : {}) },
      { marks: compared(input) },
    );
  } else wrongRank(context, ["steps", "features"], { use: `each(${context.text})` });
  return false;
}

/** Each axis must keep at least one place; a size only the data know is checked when they are read. */
export function fitsWindow(context: StageContext, sizes: readonly (readonly [Axis, Dim])[]): boolean {
  const tooSmall = sizes.filter(([, left]) => isKnown(left) && left < 1).map(([before]) => printAxis(before));
  if (tooSmall.length === 0) return true;
  context.fail(
    "kernel-too-large",
    { text: context.text, axes: tooSmall, name: context.input.name, from: context.input.from },
    { marks: compared(context.input) },
  );
  return false;
}

/** A size that must be a number before any data are read. */
export function needsKnown(context: StageContext, a: Axis, use?: string): boolean {
  if (isKnown(a.size)) return true;
  context.fail(
    "size-unknown",
    { word: wordOf(context), axis: printAxis(a), from: context.input.from, ...(use ? { use } : {}) },
    { marks: compared(context.input) },
  );
  return false;
}

/** The divisors of `n` nearest to `by`, or the sizes nearest to `n` that `by` divides. */
export function nearestDivisors(n: number, by: number): number[] {
  const divisors: number[] = [];
  for (let d = 1; d <= n; d++) if (n % d === 0) divisors.push(d);
  return divisors
    .sort((a, b) => Math.abs(a - by) - Math.abs(b - by) || a - b)
    .slice(0, 2)
    .sort((a, b) => a - b);
}

export function notDivisible(context: Context, by: number, a: Axis, at: string): undefined {
  const size = a.size as number;
  const take = nearestDivisors(size, by).map(String);
  return context.fail(
    "not-divisible",
    {
      by,
      axis: printAxis(a),
      from: a.origin ? fromOrigin(context, a) : "input" in context ? (context as StageContext).input.from : "",
      take,
    },
    { at: context.args.span(at) },
  );
}

const fromOrigin = (context: Context, a: Axis): string =>
  "input" in context ? (context as StageContext).input.from : (a.origin?.text ?? "");

/** `heads` must divide the width (axes.md): names the nearest divisors. */
export function headsDivide(context: Context, width: Axis, heads: number): boolean {
  if (!isKnown(width.size) || width.size % heads === 0) return true;
  notDivisible(context, heads, width, "heads");
  return false;
}

/** Token ids enter only the ops that read ids, numbers only the others (axes.md, general rule 4). */
export function readsKind(context: StageContext, reads: "numbers" | "ids"): boolean {
  const { input } = context;
  const holds = input.type.dtype === "i32" ? "ids" : "numbers";
  if (holds === reads) return true;
  const facts = { word: wordOf(context), name: input.name, from: input.from };
  if (reads === "numbers") {
    context.fail(
      "ids-or-numbers",
      { ...facts, reads: "numbers", holds: "token ids", put: "embedding(64)" },
      { marks: compared(input) },
    );
  } else {
    const dim = context.args.has("dim") ? `(${context.args.number("dim")})` : "(64)";
    context.fail(
      "ids-or-numbers",
      { ...facts, reads: "token ids", holds: "numbers", use: `dense${dim}` },
      { marks: compared(input) },
    );
  }
  return false;
}

// ---------------------------------------------------------------- fusions

const width = (source: Named) => {
  const last = source.type.axes[source.type.axes.length - 1];
  return last ? (isKnown(last.size) ? last.size : printDim(last.size)) : 1;
};

const typeMarks = (sources: readonly Named[]) =>
  sources.slice(1).map((s) => ({ span: s.span, style: "^" as const, label: printType(s.type) }));

/** Sources that have other axes than this op joins. */
export function axesMismatch(
  context: FusionContext,
  joins: string,
  source: Named,
  help: { add?: string; use?: string },
): undefined {
  return context.fail(
    "fusion-axes-mismatch",
    {
      word: wordOf(context),
      joins,
      name: source.name,
      has: source.type.dtype === "i32" ? ["token ids"] : source.type.axes.map(printAxis),
      from: source.from,
      ...help,
    },
    { at: source.span, label: printType(source.type) },
  );
}

export function shapeMismatch(
  context: FusionContext,
  a: Named,
  b: Named,
  help: { add?: string; use?: string },
): undefined {
  return context.fail(
    "fusion-shape-mismatch",
    {
      word: wordOf(context),
      first: { name: a.name, wide: width(a), from: a.from },
      second: { name: b.name, wide: width(b), from: b.from },
      ...help,
    },
    { at: a.span, label: printType(a.type), marks: typeMarks([a, b]) },
  );
}

/** Token ids, or a value without an axis, are joined by nothing. */
export function joinable(context: FusionContext): boolean {
  for (const source of context.sources) {
    if (source.type.dtype === "i32") {
      context.fail(
        "ids-or-numbers",
        {
          word: wordOf(context),
          reads: "numbers",
          name: source.name,
          holds: "token ids",
          from: source.from,
          put: "embedding(64)",
        },
        { at: source.span, label: printType(source.type), help: `write \`${source.name} -> embedding(64)\`` },
      );
      return false;
    }
  }
  return true;
}

/** What an axis-removing stage for this value would be. */
export function poolingFor(type: TensorType): string {
  const n = type.axes.length;
  if (n === 2) return "-> global_average_pooling1d";
  if (n === 3) return "-> global_average_pooling2d";
  return "-> flatten";
}

/** All sources one vector a row, else the message with the pooling to insert. */
export function allVectors(context: FusionContext, use?: string): boolean {
  const wrong = context.sources.find((s) => s.type.axes.length !== 1);
  if (!wrong) return true;
  axesMismatch(context, "one vector a row", wrong, { add: poolingFor(wrong.type), ...(use ? { use } : {}) });
  return false;
}

export { isOptional };
