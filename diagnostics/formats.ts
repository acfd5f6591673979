/**
 * Diagnostics for machines: one line each, JSON, GitHub annotations, SARIF; and the line that sums them up.
 * The JSON object is part of the command line's contract: fields are added, never renamed.
 */
import type { DataRow, Diagnostic, Severity } from "./diagnostic.ts";
import { inOrder } from "./order.ts";
import { count } from "./phrase.ts";
import { type Position, positionAt, type SourceFile, type Span } from "./span.ts";

type Files = ReadonlyMap<string, SourceFile>;

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
  readonly rows?: readonly DataRow[];
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
  };
}

/** Related places, those that are compared with among them. */
export function relatedOf(d: Diagnostic): { span: Span; message: string }[] {
  const compared = d.marks.flatMap((m) => (m.label === undefined ? [] : [{ span: m.span, message: m.label }]));
  return [...d.related, ...compared];
}

function place(span: Span, files: Files): JsonPlace {
  const file = files.get(span.file);
  if (file === undefined) return { file: span.file, start: { line: 1, column: 1 }, end: { line: 1, column: 1 } };
  return {
    file: file.path,
    start: positionAt(file, span.start),
    end: positionAt(file, Math.max(span.start, span.end)),
  };
}

/** `credit.mmf:27:27: error: SENTENCE help: HELP [fusion-shape-mismatch]`, without a line break. */
export function renderLine(d: Diagnostic, files: Files): string {
  const { file, start } = place(d.span, files);
  const where = file === "" ? "" : `${file}:${start.line}:${start.column}: `;
  const help = d.help === undefined ? "" : ` help: ${d.help}`;
  return `${where}${d.severity}: ${d.message}${help} [${d.code}]`;
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
      const text = data(d.help === undefined ? d.message : `${d.message}\nhelp: ${d.help}`);
      const where = `line=${start.line},col=${start.column},endLine=${end.line},endColumn=${end.column}`;
      return `::${level} ${file === "" ? "" : `file=${property(file)},${where},`}title=${property(d.code)}::${text}\n`;
    })
    .join("");
}

/** A SARIF 2.1.0 log with one run; columns count UTF-16 units, as ours do. */
export function toSarif(diagnostics: readonly Diagnostic[], files: Files, version: string): object {
  const sorted = inOrder(diagnostics, files);
  const rules = [...new Set(sorted.map((d) => d.code))];
  return {
    $schema: "https://json.schemastore.org/sarif-2.1.0.json",
    version: "2.1.0",
    runs: [
      {
        tool: { driver: { name: "mmfc", version, rules: rules.map((id) => ({ id })) } },
        columnKind: "utf16CodeUnits",
        results: sorted.map((d) => ({
          ruleId: d.code,
          ruleIndex: rules.indexOf(d.code),
          level: d.severity,
          message: { text: d.help === undefined ? d.message : `${d.message}\nhelp: ${d.help}` },
          ...(d.span.file === "" ? {} : { locations: [{ physicalLocation: sarifPlace(d.span, files) }] }),
          ...(relatedOf(d).length === 0
            ? {}
            : {
                relatedLocations: relatedOf(d).map(({ span, message }) => ({
                  physicalLocation: sarifPlace(span, files),
                  message: { text: message },
                })),
              }),
        })),
      },
    ],
  };
}

function sarifPlace(span: Span, files: Files): object {
  const { file, start, end } = place(span, files);
  return {
    artifactLocation: { uri: file.split("/").map(encodeURIComponent).join("/") },
    region: { startLine: start.line, startColumn: start.column, endLine: end.line, endColumn: end.column },
  };
}

/**
 * What is printed under the frames: `3 errors in credit.mmf, 2 of them fixable: mmfc check --fix credit.mmf`; nothing
 * without errors and warnings.
 */
export function summary(diagnostics: readonly Diagnostic[], paths: readonly string[]): string | undefined {
  const { error, warning } = tally(diagnostics);
  const parts = [...(error > 0 ? [count(error, "error")] : []), ...(warning > 0 ? [count(warning, "warning")] : [])];
  if (parts.length === 0) return undefined;
  const fixable = diagnostics.filter((d) => d.fix?.certain === true && d.severity !== "note").length;
  const where = paths.length === 1 ? (paths[0] as string) : count(paths.length, "spec");
  const all = error + warning;
  const which = fixable === all ? (all === 1 ? "fixable" : "all fixable") : `${fixable} of them fixable`;
  const fix = fixable === 0 ? "" : `, ${which}: mmfc check --fix${paths.length === 1 ? ` ${paths[0]}` : ""}`;
  return `${parts.join(" and ")} in ${where}${fix}`;
}
