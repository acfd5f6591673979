/** `mmfc explain`: the page of a word of the language, of a setting or its value, or of the code of a message. */
import { codes } from "../../diagnostics/catalogue.ts";
import { explain } from "../../diagnostics/explain.ts";
import { near } from "../../diagnostics/near.ts";
import { list } from "../../diagnostics/phrase.ts";
import { wrap } from "../../diagnostics/wrap.ts";
import type { Context, Run } from "../define.ts";
import { UsageMistake } from "../stop.ts";
import { paint, type Shape } from "../terminal.ts";
import { allUses, allWords, usePage, type Word, wordPage } from "../words.ts";

export const run: Run = async ({ args, terminal, command }) => {
  const [wanted = ""] = args;
  const code = explain(wanted);
  if (code !== undefined) {
    if (terminal.json) terminal.outJson(code);
    else terminal.out(codePage(code, terminal.shape.out));
    return 0;
  }
  const words = allWords().filter((word) => word.name === wanted);
  const uses = allUses().filter((use) => use.name === wanted);
  if (words.length + uses.length === 0) throw unknown(wanted, command);
  const { out } = terminal.shape;
  if (terminal.json) {
    const all = [...words.map(facts), ...uses.map(({ name, role, of, doc }) => ({ word: name, role, of, doc }))];
    terminal.outJson(all.length === 1 ? (all[0] as object) : all);
  } else
    terminal.out([...words.map((word) => wordPage(word, out)), ...uses.map((use) => usePage(use, out))].join("\n"));
  return 0;
};

function unknown(wanted: string, command: Context["command"]): UsageMistake {
  const found = near(wanted, [...[...allWords(), ...allUses()].map((word) => word.name), ...codes]);
  const names = found.kind === "one" ? [found.word] : found.kind === "few" ? found.words : [];
  return new UsageMistake(
    command,
    `nothing is called ${wanted}${names.length === 0 ? "" : `; write ${list(names, "or")}`}`,
    "mmfc words lists the words",
  );
}

function facts({ name, role, doc, entry }: Word): object {
  const { source, example, params } = entry ?? {};
  return {
    word: name,
    role,
    doc,
    ...(source && { source }),
    ...(example && { example }),
    ...(params && { parameters: params }),
    ...(entry?.later && { later: true }),
  };
}

function codePage(page: NonNullable<ReturnType<typeof explain>>, shape: Shape): string {
  const title = `${paint("bold", page.code, shape)}   ${page.severity}${page.fixable ? ", fixable" : ""}`;
  const block = (label: string, lines: readonly string[]): string[] =>
    lines.flatMap((line, i) => [`${(i === 0 ? label : "").padEnd(10)}${line}`]);
  const wrong = page.wrong.flatMap((line) => (typeof page.bad === "string" ? [line] : wrap(line, shape.width - 10)));
  const right = page.right.flatMap((line) => (typeof page.good === "string" ? [line] : wrap(line, shape.width - 10)));
  return `${[title, ...wrap(page.doc, shape.width), ...block("wrong", wrong), ...block("right", right)].join("\n")}\n`;
}
