/** `mmfc eval`: a run judged again, on its own test rows or on another table. */
import path from "node:path";
import { count } from "../../diagnostics/phrase.ts";
import { findRun } from "../../runtime/artifact/run-folder.ts";
import { DataError } from "../../runtime/data/batch.ts";
import { renderHeads } from "../../runtime/evaluate/scorecard.ts";
import { evalRun } from "../../runtime/run.ts";
import { sayDiagnostics } from "../compilation.ts";
import { partNotes } from "../data-notes.ts";
import type { Run } from "../define.ts";
import { activity } from "../end.ts";
import { quietReporterOf } from "../progress.ts";
import { runDiagnostics, sayUnfinished, stopOfData } from "../runs.ts";
import { existing } from "../specs.ts";

export const run: Run = async ({ args, options, terminal }) => {
  const [given = ""] = args;
  const data = options.data as string | undefined;
  const threads = options.threads as number | undefined;
  if (data !== undefined) await existing(data);
  const dir = await findRun(given);
  activity.doing = "judging";
  activity.place = dir;
  const result = await evalRun(dir, {
    ...(data !== undefined && { source: data }),
    ...(threads !== undefined && { threads }),
    reporter: quietReporterOf(terminal),
  }).catch(async (error: unknown) => {
    throw error instanceof DataError ? await stopOfData(dir, error, "Nothing was judged.") : error;
  });
  const { environment, scorecard, notes, unfinished } = result;
  const { messages, lines } = partNotes(notes);
  const said = await runDiagnostics(dir, environment.model, messages);
  sayDiagnostics(said.diagnostics, said, terminal);
  for (const line of lines) terminal.detail(line);
  sayUnfinished(unfinished, terminal);
  if (terminal.json) {
    terminal.outJson({ ...scorecard, run: dir });
    return 0;
  }
  const { out } = terminal.shape;
  const title = data === undefined ? undefined : path.basename(data);
  const { test, validation } = scorecard.rows;
  const parts = [
    ...(validation > 0 ? [`${count(validation, "row")} of validation`] : []),
    ...(test > 0 ? [`${count(test, "row")} of test`] : []),
  ];
  const rows = title === undefined ? parts.join(", ") : `${title}, ${count(test, "row")}`;
  const first = `${scorecard.model} of ${environment.started.slice(0, 10)}, seed ${environment.seed}`;
  terminal.out(`${first} ${out.ascii ? "|" : "·"} ${rows}\n\n`);
  const named = title === undefined ? {} : { title, ...(result.before !== undefined && { before: result.before }) };
  terminal.out(renderHeads(scorecard, { ...out, ...named }));
  return 0;
};
