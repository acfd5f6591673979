/**
 * The shape of a catalogue entry: its severity and its sentences as functions of typed facts. The page that `mmfc explain`
 * shows for a code (doc, a wrong and a right spec) is kept apart in pages/, so that checking does not load it.
 */
import type { Severity } from "./diagnostic.ts";

/** One message of the catalogue. `Facts` names what its sentence speaks of; wrong facts do not compile. */
export interface Message<Facts> {
  /** A value, or a function of the facts with the severity it usually has. */
  readonly severity: Severity | { readonly usually: Severity; readonly of: (facts: Facts) => Severity };
  /** One sentence, at most two, ending in a full stop. Where rows follow, the renderer turns the stop into a colon. */
  readonly message: (facts: Facts) => string;
  /** One imperative without a full stop. */
  readonly help?: (facts: Facts) => string | undefined;
  /** What kind of fix the message may carry: `certain` ones are `[fixable]` where they apply, offers are the editor's. */
  readonly fix?: "certain" | "offer";
  /** Needs a table, a run or an engine; a spec alone never yields it. */
  readonly needs?: "data" | "run" | "engine";
  readonly tags?: readonly "unused"[];
}

/** Facts of a message that speaks of nothing in particular. */
export type NoFacts = Readonly<Record<string, never>>;

/** Declares a message; exists so that `Facts` is written once, in front of the sentences. */
export function defineMessage<Facts>(definition: Message<Facts>): Message<Facts> {
  return definition;
}

/** A page of `mmfc explain`. An example that needs data, a run or an engine says so in prose. */
export interface Page {
  /** Two or three plain sentences: what it means and why it matters. */
  readonly doc: string;
  /** A complete spec that yields exactly this code, once. */
  readonly bad: string | { readonly note: string };
  /** The same spec, put right: no errors and no warnings. */
  readonly good: string | { readonly note: string };
  /** The beginning of a line that both have, without which the others are not understood: `explain` shows it, too. */
  readonly beside?: string;
}
