/** `mmfc fmt`: puts specs into the one style, or says with `--check` which lines would change. */
import { buffer } from "node:stream/consumers";
import { disk } from "../../compiler/compile.ts";
import { formatSpec } from "../../compiler/format.ts";
import { decode, readSpec } from "../../compiler/read.ts";
import type { Context, Run } from "../define.ts";
import { activity } from "../end.ts";
import { isChanged, type Looked, printJson, sayBroken, sayChange, sayCheck, sayNothing } from "../fmt/print.ts";
import { replaceText } from "../replace.ts";
import { findSpecs } from "../specs.ts";
import { exitCodeOf, exitCodes, Stop, UsageMistake } from "../stop.ts";

const STDIN = "-";

export const run: Run = async (context) => {
  const { args, options, terminal, command } = context;
  activity.doing = "formatting";
  if (args.includes(STDIN)) return formatStdin(context);
  const { specs } = await findSpecs(args, command);
  const checks = options.check === true;
  const looked: Looked[] = [];
  let failure: unknown;
  for (const path of specs) {
    activity.place = path;
    try {
      const one = lookAt(path, readSpec(path));
      if (!checks && isChanged(one)) await replaceText(path, one.text);
      looked.push(one);
      if (!terminal.json && isChanged(one)) sayChange(one, checks, terminal);
    } catch (error) {
      // the other specs are not to blame
      if (error instanceof Stop) looked.push({ path, edits: [], diagnostics: error.diagnostics });
      else failure ??= error;
    }
  }
  if (failure !== undefined) throw failure;
  if (terminal.json) printJson(looked, terminal);
  else {
    if (checks) sayCheck(looked, args, terminal);
    sayNothing(looked, terminal);
    sayBroken(looked, checks, terminal);
  }
  return exitCode(looked, checks);
};

async function formatStdin({ args, options, terminal, command }: Context): Promise<number> {
  if (args.length > 1) throw new UsageMistake(command, `${STDIN} reads one spec from stdin, so it stands alone`);
  const path = "stdin";
  activity.place = path;
  const one = lookAt(path, decode(path, await buffer(process.stdin)));
  const checks = options.check === true;
  if (terminal.json) printJson([one], terminal, true);
  else {
    if (!checks) terminal.out(one.text ?? "");
    else if (isChanged(one)) sayChange(one, checks, terminal);
    // what came through a pipe cannot be fixed there
    const diagnostics = one.diagnostics.map(({ fix: _, ...d }) => d);
    sayBroken([{ ...one, diagnostics }], checks, terminal);
  }
  return exitCode([one], checks);
}

function lookAt(path: string, read: ReturnType<typeof readSpec>): Looked {
  // it was there when it was looked for
  if (read === undefined) throw Object.assign(new Error(`${path} is not there`), { code: "ENOENT", path });
  if (typeof read !== "string") {
    return { path, edits: [], diagnostics: [read.at({ file: path, start: 0, end: 0 })] };
  }
  const file = { path, text: read };
  const { text, edits = [], diagnostics = [] } = formatSpec(file, disk);
  return { path, file, edits, diagnostics, ...(text !== undefined && { text }) };
}

function exitCode(looked: readonly Looked[], checks: boolean): number {
  const diagnostics = looked.flatMap((one) => one.diagnostics);
  if (diagnostics.length > 0) return exitCodeOf(diagnostics);
  return checks && looked.some(isChanged) ? exitCodes.wrong : 0;
}
