/**
 * What every stage says to a user. A diagnostic is plain data: created from the catalogue (catalogue.ts),
 * drawn by render.ts, serialised by formats.ts. Nothing here knows the language or the runtime.
 */
import type { Span } from "./span.ts";

export type Severity = "error" | "warning" | "note";

/** Another marked place of the frame: `^` is what the message is about, `-` what it is compared with. */
export interface Mark {
  readonly span: Span;
  readonly style: "^" | "-";
  readonly label?: string;
}

/** A place that explains the message, for editors ("the 64 comes from here"). */
export interface Related {
  readonly span: Span;
  readonly message: string;
}

export interface Edit {
  readonly span: Span;
  readonly text: string;
}

/** A change of the text that answers the message. Only a certain one is applied by `check --fix` and printed as `[fixable]`. */
export interface Fix {
  readonly title: string;
  readonly edits: readonly Edit[];
  readonly certain: boolean;
}

/** A row of a table that a message speaks of; `row` counts from 1 without the header. */
export interface DataRow {
  readonly table: string;
  readonly row: number;
  readonly id?: string;
  readonly path?: string;
  readonly value?: string;
  readonly why?: string;
}

export interface Diagnostic {
  readonly code: string;
  readonly severity: Severity;
  /** One sentence, at most two, complete without the frame. */
  readonly message: string;
  readonly help?: string;
  /** The primary place. */
  readonly span: Span;
  /** Printed behind or below the primary mark, e.g. a type. */
  readonly label?: string;
  readonly marks: readonly Mark[];
  readonly related: readonly Related[];
  readonly fix?: Fix;
  readonly rows?: readonly DataRow[];
  /** How many rows there are, where `rows` has only the first of them. */
  readonly rowCount?: number;
  readonly tags?: readonly "unused"[];
}

/** Where stages put what they have to say. */
export type Sink = (diagnostic: Diagnostic) => void;

export function hasErrors(diagnostics: readonly Diagnostic[]): boolean {
  return diagnostics.some((d) => d.severity === "error");
}
