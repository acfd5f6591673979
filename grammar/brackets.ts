/**
 * Brackets of one statement, put in order while it is gone through: what is not closed, closed by another sign, or
 * closed before something that cannot stand inside. Each is said once, at the innermost bracket.
 */
import type { TokenType } from "chevrotain";
import type { FactsOf } from "../diagnostics/catalogue.ts";
import { type Problem, problem } from "./problem.ts";
import { extraBracket, label, virtual } from "./repair.ts";
import { endsValue, isFollowedWell, type Scan, sections, typeAt } from "./scan.ts";
import {
  CloseBrace,
  CloseBracket,
  CloseParen,
  Colon,
  Comma,
  closerOf,
  closers,
  Equals,
  isName,
  isStatementWord,
  OpenBrace,
  OpenParen,
  type Token,
  wordToken,
} from "./tokens.ts";

export interface Open {
  readonly token: Token;
  readonly closer: TokenType;
}

/** `{` never stands in `( )` or `[ ]`: what is open there is closed before it. */
export function closeBeforeBrace(scan: Scan, open: Open[], out: Token[], problems: Problem[]): void {
  if (open.length > 0 && open.every((o) => o.closer !== CloseBrace)) closeAll(scan, open, out, problems);
}

const withProperties: ReadonlySet<TokenType> = new Set(
  ["modality", "target", "encoder", "fusion", "head"].map(wordToken),
);
const inBoth: ReadonlySet<TokenType> = new Set(["compare", "block", "shared"].map(wordToken));
const atFile: ReadonlySet<TokenType> = new Set(["model", "use"].map(wordToken));

/**
 * Whether the `key:` at `i` stands outside the braces that properties need: `data source: "a.csv" }`,
 * `target y: binary column: "y" }`. Behind a value a `}` must be there that only the missing `{` explains.
 */
export function lacksBrace(scan: Scan, i: number, start: number): boolean {
  const key = scan.tokens[i];
  const sign = typeAt(scan, i + 1);
  if (!(isName(key) || isStatementWord(key)) || (sign !== Colon && sign !== Equals)) return false;
  const word = typeAt(scan, start) as TokenType;
  if (sections.has(word)) return i === start + 1;
  if (!withProperties.has(word) || sign !== Colon || i < start + 4 || !endsValue(scan.tokens[i - 1])) return false;
  return hasSpareBrace(scan, i);
}

/** Whether a `}` between `i` and the next statement closes neither what opens there nor the model. */
function hasSpareBrace(scan: Scan, i: number): boolean {
  let depth = 0;
  let spare = 0;
  let j = i + 2;
  for (; j < scan.tokens.length; j++) {
    const token = scan.tokens[j] as Token;
    if (depth === 0 && isStatementWord(token) && isFollowedWell(scan.tokens, j)) break;
    if (token.tokenType === OpenBrace) depth++;
    else if (token.tokenType === CloseBrace && depth-- === 0) {
      spare++;
      depth = 0;
    }
  }
  const next = scan.tokens[j];
  const outside =
    next === undefined || atFile.has(next.tokenType) || (inBoth.has(next.tokenType) && (next.startColumn ?? 0) === 0);
  return spare > (outside ? 1 : 0);
}

/** Opens the brace that is missing before the key at `i`, and says so. */
export function openBrace(scan: Scan, i: number, open: Open[], out: Token[], problems: Problem[]): void {
  const before = out[out.length - 1] as Token;
  const key = scan.tokens[i] as Token;
  const start = before.endOffset + 1;
  problems.push(
    problem(
      "missing-sign",
      start,
      key.first ? start : Math.max(start, key.startOffset),
      { sign: "{", before: before.image, after: key.image },
      { changes: [{ start, end: start, text: " {" }], certain: true, structural: true },
    ),
  );
  const token = virtual(OpenBrace, start, start - 1);
  open.push({ token, closer: CloseBrace });
  out.push(token);
}

/** `[mae transformed: true)]`: in a list a key stands in the arguments of an item, whose `(` is missing. */
function openParen(before: Token, key: Token, open: Open[], out: Token[], problems: Problem[]): void {
  const start = before.endOffset + 1;
  problems.push(
    problem(
      "missing-sign",
      start,
      Math.max(start, key.startOffset),
      { sign: "(", before: before.image, after: key.image },
      {
        changes: [{ start, end: Math.max(start, key.startOffset), text: "(" }],
        certain: isName(before),
        structural: true,
      },
    ),
  );
  const token = virtual(OpenParen, start, start - 1);
  open.push({ token, closer: CloseParen });
  out.push(token);
}

/** `key :` never stands in `[ ]`, and a line that begins with one behind a finished argument leaves the `( )` of a property. */
export function closeBeforeKey(scan: Scan, open: Open[], out: Token[], problems: Problem[], colon: number): void {
  const key = out[out.length - 1];
  const before = out[out.length - 2];
  const top = open[open.length - 1];
  if (top === undefined || key === undefined || !(isName(key) || isStatementWord(key))) return;
  if (!open.some((o) => o.closer === CloseBrace) && top.closer !== CloseBracket) return;
  const inList = top.closer === CloseBracket && open.length > 1;
  const leaves = top.closer === CloseParen && key.first && endsValue(before) && !isClosedLater(scan, colon, CloseParen);
  if (!inList && !leaves) return;
  out.pop();
  if (inList && before !== undefined && isClosedLater(scan, colon, CloseParen)) {
    openParen(before, key, open, out, problems);
    out.push(key);
    return;
  }
  const unclosed: Open[] = [];
  while (open.length > 0) {
    const last = open[open.length - 1] as Open;
    if (last.closer === CloseBrace || (inList && last.closer === CloseParen)) break;
    unclosed.push(open.pop() as Open);
  }
  insertClosers(scan, unclosed, out, problems);
  out.push(key);
}

/** Whether what is open at `i` is closed by `closer` before the next statement. */
export function isClosedLater(scan: Scan, i: number, closer: TokenType): boolean {
  let depth = 0;
  for (let j = i + 1; j < Math.min(scan.tokens.length, i + 300); j++) {
    const type = typeAt(scan, j) as TokenType;
    if (isStatementWord(scan.tokens[j]) && isFollowedWell(scan.tokens, j)) return false;
    if (closerOf.has(type)) depth++;
    else if (closers.has(type) && depth-- === 0) return type === closer;
  }
  return false;
}

/** A closer that does not fit what is open; returns how many tokens it took. */
export function mismatch(scan: Scan, open: Open[], out: Token[], problems: Problem[], i: number): number {
  const token = scan.tokens[i] as Token;
  const top = open[open.length - 1];
  if (top === undefined) {
    problems.push(extraBracket(token, out[out.length - 1]));
    return 1;
  }
  const deeper = open.some((o) => o.closer === token.tokenType);
  if (!deeper) {
    if (isClosedLater(scan, i, top.closer)) problems.push(extraBracket(token, out[out.length - 1]));
    else {
      open.pop();
      problems.push(
        closedBy(scan, top, token, [{ start: token.startOffset, end: token.endOffset + 1, text: label(top.closer) }]),
      );
      out.push(virtual(top.closer, token.startOffset, token.endOffset));
    }
    return 1;
  }
  if (open[open.length - 2]?.closer === token.tokenType && typeAt(scan, i + 1) === top.closer) {
    // `f(a, [b)]`: the two closers changed places
    const next = scan.tokens[i + 1] as Token;
    const changes = [
      { start: token.startOffset, end: token.endOffset + 1, text: label(top.closer) },
      { start: next.startOffset, end: next.endOffset + 1, text: label(token.tokenType) },
    ];
    problems.push(closedBy(scan, top, token, changes));
    open.length -= 2;
    out.push(
      virtual(top.closer, token.startOffset, token.endOffset),
      virtual(token.tokenType, next.startOffset, next.endOffset),
    );
    return 2;
  }
  const unclosed: Open[] = [];
  while (open.length > 0 && open[open.length - 1]?.closer !== token.tokenType) unclosed.push(open.pop() as Open);
  insertClosers(scan, unclosed, out, problems, token);
  open.pop();
  out.push(token);
  return 1;
}

export function closedBy(scan: Scan, opened: Open, by: Token, changes: Problem["changes"]): Problem {
  const facts: FactsOf<"not-closed"> = {
    text: opened.token.image,
    closedBy: { text: by.image, place: scan.placeOf(by.startOffset) },
    write: label(opened.closer),
  };
  return problem("not-closed", opened.token.startOffset, opened.token.endOffset + 1, facts, {
    changes,
    structural: true,
  });
}

/** Closes what is open behind the last token; one message, at the innermost. */
export function insertClosers(
  scan: Scan,
  unclosed: readonly Open[],
  out: Token[],
  problems: Problem[],
  by?: Token,
): void {
  const inner = unclosed[0];
  const last = out[out.length - 1];
  if (inner === undefined || last === undefined) return;
  const end = last.endOffset + 1;
  const write = unclosed.map((o) => label(o.closer)).join("");
  const closers = unclosed.map((o) => virtual(o.closer, end, end - 1));
  if (inner.token.virtual === true) {
    // that it does not open was said; the same fix closes it
    const opened = problems.findIndex((p) => p.code === "missing-sign" && p.start === inner.token.startOffset);
    const said = problems[opened];
    if (said !== undefined)
      problems[opened] = { ...said, changes: [...(said.changes ?? []), { start: end, end, text: ` ${write}` }] };
    out.push(...closers);
    return;
  }
  const inArguments = by?.tokenType === CloseBrace && inner.closer === CloseParen && hasKeys(out, inner.token);
  const facts: FactsOf<"not-closed"> = {
    text: inner.token.image,
    ...(by === undefined ? {} : { closedBy: { text: by.image, place: scan.placeOf(by.startOffset) } }),
    write,
    ...(inArguments ? { behindArguments: true } : { after: last.image }),
  };
  const certain = by === undefined && !unclosed.some((o) => o.closer === CloseBrace);
  const changes = [{ start: end, end, text: write }];
  problems.push(
    problem("not-closed", inner.token.startOffset, inner.token.endOffset + 1, facts, {
      changes,
      certain,
      structural: true,
    }),
  );
  out.push(...closers);
}

/** Whether `, key:` stands behind an open bracket: it may belong to what is around the bracket. */
function hasKeys(out: readonly Token[], open: Token): boolean {
  return out.some(
    (token, i) => token.tokenType === Colon && out[i - 2]?.tokenType === Comma && token.startOffset > open.startOffset,
  );
}

export function closeAll(scan: Scan, open: Open[], out: Token[], problems: Problem[]): void {
  if (open.length > 0) insertClosers(scan, open.splice(0).reverse(), out, problems);
}
