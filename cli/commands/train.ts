/**
 * `mmfc train`: checks the spec, writes its program, and trains that very program. The program's import of `mmfc/runtime`
 * is bound to the runtime of this installation (runtime/artifact/load-program.ts), wherever the run folder lies.
 */
import path from "node:path";
import { emitJson } from "../../compiler/emit/json.ts";
import { emitMermaid } from "../../compiler/emit/mermaid/emit.ts";
import { loadProgram } from "../../runtime/artifact/load-program.ts";
import { isFree } from "../../runtime/artifact/run-writer.ts";
import * as runtime from "../../runtime/index.ts";
import { trainProgram } from "../../runtime/run.ts";
import { chooseModel, compileSpec, othersLine, sayDiagnostics } from "../compilation.ts";
import type { Run } from "../define.ts";
import { activity } from "../end.ts";
import { openTrainingEngine } from "../engine.ts";
import { modelRows } from "../model-rows.ts";
import { newRunFolder } from "../out-folder.ts";
import { existing, findSpec } from "../specs.ts";
import { carryOut, nothing } from "../train/carry-out.ts";
import { resume } from "../train/resume.ts";
import { mayOverwrite } from "../write.ts";

const unbegun = "Stopped before the first step; nothing was written.";

export const run: Run = async (context) => {
  const { args, options, terminal, command } = context;
  if (options.resume !== undefined) return resume(context);
  activity.stopped = unbegun;
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
  const epochs = options.epochs as number | undefined;
  const given = options.out as string | undefined;
  const out = given ?? newRunFolder(ir.name, seed);
  const free = await isFree(out).catch(() => false);
  if (!free && options.force !== true) await mayOverwrite(out, terminal);

  activity.doing = "training";
  const engine = await openTrainingEngine(options, terminal);
  return carryOut(
    {
      out,
      // The folder above is enough: the newest of its runs that is not finished is taken.
      again: given ?? path.dirname(out),
      model: ir.name,
      ir,
      spec,
      unbegun,
      start: (reporter, signal) =>
        trainProgram(program, {
          engine,
          base: path.dirname(spec.path),
          ...(data !== undefined && { source: data }),
          ...(epochs !== undefined && { epochs }),
          seed,
          out,
          force: !free,
          baselines: options.baselines !== false,
          sources: {
            specText: spec.files.get(spec.path)?.text ?? "",
            programText: emitted["program.ts"],
            programJs: emitted["program.js"],
            graphText: emitMermaid(ir),
            irJson: emitJson(ir),
          },
          modelRows: modelRows(ir),
          reporter,
          signal,
        }),
    },
    terminal,
  );
};
