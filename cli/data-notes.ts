/**
 * What the preparation of data noted: messages of the catalogue at their place in the spec, and one line each for what is
 * merely good to know. Owns those lines.
 */
import { isCode } from "../diagnostics/catalogue.ts";
import { count, number, path as pathText, share, tick } from "../diagnostics/phrase.ts";
import type { DataNote } from "../runtime/data/modality.ts";

interface Absence {
  readonly absent: number;
  readonly of: number;
}

/** The notes that are messages, and the lines of the others. */
export function partNotes(notes: readonly DataNote[]): { messages: DataNote[]; lines: string[] } {
  const messages = notes.filter((note) => isCode(note.code));
  const lines = notes
    .flatMap((note) => (isCode(note.code) ? [] : [noteLine(note)]))
    .filter((line) => line !== undefined);
  return { messages, lines };
}

function noteLine({ code, facts }: DataNote): string | undefined {
  const { name, rows, of, path, parts, cells, impute } = facts as {
    name?: string;
    rows?: number;
    of?: number;
    path?: string;
    parts?: { readonly [part: string]: Absence };
    cells?: number;
    impute?: string | number;
  };
  switch (code) {
    case "rows-embargoed":
      return `${count(rows ?? 0, "row")} between the parts left out: the embargo`;
    case "rows-apart":
      return `${count(rows ?? 0, "row")} left out: what they share with a later part stands in \`apart\``;
    case "rows-dropped":
      return `${count(rows ?? 0, "row")} of ${number(of ?? 0)} left out: without ${tick(name ?? "")} (\`missing: drop\`)`;
    case "cells-filled": {
      const holes = `${tick(name ?? "")} has ${count(cells ?? 0, "empty cell")} in ${count(rows ?? 0, "row")}`;
      return impute === undefined
        ? `${holes}: the column's mean, or no category, stands in (\`missing: empty\`)`
        : `${holes}, filled by \`impute: ${impute}\``;
    }
    case "absent":
      return absenceLine(name ?? "", Object.values(parts ?? {}));
    case "cache-temporary":
      return `${pathText(path ?? "")} cannot be written, so what was prepared is not kept`;
    default:
      return undefined;
  }
}

/** `call is absent in 142 rows (8.6 %), chart in 3 rows (0.2 %)`: all that is absent anywhere, for a line about the table. */
export function absenceText(notes: readonly DataNote[]): string | undefined {
  const texts = new Set<string>();
  for (const { code, facts } of notes) {
    if (code !== "absent") continue;
    const { name = "", parts = {} } = facts as { name?: string; parts?: { readonly [part: string]: Absence } };
    const rows = absentRows(Object.values(parts));
    if (rows !== undefined) texts.add(`${name}${texts.size === 0 ? " is absent" : ""} in ${rows}`);
  }
  return texts.size === 0 ? undefined : [...texts].join(", ");
}

/** `call is absent in 142 rows (8.6 %)` */
function absenceLine(name: string, parts: readonly Absence[]): string | undefined {
  const rows = absentRows(parts);
  return rows === undefined ? undefined : `${tick(name)} is absent in ${rows}`;
}

/** `142 rows (8.6 %)`, or nothing. */
function absentRows(parts: readonly Absence[]): string | undefined {
  const absent = parts.reduce((sum, part) => sum + part.absent, 0);
  const all = parts.reduce((sum, part) => sum + part.of, 0);
  return absent === 0 ? undefined : `${count(absent, "row")} (${share(absent / all)})`;
}
