/**
 * `defineProgram`, the last line of every compiled program: the program itself when it is imported, a small command line
 * when Node was started with its file. Light: what runs is imported when it is asked to.
 */
import { realpathSync } from "node:fs";
import { pathToFileURL } from "node:url";
import type { Program } from "./program.ts";

/** Returns the program; `node program.js train | eval | predict` runs it. */
export function defineProgram(program: Program): Program {
  const file = mainFileOnStack();
  if (file !== undefined) {
    // After the program's module has finished, so that all of it is there.
    setImmediate(() => {
      void import("./command-line.ts").then(({ runCommandLine }) =>
        runCommandLine(program, file, process.argv.slice(2)),
      );
    });
  }
  return program;
}

/**
 * The file that Node was started with, if it is the one that calls: a program cannot hand over its `import.meta` without
 * a line more in every program, and its frame is on the stack only while its own top level runs.
 */
function mainFileOnStack(): string | undefined {
  const started = process.argv[1];
  if (started === undefined) return undefined;
  let file: string;
  try {
    file = realpathSync(started);
  } catch {
    return undefined;
  }
  const limit = Error.stackTraceLimit;
  Error.stackTraceLimit = 50;
  const stack = new Error().stack ?? "";
  Error.stackTraceLimit = limit;
  const url = pathToFileURL(file).href;
  return stack.split("\n").some((line) => line.includes(`${url}:`)) ? file : undefined;
}
