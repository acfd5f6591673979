/**
 * Checks one model: declares its names, then infers every value from its sources on, each once, however the statements
 * are ordered. Rules that look at the whole model (leaks, unused values, sections) follow in files of their own.
 */
import type { Span } from "../../diagnostics/span.ts";
import { foreignWord } from "../../diagnostics/foreign.ts";
import { near, oneNear } from "../../diagnostics/near.ts";
import type { Call, Declaration, Definition, Props, Ref } from "../../grammar/ast.ts";
import { printFlow, printKind, printRef } from "../../grammar/print.ts";
import type { Entry, Named } from "../registry/define.ts";
import { augments, definitionProperties, fusions, lateFusions, modalities as modalityWords, ops, sections as sectionWords, targets as targetWords } from "../registry/index.ts";
import { itemsOf, type ModalityFacts } from "../registry/modality.ts";
import { type Dim, printDim as printTypeSize, symbol } from "../types/dim.ts";
import { isOptional, printType, type TensorType } from "../types/type.ts";
import { type CheckedArguments, checkArguments, type Given } from "./arguments.ts";
import type { CheckedDefinition, CheckedModality, CheckedModel, CheckedSection, CheckedTarget } from "./checked.ts";
import { type Bound, emptyScope, type Scope, type Session } from "./context.ts";
import { type FlowContext, inferStages } from "./flows.ts";
import { inferFusion } from "./fusion.ts";
import { inferHead } from "./head.ts";
import { checkLeaks } from "./leaks.ts";
import { type LinkedModel, nounOf } from "./link.ts";
import { checkSections } from "./sections.ts";
import { checkUnused } from "./unused.ts";
import type { ValueContext } from "./values.ts";

/** What the rules of one model share. */
export interface ModelState {
  readonly session: Session;
  readonly linked: LinkedModel;
  readonly scope: Scope;
  readonly modalities: Map<string, CheckedModality>;
  readonly targets: Map<string, CheckedTarget>;
  /** In order of inference: sources before users. */
  readonly definitions: Map<string, CheckedDefinition>;
  /** Names whose type is not known because something was said about them. */
  readonly unknown: Set<string>;
  readonly flow: FlowContext;
  /** Of a reduced model: the modalities it keeps, and the whole model's definitions. */
  readonly reduced?: { readonly keep: ReadonlySet<string>; readonly whole: ReadonlyMap<string, CheckedDefinition> };
  values(mild?: boolean): ValueContext;
  /** The value of a name, inferred now if need be; undefined if unknown (which has been said). */
  named(ref: Ref, want: readonly ("modality" | "encoder" | "fusion" | "head")[]): Named | undefined | "dropped";
}

export interface CheckOutcome {
  readonly model?: CheckedModel;
  readonly usedBlocks: ReadonlySet<string>;
}

export const propsGiven = (props: Props | undefined): Given[] =>
  (props?.entries ?? []).flatMap((p) => (p.value ? [{ key: p.key, value: p.value, span: p.span }] : []));

export function checkModel(linked: LinkedModel, session: Session, reduced?: ModelState["reduced"]): CheckOutcome & { state: ModelState } {
  const lets = new Map<string, Bound>();
  for (const { statement } of linked.lets) {
    if (statement.name && statement.value) lets.set(statement.name.text, { value: statement.value, scope: emptyScope });
  }
  const scope: Scope = { names: lets };
  const usedBlocks = new Set<string>();
  const inProgress: string[] = [];

  const state: ModelState = {
    session,
    linked,
    scope,
    modalities: new Map(),
    targets: new Map(),
    definitions: new Map(),
    unknown: new Set(),
    ...(reduced ? { reduced } : {}),
    values: (mild = false) => valueContext(state, scope, mild),
    named: (ref, want) => resolve(state, ref, want, inProgress),
    flow: {
      session,
      owner: linked.name.text,
      scope,
      blocks: linked.blocks,
      kindOf: (name) => kindOf(linked, name),
      values: (inner) => valueContext(state, inner, false),
      sharedUses: new Map(),
      usedBlocks,
      optional: (name) => optionalFacts(state, name),
    },
  };

  for (const { statement, changed } of linked.declarations) {
    if (statement.word === "modality") checkModality(state, statement, changed);
    else checkTarget(state, statement, changed);
  }
  for (const { statement } of linked.definitions) {
    if (statement.name) define(state, statement.name.text, inProgress);
  }

  const data = section(state, "data");
  const train = section(state, "train");
  const evaluate = section(state, "evaluate");
  section(state, "budget");

  const heads = [...state.definitions.values()].filter((d) => d.head);
  if (!reduced) {
    const anyHead = linked.definitions.some((d) => d.statement.word === "head");
    if (!anyHead && !linked.broken) {
      const target = [...state.targets.keys()][0];
      const value = [...linked.definitions].reverse().find((d) => d.statement.name)?.statement.name?.text ?? [...state.modalities.keys()][0];
      session.say("no-head", linked.name.span, { name: linked.name.text, write: `head guess: ${target ?? "label"} = ${value ?? "joint"}` });
    }
    for (const compare of linked.compares) {
      if (!compare.statement.broken) session.say("not-here-yet", compare.statement.wordSpan, { version: session.version, word: "compare", use: [], mild: true });
    }
  }
  if (!data || !train || !evaluate) return { state, usedBlocks };

  checkSections(state, data, train, evaluate);
  if (!reduced) {
    checkLeaks(state, data);
    // a misspelt name leaves the right one unused: that is the same mistake
    if (state.unknown.size === 0 && !session.failed()) checkUnused(state);
  }
  const needed = neededBy(state, heads);
  const model: CheckedModel = {
    name: linked.name.text,
    span: linked.name.span,
    ...(linked.doc === undefined ? {} : { doc: linked.doc }),
    ...(linked.base === undefined ? {} : { base: linked.base }),
    file: linked.name.span.file,
    modalities: [...state.modalities.values()].filter((m) => needed.has(m.name)),
    targets: [...state.targets.values()].filter((t) => heads.some((h) => h.head!.target === t.name)),
    definitions: [...state.definitions.values()].filter((d) => needed.has(d.name)),
    data,
    train,
    evaluate,
    floors: new Map(),
  };
  return { model, state, usedBlocks };
}

/** All values that some head reads, heads included; unused ones are not part of the model. */
function neededBy(state: ModelState, heads: readonly CheckedDefinition[]): Set<string> {
  const needed = new Set<string>();
  const visit = (name: string): void => {
    if (needed.has(name)) return;
    needed.add(name);
    for (const source of state.definitions.get(name)?.sources ?? []) visit(source.start);
    for (const member of state.definitions.get(name)?.head?.members ?? []) visit(member);
  };
  for (const head of heads) visit(head.name);
  // a text that shares another's vocabulary needs it
  for (const m of state.modalities.values()) {
    const shared = needed.has(m.name) && m.entry.name === "text" ? m.args.maybeString("vocabulary") : undefined;
    if (shared) needed.add(shared);
  }
  return needed;
}

function kindOf(linked: LinkedModel, name: string): string | undefined {
  const found = [...linked.declarations, ...linked.definitions].find((s) => s.statement.name?.text === name);
  return found ? nounOf(found.statement) : undefined;
}

function optionalFacts(state: ModelState, name: string): { modality: string; text: string; place: string } {
  const modality = state.modalities.get(name);
  const type = modality?.statement.type;
  return { modality: name, text: type ? printKind(type) : `${name}?`, place: modality ? state.session.place(modality.span, state.linked.name.span) : "" };
}

function valueContext(state: ModelState, scope: Scope, mild: boolean): ValueContext {
  const { session, linked } = state;
  return {
    session,
    scope,
    mild,
    resolveName(name, of, span) {
      const candidates = [...linked.declarations, ...linked.definitions].filter((s) => of.includes(s.statement.word)).flatMap((s) => (s.statement.name ? [s.statement.name.text] : []));
      if (candidates.includes(name)) return true;
      unknownName(state, name, span, of[0] ?? "value", candidates);
      return false;
    },
  };
}

export function unknownName(state: ModelState, text: string, span: Span, kind: string, candidates: readonly string[], instead?: { kind: string; write: string }): void {
  const found = near(text, candidates);
  // a statement that could not be read, or whose name was taken, may have been meant
  if (found.kind === "none" && !instead && (state.linked.broken || state.linked.dropped)) {
    state.unknown.add(text);
    return;
  }
  const write = instead?.write ?? (oneNear(found) ? found.word : undefined);
  state.session.say(
    "unknown-name",
    span,
    { owner: state.linked.name.text, kind, text, near: found, ...(instead ? { instead } : {}) },
    write !== undefined ? { fix: { title: `write ${write}`, edits: [{ span, text: write }], certain: true } } : {},
  );
}

// ---------------------------------------------------------------- declarations

function entryOf<E extends Entry>(state: ModelState, statement: Declaration, words: ReadonlyMap<string, E>): E | undefined {
  const { session } = state;
  const kind = statement.type;
  if (!kind) return undefined;
  const entry = words.get(kind.name.text);
  if (entry && !entry.later) return entry;
  if (entry?.later) {
    session.say("not-here-yet", kind.name.span, { version: session.version, word: entry.name, use: [], mild: false });
    return undefined;
  }
  const legal = [...words.values()].filter((e) => !e.later).map((e) => e.name);
  const text = kind.name.text;
  const foreign = foreignWord(text, legal);
  if (foreign) {
    session.say("foreign-word", kind.name.span, { text, write: foreign }, foreign.same ? { fix: { title: `write ${foreign.write}`, edits: [{ span: kind.name.span, text: foreign.write }], certain: true } } : {});
    return undefined;
  }
  const found = near(text, legal);
  session.say("unknown-kind", kind.name.span, { text, word: statement.word, near: found }, oneNear(found) ? { fix: { title: `write ${found.word}`, edits: [{ span: kind.name.span, text: found.word }], certain: true } } : {});
  return undefined;
}

function checkModality(state: ModelState, statement: Declaration, changed: boolean): void {
  const { session } = state;
  const name = statement.name;
  if (!name) return;
  if (statement.broken) {
    state.unknown.add(name.text);
    return;
  }
  const entry = entryOf(state, statement, modalityWords);
  if (!entry) {
    state.unknown.add(name.text);
    return;
  }
  const optional = statement.type!.optional;
  const args = checkArguments(entry, propsGiven(statement.props), state.values(), statement.type!.name.span);
  const propertySpan = (key: string): Span | undefined => statement.props?.entries.find((p) => p.key.text === key)?.span;
  let wrong = args.wrong;
  if (optional && args.given("missing")) {
    wrong = true;
    session.say("parameter-excludes", propertySpan("missing")!, { text: `${entry.name}?`, other: `missing: ${args.text("missing") ?? ""}` }, { marks: [{ span: statement.type!.span, style: "-" }] });
  }
  if (!optional && args.given("dropout")) {
    wrong = true;
    const at = statement.props!.entries.find((p) => p.key.text === "dropout")!.key.span;
    session.say("parameter-needs", at, { name: "dropout", needs: `${entry.name}?` });
  }
  if (entry.name === "text" && !args.wrong && args.string("output") === "ids" && !args.has("tokens")) {
    wrong = true;
    session.say("missing-parameter", statement.type!.name.span, { word: "text", needs: ["tokens"], write: "tokens: 100" });
  }
  if (entry.name === "tabular" && !args.wrong && !args.has("numeric") && !args.has("categorical")) {
    wrong = true;
    session.say("missing-parameter", statement.type!.name.span, { word: "tabular", needs: ["numeric"], write: 'numeric: ["…"]' });
  }
  if (entry.name === "vector" && !args.wrong && (args.has("file") || args.has("files") || args.has("index")) && !args.has("dim")) {
    wrong = true;
    session.say("missing-parameter", statement.type!.name.span, { word: "vector", needs: ["dim"], write: "dim: 128" });
  }
  if (wrong || !augmentFits(state, statement, entry.name, args)) {
    state.unknown.add(name.text);
    return;
  }
  const facts: ModalityFacts = {
    name: name.text,
    optional,
    args,
    origin(property) {
      const written = args.text(property);
      const text = written === undefined ? entry.name : property === "features" ? written : `${property}: ${written}`;
      return { text, span: written === undefined ? statement.type!.span : args.span(property) };
    },
    vocabularyOf: (other) => sharedVocabulary(state, other),
  };
  const type = entry.infer(facts);
  state.modalities.set(name.text, { name: name.text, statement, span: name.span, entry, facts, args, type, optional, changed });
}

/** The vocabulary of the text modality that another shares. */
function sharedVocabulary(state: ModelState, name: string): Dim {
  const found = state.modalities.get(name);
  return found?.type.vocabulary ?? symbol(`${name}.vocabulary`);
}

/** `flip` of a sound, `mask_bands` of a picture. */
function augmentFits(state: ModelState, statement: Declaration, kind: string, args: CheckedArguments): boolean {
  const list = args.value("augment") as readonly { word: string }[] | undefined;
  if (!list) return true;
  const value = statement.props?.entries.find((p) => p.key.text === "augment")?.value;
  let fits = true;
  for (const [i, { word }] of list.entries()) {
    const entry = augmentWords.get(word)!;
    if ((entry.of as readonly string[]).includes(kind)) continue;
    fits = false;
    const at = value?.kind === "list" ? (value.items[i]?.span ?? value.span) : statement.name!.span;
    const legal = [...augmentWords.values()].filter((e) => (e.of as readonly string[]).includes(kind) && !e.later).map((e) => e.name);
    state.session.say("unknown-choice", at, { name: "augment", choices: legal, text: word, near: { kind: "none", legal } });
  }
  return fits;
}

function checkTarget(state: ModelState, statement: Declaration, changed: boolean): void {
  const name = statement.name;
  if (!name) return;
  if (statement.broken) {
    state.unknown.add(name.text);
    return;
  }
  const entry = entryOf(state, statement, targetWords);
  if (!entry) {
    state.unknown.add(name.text);
    return;
  }
  const args = checkArguments(entry, propsGiven(statement.props), state.values(), statement.type!.name.span);
  if (args.wrong) {
    state.unknown.add(name.text);
    return;
  }
  const columns = args.has("columns") ? (args.value("columns") as readonly string[]) : [args.maybeString("column") ?? name.text];
  const given = args.value("classes");
  const classes = typeof given === "number" ? given : Array.isArray(given) ? given.length : undefined;
  state.targets.set(name.text, {
    name: name.text,
    statement,
    span: name.span,
    entry,
    args,
    columns,
    ...(classes === undefined ? {} : { classes }),
    optional: statement.type!.optional,
    changed,
  });
}

// ---------------------------------------------------------------- definitions

/** Where a modality's shape comes from: the property that says it. */
function modalityFrom(state: ModelState, m: CheckedModality): string {
  const property = m.entry.name === "audio" ? "features" : ({ text: "tokens", image: "size", vector: "dim", tabular: "numeric" } as { [k: string]: string })[m.entry.name]!;
  const shown = itemsOf(m.args, m.entry.name) !== undefined && m.args.has("count") ? "count" : property;
  const origin = m.facts.origin(m.args.given(shown) ? shown : property);
  const text = m.entry.name === "tabular" || !m.args.given(property) ? m.entry.name : origin.text;
  return `${text}, ${state.session.place(m.span, state.linked.name.span)}`;
}

function resolve(state: ModelState, ref: Ref, want: readonly string[], inProgress: string[]): Named | undefined | "dropped" {
  const { session, linked } = state;
  const name = printRef(ref);
  if (ref.parts.length > 1) {
    session.say("not-here-yet", ref.span, { version: session.version, word: name, use: [], mild: false });
    return undefined;
  }
  const modality = state.modalities.get(name);
  if (modality && want.includes("modality")) {
    if (state.reduced && !state.reduced.keep.has(name)) return "dropped";
    return { type: modality.type, name, from: modalityFrom(state, modality), span: ref.span, kind: "modality", modality: name };
  }
  const declared = [...linked.declarations, ...linked.definitions].find((s) => s.statement.name?.text === name)?.statement;
  if (declared?.kind === "definition" && want.includes(declared.word)) {
    const done = define(state, name, inProgress);
    if (done === "dropped") return "dropped";
    return done ? { ...done.out, name, span: ref.span, kind: done.word } : undefined;
  }
  if (declared?.kind === "declaration" && declared.word === "modality" && want.includes("modality")) return undefined; // said already
  const candidates = [...linked.declarations, ...linked.definitions].filter((s) => want.includes(s.statement.word)).flatMap((s) => (s.statement.name ? [s.statement.name.text] : []));
  if (declared) {
    if (declared.kind === "declaration" && declared.word === "target") {
      unknownName(state, name, ref.span, "value", candidates);
      return undefined;
    }
    if (declared.kind === "definition" && declared.word === "head") {
      session.say("fusion-kind-op", ref.span, { word: "encoder", joins: "values", not: "predictions", use: [] });
      return undefined;
    }
    return undefined;
  }
  unknownName(state, name, ref.span, want.length === 1 ? (want[0] as string) : "value", candidates);
  return undefined;
}

/** Infers a definition, its sources first; each once. */
function define(state: ModelState, name: string, inProgress: string[]): CheckedDefinition | undefined | "dropped" {
  const done = state.definitions.get(name);
  if (done) return done;
  if (state.unknown.has(name)) return state.reduced ? "dropped" : undefined;
  const linked = state.linked.definitions.find((d) => d.statement.name?.text === name);
  if (!linked) return undefined;
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
  const result = statement.word === "fusion" ? inferFusion(state, statement, linked.changed) : statement.word === "head" ? inferHead(state, statement, linked.changed) : inferEncoder(state, statement, linked.changed);
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
  return checkArguments(definitionProperties[statement.word]!, propsGiven(statement.props), state.values(), statement.name!.span);
}

function inferEncoder(state: ModelState, statement: Definition, changed: boolean): CheckedDefinition | undefined | "dropped" {
  const flow = statement.flow!;
  const props = definitionProps(state, statement);
  const first = flow.calls[0]!;
  const start = startOf(state, first, statement);
  if (start === "dropped") return "dropped";
  if (!start) return undefined;
  const inferred = inferStages(flow.calls.slice(1), start, state.scope, state.flow);
  if (!inferred) return undefined;
  if (statement.type && !annotationFits(state, statement, inferred.out.type, flow.calls[flow.calls.length - 1]!)) return undefined;
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
export function startOf(state: ModelState, first: Call, statement: Definition, want: readonly ("modality" | "encoder" | "fusion" | "head")[] = ["modality", "encoder", "fusion"]): Named | undefined | "dropped" {
  const { session } = state;
  const word = printRef(first.ref);
  const isValue = kindOf(state.linked, word) !== undefined;
  if (!isValue && first.ref.parts.length === 1) {
    if (isFusionWord(word)) {
      session.say("fusion-place", first.ref.span, { word, write: `fusion ${statement.name?.text ?? "joint"}: mid = ${word}(…)` });
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
  if (found && found !== "dropped" && found.kind === "fusion" && state.definitions.get(found.name)?.stage === "late" && statement.word !== "head") {
    session.say("fusion-kind-op", first.ref.span, { word: statement.word, joins: "values", not: "predictions", use: [] });
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
        return typeof d.equals === "number" ? String(d.equals) === size : printRef(d.equals) === printTypeSize(axis.size);
      }));
  if (kind.name.text === type.dtype && axesFit && kind.optional === isOptional(type)) return true;
  const call = statement.flow!.calls[statement.flow!.calls.length - 1]!;
  state.session.say(
    "annotation-differs",
    kind.span,
    { name: statement.name!.text, type: printKind(kind), gives: printType(type), ...(statement.flow!.calls.length > 1 ? { change: { code: printFlow({ kind: "flow", calls: [call], span: call.span }), place: state.session.place(last.span, kind.span) } } : {}) },
    { marks: [{ span: last.span, style: "-", label: printType(type) }] },
  );
  return false;
}

// ---------------------------------------------------------------- sections

function section(state: ModelState, word: string): CheckedSection | undefined {
  const entry = sectionWords[word]!;
  const linked = state.linked.sections.get(word);
  const mild = word === "evaluate" || word === "budget";
  if (linked?.statement.broken) return undefined;
  if (!linked && word === "data") {
    if (!state.linked.broken) state.session.say("missing-parameter", state.linked.name.span, { word: state.linked.name.text, needs: ["data"], write: 'data { source: "table.csv" }' });
    return undefined;
  }
  const given = propsGiven(linked?.statement.props);
  // What an inherited section names may not be there any more: that is left out silently.
  const session: Session = linked?.inherited ? { ...state.session, say: (code, span, facts, extras) => (code === "unknown-name" ? undefined : state.session.say(code, span, facts, extras)) } : state.session;
  const context = { ...state.values(mild), session };
  const at = linked?.statement.wordSpan ?? state.linked.name.span;
  const args = checkArguments(entry, given, { ...context, resolveName: valueContext({ ...state, session }, state.scope, mild).resolveName, resolveMonitor: () => true }, at);
  return { word, ...(linked ? { statement: linked.statement } : {}), args };
}


const augmentWords = new Map(augments.map((a) => [a.name, a]));
const isFusionWord = (word: string): boolean => (fusions.has(word) || lateFusions.has(word)) && !ops.has(word);
const isOpWord = (word: string): boolean => ops.has(word);

