/** `mmfc graph`: a model as a Mermaid diagram, to stdout or into a file. */
import path from "node:path";
import { drawMermaid } from "../../compiler/emit/mermaid/emit.ts";
import { path as pathText } from "../../diagnostics/phrase.ts";
import { chooseModel, compileSpec, othersLine, sayDiagnostics } from "../compilation.ts";
import type { Run } from "../define.ts";
import { activity } from "../end.ts";
import { findSpec } from "../specs.ts";
import { UsageMistake } from "../stop.ts";
import { writeFiles } from "../write.ts";

export const run: Run = async ({ args, options, terminal, command }) => {
  const out = options.out as string | undefined;
  if (out !== undefined && !/\.(?:mmd|mermaid)$/i.test(out)) {
    const ending = path.extname(out);
    const fact = /^\.(?:svg|png|html)$/i.test(ending)
      ? `${ending} is not in this version yet; write .mmd`
      : `--out ends in .mmd, not in ${ending === "" ? pathText(out) : ending}`;
    throw new UsageMistake(command, fact, "mmfc graph --help has its options");
  }
  const spec = await compileSpec(await findSpec(args[0], command), { data: false });
  const { ir, others } = chooseModel(spec, options.model, command, "Nothing was drawn");
  sayDiagnostics(spec.diagnostics, spec, terminal);
  activity.doing = "drawing";
  const asked = (options.detail as "overview" | "blocks" | "full" | undefined) ?? "overview";
  const { text, detail } = drawMermaid(ir, { detail: asked });
  if (out !== undefined) await writeFiles([{ path: out, text }], options.force === true, terminal);

  const coarser = detail === asked ? "" : ` ${asked} is too large for Mermaid.`;
  const also = othersLine(spec, others, options.model !== undefined);
  const line = `${out === undefined ? "" : `${pathText(out)}: `}${ir.name}, ${detail}.${coarser}${also === undefined ? "" : ` ${also}`}`;
  if (terminal.json)
    terminal.outJson({ model: ir.name, detail, ...(out === undefined ? { mermaid: text } : { file: out }) });
  else if (out === undefined) {
    terminal.out(text);
    if (also !== undefined || coarser !== "") terminal.say(line);
  } else if (!terminal.quiet) terminal.out(`${line}\n`);
  return 0;
};
