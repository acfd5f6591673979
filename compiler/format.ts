/**
 * The formatter with what the language knows: which parameters are given without their names. For the command line and for
 * editors.
 */
import type { SourceFile } from "../diagnostics/span.ts";
import { type Formatted, formatText } from "../grammar/format/format.ts";
import { blocksOf } from "../grammar/format/names.ts";
import { parse } from "../grammar/parse.ts";
import { folderOf, type Host, joinPath } from "./check/load.ts";
import { leadingParameters } from "./registry/leading.ts";

/** A spec in the one style, or its mistakes of syntax. Reads the files of `use`, whose blocks may hide words. */
export function formatSpec(file: SourceFile, host: Host): Formatted {
  const blocks = /\buse\b/.test(file.text) ? usedBlocks(file, host) : new Set<string>();
  return formatText(file, { leading: leadingParameters, ...(blocks !== undefined && { blocks }) });
}

/** The names of all blocks in the files of `use`; undefined if one of these cannot be read. */
function usedBlocks(file: SourceFile, host: Host): Set<string> | undefined {
  const blocks = new Set<string>();
  const seen = new Set([file.path]);
  const waiting = [file];
  for (let next = waiting.pop(); next !== undefined; next = waiting.pop()) {
    const { ast } = parse(next);
    if (next !== file) for (const name of blocksOf(ast)) blocks.add(name);
    for (const { path: literal } of ast.uses) {
      if (literal === undefined) return undefined;
      const path = joinPath(folderOf(next.path), literal.value);
      if (seen.has(path)) continue;
      seen.add(path);
      const text = host.read(path);
      if (typeof text !== "string") return undefined;
      waiting.push({ path, text });
    }
  }
  return blocks;
}
