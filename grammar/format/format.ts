/**
 * The façade of the formatter: text to the same text in the one style, or to the mistakes of syntax for which it is left as
 * it is. Idempotent; keeps every comment and every token, but for commas and the names of leading arguments.
 */
import type { Diagnostic } from "../../diagnostics/diagnostic.ts";
import type { SourceFile } from "../../diagnostics/span.ts";
import { parse } from "../parse.ts";
import { lineEdits, type TextEdit } from "./changes.ts";
import { type LeadingParameters, takeNames } from "./names.ts";
import { createPage } from "./page.ts";
import { readTree } from "./read.ts";
import { writeBody } from "./statements.ts";

export interface FormatOptions {
  /** The parameters of a word that are given without their names; without it, every name stays. */
  readonly leading?: LeadingParameters;
  /**
   * Blocks that the files of `use` bring in: their names hide words of the language. Without it, no name is taken away
   * from a file that has a `use`.
   */
  readonly blocks?: ReadonlySet<string>;
}

export type Formatted =
  | {
      readonly text: string;
      /** What to change, line by line, from top to bottom; nothing if the text is in the style already. */
      readonly edits: readonly TextEdit[];
      readonly diagnostics?: undefined;
    }
  | { readonly diagnostics: readonly Diagnostic[]; readonly text?: undefined; readonly edits?: undefined };

const MARK = "\ufeff";

/** Never throws, whatever the text. */
export function formatText(file: SourceFile, options: FormatOptions = {}): Formatted {
  const { ast, diagnostics } = parse(file);
  const errors = diagnostics.filter((d) => d.severity === "error");
  if (errors.length > 0) return { diagnostics: errors };
  const tree = readTree(file);
  if (options.leading !== undefined) takeNames(tree, ast, options.leading, options.blocks);
  const page = createPage(lineEnding(file.text));
  writeBody(page, tree, 0);
  // a byte order mark is the user's choice
  const text = (file.text.startsWith(MARK) ? MARK : "") + page.text();
  return { text, edits: lineEdits(file.text, text) };
}

/** The one that the text has most often. */
function lineEnding(text: string): "\n" | "\r\n" {
  const all = text.split("\n").length - 1;
  const windows = text.split("\r\n").length - 1;
  return windows > all - windows ? "\r\n" : "\n";
}
