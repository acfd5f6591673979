/**
 * Applies certain fixes to a text. A fix is applied whole or not at all; of two that overlap the first in the text wins, and
 * the other comes up again at the next check.
 */
import type { Diagnostic, Edit } from "./diagnostic.ts";

export interface Fixed {
  readonly text: string;
  /** The diagnostics whose fix was applied, in the order of their place. */
  readonly applied: readonly Diagnostic[];
}

/**
 * The text with all certain fixes that do not overlap.
 * @param file only fixes whose edits are all in this file; left out, the file of each diagnostic itself
 */
export function applyFixes(text: string, diagnostics: readonly Diagnostic[], file?: string): Fixed {
  const accepted: Edit[] = [];
  const applied: Diagnostic[] = [];
  for (const diagnostic of [...diagnostics].sort((a, b) => a.span.start - b.span.start)) {
    const fix = diagnostic.fix;
    if (fix === undefined || !fix.certain || fix.edits.length === 0) continue;
    const home = file ?? diagnostic.span.file;
    if (!fix.edits.every((edit) => edit.span.file === home && inside(edit, text))) continue;
    const fresh = fix.edits.filter((edit) => !accepted.some((other) => sameEdit(edit, other)));
    if (fresh.some((edit) => accepted.some((other) => overlap(edit, other)))) continue;
    accepted.push(...fresh);
    applied.push(diagnostic);
  }
  return { text: applyEdits(text, accepted), applied };
}

/** The text with edits that do not overlap; edits at one place stand in the order given. */
export function applyEdits(text: string, edits: readonly Edit[]): string {
  let result = "";
  let at = 0;
  for (const edit of [...edits].sort((a, b) => a.span.start - b.span.start || a.span.end - b.span.end)) {
    result += text.slice(at, edit.span.start) + edit.text;
    at = edit.span.end;
  }
  return result + text.slice(at);
}

function inside(edit: Edit, text: string): boolean {
  return edit.span.start >= 0 && edit.span.start <= edit.span.end && edit.span.end <= text.length;
}

function sameEdit(a: Edit, b: Edit): boolean {
  return a.span.start === b.span.start && a.span.end === b.span.end && a.text === b.text;
}

/** Touching ends do not overlap, two insertions at one place do. */
function overlap(a: Edit, b: Edit): boolean {
  if (a.span.start === b.span.start) return true;
  return a.span.start < b.span.end && b.span.start < a.span.end;
}
