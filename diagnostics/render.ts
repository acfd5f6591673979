/**
 * Draws diagnostics for people: place, severity and code; the lines of the spec with what is marked; the sentence; the help.
 * The rules are those of the frames in the tests. Knows nothing of the language.
 */
import type { DataRow, Diagnostic, Severity } from "./diagnostic.ts";
import { drawLine, type LineMark } from "./frame.ts";
import { inOrder, mostShown } from "./order.ts";
import { number, quoted } from "./phrase.ts";
import { lineStarts, lineText, positionAt, type SourceFile } from "./span.ts";
import { displayWidth } from "./width.ts";
import { wrap } from "./wrap.ts";

export interface RenderOptions {
  readonly color?: boolean;
  /** Cells of the terminal, at most 100 are used. Default 100. */
  readonly width?: number;
  /** Only ASCII of our own: `…` is `...`. Names stay as written. */
  readonly ascii?: boolean;
}

const mostRows = 10;
const escapes = { red: 31, yellow: 33, blue: 34, green: 32, bold: 1, dim: 2 } as const;
const hues = { error: "red", warning: "yellow", note: "blue" } as const satisfies Record<
  Severity,
  keyof typeof escapes
>;

/** Marks a text with a colour, or leaves it. */
export type Paint = (style: keyof typeof escapes, text: string) => string;

/**
 * All frames in order, a blank line after each, twenty at most, then `and 31 more`; empty for no diagnostics.
 * @param files the texts by the path that spans name; a diagnostic of another file is printed without its line
 */
export function renderPretty(
  diagnostics: readonly Diagnostic[],
  files: ReadonlyMap<string, SourceFile>,
  options: RenderOptions = {},
): string {
  const sorted = inOrder(diagnostics, files);
  const shown = sorted.slice(0, mostShown).map((d) => `${renderFrame(d, files, options).join("\n")}\n\n`);
  if (sorted.length > mostShown) shown.push(`and ${number(sorted.length - mostShown)} more\n`);
  return shown.join("");
}

/** The lines of one frame, without the blank line that follows. */
export function renderFrame(
  diagnostic: Diagnostic,
  files: ReadonlyMap<string, SourceFile>,
  options: RenderOptions = {},
): string[] {
  const width = Math.max(40, Math.min(options.width ?? 100, 100));
  const ascii = options.ascii === true;
  const paint: Paint =
    options.color === true ? (style, text) => `\x1b[${escapes[style]}m${text}\x1b[0m` : (_, text) => text;
  const file = files.get(diagnostic.span.file);
  const lines = [header(diagnostic, file, paint)];
  if (file !== undefined) lines.push(...source(diagnostic, file, width, ascii, paint));
  lines.push(...sentences(diagnostic, width, ascii, paint));
  return lines;
}

function header(diagnostic: Diagnostic, file: SourceFile | undefined, paint: Paint): string {
  const what = `${paint(hues[diagnostic.severity], diagnostic.severity)} ${diagnostic.code}`;
  if (file === undefined) return diagnostic.span.file === "" ? what : `${paint("bold", diagnostic.span.file)} ${what}`;
  const { line, column } = positionAt(file, diagnostic.span.start);
  return `${paint("bold", `${file.path}:${line}:${column}`)} ${what}`;
}

function source(diagnostic: Diagnostic, file: SourceFile, width: number, ascii: boolean, paint: Paint): string[] {
  const marks = [
    {
      span: diagnostic.span,
      style: "^" as const,
      ...(diagnostic.label === undefined ? {} : { label: diagnostic.label }),
    },
    ...diagnostic.marks.filter((mark) => mark.span.file === diagnostic.span.file),
  ];
  const byLine = new Map<number, LineMark[]>();
  const starts = lineStarts(file);
  for (const mark of marks) {
    const { line } = positionAt(file, mark.span.start);
    const from = starts[line - 1] as number;
    const text = lineText(file, line);
    // A span over several lines is marked to the end of its first.
    const start = Math.min(mark.span.start - from, text.length);
    const end = Math.max(start, Math.min(mark.span.end - from, text.length));
    const label = mark.label === undefined ? {} : { label: plain(mark.label, ascii) };
    byLine.set(line, [...(byLine.get(line) ?? []), { start, end, style: mark.style, ...label }]);
  }
  const numbers = [...byLine.keys()].sort((a, b) => a - b);
  const digits = String(numbers[numbers.length - 1] ?? 1).length;
  const gutter = `  ${" ".repeat(digits)} | `;
  const result: string[] = [];
  let previous: number | undefined;
  for (const line of numbers) {
    if (previous !== undefined && line > previous + 1) result.push(paint("dim", "  ..."));
    previous = line;
    const drawn = drawLine(lineText(file, line), byLine.get(line) ?? [], width - gutter.length, ascii ? "..." : "…");
    result.push(`${paint("dim", `  ${String(line).padStart(digits)} |`)} ${drawn.text}`);
    for (const below of drawn.below) {
      result.push(
        `${paint("dim", gutter.trimEnd())} ${below.map((part) => markPaint(part, diagnostic.severity, paint)).join("")}`,
      );
    }
  }
  return result;
}

function markPaint(part: { text: string; style?: "^" | "-" }, severity: Severity, paint: Paint): string {
  if (part.style === undefined || part.text.trim() === "") return part.text;
  return paint(part.style === "^" ? hues[severity] : "dim", part.text);
}

function sentences(diagnostic: Diagnostic, width: number, ascii: boolean, paint: Paint): string[] {
  const rows = diagnostic.rows ?? [];
  const fixable = diagnostic.fix?.certain === true ? " [fixable]" : "";
  const hasHelp = diagnostic.help !== undefined;
  const message = rows.length > 0 ? diagnostic.message.replace(/\.$/, ":") : diagnostic.message;
  const result = paragraph(plain(message, ascii) + (hasHelp ? "" : fixable), width);
  result.push(...rowLines(rows, diagnostic.rowCount ?? rows.length).map((line) => plain(line, ascii)));
  if (hasHelp) {
    const lines = paragraph(`help: ${plain(diagnostic.help ?? "", ascii)}${fixable}`, width);
    result.push(...lines.map((line, i) => (i === 0 ? line.replace("help:", paint("green", "help:")) : line)));
  }
  return result;
}

function paragraph(text: string, width: number): string[] {
  return wrap(text, width - 2).map((line) => `  ${line}`);
}

/** Ten rows in columns: number (and id), path, value, why. */
function rowLines(rows: readonly DataRow[], all: number): string[] {
  const shown = rows.slice(0, mostRows);
  const several = new Set(rows.map((row) => row.table)).size > 1;
  const cells = shown.map((row) => [
    `${several ? `${row.table} ` : ""}row ${number(row.row)}${row.id === undefined ? "" : ` (${row.id})`}`,
    row.path ?? "",
    row.value === undefined ? "" : quoted(row.value),
    row.why ?? "",
  ]);
  const used = [0, 1, 2, 3].filter((column) => cells.some((row) => row[column] !== ""));
  const widths = used.map((column) => Math.max(...cells.map((row) => displayWidth(row[column] ?? ""))));
  const lines = cells.map((row) =>
    used
      .map((column, i) => {
        const cell = row[column] ?? "";
        if (i === used.length - 1) return cell;
        return cell + " ".repeat((widths[i] ?? 0) - displayWidth(cell) + (i === 0 ? 2 : 4));
      })
      .join("")
      .trimEnd(),
  );
  if (all > shown.length) lines.push(`and ${number(all - shown.length)} more`);
  return lines.map((line) => `    ${line}`);
}

function plain(text: string, ascii: boolean): string {
  if (!ascii) return text;
  return text.replaceAll("…", "...").replaceAll("→", "->").replaceAll("×", "x").replaceAll("·", "|");
}
