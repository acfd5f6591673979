/** `mmfc compile`: a model's program and its other forms, to stdout or as a folder that runs by itself. */
import path from "node:path";
import { emitJson } from "../../compiler/emit/json.ts";
import { emitMermaid } from "../../compiler/emit/mermaid/emit.ts";
import type { Model } from "../../compiler/ir/ir.ts";
import { printIr } from "../../compiler/ir/print.ts";
import { path as pathText } from "../../diagnostics/phrase.ts";
import { packageVersion } from "../../runtime/artifact/version.ts";
import { chooseModel, compileSpec, othersLine, sayDiagnostics } from "../compilation.ts";
import type { Run } from "../define.ts";
import { activity } from "../end.ts";
import { findSpec } from "../specs.ts";
import { type OutFile, writeFiles } from "../write.ts";

type Target = "typescript" | "mermaid" | "ir" | "json";

/** The file of a target inside a folder, and the ending of a path that is such a file itself. */
const files: Record<Exclude<Target, "typescript">, string> = { mermaid: "graph.mmd", ir: "model.ir", json: "ir.json" };

export const run: Run = async ({ args, options, terminal, command }) => {
  const target = (options.target as Target | undefined) ?? "typescript";
  const out = options.out as string | undefined;
  const spec = await compileSpec(await findSpec(args[0], command), { data: false });
  const { ir, others } = chooseModel(spec, options.model, command, "Nothing was compiled");
  sayDiagnostics(spec.diagnostics, spec, terminal);
  activity.doing = "compiling";
  const also = othersLine(spec, others, options.model !== undefined);

  if (out === undefined) {
    const text = await textOf(ir, target);
    if (terminal.json) terminal.outJson({ model: ir.name, target, text });
    else terminal.out(text);
    if (also !== undefined) terminal.say(also);
    return 0;
  }
  const written = await filesOf(ir, target, out, path.dirname(spec.path));
  await writeFiles(written, options.force === true, terminal);
  if (terminal.json) terminal.outJson({ model: ir.name, target, files: written.map((file) => file.path) });
  else {
    terminal.out(lineOf(written, target, out));
    if (also !== undefined) terminal.say(also);
  }
  return 0;
};

async function textOf(ir: Model, target: Target): Promise<string> {
  switch (target) {
    case "typescript":
      return (await programOf(ir))["program.ts"];
    case "mermaid":
      return emitMermaid(ir);
    case "ir":
      return printIr(ir);
    case "json":
      return emitJson(ir);
  }
}

/** ts-morph is large: it is loaded only by who writes a program. */
async function programOf(ir: Model) {
  const { emitTypescript } = await import("../../compiler/emit/typescript/index.ts");
  return emitTypescript(ir);
}

async function filesOf(ir: Model, target: Target, out: string, specFolder: string): Promise<OutFile[]> {
  if (target !== "typescript") {
    const file = files[target];
    const isFile = path.extname(out) === path.extname(file);
    return [{ path: isFile ? out : path.join(out, file), text: await textOf(ir, target) }];
  }
  const { emitPackage } = await import("../../compiler/emit/typescript/index.ts");
  const program = await programOf(ir);
  const base = `${path.relative(out, specFolder).split(path.sep).join("/") || "."}/`;
  const texts = {
    ...program,
    "graph.mmd": emitMermaid(ir),
    "package.json": emitPackage(ir, { version: packageVersion(), base }),
  };
  return Object.entries(texts).map(([name, text]) => ({ path: path.join(out, name), text }));
}

function lineOf(written: readonly OutFile[], target: Target, out: string): string {
  if (target !== "typescript") return `${written.map((file) => pathText(file.path)).join(", ")}\n`;
  const folder = pathText(`${out.replace(/\/+$/, "")}/`);
  const names = written.map((file) => path.basename(file.path)).join(", ");
  // The package is in no registry yet: it is installed from the file that `npm run pack` makes.
  const install = `npm install PATH/mmfc-${packageVersion()}.tgz`;
  return `${folder}: ${names}. Run it: cd ${pathText(out)} && ${install} && node program.js train\n`;
}
