/**
 * How every command ends: what was thrown becomes messages on the right stream and an exit code. The only place that knows
 * the errors of the runtime by name; those with a place in a spec were turned into Stop by the command before.
 */
import { inspect } from "node:util";
import { type Code, codes, type FactsOf, report } from "../diagnostics/catalogue.ts";
import type { Diagnostic } from "../diagnostics/diagnostic.ts";
import { toJson } from "../diagnostics/formats.ts";
import { near } from "../diagnostics/near.ts";
import { renderPretty } from "../diagnostics/render.ts";
import { exitCodeOf, exitCodes, Interrupted, nowhere, Stop, UsageMistake } from "./stop.ts";
import type { Terminal } from "./terminal.ts";

/** What mmfc is at, for the line about its own mistakes: `checking`, `odd.mmf`. */
export interface Activity {
  doing: string;
  place: string;
  /** What Ctrl-C says while nobody else answers it; without it, nothing. */
  stopped?: string;
}

export const activity: Activity = { doing: "running", place: "mmfc" };

/** Says why a command stopped, and returns its exit code. */
export function end(error: unknown, terminal: Terminal, version: string): number {
  if (error instanceof UsageMistake) {
    terminal.err(`${error.message}\n${error.remedy}`);
    return exitCodes.usage;
  }
  if (error instanceof Interrupted || (error instanceof Error && error.name === "AbortError"))
    return exitCodes.interrupted;
  const stop = error instanceof Stop ? error : stopOf(error);
  if (stop === undefined) return endInternal(error, terminal, version);
  return endStop(stop, terminal);
}

function endStop(stop: Stop, terminal: Terminal): number {
  if (terminal.json) terminal.outJson(toJson(stop.diagnostics, stop.files));
  else {
    terminal.err(
      renderPretty(stop.diagnostics, stop.files, terminal.shape.err).replace(
        /\n\n$/,
        stop.last === undefined ? "\n" : "\n\n",
      ),
    );
    if (stop.last !== undefined) terminal.err(stop.last);
  }
  return exitCodeOf(stop.diagnostics);
}

/** Errors of the runtime and of the system that say what is wrong; the rest is a mistake of ours. */
function stopOf(error: unknown): Stop | undefined {
  if (!(error instanceof Error)) return undefined;
  const coded = error as Error & { code?: string; facts?: unknown; path?: string; syscall?: string };
  if (error.name === "RunError" && isCode(coded.code)) return new Stop([runDiagnostic(coded.code, coded.facts)]);
  if (error.name === "InstallError" || error.name === "EngineError") {
    return new Stop([{ ...plain("engine-unusable", error.message), help: "`mmfc engine` lists what is here" }]);
  }
  const path = shown(coded.path ?? activity.place);
  switch (coded.code) {
    case "ENOSPC":
      return new Stop([{ ...plain("disk-full", `The disk of ${path} is full.`), help: "free some, then try again" }]);
    case "EACCES":
    case "EPERM":
    case "EROFS": {
      const how =
        /^(?:open|read|scandir|stat|lstat)$/.test(coded.syscall ?? "") && !isWriting(coded) ? "read" : "written";
      const why = coded.code === "EROFS" ? "its disk is read-only" : "its rights do not allow it";
      return new Stop([report("no-access", nowhere, { path, how, why })]);
    }
    case "ENOTDIR":
    case "EISDIR":
      return new Stop([
        report("no-access", nowhere, {
          path,
          how: "written",
          why: coded.code === "EISDIR" ? "it is a folder" : "a part of the path is a file",
        }),
      ]);
    default:
      return undefined;
  }
}

/** Node names the flags of a failed open nowhere; what we write has `.part` at its end. */
function isWriting(error: { path?: string }): boolean {
  return error.path?.endsWith(".part") === true;
}

function runDiagnostic(code: Code, facts: unknown): Diagnostic {
  // The facts are those of the runtime's own types; names that lie near become the help's "did you mean".
  const given = facts as { path: string; near?: readonly string[] };
  const found = given.near === undefined ? {} : { near: near(given.path, given.near) };
  return report(code as "run-missing", nowhere, { ...(given as object), ...found } as FactsOf<"run-missing">);
}

function plain(code: Code, message: string): Diagnostic {
  return { code, severity: "error", message, span: nowhere, marks: [], related: [] };
}

/** One line that can be sent to us whole; the stack only with MMFC_DEBUG=1. */
function endInternal(error: unknown, terminal: Terminal, version: string): number {
  const { doing, place } = activity;
  const diagnostic = report("internal-error", nowhere, { version, doing, place, bugs: BUGS_PAGE });
  if (terminal.json) terminal.outJson(toJson([diagnostic], new Map()));
  const reason = error instanceof Error ? error.message.split("\n")[0] : String(error);
  terminal.err(`${diagnostic.message.replace(/\.$/, "")} (internal-error): ${reason}. help: ${diagnostic.help}`);
  if (process.env.MMFC_DEBUG === "1") terminal.err(inspect(error, { depth: 4 }));
  return exitCodes.internal;
}

/** Where mistakes of mmfc are reported. */
const BUGS_PAGE = "the project's issues";

function isCode(code: string | undefined): code is Code {
  return code !== undefined && (codes as readonly string[]).includes(code);
}

/** What is written aside is called by the name that it was to get. */
function shown(path: string): string {
  return path.replace(/\.\d+(?:\.csv)?\.part$/, "");
}
