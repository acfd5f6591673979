/** The help screens, from the commands' own words: one for mmfc, one for each command. Prints nothing. */

import { displayWidth } from "../diagnostics/width.ts";
import type { CommandSpec } from "./define.ts";

const labels = 10;
const groups = ["Write", "Look", "Train", "Use", "Machine"] as const;
const common = [
  "Options   -q, --quiet  -v, --verbose  --json  -V, --version",
  "          --color WHEN (auto, always, never)  --progress HOW (auto, bar, lines, none)",
];

/** `mmfc --help` */
export function mainHelp(version: string, commands: readonly CommandSpec[]): string {
  const lines = [
    `mmfc ${version}: multimodal models from a text file`,
    "Usage: mmfc COMMAND [options]            mmfc COMMAND --help has its options and examples",
    "",
  ];
  for (const group of groups) {
    const own = commands.filter((command) => command.group === group);
    own.forEach((command, i) => {
      lines.push(`${(i === 0 ? group : "").padEnd(labels)}${command.name.padEnd(12)}${command.says}`);
    });
  }
  lines.push(...common, "");
  lines.push(
    "mmfc check                    every spec in this folder",
    "mmfc train credit.mmf         its first model",
  );
  return `${lines.join("\n")}\n`;
}

/** `mmfc train --help` */
export function commandHelp(command: CommandSpec): string {
  const usage = ["Usage: mmfc", command.name, ...(command.args ?? []), "[options]"].join(" ");
  const lines = [command.title, command.note === undefined ? usage : `${usage.padEnd(38)}   ${command.note}`];
  if (command.options.length > 0) lines.push("", ...optionLines(command));
  lines.push("");
  const widest = Math.max(...command.examples.filter(([, says]) => says).map(([line]) => line.length), 0);
  for (const [line, says] of command.examples) {
    lines.push(says === undefined ? line : `${line.padEnd(Math.max(widest, 27))}   ${says}`);
  }
  return `${lines.join("\n")}\n`;
}

function optionLines({ options }: CommandSpec): string[] {
  const flags = Math.max(16, ...options.map((option) => displayWidth(option.flags))) + 3;
  const says = Math.max(31, ...options.filter((o) => o.default !== undefined).map((o) => displayWidth(o.says))) + 3;
  return options.map((option) => {
    const start = `${(option.block ?? "").padEnd(labels)}${option.flags.padEnd(flags)}`;
    return option.default === undefined
      ? `${start}${option.says}`
      : `${start}${option.says.padEnd(says)}(${option.default})`;
  });
}
