/** Yes or no, asked on stderr so that stdout stays clean. Callers make sure that somebody is there to answer. */
import { createInterface } from "node:readline/promises";
import { Interrupted } from "./stop.ts";
import type { Terminal } from "./terminal.ts";

/** The default stands in capitals and is what Enter means. */
export async function ask(question: string, byDefault: boolean, terminal: Terminal): Promise<boolean> {
  if (!terminal.interactive) return byDefault;
  const lines = createInterface({ input: process.stdin, output: process.stderr });
  try {
    const answer = await new Promise<string>((resolve, reject) => {
      lines.on("SIGINT", () => reject(new Interrupted()));
      lines.on("close", () => resolve(""));
      lines.question(`${question} [${byDefault ? "Y/n" : "y/N"}] `).then(resolve, reject);
    });
    const word = answer.trim().toLowerCase();
    return word === "" ? byDefault : word === "y" || word === "yes";
  } finally {
    lines.close();
  }
}
