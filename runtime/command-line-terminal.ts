/**
 * What the command line of a compiled program shows, and how it is told to stop: colours and width, progress, Ctrl-C,
 * messages of the catalogue in plain lines, exit codes. Knows no command.
 */
import { type Code, report } from "../diagnostics/catalogue.ts";
import { RunError } from "./artifact/run-error.ts";
import { DataError } from "./data/batch.ts";
import { EngineError } from "./engine/engine.ts";
import { countText } from "./evaluate/numbers.ts";
import type { Unfinished } from "./run.ts";
import type { Reporter } from "./train/reporter.ts";
import { createBarReporter, createLineReporter, silentReporter } from "./train/reporter.ts";
import { TrainingError } from "./train/training-error.ts";

/** A command line that says something else than it means. */
export class UsageError extends Error {}

export function terminal(stream: NodeJS.WriteStream): { width: number; color: boolean; ascii: boolean } {
  const { NO_COLOR, FORCE_COLOR, MMFC_ASCII, LC_ALL, LC_CTYPE, LANG } = process.env;
  const locale = LC_ALL || LC_CTYPE || LANG || "UTF-8";
  return {
    width: Math.min(100, stream.columns ?? 100),
    color: FORCE_COLOR !== undefined ? FORCE_COLOR !== "0" : NO_COLOR === undefined && stream.isTTY === true,
    ascii: MMFC_ASCII === "1" || (process.platform !== "win32" && !/utf-?8/i.test(locale)),
  };
}

export function reporterFor(json: boolean): Reporter {
  if (json) return silentReporter;
  const { stderr } = process;
  const live = stderr.isTTY === true && process.env.CI === undefined && process.env.TERM !== "dumb";
  const options = { stream: stderr, ...terminal(stderr) };
  return live ? createBarReporter(options) : createLineReporter(options);
}

/** Where there is no TensorFlow, the line of the engine is followed by what that means. */
export function withEngineWarning(reporter: Reporter): Reporter {
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
export function quietReporter(): Reporter {
  const { preparing, prepared, end, warning } = reporterFor(false);
  return { ...silentReporter, preparing, prepared, end, warning };
}

/** Being told to stop: by Ctrl-C, by the system, by a terminal that is closed. */
export interface Interruption {
  readonly signal: AbortSignal;
  /** Puts an ear on a training, to say which step is being finished. */
  listen(reporter: Reporter): Reporter;
  release(): void;
}

/** The first time asks, the second ends the process. */
export function onInterrupt(): Interruption {
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

/** Of a run whose training has not come to its end. */
export function sayUnfinished(unfinished: Unfinished | undefined, shown: string): void {
  if (unfinished !== undefined) process.stderr.write(`${sentence("run-unfinished", unfinished, shown)}\n`);
}

/** Says why it stopped; returns the exit code. */
export function tell(error: unknown, shown: string): number {
  const say = (text: string): void => void process.stderr.write(`${text}\n`);
  if (error instanceof UsageError) {
    say(`${shown}: ${error.message}\nnode ${shown} --help has its options`);
    return 2;
  }
  if ((error as Error | undefined)?.name === "AbortError") return 130;
  if (error instanceof DataError) {
    for (const { code, about, facts, rows, rowCount } of error.problems) {
      const place = [about.statement, about.property, about.column].filter((part) => part !== undefined).join(", ");
      say(sentence(code, facts, shown, ` (${place})`));
      const first = (rows ?? []).slice(0, 10);
      for (const row of first)
        say(
          `    row ${countText(row.row)}   ${row.path ?? row.value ?? ""}${row.why === undefined ? "" : `   ${row.why}`}`,
        );
      const all = rowCount ?? rows?.length ?? 0;
      if (all > first.length) say(`    and ${countText(all - first.length)} more`);
    }
    return 1;
  }
  if (error instanceof TrainingError) {
    const { layer, ...facts } = error.facts;
    say(sentence(error.code, { ...facts, ...(layer !== undefined && { text: layer }) }, shown));
    if (error.run !== undefined)
      say(`  The weights of epoch ${facts.kept} can be judged: node ${shown} eval ${error.run}`);
    return 1;
  }
  if (error instanceof RunError) {
    const near =
      "near" in error.facts && error.facts.near.length > 0 ? { kind: "few", words: error.facts.near } : undefined;
    say(sentence(error.code, { ...error.facts, near }, shown));
    return 1;
  }
  if (error instanceof EngineError) {
    say(`error engine-unusable\n  ${error.message}`);
    return 3;
  }
  say(process.env.MMFC_DEBUG === "1" ? ((error as Error).stack ?? String(error)) : `internal-error: ${String(error)}`);
  return 70;
}

/** A message of the catalogue without its frame: a program has no spec to draw. What it says to type is this program. */
export function sentence(code: string, facts: object, shown: string, place = ""): string {
  const nowhere = { file: "", start: 0, end: 0 };
  try {
    const { severity, message, help } = report(code as Code, nowhere, facts as never);
    return `${severity} ${code}${place}\n  ${message}${help === undefined ? "" : `\n  help: ${help.replace(/`mmfc (?=train|eval|predict)/g, `\`node ${shown} `)}`}`;
  } catch {
    // Facts of another shape than the sentence needs are still better than nothing.
    return `error ${code}${place}\n  ${JSON.stringify(facts)}`;
  }
}
