/**
 * The small command line of a compiled program: `node program.js train | eval RUN | predict RUN`. Results go to stdout, the
 * way there to stderr; exit codes are mmfc's. The whole command line, with the spec in hand, is cli/.
 */
import { existsSync, readFileSync } from "node:fs";
import path from "node:path";
import { parseArgs } from "node:util";
import { csvLines } from "./artifact/predictions.ts";
import { findUnfinished } from "./artifact/run-folder.ts";
import type { RunSources } from "./artifact/run-writer.ts";
import type { Interruption } from "./command-line-terminal.ts";
import {
  onInterrupt,
  quietReporter,
  reporterFor,
  sayUnfinished,
  sentence,
  tell,
  terminal,
  UsageError,
  withEngineWarning,
} from "./command-line-terminal.ts";
import { countText } from "./evaluate/numbers.ts";
import { renderHeads, renderScorecard } from "./evaluate/scorecard.ts";
import type { Program } from "./program.ts";
import { evalRun, predictRun, resumeRun, trainProgram } from "./run.ts";
import { finishedText, savedText } from "./train/run-text.ts";

const usage = (file: string): string => `Usage: node ${file} COMMAND [options]

train            train the model, judge it, print its scorecard
  --data FILE      another table in place of the program's
  --epochs N       in place of the program's
  --seed N         in place of the program's
  -o, --out DIR    the run's folder (runs/MODEL/TIME-SEED)
  --base DIR       the folder that paths of the data start at
  --no-baselines   the model alone, without its floors
  --resume [RUN]   go on with a stopped run (the newest in runs)
  --threads N      processor threads
  --json           the scorecard as JSON
eval RUN         judge a run on its test rows, or on --data FILE
predict RUN      predict the rows of --data FILE, into -o FILE.csv|jsonl|parquet
`;

/** Runs `argv` on a program whose file is `file`, and ends the process with the exit code. */
export async function runCommandLine(program: Program, file: string, argv: readonly string[]): Promise<void> {
  const shown = path.relative(process.cwd(), file) || file;
  // `| head` closes the pipe; that is no mistake.
  process.stdout.on("error", (error: NodeJS.ErrnoException) => {
    if (error.code === "EPIPE") process.exit(0);
    throw error;
  });
  const stop = onInterrupt();
  try {
    process.exitCode = await runCommand(program, file, shown, argv, stop);
  } catch (error) {
    process.exitCode = tell(error, shown);
  } finally {
    stop.release();
  }
}

async function runCommand(
  program: Program,
  file: string,
  shown: string,
  argv: readonly string[],
  stop: Interruption,
): Promise<number> {
  const [command, ...rest] = argv;
  if (command === undefined || command === "--help" || command === "-h") {
    process.stdout.write(usage(shown));
    return command === undefined ? 2 : 0;
  }
  if (command === "train") return train(program, file, shown, rest, stop);
  if (command === "eval") return evaluate(shown, rest, stop.signal);
  if (command === "predict") return predict(shown, rest, stop.signal);
  throw new UsageError(`no command ${command}; it has train, eval and predict`);
}

async function train(
  program: Program,
  file: string,
  shown: string,
  argv: readonly string[],
  stop: Interruption,
): Promise<number> {
  const { argv: rest, run } = takeResume(argv);
  const { values } = parse(rest, 0, {
    data: { type: "string" },
    epochs: { type: "string" },
    seed: { type: "string" },
    out: { type: "string", short: "o" },
    base: { type: "string" },
    "no-baselines": { type: "boolean" },
    json: { type: "boolean" },
    threads: { type: "string" },
  });
  const seed = whole(values.seed, "--seed", 0);
  const epochs = whole(values.epochs, "--epochs", 1);
  const threads = whole(values.threads, "--threads", 1);
  const json = values.json === true;
  const common = {
    ...(threads !== undefined && { threads }),
    reporter: stop.listen(withEngineWarning(reporterFor(json))),
    install: process.env.CI === undefined ? ("never" as const) : ("auto" as const),
    signal: stop.signal,
  };
  const resumed = run === undefined ? undefined : await chosenRun(run, program, values);
  const out =
    resumed ??
    (values.out as string | undefined) ??
    path.join("runs", program.name, `${timeStamp(new Date())}-${seed ?? program.training.seed}`);
  const training =
    resumed === undefined
      ? trainProgram(program, {
          ...common,
          base: (values.base as string | undefined) ?? baseOf(file),
          ...(values.data !== undefined && { source: values.data as string }),
          ...(epochs !== undefined && { epochs }),
          ...(seed !== undefined && { seed }),
          out,
          baselines: values["no-baselines"] !== true,
          sources: sourcesBeside(file),
        })
      : resumeRun(resumed, { ...common, programJs: readFileSync(file, "utf8") });
  const result = await training.catch((error: unknown) => {
    if ((error as Error | undefined)?.name === "AbortError")
      say(`Stopped before the first step; ${resumed === undefined ? "nothing was written" : `${out} is as it was`}.`);
    throw error;
  });
  if (result.status === "whole") {
    say(finishedText(out, result.epochs));
    return 0;
  }
  for (const { code, facts } of result.notes) if (code === "same-prediction") say(sentence(code, facts, shown));
  const goOn = `Go on: node ${shown} train --resume ${out}`;
  if (result.scorecard === undefined) {
    say(`${savedText(result)} ${goOn}`);
    return 130;
  }
  if (json) process.stdout.write(`${JSON.stringify(result.scorecard, null, 2)}\n`);
  else {
    say("");
    const files = ["graph.mmd", "program.ts", "scorecard.json"].filter((name) => existsSync(path.join(out, name)));
    process.stdout.write(renderScorecard(result.scorecard, { ...terminal(process.stdout), folder: `${out}/`, files }));
  }
  if (result.interrupted) say(`Stopped while its floors were trained; the model is whole. ${goOn}`);
  return result.interrupted ? 130 : 0;
}

function say(line: string): void {
  process.stderr.write(`${line}\n`);
}

/** `--resume` may have a RUN behind it, which Node's own reader of options does not know. */
function takeResume(argv: readonly string[]): { argv: string[]; run?: string } {
  const at = argv.findIndex((arg) => arg === "--resume" || arg.startsWith("--resume="));
  if (at < 0) return { argv: [...argv] };
  const [option = "", next] = [argv[at], argv[at + 1]];
  const behind = option === "--resume" && next !== undefined && !next.startsWith("-");
  const run = option.startsWith("--resume=") ? option.slice("--resume=".length) : behind ? next : "runs";
  return { argv: [...argv.slice(0, at), ...argv.slice(at + (behind ? 2 : 1))], run };
}

/** The run itself, or the newest below that is not finished; the rest is the run's own. */
async function chosenRun(run: string, program: Program, values: { [name: string]: unknown }): Promise<string> {
  const other = ["data", "epochs", "seed", "out", "base", "no-baselines"].find((name) => values[name] !== undefined);
  if (other !== undefined) throw new UsageError(`--${other} does not go with --resume: the run has its own`);
  return findUnfinished(run, ({ model }) => model === program.name);
}

async function evaluate(shown: string, argv: readonly string[], signal: AbortSignal): Promise<number> {
  const { values, positionals } = parse(argv, 1, { data: { type: "string" }, json: { type: "boolean" } });
  const data = values.data as string | undefined;
  const result = await evalRun(positionals[0] as string, {
    ...(data !== undefined && { source: data }),
    reporter: quietReporter(),
    signal,
  });
  sayUnfinished(result.unfinished, shown);
  if (values.json === true) process.stdout.write(`${JSON.stringify(result.scorecard, null, 2)}\n`);
  else {
    const { model, seed, started } = result.environment;
    const { test, validation } = result.scorecard.rows;
    const rows =
      data === undefined
        ? `${countText(validation)} validation, ${countText(test)} test rows`
        : `${path.basename(data)}, ${countText(test)} rows`;
    const options = terminal(process.stdout);
    process.stdout.write(`${model} of ${started.slice(0, 10)}, seed ${seed} ${options.ascii ? "|" : "·"} ${rows}\n\n`);
    const named =
      data === undefined
        ? {}
        : { title: path.basename(data), ...(result.before !== undefined && { before: result.before }) };
    process.stdout.write(renderHeads(result.scorecard, { ...options, ...named }));
  }
  return 0;
}

async function predict(shown: string, argv: readonly string[], signal: AbortSignal): Promise<number> {
  const { values, positionals } = parse(argv, 1, { data: { type: "string" }, out: { type: "string", short: "o" } });
  if (values.data === undefined) throw new UsageError("predict needs --data FILE");
  const out = values.out as string | undefined;
  const { predictions, unfinished } = await predictRun(positionals[0] as string, {
    source: values.data as string,
    ...(out !== undefined && { out }),
    reporter: quietReporter(),
    signal,
  });
  sayUnfinished(unfinished, shown);
  if (out === undefined) for (const line of csvLines(predictions)) process.stdout.write(line);
  else
    process.stderr.write(
      `${out}: ${countText(predictions.rows)} rows, columns ${predictions.columns.map((column) => column.name).join(", ")}\n`,
    );
  return 0;
}

// ---------------------------------------------------------------- arguments

type Options = NonNullable<NonNullable<Parameters<typeof parseArgs>[0]>["options"]>;

function parse(argv: readonly string[], positionals: number, options: Options) {
  let parsed: { values: { [name: string]: unknown }; positionals: string[] };
  try {
    parsed = parseArgs({ args: [...argv], options, allowPositionals: true });
  } catch (error) {
    throw new UsageError((error as Error).message.split(". ")[0] as string);
  }
  if (parsed.positionals.length < positionals) throw new UsageError("the RUN is missing");
  if (parsed.positionals.length > positionals)
    throw new UsageError(`${parsed.positionals[positionals]} is one argument too many`);
  return parsed;
}

function whole(text: unknown, option: string, least: number): number | undefined {
  if (text === undefined) return undefined;
  const value = Number(text);
  if (!Number.isInteger(value) || value < least)
    throw new UsageError(`${option} is a whole number, ${least} or more, not ${String(text)}`);
  return value;
}

/** `mmfc.base` in the package.json beside the program, relative to it; else the working directory. */
function baseOf(file: string): string {
  const folder = path.dirname(file);
  const description = path.join(folder, "package.json");
  if (!existsSync(description)) return process.cwd();
  const { mmfc } = JSON.parse(readFileSync(description, "utf8")) as { mmfc?: { base?: unknown } };
  return typeof mmfc?.base === "string" ? path.resolve(folder, mmfc.base) : process.cwd();
}

/** What `mmfc compile` put beside the program. */
function sourcesBeside(file: string): RunSources {
  const folder = path.dirname(file);
  const read = (name: string): string | undefined => {
    const at = path.join(folder, name);
    return existsSync(at) ? readFileSync(at, "utf8") : undefined;
  };
  const [programText, graphText, irJson, specText] = ["program.ts", "graph.mmd", "ir.json", "spec.mmf"].map(read);
  return {
    programJs: readFileSync(file, "utf8"),
    ...(programText && { programText }),
    ...(graphText && { graphText }),
    ...(irJson && { irJson }),
    ...(specText && { specText }),
  };
}

/** `2026-11-24T05-31-07`, in the local time. */
export function timeStamp(date: Date): string {
  const two = (value: number): string => String(value).padStart(2, "0");
  const day = `${date.getFullYear()}-${two(date.getMonth() + 1)}-${two(date.getDate())}`;
  return `${day}T${two(date.getHours())}-${two(date.getMinutes())}-${two(date.getSeconds())}`;
}
