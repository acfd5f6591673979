/**
 * `// mmfc-ignore CODE: reason` silences a warning or note of the statement that it precedes or ends. One that silences
 * nothing is a warning itself.
 */
import { isCode, report } from "../../diagnostics/catalogue.ts";
import type { Diagnostic } from "../../diagnostics/diagnostic.ts";
import { positionAt, type SourceFile, type Span } from "../../diagnostics/span.ts";
import type { File } from "../../grammar/ast.ts";

export function applyIgnores(file: SourceFile, ast: File, diagnostics: readonly Diagnostic[]): Diagnostic[] {
  let kept = [...diagnostics];
  const statements = [...ast.models.flatMap((m) => m.statements), ...ast.blocks, ...ast.models].map((s) => s.span);
  for (const comment of ast.comments) {
    const match = /^mmfc-ignore\b\s*([\w-]*)\s*(?::\s*(.*))?$/s.exec(comment.text);
    if (!match) continue;
    const [, code = "", reason = ""] = match;
    const useless = (why: Parameters<typeof report<"ignore-comment">>[2]["why"], certain = false): void => {
      const fix = certain
        ? { fix: { title: "remove the comment", edits: [{ span: comment.span, text: "" }], certain } }
        : {};
      kept.push(report("ignore-comment", comment.span, { why }, fix));
    };
    if (!isCode(code)) {
      useless({ unknown: code || comment.text });
      continue;
    }
    if (reason.trim() === "") {
      useless("no-reason");
      continue;
    }
    const target = statementOf(file, comment.span, statements);
    const silenced = kept.filter(
      (d) =>
        d.code === code &&
        target !== undefined &&
        d.span.file === file.path &&
        d.span.start >= target.start &&
        d.span.start < target.end,
    );
    if (silenced.some((d) => d.severity === "error")) {
      useless("error");
      continue;
    }
    if (silenced.length === 0) {
      useless({ absent: code }, true);
      continue;
    }
    kept = kept.filter((d) => !silenced.includes(d));
  }
  return kept;
}

/** The statement that ends on the comment's line before it, else the first that starts after it. The smallest wins. */
function statementOf(file: SourceFile, comment: Span, statements: readonly Span[]): Span | undefined {
  const line = positionAt(file, comment.start).line;
  const before = statements.filter((s) => s.end <= comment.start && positionAt(file, s.end).line === line);
  const around = statements.filter(
    (s) => s.start <= comment.start && s.end >= comment.end && positionAt(file, s.start).line === line,
  );
  const after = statements.filter((s) => s.start >= comment.end);
  const smallest = (list: readonly Span[]): Span | undefined =>
    [...list].sort((a, b) => a.end - a.start - (b.end - b.start))[0];
  const inLine = smallest(before) ?? smallest(around);
  if (inLine) return inLine;
  const first = Math.min(...after.map((s) => s.start));
  return smallest(after.filter((s) => s.start === first));
}
