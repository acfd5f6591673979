#!/usr/bin/env node
/**
 * mmfc: reads the command line, runs the command, ends with its exit code. Everything a command needs is loaded by the
 * command.
 */
import { packageVersion } from "../runtime/artifact/version.ts";
import { parseCommandLine } from "./command-line.ts";
import { activity, end } from "./end.ts";
import { exitCodes, stopWith } from "./stop.ts";
import { type CommonOptions, createTerminal } from "./terminal.ts";

const version = packageVersion();
let terminal = createTerminal(writtenCommon(process.argv.slice(2)));

for (const stream of [process.stdout, process.stderr]) {
  stream.on("error", (error: NodeJS.ErrnoException) => {
    // A reader that has seen enough (`mmfc predict … | head`) ends the command quietly.
    if (error.code === "EPIPE") process.exit(process.exitCode ?? 0);
    // Nothing can be said where saying is what went wrong.
    if (stream === process.stderr) process.exit(exitCodes.internal);
    process.exit(end(Object.assign(error, { path: error.path ?? "stdout" }), terminal, version));
  });
}
process.on("SIGINT", interrupted);
// What no command caught ends as all else does: in a sentence, with its code.
process.on("uncaughtException", (error) => process.exit(end(error, terminal, version)));

const code = await main(process.argv.slice(2));
process.exitCode = code;
// A full disk under stdout is told in the next round.
await new Promise((resolve) => setImmediate(resolve));
// What is still in the pipe goes out first; an open engine would keep the process.
process.stdout.write("", () => process.stderr.write("", () => process.exit(code)));

async function main(argv: readonly string[]): Promise<number> {
  try {
    const [major = 0, minor = 0] = process.versions.node.split(".").map(Number);
    if (major < 20 || (major === 20 && minor < 19)) throw stopWith("node-version", { version: process.versions.node });
    const parsed = await parseCommandLine(argv, version);
    if (parsed.kind === "text") {
      terminal.out(parsed.text);
      return 0;
    }
    const { command, args, options } = parsed;
    terminal = createTerminal(options.format === "json" ? { ...options, json: true } : options);
    activity.place = `mmfc ${command.name}`;
    const { run } = await command.load();
    return await run({ args, options, terminal, command: command.name });
  } catch (error) {
    return end(error, terminal, version);
  }
}

/** How to say that the command line itself is wrong: what of it can be seen without reading it. */
function writtenCommon(argv: readonly string[]): CommonOptions {
  return { json: argv.includes("--json") };
}

/** Commands that finish something first take this listener off. What is half written lies aside, under another name. */
function interrupted(): void {
  if (process.listenerCount("SIGINT") > 1) return;
  if (activity.stopped !== undefined) process.stderr.write(`${activity.stopped}\n`);
  process.exit(exitCodes.interrupted);
}
