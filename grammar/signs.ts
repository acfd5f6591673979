/**
 * Signs within a statement: `=` for `:` and the other way round, and missing `,` `:` `=` `->`. Each is said, with its fix,
 * and put right in the tokens, so that the parser reads the plain language. Brackets are already in order.
 */
import type { TokenType } from "chevrotain";
import { retag, stringValue } from "./lex.ts";
import type { StatementText } from "./outline.ts";
import { type Problem, problem } from "./problem.ts";
import { missingSign, saidTwice, virtual, wrongSign } from "./repair.ts";
import { startsValue } from "./scan.ts";
import {
  Arrow,
  CloseParen,
  Colon,
  closerOf,
  closers,
  Dot,
  Equals,
  Identifier,
  isName,
  OpenBrace,
  OpenBracket,
  OpenParen,
  Question,
  Text,
  type Token,
} from "./tokens.ts";
import { repairValues } from "./values.ts";

/** Puts the signs of a statement right. */
export function repairSigns(part: StatementText): void {
  const { tokens, problems } = part;
  const word = tokens[0]?.tokenType.name;
  if (word === "data" || word === "train" || word === "evaluate" || word === "budget") repairSection(tokens, problems);
  else if (word === "let") repairLet(tokens, problems);
  else if (word === "modality" || word === "target") repairDeclaration(tokens, problems);
  else if (word === "encoder" || word === "fusion" || word === "head") repairDefinition(tokens, problems);
  else if (word === "block" && isName(tokens[1])) repairBlock(tokens, problems, 2);
  else if (word === "shared" && tokens[1]?.tokenType.name === "block") repairBlock(tokens, problems, 3);
  // `shared tower(…)`: what is missing before it is said, and nothing of what stands in it
  if (word === "shared" && tokens[1]?.tokenType.name !== "block") tokens.length = Math.min(tokens.length, 2);
  part.tokens = repairValues(tokens, problems);
}

/** `train: { … }`. */
function repairSection(tokens: Token[], problems: Problem[]): void {
  const [word, sign, brace] = tokens;
  if (word === undefined || sign === undefined || brace?.tokenType !== OpenBrace) return;
  if (sign.tokenType !== Colon && sign.tokenType !== Equals) return;
  const [start, end] = [sign.startOffset, sign.endOffset + 1];
  problems.push(
    problem(
      "colon-or-equals",
      start,
      end,
      { name: word.image, takes: "{", not: sign.image },
      {
        changes: [{ start, end, text: "" }],
        certain: true,
        structural: true,
      },
    ),
  );
  tokens.splice(1, 1);
}

function repairLet(tokens: Token[], problems: Problem[]): void {
  const [, name, sign] = tokens;
  if (!isName(name) || name === undefined || sign === undefined || sign.tokenType === Equals) return;
  if (sign.tokenType === Colon) tokens[2] = wrongSign(name, name, sign, tokens[3], Equals, problems);
  else if (startsValue(sign) && sign.tokenType.name !== "in")
    tokens.splice(2, 0, missingSign(name, sign, Equals, problems));
}

function repairDeclaration(tokens: Token[], problems: Problem[]): void {
  const [, name, sign, kind] = tokens;
  if (!isName(name) || name === undefined || sign === undefined) return;
  if (sign.tokenType === Equals && isName(kind)) tokens[2] = wrongSign(name, name, sign, tokens[3], Colon, problems);
  else if (isName(sign)) tokens.splice(2, 0, missingSign(name, sign, Colon, problems));
  repairOptional(tokens, problems);
  // `image [file: …]`: no axes, but properties in the wrong brackets
  const open = tokens[4];
  if (open?.tokenType === OpenBracket && tokens[6]?.tokenType === Colon) {
    const [start, end] = [open.startOffset, open.endOffset + 1];
    problems.push(problem("unexpected-text", start, end, { text: open.image, expected: ["`{`"] }));
    tokens.length = 4;
  }
}

/** `image optional`, `optional image`: may be absent is written `?` behind the kind. */
function repairOptional(tokens: Token[], problems: Problem[]): void {
  const [, , , first, second] = tokens;
  if (!isName(first) || !isName(second) || first === undefined || second === undefined) return;
  const at = optional.test(first.image) ? 3 : optional.test(second.image) ? 4 : undefined;
  if (at === undefined) return;
  const word = at === 3 ? first : second;
  const kind = at === 3 ? second : first;
  const [start, end] = [word.startOffset, word.endOffset + 1];
  const mark = { start: kind.endOffset + 1, end: at === 3 ? kind.endOffset + 1 : end, text: "?" };
  const changes = at === 3 ? [{ start, end: kind.startOffset, text: "" }, mark] : [mark];
  problems.push(
    problem("foreign-word", start, end, { text: word.image, write: `${kind.image}?` }, { changes, certain: true }),
  );
  tokens.splice(3, 2, kind, virtual(Question, kind.endOffset + 1, kind.endOffset));
}

const optional = /^(?:optional|nullable)$/i;

function repairDefinition(tokens: Token[], problems: Problem[]): void {
  const [, name, sign] = tokens;
  if (!isName(name) || name === undefined || sign === undefined) return;
  const equals = outside(tokens, Equals);
  if (sign.tokenType === Equals && equals.length > 1)
    tokens[2] = wrongSign(name, name, sign, tokens[3], Colon, problems);
  else if (sign.tokenType === Colon && equals.length === 0) repairKindWithoutFlow(tokens, problems);
  else if (isName(sign)) tokens.splice(2, 0, missingSign(name, sign, equals.length > 0 ? Colon : Equals, problems));
  const made = outside(tokens, Equals)[0];
  repairQuotedSource(made === undefined ? undefined : tokens[made + 1], problems);
  repairFlow(tokens, problems, made);
}

/** `encoder a = "report" -> …`: a value of the file stands without quotes. */
function repairQuotedSource(token: Token | undefined, problems: Problem[]): void {
  if (token?.tokenType !== Text || token.problem !== undefined) return;
  const text = stringValue(token);
  if (!/^[\p{L}_][\p{L}\p{M}\p{N}_]*$/u.test(text)) return;
  const [start, end] = [token.startOffset, token.endOffset + 1];
  problems.push(
    problem(
      "text-or-name",
      start,
      end,
      { text, kind: "a value of this file", quotes: "without" },
      { changes: [{ start, end, text }], certain: true },
    ),
  );
  retag(token, Identifier);
  token.image = text;
}

/** `encoder a: b -> c` means `=`; `fusion j: mid add(a, b)` lacks it. */
function repairKindWithoutFlow(tokens: Token[], problems: Problem[]): void {
  let end = 4;
  if (tokens[end]?.tokenType === OpenBracket) end = closing(tokens, end) + 1;
  if (tokens[end]?.tokenType === Question) end++;
  const next = tokens[end];
  const before = tokens[end - 1];
  if (next === undefined || before === undefined || !isName(tokens[3])) return;
  const type = next.tokenType;
  if (type === Arrow || type === OpenParen || type === Dot) {
    const [, name, sign, value] = tokens as [Token, Token, Token, Token];
    if (end === 4) tokens[2] = wrongSign(name, name, sign, value, Equals, problems);
  } else if (isName(next)) tokens.splice(end, 0, missingSign(before, next, Equals, problems));
}

function repairBlock(tokens: Token[], problems: Problem[], at: number): void {
  const name = tokens[at - 1];
  if (name === undefined) return;
  const sign = tokens[at]?.tokenType === OpenParen ? closing(tokens, at) + 1 : at;
  const found = tokens[sign];
  if (found === undefined) return;
  if (found.tokenType === Colon)
    tokens[sign] = wrongSign(name, tokens[sign - 1] as Token, found, tokens[sign + 1], Equals, problems);
  else if (isName(found)) tokens.splice(sign, 0, missingSign(tokens[sign - 1] as Token, found, Equals, problems));
  repairFlow(tokens, problems, sign);
}

/** Missing arrows of the flow behind the `=` at `from`. */
function repairFlow(tokens: Token[], problems: Problem[], from: number | undefined): void {
  if (from === undefined) return;
  let depth = 0;
  for (let i = from + 1; i < tokens.length; i++) {
    const token = tokens[i] as Token;
    const before = tokens[i - 1] as Token;
    if (depth === 0 && token.tokenType === OpenBrace) return;
    const follows = isName(before) || before.tokenType === CloseParen;
    // `= joint loss_weight: 2` lacks no arrow but the braces around its properties
    if (depth === 0 && tokens[i + 1]?.tokenType === Colon) return;
    if (depth === 0 && isName(token) && saidTwice(before, token, tokens[i + 1], problems)) {
      tokens.splice(i--, 1);
      continue;
    }
    if (depth === 0 && isName(token) && follows) tokens.splice(i++, 0, missingSign(before, token, Arrow, problems));
    if (closerOf.has(token.tokenType)) depth++;
    else if (closers.has(token.tokenType)) depth--;
  }
}

/** Where a type stands outside all brackets. */
function outside(tokens: readonly Token[], type: TokenType): number[] {
  const found: number[] = [];
  let depth = 0;
  tokens.forEach((token, i) => {
    if (depth === 0 && token.tokenType === type) found.push(i);
    if (closerOf.has(token.tokenType)) depth++;
    else if (closers.has(token.tokenType)) depth--;
  });
  return found;
}

/** Where the bracket that opens at `open` is closed. */
function closing(tokens: readonly Token[], open: number): number {
  let depth = 0;
  for (let i = open; i < tokens.length; i++) {
    const type = tokens[i]?.tokenType as TokenType;
    if (closerOf.has(type)) depth++;
    else if (closers.has(type) && --depth === 0) return i;
  }
  return tokens.length;
}
