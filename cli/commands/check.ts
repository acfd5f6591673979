/** `mmfc check`: the mistakes of specs and of the tables they name; with `--fix`, without those that are certain. */
import { tally } from "../../diagnostics/formats.ts";
import { packageVersion } from "../../runtime/artifact/version.ts";
import { type Format, messagesOf, printCheck, printForMachines } from "../check/print.ts";
import { type CheckedSpec, type CheckSettings, checkSpecs } from "../check/run.ts";
import type { Context, Run } from "../define.ts";
import { findSpecs } from "../specs.ts";
import { exitCodeOf, exitCodes, Interrupted, Stop } from "../stop.ts";

export const run: Run = async (context) => {
  if (context.options.watch === true) {
    const { watchChecks } = await import("../check/watch.ts");
    const writes = context.options.fix === true;
    return watchChecks((signal) => check(context, signal), context.terminal, { writes, version: packageVersion() });
  }
  const stopping = new AbortController();
  const listener = (): void => {
    // Who presses it again, or waits for a file that takes its time, is not kept waiting.
    if (stopping.signal.aborted) process.exit(exitCodes.interrupted);
    stopping.abort(new Interrupted());
    setTimeout(() => process.exit(exitCodes.interrupted), 1000).unref();
  };
  process.on("SIGINT", listener);
  try {
    const checked = await check(context, stopping.signal);
    stopping.signal.throwIfAborted();
    checked.print();
    return checked.code;
  } finally {
    process.off("SIGINT", listener);
  }
};

/** What a check found, and how it ends. */
interface Checked {
  readonly specs: readonly CheckedSpec[];
  /** Files or folders that the specs were looked for in. */
  readonly places: readonly string[];
  readonly code: number;
  print(): void;
}

/** @throws Stop, UsageMistake where there is no spec; the signal's reason where it is aborted */
async function check({ args, options, terminal, command }: Context, signal: AbortSignal): Promise<Checked> {
  const format: Format = terminal.json ? "json" : ((options.format as Format | undefined) ?? "pretty");
  const settings: CheckSettings = {
    data: options.data !== false,
    fix: options.fix === true,
    // Progress is for people.
    terminal: format === "pretty" ? terminal : { ...terminal, progress: "none" },
    signal,
  };
  try {
    const { specs: paths, places } = await findSpecs(args, command);
    const specs = await checkSpecs(paths, settings);
    const code = codeOf(specs, options.strict === true);
    return { specs, places, code, print: () => printCheck(specs, format, terminal) };
  } catch (error) {
    if (!(error instanceof Stop) || format === "pretty") throw error;
    const { diagnostics, files } = error;
    const print = (): void => printForMachines(diagnostics, files, format, terminal);
    return { specs: [], places: args, code: exitCodeOf(diagnostics), print };
  }
}

function codeOf(specs: readonly CheckedSpec[], strict: boolean): number {
  const diagnostics = messagesOf(specs);
  const { error, warning } = tally(diagnostics);
  if (error > 0) return exitCodeOf(diagnostics);
  return strict && warning > 0 ? exitCodes.wrong : 0;
}
