/**
 * Tokens to statements: where each begins and ends, which models they belong to, and brackets put in order. A
 * statement word that is followed as a statement needs begins a statement whatever is still open, so what is half
 * typed never swallows its neighbours. Knows nothing of what stands inside a statement.
 */
import type { TokenType } from "chevrotain";
import { closeAll, closeBeforeBrace, closeBeforeKey, lacksBrace, mismatch, type Open, openBrace } from "./brackets.ts";
import { type Problem, problem } from "./problem.ts";
import { extraBracket } from "./repair.ts";
import { endsValue, isFollowedWell, type Scan, sections, typeAt } from "./scan.ts";
import {
  CloseBrace,
  Colon,
  closerOf,
  closers,
  Equals,
  isName,
  isStatementWord,
  OpenBrace,
  Text,
  type Token,
  wordToken,
} from "./tokens.ts";

export const MOST_BRACKETS = 100;

/** The tokens of one statement, brackets balanced. */
export interface StatementText {
  tokens: Token[];
  readonly problems: Problem[];
  /** What stands behind it in the file. */
  readonly after: Token | undefined;
}

export interface ModelText {
  /** Up to `{`, included if it is there. */
  readonly head: StatementText;
  readonly statements: StatementText[];
  /** That it is not closed, if it is not. */
  readonly problems: Problem[];
  readonly end: number;
  readonly closed: boolean;
}

export interface Outline {
  readonly statements: readonly StatementText[];
  readonly models: readonly ModelText[];
  /** Brackets that close nothing between the statements of the file. */
  readonly problems: readonly Problem[];
  /** More brackets in each other than the parser goes along with. */
  readonly tooDeep: boolean;
}

const model = wordToken("model");
const shared = wordToken("shared");
const block = wordToken("block");
const use = wordToken("use");
const from = wordToken("from");
const over = wordToken("over");
const onlyInModels: ReadonlySet<TokenType> = new Set([
  ...sections,
  ...["let", "modality", "target", "encoder", "fusion", "head"].map(wordToken),
]);

export function outline(tokens: readonly Token[], placeOf: (offset: number) => string): Outline {
  return scanFile({ tokens, placeOf, tooDeep: false });
}

function scanFile(scan: Scan): Outline {
  const statements: StatementText[] = [];
  const models: ModelText[] = [];
  const problems: Problem[] = [];
  let i = 0;
  while (i < scan.tokens.length && !scan.tooDeep) {
    if (closers.has(typeAt(scan, i) as TokenType)) {
      const before = models[models.length - 1];
      const owner = statements.length > 0 && models.length > 0 ? undefined : before;
      (owner?.statements[owner.statements.length - 1]?.problems ?? problems).push(
        extraBracket(scan.tokens[i++] as Token),
      );
    } else if (isModelHead(scan, i)) {
      const { model, next } = scanModel(scan, i);
      models.push(model);
      i = next;
    } else {
      const { statement, next } = scanStatement(scan, i, undefined, false);
      statements.push(statement);
      i = next;
    }
  }
  return { statements, models, problems, tooDeep: scan.tooDeep };
}

/** `model`, or another word where only `model` fits: `modle A {`, `A from B {`. */
function isModelHead(scan: Scan, i: number): boolean {
  if (typeAt(scan, i) === model) return true;
  if (!isName(scan.tokens[i])) return false;
  let j = i + 1;
  if (isName(scan.tokens[j]) && typeAt(scan, j) !== from) j++;
  const based = typeAt(scan, j) === from && isName(scan.tokens[j + 1]);
  if (based) j += 2;
  if (typeAt(scan, j) !== OpenBrace) return false;
  const inside = j + 1;
  return (
    based ||
    typeAt(scan, inside) === CloseBrace ||
    (isStatementWord(scan.tokens[inside]) && typeAt(scan, inside + 1) !== Colon)
  );
}

function scanModel(scan: Scan, i: number): { model: ModelText; next: number } {
  const first = scanModelBody(scan, i, false);
  // not closed: the last statement may have taken the model's bracket; what the layout says is then better
  if (!first.closed && !scan.tooDeep) {
    const second = scanModelBody(scan, i, true);
    if (second.closed) return second;
  }
  return first;
}

function scanModelBody(
  scan: Scan,
  start: number,
  byLayout: boolean,
): { model: ModelText; next: number; closed: boolean } {
  const { head, next } = scanModelHead(scan, start);
  const problems: Problem[] = [];
  const statements: StatementText[] = [];
  const word = head.tokens[0] as Token;
  const body = scan.tokens[next];
  const owner: Owner = { word, indented: body?.first === true && column(body) > column(word) };
  let i = next;
  let closed = false;
  while (i < scan.tokens.length && !scan.tooDeep) {
    const token = scan.tokens[i] as Token;
    if (token.tokenType === model) break;
    if (closers.has(token.tokenType)) {
      i++;
      if (token.tokenType === CloseBrace && closesModel(scan, i - 1, owner)) {
        closed = true;
        break;
      }
      // what is wrong with the statement before it may be why it closes nothing
      (statements[statements.length - 1]?.problems ?? problems).push(extraBracket(token));
      continue;
    }
    const scanned = scanStatement(scan, i, owner, byLayout);
    statements.push(scanned.statement);
    i = scanned.next;
  }
  const last = scan.tokens[i - 1] as Token;
  const open = head.tokens[head.tokens.length - 1];
  if (!closed && open?.tokenType === OpenBrace) {
    const end = last.endOffset + 1;
    problems.push(
      problem(
        "not-closed",
        open.startOffset,
        open.endOffset + 1,
        { text: "{", write: "}", after: last.image },
        {
          changes: [{ start: end, end, text: "\n}" }],
          structural: true,
        },
      ),
    );
  }
  const isClosed = closed || open?.tokenType !== OpenBrace;
  return { model: { head, statements, problems, end: last.endOffset + 1, closed: isClosed }, next: i, closed };
}

function scanModelHead(scan: Scan, start: number): { head: StatementText; next: number } {
  const tokens = [scan.tokens[start] as Token];
  let i = start + 1;
  for (; i < scan.tokens.length; i++) {
    const token = scan.tokens[i] as Token;
    if (closers.has(token.tokenType) || (isStatementWord(token) && (i > start + 1 || isFollowedWell(scan.tokens, i))))
      break;
    tokens.push(token);
    if (token.tokenType === OpenBrace) {
      i++;
      break;
    }
  }
  return { head: { tokens, problems: [], after: scan.tokens[i] }, next: i };
}

/** The word a model starts with, and whether what it holds is set deeper. */
interface Owner {
  readonly word: Token;
  readonly indented: boolean;
}

/**
 * Whether the `}` at `i` ends the model. It does not where statements of a model, or one more `}`, still come
 * before the next model: then it is one too many.
 */
function closesModel(scan: Scan, i: number, owner: Owner): boolean {
  const bracket = scan.tokens[i] as Token;
  const endsLayout = owner.indented && bracket.first && column(bracket) <= column(owner.word);
  let depth = 0;
  for (let j = i + 1; j < scan.tokens.length; j++) {
    const type = typeAt(scan, j) as TokenType;
    if (type === OpenBrace) depth++;
    else if (type === CloseBrace && depth-- === 0) return false;
    if (depth > 0) continue;
    if (type === model || (type === use && isFollowedWell(scan.tokens, j))) return true;
    if (isName(scan.tokens[j]) && !isName(scan.tokens[j - 1]) && isModelHead(scan, j)) return true;
    if (onlyInModels.has(type) && isFollowedWell(scan.tokens, j)) {
      // set no deeper than the model it follows, a statement stands outside of it
      const next = scan.tokens[j] as Token;
      return endsLayout && next.first && column(next) <= column(owner.word);
    }
  }
  return true;
}

/** Whether a new statement begins at `i`, inside the one that began at `start` with so much still open. */
function beginsStatement(scan: Scan, i: number, start: number, open: number): boolean {
  const token = scan.tokens[i] as Token;
  if (!isStatementWord(token)) return false;
  if (token.tokenType === block && typeAt(scan, i - 1) === shared) return false;
  const next = typeAt(scan, i + 1);
  const asName = i === start + 1;
  if (next === Colon || next === Equals) return open === 0 && !asName;
  if (isFollowedWell(scan.tokens, i)) return true;
  if (open > 0) return token.first && endsValue(scan.tokens[i - 1]);
  return !asName || token.first;
}

/** Whether an unknown word at `i` looks like the start of a statement: `trian { … }`, `input a: text`. */
function beginsUnknown(scan: Scan, i: number, start: number, done: boolean, inModel: boolean): boolean {
  const token = scan.tokens[i] as Token;
  if (!isName(token)) return false;
  if (done) return true;
  if (
    i <= start + 1 ||
    !endsValue(scan.tokens[i - 1]) ||
    typeAt(scan, i) === from ||
    typeAt(scan, i) === over ||
    token.tokenType.name === "in"
  )
    return false;
  const next = scan.tokens[i + 1];
  // `risk head: fell = …`: the word and the name changed places
  if (token.first && isStatementWord(next) && (typeAt(scan, i + 2) === Colon || typeAt(scan, i + 2) === Equals))
    return true;
  if (isName(next)) {
    const then = typeAt(scan, i + 2);
    return (
      then === Colon ||
      then === Equals ||
      then === OpenBrace ||
      then === from ||
      then === over ||
      typeAt(scan, i + 1) === from
    );
  }
  // on a line of its own, `words = …` or `report: …` goes on with nothing
  const signed = next?.tokenType === Equals || next?.tokenType === Colon;
  if (token.first && inModel && signed && i > start + 2) return true;
  return token.first && (next?.tokenType === OpenBrace || (!inModel && next?.tokenType === Text));
}

function scanStatement(
  scan: Scan,
  start: number,
  owner: Owner | undefined,
  byLayout: boolean,
): { statement: StatementText; next: number } {
  const out: Token[] = [];
  const problems: Problem[] = [];
  const open: Open[] = [];
  let done = false;
  let i = start;
  for (; i < scan.tokens.length; i++) {
    const token = scan.tokens[i] as Token;
    const type = token.tokenType;
    if (i > start && open.length === 0 && lacksBrace(scan, i, start)) openBrace(scan, i, open, out, problems);
    if (i > start) {
      if (beginsStatement(scan, i, start, open.length)) break;
      if (open.length === 0 && beginsUnknown(scan, i, start, done, owner !== undefined)) break;
    }
    if (type === OpenBrace) closeBeforeBrace(scan, open, out, problems);
    if (type === Colon) closeBeforeKey(scan, open, out, problems, i);
    const closer = closerOf.get(type);
    if (closer !== undefined) {
      open.push({ token, closer });
      if (open.length > MOST_BRACKETS) {
        scan.tooDeep = true;
        break;
      }
      out.push(token);
      continue;
    }
    if (!closers.has(type)) {
      out.push(token);
      continue;
    }
    if (byLayout && owner !== undefined && isLaidOutAsEnd(token, owner.word, scan.tokens[start] as Token)) break;
    if (open[open.length - 1]?.closer === type) {
      open.pop();
      out.push(token);
      done ||= open.length === 0 && type === CloseBrace;
      continue;
    }
    if (type === CloseBrace && !open.some((o) => o.closer === type)) {
      // the model's own bracket, or one too many
      if (owner === undefined || !closesModel(scan, i, owner)) problems.push(extraBracket(token));
      else break;
      continue;
    }
    i += mismatch(scan, open, out, problems, i) - 1;
    if (open.length === 0 && type === CloseBrace) done = true;
  }
  closeAll(scan, open, out, problems);
  return { statement: { tokens: out, problems, after: scan.tokens[i] }, next: Math.max(i, start + 1) };
}

/** `}` alone on its line, no deeper than the model's word, ends the model and not a statement that is set deeper. */
function isLaidOutAsEnd(token: Token, head: Token, statement: Token): boolean {
  return (
    token.tokenType === CloseBrace &&
    token.first &&
    statement.first &&
    column(token) <= column(head) &&
    column(statement) > column(head)
  );
}

function column(token: Token): number {
  return token.startColumn ?? 0;
}
