/**
 * What the rules of the TextMate grammar are made of: regular expressions of names, words and the ends of statements, and
 * small rules that many rules share. Knows no statement.
 */
import type { Role } from "../../compiler/registry/define.ts";
import { type PUNCTUATION, STATEMENT_WORDS } from "../../grammar/words.ts";
import type { Vocabulary } from "../vocabulary.ts";

/** A rule of a TextMate grammar. */
export interface Rule {
  readonly name?: string;
  readonly contentName?: string;
  readonly match?: string;
  readonly begin?: string;
  readonly end?: string;
  readonly include?: string;
  readonly captures?: Captures;
  readonly beginCaptures?: Captures;
  readonly endCaptures?: Captures;
  readonly patterns?: readonly Rule[];
}
interface Captures {
  readonly [group: string]: Rule;
}

export const letter = String.raw`[\p{L}\p{M}\p{N}_]`;
export const name = String.raw`[\p{L}\p{Nl}_]${letter}*`;
// not the exact classes of a name's letters: compiling those a thousand times takes the editor seconds
export const before = String.raw`\b`;
export const after = String.raw`\b`;
/** Longest first: `max` must not hide `max_pooling1d` where nothing follows that would tell. */
export const oneOf = (words: readonly string[]): string =>
  [...words]
    .sort((a, b) => b.length - a.length || (a < b ? -1 : 1))
    .map((w) => w.replace(/[.?+*^$()[\]{}|\\]/g, "\\$&"))
    .join("|");
export const word = (...words: readonly string[]): string => `${before}(?:${oneOf(words)})${after}`;
export const colon = "[:：]";
export const notKey = String.raw`(?!\s*${colon})`;
/** A reserved word that is no property's name. */
const reserved = word(...STATEMENT_WORDS.map((w) => w.word)) + notKey;
/** Whatever was open ends here. */
export const statement = `(?=${reserved})`;
/** What also ends a statement within a model. */
export const statementOrClose = String.raw`${statement}|(?=\})`;
export const ofFile = `(?=${word("use", "model")}${notKey})`;
export const keyAhead = String.raw`(?=${before}${name}\s*${colon})`;

export const sign = (text: (typeof PUNCTUATION)[number]["sign"]): string => text.replace(/[.?()[\]{}]/g, "\\$&");
export const include = (...rules: readonly string[]): Rule[] => rules.map((rule) => ({ include: `#${rule}` }));
export const as = (scope: string): Rule => ({ name: `${scope}.mmf` });

/** `WORD NAME`, after which the statement goes on. */
export function opening(words: readonly string[], named: boolean): string {
  return `(${word(...words)})${notKey}${named ? String.raw`(?:\s+(?!${reserved})(${name}))?` : ""}`;
}

export function brackets(open: "(" | "[" | "{", close: ")" | "]" | "}"): Rule {
  const kind = { "(": "parens", "[": "brackets", "{": "braces" }[open];
  return {
    begin: sign(open),
    end: `(${sign(close)})|${close === "}" ? statement : statementOrClose}`,
    beginCaptures: { 0: as(`punctuation.section.${kind}.begin`) },
    endCaptures: { 1: as(`punctuation.section.${kind}.end`) },
  };
}

export const listOf = (roles: readonly Role[]): string => `list-${roles.join("-")}`;

/** A known word of these roles, each with its role's scope. */
export function known(words: Vocabulary, roles: readonly Role[], ahead = ""): Rule[] {
  return roles
    .filter((role) => (words.words.get(role) ?? []).length > 0)
    .map((role) => ({
      match: word(...(words.words.get(role) as string[])) + ahead,
      name: `support.function.${role === "late" ? "fusion" : role}.mmf`,
    }));
}
