/**
 * What a check prints: messages in the form that was asked for; for people also what was fixed, what is clean, what of the
 * tables fits, and how many mistakes there are. Knows no files, only what was found.
 */
import type { DataRow, Diagnostic } from "../../diagnostics/diagnostic.ts";
import { renderLines, summary, toGithub, toJson } from "../../diagnostics/formats.ts";
import { agree, count, path as pathText, time } from "../../diagnostics/phrase.ts";
import { renderPretty } from "../../diagnostics/render.ts";
import { toSarif } from "../../diagnostics/sarif.ts";
import type { SourceFile } from "../../diagnostics/span.ts";
import { packageVersion } from "../../runtime/artifact/version.ts";
import { sourceName } from "../../runtime/data/source-files.ts";
import { absenceText, partNotes } from "../data-notes.ts";
import type { Terminal } from "../terminal.ts";
import type { TableLook } from "./data.ts";
import type { CheckedSpec } from "./run.ts";

export type Format = "pretty" | "line" | "json" | "sarif" | "github";

/** All messages of a check; a file that several specs use is spoken of once. */
export function messagesOf(specs: readonly CheckedSpec[]): Diagnostic[] {
  const seen = new Map<string, Diagnostic>();
  for (const d of specs.flatMap((spec) => spec.diagnostics)) {
    const key = JSON.stringify([d.code, d.span.file, d.span.start, d.span.end, d.message]);
    if (!seen.has(key)) seen.set(key, d);
  }
  return [...seen.values()];
}

export function printCheck(specs: readonly CheckedSpec[], format: Format, terminal: Terminal): void {
  const files = new Map<string, SourceFile>();
  for (const spec of specs) for (const [key, file] of spec.files) files.set(key, file);
  const diagnostics = messagesOf(specs);
  if (format !== "pretty") {
    printForMachines(diagnostics, files, format, terminal, specs);
    return;
  }
  terminal.out(renderPretty(diagnostics, files, terminal.shape.out));
  for (const line of lastLines(specs, diagnostics, terminal.quiet)) terminal.out(`${line}\n`);
}

/** Messages in a form for programs; nothing else is printed then. */
export function printForMachines(
  diagnostics: readonly Diagnostic[],
  files: ReadonlyMap<string, SourceFile>,
  format: Exclude<Format, "pretty">,
  terminal: Terminal,
  specs: readonly CheckedSpec[] = [],
): void {
  switch (format) {
    case "json": {
      const tables = differentTables(specs).map(({ path, rows, files }) => ({ path, rows, files }));
      terminal.outJson({ ...toJson(diagnostics, files), ...(tables.length > 0 && { tables }) });
      break;
    }
    case "sarif":
      terminal.outJson(toSarif(diagnostics, files, packageVersion()));
      break;
    case "line":
      terminal.out(renderLines(diagnostics, files));
      break;
    case "github":
      terminal.out(toGithub(diagnostics, files));
  }
}

/** What was fixed, what is clean, which tables fit, and how many mistakes there are; with `-q` only the last. */
export function lastLines(
  specs: readonly CheckedSpec[],
  diagnostics: readonly Diagnostic[],
  quiet: boolean,
): readonly string[] {
  const wrong = specs.filter((spec) => spec.diagnostics.some((d) => d.severity !== "note"));
  const tables = differentTables(specs);
  const last = summary(
    diagnostics,
    wrong.map((spec) => pathText(spec.path)),
    { rows: rowsText(diagnostics), read: readText(tables) },
  );
  const lines: string[] = [];
  if (!quiet) {
    for (const spec of specs) {
      if (spec.fixed !== undefined) lines.push(spec.fixed);
      else if (!wrong.includes(spec)) lines.push(cleanLine(spec));
    }
    for (const table of tables) if (table.fits) lines.push(...fitLines(table));
  }
  return last === undefined ? lines : [...lines, last];
}

/** `credit.mmf: 3 models, no mistakes` */
function cleanLine({ path, models }: CheckedSpec): string {
  return `${pathText(path)}: ${models === 0 ? "" : `${count(models, "model")}, `}no mistakes`;
}

/** `calls.csv: 3,471 rows and 6,629 files fit; call is absent in 313 rows (9.0 %)`, and a line for all else that was noted. */
function fitLines({ path, rows, files, notes }: TableLook): string[] {
  const table = tableText(path);
  const absent = absenceText(notes);
  const fits = agree(rows + files, "fits", "fit");
  const others = partNotes(notes.filter((note) => note.code !== "absent" && note.code !== "cache-temporary")).lines;
  return [
    `${table}: ${looked(rows, files)} ${fits}${absent === undefined ? "" : `; ${absent}`}`,
    ...new Set(others.map((line) => `${table}: ${line}`)),
  ];
}

/** `3,471 rows and 6,629 files` */
function looked(rows: number, files: number): string {
  return files === 0 ? count(rows, "row") : `${count(rows, "row")} and ${count(files, "file")}`;
}

/** ` (3,471 rows and 6,629 files read in 2.4 s)`; nothing where no table is wrong. */
function readText(tables: readonly TableLook[]): string {
  const wrong = tables.filter((table) => !table.fits && table.rows > 0);
  if (wrong.length === 0) return "";
  const sum = (of: (table: TableLook) => number): number => wrong.reduce((all, table) => all + of(table), 0);
  return ` (${looked(
    sum((table) => table.rows),
    sum((table) => table.files),
  )} read in ${time(sum((table) => table.seconds))})`;
}

/** `, in 2 rows of calls.csv`: different rows, of one table or several. */
function rowsText(diagnostics: readonly Diagnostic[]): string {
  const spoken = diagnostics.filter((d) => d.severity !== "note" && (d.rows?.length ?? 0) > 0);
  const rows = new Set<string>();
  const tables = new Set<string>();
  for (const { row, table } of spoken.flatMap((d): readonly DataRow[] => d.rows ?? [])) {
    // Row 0 is none: an archive, a column as a whole.
    if (row < 1) continue;
    rows.add(`${table}\0${row}`);
    tables.add(table);
  }
  if (rows.size === 0) return "";
  // Of a message that keeps only the first of its rows, the others may be those of another message.
  const most = Math.max(rows.size, ...spoken.map((d) => d.rowCount ?? 0));
  const least = most > rows.size && spoken.length > 1 ? "at least " : "";
  const where = tables.size === 1 ? tableText([...tables][0] as string) : count(tables.size, "table");
  return `, in ${least}${count(most, "row")} of ${where}`;
}

/** A path, or what messages call a source that is none. */
function tableText(name: string): string {
  return name === sourceName({ query: "" }) ? name : pathText(name);
}

/** A table that several specs read is spoken of once. */
function differentTables(specs: readonly CheckedSpec[]): TableLook[] {
  const found = new Map<string, TableLook>();
  for (const table of specs.flatMap((spec) => spec.tables)) {
    const before = found.get(table.key);
    found.set(table.key, before === undefined ? table : { ...before, fits: before.fits && table.fits });
  }
  return [...found.values()];
}
