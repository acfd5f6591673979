/** Fixes that replace a word, and the message for a word of another library: what every "did you mean" does. */
import type { Fix } from "../../diagnostics/diagnostic.ts";
import { foreignWord } from "../../diagnostics/foreign.ts";
import { type Near, oneNear } from "../../diagnostics/near.ts";
import type { Span } from "../../diagnostics/span.ts";
import type { Session } from "./context.ts";

/** The fix that writes `text` at a place. */
export function writing(span: Span, text: string, certain = true): { fix: Fix } {
  return { fix: { title: `write ${text}`, edits: [{ span, text }], certain } };
}

/** The certain fix of a word that is one edit away from a legal one; none otherwise. */
export function nearFix(span: Span, found: Near): { fix?: Fix } {
  return oneNear(found) ? writing(span, found.word) : {};
}

/** Says how a word of another library is written here, if it is one. */
export function sayForeign(session: Session, text: string, span: Span, legal: readonly string[]): boolean {
  const foreign = foreignWord(text, legal);
  if (!foreign) return false;
  session.say("foreign-word", span, { text, write: foreign }, foreign.same ? writing(span, foreign.write) : {});
  return true;
}
