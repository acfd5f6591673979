/** `mmfc words`: the words of the language by role; with `--role`, each with its sentence. */
import { near } from "../../diagnostics/near.ts";
import { list } from "../../diagnostics/phrase.ts";
import { wrap } from "../../diagnostics/wrap.ts";
import type { Run } from "../define.ts";
import { UsageMistake } from "../stop.ts";
import { allWords } from "../words.ts";

export const run: Run = async ({ options, terminal, command }) => {
  const words = allWords().filter((word) => word.entry?.later !== true);
  const roles = [...new Set(words.map((word) => word.role))];
  const { width } = terminal.shape.out;
  const role = options.role as string | undefined;
  if (role !== undefined && !roles.includes(role)) {
    const found = near(role, roles);
    const write = found.kind === "one" ? found.word : list(roles, "or");
    throw new UsageMistake(command, `no role ${role}; write ${write}`, "mmfc words lists all");
  }
  const shown = words.filter((word) => role === undefined || word.role === role);
  if (terminal.json) terminal.outJson(shown.map(({ name, role, doc }) => ({ word: name, role, doc })));
  else if (role === undefined) {
    for (const each of roles) {
      const names = shown.filter((word) => word.role === each).map((word) => word.name);
      wrap(names.join(" "), width - 14).forEach((line, i) => {
        terminal.out(`${(i === 0 ? each : "").padEnd(14)}${line}\n`);
      });
    }
  } else {
    const column = Math.max(...shown.map((word) => word.name.length)) + 3;
    for (const word of shown) {
      wrap(word.doc, width - column).forEach((line, i) => {
        terminal.out(`${(i === 0 ? word.name : "").padEnd(column)}${line}\n`);
      });
    }
  }
  return 0;
};
