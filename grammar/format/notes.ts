/** Writes comments: behind code, on lines of their own, and between two words. Every comment of a text comes through here. */
import type { Page } from "./page.ts";
import type { Note, Word } from "./tree.ts";

/** What goes on after a comment in an odd place stands so far to the right. */
const CONTINUED = 4;

/** Comments on lines of their own. `top`: nothing stands before them in their bracket, so no blank line does. */
export function writeOwn(page: Page, notes: readonly Note[], indent: number, top = false): void {
  notes.forEach((note, i) => {
    if (note.blank && !(top && i === 0)) page.blank();
    page.line(indent);
    page.write(textOf(page, note, indent));
  });
}

/** Comments that end the line of what was written last. */
export function writeTrail(page: Page, notes: readonly Note[], indent: number): void {
  let below = false;
  notes.forEach((note, i) => {
    // two of them cannot share a line if the first goes to its end
    below ||= note.own || notes[i - 1]?.ends === true;
    if (below) {
      page.line(indent);
      page.write(textOf(page, note, indent));
    } else page.comment(textOf(page, note, indent), note.gap);
  });
}

/** Comments on the line of what follows: `flatten` behind a block comment. */
export function writeInline(page: Page, notes: readonly Note[], indent: number): void {
  for (const note of notes) {
    if (note.own && page.started()) page.line(indent + CONTINUED);
    else page.space();
    if (note.ends && !note.own) page.comment(textOf(page, note, indent), note.gap);
    else page.write(textOf(page, note, indent + CONTINUED));
    if (note.ends) page.line(indent + CONTINUED);
    else page.space();
  }
}

/** A word and the comments before it, wherever they stand. */
export function writeWord(page: Page, word: Word, indent: number): void {
  if (word.notes.length > 0) writeInline(page, word.notes, indent);
  page.write(word.text);
}

/** The lines of a block comment with a star before each stand below its first; other comments stay as they are inside. */
function textOf({ ending }: Page, { text }: Note, indent: number): string {
  if (!/[\r\n]/.test(text)) return text;
  const [first = "", ...others] = text.split(/\r\n|\r|\n/).map((line) => line.trimEnd());
  const starred = others.every((line) => /^\s*\*/.test(line));
  return [first, ...others.map((line) => (starred ? `${" ".repeat(indent + 1)}${line.trimStart()}` : line))].join(
    ending,
  );
}
