/**
 * What a cell of a table means: numbers, dates, lists, booleans and cells that mean nothing. Cells are text or null;
 * nothing here knows where they came from.
 */

/** A cell without a value: null, blank, or one of the texts that mean nothing here. */
export function isEmpty(cell: string | null | undefined, na?: ReadonlySet<string>): boolean {
  if (cell === null || cell === undefined) return true;
  const text = cell.trim();
  if (text === "") return true;
  if (na === undefined) return false;
  if (na.has(text)) return true;
  // `na: -1` also means a cell written -1.0.
  const value = Number(text);
  if (Number.isNaN(value)) return false;
  for (const one of na) if (one.trim() !== "" && Number(one) === value) return true;
  return false;
}

export function naSet(na: readonly string[] | undefined): ReadonlySet<string> | undefined {
  return na === undefined || na.length === 0 ? undefined : new Set(na.map(String));
}

const numeric = /^[+-]?(\d+(\.\d*)?|\.\d+)(e[+-]?\d+)?$/i;

/** The number of a cell; `true` and `false` are 1 and 0; NaN where it is no finite number. */
export function numberOf(cell: string): number {
  const text = cell.trim();
  if (numeric.test(text)) {
    const value = Number(text);
    return Number.isFinite(value) ? value : Number.NaN;
  }
  const word = text.toLowerCase();
  if (word === "true") return 1;
  if (word === "false") return 0;
  return Number.NaN;
}

/** Seconds since 1970 of an ISO date or time (also `2020/01/31`, `2020-01`, a time zone; without one, UTC); NaN otherwise. */
export function momentOf(cell: string): number {
  const match =
    /^(\d{4})[-/](\d{1,2})(?:[-/](\d{1,2})(?:[T ](\d{1,2}):(\d{2})(?::(\d{2})(?:[.,](\d+))?)?\s*(Z|UTC|[+-]\d{2}(?::?\d{2})?)?)?)?$/i.exec(
      cell.trim(),
    );
  if (match === null) return Number.NaN;
  const part = (i: number, otherwise: number): number => (match[i] === undefined ? otherwise : Number(match[i]));
  const year = part(1, 1970);
  const month = part(2, 1);
  const day = part(3, 1);
  const hour = part(4, 0);
  const minute = part(5, 0);
  const second = part(6, 0);
  const date = new Date(0);
  date.setUTCFullYear(year, month - 1, day);
  const real = date.getUTCFullYear() === year && date.getUTCMonth() === month - 1 && date.getUTCDate() === day;
  if (!real || hour > 24 || minute > 59 || second > 60) return Number.NaN;
  const fraction = match[7] === undefined ? 0 : Number(`0.${match[7]}`);
  let zone = 0;
  const named = /^([+-])(\d{2}):?(\d{2})?$/.exec(match[8] ?? "");
  if (named !== null) zone = (named[1] === "-" ? -1 : 1) * (Number(named[2]) * 60 + Number(named[3] ?? 0)) * 60;
  return date.getTime() / 1000 + hour * 3600 + minute * 60 + second + fraction - zone;
}

/**
 * What cells that are not of their column's kind have in common: all of one text (`na`), or all numbers with a decimal
 * comma or commas between thousands (`comma`: the first of them).
 */
export function wrongCells(rows: readonly { readonly value?: string }[]): {
  readonly cells: number;
  readonly na?: string;
  readonly comma?: string;
} {
  const texts = [...new Set(rows.map((row) => row.value ?? ""))];
  const [first] = texts;
  const cells = rows.length;
  if (first !== undefined && texts.every((text) => commaNumber.test(text.trim()))) return { cells, comma: first };
  return first !== undefined && texts.length === 1 ? { cells, na: first } : { cells };
}

const commaNumber = /^[+-]?(?:\d{1,3}(?:\.\d{3})+|\d*),\d+$|^[+-]?\d{1,3}(?:,\d{3}){2,}$/;

/** The list a cell holds as JSON, or undefined where it holds none. */
export function listOf(cell: string): unknown[] | undefined {
  const text = cell.trim();
  if (!text.startsWith("[")) return undefined;
  try {
    const value: unknown = JSON.parse(text.replace(/\bNaN\b/g, "null"));
    return Array.isArray(value) ? value : undefined;
  } catch {
    return undefined;
  }
}

/** The column names that `pattern` stands for: itself, or, with `*`, all that fit, in table order. */
export function expandColumn(pattern: string, columns: readonly string[]): string[] {
  if (!pattern.includes("*")) return columns.includes(pattern) ? [pattern] : [];
  const escaped = pattern.split("*").map((part) => part.replace(/[.+?^${}()|[\]\\]/g, "\\$&"));
  const fits = new RegExp(`^${escaped.join(".*")}$`, "su");
  return columns.filter((column) => fits.test(column));
}

/** The columns in the braces of a path: `"{stock}/{day}.png"`. */
export function templateColumns(template: string): string[] {
  return [...template.matchAll(/\{([^{}]+)\}/g)].map((match) => match[1]!);
}

/** Numeric order where all are numbers, else by code point: how labels and categories are sorted. */
export function sortLabels(labels: Iterable<string>): string[] {
  const all = [...labels];
  if (all.every((label) => numeric.test(label.trim())))
    return all.sort((a, b) => Number(a) - Number(b) || compareText(a, b));
  return all.sort(compareText);
}

/** By code point, the same on every machine. */
export function compareText(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
