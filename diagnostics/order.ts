/** The order in which messages are shown, and how many. Shared by every format. */
import type { Diagnostic } from "./diagnostic.ts";
import type { SourceFile } from "./span.ts";

/** At most so many messages are drawn for people; machines get all. */
export const mostShown = 20;

const rank = { error: 0, warning: 1, note: 2 } as const;

/** By file (in the order the files were read), then by place; errors first at one place. */
export function inOrder(diagnostics: readonly Diagnostic[], files: ReadonlyMap<string, SourceFile>): Diagnostic[] {
  const place = new Map([...files.keys()].map((file, index) => [file, index]));
  const at = (d: Diagnostic): number => place.get(d.span.file) ?? files.size;
  return [...diagnostics].sort(
    (a, b) =>
      at(a) - at(b) ||
      (a.span.file < b.span.file ? -1 : a.span.file > b.span.file ? 1 : 0) ||
      a.span.start - b.span.start ||
      rank[a.severity] - rank[b.severity],
  );
}
