/**
 * `mmfc train --resume [RUN]`: goes on with a run that was stopped or killed. The run has its own program, table and seed;
 * a spec that has changed since is said, and never silently left out.
 */
import { readFile } from "node:fs/promises";
import path from "node:path";
import type { Model } from "../../compiler/ir/ir.ts";
import { path as pathText } from "../../diagnostics/phrase.ts";
import { codeOf } from "../../runtime/artifact/load-program.ts";
import { RunError } from "../../runtime/artifact/run-error.ts";
import type { StoredRun } from "../../runtime/artifact/run-folder.ts";
import { findUnfinished, isFinished, openRun } from "../../runtime/artifact/run-folder.ts";
import { packageVersion } from "../../runtime/artifact/version.ts";
import type { TrainResult, WholeRun } from "../../runtime/run.ts";
import { resumeRun } from "../../runtime/run.ts";
import { finishedText } from "../../runtime/train/run-text.ts";
import { type CompiledSpec, compileSpec } from "../compilation.ts";
import type { Context } from "../define.ts";
import { activity } from "../end.ts";
import { openTrainingEngine } from "../engine.ts";
import { modelRows } from "../model-rows.ts";
import { UsageMistake } from "../stop.ts";
import { carryOut } from "./carry-out.ts";

/** What a run has of its own, so that it comes to the numbers it was begun for. */
const fixed: readonly (readonly [option: string, flag: string])[] = [
  ["data", "--data"],
  ["epochs", "--epochs"],
  ["seed", "--seed"],
  ["out", "--out"],
  ["force", "--force"],
];

export async function resume({ args, options, terminal, command }: Context): Promise<number> {
  const flags = fixed.filter(([name]) => options[name] !== undefined && options[name] !== false);
  const flag = options.baselines === false ? "--no-baselines" : flags[0]?.[1];
  if (flag !== undefined)
    throw new UsageMistake(
      command,
      `${flag} does not go with --resume: the run has its own`,
      "leave it out, or start a new run",
    );
  const dir = await chosenRun(args[0], options, command);
  activity.doing = "resuming";
  activity.place = dir;
  const stored = await openRun(dir);
  const { environment } = stored;
  const name = pathText(dir);
  if (isFinished(environment)) {
    if (terminal.json) terminal.outJson({ ...(stored.scorecard as object | undefined), run: dir });
    else terminal.say(finishedText(name, environment.epochs));
    return 0;
  }
  const { spec, ir } = await specOf(stored);
  const threads = (options.threads as number | undefined) ?? environment.engine.threads;
  const engine = await openTrainingEngine({ ...options, threads }, terminal);
  return carryOut(
    {
      out: dir,
      again: dir,
      model: environment.model,
      ...(ir !== undefined && { ir }),
      spec,
      unbegun: `Stopped before the first step; ${name} is as it was.`,
      async start(reporter, signal) {
        const rows = ir === undefined ? {} : { modelRows: modelRows(ir) };
        return trained(await resumeRun(dir, { engine, ...rows, reporter, signal }));
      },
    },
    terminal,
  );
}

/** RUN, or the newest in ./runs; beside a SPEC or a model, the newest of those. */
async function chosenRun(spec: string | undefined, options: Context["options"], command: string): Promise<string> {
  const run = typeof options.resume === "string" && options.resume !== "" ? options.resume : "runs";
  const model = options.model as string | undefined;
  const wanted = [...(spec === undefined ? [] : [pathText(spec)]), ...(model === undefined ? [] : [`model ${model}`])];
  return findUnfinished(
    run,
    (environment) =>
      (spec === undefined || environment.spec === path.basename(spec)) &&
      (model === undefined || environment.model === model),
  ).catch((error: unknown) => {
    if (wanted.length === 0 || !(error instanceof RunError)) throw error;
    const fact = `no run of ${wanted.join(", ")} is in ${pathText(run)}`;
    throw new UsageMistake(command, fact, `mmfc ${command} --help shows how to name one`);
  });
}

/** The process that finishes it in between is hardly ever met. */
function trained(result: TrainResult | WholeRun): TrainResult {
  if (result.status !== "whole") return result;
  throw new RunError({
    code: "run-unreadable",
    facts: { path: result.dir, why: "another process has just finished it" },
  });
}

/**
 * The spec that the run was trained from, for its table and its messages: the user's own file, which must still say the
 * same, else the copy in the run.
 */
async function specOf(run: StoredRun): Promise<{ spec: CompiledSpec; ir?: Model }> {
  const { environment } = run;
  const own = path.relative(process.cwd(), path.join(environment.base, environment.spec));
  const text = await readFile(own, "utf8").catch(() => undefined);
  if (text === undefined) return compiled(path.join(run.dir, "spec.mmf"), environment.model);
  const found = await compiled(own, environment.model);
  if (!(await saysTheSame(run, text, found.ir))) {
    const facts = { path: run.dir, was: [`another ${environment.spec}`], here: ["a changed one"], spec: own };
    throw new RunError({ code: "resume-differs", facts });
  }
  return found;
}

async function compiled(file: string, model: string): Promise<{ spec: CompiledSpec; ir?: Model }> {
  const spec = await compileSpec(file, { data: false });
  const ir = spec.models.find(({ name }) => name === model)?.ir;
  return { spec, ...(ir !== undefined && { ir }) };
}

/** Comments and spaces may differ, as long as the same program comes of it; another mmfc writes another program anyway. */
async function saysTheSame(run: StoredRun, text: string, ir: Model | undefined): Promise<boolean> {
  const same = text === (await readFile(path.join(run.dir, "spec.mmf"), "utf8").catch(() => undefined));
  if (run.environment.mmfc !== packageVersion()) return same;
  if (ir === undefined) return false;
  const { emitTypescript } = await import("../../compiler/emit/typescript/index.ts");
  return codeOf((await emitTypescript(ir))["program.js"]) === codeOf(run.programJs);
}
