/**
 * What the stages of reading have to say, before it becomes a diagnostic: a code of the Syntax family with the facts
 * of its sentence, a place and a fix in offsets. parse.ts chooses among them and reports.
 */
import type { Code, FactsOf } from "../diagnostics/catalogue.ts";

/** A replacement of `[start, end)`. */
export interface Change {
  readonly start: number;
  readonly end: number;
  readonly text: string;
}

export interface ProblemExtras {
  readonly changes?: readonly Change[];
  /** Whether the changes are a certain fix; else they are an offer. */
  readonly certain?: boolean;
  /** Other places that the message is about, marked like its own. */
  readonly also?: readonly { readonly start: number; readonly end: number }[];
  /** Says something of signs and brackets, of which a later error may be a consequence. */
  readonly structural?: boolean;
  /** The rest of the statement may be other than it was read. */
  readonly doubtful?: boolean;
}

export interface Problem extends ProblemExtras {
  readonly code: Code;
  readonly start: number;
  readonly end: number;
  readonly facts: FactsOf<Code>;
}

/** The codes that are read as meant: the rest of the statement is checked. */
const readAsMeant: ReadonlySet<Code> = new Set<Code>([
  "full-width-sign",
  "quote-form",
  "arrow-form",
  "size-form",
  "comment-form",
  "spaced-value",
  "colon-or-equals",
  "missing-sign",
  "extra-bracket",
  "not-closed",
  "stray-character",
  "text-or-name",
  // the same word once more, side by side
  "given-twice",
  // `optional` for `?`
  "foreign-word",
]);

export function isReadAsMeant(problem: Problem): boolean {
  return readAsMeant.has(problem.code);
}

/** Whether the rest of the statement may be other than it was read: where a bracket ends is a guess. */
export function leavesDoubt(problem: Problem): boolean {
  return !isReadAsMeant(problem) || problem.code === "not-closed" || problem.doubtful === true;
}

/** A problem whose facts fit its code. */
export function problem<C extends Code>(
  code: C,
  start: number,
  end: number,
  facts: FactsOf<C>,
  extras: ProblemExtras = {},
): Problem {
  return { code, start, end, facts: facts as FactsOf<Code>, ...extras };
}
