/**
 * Breaks sentences into lines of so many cells: never inside backticks or quotes, and never between a word and its number.
 * Knows nothing of diagnostics.
 */
import { displayWidth } from "./width.ts";

/** The lines of `text`, each at most `width` cells, except where one piece alone is wider. */
export function wrap(text: string, width: number): string[] {
  const lines: string[] = [];
  let line = "";
  let cells = 0;
  for (const piece of pieces(text)) {
    const own = displayWidth(piece);
    if (line === "") {
      line = piece;
      cells = own;
    } else if (cells + 1 + own <= width) {
      line += ` ${piece}`;
      cells += 1 + own;
    } else {
      lines.push(line);
      line = piece;
      cells = own;
    }
  }
  lines.push(line);
  return lines;
}

/** What may not be broken: words with all they touch, marked text, and numbers with their word ("line 22", "3 rows"). */
function pieces(text: string): string[] {
  const words = text.match(/(?:`[^`]*`|"[^"]*"|[^\s`"]|[`"])+/g) ?? [];
  const glued: string[] = [];
  for (const word of words) {
    const last = glued[glued.length - 1];
    if (last !== undefined && belongs(last.slice(last.lastIndexOf(" ") + 1), word))
      glued[glued.length - 1] = `${last} ${word}`;
    else glued.push(word);
  }
  return glued;
}

const isNumber = /^-?\d[\d,.]*[).,:;]*$/;

function belongs(before: string, word: string): boolean {
  if (isNumber.test(word)) return /^\(?\p{L}+$/u.test(before);
  return /^\(?-?\d[\d,.]*$/.test(before) && !/[.,]$/.test(before) && /^(?:%|[\p{L}])/u.test(word);
}
