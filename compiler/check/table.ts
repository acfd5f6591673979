/**
 * What the spec says of its table against what the table has. The facts are plain data that a command read (runtime/data)
 * and handed over; nothing here opens a file.
 */

import { isCode, report } from "../../diagnostics/catalogue.ts";
import type { Diagnostic } from "../../diagnostics/diagnostic.ts";
import { type Near, near, oneNear } from "../../diagnostics/near.ts";
import type { Span } from "../../diagnostics/span.ts";
import type { Value } from "../../grammar/ast.ts";
import type { CheckedModel } from "./checked.ts";
import { columnsOf } from "./leaks.ts";

/** As runtime/data/facts.ts reads them. */
export type TableFacts =
  | {
      readonly status: "ok";
      readonly path: string;
      readonly columns: readonly { readonly name: string; readonly type: string }[];
      readonly rows?: number;
    }
  | { readonly status: "missing"; readonly path: string; readonly near?: Near }
  | {
      readonly status: "unreadable";
      readonly path: string;
      readonly why: string;
      /** What training would say of it. */
      readonly problem?: { readonly code: string; readonly facts: { readonly [name: string]: unknown } };
    };

/** A column that the spec names. */
interface Named {
  readonly column: string;
  readonly span: Span;
  /** The value's own name stands for the column. */
  readonly own: boolean;
}

export function checkTable(model: CheckedModel, facts: TableFacts, severe: boolean): Diagnostic[] {
  const source = model.data.statement?.props?.entries.find((p) => p.key.text === "source");
  const at = source?.value?.span ?? model.span;
  if (facts.status === "missing") {
    const folder = model.file.slice(0, model.file.lastIndexOf("/") + 1);
    const fix =
      facts.near && oneNear(facts.near) && source?.value?.kind === "string"
        ? {
            title: `write "${facts.near.word}"`,
            edits: [{ span: at, text: JSON.stringify(facts.near.word) }],
            certain: true,
          }
        : undefined;
    return [
      report(
        "source-missing",
        at,
        { path: facts.path, columns: true, base: folder || "./", severe, ...(facts.near ? { near: facts.near } : {}) },
        fix ? { fix } : {},
      ),
    ];
  }
  // the facts were made for this code by the runtime, which knows the catalogue
  if (facts.status === "unreadable" && facts.problem !== undefined && isCode(facts.problem.code))
    return [report(facts.problem.code, at, facts.problem.facts as never)];
  if (facts.status === "unreadable")
    return [report("table-unreadable", at, { path: facts.path, why: facts.why, row: /^row /.test(facts.why) })];
  const has = facts.columns.map((c) => c.name);
  const known = new Set(has);
  return namedColumns(model).flatMap(({ column, span, own }) => {
    if (known.has(column) || (column.includes("*") && matches(column, has))) return [];
    const found = near(column, has);
    const edit =
      column.includes("*") || own || !oneNear(found)
        ? undefined
        : { span, text: replaceColumn(model, span, column, found.word) };
    return [
      report(
        "column-missing",
        span,
        { path: facts.path, column, near: found, own },
        edit?.text !== undefined
          ? {
              fix: {
                title: `write "${(found as { word: string }).word}"`,
                edits: [{ span: edit.span, text: edit.text }],
                certain: true,
              },
            }
          : {},
      ),
    ];
  });
}

const matches = (pattern: string, names: readonly string[]): boolean => {
  const expression = new RegExp(`^${pattern.replace(/[.+?^${}()|[\]\\]/g, "\\$&").replaceAll("*", ".*")}$`);
  return names.some((n) => expression.test(n));
};

/** A quoted column is replaced whole; a column in braces inside its template is not found by its span alone. */
function replaceColumn(model: CheckedModel, span: Span, column: string, word: string): string | undefined {
  const values = model.modalities
    .flatMap((m) => m.statement.props?.entries ?? [])
    .flatMap((p) => (p.value?.kind === "list" ? p.value.items : p.value ? [p.value] : []));
  const written = values.find(
    (v): v is Extract<Value, { kind: "string" }> =>
      v.kind === "string" && v.span.start === span.start && v.span.file === span.file,
  );
  if (written && written.value !== column) return JSON.stringify(written.value.replaceAll(`{${column}}`, `{${word}}`));
  return JSON.stringify(word);
}

function namedColumns(model: CheckedModel): Named[] {
  const named: Named[] = [];
  const quoted = (value: Value | undefined): void => {
    if (value?.kind === "string") named.push({ column: value.value, span: value.span, own: false });
  };
  const entries = model.data.statement?.props?.entries ?? [];
  for (const entry of entries) {
    if (["id", "time", "group"].includes(entry.key.text)) quoted(entry.value);
    if (entry.key.text === "split" && entry.value?.kind === "flow") {
      const call = entry.value.calls[0]!;
      const word = call.ref.parts[0]!.text;
      for (const arg of call.args ?? []) {
        if (["stratify", "apart", "column"].includes(arg.key?.text ?? "")) quoted(arg.value);
      }
      if (word === "by_column" && call.args?.[0] && !call.args[0].key) quoted(call.args[0].value);
    }
  }
  for (const m of model.modalities) {
    const written = (m.statement.props?.entries ?? []).flatMap(columnsOf);
    for (const use of written) named.push({ column: use.column, span: use.span, own: false });
    const elsewhere = ["column", "columns", "file", "files", "numeric", "categorical"].some((p) => m.args.has(p));
    if (!elsewhere) named.push({ column: m.name, span: m.span, own: true });
  }
  for (const t of model.targets) {
    const written = (t.statement.props?.entries ?? []).flatMap(columnsOf);
    for (const use of written) named.push({ column: use.column, span: use.span, own: false });
    if (written.length === 0) named.push({ column: t.name, span: t.span, own: true });
  }
  return named;
}
