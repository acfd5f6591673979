/**
 * The catalogue of everything mmfc says: one table of codes, and `report`, the only way to make a diagnostic. Knows the
 * sentences (catalogue/), not the language; which facts hold is the business of the stage that reports.
 */
import { data } from "./catalogue/data.ts";
import { absence, fusion } from "./catalogue/fusion.ts";
import { leaks, targets } from "./catalogue/leaks.ts";
import { engine, internal, runs, training } from "./catalogue/machine.ts";
import { names } from "./catalogue/names.ts";
import { parameters } from "./catalogue/parameters.ts";
import { shapes } from "./catalogue/shapes.ts";
import { syntax } from "./catalogue/syntax.ts";
import type { Message } from "./define.ts";
import type { DataRow, Diagnostic, Fix, Mark, Related, Severity } from "./diagnostic.ts";
import type { Span } from "./span.ts";

/** The families in the order in which one silences the later ones for the same text. */
export const families = {
  syntax,
  names,
  parameters,
  shapes,
  fusion,
  absence,
  leaks,
  targets,
  data,
  training,
  runs,
  engine,
  internal,
} as const;

const catalogue = {
  ...syntax,
  ...names,
  ...parameters,
  ...shapes,
  ...fusion,
  ...absence,
  ...leaks,
  ...targets,
  ...data,
  ...training,
  ...runs,
  ...engine,
  ...internal,
};

export type Code = keyof typeof catalogue;

/** What the sentence of a code speaks of. */
export type FactsOf<C extends Code> = (typeof catalogue)[C] extends Message<infer Facts> ? Facts : never;

/** Everything a diagnostic may carry beside its sentence. */
export interface Extras {
  /** Printed behind or below the primary mark, e.g. a type. */
  readonly label?: string;
  readonly marks?: readonly Mark[];
  readonly related?: readonly Related[];
  readonly fix?: Fix;
  /** The rows it speaks of; the renderer shows ten. */
  readonly rows?: readonly DataRow[];
  /** How many there are, where `rows` has only the first of them. */
  readonly rowCount?: number;
  /** Replaces the catalogue's help; `null` leaves it out. */
  readonly help?: string | null;
  readonly tags?: readonly "unused"[];
}

/** All codes, in the order of the catalogue. */
export const codes = Object.keys(catalogue) as readonly Code[];

export function isCode(text: string): text is Code {
  return Object.hasOwn(catalogue, text);
}

/** The entry of a code, with its facts' type forgotten: for pages, tests and tools. */
export function entry(code: Code): Message<never> {
  return catalogue[code] as Message<never>;
}

/**
 * Makes a diagnostic. The facts are typed by the code: a wrong or missing one does not compile.
 * @param span the primary place, marked `^`
 */
export function report<C extends Code>(code: C, span: Span, facts: FactsOf<C>, extras: Extras = {}): Diagnostic {
  // The union of all entries cannot be called with the facts of one; `C` ties both together.
  const message = catalogue[code] as unknown as Message<FactsOf<C>>;
  const help = extras.help === undefined ? message.help?.(facts) : (extras.help ?? undefined);
  const tags = extras.tags ?? message.tags;
  return {
    code,
    severity: severityOf(message, facts),
    message: message.message(facts),
    ...(help === undefined ? {} : { help }),
    span,
    ...(extras.label === undefined ? {} : { label: extras.label }),
    marks: extras.marks ?? [],
    related: extras.related ?? [],
    ...(extras.fix === undefined ? {} : { fix: extras.fix }),
    ...(extras.rows === undefined ? {} : { rows: extras.rows }),
    ...(extras.rowCount === undefined ? {} : { rowCount: extras.rowCount }),
    ...(tags === undefined ? {} : { tags }),
  };
}

function severityOf<Facts>(message: Message<Facts>, facts: Facts): Severity {
  return typeof message.severity === "string" ? message.severity : message.severity.of(facts);
}
