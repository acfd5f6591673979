/** `mmfc predict`: the rows of a table predicted by a run, as CSV on stdout, as JSON lines, or into a file. */

import { once } from "node:events";
import path from "node:path";
import { count, list, path as pathText } from "../../diagnostics/phrase.ts";
import { columnsOfFile, csvLines, jsonLines, type Predictions } from "../../runtime/artifact/predictions.ts";
import { findRun } from "../../runtime/artifact/run-folder.ts";
import { DataError } from "../../runtime/data/batch.ts";
import { predictionColumns, predictRun } from "../../runtime/run.ts";
import { sayDiagnostics } from "../compilation.ts";
import { partNotes } from "../data-notes.ts";
import type { Run } from "../define.ts";
import { activity } from "../end.ts";
import { quietReporterOf } from "../progress.ts";
import { runDiagnostics, sayUnfinished, stopOfData } from "../runs.ts";
import { existing } from "../specs.ts";
import { UsageMistake } from "../stop.ts";
import { assertFree } from "../write.ts";

export const run: Run = async ({ args, options, terminal, command }) => {
  const [given = ""] = args;
  const data = options.data as string | undefined;
  const out = options.out as string | undefined;
  const threads = options.threads as number | undefined;
  const help = "mmfc predict --help has its options";
  if (data === undefined) throw new UsageMistake(command, "--data FILE is missing", help);
  if (out !== undefined && !/\.(?:csv|jsonl|ndjson|parquet)$/i.test(out)) {
    throw new UsageMistake(
      command,
      `--out ends in .csv, .jsonl or .parquet, not in ${path.extname(out) || pathText(out)}`,
      help,
    );
  }
  await existing(data);
  const dir = await findRun(given);
  if (out !== undefined) {
    await assertFree(out, () => isPrediction(out, dir), options.force === true, terminal);
  }
  activity.doing = "predicting with";
  activity.place = dir;
  const { predictions, environment, notes, unfinished } = await predictRun(dir, {
    source: data,
    ...(out !== undefined && { out }),
    ...(threads !== undefined && { threads }),
    reporter: quietReporterOf(terminal),
  }).catch(async (error: unknown) => {
    throw error instanceof DataError ? await stopOfData(dir, error, "Nothing was predicted.") : error;
  });
  const { messages, lines } = partNotes(notes);
  const said = await runDiagnostics(dir, environment.model, messages);
  sayDiagnostics(said.diagnostics, said, terminal);
  for (const line of lines) terminal.detail(line);
  sayUnfinished(unfinished, terminal);
  if (out === undefined) await print(terminal.json ? jsonLines(predictions) : csvLines(predictions));
  else if (terminal.json)
    terminal.outJson({ file: out, rows: predictions.rows, columns: predictions.columns.map((column) => column.name) });
  else if (!terminal.quiet)
    terminal.out(
      `${pathText(out)}: ${count(predictions.rows, "row")}, columns ${columnsText(predictions, terminal.shape.out.ascii)}\n`,
    );
  return 0;
};

/** `id, guess, guess_0 … guess_9` */
function columnsText({ columns }: Predictions, ascii: boolean): string {
  const names = columns.map((column) => column.name);
  if (names.length <= 6) return list(names).replace(" and ", ", ");
  return `${names.slice(0, 3).join(", ")} ${ascii ? "..." : "…"} ${names.at(-1)}`;
}

/** In pieces, and no faster than they are read. */
async function print(lines: Iterable<string>): Promise<void> {
  let piece = "";
  const flush = async (): Promise<void> => {
    if (piece !== "" && !process.stdout.write(piece)) await once(process.stdout, "drain");
    piece = "";
  };
  for (const line of lines) {
    piece += line;
    if (piece.length > 65_536) await flush();
  }
  await flush();
}

/** A prediction says nothing about where it comes from; a file with the very columns to be written is taken for one. */
async function isPrediction(file: string, dir: string): Promise<boolean> {
  const found = await columnsOfFile(file);
  return found !== undefined && found.join("\0") === (await predictionColumns(dir)).join("\0");
}
