/**
 * The token types and the Chevrotain lexer. It also matches what people write by habit (full-width signs, other
 * quotes, `→`, `3×3`, `70 %`), so that lex.ts can name each slip and go on. Knows nothing of statements.
 */
import { type CustomPatternMatcherFunc, createToken, type IToken, Lexer, type TokenType } from "chevrotain";
import { matchNumber } from "./numbers.ts";
import type { Problem } from "./problem.ts";
import { BOOLEAN_WORDS, CONTEXT_WORDS, STATEMENT_WORDS } from "./words.ts";

/** A token after lex.ts: offsets are set, slips are read as meant. */
export interface Token extends IToken {
  endOffset: number;
  /** First on its line. */
  first: boolean;
  /** What is wrong with the token itself; said by the statement it stands in. */
  problem?: Problem;
  /** Put in by recovery: it has a place but no text. */
  virtual?: boolean;
}

/** A name: any word that is not reserved. */
export const Name = createToken({ name: "Name", pattern: Lexer.NA });
/** One of the fifteen words that begin a statement. */
export const StatementWordToken = createToken({ name: "StatementWord", pattern: Lexer.NA });
/** A number, size, ratio or string. */
export const Scalar = createToken({ name: "Scalar", pattern: Lexer.NA });

/** Letters, digits and `_`, not starting with a digit. Combining marks belong to the letter before them. */
const identifier = /[\p{L}\p{Nl}_][\p{L}\p{M}\p{N}_]*/uy;

const matchIdentifier: CustomPatternMatcherFunc = (text, at) => {
  identifier.lastIndex = at;
  const match = identifier.exec(text);
  // V8 steps back when `at` is inside a surrogate pair
  return match !== null && match.index === at ? match : null;
};

// Chevrotain sorts characters above 255 into buckets of 255: one of each bucket is enough
const letterHints: number[] = [];
for (let code = 0; code < 65_536; code += code < 256 ? 1 : 100) {
  if (code > 127 || /[A-Za-z_]/.test(String.fromCharCode(code))) letterHints.push(code);
}

export const Identifier = createToken({
  name: "Identifier",
  pattern: matchIdentifier,
  categories: [Name],
  line_breaks: false,
  start_chars_hint: letterHints,
});

/** Reserved and contextual words are lexed as Identifier and retagged by lex.ts: a longer name never splits. */
export const wordTokens: ReadonlyMap<string, TokenType> = new Map([
  ...STATEMENT_WORDS.map(
    (w) => [w.word, createToken({ name: w.word, pattern: Lexer.NA, categories: [StatementWordToken] })] as const,
  ),
  ...CONTEXT_WORDS.map((w) => [w.word, createToken({ name: w.word, pattern: Lexer.NA, categories: [Name] })] as const),
  ...BOOLEAN_WORDS.map((w) => [w, createToken({ name: w, pattern: Lexer.NA })] as const),
]);

/** The token type of a reserved or contextual word. */
export function wordToken(word: string): TokenType {
  const type = wordTokens.get(word);
  if (type === undefined) throw new Error(`no such word: ${word}`);
  return type;
}

// a line that looks like the next statement ends what was never closed
const nextStatement = new RegExp(
  String.raw`[\r\n][ \t]*(?:\}|///|(?:${STATEMENT_WORDS.map((w) => w.word).join("|")})[ \t]+[\p{L}_{"])`,
  "gu",
);

/** From `open` to `close`; without a `close` up to the next line that looks like a statement. */
function matchUntil(open: string, close: string, closed: boolean): CustomPatternMatcherFunc {
  let searched = "";
  let absentFrom = Number.POSITIVE_INFINITY;
  return (text, at) => {
    if (!text.startsWith(open, at)) return null;
    if (text !== searched) {
      searched = text;
      absentFrom = Number.POSITIVE_INFINITY;
    }
    const end = at >= absentFrom ? -1 : text.indexOf(close, at + open.length);
    if (end < 0) absentFrom = Math.min(absentFrom, at);
    if (closed) return end < 0 ? null : slice(text, at, end + close.length);
    nextStatement.lastIndex = at;
    return slice(text, at, nextStatement.exec(text)?.index ?? text.length);
  };
}

function slice(text: string, start: number, end: number): RegExpExecArray {
  const match = [text.slice(start, end)] as unknown as RegExpExecArray;
  match.index = start;
  match.input = text;
  return match;
}

const quotes = "\"'“”„‟‘’＂＇「」『』";
const openString = new RegExp(`[${quotes}](?:[^"\\\\\\r\\n]|\\\\[^\\r\\n])*`, "y");

/** An unterminated string ends with its line; closers and commas at the line's end are taken as meant. */
const matchOpenString: CustomPatternMatcherFunc = (text, at) => {
  openString.lastIndex = at;
  const match = openString.exec(text);
  if (match === null) return null;
  const kept = match[0].replace(/[\s,)\]}]*$/, "");
  return slice(text, at, at + Math.max(1, kept.length));
};

const codes = (chars: string): number[] => [...chars].map((c) => c.charCodeAt(0));
const comments = "comments";

export const DocComment = createToken({ name: "DocComment", pattern: /\/\/\/(?!\/)[^\r\n]*/, group: comments });
export const LineComment = createToken({ name: "LineComment", pattern: /\/\/[^\r\n]*/, group: comments });
export const BlockComment = createToken({
  name: "BlockComment",
  pattern: matchUntil("/*", "*/", true),
  start_chars_hint: codes("/"),
  line_breaks: true,
  group: comments,
});
export const OpenComment = createToken({
  name: "OpenComment",
  pattern: matchUntil("/*", "*/", false),
  start_chars_hint: codes("/"),
  line_breaks: true,
  group: comments,
});
/** `# later`, `-- later`: comments of other languages. */
export const ForeignComment = createToken({
  name: "ForeignComment",
  pattern: /#[^\r\n]*|--(?![->\d])[^\r\n]*/,
  group: comments,
});

const WhiteSpace = createToken({ name: "WhiteSpace", pattern: /\s+/, group: Lexer.SKIPPED, line_breaks: true });

export const Text = createToken({
  name: "String",
  pattern: /"(?:[^"\\\r\n]|\\[^\r\n])*"/,
  categories: [Scalar],
});
export const LongText = createToken({
  name: "LongString",
  pattern: matchUntil('"""', '"""', true),
  start_chars_hint: codes('"'),
  line_breaks: true,
  categories: [Scalar],
});
export const OpenLongText = createToken({
  name: "OpenLongString",
  pattern: matchUntil('"""', '"""', false),
  start_chars_hint: codes('"'),
  line_breaks: true,
  categories: [Scalar],
});
/** `'yes'`, `“yes”`, `「yes」`. */
export const QuotedText = createToken({
  name: "QuotedString",
  pattern:
    /'(?:[^'\\\r\n]|\\[^\r\n])*'|[“”„‟＂][^“”„‟＂"\r\n]*[“”„‟＂"]|"[^"“”„‟＂\\\r\n]*”|[‘’＇][^‘’＇\r\n]*[‘’＇]|「[^」\r\n]*」|『[^』\r\n]*』/,
  categories: [Scalar],
});
export const OpenText = createToken({
  name: "OpenString",
  pattern: matchOpenString,
  start_chars_hint: codes(quotes),
  line_breaks: false,
  categories: [Scalar],
});

/** Numbers of every form; lex.ts retags sizes and ratios. */
export const NumberToken = createToken({
  name: "Number",
  pattern: (text, at) => {
    const end = matchNumber(text, at);
    return end === undefined ? null : slice(text, at, end);
  },
  start_chars_hint: codes("-.0123456789"),
  line_breaks: false,
  categories: [Scalar],
});
export const SizeToken = createToken({ name: "Size", pattern: Lexer.NA, categories: [Scalar] });
export const RatioToken = createToken({ name: "Ratio", pattern: Lexer.NA, categories: [Scalar] });

export const Arrow = createToken({
  name: "Arrow",
  pattern: /->|[-=]{1,2}>|>>|\|>|[–—][->]?>|-[ \t]+>|>(?=[ \t]*[A-Za-z_\u00c0-\uffef])|[→⇒➔➜➝⟶⟹]|－＞/,
  label: "->",
});
export const DotDot = createToken({ name: "DotDot", pattern: /\.\.|…/, label: ".." });
export const Dot = createToken({ name: "Dot", pattern: /\./, label: "." });
export const Question = createToken({ name: "Question", pattern: /[?？]/, label: "?" });
export const Colon = createToken({ name: "Colon", pattern: /[:：﹕]/, label: ":" });
export const Equals = createToken({ name: "Equals", pattern: /[=＝]/, label: "=" });
export const Comma = createToken({ name: "Comma", pattern: /[,，、﹐]/, label: "," });
export const OpenBrace = createToken({ name: "OpenBrace", pattern: /[{｛]/, label: "{" });
export const CloseBrace = createToken({ name: "CloseBrace", pattern: /[}｝]/, label: "}" });
export const OpenParen = createToken({ name: "OpenParen", pattern: /[(（]/, label: "(" });
export const CloseParen = createToken({ name: "CloseParen", pattern: /[)）]/, label: ")" });
export const OpenBracket = createToken({ name: "OpenBracket", pattern: /[[［【]/, label: "[" });
export const CloseBracket = createToken({ name: "CloseBracket", pattern: /[\]］】]/, label: "]" });

/** Opening brackets and what closes them. */
export const closerOf: ReadonlyMap<TokenType, TokenType> = new Map([
  [OpenBrace, CloseBrace],
  [OpenParen, CloseParen],
  [OpenBracket, CloseBracket],
]);
export const closers: ReadonlySet<TokenType> = new Set(closerOf.values());

/** Every sign with its plain form. */
export const signs: ReadonlySet<TokenType> = new Set([
  Arrow,
  DotDot,
  Question,
  Colon,
  Equals,
  Comma,
  OpenBrace,
  CloseBrace,
  OpenParen,
  CloseParen,
  OpenBracket,
  CloseBracket,
]);

/** In the order in which the lexer tries them. */
export const tokenTypes: TokenType[] = [
  StatementWordToken,
  Scalar,
  WhiteSpace,
  DocComment,
  LineComment,
  BlockComment,
  OpenComment,
  LongText,
  OpenLongText,
  Text,
  QuotedText,
  OpenText,
  Arrow,
  ForeignComment,
  NumberToken,
  SizeToken,
  RatioToken,
  DotDot,
  Dot,
  Question,
  Colon,
  Equals,
  Comma,
  OpenBrace,
  CloseBrace,
  OpenParen,
  CloseParen,
  OpenBracket,
  CloseBracket,
  ...wordTokens.values(),
  Identifier,
  Name,
];

// checked by a test (validateLexer), not at each start
export const lexer = new Lexer(tokenTypes, {
  positionTracking: "onlyOffset",
  ensureOptimizations: true,
  skipValidations: true,
});

/** Builds the lexer with Chevrotain's checks; throws if one fails. For tests. */
export function validateLexer(): void {
  new Lexer(tokenTypes, { positionTracking: "onlyOffset", ensureOptimizations: true });
}

export function isStatementWord(token: IToken | undefined): boolean {
  return token?.tokenType.CATEGORIES?.includes(StatementWordToken) === true;
}

export function isName(token: IToken | undefined): boolean {
  return token?.tokenType.CATEGORIES?.includes(Name) === true;
}

export function isScalar(token: IToken | undefined): boolean {
  return token?.tokenType.CATEGORIES?.includes(Scalar) === true;
}
