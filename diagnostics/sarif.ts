/**
 * Diagnostics as a SARIF 2.1.0 log, as code scanning reads it: places, compared places, fixes, and the rows of tables as
 * properties. Follows the schema; knows nothing of the language.
 */
import type { Diagnostic, Fix } from "./diagnostic.ts";
import { type Files, place, relatedOf, rowLines } from "./formats.ts";
import { inOrder } from "./order.ts";
import type { Span } from "./span.ts";

/** A log with one run; columns count UTF-16 units, as ours do. */
export function toSarif(diagnostics: readonly Diagnostic[], files: Files, version: string): object {
  const sorted = inOrder(diagnostics, files);
  const rules = [...new Set(sorted.map((d) => d.code))];
  return {
    $schema: "https://json.schemastore.org/sarif-2.1.0.json",
    version: "2.1.0",
    runs: [
      {
        tool: {
          driver: {
            name: "mmfc",
            version,
            rules: rules.map((id) => ({ id, help: { text: `mmfc explain ${id}` } })),
          },
        },
        columnKind: "utf16CodeUnits",
        results: sorted.map((d) => result(d, rules.indexOf(d.code), files)),
      },
    ],
  };
}

function result(d: Diagnostic, ruleIndex: number, files: Files): object {
  const related = relatedOf(d);
  const text = [d.message, ...rowLines(d), ...(d.help === undefined ? [] : [`help: ${d.help}`])].join("\n");
  return {
    ruleId: d.code,
    ruleIndex,
    level: d.severity,
    message: { text },
    ...(d.span.file === "" ? {} : { locations: [{ physicalLocation: physical(d.span, files) }] }),
    ...(related.length > 0 && {
      relatedLocations: related.map(({ span, message }, id) => ({
        id,
        physicalLocation: physical(span, files),
        message: { text: message },
      })),
    }),
    ...(d.fix !== undefined && files.has(d.span.file) && { fixes: [fixOf(d.fix, files)] }),
    ...(d.rows !== undefined &&
      d.rows.length > 0 && { properties: { rows: d.rows, rowCount: d.rowCount ?? d.rows.length } }),
  };
}

function fixOf({ title, edits }: Fix, files: Files): object {
  const changed = [...new Set(edits.map((edit) => edit.span.file))];
  return {
    description: { text: title },
    artifactChanges: changed.map((file) => {
      const own = edits.filter((edit) => edit.span.file === file);
      return {
        artifactLocation: { uri: uriOf(files.get(file)?.path ?? file) },
        replacements: own.map(({ span, text }) => ({
          deletedRegion: region(span, files),
          insertedContent: { text },
        })),
      };
    }),
  };
}

function physical(span: Span, files: Files): object {
  return { artifactLocation: { uri: uriOf(place(span, files).file) }, region: region(span, files) };
}

function region(span: Span, files: Files): object {
  const { start, end } = place(span, files);
  return { startLine: start.line, startColumn: start.column, endLine: end.line, endColumn: end.column };
}

/** A path as a reference: what is relative stays so, for it starts where the repository does. */
function uriOf(file: string): string {
  const uri = file.split(/[\\/]/).map(encodeURIComponent).join("/");
  return file.startsWith("/") ? `file://${uri}` : uri;
}
