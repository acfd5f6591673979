/** Infers a fusion: its sources, whether the stage word fits them, its op, and the stages after it. */
import { near } from "../../diagnostics/near.ts";
import type { Arg, Call, Definition, Flow } from "../../grammar/ast.ts";
import { printCall, printFlow, printRef, printValue } from "../../grammar/print.ts";
import type { Fusion, FusionContext, Named } from "../registry/define.ts";
import { fusions, lateFusions, ops, standIns } from "../registry/index.ts";
import { lastAxis, type TensorType } from "../types/type.ts";
import { checkArguments } from "./arguments.ts";
import type { CheckedDefinition, CheckedSource } from "./checked.ts";
import { nothingBehind } from "./declarations.ts";
import { definitionProps, startOf } from "./definitions.ts";
import { nearFix, sayForeign, writing } from "./fixes.ts";
import { type CheckedStage, inferStages, stageContext } from "./flows.ts";
import type { ModelState } from "./model.ts";
import { unknownName } from "./names.ts";

type Stage = "early" | "mid" | "late";

/** Roles that make an inline flow more than reading: with them a fusion is mid (language.md, section 3). */
const encodes = (stages: readonly CheckedStage[]): boolean =>
  stages.some(
    (s) =>
      s.op.role === "recurrent" ||
      s.op.role === "attention" ||
      s.op.name === "conv1d" ||
      s.op.name === "conv2d" ||
      s.bodies.some((b) => encodes(b.stages)),
  );

export function inferFusion(
  state: ModelState,
  statement: Definition,
  changed: boolean,
): CheckedDefinition | undefined | "dropped" {
  const { session } = state;
  const name = statement.name!.text;
  const call = statement.flow!.calls[0]!;
  const word = printRef(call.ref);
  const stageWord = stageOf(state, statement);
  const props = definitionProps(state, statement);

  const entry = fusions.get(word);
  const lateEntry = lateFusions.get(word);
  if (!entry && !lateEntry) return unknownFusion(state, statement);

  const given = (call.args ?? []).map((a) => ({ key: a.key, value: a.value, span: a.span }));
  const quoted = (call.args ?? []).filter(
    (a) => !a.key && a.value.kind === "string" && state.flow.kindOf(a.value.value) !== undefined,
  );
  for (const { value } of quoted) {
    if (value.kind !== "string") continue;
    session.say(
      "text-or-name",
      value.span,
      { text: value.value, kind: state.flow.kindOf(value.value)!, quotes: "without" },
      writing(value.span, value.value),
    );
  }
  if (quoted.length > 0) return undefined;
  const listed = (call.args ?? []).find((a) => !a.key && a.value.kind === "list");
  if (listed?.value.kind === "list") {
    // Keras gives its sources in a list
    const text = printValue(listed.value);
    const write = listed.value.items.map(printValue).join(", ");
    session.say(
      "value-kind",
      listed.span,
      { name: word, takes: "values one after the other", text, is: "a list", write },
      writing(listed.span, write),
    );
    return undefined;
  }
  const sourceArgs = (call.args ?? []).filter((a) => !a.key && a.value.kind === "flow");
  const optionArgs = given.filter((a) => a.key || a.value.kind !== "flow");

  const headNames = new Set(
    state.linked.definitions
      .filter((d) => d.statement.word === "head")
      .flatMap((d) => (d.statement.name ? [d.statement.name.text] : [])),
  );
  const isHead = (arg: Arg): boolean =>
    arg.value.kind === "flow" && arg.value.calls.length === 1 && headNames.has(printRef(arg.value.calls[0]!.ref));
  const allHeads = sourceArgs.length > 0 && sourceArgs.every(isHead);
  const someHeads = sourceArgs.some(isHead);
  if (!allHeads && (someHeads || stageWord === "late")) {
    // one that is no head among the sources of a late fusion
    const odd = sourceArgs.find((a) => !isHead(a));
    const start = odd?.value.kind === "flow" ? printRef(odd.value.calls[0]!.ref) : undefined;
    const kind = start === undefined ? undefined : state.flow.kindOf(start);
    if (odd && start !== undefined && kind !== undefined) {
      session.say("late-sources", odd.span, { name: start, is: kind });
      return undefined;
    }
    if (odd && start !== undefined) {
      unknownName(state, start, (odd.value as Flow).calls[0]!.ref.span, "head", [...headNames]);
      return undefined;
    }
  }
  if (entry?.later && (!lateEntry || lateEntry.later || !allHeads)) {
    session.say("not-here-yet", call.ref.span, {
      version: session.version,
      word,
      use: standIns[word] ?? [],
      mild: false,
    });
    return undefined;
  }
  if (lateEntry?.later && allHeads) {
    session.say("not-here-yet", call.ref.span, { version: session.version, word, use: ["average"], mild: false });
    return undefined;
  }

  const sources = resolveSources(state, statement, sourceArgs, allHeads);
  if (!sources) return undefined;
  if (state.reduced && sources.kept.length === 0) return "dropped";

  const actual: Stage = allHeads
    ? "late"
    : sources.kept.some((s) => encodes(s.stages) || isMid(state, s))
      ? "mid"
      : "early";
  if (stageWord && stageWord !== actual && !state.reduced && sourceArgs.length > 0) {
    const kind = statement.type!;
    session.say(
      "fusion-kind-mismatch",
      kind.span,
      {
        name,
        written: stageWord,
        sources: sourceArgs.map((a) => (a.value.kind === "flow" ? printFlow(a.value) : "")),
        makes: actual,
      },
      {
        fix: {
          title: `write ${actual}`,
          edits: [{ span: kind.span, text: actual }],
          certain: actual !== "late" && stageWord !== "late",
        },
      },
    );
    return undefined;
  }
  const chosen: Fusion | undefined = allHeads ? lateEntry : entry;
  if (!chosen) {
    const legal = [...(allHeads ? lateFusions : fusions).values()].filter((f) => !f.later).map((f) => f.name);
    session.say("fusion-kind-op", call.ref.span, {
      word,
      joins: allHeads ? "values" : "predictions",
      not: allHeads ? "predictions" : "values",
      use: legal.slice(0, 3),
    });
    return undefined;
  }
  if (allHeads && !(oneTarget(state, sources.kept) && combines(state, chosen, call, sources.kept))) return undefined;

  const args = checkArguments({ ...chosen, positional: 0 }, optionArgs, state.values(), call.ref.span);
  const [least, most] = chosen.sources;
  if (!state.reduced && (sourceArgs.length < least || sourceArgs.length > most)) {
    if (!args.wrong || sourceArgs.length === 0) {
      session.say("fusion-sources", call.ref.span, {
        word,
        takes: most === least ? (least === 2 ? "two values" : `${least} values`) : "two or more",
        has: sourceArgs.length,
      });
    }
    return undefined;
  }
  if (args.wrong || props.wrong) return undefined;

  const passing = state.reduced && sources.kept.length === 1 && word !== "stack" && word !== "sequence";
  const context: FusionContext = {
    ...stageContext(call, printCall(call), args, { text: word, span: call.span }, state.flow),
    sources: sources.kept.map((s) => s.named),
    optional: state.flow.optional,
  };
  const type = passing
    ? passedOn(state, name, sources.kept[0]!.named.type)
    : allHeads
      ? lateType(sources.kept)
      : chosen.infer(context);
  if (!type) return undefined;
  const fused: Named = {
    type,
    name,
    from: `${word}, ${session.place(call.span, call.span)}`,
    span: statement.name!.span,
    kind: "fusion",
  };
  const inferred = inferStages(statement.flow!.calls.slice(1), fused, state.scope, state.flow, call.span.end);
  if (!inferred) return undefined;
  if (allHeads && inferred.stages.length > 0) {
    session.say("fusion-kind-op", statement.flow!.calls[1]!.span, {
      word: printRef(statement.flow!.calls[1]!.ref),
      joins: "values",
      not: "predictions",
      use: [],
    });
    return undefined;
  }
  const width = lastAxis(type)?.size;
  const had = lastAxis(sources.kept[0]!.named.type)?.size;
  return {
    word: "fusion",
    name,
    statement,
    span: statement.name!.span,
    changed,
    sources: sources.kept,
    fusion: { entry: chosen, args, text: fusionText(call, sourceArgs), span: call.span, type },
    ...(passing ? { passes: typeof width === "number" && width !== had ? { width } : {} } : {}),
    stage: stageWord ?? actual,
    stages: inferred.stages,
    out: { ...inferred.out, name },
    props,
  };
}

/** The fusion's op without its sources: `gated(dim: 128)`. */
function fusionText(call: Call, sources: readonly Arg[]): string {
  const rest = (call.args ?? []).filter((a) => !sources.includes(a));
  return printCall({ ...call, args: rest.length === 0 ? undefined : rest });
}

function stageOf(state: ModelState, statement: Definition): Stage | undefined {
  const kind = statement.type;
  if (!kind) return undefined;
  const text = kind.name.text;
  if (!nothingBehind(state, kind, false)) {
    state.unknown.add(statement.name!.text);
    return undefined;
  }
  if (text === "early" || text === "mid" || text === "late") return text;
  const found = near(text, ["early", "mid", "late"]);
  state.session.say(
    "unknown-kind",
    kind.name.span,
    { text, word: "fusion", near: found },
    nearFix(kind.name.span, found),
  );
  state.unknown.add(statement.name!.text);
  return undefined;
}

const isMid = (state: ModelState, source: CheckedSource): boolean => {
  const definition = state.definitions.get(source.start);
  return definition?.word === "encoder" || (definition?.word === "fusion" && definition.stage !== "early");
};

function unknownFusion(state: ModelState, statement: Definition): undefined {
  const { session } = state;
  const call = statement.flow!.calls[0]!;
  const word = printRef(call.ref);
  const span = call.ref.span;
  const legal = [...new Set([...fusions.values(), ...lateFusions.values()].filter((f) => !f.later).map((f) => f.name))];
  if (state.flow.kindOf(word) || ops.has(word) || state.linked.blocks.has(word)) {
    session.say("unexpected-text", span, { text: word, expected: ["a fusion op"] });
    return undefined;
  }
  if (sayForeign(session, word, span, legal)) return undefined;
  const found = near(word, legal, { role: "fusion" });
  session.say("unknown-op", span, { text: word, near: found }, nearFix(span, found));
  return undefined;
}

/** All sources, or undefined if one of them is not known; of a reduced model without those that are gone. */
function resolveSources(
  state: ModelState,
  statement: Definition,
  args: readonly Arg[],
  heads = false,
): { kept: CheckedSource[] } | undefined {
  const kept: CheckedSource[] = [];
  let wrong = false;
  const seen = new Map<string, Arg>();
  for (const arg of args) {
    if (arg.value.kind !== "flow") continue;
    const [first, ...rest] = arg.value.calls;
    const inner = rest.length > 0 ? undefined : printRef(first!.ref);
    if (inner !== undefined && seen.has(inner)) {
      state.session.say(
        "given-twice",
        arg.span,
        { text: inner, place: state.session.place(seen.get(inner)!.span, arg.span) },
        { marks: [{ span: seen.get(inner)!.span, style: "-" }] },
      );
      wrong = true;
      continue;
    }
    if (inner !== undefined) seen.set(inner, arg);
    const start = startOf(state, first!, statement, heads ? ["head"] : ["modality", "encoder", "fusion"]);
    if (start === "dropped") continue;
    if (!start) {
      wrong = true;
      continue;
    }
    const inferred = inferStages(rest, start, state.scope, state.flow, first!.span.end);
    if (!inferred) {
      wrong = true;
      continue;
    }
    kept.push({
      start: printRef(first!.ref),
      stages: inferred.stages,
      named: { ...inferred.out, name: rest.length === 0 ? start.name : inferred.out.name, span: arg.span },
    });
  }
  return wrong ? undefined : { kept };
}

function oneTarget(state: ModelState, sources: readonly CheckedSource[]): boolean {
  const heads = sources.map((s) => state.definitions.get(s.start)!);
  const first = heads[0]!;
  const other = heads.find((h) => h.head!.target !== first.head!.target);
  if (!other) return true;
  state.session.say("late-sources", sources[heads.indexOf(other)]!.named.span, {
    name: first.name,
    predicts: first.head!.target,
    other: other.name,
    otherPredicts: other.head!.target,
  });
  return false;
}

/** `vote` of numbers. */
function combines(state: ModelState, entry: Fusion, call: Call, sources: readonly CheckedSource[]): boolean {
  const head = state.definitions.get(sources[0]!.start)!.head!;
  const target = state.targets.get(head.target)!;
  if (!entry.judges || entry.judges.includes(target.entry.name)) return true;
  const able = [...lateFusions.values()].filter((f) => !f.later && (f.judges?.includes(target.entry.name) ?? true));
  state.session.say("metric-mismatch", call.ref.span, {
    word: entry.name,
    judges: entry.judges,
    name: target.name,
    kind: target.entry.name,
    place: state.session.place(target.span, call.span),
    use: able.map((f) => f.name),
  });
  return false;
}

/** Predictions are absent only where every member is. */
function lateType(sources: readonly CheckedSource[]): TensorType {
  const types = sources.map((s) => s.named.type);
  const always = types.some((t) => t.absentWith.length === 0);
  return { ...types[0]!, absentWith: always ? [] : [...new Set(types.flatMap((t) => t.absentWith))] };
}

/** A fusion left with one source passes it on, projected to the type it had. */
function passedOn(state: ModelState, name: string, type: TensorType): TensorType {
  const had = state.reduced!.whole.get(name)?.fusion?.type;
  const width = had && lastAxis(had);
  return width && typeof width.size === "number"
    ? { ...type, axes: [...type.axes.slice(0, -1), { ...lastAxis(type)!, size: width.size }] }
    : type;
}
