/**
 * The façade of grammar/: text to syntax tree and diagnostics. Decides which of the problems found in a statement are
 * said: all that are read as meant, and at most one other.
 */
import { type FactsOf, report } from "../diagnostics/catalogue.ts";
import type { Diagnostic } from "../diagnostics/diagnostic.ts";
import { oneNear } from "../diagnostics/near.ts";
import { number } from "../diagnostics/phrase.ts";
import { lineStarts, positionAt, type SourceFile } from "../diagnostics/span.ts";
import type { Block, Compare, File, Model, Statement, Use } from "./ast.ts";
import { type Builder, createBuilder } from "./build.ts";
import { describeError, describeMissingKind } from "./expected.ts";
import { type LexedComment, lex, MOST_TOKENS, retag } from "./lex.ts";
import { MOST_BRACKETS, type ModelText, outline, type StatementText } from "./outline.ts";
import { type Entry, parseTokens } from "./parser.ts";
import { isReadAsMeant, leavesDoubt, type Problem, problem } from "./problem.ts";
import { repairSigns } from "./signs.ts";
import { repairModelHead, repairStart } from "./start.ts";
import { Equals, isName, Text, type Token, wordToken } from "./tokens.ts";

/** A spec has at most this many bytes. */
export const MOST_BYTES = 1_000_000;

/** So many statements a spec may have. */
const MOST_STATEMENTS = 5_000;

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
  if (lexed.tooMany) return { ast: emptyFile(file), diagnostics: [tooMany(file, MOST_TOKENS, "words and signs")] };
  const outlined = outline(lexed.tokens, (offset) => `line ${positionAt(file, offset).line}`);
  if (outlined.tooDeep) {
    const most = String(MOST_BRACKETS);
    const has = `more than ${most} brackets in each other`;
    return {
      ast: emptyFile(file),
      diagnostics: [report("spec-too-large", { file: file.path, start: 0, end: 0 }, { path: file.path, has, most })],
    };
  }
  const statements = outlined.models.reduce((sum, m) => sum + m.statements.length, outlined.statements.length);
  if (statements + outlined.models.length > MOST_STATEMENTS)
    return { ast: emptyFile(file), diagnostics: [tooMany(file, MOST_STATEMENTS, "statements")] };
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

/** Bytes as `2.3 MB`: rounded up, so that what is too large is not printed as what is not. */
export function megabytes(bytes: number): string {
  return `${Math.ceil(bytes / 1e5) / 10} MB`;
}

function tooMany({ path }: SourceFile, most: number, what: string): Diagnostic {
  const facts = { path, has: `more than ${number(most)} ${what}`, most: number(most) };
  return report("spec-too-large", { file: path, start: 0, end: 0 }, facts);
}

/** What is no spec at all: too large, or not text. */
function refuse(file: SourceFile): Diagnostic | undefined {
  const { path, text } = file;
  const start = { file: path, start: 0, end: 0 };
  const bytes = text.length > MOST_BYTES / 3 ? Buffer.byteLength(text) : text.length;
  if (bytes > MOST_BYTES) {
    return report("spec-too-large", start, { path, has: megabytes(bytes), most: megabytes(MOST_BYTES) });
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
  const read = (part: StatementText, entry: Entry, problems: Problem[], declared: Declared = nothingDeclared) => {
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
    } else if (entry === "statement") own.push(...kindless(part, declared));
    const chosen = choose(alike(own));
    for (const p of chosen) problems.push(p);
    return { tree, broken: first !== undefined || torn || own.some(leavesDoubt), doubt: chosen.some(leavesDoubt) };
  };

  const spans = (part: StatementText) => {
    const first = part.tokens[0] as Token;
    const last = part.tokens[part.tokens.length - 1] as Token;
    return {
      span: builder.spanOf(first.startOffset, Math.max(first.endOffset, last.endOffset) + 1),
      wordSpan: builder.tokenSpan(first),
    };
  };

  /**
   * Whether the last statement leaves a doubt about where it ends: what starts nothing behind it, and brackets that close
   * nothing, follow from it and are not said once more.
   */
  let doubt = false;

  const statement = (
    part: StatementText,
    problems: Problem[],
    declared: Declared,
    cut: boolean,
  ): Statement | undefined => {
    const doc = docBefore(startOf(part));
    const { tree, broken, ...left } = read(part, "statement", problems, declared);
    doubt = left.doubt;
    const { span, wordSpan } = spans(part);
    return builder.statement(tree, { span, wordSpan, broken: broken || cut, doc });
  };

  const use = (part: StatementText, problems: Problem[]): Use => {
    quotePath(part, file.text);
    const { tree, broken, ...left } = read(part, "useStatement", problems);
    doubt = left.doubt;
    const path = builder.usePath(tree);
    return { kind: "use", path, span: spans(part).span, broken: broken || path === undefined };
  };

  /** Repairs the start of a statement; one that starts nothing, behind one that left a doubt, says nothing. */
  const begin = (part: StatementText, place: "file" | "model", problems: Problem[]): "reads" | "silent" | "nothing" => {
    const reads = repairStart(part, place);
    const isFragment = part.problems.some(startsNothing);
    if (isFragment && doubt) return reads ? "silent" : "nothing";
    doubt = isFragment;
    if (reads) return "reads";
    for (const p of choose(part.problems)) problems.push(p);
    return "nothing";
  };

  const isUse = (part: StatementText) => part.tokens[0]?.tokenType === wordToken("use");

  const fileStatement = (part: StatementText, into: FileParts, problems: Problem[]): void => {
    const begun = begin(part, "file", problems);
    if (begun === "nothing") return;
    const said = begun === "silent" ? [] : problems;
    repairSigns(part);
    if (isUse(part)) {
      into.uses.push(use(part, said));
      return;
    }
    const read = statement(part, said, nothingDeclared, false);
    doubt ||= begun === "silent";
    if (read?.kind === "compare") into.compares.push(read);
    else if (read?.kind === "block") into.blocks.push(read);
  };

  const model = (part: ModelText, uses: Use[], problems: Problem[]): Model => {
    const doc = docBefore(startOf(part));
    repairModelHead(part.head);
    const { tree, broken, ...left } = read(part.head, "modelHead", problems);
    doubt = left.doubt;
    const declared = declaredIn(part);
    const statements: Statement[] = [];
    let before = problems.length;
    for (const inner of part.statements) {
      if (problems.length > MOST_PROBLEMS) break;
      before = problems.length;
      const begun = begin(inner, "model", problems);
      if (begun === "nothing") continue;
      const said = begun === "silent" ? [] : problems;
      repairSigns(inner);
      if (isUse(inner)) uses.push(use(inner, said));
      else {
        // the text may have stopped in the middle of the last statement
        const cut = !part.closed && inner === part.statements[part.statements.length - 1];
        const read = statement(inner, said, declared, cut || begun === "silent");
        doubt ||= begun === "silent";
        if (read !== undefined) statements.push(read);
      }
    }
    // a text that stops in the middle of a statement is said there
    const stops = !part.closed && problems.slice(before).some((p) => endOf(p) >= part.end);
    if (!stops) for (const p of part.problems) problems.push(p);
    const span = builder.spanOf(startOf(part), part.end);
    const { name, base } = builder.modelNames(tree);
    return { kind: "model", name, base, doc, statements, span, broken, closed: part.closed };
  };

  return { builder, fileStatement, model };
}

/** A statement whose first word is none, and near none. */
function startsNothing(p: Problem): boolean {
  if (p.code === "unexpected-text") return (p.facts as FactsOf<"unexpected-text">).expected.includes("a statement");
  if (p.code !== "statement-start") return false;
  const { near, where } = p.facts as FactsOf<"statement-start">;
  return where === "outside" || (near !== undefined && !oneNear(near));
}

/** Where a problem ends, what is to be written there included. */
function endOf(p: Problem): number {
  return Math.max(p.end, ...(p.changes ?? []).map((c) => c.end));
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
function kindless(part: StatementText, { targets, heads }: Declared): Problem[] {
  const [word, , sign] = part.tokens;
  if (sign?.tokenType !== Equals) return [];
  if (word?.tokenType === wordToken("fusion")) {
    const joinsHeads = part.tokens.slice(3).some((t) => isName(t) && heads.includes(t.image));
    return [describeMissingKind(part, joinsHeads ? "late" : "mid", false)];
  }
  if (word?.tokenType !== wordToken("head")) return [];
  return [describeMissingKind(part, targets[0] ?? "label", targets.length === 1)];
}

/** What a model declares itself, by name. */
interface Declared {
  readonly targets: readonly string[];
  readonly heads: readonly string[];
}

const nothingDeclared: Declared = { targets: [], heads: [] };

function declaredIn(part: ModelText): Declared {
  const namesOf = (of: string): string[] =>
    part.statements.flatMap(({ tokens: [word, name] }) =>
      word?.tokenType === wordToken(of) && isName(name) ? [(name as Token).image] : [],
    );
  return { targets: namesOf("target"), heads: namesOf("head") };
}

/** All problems that are read as meant, and one other, unless it may follow from a sign or bracket said before it. */
function choose(all: readonly Problem[]): Problem[] {
  const problems = withoutProse(all);
  // a string that is not closed may have swallowed the brackets that seem to be missing
  const string = problems.find((p) => p.code === "not-closed" && !isBracket(p));
  const other = problems.filter((p) => !isReadAsMeant(p)).sort((a, b) => a.start - b.start)[0];
  const open = problems.filter((p) => p.code === "not-closed").sort((a, b) => a.start - b.start)[0];
  const doubtful = Math.min(other?.start ?? Number.POSITIVE_INFINITY, open?.start ?? Number.POSITIVE_INFINITY);
  const meant = problems.filter((p) => {
    if (!isReadAsMeant(p)) return false;
    // one bracket that is not closed leaves others that seem wrong
    if (p.code === "not-closed") return isBracket(p) ? string === undefined && p === open : true;
    return p.code !== "extra-bracket" || p.start < doubtful;
  });
  if (other === undefined) return meant;
  const follows = meant.some((p) => p.structural === true && p.start <= other.start);
  return follows ? meant : [...meant, other];
}

/** `f(a=1, b=2)`: the same sign for the same other one, all along a statement, is one mistake. */
function alike(problems: readonly Problem[]): Problem[] {
  const first = new Map<string, number>();
  const merged: Problem[] = [];
  for (const p of problems) {
    const { takes, not } = p.facts as FactsOf<"colon-or-equals">;
    const key = `${takes} ${not}`;
    const at = p.code === "colon-or-equals" ? first.get(key) : undefined;
    const before = at === undefined ? undefined : merged[at];
    if (at === undefined || before === undefined) {
      if (p.code === "colon-or-equals") first.set(key, merged.length);
      merged.push(p);
      continue;
    }
    const also = [...(before.also ?? []), { start: p.start, end: p.end }];
    merged[at] = { ...before, also, changes: [...(before.changes ?? []), ...(p.changes ?? [])] };
  }
  return merged;
}

/** Signs missing everywhere: what stands there is no spec (a query without its quotes, another language). */
const MOST_MISSING = 2;

/** Of a text that is none of the language's, only the first that is wrong. */
function withoutProse(problems: readonly Problem[]): readonly Problem[] {
  const quotes = problems.find((p) => p.code === "not-closed" && p.end - p.start === 3);
  if (quotes !== undefined) return [quotes];
  const missing = problems.filter((p) => p.code === "missing-sign");
  if (missing.length <= MOST_MISSING) return problems;
  const first = Math.min(...missing.map((p) => p.start));
  return problems.filter((p) => p.start <= first).map((p) => (p.start === first ? { ...p, doubtful: true } : p));
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
