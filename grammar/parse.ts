/**
 * The façade of grammar/: text to syntax tree and diagnostics. Decides which of the problems found in a statement are
 * said: all that are read as meant, and at most one other.
 */
import { report } from "../diagnostics/catalogue.ts";
import type { Diagnostic } from "../diagnostics/diagnostic.ts";
import { lineStarts, positionAt, type SourceFile } from "../diagnostics/span.ts";
import type { Block, Compare, File, Model, Statement, Use } from "./ast.ts";
import { type Builder, createBuilder } from "./build.ts";
import { describeError, describeMissingKind } from "./expected.ts";
import { type LexedComment, lex, retag } from "./lex.ts";
import { MOST_BRACKETS, type ModelText, outline, type StatementText } from "./outline.ts";
import { type Entry, parseTokens } from "./parser.ts";
import { isReadAsMeant, type Problem, problem } from "./problem.ts";
import { repairSigns } from "./signs.ts";
import { repairModelHead, repairStart } from "./start.ts";
import { Equals, isName, Text, type Token, wordToken } from "./tokens.ts";

/** A spec has at most this many bytes. */
export const MOST_BYTES = 1_000_000;

/** Of garbage, no more is said and read than this. */
const MOST_PROBLEMS = 1_000;

export interface Parsed {
  readonly ast: File;
  readonly diagnostics: Diagnostic[];
}

/** Reads a spec. Never throws, whatever the text; what could not be read is `broken` or missing in the tree. */
export function parse(file: SourceFile): Parsed {
  const refused = refuse(file);
  if (refused !== undefined) return { ast: emptyFile(file), diagnostics: [refused] };
  const lexed = lex(file);
  const outlined = outline(lexed.tokens, (offset) => `line ${positionAt(file, offset).line}`);
  if (outlined.tooDeep) {
    const most = String(MOST_BRACKETS);
    const has = `more than ${most} brackets in each other`;
    return {
      ast: emptyFile(file),
      diagnostics: [report("spec-too-large", { file: file.path, start: 0, end: 0 }, { path: file.path, has, most })],
    };
  }
  const strays = lexed.problems.filter((p) => p.code === "stray-character" && p.certain !== true);
  const reader = createReader(file, lexed.comments, strays);
  const problems = [...lexed.problems, ...outlined.problems];
  const uses: Use[] = [];
  const models: Model[] = [];
  const compares: Compare[] = [];
  const blocks: Block[] = [];
  // source order, so that doc comments are handed out as they come
  const parts = [...outlined.statements, ...outlined.models].sort((a, b) => startOf(a) - startOf(b));
  for (const part of parts) {
    if (problems.length > MOST_PROBLEMS) break;
    if ("head" in part) models.push(reader.model(part, uses, problems));
    else reader.fileStatement(part, { uses, compares, blocks }, problems);
  }
  const ast: File = {
    kind: "file",
    path: file.path,
    span: { file: file.path, start: 0, end: file.text.length },
    uses,
    models,
    compares,
    blocks,
    comments: lexed.comments.map((c) => ({ form: c.form, text: c.text, span: reader.builder.spanOf(c.start, c.end) })),
  };
  return { ast, diagnostics: toDiagnostics(file, onePerName(semicolons(problems)).slice(0, MOST_PROBLEMS)) };
}

function startOf(part: StatementText | ModelText): number {
  return ("head" in part ? part.head : part).tokens[0]?.startOffset ?? 0;
}

function emptyFile(file: SourceFile): File {
  const span = { file: file.path, start: 0, end: file.text.length };
  return { kind: "file", path: file.path, span, uses: [], models: [], compares: [], blocks: [], comments: [] };
}

/** What is no spec at all: too large, or not text. */
function refuse(file: SourceFile): Diagnostic | undefined {
  const { path, text } = file;
  const start = { file: path, start: 0, end: 0 };
  const bytes = text.length > MOST_BYTES / 3 ? Buffer.byteLength(text) : text.length;
  if (bytes > MOST_BYTES) {
    return report("spec-too-large", start, { path, has: `${(bytes / 1e6).toFixed(1)} MB`, most: "1 MB" });
  }
  const nul = text.indexOf("\0");
  if (nul < 0) return undefined;
  const byte = Buffer.byteLength(text.slice(0, nul)) + 1;
  return report("not-text", { file: path, start: nul, end: nul + 1 }, { path, byte, is: "0x00" });
}

interface FileParts {
  readonly uses: Use[];
  readonly compares: Compare[];
  readonly blocks: Block[];
}

function createReader(file: SourceFile, comments: readonly LexedComment[], strays: readonly Problem[]) {
  const builder: Builder = createBuilder(file.path, file.text);
  const docBefore = createDocs(file, comments);

  /** Reads the tokens of one statement and says what is wrong with it. */
  const read = (part: StatementText, entry: Entry, problems: Problem[], targets: readonly string[] = []) => {
    // what is wrong around a character that means nothing may follow from it
    const { start, end } = spans(part).span;
    const inside = strays.filter((s) => s.start >= start && s.start <= end);
    const hasStray = inside.length > 0;
    const touches = inside.some((s) =>
      part.tokens.some((t) => t.virtual !== true && (t.endOffset + 1 === s.start || t.startOffset === s.end)),
    );
    const own = hasStray ? part.problems.filter((p) => p.code !== "missing-sign") : part.problems;
    const torn = touches || own.length < part.problems.length;
    for (const token of part.tokens) if (token.problem !== undefined) own.push(token.problem);
    const { tree, errors } = parseTokens(entry, part.tokens);
    const first = errors[0];
    if (first !== undefined) {
      const error = describeError(first, part);
      if (!hasStray) own.push(error);
    } else if (entry === "statement") own.push(...kindless(part, targets));
    if (own.length > 0) for (const p of choose(own)) problems.push(p);
    return { tree, broken: first !== undefined || torn || own.some((p) => !isReadAsMeant(p)) };
  };

  const spans = (part: StatementText) => {
    const first = part.tokens[0] as Token;
    const last = part.tokens[part.tokens.length - 1] as Token;
    return {
      span: builder.spanOf(first.startOffset, Math.max(first.endOffset, last.endOffset) + 1),
      wordSpan: builder.tokenSpan(first),
    };
  };

  const statement = (part: StatementText, problems: Problem[], targets: readonly string[]): Statement | undefined => {
    const doc = docBefore(startOf(part));
    const { tree, broken } = read(part, "statement", problems, targets);
    const { span, wordSpan } = spans(part);
    return builder.statement(tree, { span, wordSpan, broken, doc });
  };

  const use = (part: StatementText, problems: Problem[]): Use => {
    quotePath(part, file.text);
    const { tree, broken } = read(part, "useStatement", problems);
    const path = builder.usePath(tree);
    return { kind: "use", path, span: spans(part).span, broken: broken || path === undefined };
  };

  let lastWasOrphan = false;

  const isUse = (part: StatementText) => part.tokens[0]?.tokenType === wordToken("use");

  const fileStatement = (part: StatementText, into: FileParts, problems: Problem[]): void => {
    const isOrphan = !repairStart(part, "file");
    // statements without their model are said once
    if (isOrphan && !lastWasOrphan) for (const p of choose(part.problems)) problems.push(p);
    lastWasOrphan = isOrphan;
    if (isOrphan) return;
    repairSigns(part);
    if (isUse(part)) {
      into.uses.push(use(part, problems));
      return;
    }
    const read = statement(part, problems, []);
    if (read?.kind === "compare") into.compares.push(read);
    else if (read?.kind === "block") into.blocks.push(read);
  };

  const model = (part: ModelText, uses: Use[], problems: Problem[]): Model => {
    const doc = docBefore(startOf(part));
    repairModelHead(part.head);
    const { tree, broken } = read(part.head, "modelHead", problems);
    const targets = targetNames(part);
    const statements: Statement[] = [];
    for (const inner of part.statements) {
      if (problems.length > MOST_PROBLEMS) break;
      if (!repairStart(inner, "model")) {
        for (const p of choose(inner.problems)) problems.push(p);
        continue;
      }
      repairSigns(inner);
      if (isUse(inner)) uses.push(use(inner, problems));
      else {
        const read = statement(inner, problems, targets);
        if (read !== undefined) statements.push(read);
      }
    }
    for (const p of part.problems) problems.push(p);
    const span = builder.spanOf(startOf(part), part.end);
    const { name, base } = builder.modelNames(tree);
    return { kind: "model", name, base, doc, statements, span, broken };
  };

  return { builder, fileStatement, model };
}

/** `use blocks.mmf`: the path stands in quotes. */
function quotePath(part: StatementText, text: string): void {
  const [, first] = part.tokens;
  const last = part.tokens[part.tokens.length - 1] as Token;
  if (first === undefined || !isName(first)) return;
  const [start, end] = [first.startOffset, last.endOffset + 1];
  const path = text.slice(start, end);
  if (/\s/.test(path)) return;
  const quoted = JSON.stringify(path);
  for (const token of part.tokens) token.problem = undefined;
  retag(first, Text);
  first.image = quoted;
  first.endOffset = last.endOffset;
  part.tokens.length = 2;
  const facts = { text: path, kind: "a path", quotes: "in" } as const;
  part.problems.length = 0;
  part.problems.push(
    problem("text-or-name", start, end, facts, { changes: [{ start, end, text: quoted }], certain: true }),
  );
}

/** `f(a; b)`: the `;` stands for the sign that is missing, and that is said once. */
function semicolons(problems: readonly Problem[]): Problem[] {
  const dropped = new Set<Problem>();
  const replaced = new Map<Problem, Problem>();
  for (const sign of problems) {
    if (sign.code !== "missing-sign") continue;
    const stray = problems.find(
      (p) => p.code === "stray-character" && p.certain === true && p.start >= sign.start && p.end <= sign.end,
    );
    const text = sign.changes?.[0]?.text.trim();
    if (stray === undefined || text === undefined) continue;
    dropped.add(sign);
    replaced.set(stray, { ...stray, changes: [{ start: stray.start, end: stray.end, text }] });
  }
  return problems.flatMap((p) => (dropped.has(p) ? [] : [replaced.get(p) ?? p]));
}

/** A fusion says early, mid or late, a head its target; without an error, only that is missing. */
function kindless(part: StatementText, targets: readonly string[]): Problem[] {
  const [word, , sign] = part.tokens;
  if (sign?.tokenType !== Equals) return [];
  if (word?.tokenType === wordToken("fusion")) return [describeMissingKind(part, "mid", false)];
  if (word?.tokenType !== wordToken("head")) return [];
  return [describeMissingKind(part, targets[0] ?? "label", targets.length === 1)];
}

/** The targets that a model declares itself. */
function targetNames(part: ModelText): string[] {
  return part.statements.flatMap(({ tokens: [word, name] }) =>
    word?.tokenType === wordToken("target") && isName(name) ? [(name as Token).image] : [],
  );
}

/** All problems that are read as meant, and one other, unless it may follow from a sign or bracket said before it. */
function choose(problems: readonly Problem[]): Problem[] {
  // a string that is not closed may have swallowed the brackets that seem to be missing
  const string = problems.find((p) => p.code === "not-closed" && !isBracket(p));
  const meant = problems.filter(
    (p) => isReadAsMeant(p) && (string === undefined || p.code !== "not-closed" || !isBracket(p)),
  );
  const other = problems.filter((p) => !isReadAsMeant(p)).sort((a, b) => a.start - b.start)[0];
  if (other === undefined) return meant;
  const follows = meant.some((p) => p.structural === true && p.start <= other.start);
  return follows ? meant : [...meant, other];
}

function isBracket(p: Problem): boolean {
  return p.end - p.start === 1 && "{([".includes((p.facts as unknown as { readonly text: string }).text);
}

/** A name that cannot be one is said once, where it stands first; its fix changes every use. */
function onePerName(problems: readonly Problem[]): Problem[] {
  const sorted = [...problems].sort((a, b) => a.start - b.start || a.end - b.end);
  const uses = new Map<string, Problem[]>();
  for (const p of sorted) {
    if (p.code !== "name-form") continue;
    const text = nameOf(p);
    const same = uses.get(text);
    if (same === undefined) uses.set(text, [p]);
    else same.push(p);
  }
  return sorted.flatMap((p) => {
    if (p.code !== "name-form") return [p];
    const all = uses.get(nameOf(p)) ?? [p];
    return all[0] === p ? [{ ...p, changes: all.flatMap((use) => use.changes ?? []) }] : [];
  });
}

function nameOf(p: Problem): string {
  // facts of all codes together have no property in common
  return (p.facts as unknown as { readonly text: string }).text;
}

function toDiagnostics(file: SourceFile, problems: readonly Problem[]): Diagnostic[] {
  const span = (place: { start: number; end: number }) => ({ file: file.path, start: place.start, end: place.end });
  return problems.map((p) =>
    report(p.code, span(p), p.facts, {
      ...(p.also === undefined ? {} : { marks: p.also.map((a) => ({ span: span(a), style: "^" as const })) }),
      ...(p.changes === undefined
        ? {}
        : {
            fix: {
              title: fixTitle(p),
              edits: p.changes.map((c) => ({ span: span(c), text: c.text })),
              certain: p.certain === true,
            },
          }),
    }),
  );
}

function fixTitle(p: Problem): string {
  const change = p.changes?.[0];
  if (change === undefined) return "";
  if (change.text === "") return "Remove it";
  return change.start === change.end ? `Insert \`${change.text.trim()}\`` : `Write \`${change.text}\``;
}

/** Hands out, from top to bottom, the `///` lines that stand before an offset and have not been handed out. */
function createDocs(file: SourceFile, comments: readonly LexedComment[]): (before: number) => string | undefined {
  const docs = comments.filter((c) => c.form === "doc");
  lineStarts(file);
  let next = 0;
  return (before) => {
    const lines: string[] = [];
    while (next < docs.length && (docs[next] as LexedComment).start < before)
      lines.push((docs[next++] as LexedComment).text);
    return lines.length === 0 ? undefined : lines.join(" ").trim();
  };
}
