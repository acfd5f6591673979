/**
 * The TextMate grammar, made from the word table and the registry, so that a new word is coloured without anyone writing
 * it here. It follows the language, not the line: a statement ends where the next begins, as for the parser, so that half-typed
 * text never discolours what follows. Knows nothing of files; `npm run gen` writes the result into the extension.
 */
import { flows, insides } from "./textmate/flows.ts";
import { comments, literals } from "./textmate/literals.ts";
import { include, type Rule } from "./textmate/patterns.ts";
import { statements } from "./textmate/statements.ts";
import { vocabulary } from "./vocabulary.ts";

/** A grammar as a `.tmLanguage.json` has it. */
export interface TextMateGrammar {
  readonly name: string;
  readonly scopeName: string;
  readonly patterns: readonly Rule[];
  readonly repository: { readonly [name: string]: Rule };
}

/** The grammar as the JSON of a `.tmLanguage.json`. */
export function textmateGrammar(): TextMateGrammar {
  const words = vocabulary();
  return {
    name: "mmf",
    scopeName: "source.mmf",
    patterns: include("comments", "statements", "flow", "properties"),
    repository: {
      ...comments(),
      ...statements(words),
      ...flows(words),
      ...insides(words),
      ...literals(),
    },
  };
}
