/**
 * Sizes as expressions: numbers as they are, what only the data know as questions to `fitted`. Knows the symbols of the
 * IR (`sheet.features`) and the texts of expressions that are no polynomials (`floor((call.time - 4)/2 + 1)`).
 */
import type { Dim, Term } from "../../types/dim.ts";
import { numeral, quote } from "./literals.ts";

/** What a program asks `fitted` for: `features`, `vocabulary`, `classes`, `time`, or `size` for the rest. */
export type Asked = Set<string>;

const questions: ReadonlySet<string> = new Set(["features", "vocabulary", "classes", "time"]);

/**
 * The expression of a size. What it asks the data for is added to `asked`.
 *
 * @throws Error for a size that nothing can say: the compiler let an undetermined value through
 */
export function sizeExpression(dim: Dim, asked: Asked): string {
  if (typeof dim === "number") return numeral(dim);
  return dim.terms.map((term) => termExpression(term, asked, dim.terms.length > 1)).join(" + ");
}

function termExpression({ coefficient, symbols }: Term, asked: Asked, isPart: boolean): string {
  if (symbols.length === 0) return numeral(coefficient);
  const factors = symbols.map((symbol) =>
    symbolExpression(symbol, asked, coefficient !== 1 || symbols.length > 1 || isPart),
  );
  return (coefficient === 1 ? factors : [numeral(coefficient), ...factors]).join(" * ");
}

function symbolExpression(symbol: string, asked: Asked, isPart: boolean): string {
  if (/^[^\s()·+*/]+$/u.test(symbol)) return question(symbol, asked);
  // An expression: names, numbers, brackets and signs, and nothing else.
  const tokens =
    symbol.match(
      /floor\(|ceil\(|[()]|[-+*/·]|\d+(?![\p{ID_Continue}.])|[\p{ID_Start}_][\p{ID_Continue}]*\.\p{ID_Start}+(?![\p{ID_Continue}(])|\s+/gu,
    ) ?? [];
  if (tokens.join("") !== symbol) throw new Error(`no program can say the size ${symbol}`);
  const expression = tokens
    .filter((token) => token.trim() !== "")
    .map((token) => {
      if (token === "floor(" || token === "ceil(") return `Math.${token}`;
      if (token === "·") return " * ";
      if (/^[-+*/]$/.test(token)) return ` ${token} `;
      return /^[\d()]/.test(token) ? token : question(token, asked);
    })
    .join("");
  return isPart && !isWhole(symbol) ? `(${expression})` : expression;
}

/** Whether the bracket that opens at the beginning closes at the end: `(a - 4)`, `floor((a)/2)`, not `(a) - (b)`. */
function isWhole(symbol: string): boolean {
  if (!/^(floor|ceil)?\(/.test(symbol)) return false;
  let depth = 0;
  for (const [i, character] of [...symbol].entries()) {
    if (character === "(") depth += 1;
    if (character === ")") depth -= 1;
    if (character === ")" && depth === 0) return i === [...symbol].length - 1;
  }
  return false;
}

function question(symbol: string, asked: Asked): string {
  const dot = symbol.lastIndexOf(".");
  const [name, what] = [symbol.slice(0, dot), symbol.slice(dot + 1)];
  if (dot < 1 || name === "?" || what === "") throw new Error(`no program can say the size ${symbol}`);
  asked.add(what);
  return questions.has(what) ? `fitted.${what}(${quote(name)})` : `fitted.size(${quote(symbol)})`;
}
