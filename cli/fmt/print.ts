/** What `mmfc fmt` prints: which lines change, how many specs, and which could not be formatted. Formats and writes nothing. */
import type { Diagnostic } from "../../diagnostics/diagnostic.ts";
import { summary, toJson } from "../../diagnostics/formats.ts";
import { count, list, path as pathText } from "../../diagnostics/phrase.ts";
import { renderPretty } from "../../diagnostics/render.ts";
import type { SourceFile } from "../../diagnostics/span.ts";
import type { TextEdit } from "../../grammar/format/changes.ts";
import type { Terminal } from "../terminal.ts";

/** A spec that was looked at. */
export interface Looked {
  readonly path: string;
  /** Absent if it could not be read. */
  readonly file?: SourceFile;
  /** In the one style; absent if it has mistakes. */
  readonly text?: string;
  readonly edits: readonly TextEdit[];
  readonly diagnostics: readonly Diagnostic[];
}

export const isChanged = (one: Looked): one is Looked & { readonly text: string } => one.edits.length > 0;

/** `credit.mmf: lines 14, 22 and 23 would change` */
export function sayChange({ path, edits }: Looked, checks: boolean, terminal: Terminal): void {
  terminal.out(`${pathText(path)}: ${linesText(edits)} ${checks ? "would change" : "changed"}\n`);
}

/** `1 of 4 specs would change. Do it: mmfc fmt` */
export function sayCheck(looked: readonly Looked[], args: readonly string[], terminal: Terminal): void {
  const changed = looked.filter(isChanged).length;
  if (changed === 0) return;
  const specs = changed === looked.length ? count(changed, "spec") : `${changed} of ${count(looked.length, "spec")}`;
  terminal.out(`${specs} would change. Do it: ${["mmfc fmt", ...args.map(pathText)].join(" ")}\n`);
}

/** `4 specs, nothing to change` */
export function sayNothing(looked: readonly Looked[], terminal: Terminal): void {
  if (looked.some((one) => isChanged(one) || one.diagnostics.length > 0)) return;
  terminal.say(`${count(looked.length, "spec")}, nothing to change`);
}

/** The messages of specs with mistakes, then `Not formatted: 2 errors in odd.mmf, 1 of them fixable: mmfc check --fix odd.mmf` */
export function sayBroken(looked: readonly Looked[], checks: boolean, terminal: Terminal): void {
  const broken = looked.filter((one) => one.diagnostics.length > 0);
  if (broken.length === 0) return;
  const diagnostics = broken.flatMap((one) => one.diagnostics);
  const paths = broken.map((one) => pathText(one.path));
  terminal.err(renderPretty(diagnostics, filesOf(broken), terminal.shape.err));
  terminal.err(`Not ${checks ? "checked" : "formatted"}: ${summary(diagnostics, paths) ?? ""}`);
}

/** @param withText the text itself was asked for */
export function printJson(looked: readonly Looked[], terminal: Terminal, withText = false): void {
  const specs = looked.map((one) => ({
    file: one.path,
    changed: isChanged(one),
    lines: linesOf(one.edits),
    ...(withText && one.text !== undefined && { text: one.text }),
  }));
  const diagnostics = looked.flatMap((one) => one.diagnostics);
  terminal.outJson({ specs, ...toJson(diagnostics, filesOf(looked)) });
}

function filesOf(looked: readonly Looked[]): Map<string, SourceFile> {
  return new Map(looked.flatMap(({ path, file }) => (file === undefined ? [] : [[path, file] as const])));
}

/** The numbers of the lines that change; where lines are only put in, that of the line below. */
function linesOf(edits: readonly TextEdit[]): number[] {
  const lines = new Set<number>();
  for (const { from, to } of edits) for (let line = from; line <= Math.max(from, to); line++) lines.add(line);
  return [...lines];
}

const mostParts = 10;

/** `line 3`, `lines 14, 22 and 23`, `lines 3 to 9 and 14` */
export function linesText(edits: readonly TextEdit[]): string {
  const lines = linesOf(edits);
  const parts: { text: string; count: number }[] = [];
  for (let i = 0; i < lines.length; ) {
    let end = i;
    while (lines[end + 1] === (lines[end] as number) + 1) end++;
    // of two, each is named
    if (end === i + 1) end = i;
    parts.push({ text: end === i ? String(lines[i]) : `${lines[i]} to ${lines[end]}`, count: end - i + 1 });
    i = end + 1;
  }
  const shown = parts.slice(0, mostParts).map((part) => part.text);
  const more = parts.slice(mostParts).reduce((sum, part) => sum + part.count, 0);
  return `${lines.length === 1 ? "line" : "lines"} ${list(more === 0 ? shown : [...shown, `${more} more`])}`;
}
