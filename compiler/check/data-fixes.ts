/**
 * Certain fixes for what was found in the data: a file or column that is not there, where one edit away one is. Knows the
 * text around a message and what the runtime found; opens nothing.
 */
import type { Fix } from "../../diagnostics/diagnostic.ts";
import { type Near, oneNear } from "../../diagnostics/near.ts";
import type { SourceFile, Span } from "../../diagnostics/span.ts";

interface Found {
  readonly code: string;
  readonly facts: { readonly [name: string]: unknown };
}

/** Writes what is near, where the name that is not there stands once in the marked text; elsewhere nothing is certain. */
export function dataFix({ code, facts }: Found, span: Span, file: SourceFile | undefined): Fix | undefined {
  const { path, column, near, own } = facts as { path?: string; column?: string; near?: Near; own?: boolean };
  const written = code === "source-missing" ? path : code === "column-missing" && own !== true ? column : undefined;
  if (file === undefined || written === undefined || near === undefined || !oneNear(near)) return undefined;
  const text = file.text.slice(span.start, span.end);
  const forms = [JSON.stringify(written), `{${written}}`];
  const form = forms.find((one) => text.includes(one));
  if (form === undefined || text.split(form).length > 2) return undefined;
  // Without its quotes or braces.
  const start = span.start + text.indexOf(form) + 1;
  const edit = { span: { file: span.file, start, end: start + form.length - 2 }, text: inside(near.word) };
  return { title: `Write \`${near.word}\``, edits: [edit], certain: true };
}

/** A text as it stands between quotes. */
function inside(text: string): string {
  return JSON.stringify(text).slice(1, -1);
}
