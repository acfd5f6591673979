/**
 * The note under a `full` picture: the sections of the spec, a paragraph each, in lines narrow enough to stand beside it.
 */
import type { Model } from "../../ir/ir.ts";
import type { Line } from "./diagram.ts";
import { indent } from "./text.ts";

const width = 40;

/** `data source: "calls.csv", …` broken after commas at 40 characters, continued after three no-break spaces. */
export function noteOf(model: Model): Line[] {
  return model.sections.flatMap(({ word, text }) => {
    const lines: string[] = [];
    let line = word;
    for (const part of parts(text)) {
      // A part that is too long by itself still stands behind the section's word.
      if (line !== word && line.length + 1 + part.length > width) {
        lines.push(line);
        line = indent + part;
      } else {
        line = `${line} ${part}`;
      }
    }
    lines.push(line);
    return lines.map(
      (each, i): Line => (i === 0 ? [{ text: word, bold: true }, { text: each.slice(word.length) }] : [{ text: each }]),
    );
  });
}

/** Pieces that end in a comma, commas inside strings not counting. */
function parts(text: string): string[] {
  const flat = text.replace(/\s+/g, " ").trim();
  return [...flat.matchAll(/(?:"""[\s\S]*?"""|"(?:[^"\\]|\\.)*"|[^,"])+,?|"/g)]
    .map((match) => match[0].trim())
    .filter((part) => part !== "");
}
