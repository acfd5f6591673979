/**
 * A parser's error in words: what stands where what is expected. Knows the grammar's rules by name; what to call a
 * place for a name (a kind, an op, a value) depends on them.
 */
import type { IRecognitionException } from "chevrotain";
import type { StatementText } from "./outline.ts";
import { expectedTypes } from "./parser.ts";
import { type Problem, problem } from "./problem.ts";
import { Arrow, Colon, isName, OpenBrace, type Token, tokenTypes } from "./tokens.ts";

const labels = new Map(tokenTypes.filter((t) => t.LABEL !== undefined).map((t) => [t.name, `\`${t.LABEL}\``]));

/** The problem that an error is. */
export function describeError(error: IRecognitionException, part: StatementText): Problem {
  const types = expectedTypes(error);
  const rule = error.context.ruleStack[error.context.ruleStack.length - 1] ?? "";
  const previous = (error as IRecognitionException & { previousToken?: Token }).previousToken;
  const last = part.tokens[part.tokens.length - 1] as Token;
  const atEnd = Number.isNaN(error.token.startOffset);
  const found = (atEnd ? part.after : error.token) as Token | undefined;
  const word = part.tokens[0]?.tokenType.name;
  const kind = missingKind(error, part, rule, previous);
  if (kind !== undefined) return kind;
  const expected = [...new Set(types.flatMap((type) => describeType(type, rule, previous, error, word)))].slice(0, 5);
  // at the end of what is half typed, not in the next statement
  const start = atEnd ? last.endOffset + 1 : error.token.startOffset;
  const end = atEnd ? start : (error.token as Token).endOffset + 1;
  return problem("unexpected-text", start, Math.max(start, end), {
    ...(found === undefined ? {} : { text: found.image }),
    expected,
  });
}

/** `modality a { }`, `modality a:`, `target a`. */
function missingKind(
  error: IRecognitionException,
  part: StatementText,
  rule: string,
  previous: Token | undefined,
): Problem | undefined {
  const [word, name, sign] = part.tokens;
  if (word === undefined || name === undefined || !isName(name) || !error.context.ruleStack.includes("declaration"))
    return undefined;
  const ends = Number.isNaN(error.token.startOffset) || error.token.tokenType === OpenBrace;
  const atColon = rule === "declaration" && previous === name;
  const atKind = rule === "kind" && previous === sign && sign?.tokenType === Colon;
  return ends && (atColon || atKind)
    ? describeMissingKind(part, word.tokenType.name === "target" ? "binary" : "text", false)
    : undefined;
}

/** That a declaration or definition lacks its kind; `kind` is one that fits, certain if it is the only one. */
export function describeMissingKind(part: StatementText, kind: string, certain: boolean): Problem {
  const [word, name, sign] = part.tokens as [Token, Token, Token | undefined];
  const colon = sign?.tokenType === Colon;
  const at = (colon ? sign.endOffset : name.endOffset) + 1;
  const write = `${word.tokenType.name} ${name.image}: ${kind}`;
  return problem(
    "missing-kind",
    name.startOffset,
    name.endOffset + 1,
    { name: name.image, write },
    {
      changes: [{ start: at, end: at, text: colon ? ` ${kind}` : `: ${kind}` }],
      certain,
    },
  );
}

function describeType(
  type: string,
  rule: string,
  previous: Token | undefined,
  error: IRecognitionException,
  word: string | undefined,
): string[] {
  if (type === "EOF") return error.context.ruleStack.length > 1 ? ["a statement"] : behindStatement(previous, word);
  if (rule === "value") return ["a value"];
  if (rule === "scalar") return ["a value"];
  if (rule === "key") return ["a property"];
  if (rule === "size") return ["an axis"];
  if (type === "Name") return [describeName(rule, previous)];
  if (type === "Scalar") return [rule === "useStatement" ? "a path in quotes" : "a value"];
  if (rule === "props" && type === "CloseBrace") return ["a property", "`}`"];
  if ((rule === "args" || rule === "list") && type.startsWith("Close")) {
    const open = previous?.tokenType.name.startsWith("Open") || previous?.tokenType.name === "Comma";
    return [open ? "a value" : "`,`", labels.get(type) ?? type];
  }
  if (rule === "kind" && type === "CloseBracket") return ["`,`", "`]`"];
  return [labels.get(type) ?? `\`${type}\``];
}

function behindStatement(previous: Token | undefined, word: string | undefined): string[] {
  if (previous?.tokenType.name === "CloseBrace") return ["a statement"];
  // only a flow goes on with an arrow
  const flows = word === "encoder" || word === "fusion" || word === "head";
  return [...(flows || word === "block" ? ["`->`"] : []), ...(word === "block" ? [] : ["`{`"]), "a statement"];
}

function describeName(rule: string, previous: Token | undefined): string {
  if (rule === "kind") return "a kind";
  if (rule === "ref") return previous?.tokenType === Arrow ? "an op" : "a value";
  return "a name";
}
