/**
 * What a new training and one that goes on have in common on the terminal: progress, Ctrl-C, the scorecard, and what is
 * said of a training that did not come to its end.
 */
import { problemDiagnostics } from "../../compiler/compile.ts";
import type { Model } from "../../compiler/ir/ir.ts";
import { report } from "../../diagnostics/catalogue.ts";
import type { Diagnostic } from "../../diagnostics/diagnostic.ts";
import { tally } from "../../diagnostics/formats.ts";
import { count, path as pathText } from "../../diagnostics/phrase.ts";
import { DataError } from "../../runtime/data/batch.ts";
import { renderScorecard } from "../../runtime/evaluate/scorecard.ts";
import type { TrainResult } from "../../runtime/run.ts";
import type { Reporter } from "../../runtime/train/reporter.ts";
import { savedText } from "../../runtime/train/run-text.ts";
import { TrainingError } from "../../runtime/train/training-error.ts";
import { type CompiledSpec, sayDiagnostics } from "../compilation.ts";
import { partNotes } from "../data-notes.ts";
import type { Context } from "../define.ts";
import { onInterrupt } from "../interrupt.ts";
import { reporterOf } from "../progress.ts";
import { exitCodes, nowhere, Stop } from "../stop.ts";

export const nothing = "Nothing was trained";

export interface Training {
  /** The run's folder, and the shortest way to name it to `--resume`, as typed. */
  readonly out: string;
  readonly again: string;
  /** For messages at their place in the spec. */
  readonly model: string;
  readonly ir?: Model;
  readonly spec: CompiledSpec;
  /** Said if Ctrl-C comes before the first step. */
  readonly unbegun: string;
  start(reporter: Reporter, signal: AbortSignal): Promise<TrainResult>;
}

/** Carries a training out; returns the exit code. */
export async function carryOut(training: Training, terminal: Context["terminal"]): Promise<number> {
  const { out, spec, model } = training;
  const reporter = reporterOf(terminal);
  const goOn = `Go on: mmfc train --resume ${pathText(training.again)}`;
  let step = 0;
  const interruption = onInterrupt(
    () => {
      reporter.end();
      if (step > 0) terminal.say(`Finishing step ${step}; Ctrl-C again stops at once`);
    },
    () => {
      reporter.end();
      if (step > 0) terminal.say(`Stopped at once; the last checkpoint stands. ${goOn}`);
    },
  );
  const listening: Reporter = {
    ...reporter,
    start: (event) => reporter.start({ ...event, out: `${pathText(out)}/` }),
    step(event) {
      step = event.step;
      reporter.step(event);
    },
  };
  try {
    const result = await training.start(listening, interruption.signal);
    const notes = partNotes(result.notes);
    sayDiagnostics(problemDiagnostics(spec, model, notes.messages), spec, terminal);
    for (const line of notes.lines) terminal.say(line);
    if (result.scorecard === undefined) {
      terminal.say(`${savedText(result)} ${goOn}`);
      return exitCodes.interrupted;
    }
    if (terminal.json) terminal.outJson({ ...result.scorecard, run: out });
    else {
      terminal.say("");
      const files = ["graph.mmd", "program.ts", "scorecard.json"];
      terminal.out(renderScorecard(result.scorecard, { ...terminal.shape.out, folder: `${pathText(out)}/`, files }));
    }
    if (result.floorsLeft.length === 0) return 0;
    terminal.say(`Stopped while its floors were trained; the model is whole. ${goOn}`);
    return exitCodes.interrupted;
  } catch (error) {
    reporter.end();
    if (interruption.signal.aborted && isAbort(error)) {
      terminal.say(training.unbegun);
      return exitCodes.interrupted;
    }
    throw stopOf(error, training);
  } finally {
    interruption.release();
  }
}

function isAbort(error: unknown): boolean {
  return error instanceof Error && (error.name === "AbortError" || error.name === "Interrupted");
}

/** What training throws, at its place in the spec; the rest is said by whoever knows it. */
function stopOf(error: unknown, { ir, model, spec, out }: Training): unknown {
  if (error instanceof DataError) {
    const diagnostics = problemDiagnostics(spec, model, error.problems);
    const last = `${nothing}: ${count(tally(diagnostics).error, "error")} in ${pathText(spec.path)}.`;
    return new Stop(diagnostics, spec.files, last);
  }
  if (error instanceof TrainingError) {
    const { epoch, kept } = error.facts;
    const judge =
      error.run === undefined ? "" : ` The weights of epoch ${kept} can be judged: mmfc eval ${pathText(out)}`;
    return new Stop([lossDiagnostic(error, ir, spec)], spec.files, `Stopped in epoch ${epoch}.${judge}`);
  }
  return error;
}

/** The frame of `loss-not-finite`, at the op whose output was not finite first. */
function lossDiagnostic({ facts }: TrainingError, ir: Model | undefined, { files }: Training["spec"]): Diagnostic {
  const { layer, ...rest } = facts;
  const origin = layer === undefined ? undefined : originOf(ir, layer);
  const file = origin === undefined ? undefined : files.get(origin.file);
  if (origin === undefined || file === undefined)
    return report("loss-not-finite", nowhere, { ...rest, ...(layer !== undefined && { text: layer }) });
  return report("loss-not-finite", origin, { ...rest, text: file.text.slice(origin.start, origin.end) });
}

/** Where a layer is written; one inside another is called by both names. */
function originOf(ir: Model | undefined, layer: string): Model["layers"][string]["origin"] | undefined {
  if (ir === undefined) return undefined;
  const inside = Object.keys(ir.layers).filter((id) => layer.startsWith(`${id}/`) || layer.startsWith(`${id}_`));
  return (ir.layers[layer] ?? ir.layers[inside.sort((a, b) => b.length - a.length)[0] ?? ""])?.origin;
}
