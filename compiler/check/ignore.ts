/**
 * `// mmfc-ignore CODE: reason` silences warnings and notes of the statement or property that it stands above or behind. One that
 * silences nothing is a warning itself; whether a message about the data occurs is known only when they have been read.
 */
import { codes as allCodes, type Code, entry, type FactsOf, isCode, report } from "../../diagnostics/catalogue.ts";
import { type Diagnostic, type Fix, hasErrors } from "../../diagnostics/diagnostic.ts";
import { near, oneNear } from "../../diagnostics/near.ts";
import { positionAt, type SourceFile, type Span } from "../../diagnostics/span.ts";
import type { Comment, File } from "../../grammar/ast.ts";

/** One code of one comment. */
export interface Ignore {
  readonly code: Code;
  /** Of the statement whose messages it silences; none behind the last one. */
  readonly statement: Span | undefined;
  /** Of the comment. */
  readonly span: Span;
  /** That it silences nothing, and how it goes. */
  readonly useless: Diagnostic;
  /** It silenced something, or something that stays was said of it. */
  used: boolean;
}

export interface Silenced {
  readonly diagnostics: Diagnostic[];
  /** All that could be read, for messages about the data that come later. */
  readonly ignores: readonly Ignore[];
}

/** Applies the comments of a file to what its check says; what only the data can say is left to `silence`. */
export function applyIgnores(file: SourceFile, ast: File, diagnostics: readonly Diagnostic[]): Silenced {
  const { ignores, wrong } = readIgnores(file, ast);
  const kept = silence(ignores, diagnostics);
  // beside an error, what the comment is for may not have been looked at
  const useless = hasErrors(diagnostics) ? [] : uselessIgnores(ignores, "spec");
  return { diagnostics: [...kept, ...wrong, ...useless], ignores };
}

/** What is left of `diagnostics`; where an error is to be ignored, it stays, and that is said once. */
export function silence(ignores: readonly Ignore[], diagnostics: readonly Diagnostic[]): Diagnostic[] {
  return diagnostics.flatMap((d) => {
    const ignore = ignores.find(({ code, statement }) => code === d.code && statement && covers(statement, d.span));
    if (ignore === undefined) return [d];
    const first = !ignore.used;
    ignore.used = true;
    if (d.severity !== "error") return [];
    return first ? [d, report("ignore-comment", ignore.span, { why: "error" })] : [d];
  });
}

/**
 * The warnings about comments that silenced nothing.
 * @param about `spec`: codes that a spec alone yields; `data`: the others, once the data have been read
 */
export function uselessIgnores(ignores: readonly Ignore[], about: "spec" | "data"): Diagnostic[] {
  return ignores.filter(({ code, used }) => !used && isOf(code) === about).map(({ useless }) => useless);
}

/** What a code is about. A table that is not there is noticed before its rows are read. */
function isOf(code: Code): "spec" | "data" | "else" {
  const { needs } = entry(code);
  if (needs === "data" || code === "source-missing") return "data";
  return needs === undefined ? "spec" : "else";
}

function readIgnores(file: SourceFile, ast: File): { ignores: Ignore[]; wrong: Diagnostic[] } {
  const inModels = ast.models.flatMap((m) => m.statements);
  const properties = inModels.flatMap((s) => ("props" in s ? (s.props?.entries ?? []) : []));
  const statements = [...properties, ...inModels, ...ast.blocks, ...ast.models].map((s) => s.span);
  const ignores: Ignore[] = [];
  const wrong: Diagnostic[] = [];
  for (const comment of ast.comments) {
    const match = /^mmfc-ignore(?![\w-])\s*([^:：]*)(?:[:：](.*))?$/s.exec(comment.text);
    if (match === null) continue;
    const words = (match[1] ?? "").split(/[\s,，、]+/).filter((word) => word !== "");
    const hasReason = (match[2] ?? "").trim() !== "";
    const say = (why: FactsOf<"ignore-comment">["why"], fix?: Fix): void => {
      wrong.push(report("ignore-comment", comment.span, { why }, fix === undefined ? {} : { fix }));
    };
    // without a `:` it cannot be told where the codes end and the reason begins
    const codes = match[2] === undefined ? words.slice(0, 1) : words;
    if (codes.length === 0) say("no-code");
    const statement = statementOf(file, comment.span, statements);
    for (const word of codes) {
      if (!isCode(word)) say({ unknown: word, near: near(word, allCodes) }, rename(comment, word));
      else if (!hasReason) say("no-reason");
      else {
        const fix = removal(file, comment, word, codes);
        const useless = report("ignore-comment", comment.span, { why: { absent: word } }, { fix });
        ignores.push({ code: word, statement, span: comment.span, useless, used: false });
      }
    }
  }
  return { ignores, wrong };
}

function covers(statement: Span, place: Span): boolean {
  return place.file === statement.file && place.start >= statement.start && place.start < statement.end;
}

/** Writes the code that is near, if one is. */
function rename(comment: Comment, word: string): Fix | undefined {
  const found = near(word, allCodes);
  if (found.kind !== "one") return undefined;
  const text = comment.text.replace(word, found.word);
  const { span, form } = comment;
  const written = { line: `// ${text}`, doc: `/// ${text}`, block: `/* ${text} */` }[form];
  return { title: `Write \`${found.word}\``, edits: [{ span, text: written }], certain: oneNear(found) };
}

/** Removes a code from its comment; the only one with the comment, and the line if nothing else stands in it. */
function removal(file: SourceFile, comment: Comment, code: string, codes: readonly string[]): Fix {
  const { span } = comment;
  const { text } = file;
  if (codes.length > 1) {
    const written = text.slice(span.start, span.end);
    const at = written.search(new RegExp(`(?<![\\w-])${code}(?![\\w-])`));
    const comma = /^[\s,，、]*/.exec(written.slice(at + code.length))?.[0].length ?? 0;
    const isLast = codes[codes.length - 1] === code;
    const before = /[\s,，、]*$/.exec(written.slice(0, at))?.[0].length ?? 0;
    const start = span.start + at - (isLast ? before : 0);
    const end = span.start + at + code.length + (isLast ? 0 : comma);
    return { title: "Remove the code", edits: [{ span: { ...span, start, end }, text: "" }], certain: true };
  }
  let start = span.start;
  while (start > 0 && /[ \t]/.test(text[start - 1] as string)) start--;
  const alone = start === 0 || /[\r\n]/.test(text[start - 1] as string);
  const newline = /^(?:\r\n|\r|\n)/.exec(text.slice(span.end, span.end + 2))?.[0] ?? "";
  const end = alone ? span.end + newline.length : span.end;
  return { title: "Remove the comment", edits: [{ span: { ...span, start, end }, text: "" }], certain: true };
}

/**
 * The statement or property that ends on the comment's line before it, the last of them, else the first that starts after
 * it. The smallest wins.
 */
function statementOf(file: SourceFile, comment: Span, statements: readonly Span[]): Span | undefined {
  const line = positionAt(file, comment.start).line;
  const before = statements.filter((s) => s.end <= comment.start && positionAt(file, s.end).line === line);
  const around = statements.filter(
    (s) => s.start <= comment.start && s.end >= comment.end && positionAt(file, s.start).line === line,
  );
  const after = statements.filter((s) => s.start >= comment.end);
  const smallest = (list: readonly Span[]): Span | undefined =>
    [...list].sort((a, b) => a.end - a.start - (b.end - b.start))[0];
  const last = Math.max(...before.map((s) => s.end));
  const inLine = smallest(before.filter((s) => s.end === last)) ?? smallest(around);
  if (inLine) return inLine;
  const first = Math.min(...after.map((s) => s.start));
  return smallest(after.filter((s) => s.start === first));
}
