/** The listeners of a training and of shorter work, by what the terminal can show. */
import type { Reporter } from "../runtime/train/reporter.ts";
import { createBarReporter, createLineReporter, silentReporter } from "../runtime/train/reporter.ts";
import type { Terminal } from "./terminal.ts";

/** A live line, plain lines, or only what is not to be missed. */
export function reporterOf(terminal: Terminal): Reporter {
  if (terminal.progress === "none") return { ...silentReporter, warning: (line) => terminal.say(`warning ${line}`) };
  const options = { stream: process.stderr, ...terminal.shape.err };
  return terminal.progress === "bar" ? createBarReporter(options) : createLineReporter(options);
}

/** For `eval` and `predict`: only what takes its time. */
export function quietReporterOf(terminal: Terminal): Reporter {
  const { preparing, prepared, engine, warning, end } = reporterOf(terminal);
  return { ...silentReporter, preparing, warning, end, ...(terminal.verbose && { engine, prepared }) };
}
