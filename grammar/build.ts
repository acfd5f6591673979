/**
 * Chevrotain's tree to the syntax tree of ast.ts. The tree of a statement with errors has holes; every access is
 * optional and what is missing stays undefined. Concludes nothing.
 */
import type { CstNode, IToken } from "chevrotain";
import type { Span } from "../diagnostics/span.ts";
import type {
  Arg,
  BlockParam,
  Call,
  Dim,
  Flow,
  Kind,
  List,
  Name,
  NumberLiteral,
  Property,
  Props,
  Ref,
  Scalar,
  SectionWord,
  Statement,
  StringLiteral,
  Value,
} from "./ast.ts";
import { stringValue } from "./lex.ts";
import { type NumberForm, readNumber } from "./numbers.ts";
import { LongText, Text } from "./tokens.ts";
import { SECTION_WORDS } from "./words.ts";

/** What is known of a statement beside its tree. */
export interface StatementFacts {
  readonly span: Span;
  readonly wordSpan: Span;
  readonly broken: boolean;
  readonly doc: string | undefined;
}

const node = (parent: CstNode | undefined, key: string, at = 0): CstNode | undefined => {
  const element = parent?.children[key]?.[at];
  return element !== undefined && "children" in element ? element : undefined;
};

/** What `read` makes of the children of one name; what it makes nothing of is left out. */
function collect<T>(parent: CstNode | undefined, key: string, read: (child: CstNode) => T | undefined): T[] {
  const found: T[] = [];
  for (const element of parent?.children[key] ?? []) {
    if (!("children" in element)) continue;
    const made = read(element);
    if (made !== undefined) found.push(made);
  }
  return found;
}

const token = (parent: CstNode | undefined, key: string, at = 0): IToken | undefined => {
  const element = parent?.children[key]?.[at];
  // what recovery inserted has no place
  return element !== undefined && "image" in element && !element.isInsertedInRecovery ? element : undefined;
};

const has = (parent: CstNode | undefined, key: string): boolean => (parent?.children[key]?.length ?? 0) > 0;

function firstNode(parent: CstNode | undefined): CstNode | undefined {
  for (const key in parent?.children) {
    const element = parent.children[key]?.[0];
    if (element !== undefined && "children" in element) return element;
  }
  return undefined;
}

/** Builds the statements of one file; `path` stands in every span. */
export function createBuilder(path: string, text: string) {
  const spanOf = (start: number, end: number): Span => ({ file: path, start, end });

  const tokenSpan = (t: IToken): Span => spanOf(t.startOffset, (t.endOffset ?? t.startOffset) + 1);

  const nodeSpan = (n: CstNode): Span => {
    const { startOffset: start = Number.NaN, endOffset: end = Number.NaN } = n.location ?? {};
    if (!Number.isNaN(start) && !Number.isNaN(end)) return spanOf(start, end + 1);
    return spanOf(Number.isNaN(start) ? 0 : start, Number.isNaN(start) ? 0 : start);
  };

  const name = (t: IToken | undefined): Name | undefined =>
    t === undefined ? undefined : { text: t.image.normalize("NFC"), span: tokenSpan(t) };

  const key = (n: CstNode | undefined): Name | undefined => name(token(n, "Name") ?? token(n, "StatementWord"));

  const ref = (n: CstNode | undefined): Ref | undefined => {
    const parts: Name[] = [];
    for (let i = 0; i < (n?.children.Name?.length ?? 0); i++) {
      const part = name(token(n, "Name", i));
      if (part !== undefined) parts.push(part);
    }
    return n === undefined || parts.length === 0 ? undefined : { parts, span: nodeSpan(n) };
  };

  const arg = (n: CstNode): Arg | undefined => {
    const read = value(node(n, "value"));
    if (read === undefined) return undefined;
    return { key: key(node(n, "key")), value: read, span: nodeSpan(n) };
  };

  const call = (n: CstNode): Call | undefined => {
    const op = ref(node(n, "ref"));
    if (op === undefined) return undefined;
    const list = node(n, "args");
    const args = list === undefined ? undefined : collect(list, "arg", arg);
    return {
      kind: "call",
      ref: op,
      args,
      argsSpan: list === undefined ? undefined : nodeSpan(list),
      span: nodeSpan(n),
    };
  };

  const flow = (n: CstNode | undefined): Flow | undefined => {
    const calls = collect(n, "call", call);
    return n === undefined || calls.length === 0 ? undefined : { kind: "flow", calls, span: nodeSpan(n) };
  };

  const list = (n: CstNode): List => ({
    kind: "list",
    items: collect(n, "value", value),
    span: nodeSpan(n),
  });

  const literal = (t: IToken): Scalar => {
    const span = tokenSpan(t);
    const written = text.slice(span.start, span.end);
    if (t.tokenType === Text || t.tokenType === LongText)
      return { kind: "string", value: stringValue(t), text: written, span };
    const read = (t.payload as NumberForm | undefined) ?? readNumber(t.image).read;
    if (read.form === "size") return { kind: "size", sizes: read.sizes, text: written, span };
    if (read.form === "ratio") return { kind: "ratio", above: read.above, below: read.below, text: written, span };
    return {
      kind: "number",
      value: read.value,
      unit: read.unit,
      integer: read.integer,
      text: written,
      span,
    } satisfies NumberLiteral;
  };

  const scalar = (n: CstNode | undefined): Scalar | undefined => {
    const t = token(n, "Scalar");
    if (t !== undefined) return literal(t);
    const boolean = token(n, "true") ?? token(n, "false");
    return boolean === undefined
      ? undefined
      : { kind: "boolean", value: boolean.tokenType.name === "true", span: tokenSpan(boolean) };
  };

  const range = (n: CstNode): Value | undefined => {
    const start = scalar(node(n, "scalar", 0));
    const end = scalar(node(n, "scalar", 1));
    return start !== undefined && end !== undefined
      ? { kind: "range", from: start, to: end, span: nodeSpan(n) }
      : start;
  };

  const value = (n: CstNode | undefined): Value | undefined => {
    const ranged = node(n, "range");
    if (ranged !== undefined) return range(ranged);
    const listed = node(n, "list");
    return listed === undefined ? flow(node(n, "flow")) : list(listed);
  };

  const property = (n: CstNode): Property | undefined => {
    const named = key(node(n, "key"));
    if (named === undefined) return undefined;
    return { key: named, value: value(node(n, "value")), span: nodeSpan(n) };
  };

  const props = (n: CstNode | undefined): Props | undefined =>
    n === undefined ? undefined : { entries: collect(n, "property", property), span: nodeSpan(n) };

  const size = (n: CstNode | undefined): number | Ref | undefined => {
    const t = token(n, "Number");
    if (t === undefined) return ref(node(n, "ref"));
    const read = literal(t);
    return read.kind === "number" ? read.value : undefined;
  };

  const dim = (n: CstNode): Dim | undefined => {
    const first = size(node(n, "size", 0));
    const equals = size(node(n, "size", 1));
    if (first === undefined) return undefined;
    const isNumber = typeof first === "number";
    return { size: isNumber ? first : undefined, ref: isNumber ? undefined : first, equals, span: nodeSpan(n) };
  };

  const kind = (n: CstNode | undefined): Kind | undefined => {
    const named = name(token(n, "Name"));
    if (n === undefined || named === undefined) return undefined;
    return {
      name: named,
      dims: has(n, "OpenBracket") ? collect(n, "dim", dim) : undefined,
      optional: has(n, "Question"),
      span: nodeSpan(n),
    };
  };

  const blockParam = (n: CstNode): BlockParam | undefined => {
    const named = key(node(n, "key"));
    const read = value(node(n, "value"));
    if (named !== undefined) return { name: named, default: read, span: nodeSpan(n) };
    const bare = read?.kind === "flow" && read.calls.length === 1 ? read.calls[0] : undefined;
    const part = bare?.args === undefined && bare?.ref.parts.length === 1 ? bare.ref.parts[0] : undefined;
    return part === undefined ? undefined : { name: part, default: undefined, span: nodeSpan(n) };
  };

  const wordOf = <W extends string>(n: CstNode, words: readonly W[]): W =>
    words.find((w) => has(n, w)) ?? (words[0] as W);

  const statement = (tree: CstNode | undefined, facts: StatementFacts): Statement | undefined => {
    const inner = firstNode(tree);
    if (inner === undefined) return undefined;
    const { span, wordSpan, broken, doc } = facts;
    const named = name(token(inner, "Name"));
    switch (inner.name) {
      case "section": {
        const word = wordOf<SectionWord>(inner, SECTION_WORDS);
        return { kind: "section", word, props: props(node(inner, "props")), span, wordSpan, broken, doc };
      }
      case "declaration": {
        const word = wordOf(inner, ["modality", "target"] as const);
        const type = kind(node(inner, "kind"));
        return {
          kind: "declaration",
          word,
          name: named,
          type,
          props: props(node(inner, "props")),
          span,
          wordSpan,
          broken,
          doc,
        };
      }
      case "definition": {
        const word = wordOf(inner, ["encoder", "fusion", "head"] as const);
        const type = kind(node(inner, "kind"));
        const made = { flow: flow(node(inner, "flow")), props: props(node(inner, "props")) };
        return {
          kind: "definition",
          word,
          name: named,
          type,
          flow: made.flow,
          props: made.props,
          span,
          wordSpan,
          broken,
          doc,
        };
      }
      case "letStatement": {
        const candidates = value(node(inner, "value", 1));
        return {
          kind: "let",
          name: named,
          value: value(node(inner, "value", 0)),
          candidates,
          span,
          wordSpan,
          broken,
          doc,
        };
      }
      case "compareStatement": {
        const listed = node(inner, "list");
        const alternatives = listed === undefined ? undefined : list(listed);
        return { kind: "compare", name: named, alternatives, span, wordSpan, broken, doc };
      }
      case "blockStatement": {
        const params = collect(node(inner, "args"), "arg", blockParam);
        const shared = has(inner, "shared");
        return {
          kind: "block",
          shared,
          name: named,
          params,
          flow: flow(node(inner, "flow")),
          span,
          wordSpan,
          broken,
          doc,
        };
      }
      default:
        return undefined;
    }
  };

  const usePath = (tree: CstNode | undefined): StringLiteral | undefined => {
    const t = token(tree, "Scalar");
    const read = t === undefined ? undefined : literal(t);
    return read?.kind === "string" ? read : undefined;
  };

  const modelNames = (tree: CstNode | undefined): { name: Name | undefined; base: Name | undefined } => ({
    name: name(token(tree, "Name", 0)),
    base: name(token(tree, "Name", 1)),
  });

  return { statement, usePath, modelNames, spanOf, tokenSpan };
}

export type Builder = ReturnType<typeof createBuilder>;
