/** From the text of a spec to the programs that train, for the tests of the engines. */
import { compileText } from "../../../compiler/compile.ts";
import { emitTypescript } from "../../../compiler/emit/typescript/index.ts";
import { loadProgram } from "../../../runtime/artifact/load-program.ts";
import * as runtime from "../../../runtime/index.ts";
import type { Program } from "../../../runtime/program.ts";

/** The programs of the models that this version can compile, and the codes of what is wrong with the others. */
export async function programsOf(
  text: string,
  path = "example.mmf",
): Promise<{ readonly programs: readonly Program[]; readonly errors: readonly string[] }> {
  const { models, diagnostics } = await compileText(text, { path });
  const programs: Program[] = [];
  for (const { ir } of models)
    if (ir !== undefined) programs.push(await loadProgram((await emitTypescript(ir))["program.js"], runtime));
  const errors = diagnostics.filter(({ severity }) => severity === "error");
  return { programs, errors: errors.map(({ code, message }) => `${code}: ${message}`) };
}
