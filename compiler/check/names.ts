/** Names of a model: what they stand for, what is near one that stands for nothing, and how values resolve them. */
import type { FactsOf } from "../../diagnostics/catalogue.ts";
import { near, oneNear } from "../../diagnostics/near.ts";
import type { Span } from "../../diagnostics/span.ts";
import { printKind } from "../../grammar/print.ts";
import type { Say, Scope } from "./context.ts";
import { type LinkedModel, nounOf } from "./link.ts";
import type { ModelState } from "./model.ts";
import type { ValueContext } from "./values.ts";

export function kindOf(linked: LinkedModel, name: string): string | undefined {
  const found = linked.named.get(name);
  return found ? nounOf(found.statement) : undefined;
}

export function optionalFacts(state: ModelState, name: string): { modality: string; text: string; place: string } {
  const modality = state.modalities.get(name);
  const type = modality?.statement.type;
  return {
    modality: name,
    text: type ? printKind(type) : `${name}?`,
    place: modality ? state.session.place(modality.span, state.linked.name.span) : "",
  };
}

export function valueContext(state: ModelState, scope: Scope, mild: boolean): ValueContext {
  const { session, linked } = state;
  return {
    session,
    scope,
    mild,
    owner: linked.name.text,
    isUnclear: (name) => linked.twice.has(name) || linked.lets.some((l) => l.statement.broken),
    resolveName(name, of, span) {
      const candidates = [...linked.declarations, ...linked.definitions]
        .filter((s) => of.includes(s.statement.word))
        .flatMap((s) => (s.statement.name ? [s.statement.name.text] : []));
      if (candidates.includes(name)) return true;
      unknownName(state, name, span, of[0] ?? "value", candidates);
      return false;
    },
  };
}

export function unknownName(
  state: ModelState,
  text: string,
  span: Span,
  kind: string,
  candidates: readonly string[],
  instead?: { kind: string; write: string; certain?: false },
): void {
  // which statement a doubled name stands for is not known
  if (state.linked.twice.has(text)) {
    state.unknown.add(text);
    return;
  }
  const found = near(text, candidates);
  // a statement that could not be read, or whose name was taken, may have been meant
  if (found.kind === "none" && !instead && (state.linked.broken || state.linked.dropped)) {
    state.unknown.add(text);
    return;
  }
  const write = instead?.write ?? (oneNear(found) ? found.word : undefined);
  const facts = { owner: state.linked.name.text, kind, text, near: found, ...(instead ? { instead } : {}) };
  const uses = state.missing.get(text);
  if (uses === undefined)
    state.missing.set(text, {
      facts,
      write,
      certain: instead?.certain !== false,
      spans: [span],
      say: state.session.say,
    });
  else if (!uses.spans.some((s) => s.start === span.start && s.file === span.file)) uses.spans.push(span);
}

/** What a model names and does not have: one message a name, at its first use, with all others marked. */
export interface MissingName {
  readonly facts: FactsOf<"unknown-name">;
  readonly write: string | undefined;
  readonly certain: boolean;
  readonly spans: Span[];
  readonly say: Say;
}

/** Says each name that is missing once. */
export function sayMissing(state: ModelState): void {
  for (const { facts, write, certain, spans, say } of state.missing.values()) {
    const [first, ...others] = spans.sort((a, b) => a.start - b.start) as [Span, ...Span[]];
    say("unknown-name", first, facts, {
      marks: others.map((span) => ({ span, style: "^" as const })),
      ...(write === undefined
        ? {}
        : { fix: { title: `write ${write}`, edits: spans.map((span) => ({ span, text: write })), certain } }),
    });
  }
  state.missing.clear();
}
