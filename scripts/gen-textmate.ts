/** The extension's TextMate grammar, from the word table and the registry. */
import { textmateGrammar } from "../editor/textmate.ts";

/** The generated text by its path. */
export function generate(): { [file: string]: string } {
  return { "editor/vscode/syntaxes/mmf.tmLanguage.json": `${JSON.stringify(textmateGrammar(), null, 2)}\n` };
}
