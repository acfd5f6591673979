/**
 * How a command ends before its time: with messages of the catalogue, with a sentence, or as a mistake of usage. Thrown
 * anywhere below a command, said once by end.ts.
 */
import type { Code, FactsOf } from "../diagnostics/catalogue.ts";
import { report } from "../diagnostics/catalogue.ts";
import type { Diagnostic } from "../diagnostics/diagnostic.ts";
import type { SourceFile } from "../diagnostics/span.ts";

/** Exit codes: 0 fine, and these. */
export const exitCodes = { wrong: 1, usage: 2, machine: 3, internal: 70, interrupted: 130 } as const;

type Files = ReadonlyMap<string, SourceFile>;

/** What was asked for cannot be done, for reasons that stand in the spec, the data, the run or the machine. */
export class Stop extends Error {
  override name = "Stop";
  readonly diagnostics: readonly Diagnostic[];
  readonly files: Files;
  /** Printed below the messages: `Nothing was trained: 2 errors in credit.mmf.` */
  readonly last: string | undefined;
  constructor(diagnostics: readonly Diagnostic[], files: Files = new Map(), last?: string) {
    super(last ?? diagnostics[0]?.message ?? "stopped");
    this.diagnostics = diagnostics;
    this.files = files;
    this.last = last;
  }
}

/** A command line that says something else than it means: two lines on stderr. */
export class UsageMistake extends Error {
  override name = "UsageMistake";
  readonly command: string;
  readonly remedy: string;
  /** @param command `train`, or nothing for mmfc itself; @param fact `no option --modle; write --model` */
  constructor(command: string, fact: string, remedy?: string) {
    super(`${prefix(command)}: ${fact}`);
    this.command = command;
    this.remedy = remedy ?? (command === "" ? "mmfc --help lists them" : `${prefix(command)} --help lists them`);
  }
}

/** Ctrl-C, said by whoever was interrupted. */
export class Interrupted extends Error {
  override name = "Interrupted";
  constructor() {
    super("stopped by Ctrl-C");
  }
}

/** The place of messages that no text is to blame for. */
export const nowhere = { file: "", start: 0, end: 0 } as const;

/** A stop with one message that has no place in a spec. */
export function stopWith<C extends Code>(code: C, facts: FactsOf<C>, last?: string): Stop {
  return new Stop([report(code, nowhere, facts)], new Map(), last);
}

/** 3 where the machine lacks something, 70 where mmfc is wrong, else 1. */
export function exitCodeOf(diagnostics: readonly Diagnostic[]): number {
  const codes = diagnostics.filter((d) => d.severity === "error").map((d) => d.code);
  if (codes.some((code) => code.startsWith("internal-"))) return exitCodes.internal;
  const machine = codes.filter((code) => /^(?:engine|node|ffmpeg)-/.test(code));
  return machine.length > 0 && machine.length === codes.length ? exitCodes.machine : exitCodes.wrong;
}

function prefix(command: string): string {
  return command === "" ? "mmfc" : `mmfc ${command}`;
}
