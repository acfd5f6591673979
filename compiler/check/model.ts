/**
 * Checks one model: declares its names, then infers every value from its sources on, each once, however the statements
 * are ordered. Rules that look at the whole model (leaks, unused values, sections) follow in files of their own.
 */
import type { Props, Ref } from "../../grammar/ast.ts";
import type { Named } from "../registry/define.ts";
import { sections as sectionWords } from "../registry/index.ts";
import { checkArguments, type Given } from "./arguments.ts";
import type { CheckedDefinition, CheckedModality, CheckedModel, CheckedSection, CheckedTarget } from "./checked.ts";
import { type Bound, emptyScope, type Scope, type Session } from "./context.ts";
import { checkModality, checkTarget } from "./declarations.ts";
import { define, resolve } from "./definitions.ts";
import type { FlowContext } from "./flows.ts";
import { checkLeaks } from "./leaks.ts";
import type { LinkedModel } from "./link.ts";
import { kindOf, type MissingName, optionalFacts, sayMissing, valueContext } from "./names.ts";
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
  /** Names that stand for nothing, by their text; said together. */
  readonly missing: Map<string, MissingName>;
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

export function checkModel(
  linked: LinkedModel,
  session: Session,
  reduced?: ModelState["reduced"],
): CheckOutcome & { state: ModelState } {
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
    missing: new Map(),
    ...(reduced ? { reduced } : {}),
    values: (mild = false) => valueContext(state, scope, mild),
    named: (ref, want) => resolve(state, ref, want, inProgress),
    flow: {
      session,
      owner: linked.name.text,
      scope,
      blocks: linked.blocks,
      incomplete: linked.incomplete,
      kindOf: (name) => kindOf(linked, name),
      values: (inner) => valueContext(state, inner, false),
      sharedUses: new Map(),
      usedBlocks,
      within: [],
      count: { stages: 0 },
      at: linked.name.span,
      optional: (name) => optionalFacts(state, name),
    },
  };

  for (const { statement, changed } of linked.declarations) {
    if (statement.word === "modality") checkModality(state, statement, changed);
    else checkTarget(state, statement, changed);
  }
  for (const { statement, inherited } of linked.definitions) {
    // what is inherited is inferred when something needs it; what nothing needs any more is left out silently
    if (statement.name && (!inherited || statement.word === "head")) define(state, statement.name.text, inProgress);
  }

  const data = section(state, "data");
  const train = section(state, "train");
  const evaluate = section(state, "evaluate");
  section(state, "budget");

  sayMissing(state);

  const heads = [...state.definitions.values()].filter((d) => d.head);
  if (!reduced) {
    const anyHead = linked.definitions.some((d) => d.statement.word === "head");
    if (!anyHead && !linked.broken && !linked.dropped && !linked.baseHere) {
      const target = [...state.targets.keys()][0];
      const value =
        [...linked.definitions].reverse().find((d) => d.statement.name)?.statement.name?.text ??
        [...state.modalities.keys()][0];
      session.say("no-head", linked.name.span, {
        name: linked.name.text,
        write: `head guess: ${target ?? "label"} = ${value ?? "joint"}`,
      });
    }
    for (const compare of linked.compares) {
      if (!compare.statement.broken)
        session.say("not-here-yet", compare.statement.wordSpan, {
          version: session.version,
          word: "compare",
          use: [],
          mild: true,
        });
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

// ---------------------------------------------------------------- sections

function section(state: ModelState, word: string): CheckedSection | undefined {
  const entry = sectionWords[word]!;
  const linked = state.linked.sections.get(word);
  const mild = word === "evaluate" || word === "budget";
  if (linked?.statement.broken) return undefined;
  if (!linked && word === "data") {
    // what the model derives from lacks it as well, and has said so
    if (!state.linked.broken && !state.linked.baseHere)
      state.session.say("missing-parameter", state.linked.name.span, {
        word: state.linked.name.text,
        needs: ["data"],
        write: 'data { source: "table.csv" }',
      });
    return undefined;
  }
  const given = propsGiven(linked?.statement.props);
  // What an inherited section names may not be there any more: that is left out silently.
  const session: Session = linked?.inherited
    ? {
        ...state.session,
        say: (code, span, facts, extras) =>
          code === "unknown-name" ? undefined : state.session.say(code, span, facts, extras),
      }
    : state.session;
  const context = { ...state.values(mild), session };
  const at = linked?.statement.wordSpan ?? state.linked.name.span;
  const missing = linked?.inherited ? new Map<string, MissingName>() : state.missing;
  const args = checkArguments(
    entry,
    given,
    {
      ...context,
      resolveName: valueContext({ ...state, session, missing }, state.scope, mild).resolveName,
      resolveMonitor: () => true,
    },
    at,
  );
  return { word, ...(linked ? { statement: linked.statement } : {}), args };
}
