/**
 * Sizes: a number, a symbol that only the data know (`sheet.features`), or a polynomial of these in canonical form.
 * Two sizes are equal exactly if their canonical forms are; an opaque expression is a symbol of its own text.
 */

/** `coefficient · symbols…`; symbols sorted. */
export interface Term {
  readonly coefficient: number;
  readonly symbols: readonly string[];
}

export interface Polynomial {
  readonly terms: readonly Term[];
}

export type Dim = number | Polynomial;

export function symbol(name: string): Dim {
  return { terms: [{ coefficient: 1, symbols: [name] }] };
}

export function isKnown(dim: Dim): dim is number {
  return typeof dim === "number";
}

function terms(dim: Dim): readonly Term[] {
  return typeof dim === "number" ? [{ coefficient: dim, symbols: [] }] : dim.terms;
}

function fromTerms(list: readonly Term[]): Dim {
  const byKey = new Map<string, Term>();
  for (const term of list) {
    const key = term.symbols.join("·");
    const before = byKey.get(key)?.coefficient ?? 0;
    byKey.set(key, { coefficient: before + term.coefficient, symbols: term.symbols });
  }
  const kept = [...byKey.entries()]
    .filter(([, term]) => term.coefficient !== 0)
    .sort(([a], [b]) => (a === "" ? 1 : b === "" ? -1 : a < b ? -1 : a > b ? 1 : 0))
    .map(([, term]) => term);
  if (kept.length === 0) return 0;
  const only = kept[0] as Term;
  return kept.length === 1 && only.symbols.length === 0 ? only.coefficient : { terms: kept };
}

export function add(...dims: readonly Dim[]): Dim {
  return fromTerms(dims.flatMap(terms));
}

export function multiply(...dims: readonly Dim[]): Dim {
  let product: readonly Term[] = [{ coefficient: 1, symbols: [] }];
  for (const dim of dims) {
    product = product.flatMap((a) =>
      terms(dim).map((b) => ({
        coefficient: a.coefficient * b.coefficient,
        symbols: [...a.symbols, ...b.symbols].sort(),
      })),
    );
  }
  return fromTerms(product);
}

/** A number computed from `dim` that is no polynomial of it, e.g. floor division: known if `dim` is, else a symbol of its text. */
export function opaque(dim: Dim, compute: (n: number) => number, text: (dim: string) => string): Dim {
  return typeof dim === "number" ? compute(dim) : symbol(text(printDim(dim)));
}

export function sameDim(a: Dim, b: Dim): boolean {
  if (typeof a === "number" || typeof b === "number") return a === b;
  return printDim(a) === printDim(b);
}

/** The value with every symbol counted as `each` (1): a lower bound for counts. */
export function atLeast(dim: Dim, each = 1): number {
  return terms(dim).reduce((sum, term) => sum + term.coefficient * each ** term.symbols.length, 0);
}

export function symbolsOf(dim: Dim): string[] {
  return [...new Set(terms(dim).flatMap((term) => term.symbols))];
}

/** `32·sheet.features + 32`; numbers plain (`175232`). */
export function printDim(dim: Dim, number: (n: number) => string = String): string {
  if (typeof dim === "number") return number(dim);
  return dim.terms
    .map((term) => {
      const factor = term.symbols.join("·");
      if (factor === "") return number(term.coefficient);
      return term.coefficient === 1 ? factor : `${number(term.coefficient)}·${factor}`;
    })
    .join(" + ");
}
