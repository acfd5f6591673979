/** Looks at a table in a process of its own and says what it took: `large-process.ts FOLDER FILE`. */
import path from "node:path";
import type { DataPlan } from "../../../plan/plan.ts";
import { inspectData } from "../../../runtime/data/inspect.ts";

const [base = "", source = ""] = process.argv.slice(2);

const plan: DataPlan = {
  source,
  time: "day",
  split: { by: "time", train: 0.7, validation: 0.15, test: 0.15, apart: "firm" },
  modalities: {
    sheet: {
      type: "tabular",
      numeric: ["n1", "n2", "n3"],
      categorical: ["sector"],
      normalize: "standard",
    },
    words: {
      type: "text",
      column: "note",
      tokenizer: "words",
      lower: true,
      tokens: 20,
      pad: "post",
      output: "ids",
    },
  },
  targets: {
    late: { type: "binary", columns: ["late"] },
    loss: { type: "regression", columns: ["loss"] },
  },
};

const found = await inspectData(plan, { base, cacheDir: path.join(base, ".cache"), threads: 2 });
const problems = found.problems.map(({ code, about, rows, rowCount }) => [
  code,
  about.column,
  rowCount ?? rows?.length ?? 0,
  rows?.length ?? 0,
]);
// Kilobytes on every system that Node runs on.
const peak = Math.round(process.resourceUsage().maxRSS / 1024);
process.stdout.write(JSON.stringify({ rows: found.rows, seconds: found.seconds, peak, problems }));
