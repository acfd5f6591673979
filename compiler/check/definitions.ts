/** Infers encoders, fusions and heads, their sources first, each once, however the statements are ordered. */
import type { Span } from "../../diagnostics/span.ts";
import type { Call, Definition, Ref } from "../../grammar/ast.ts";
import { printFlow, printKind, printRef } from "../../grammar/print.ts";
import type { Named } from "../registry/define.ts";
import { definitionProperties, fusions, lateFusions, ops } from "../registry/index.ts";
import { itemsOf } from "../registry/modality/index.ts";
import { printDim as printTypeSize } from "../types/dim.ts";
import { isOptional, printType, type TensorType } from "../types/type.ts";
import { type CheckedArguments, checkArguments } from "./arguments.ts";
import type { CheckedDefinition, CheckedModality } from "./checked.ts";
import { inferStages } from "./flows.ts";
import { inferFusion } from "./fusion.ts";
import { inferHead } from "./head.ts";
import { type ModelState, propsGiven } from "./model.ts";
import { kindOf, unknownName } from "./names.ts";

const isFusionWord = (word: string): boolean => (fusions.has(word) || lateFusions.has(word)) && !ops.has(word);
const isOpWord = (word: string): boolean => ops.has(word);

/** Where a modality's shape comes from: the property that says it. */
function modalityFrom(state: ModelState, m: CheckedModality): string {
  const property =
    m.entry.name === "audio"
      ? "features"
      : ({ text: "tokens", image: "size", vector: "dim", tabular: "numeric" } as { [k: string]: string })[
          m.entry.name
        ]!;
  const shown = itemsOf(m.args, m.entry.name) !== undefined && m.args.has("count") ? "count" : property;
  const origin = m.facts.origin(m.args.given(shown) ? shown : property);
  const text = m.entry.name === "tabular" || !m.args.given(property) ? m.entry.name : origin.text;
  return `${text}, ${state.session.place(m.span, state.linked.name.span)}`;
}

export function resolve(
  state: ModelState,
  ref: Ref,
  want: readonly string[],
  inProgress: string[],
): Named | undefined | "dropped" {
  const { session, linked } = state;
  const name = printRef(ref);
  if (ref.parts.length > 1) {
    session.say("not-here-yet", ref.span, { version: session.version, word: name, use: [], mild: false });
    return undefined;
  }
  const modality = state.modalities.get(name);
  if (modality && want.includes("modality")) {
    if (state.reduced && !state.reduced.keep.has(name)) return "dropped";
    return {
      type: modality.type,
      name,
      from: modalityFrom(state, modality),
      span: ref.span,
      kind: "modality",
      modality: name,
    };
  }
  const declared = linked.named.get(name)?.statement;
  if (declared?.kind === "definition" && want.includes(declared.word)) {
    const done = define(state, name, inProgress);
    if (done === "dropped") return "dropped";
    return done ? { ...done.out, name, span: ref.span, kind: done.word } : undefined;
  }
  if (declared?.kind === "declaration" && declared.word === "modality" && want.includes("modality")) return undefined; // said already
  const candidates = [...linked.declarations, ...linked.definitions]
    .filter((s) => want.includes(s.statement.word))
    .flatMap((s) => (s.statement.name ? [s.statement.name.text] : []));
  if (declared) {
    if (declared.kind === "declaration" && declared.word === "target") {
      unknownName(state, name, ref.span, "value", candidates);
      return undefined;
    }
    if (declared.kind === "definition" && declared.word === "head") {
      const read = declared.flow?.calls.length === 1 ? printRef(declared.flow.calls[0]!.ref) : undefined;
      const instead = read === undefined || read === name ? undefined : read;
      unknownName(
        state,
        name,
        ref.span,
        "value",
        candidates,
        instead === undefined ? undefined : { kind: "a head", write: instead, certain: false },
      );
      return undefined;
    }
    return undefined;
  }
  unknownName(state, name, ref.span, want.length === 1 ? (want[0] as string) : "value", candidates);
  return undefined;
}

/** Infers a definition, its sources first; each once. */
export function define(
  state: ModelState,
  name: string,
  inProgress: string[],
): CheckedDefinition | undefined | "dropped" {
  const done = state.definitions.get(name);
  if (done) return done;
  if (state.unknown.has(name)) return state.reduced ? "dropped" : undefined;
  const linked = state.linked.named.get(name);
  if (linked?.statement.kind !== "definition") return undefined;
  const { statement } = linked;
  if (inProgress.includes(name)) {
    const way = inProgress.slice(inProgress.indexOf(name));
    const flows = way.map((n) => {
      const s = state.linked.definitions.find((d) => d.statement.name?.text === n)?.statement;
      return s?.flow ? `${n} = ${printFlow(s.flow)}` : n;
    });
    state.session.say("name-cycle", statement.name!.span, { names: way, cycle: flows.join(", ") });
    for (const n of way) state.unknown.add(n);
    return undefined;
  }
  if (statement.broken || !statement.flow) {
    state.unknown.add(name);
    return undefined;
  }
  inProgress.push(name);
  const result =
    statement.word === "fusion"
      ? inferFusion(state, statement, linked.changed)
      : statement.word === "head"
        ? inferHead(state, statement, linked.changed)
        : inferEncoder(state, statement, linked.changed);
  inProgress.pop();
  if (!result || result === "dropped" || state.unknown.has(name)) {
    state.unknown.add(name);
    return result === "dropped" ? "dropped" : state.reduced ? "dropped" : undefined;
  }
  state.definitions.set(name, result);
  return result;
}

/** Properties in braces behind a definition. */
export function definitionProps(state: ModelState, statement: Definition): CheckedArguments {
  return checkArguments(
    definitionProperties[statement.word]!,
    propsGiven(statement.props),
    state.values(),
    statement.name!.span,
  );
}

function inferEncoder(
  state: ModelState,
  statement: Definition,
  changed: boolean,
): CheckedDefinition | undefined | "dropped" {
  const flow = statement.flow!;
  const props = definitionProps(state, statement);
  const first = flow.calls[0]!;
  const start = startOf(state, first, statement);
  if (start === "dropped") return "dropped";
  if (!start) return undefined;
  const inferred = inferStages(flow.calls.slice(1), start, state.scope, state.flow, first.span.end);
  if (!inferred) return undefined;
  if (statement.type && !annotationFits(state, statement, inferred.out.type, flow.calls[flow.calls.length - 1]!))
    return undefined;
  if (props.wrong) return undefined;
  return {
    word: "encoder",
    name: statement.name!.text,
    statement,
    span: statement.name!.span,
    changed,
    sources: [{ start: printRef(first.ref), stages: [], named: start }],
    stages: inferred.stages,
    out: inferred.out,
    props,
  };
}

/** The value a flow starts from; an op or fusion in its place gets a message that says so. */
export function startOf(
  state: ModelState,
  first: Call,
  statement: Definition,
  want: readonly ("modality" | "encoder" | "fusion" | "head")[] = ["modality", "encoder", "fusion"],
): Named | undefined | "dropped" {
  const { session } = state;
  const word = printRef(first.ref);
  const isValue = kindOf(state.linked, word) !== undefined;
  if (!isValue && first.ref.parts.length === 1) {
    if (isFusionWord(word)) {
      session.say("fusion-place", first.ref.span, {
        word,
        write: `fusion ${statement.name?.text ?? "joint"}: mid = ${word}(…)`,
      });
      return undefined;
    }
    if (isOpWord(word) || state.linked.blocks.has(word)) {
      const value = [...state.modalities.keys()][0];
      session.say("flow-order", first.ref.span, { text: word, ...(value ? { write: `${value} -> ${word}` } : {}) });
      return undefined;
    }
  }
  if (first.args) {
    session.say("unexpected-text", first.argsSpan ?? first.span, { text: "(", expected: ["`->`"] });
    return undefined;
  }
  const found = state.named(first.ref, want);
  if (
    found &&
    found !== "dropped" &&
    found.kind === "fusion" &&
    state.definitions.get(found.name)?.stage === "late" &&
    statement.word !== "head"
  ) {
    session.say("fusion-kind-op", first.ref.span, {
      word: statement.word,
      joins: "values",
      not: "predictions",
      use: [],
    });
    return undefined;
  }
  return found;
}

/** An encoder's type annotation must equal the inferred type; an axis without a size fits any. */
function annotationFits(state: ModelState, statement: Definition, type: TensorType, last: { span: Span }): boolean {
  const kind = statement.type!;
  const dims = kind.dims?.filter((d) => !(d.ref && printRef(d.ref) === "B" && d.equals === undefined));
  const axesFit =
    dims === undefined ||
    (dims.length === type.axes.length &&
      dims.every((d, i) => {
        const axis = type.axes[i]!;
        const size = typeof axis.size === "number" ? String(axis.size) : undefined;
        if (d.size !== undefined) return String(d.size) === size;
        if (!d.ref || printRef(d.ref) !== axis.name) return false;
        if (d.equals === undefined) return true;
        return typeof d.equals === "number"
          ? String(d.equals) === size
          : printRef(d.equals) === printTypeSize(axis.size);
      }));
  if (kind.name.text === type.dtype && axesFit && kind.optional === isOptional(type)) return true;
  const call = statement.flow!.calls[statement.flow!.calls.length - 1]!;
  state.session.say(
    "annotation-differs",
    kind.span,
    {
      name: statement.name!.text,
      type: printKind(kind),
      gives: printType(type),
      ...(statement.flow!.calls.length > 1
        ? {
            change: {
              code: printFlow({ kind: "flow", calls: [call], span: call.span }),
              place: state.session.place(last.span, kind.span),
            },
          }
        : {}),
    },
    { marks: [{ span: last.span, style: "-", label: printType(type) }] },
  );
  return false;
}
