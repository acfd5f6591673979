/**
 * From `process.argv` to a command with its options, by commander; mistakes become UsageMistake with a near word. Owns
 * what can be typed; does nothing itself.
 */
import { Command, CommanderError, Option } from "commander";
import { near } from "../diagnostics/near.ts";
import { list } from "../diagnostics/phrase.ts";
import { commands, planned } from "./commands.ts";
import type { CommandSpec, OptionSpec } from "./define.ts";
import { commandHelp, mainHelp } from "./help.ts";
import { UsageMistake } from "./stop.ts";
import type { CommonOptions } from "./terminal.ts";

/** What is to be done. */
export type Parsed =
  | { readonly kind: "text"; readonly text: string }
  | {
      readonly kind: "command";
      readonly command: CommandSpec;
      readonly args: readonly string[];
      readonly options: CommonOptions & Readonly<Record<string, unknown>>;
    };

const commonOptions: readonly OptionSpec[] = [
  { flags: "-q, --quiet", says: "result and errors only" },
  { flags: "-v, --verbose", says: "more of what happens" },
  { flags: "--json", says: "one JSON value" },
  { flags: "--color WHEN", says: "auto, always or never", choices: ["auto", "always", "never"] },
  { flags: "--progress HOW", says: "auto, bar, lines or none", choices: ["auto", "bar", "lines", "none"] },
];

/** @throws UsageMistake */
export async function parseCommandLine(argv: readonly string[], version: string): Promise<Parsed> {
  let text = "";
  let parsed: Parsed | undefined;
  const program = new Command("mmfc");
  prepare(program, (written) => {
    text += written;
  });
  program.helpInformation = () => mainHelp(version, commands);
  program.version(version, "-V, --version");
  for (const option of commonOptions) program.addOption(optionOf(option, "").hideHelp());

  for (const command of commands) {
    const sub = program.command(command.name);
    prepare(sub, (written) => {
      text += written;
    });
    sub.helpInformation = () => commandHelp(command);
    for (const argument of command.args ?? []) sub.argument(argumentOf(argument));
    for (const option of [...command.options, ...commonOptions]) sub.addOption(optionOf(option, command.name));
    sub.action(() => {
      const args = sub.processedArgs.flat().filter((arg): arg is string => typeof arg === "string");
      const own = Object.fromEntries(Object.entries(sub.opts()).filter(([, value]) => value !== undefined));
      parsed = { kind: "command", command, args, options: { ...program.opts(), ...own } };
    });
  }

  if (argv.length === 0) return { kind: "text", text: mainHelp(version, commands) };
  // Commander would answer --help, and not say that there is no such command.
  const word = firstWord(argv);
  if (word !== undefined && word !== "help" && !commands.some(({ name }) => name === word)) throw unknownCommand(word);
  try {
    await program.parseAsync([...argv], { from: "user" });
  } catch (error) {
    if (!(error instanceof CommanderError)) throw error;
    if (error.exitCode !== 0) throw mistake(error, argv, program);
  }
  return parsed ?? { kind: "text", text: text === "" ? mainHelp(version, commands) : text };
}

/** Commander throws and stays silent; what it would print, help and version, comes back as text. */
function prepare(command: Command, write: (text: string) => void): void {
  command.exitOverride().configureOutput({ writeOut: write, writeErr: () => undefined, outputError: () => undefined });
  command.showSuggestionAfterError(false).allowExcessArguments(false).helpOption("-h, --help");
}

/** `RUN` as commander writes it: `<RUN>`, `[SPEC]`, `[SPEC...]`. */
function argumentOf(argument: string): string {
  const text = argument.replace("…", "...");
  return text.startsWith("[") ? text : `<${text}>`;
}

function optionOf(spec: OptionSpec, command: string): Option {
  const flags = spec.flags.replace(/ ([A-Z]+)$/, spec.optional === true ? " [$1]" : " <$1>");
  const option = new Option(flags, spec.says);
  const { choices, whole } = spec;
  const name = option.long ?? option.flags;
  if (choices !== undefined) {
    option.argParser((value: string) => {
      if (choices.includes(value)) return value;
      const found = near(value, choices);
      const write = found.kind === "one" ? found.word : list(choices, "or");
      throw new UsageMistake(command, `${name} is not ${value}; write ${write}`);
    });
  }
  if (whole !== undefined) {
    option.argParser((value: string) => {
      if (/^\d+$/.test(value) && Number(value) >= whole && Number.isSafeInteger(Number(value))) return Number(value);
      throw new UsageMistake(command, `${name} is a whole number, ${whole} or more, not ${value}`);
    });
  }
  return option;
}

function mistake(error: CommanderError, argv: readonly string[], program: Command): UsageMistake {
  const name = commands.find((command) => argv.some((arg) => arg === command.name))?.name ?? "";
  const command = program.commands.find((sub) => sub.name() === name) ?? program;
  const quoted = /'([^']*)'/.exec(error.message)?.[1] ?? "";
  switch (error.code) {
    case "commander.unknownCommand":
      return unknownCommand(quoted);
    case "commander.unknownOption":
      return unknownOption(name, quoted, command);
    case "commander.missingArgument":
      return new UsageMistake(name, `${quoted} is missing`, `mmfc ${name} --help shows how it is written`);
    case "commander.optionMissingArgument": {
      const [, flag = quoted, value = "a value"] = /^(?:-\w, )?(--[\w-]+) <(\w+)>/.exec(quoted) ?? [];
      return new UsageMistake(name, `${flag} takes ${value}, and none is there`);
    }
    case "commander.excessArguments": {
      const most = (commands.find((spec) => spec.name === name)?.args ?? []).length;
      const extra = excess(command, most);
      if (command.options.some(({ long }) => long === "--data") && tables.test(extra))
        return new UsageMistake(name, `${extra} is too much; write --data ${extra}`);
      return new UsageMistake(name, most === 0 ? `takes nothing, so ${extra} is too much` : `${extra} is too much`);
    }
    default:
      return new UsageMistake(name, error.message.replace(/^error: /, ""));
  }
}

const tables = /^\S+\.(?:csv|tsv|jsonl|ndjson|json|parquet)(?:\.gz)?$/i;

/** The word where the command's name stands, behind the common options and their values. */
function firstWord(argv: readonly string[]): string | undefined {
  for (let i = 0; i < argv.length; i++) {
    const word = argv[i] as string;
    if (word === "--") return undefined;
    if (!word.startsWith("-")) return word;
    if (word === "--color" || word === "--progress") i++;
  }
  return undefined;
}

function excess(command: Command, most: number): string {
  return command.args.slice(most).join(" ") || "what follows";
}

function unknownCommand(word: string): UsageMistake {
  const found = near(word, [...commands.map((command) => command.name), ...planned.commands]);
  const names = found.kind === "one" ? [found.word] : found.kind === "few" ? found.words : [];
  if (planned.commands.includes(word))
    return new UsageMistake("", `${word} is not in this version yet`, "mmfc --help lists what is");
  const here = names.filter((name) => !planned.commands.includes(name));
  return new UsageMistake("", `no command ${word}${here.length === 0 ? "" : `; write ${list(here, "or")}`}`);
}

function unknownOption(name: string, flag: string, command: Command): UsageMistake {
  const word = flag.replace(/=.*$/, "");
  if (planned.options[name]?.includes(word) === true) {
    return new UsageMistake(name, `${word} is not in this version yet`, `mmfc ${name} --help lists what is`);
  }
  const legal = command.options.flatMap((option) => (option.long ? [option.long] : []));
  const found = near(word, [...legal, "--help"]);
  const names = found.kind === "one" ? [found.word] : found.kind === "few" ? found.words : [];
  return new UsageMistake(name, `no option ${word}${names.length === 0 ? "" : `; write ${list(names, "or")}`}`);
}
