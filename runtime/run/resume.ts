/**
 * A training taken up where its run has it: with the run's own program, table, seed and threads, to the numbers that it
 * would have come to. Says what happens to a Reporter and throws typed errors; prints nothing.
 */
import { readFile } from "node:fs/promises";
import path from "node:path";
import { codeOf } from "../artifact/load-program.ts";
import { RunError } from "../artifact/run-error.ts";
import { isFinished } from "../artifact/run-folder.ts";
import { continueRun, type RunWriter } from "../artifact/run-writer.ts";
import type { Program } from "../program.ts";
import { silentReporter } from "../train/reporter.ts";
import { resumeText } from "../train/run-text.ts";
import type { ModelRows, TrainResult } from "./carry-out.ts";
import { carryOut } from "./carry-out.ts";
import type { CommonOptions } from "./common.ts";
import { asFolder, engineOf } from "./common.ts";
import { brokenPhase, openPhase, type RunPlace } from "./phases.ts";
import { openProgram, placeOf } from "./stored.ts";

export interface ResumeOptions extends CommonOptions {
  /** The program as it is now, where there is one: the run's own must be the same. */
  readonly programJs?: string;
  readonly modelRows?: ModelRows;
}

/** Nothing is left to be trained. */
export interface WholeRun {
  readonly status: "whole";
  readonly dir: string;
  readonly epochs: { readonly ended: number; readonly planned: number };
}

/**
 * Goes on with the training of a run. The threads are those it was begun with, unless the options say otherwise.
 *
 * @param dir the run itself
 * @throws as `trainProgram`; RunError run-missing, run-unreadable, run-in-use, resume-differs
 */
export async function resumeRun(dir: string, options: ResumeOptions = {}): Promise<TrainResult | WholeRun> {
  const reporter = options.reporter ?? silentReporter;
  const { run: stored, program: own } = await openProgram(dir);
  const { environment, fitted } = stored;
  const { seed, engine: then, epochs } = environment;
  const place = placeOf(stored, own);
  if (options.programJs !== undefined && codeOf(options.programJs) !== codeOf(stored.programJs)) {
    const facts = { path: dir, was: ["another program"], here: [`that of ${own.spec}`], spec: own.spec };
    throw new RunError({ code: "resume-differs", facts });
  }
  if (isFinished(environment)) return { status: "whole", dir, epochs };

  const program: Program = { ...own, training: { ...own.training, seed, epochs: epochs.planned } };
  const run = await continueRun(dir);
  try {
    const at = await whereItStands(place, epochs.planned);
    await cutMetrics(run, at.epochsEnded);
    reporter.start({ model: program.name, seed, out: asFolder(dir), from: resumeText(at) });
    const engine = await engineOf({ threads: then.threads, ...options }, reporter);
    if (engine.kind !== then.kind)
      reporter.note(
        `It was begun on ${then.kind} and goes on with ${engine.kind}: the last digits of its numbers may differ.`,
      );
    const { base, source, started, baselines = true, data } = environment;
    return await carryOut({
      run,
      place,
      environment: { program, engine, base, source, started, baselines },
      before: { ...(fitted !== undefined && { fitted }), ...(data !== undefined && { print: data }) },
      ...(options.modelRows !== undefined && { modelRows: options.modelRows }),
      reporter,
      options,
    });
  } catch (error) {
    await run.leave();
    throw error;
  }
}

/** Where a training goes on. */
export interface ResumePoint {
  /** Whole epochs of the model: what metrics.jsonl may speak of. */
  readonly epochsEnded: number;
  /** The model is trained, and so are some floors, maybe all. */
  readonly trained: boolean;
  /** The floor that is next. */
  readonly floor?: string;
  /** Of the training under way, as far as it had begun. */
  readonly position?: { readonly ended: number; readonly step: number; readonly stepsPerEpoch: number };
}

async function whereItStands(place: RunPlace, planned: number): Promise<ResumePoint> {
  const model = await openPhase(place, "model");
  await model?.close();
  if (model === undefined) return { epochsEnded: 0, trained: false };
  const { position, ended } = model;
  if (position.epochs !== planned && ended === undefined)
    throw brokenPhase(place, "model", `is that of ${position.epochs} epochs, not ${planned}`);
  if (ended === undefined) return { epochsEnded: position.ended, trained: false, position };
  for (const floor of place.floors) {
    const found = await openPhase(place, { floor });
    await found?.close();
    if (found?.ended !== undefined) continue;
    return {
      epochsEnded: ended.epochs,
      trained: true,
      floor,
      ...(found !== undefined && { position: found.position }),
    };
  }
  return { epochsEnded: ended.epochs, trained: true };
}

/** Lines of epochs that are trained again go, and a last one that is cut off. */
async function cutMetrics(run: RunWriter, ended: number): Promise<void> {
  const text = await readFile(path.join(run.folder, "metrics.jsonl"), "utf8").catch(() => "");
  const kept = text.split("\n").filter((line) => {
    const epoch = epochOf(line);
    return epoch !== undefined && epoch <= ended;
  });
  const cut = kept.map((line) => `${line}\n`).join("");
  if (cut !== text) await run.write("metrics.jsonl", cut);
}

function epochOf(line: string): number | undefined {
  try {
    const { epoch } = JSON.parse(line) as { epoch?: unknown };
    return typeof epoch === "number" ? epoch : undefined;
  } catch {
    return undefined;
  }
}
