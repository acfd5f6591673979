/** `mmfc doctor`: what is here, what is missing, what would be faster. */
import { doctorReport } from "../../runtime/engine/index.ts";
import type { Run } from "../define.ts";
import { activity } from "../end.ts";
import { asciiText, paint } from "../terminal.ts";

const colors = { ok: "green", slower: "yellow", missing: "red" } as const;

export const run: Run = async ({ terminal }) => {
  activity.doing = "looking at";
  activity.place = "this machine";
  const lines = await doctorReport();
  if (terminal.json) {
    terminal.outJson({
      lines: lines.filter((line) => line.state !== "sentence"),
      sentence: lines.find((line) => line.state === "sentence")?.text,
    });
    return 0;
  }
  const { out } = terminal.shape;
  for (const { state, text } of lines) {
    const label = state === "sentence" ? "" : paint(colors[state], state.padEnd(10), out);
    terminal.out(`${label}${asciiText(text, out.ascii)}\n`);
  }
  return 0;
};
