/**
 * What a command is: its words for the help screens, its options, and the module that does the work, which is loaded
 * only when the command runs. Commands are described in commands.ts; command-line.ts reads them.
 */
import type { CommonOptions, Terminal } from "./terminal.ts";

/** What a command does. Returns the exit code; throws Stop, UsageMistake, or what its work throws. */
export type Run = (context: Context) => Promise<number>;

export interface Context {
  /** Arguments in order; a variadic one has the rest. */
  readonly args: readonly string[];
  readonly options: CommonOptions & Readonly<Record<string, unknown>>;
  readonly terminal: Terminal;
  /** For messages about mistakes: `train`. */
  readonly command: string;
}

export interface OptionSpec {
  /** `-o, --out DIR`: a word in capitals takes a value. */
  readonly flags: string;
  readonly says: string;
  /** What holds without it, printed in parentheses. */
  readonly default?: string;
  /** The block of the help screen; goes on until the next one. */
  readonly block?: string;
  readonly choices?: readonly string[];
  /** A whole number, at least so much. */
  readonly whole?: number;
  /** The value may be left out. */
  readonly optional?: true;
}

export interface CommandSpec {
  readonly name: string;
  readonly group: "Write" | "Look" | "Train" | "Use" | "Machine";
  /** In the list of commands. */
  readonly says: string;
  /** The first line of its help screen. */
  readonly title: string;
  /** `[SPEC]`, `RUN`, `[SPEC…]`. */
  readonly args?: readonly string[];
  /** Behind the usage line. */
  readonly note?: string;
  readonly options: readonly OptionSpec[];
  /** Command lines, each with what it does where that is not plain. */
  readonly examples: readonly (readonly [line: string, says?: string])[];
  readonly load: () => Promise<{ readonly run: Run }>;
}
