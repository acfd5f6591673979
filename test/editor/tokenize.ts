/** The extension's grammar in the engine that VS Code uses: spec text to scopes by line. */
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import path from "node:path";
import oniguruma from "vscode-oniguruma";
import textmate from "vscode-textmate";
import { textmateGrammar } from "../../editor/textmate.ts";

export interface ScopedToken {
  readonly text: string;
  readonly start: number;
  readonly end: number;
  /** From the outermost to the innermost, without the grammar's own. */
  readonly scopes: readonly string[];
}

export interface Tokenized {
  readonly lines: readonly (readonly ScopedToken[])[];
  /** How many rules are open behind the last line; 0: none. */
  readonly open: number;
}

export const extension = path.join(import.meta.dirname, "../../editor/vscode");
const require = createRequire(import.meta.url);

/** A grammar of the extension, loaded with all that it includes; `source.mmf` is the one generated now, not the file. */
export async function loadGrammar(scope = "source.mmf"): Promise<(text: string) => Tokenized> {
  const wasm = readFileSync(require.resolve("vscode-oniguruma/release/onig.wasm"));
  await oniguruma.loadWASM(wasm.buffer.slice(wasm.byteOffset, wasm.byteOffset + wasm.byteLength) as ArrayBuffer);
  const registry = new textmate.Registry({
    onigLib: Promise.resolve({
      createOnigScanner: (patterns) => new oniguruma.OnigScanner(patterns),
      createOnigString: (text) => new oniguruma.OnigString(text),
    }),
    loadGrammar: async (name) => {
      if (name === "source.mmf") return textmate.parseRawGrammar(JSON.stringify(textmateGrammar()), "mmf.json");
      if (name !== scope) return null;
      const file = path.join(extension, "syntaxes/markdown.tmLanguage.json");
      return textmate.parseRawGrammar(readFileSync(file, "utf8"), file);
    },
  });
  const grammar = await registry.loadGrammar(scope);
  if (grammar === null) throw new Error(`no grammar ${scope}`);
  return (text) => {
    let state = textmate.INITIAL;
    const lines: ScopedToken[][] = [];
    for (const line of text.replace(/\n$/, "").split("\n")) {
      const { tokens, ruleStack, stoppedEarly } = grammar.tokenizeLine(line, state, 2000);
      if (stoppedEarly) throw new Error(`too slow: ${line}`);
      lines.push(
        tokens.map((t) => ({
          text: line.slice(t.startIndex, t.endIndex),
          start: t.startIndex,
          end: t.endIndex,
          scopes: t.scopes.slice(1),
        })),
      );
      state = ruleStack;
    }
    return { lines, open: state.depth - 1 };
  };
}

/** The innermost scope of the last token with this text in the first line that has `within`. */
export function scopeOf(tokenized: Tokenized, text: string, within = text): string | undefined {
  for (const line of tokenized.lines) {
    if (
      !line
        .map((t) => t.text)
        .join("")
        .includes(within)
    )
      continue;
    const token = line.findLast((t) => t.text === text);
    if (token !== undefined) return token.scopes.at(-1);
  }
  return undefined;
}
