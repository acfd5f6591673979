/**
 * The small command line of a compiled program: `node program.js train | eval RUN | predict RUN`. Results go to stdout, the
 * way there to stderr; exit codes are mmfc's. The whole command line, with the spec in hand, is cli/.
 */
import { existsSync, readFileSync } from "node:fs";
import path from "node:path";
import { parseArgs } from "node:util";
import { type Code, report } from "../diagnostics/catalogue.ts";
import { count } from "../diagnostics/phrase.ts";
import { csvLines } from "./artifact/predictions.ts";
import { RunError } from "./artifact/run-error.ts";
import { findUnfinished } from "./artifact/run-folder.ts";
import type { RunSources } from "./artifact/run-writer.ts";
import { DataError } from "./data/batch.ts";
import { EngineError } from "./engine/engine.ts";
import { countText } from "./evaluate/numbers.ts";
import { renderHeads, renderScorecard } from "./evaluate/scorecard.ts";
import type { Program } from "./program.ts";
import type { Unfinished } from "./run.ts";
import { evalRun, predictRun, resumeRun, trainProgram } from "./run.ts";
import type { Reporter } from "./train/reporter.ts";
import { createBarReporter, createLineReporter, silentReporter } from "./train/reporter.ts";
import { TrainingError } from "./train/training-error.ts";

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

class UsageError extends Error {}

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
  if (command === "train") return train(program, file, rest, stop);
  if (command === "eval") return evaluate(rest, stop.signal);
  if (command === "predict") return predict(rest, stop.signal);
  throw new UsageError(`no command ${command}; it has train, eval and predict`);
}

async function train(program: Program, file: string, argv: readonly string[], stop: Interruption): Promise<number> {
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
  const result =
    resumed === undefined
      ? await trainProgram(program, {
          ...common,
          base: (values.base as string | undefined) ?? baseOf(file),
          ...(values.data !== undefined && { source: values.data as string }),
          ...(epochs !== undefined && { epochs }),
          ...(seed !== undefined && { seed }),
          out,
          baselines: values["no-baselines"] !== true,
          sources: sourcesBeside(file),
        })
      : await resumeRun(resumed, { ...common, programJs: readFileSync(file, "utf8") });
  const say = (line: string): void => void process.stderr.write(`${line}\n`);
  if (result.status === "whole") {
    say(`${out} is finished: ${result.epochs.ended} of ${count(result.epochs.planned, "epoch")}.`);
    return 0;
  }
  for (const { code, facts } of result.notes) if (code === "same-prediction") say(sentence(code, facts));
  const goOn = `Go on: node ${path.relative(process.cwd(), file)} train --resume ${out}`;
  if (result.scorecard === undefined) {
    const { ended, planned } = result.epochs;
    const { done, of } = result.step;
    say(done === 0 ? `Saved after epoch ${ended} of ${planned}. ${goOn}` : `Saved in epoch ${ended + 1}, step ${done} of ${of}. ${goOn}`);
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

async function evaluate(argv: readonly string[], signal: AbortSignal): Promise<number> {
  const { values, positionals } = parse(argv, 1, { data: { type: "string" }, json: { type: "boolean" } });
  const data = values.data as string | undefined;
  const result = await evalRun(positionals[0] as string, {
    ...(data !== undefined && { source: data }),
    reporter: quietReporter(),
    signal,
  });
  sayUnfinished(result.unfinished);
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

async function predict(argv: readonly string[], signal: AbortSignal): Promise<number> {
  const { values, positionals } = parse(argv, 1, { data: { type: "string" }, out: { type: "string", short: "o" } });
  if (values.data === undefined) throw new UsageError("predict needs --data FILE");
  const out = values.out as string | undefined;
  const { predictions, unfinished } = await predictRun(positionals[0] as string, {
    source: values.data as string,
    ...(out !== undefined && { out }),
    reporter: quietReporter(),
    signal,
  });
  sayUnfinished(unfinished);
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

// ---------------------------------------------------------------- terminal

function terminal(stream: NodeJS.WriteStream): { width: number; color: boolean; ascii: boolean } {
  const { NO_COLOR, FORCE_COLOR, MMFC_ASCII, LC_ALL, LC_CTYPE, LANG } = process.env;
  const locale = LC_ALL || LC_CTYPE || LANG || "UTF-8";
  return {
    width: Math.min(100, stream.columns ?? 100),
    color: FORCE_COLOR !== undefined ? FORCE_COLOR !== "0" : NO_COLOR === undefined && stream.isTTY === true,
    ascii: MMFC_ASCII === "1" || (process.platform !== "win32" && !/utf-?8/i.test(locale)),
  };
}

function reporterFor(json: boolean): Reporter {
  if (json) return silentReporter;
  const { stderr } = process;
  const live = stderr.isTTY === true && process.env.CI === undefined && process.env.TERM !== "dumb";
  const options = { stream: stderr, ...terminal(stderr) };
  return live ? createBarReporter(options) : createLineReporter(options);
}

/** Where there is no TensorFlow, the line of the engine is followed by what that means. */
function withEngineWarning(reporter: Reporter): Reporter {
  return {
    ...reporter,
    engine(line) {
      reporter.engine(line);
      if (line.startsWith("tensorflow")) return;
      reporter.warning(
        `Training runs on ${line.startsWith("wasm") ? "wasm" : "the CPU"}, without TensorFlow: the larger the model, the slower.`,
      );
    },
  };
}

/** For `eval` and `predict`: only what takes long is shown. */
function quietReporter(): Reporter {
  const { preparing, prepared, end, warning } = reporterFor(false);
  return { ...silentReporter, preparing, prepared, end, warning };
}

/** Being told to stop: by Ctrl-C, by the system, by a terminal that is closed. */
interface Interruption {
  readonly signal: AbortSignal;
  /** Puts an ear on a training, to say which step is being finished. */
  listen(reporter: Reporter): Reporter;
  release(): void;
}

/** The first time asks, the second ends the process. */
function onInterrupt(): Interruption {
  const controller = new AbortController();
  let [step, end] = [0, (): void => {}];
  const listener = (): void => {
    if (controller.signal.aborted) process.exit(130);
    end();
    if (step > 0) process.stderr.write(`Finishing step ${step}; Ctrl-C again stops at once\n`);
    controller.abort();
  };
  const signals = ["SIGINT", "SIGTERM", "SIGHUP"] as const;
  for (const name of signals) process.on(name, listener);
  return {
    signal: controller.signal,
    listen(reporter) {
      end = reporter.end;
      return {
        ...reporter,
        step(event) {
          step = event.step;
          reporter.step(event);
        },
      };
    },
    release() {
      for (const name of signals) process.off(name, listener);
    },
  };
}

function sayUnfinished(unfinished: Unfinished | undefined): void {
  if (unfinished !== undefined) process.stderr.write(`${sentence("run-unfinished", unfinished)}\n`);
}

/** Says why it stopped; returns the exit code. */
function tell(error: unknown, shown: string): number {
  const say = (text: string): void => void process.stderr.write(`${text}\n`);
  if (error instanceof UsageError) {
    say(`${shown}: ${error.message}\nnode ${shown} --help has its options`);
    return 2;
  }
  if ((error as Error | undefined)?.name === "AbortError") {
    say("Stopped before the first step; nothing was written.");
    return 130;
  }
  if (error instanceof DataError) {
    for (const { code, about, facts, rows, rowCount } of error.problems) {
      const place = [about.statement, about.property, about.column].filter((part) => part !== undefined).join(", ");
      say(sentence(code, facts, ` (${place})`));
      const shown = (rows ?? []).slice(0, 10);
      for (const row of shown)
        say(
          `    row ${countText(row.row)}   ${row.path ?? row.value ?? ""}${row.why === undefined ? "" : `   ${row.why}`}`,
        );
      const all = rowCount ?? rows?.length ?? 0;
      if (all > shown.length) say(`    and ${countText(all - shown.length)} more`);
    }
    return 1;
  }
  if (error instanceof TrainingError) {
    const { layer, ...facts } = error.facts;
    say(sentence(error.code, { ...facts, ...(layer !== undefined && { text: layer }) }));
    if (error.run !== undefined)
      say(`  The weights of epoch ${facts.kept} can be judged: node ${shown} eval ${error.run}`);
    return 1;
  }
  if (error instanceof RunError) {
    const near =
      "near" in error.facts && error.facts.near.length > 0 ? { kind: "few", words: error.facts.near } : undefined;
    say(sentence(error.code, { ...error.facts, near }));
    return 1;
  }
  if (error instanceof EngineError) {
    say(`error engine-unusable\n  ${error.message}`);
    return 3;
  }
  say(process.env.MMFC_DEBUG === "1" ? ((error as Error).stack ?? String(error)) : `internal-error: ${String(error)}`);
  return 70;
}

/** A message of the catalogue without its frame: a program has no spec to draw. */
function sentence(code: string, facts: object, place = ""): string {
  const nowhere = { file: "", start: 0, end: 0 };
  try {
    const { severity, message, help } = report(code as Code, nowhere, facts as never);
    return `${severity} ${code}${place}\n  ${message}${help === undefined ? "" : `\n  help: ${help}`}`;
  } catch {
    // Facts of another shape than the sentence needs are still better than nothing.
    return `error ${code}${place}\n  ${JSON.stringify(facts)}`;
  }
}
