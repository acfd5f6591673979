/**
 * `mmfc check --fix`: applies what is certain to a spec until nothing is left to apply, and says what was done. Writes
 * over the spec and nothing else.
 */
import type { Diagnostic } from "../../diagnostics/diagnostic.ts";
import { applyFixes } from "../../diagnostics/fix.ts";
import { tally } from "../../diagnostics/formats.ts";
import { count, list, path as pathText } from "../../diagnostics/phrase.ts";
import { positionAt } from "../../diagnostics/span.ts";
import type { CompiledSpec } from "../compilation.ts";
import { replaceText } from "../replace.ts";

/** `line 27 (foreign-word)` */
export type FixedPlaces = readonly string[];

/** The spec with all certain fixes applied, checked again; what one hides, the next pass shows. */
export async function fixSpec<Spec extends Pick<CompiledSpec, "path" | "files" | "diagnostics">>(
  first: Spec,
  again: () => Promise<Spec>,
): Promise<{ spec: Spec; done: FixedPlaces }> {
  let spec = first;
  const done: string[] = [];
  for (let pass = 0; pass < mostPasses; pass++) {
    const file = spec.files.get(spec.path);
    if (file === undefined) break;
    const { text, applied } = applyFixes(file.text, spec.diagnostics, spec.path);
    if (applied.length === 0 || text === file.text) break;
    done.push(...applied.map((d) => `line ${positionAt(file, d.span.start).line} (${d.code})`));
    await replaceText(spec.path, text);
    spec = await again();
  }
  return { spec, done };
}

const mostPasses = 10;

/** `credit.mmf: fixed line 27 (foreign-word); 1 error is left, line 29` */
export function fixedLine(
  spec: Pick<CompiledSpec, "path" | "files">,
  diagnostics: readonly Diagnostic[],
  done: FixedPlaces,
): string | undefined {
  if (done.length === 0) return undefined;
  return `${pathText(spec.path)}: fixed ${[...new Set(done)].join(", ")}; ${leftText(spec, diagnostics)}`;
}

/** `1 error is left, line 29` */
function leftText({ path, files }: Pick<CompiledSpec, "path" | "files">, diagnostics: readonly Diagnostic[]): string {
  const { error, warning } = tally(diagnostics);
  if (error + warning === 0) return "no mistakes are left";
  const lines = diagnostics.flatMap((d) => {
    const file = files.get(d.span.file);
    return d.severity === "note" || file === undefined || d.span.file !== path
      ? []
      : [positionAt(file, d.span.start).line];
  });
  const parts = [...(error > 0 ? [count(error, "error")] : []), ...(warning > 0 ? [count(warning, "warning")] : [])];
  const places = [...new Set(lines)].sort((a, b) => a - b).map(String);
  const where = places.length === 0 ? "" : `, line${places.length === 1 ? "" : "s"} ${list(places)}`;
  return `${list(parts)} ${error + warning === 1 ? "is" : "are"} left${where}`;
}
