/**
 * The words in the boxes: stage text, op summaries (`embedding → lstm`), listings (`conv2d(32, 3×3) → 148×148×32`).
 * Knows the IR; knows no shapes, colours or ids.
 */
import { layerWeights, withCommas } from "../../ir/cost.ts";
import type { Call, FlowGroup, Model } from "../../ir/ir.ts";
import { printDim } from "../../types/dim.ts";
import { type Axis, printShort, printType, type TensorType } from "../../types/type.ts";

/** What drawing reads of a model. */
export type Drawn = Pick<Model, "values" | "layers" | "groups">;

/** Structures are drawn open; everything else with bodies (`bidirectional(lstm(32))`) is one stage. */
const structures = new Set(["each", "residual", "parallel", "repeat"]);

/** Three no-break spaces: markdown strings swallow ordinary ones at the start of a line. */
export const indent = "\u00a0\u00a0\u00a0";

/** Stages longer than this would make boxes wider than a page. */
export const maxListing = 12;

/** The formatter's text with `3x3` as `3×3` and `10_000` as `10,000`, outside of strings. */
export function pretty(text: string): string {
  return text
    .split(/("(?:[^"\\]|\\.)*")/)
    .map((part, i) =>
      i % 2 === 1
        ? part
        : part
            .replace(/(?<![\w.])\d+(?:x\d+)+(?!\w)/g, (size) => size.replaceAll("x", "×"))
            .replace(/(?<![\w.])\d+(?:_\d+)+(?![\w.])/g, (n) => withCommas(Number(n.replaceAll("_", "")))),
    )
    .join("");
}

/** The type as hover prints it, without the `?` of optional values: the dashes say that. */
export function longType(type: TensorType): string {
  return printType({ ...type, absentWith: [] });
}

export function typeOf(model: Drawn, value: string): TensorType | undefined {
  return model.values[value]?.type;
}

/** `128`, `100 tokens`, `?` for a value whose type is not known. */
export function shortType(model: Drawn, value: string): string {
  const type = typeOf(model, value);
  return type ? printShort(type) : "?";
}

export function opOf(model: Drawn, call: Call): string {
  return model.layers[call.layer]?.op ?? call.text;
}

export function isStructure(model: Drawn, call: Call): boolean {
  return call.block === undefined && structures.has(opOf(model, call)) && (call.bodies?.length ?? 0) > 0;
}

/** 0 for a stage, 1 for a structure of stages, 2 for one with such a structure inside, … */
export function heightOf(model: Drawn, call: Call): number {
  if (!isStructure(model, call)) return 0;
  const inner = (call.bodies ?? []).flatMap((body) => body.calls.map((each) => heightOf(model, each)));
  return 1 + Math.max(0, ...inner);
}

/** The word a structure merges with, where it is not its usual one. */
export function mergeOf(model: Drawn, call: Call): string {
  const merge = model.layers[call.layer]?.args.merge;
  if (typeof merge === "string") return merge;
  return opOf(model, call) === "residual" ? "add" : "concatenate";
}

function hasWeights(model: Drawn, call: Call): boolean {
  if (layerWeights(model, call.layer) !== 0) return true;
  return (call.bodies ?? []).some((body) => body.calls.some((inner) => hasWeights(model, inner)));
}

/** Op names in order: structures opened, blocks by their name. */
function opNames(model: Drawn, calls: readonly Call[], wanted: (call: Call) => boolean): string[] {
  return calls.flatMap((call) => {
    if (isStructure(model, call)) return (call.bodies ?? []).flatMap((body) => opNames(model, body.calls, wanted));
    return wanted(call) ? [call.block?.name ?? opOf(model, call)] : [];
  });
}

/** `conv2d → dense`; equal neighbours merge (`4 × dense`), more than three become first, `…`, last. */
function joined(names: readonly string[]): string {
  const runs: { name: string; count: number }[] = [];
  for (const name of names) {
    const last = runs[runs.length - 1];
    if (last?.name === name) last.count += 1;
    else runs.push({ name, count: 1 });
  }
  const words = runs.map((run) => (run.count > 1 ? `${run.count} × ${run.name}` : run.name));
  return (words.length > 3 ? [words[0], "…", words[words.length - 1]] : words).join(" → ");
}

/** The line of a box at `overview`; empty for a head that adds nothing. */
export function summary(model: Drawn, group: FlowGroup): string {
  const weighty = (call: Call) => hasWeights(model, call);
  if (group.kind === "head") return joined(opNames(model, group.calls, () => true));
  const [first, ...rest] = group.calls;
  if (group.kind === "fusion" && first) {
    return joined([...opNames(model, [first], () => true), ...opNames(model, rest, weighty)]);
  }
  const names = opNames(model, group.calls, weighty);
  return joined(names.length > 0 ? names : opNames(model, group.calls, () => true));
}

/** `each of 4 items`, `3 × residual`, `parallel`: the first line of an open structure. */
export function structureTitle(model: Drawn, call: Call, input: readonly Axis[] | undefined): string {
  const op = opOf(model, call);
  if (op === "each") {
    const axis = input?.[0];
    if (!axis) return "each";
    const name = axis.name.endsWith("s") ? axis.name : `${axis.name} steps`;
    return `each of ${printDim(axis.size, withCommas)} ${name}`;
  }
  if (op === "repeat") {
    const only = soleStage(call);
    const count = call.bodies?.length ?? 0;
    return only ? `${count} × ${stageTitle(model, only, input)}` : `repeat(${count})`;
  }
  const merge = mergeOf(model, call);
  const usual = op === "residual" ? "add" : "concatenate";
  return merge === usual ? op : `${op}(merge: ${merge})`;
}

function stageTitle(model: Drawn, call: Call, input: readonly Axis[] | undefined): string {
  return isStructure(model, call) ? structureTitle(model, call, input) : stageText(call);
}

/** The stage as written; a shared block says so. */
export function stageText(call: Call): string {
  return `${pretty(call.text)}${call.block?.shared ? " (shared)" : ""}`;
}

/** A structure in one line: `each(conv2d → flatten)`. */
export function closedText(model: Drawn, call: Call): string {
  const op = opOf(model, call);
  const bodies = call.bodies ?? [];
  if (op === "repeat") {
    const only = soleStage(call);
    if (only) return `${bodies.length} × ${isStructure(model, only) ? closedText(model, only) : stageText(only)}`;
    return `${bodies.length} × (${joined(opNames(model, bodies[0]?.calls ?? [], () => true))})`;
  }
  const drawn = op === "parallel" ? bodies : bodies.filter((body) => body.name !== "shortcut");
  const parts = drawn.map((body) => joined(opNames(model, body.calls, () => true)));
  return `${op}(${parts.join(", ")})`;
}

/** The only stage that a `repeat` repeats. */
function soleStage(call: Call): Call | undefined {
  const calls = call.bodies?.[0]?.calls ?? [];
  return calls.length === 1 ? calls[0] : undefined;
}

/** What the stages inside a structure read: `each` takes its axis away. */
export function innerAxes(model: Drawn, call: Call, input: readonly Axis[] | undefined): readonly Axis[] | undefined {
  return opOf(model, call) === "each" ? input?.slice(1) : input;
}

const sizes = (axes: readonly Axis[]): string => axes.map((axis) => printDim(axis.size)).join("×");

/** ` → 148×148×32`, or nothing where the shape stays. */
function arrow(model: Drawn, call: Call, input: readonly Axis[] | undefined, always: boolean): string {
  const type = typeOf(model, call.out);
  if (!type) return always ? " → ?" : "";
  return !always && input && sizes(input) === sizes(type.axes) ? "" : ` → ${printShort(type)}`;
}

/** One line a stage, the stages of a structure below it and indented. Structures of at most height `closed` are closed. */
function lines(
  model: Drawn,
  calls: readonly Call[],
  input: readonly Axis[] | undefined,
  closed: number,
  fusion = false,
): string[] {
  let axes = input;
  return calls.flatMap((call, i) => {
    const before = axes;
    axes = typeOf(model, call.out)?.axes;
    const shape = arrow(model, call, before, fusion && i === 0);
    if (!isStructure(model, call)) return [`${stageText(call)}${shape}`];
    if (heightOf(model, call) <= closed) return [`${closedText(model, call)}${shape}`];
    return [
      `${structureTitle(model, call, before)}${shape}`,
      ...innerLines(model, call, before, closed).map((line) => indent + line),
    ];
  });
}

function innerLines(model: Drawn, call: Call, input: readonly Axis[] | undefined, closed: number): string[] {
  const inner = innerAxes(model, call, input);
  const bodies = call.bodies ?? [];
  switch (opOf(model, call)) {
    case "repeat": {
      const only = soleStage(call);
      if (!only) return lines(model, bodies[0]?.calls ?? [], input, closed);
      return isStructure(model, only) && heightOf(model, only) > closed ? innerLines(model, only, input, closed) : [];
    }
    case "parallel":
      return bodies.flatMap((body) => branch(model, body.calls, inner, closed, ""));
    case "residual":
      return bodies.flatMap((body) =>
        body.name === "shortcut"
          ? branch(model, body.calls, inner, closed, "shortcut: ")
          : lines(model, body.calls, inner, closed),
      );
    default:
      return bodies.flatMap((body) => lines(model, body.calls, inner, closed));
  }
}

/** A branch of one stage is that stage; a longer one is one line, so that branches stay apart. */
function branch(
  model: Drawn,
  calls: readonly Call[],
  input: readonly Axis[] | undefined,
  closed: number,
  label: string,
): string[] {
  const last = calls[calls.length - 1];
  if (!last) return [];
  if (calls.length === 1) return lines(model, calls, input, closed).map((line, i) => (i === 0 ? label + line : line));
  const names = calls.map((call) => (isStructure(model, call) ? closedText(model, call) : stageText(call)));
  return [`${label}${names.join(" → ")}${arrow(model, last, input, false)}`];
}

/**
 * The stages of a group, a line each. Where they are more than twelve, innermost structures are closed first, then the
 * middle is left out: eight lines, `… 9 more`, three.
 */
export function listing(model: Drawn, group: FlowGroup): string[] {
  const input = inputAxes(model, group);
  const height = Math.max(0, ...group.calls.map((call) => heightOf(model, call)));
  let found = lines(model, group.calls, input, 0, group.kind === "fusion");
  for (let closed = 1; found.length > maxListing && closed <= height; closed += 1) {
    found = lines(model, group.calls, input, closed, group.kind === "fusion");
  }
  return found.length > maxListing ? shortened(found, (n) => `… ${n} more`) : found;
}

/** Eight, one that says how many are left out, three. */
export function shortened<T>(list: readonly T[], more: (count: number) => T): T[] {
  return [...list.slice(0, 8), more(list.length - 11), ...list.slice(-3)];
}

export function inputAxes(model: Drawn, group: FlowGroup): readonly Axis[] | undefined {
  return group.sources.length === 1 ? typeOf(model, group.sources[0] as string)?.axes : undefined;
}

/** The listing of a repeated stage, as a `repeat` node shows it. */
export function repeatListing(model: Drawn, call: Call, input: readonly Axis[] | undefined): string[] {
  return [structureTitle(model, call, input), ...innerLines(model, call, input, 0).map((line) => indent + line)];
}
