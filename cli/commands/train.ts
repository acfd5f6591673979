/**
 * `mmfc train`: checks the spec, writes its program, and trains that very program. The program's import of `mmfc/runtime`
 * is bound to the runtime of this installation (runtime/artifact/load-program.ts), wherever the run folder lies.
 */
import { readdir } from "node:fs/promises";
import path from "node:path";
import { problemDiagnostics } from "../../compiler/compile.ts";
import { emitJson } from "../../compiler/emit/json.ts";
import { emitMermaid } from "../../compiler/emit/mermaid/emit.ts";
import type { Model } from "../../compiler/ir/ir.ts";
import { report } from "../../diagnostics/catalogue.ts";
import type { Diagnostic } from "../../diagnostics/diagnostic.ts";
import { tally } from "../../diagnostics/formats.ts";
import { count, path as pathText } from "../../diagnostics/phrase.ts";
import { loadProgram } from "../../runtime/artifact/load-program.ts";
import { DataError } from "../../runtime/data/batch.ts";
import { renderScorecard } from "../../runtime/evaluate/scorecard.ts";
import * as runtime from "../../runtime/index.ts";
import { trainProgram } from "../../runtime/run.ts";
import { TrainingError } from "../../runtime/train/training-error.ts";
import { type CompiledSpec, chooseModel, compileSpec, othersLine, sayDiagnostics } from "../compilation.ts";
import { partNotes } from "../data-notes.ts";
import type { Context, Run } from "../define.ts";
import { activity } from "../end.ts";
import { openTrainingEngine } from "../engine.ts";
import { onInterrupt } from "../interrupt.ts";
import { modelRows } from "../model-rows.ts";
import { moveInto, newRunFolder } from "../out-folder.ts";
import { reporterOf } from "../progress.ts";
import { existing, findSpec } from "../specs.ts";
import { exitCodes, nowhere, Stop } from "../stop.ts";
import { mayOverwrite } from "../write.ts";

const nothing = "Nothing was trained";
const stoppedText = "Stopped before the first step; nothing was written.";

export const run: Run = async ({ args, options, terminal, command }) => {
  activity.stopped = stoppedText;
  const data = options.data as string | undefined;
  if (data !== undefined) await existing(data);
  const spec = await compileSpec(await findSpec(args[0], command), {
    data: true,
    severe: true,
    ...(data !== undefined && { source: data }),
  });
  const { ir, others } = chooseModel(spec, options.model, command, nothing);
  sayDiagnostics(spec.diagnostics, spec, terminal);
  const also = othersLine(spec, others, options.model !== undefined);
  if (also !== undefined) terminal.say(also);

  activity.doing = "writing the program of";
  const { emitTypescript } = await import("../../compiler/emit/typescript/index.ts");
  const emitted = await emitTypescript(ir);
  const program = await loadProgram(emitted["program.js"], runtime);

  const seed = (options.seed as number | undefined) ?? ir.training.seed;
  const out = (options.out as string | undefined) ?? newRunFolder(ir.name, seed);
  const folder = await freeFolder(out, options.force === true, terminal);

  activity.doing = "training";
  const engine = await openTrainingEngine(options, terminal);
  const reporter = reporterOf(terminal);
  let step = 0;
  const interruption = onInterrupt(() => {
    reporter.end();
    if (step > 0) terminal.say(`Finishing step ${step}; Ctrl-C again stops at once`);
  });
  const epochs = options.epochs as number | undefined;
  try {
    const result = await trainProgram(program, {
      engine,
      base: path.dirname(spec.path),
      ...(data !== undefined && { source: data }),
      ...(epochs !== undefined && { epochs }),
      seed,
      out: folder,
      baselines: options.baselines !== false,
      sources: {
        specText: spec.files.get(spec.path)?.text ?? "",
        programText: emitted["program.ts"],
        programJs: emitted["program.js"],
        graphText: emitMermaid(ir),
        irJson: emitJson(ir),
      },
      modelRows: modelRows(ir),
      reporter: {
        ...reporter,
        start: (event) => reporter.start({ ...event, out: `${pathText(out)}/` }),
        step(event) {
          step = event.step;
          reporter.step(event);
        },
      },
      signal: interruption.signal,
    });
    if (folder !== out) await moveInto(folder, out);
    const notes = partNotes(result.notes);
    sayDiagnostics(problemDiagnostics(spec, ir.name, notes.messages), spec, terminal);
    for (const line of notes.lines) terminal.say(line);
    if (result.scorecard === undefined) {
      const { ended } = result.epochs;
      terminal.say(`Saved in epoch ${ended + 1}, step ${result.step.done} of ${result.step.of}: ${pathText(out)}`);
      return exitCodes.interrupted;
    }
    if (terminal.json) terminal.outJson({ ...result.scorecard, run: out });
    else {
      terminal.say("");
      const files = ["graph.mmd", "program.ts", "scorecard.json"];
      terminal.out(renderScorecard(result.scorecard, { ...terminal.shape.out, folder: `${pathText(out)}/`, files }));
    }
    return result.interrupted ? exitCodes.interrupted : 0;
  } catch (error) {
    reporter.end();
    if (interruption.signal.aborted && !(error instanceof DataError) && !(error instanceof TrainingError)) {
      terminal.say(stoppedText);
      return exitCodes.interrupted;
    }
    if (error instanceof TrainingError && folder !== out && error.run !== undefined) await moveInto(folder, out);
    throw stopOf(error, ir, spec, out);
  } finally {
    interruption.release();
  }
};

/** The folder to train into: OUT itself, or one beside it where something that is no run is to be written over. */
async function freeFolder(out: string, force: boolean, terminal: Context["terminal"]): Promise<string> {
  const entries = await readdir(out).catch((error: NodeJS.ErrnoException): string[] => {
    if (error.code === "ENOENT") return [];
    throw error;
  });
  if (entries.length === 0 || entries.includes("environment.json")) return out;
  if (!force) await mayOverwrite(out, terminal);
  return `${out.replace(/\/+$/, "")}.${process.pid}.new`;
}

/** What training throws, at its place in the spec; the rest is said by whoever knows it. */
function stopOf(error: unknown, ir: Model, spec: CompiledSpec, out: string): unknown {
  if (error instanceof DataError) {
    const diagnostics = problemDiagnostics(spec, ir.name, error.problems);
    return new Stop(
      diagnostics,
      spec.files,
      `${nothing}: ${count(tally(diagnostics).error, "error")} in ${pathText(spec.path)}.`,
    );
  }
  if (error instanceof TrainingError) {
    const { epoch, kept } = error.facts;
    const judge = kept < 1 ? "" : ` The weights of epoch ${kept} can be judged: mmfc eval ${pathText(out)}`;
    return new Stop([lossDiagnostic(error, ir, spec)], spec.files, `Stopped in epoch ${epoch}.${judge}`);
  }
  return error;
}

/** The frame of `loss-not-finite`, at the op whose output was not finite first. */
function lossDiagnostic({ facts }: TrainingError, ir: Model, { files }: CompiledSpec): Diagnostic {
  const { layer, ...rest } = facts;
  const origin = layer === undefined ? undefined : (ir.layers[layer]?.origin ?? originOfPrefix(ir, layer));
  const file = origin === undefined ? undefined : files.get(origin.file);
  if (origin === undefined || file === undefined) return report("loss-not-finite", nowhere, rest);
  return report("loss-not-finite", origin, { ...rest, text: file.text.slice(origin.start, origin.end) });
}

/** A layer inside another one is called by both names. */
function originOfPrefix(ir: Model, layer: string): Model["layers"][string]["origin"] | undefined {
  const found = Object.keys(ir.layers).filter((id) => layer.startsWith(`${id}/`) || layer.startsWith(`${id}_`));
  return ir.layers[found.sort((a, b) => b.length - a.length)[0] ?? ""]?.origin;
}
