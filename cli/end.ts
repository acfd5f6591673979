/**
 * How every command ends: what was thrown becomes messages on the right stream and an exit code. The only place that knows
 * the errors of the runtime by name; those with a place in a spec were turned into Stop by the command before.
 */
import { inspect } from "node:util";
import { type Code, codes, type FactsOf, report } from "../diagnostics/catalogue.ts";
import type { Diagnostic } from "../diagnostics/diagnostic.ts";
import { toJson } from "../diagnostics/formats.ts";
import { near } from "../diagnostics/near.ts";
import { cut } from "../diagnostics/phrase.ts";
import { renderPretty } from "../diagnostics/render.ts";
import { exitCodeOf, exitCodes, Interrupted, nowhere, Stop, stopWith, UsageMistake } from "./stop.ts";
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

function endStop({ diagnostics, files, last }: Stop, terminal: Terminal): number {
  if (terminal.json) terminal.outJson(toJson(diagnostics, files));
  else {
    const frames = renderPretty(diagnostics, files, terminal.shape.err);
    if (frames !== "") terminal.err(last === undefined ? frames.replace(/\n\n$/, "\n") : frames);
    if (last !== undefined) terminal.err(last);
  }
  return exitCodeOf(diagnostics);
}

/** Errors of the runtime and of the system that say what is wrong; the rest is a mistake of ours. */
function stopOf(error: unknown): Stop | undefined {
  if (!(error instanceof Error)) return undefined;
  const coded = error as SystemError & { facts?: unknown };
  if (error.name === "RunError" && isCode(coded.code)) return new Stop([runDiagnostic(coded.code, coded.facts)]);
  if (error.name === "InstallError" || error.name === "EngineError") {
    return new Stop([{ ...plain("engine-unusable", error.message), help: "`mmfc engine` lists what is here" }]);
  }
  if (coded.code === "ENOSPC" || coded.code === "EDQUOT")
    return stopWith("disk-full", { path: shown(coded.path ?? activity.place) });
  const facts = accessFacts(error);
  return facts === undefined ? undefined : stopWith("no-access", facts);
}

type SystemError = Error & NodeJS.ErrnoException;

const whys: { readonly [code: string]: string } = {
  EACCES: "its rights do not allow it",
  EPERM: "its rights do not allow it",
  EROFS: "its disk is read-only",
  ENOTDIR: "a part of the path is a file",
  EISDIR: "it is a folder",
  ELOOP: "its links lead in a circle",
  ENAMETOOLONG: "its name is too long",
  EEXIST: "something else has its name",
  EMFILE: "too many files are open",
  ENFILE: "too many files are open",
  EBUSY: "another process holds it",
  ETXTBSY: "another process holds it",
  EIO: "its disk gives no answer",
  ENXIO: "its disk gives no answer",
  ESTALE: "its disk gives no answer",
};

/** What `no-access` says of an error of the file system; none for what is no such error. */
export function accessFacts(error: unknown): FactsOf<"no-access"> | undefined {
  if (!(error instanceof Error)) return undefined;
  const { code, syscall, path } = error as SystemError;
  if (code === undefined || (syscall === undefined && path === undefined)) return undefined;
  // Whoever deletes the folder that a shell is in takes every relative path with it.
  if (syscall === "uv_cwd") return { path: process.env.PWD ?? "the folder", how: "read", why: "it was deleted" };
  const how = isWriting(error) ? "written" : "read";
  const why =
    code === "ENOENT" ? (syscall === "mkdir" ? "no folder can be made there" : "it is not there") : whys[code];
  return why === undefined ? undefined : { path: shown(path ?? activity.place), how, why };
}

/** Node names the flags of a failed open nowhere; what we write has `.part` at its end. A folder can be opened to be read. */
function isWriting({ code, syscall, path }: SystemError): boolean {
  if (code === "EROFS" || path?.endsWith(".part") === true) return true;
  if (code === "EISDIR" || code === "ENOTDIR")
    return syscall === "open" || (syscall !== undefined && !reading.test(syscall));
  return syscall !== undefined && !reading.test(syscall);
}

const reading = /^(?:open|read|scandir|stat|lstat|fstat|readlink|realpath|access)$/;

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
  const sentence = diagnostic.message.replace(/\.$/, "");
  terminal.err(`${sentence} (internal-error): ${reasonOf(error)}. help: ${diagnostic.help}`);
  if (process.env.MMFC_DEBUG === "1") terminal.err(inspect(error, { depth: 4 }));
  return exitCodes.internal;
}

/** What was thrown, in one line: of a bare `RangeError` its name. */
function reasonOf(error: unknown): string {
  const text = error instanceof Error ? error.message || error.name : inspect(error, { depth: 0 });
  return cut(text.trim().split("\n")[0] as string, 200).replace(/\.$/, "");
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
