/**
 * Diagnostics for machines: one line each, JSON, GitHub annotations (SARIF is sarif.ts's); and the line that sums them up.
 * The JSON object is part of the command line's contract: fields are added, never renamed.
 */
import type { DataRow, Diagnostic, Severity } from "./diagnostic.ts";
import { inOrder } from "./order.ts";
import { count, cut, number, quoted } from "./phrase.ts";
import { type Position, positionAt, type SourceFile, type Span } from "./span.ts";

/** Texts by the path that spans name. */
export type Files = ReadonlyMap<string, SourceFile>;

/** A place in a file, lines and columns from 1, `end` exclusive. */
export interface JsonPlace {
  readonly file: string;
  readonly start: Position;
  readonly end: Position;
}

export interface JsonDiagnostic extends JsonPlace {
  readonly code: string;
  readonly severity: Severity;
  readonly message: string;
  readonly help?: string;
  readonly related?: readonly (JsonPlace & { readonly message: string })[];
  readonly fixable: boolean;
  /** The first 10,000 at most; then `rowCount` says how many there are. */
  readonly rows?: readonly DataRow[];
  readonly rowCount?: number;
}

export interface JsonReport {
  readonly diagnostics: readonly JsonDiagnostic[];
  readonly errors: number;
  readonly warnings: number;
}

/** How many there are of each severity. */
export function tally(diagnostics: readonly Diagnostic[]): Record<Severity, number> {
  const result = { error: 0, warning: 0, note: 0 };
  for (const d of diagnostics) result[d.severity]++;
  return result;
}

/** All diagnostics in order, as `check --json` prints them. */
export function toJson(diagnostics: readonly Diagnostic[], files: Files): JsonReport {
  const { error, warning } = tally(diagnostics);
  return { diagnostics: inOrder(diagnostics, files).map((d) => oneJson(d, files)), errors: error, warnings: warning };
}

function oneJson(d: Diagnostic, files: Files): JsonDiagnostic {
  const related = relatedOf(d).map(({ span, message }) => ({ message, ...place(span, files) }));
  return {
    code: d.code,
    severity: d.severity,
    message: d.message,
    ...place(d.span, files),
    ...(d.help === undefined ? {} : { help: d.help }),
    ...(related.length === 0 ? {} : { related }),
    fixable: d.fix?.certain === true,
    ...(d.rows === undefined || d.rows.length === 0 ? {} : { rows: d.rows }),
    ...(d.rowCount === undefined ? {} : { rowCount: d.rowCount }),
  };
}

/** Related places, those that are compared with among them. */
export function relatedOf(d: Diagnostic): { span: Span; message: string }[] {
  const compared = d.marks.flatMap((m) => (m.label === undefined ? [] : [{ span: m.span, message: m.label }]));
  return [...d.related, ...compared];
}

/** Where a span is, for programs. */
export function place(span: Span, files: Files): JsonPlace {
  const file = files.get(span.file);
  if (file === undefined) return { file: span.file, start: { line: 1, column: 1 }, end: { line: 1, column: 1 } };
  return {
    file: file.path,
    start: positionAt(file, span.start),
    end: positionAt(file, Math.max(span.start, span.end)),
  };
}

/**
 * `credit.mmf:27:27: error: SENTENCE help: HELP [fusion-shape-mismatch]`, without a line break; the first rows of a table
 * stand behind the sentence, in parentheses.
 */
export function renderLine(d: Diagnostic, files: Files): string {
  const { file, start } = place(d.span, files);
  const where = file === "" ? "" : `${file}:${start.line}:${start.column}: `;
  const help = d.help === undefined ? "" : ` help: ${d.help}`;
  const rows = rowLines(d, 3);
  const inside = rows.length === 0 ? "" : ` (${rows.join("; ")})`;
  return `${where}${d.severity}: ${d.message}${inside}${help} [${d.code}]`;
}

/** The first rows that a message speaks of, and how many more there are: `row 203 (A7) media/calls/A.wav: no samples`. */
export function rowLines(d: Pick<Diagnostic, "rows" | "rowCount">, most = 10): string[] {
  const rows = d.rows ?? [];
  const several = new Set(rows.map((row) => row.table)).size > 1;
  const lines = rows.slice(0, most).map(({ table, row, id, path, value, why }) => {
    const name = `${several ? `${table} ` : ""}row ${number(row)}${id === undefined ? "" : ` (${cut(id)})`}`;
    const what = [...(path === undefined ? [] : [cut(path, 200)]), ...(value === undefined ? [] : [quoted(value)])];
    return `${[name, ...what].join(" ")}${why === undefined ? "" : `: ${cut(why, 200)}`}`;
  });
  const more = (d.rowCount ?? rows.length) - lines.length;
  return more > 0 ? [...lines, `and ${number(more)} more`] : lines;
}

/** A line each, in order, every line ended. */
export function renderLines(diagnostics: readonly Diagnostic[], files: Files): string {
  return inOrder(diagnostics, files)
    .map((d) => `${renderLine(d, files)}\n`)
    .join("");
}

/** GitHub workflow commands, a line each. */
export function toGithub(diagnostics: readonly Diagnostic[], files: Files): string {
  const data = (text: string): string => text.replaceAll("%", "%25").replaceAll("\r", "%0D").replaceAll("\n", "%0A");
  const property = (text: string): string => data(text).replaceAll(":", "%3A").replaceAll(",", "%2C");
  return inOrder(diagnostics, files)
    .map((d) => {
      const { file, start, end } = place(d.span, files);
      const level = d.severity === "note" ? "notice" : d.severity;
      const text = data([d.message, ...rowLines(d), ...(d.help === undefined ? [] : [`help: ${d.help}`])].join("\n"));
      const where = `line=${start.line},col=${start.column},endLine=${end.line},endColumn=${end.column}`;
      return `::${level} ${file === "" ? "" : `file=${property(file)},${where},`}title=${property(d.code)}::${text}\n`;
    })
    .join("");
}

/**
 * What is printed under the frames: `3 errors in credit.mmf, 2 of them fixable: mmfc check --fix credit.mmf`; nothing
 * without errors and warnings.
 * @param data what is said of rows, `, in 2 rows of calls.csv`, and of reading them, ` (3,471 rows read in 2.4 s)`
 */
export function summary(
  diagnostics: readonly Diagnostic[],
  paths: readonly string[],
  data: { readonly rows: string; readonly read: string } = { rows: "", read: "" },
): string | undefined {
  const { error, warning } = tally(diagnostics);
  const parts = [...(error > 0 ? [count(error, "error")] : []), ...(warning > 0 ? [count(warning, "warning")] : [])];
  if (parts.length === 0) return undefined;
  const fixable = diagnostics.filter((d) => d.fix?.certain === true && d.severity !== "note").length;
  const where = paths.length === 1 ? (paths[0] as string) : count(paths.length, "spec");
  const all = error + warning;
  const which = fixable === all ? (all === 1 ? "fixable" : "all fixable") : `${fixable} of them fixable`;
  const fix = fixable === 0 ? "" : `, ${which}: mmfc check --fix${paths.length === 1 ? ` ${paths[0]}` : ""}`;
  return `${parts.join(" and ")} in ${where}${data.rows}${data.read}${fix}`;
}
