/**
 * What going through a file's tokens shares: the place, and what a token can be the start or the end of.
 */
import type { TokenType } from "chevrotain";
import {
  CloseBrace,
  CloseBracket,
  CloseParen,
  isName,
  isScalar,
  OpenBrace,
  OpenBracket,
  Question,
  Text,
  type Token,
  wordToken,
} from "./tokens.ts";
import { SECTION_WORDS } from "./words.ts";

/** The tokens of a file while they are gone through. */
export interface Scan {
  readonly tokens: readonly Token[];
  readonly placeOf: (offset: number) => string;
  tooDeep: boolean;
}

export function typeAt(scan: Scan, i: number): TokenType | undefined {
  return scan.tokens[i]?.tokenType;
}

/** The words that open a section. */
export const sections: ReadonlySet<TokenType> = new Set(SECTION_WORDS.map(wordToken));

const model = wordToken("model");
const shared = wordToken("shared");
const block = wordToken("block");
const use = wordToken("use");

/** Whether the word at `i` is followed by what its statement needs next. */
export function isFollowedWell(tokens: readonly Token[], i: number): boolean {
  const type = tokens[i]?.tokenType as TokenType;
  const next = tokens[i + 1];
  if (sections.has(type)) return next?.tokenType === OpenBrace;
  if (type === use) return next?.tokenType === Text;
  if (type === shared) return next?.tokenType === block;
  if (type === model && next?.tokenType === OpenBrace) return true;
  return isName(next);
}

/** Whether a value can end with this token. */
export function endsValue(token: Token | undefined): boolean {
  if (token === undefined) return false;
  const type = token.tokenType;
  return (
    isName(token) ||
    isScalar(token) ||
    type === CloseParen ||
    type === CloseBracket ||
    type === CloseBrace ||
    type === Question ||
    type.name === "true" ||
    type.name === "false"
  );
}

/** Whether a value can begin with this token. */
export function startsValue(token: Token | undefined): boolean {
  if (token === undefined) return false;
  const { name } = token.tokenType;
  return isName(token) || token.tokenType === OpenBracket || name === "true" || name === "false" || isLiteral(token);
}

const literals: ReadonlySet<string> = new Set(["Number", "Size", "Ratio", "String", "LongString"]);

export function isLiteral(token: Token | undefined): boolean {
  return token !== undefined && literals.has(token.tokenType.name);
}
