/** `mmfc check`: the mistakes of specs and of the tables they name; with `--fix`, without those that are certain. */
import { readFile, rename, writeFile } from "node:fs/promises";
import type { Diagnostic } from "../../diagnostics/diagnostic.ts";
import { applyFixes } from "../../diagnostics/fix.ts";
import { renderLines, summary, tally, toGithub, toJson, toSarif } from "../../diagnostics/formats.ts";
import { count, list, path as pathText } from "../../diagnostics/phrase.ts";
import { renderPretty } from "../../diagnostics/render.ts";
import { positionAt, type SourceFile } from "../../diagnostics/span.ts";
import { packageVersion } from "../../runtime/artifact/version.ts";
import { type CompiledSpec, compileSpec } from "../compilation.ts";
import type { Context, Run } from "../define.ts";
import { findSpecs } from "../specs.ts";

export const run: Run = async ({ args, options, terminal, command }) => {
  const paths = await findSpecs(args, command);
  const format = terminal.json ? "json" : ((options.format as Format | undefined) ?? "pretty");
  const data = options.data !== false;
  const specs: CompiledSpec[] = [];
  const fixed: string[] = [];
  for (const file of paths) {
    let spec = await compileSpec(file, { data });
    if (options.fix === true) {
      const result = await fix(spec, data);
      spec = result.spec;
      if (result.line !== undefined) fixed.push(result.line);
    }
    specs.push(spec);
  }
  print(specs, fixed, format, terminal);
  const { error, warning } = tally(specs.flatMap((spec) => spec.diagnostics));
  return error > 0 || (options.strict === true && warning > 0) ? 1 : 0;
};

type Format = "pretty" | "line" | "json" | "sarif" | "github";

function print(
  specs: readonly CompiledSpec[],
  fixed: readonly string[],
  format: Format,
  terminal: Context["terminal"],
): void {
  const files = new Map<string, SourceFile>();
  for (const spec of specs) for (const [key, file] of spec.files) files.set(key, file);
  const diagnostics = unique(specs);
  switch (format) {
    case "json":
      terminal.outJson(toJson(diagnostics, files));
      break;
    case "sarif":
      terminal.outJson(toSarif(diagnostics, files, packageVersion()));
      break;
    case "line":
      terminal.out(renderLines(diagnostics, files));
      break;
    case "github":
      terminal.out(toGithub(diagnostics, files));
      break;
    case "pretty":
      terminal.out(renderPretty(diagnostics, files, terminal.shape.out));
      for (const line of lastLines(specs, fixed, diagnostics, terminal.quiet)) terminal.out(`${line}\n`);
  }
}

/** What was fixed, what is clean, and how many mistakes there are; with `-q` only the last. */
function lastLines(
  specs: readonly CompiledSpec[],
  fixed: readonly string[],
  diagnostics: readonly Diagnostic[],
  quiet: boolean,
): string[] {
  const wrong = specs.filter((spec) => spec.diagnostics.some((d) => d.severity !== "note"));
  const clean = specs.filter((spec) => !wrong.includes(spec));
  const last = summary(
    diagnostics,
    wrong.map((spec) => pathText(spec.path)),
  );
  const lines = quiet ? [] : [...fixed, ...clean.flatMap((spec) => cleanLines(spec, fixed))];
  return last === undefined ? lines : [...lines, last];
}

/** A file that several specs use is spoken of once. */
function unique(specs: readonly CompiledSpec[]): Diagnostic[] {
  const seen = new Map<string, Diagnostic>();
  for (const d of specs.flatMap((spec) => spec.diagnostics)) {
    seen.set(`${d.code} ${d.span.file} ${d.span.start} ${d.span.end} ${d.message}`, d);
  }
  return [...seen.values()];
}

/** `credit.mmf: 3 models, no mistakes`, and a line for each table that was looked at. */
function cleanLines({ path, models, tables }: CompiledSpec, fixed: readonly string[]): string[] {
  const lines = fixed.some((line) => line.startsWith(`${pathText(path)}:`))
    ? []
    : [`${pathText(path)}: ${models.length === 0 ? "" : `${count(models.length, "model")}, `}no mistakes`];
  for (const table of tables) {
    if (table.status !== "ok") continue;
    const rows = table.rows === undefined ? "" : `${count(table.rows, "row")}, `;
    lines.push(`${pathText(table.path)}: ${rows}its columns are there; cells and files are checked by train`);
  }
  return lines;
}

const mostPasses = 10;

/** Applies certain fixes until none is left; what one hides, the next pass shows. */
async function fix(first: CompiledSpec, data: boolean): Promise<{ spec: CompiledSpec; line?: string }> {
  let spec = first;
  const done: string[] = [];
  for (let pass = 0; pass < mostPasses; pass++) {
    const file = spec.files.get(spec.path);
    if (file === undefined) break;
    const { text, applied } = applyFixes(file.text, spec.diagnostics, spec.path);
    if (applied.length === 0 || text === file.text) break;
    done.push(...applied.map((d) => `line ${positionAt(file, d.span.start).line} (${d.code})`));
    await replaceText(spec.path, text);
    spec = await compileSpec(spec.path, { data });
  }
  return done.length === 0
    ? { spec }
    : { spec, line: `${pathText(spec.path)}: fixed ${done.join(", ")}; ${left(spec)}` };
}

/** `1 error is left, line 29` */
function left({ diagnostics, files }: CompiledSpec): string {
  const { error, warning } = tally(diagnostics);
  if (error + warning === 0) return "no mistakes are left";
  const lines = diagnostics.flatMap((d) => {
    const file = files.get(d.span.file);
    return d.severity === "note" || file === undefined ? [] : [positionAt(file, d.span.start).line];
  });
  const parts = [...(error > 0 ? [count(error, "error")] : []), ...(warning > 0 ? [count(warning, "warning")] : [])];
  const places = [...new Set(lines)].sort((a, b) => a - b).map(String);
  return `${list(parts)} ${error + warning === 1 ? "is" : "are"} left, line${places.length === 1 ? "" : "s"} ${list(places)}`;
}

async function replaceText(file: string, text: string): Promise<void> {
  const before = await readFile(file);
  const aside = `${file}.${process.pid}.part`;
  // A byte order mark is the user's choice.
  const mark =
    before.subarray(0, 3).equals(Buffer.from([0xef, 0xbb, 0xbf])) && !text.startsWith("\ufeff") ? "\ufeff" : "";
  await writeFile(aside, mark + text);
  await rename(aside, file);
}
