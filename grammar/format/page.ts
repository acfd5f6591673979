/**
 * The lines that the formatter writes: knows columns, blank lines and where comments behind code stand. What is written
 * and where lines break is decided elsewhere.
 */
import { displayWidth } from "../../diagnostics/width.ts";

/** Comments behind code stand at least so far from it. */
const LEAST_GAP = 2;

interface Line {
  readonly indent: number;
  text: string;
  /** Cells up to its end, the indent included; of a text over several lines those of the last. */
  width: number;
  /** Behind the code. */
  comment?: string;
  /** Cells between code and comment: first those that the author left. */
  gap: number;
  /** The bracket or model it stands in. */
  readonly body: number;
}

export interface Page {
  /** The line break that is written. */
  readonly ending: string;
  /** Cells up to here. */
  column(): number;
  /** A text may have several lines: all but its first stay as they are. */
  write(text: string): void;
  /** A space, unless nothing or a space stands before; and so many more. */
  space(more?: number): void;
  /** Begins a line. */
  line(indent: number): void;
  /** A blank line, unless one stands before or nothing does. */
  blank(): void;
  /** A comment that ends the line; `gap` is what the author left before it. */
  comment(text: string, gap: number): void;
  /** The lines begun inside stand in a body of their own. */
  inBody(write: () => void): void;
  /** Whether something stands on the current line. */
  started(): boolean;
  /** All lines, each ended. */
  text(): string;
}

/** @param ending the line break to write */
export function createPage(ending: string): Page {
  const lines: Line[] = [];
  let bodies = 0;
  let body = 0;
  let current = newLine(0, body);

  const write = (text: string): void => {
    current.text += text;
    const cut = Math.max(text.lastIndexOf("\n"), text.lastIndexOf("\r"));
    current.width = cut < 0 ? current.width + displayWidth(text) : displayWidth(text.slice(cut + 1));
  };
  const line = (indent: number): void => {
    if (current.text.trimEnd() !== "") lines.push(current);
    current = newLine(indent, body);
  };
  return {
    ending,
    column: () => current.width,
    write,
    line,
    space(more = 0) {
      if (current.text !== "" && !current.text.endsWith(" ")) write(" ");
      if (more > 0) write(" ".repeat(more));
    },
    blank() {
      line(0);
      if (lines.length > 0 && lines[lines.length - 1]?.text !== "") lines.push(newLine(0, body));
    },
    comment(text, gap) {
      if (current.comment !== undefined) current.comment += ` ${text}`;
      else if (current.text === "") write(text);
      else {
        current.comment = text;
        current.gap = Math.max(gap, LEAST_GAP);
      }
    },
    inBody(writeInside) {
      const outer = body;
      body = ++bodies;
      writeInside();
      body = outer;
    },
    started: () => current.text !== "",
    text() {
      line(0);
      alignComments(lines);
      return lines.map((one) => finish(one) + ending).join("");
    },
  };
}

const newLine = (indent: number, body: number): Line => ({ indent, text: "", width: indent, gap: 0, body });

function finish({ indent, text, comment, gap }: Line): string {
  const code = text.trimEnd();
  if (code === "") return "";
  return " ".repeat(indent) + code + (comment === undefined ? "" : " ".repeat(gap) + comment);
}

/** A line that is a comment and nothing else. */
const isComment = /^(?:\/\/|\/\*.*\*\/$)/s;

/**
 * Puts the comments behind neighbouring lines below each other. The longest of these lines keeps its distance (of several,
 * the smallest), so that comments which stood below each other stay where they were.
 */
function alignComments(lines: readonly Line[]): void {
  let run: Line[] = [];
  let body = -1;
  const close = () => {
    const column = Math.max(...run.map((one) => one.width)) + Math.min(...run.map((one) => one.gap));
    for (const one of run) one.gap = column - one.width;
    run = [];
  };
  for (const one of lines) {
    const breaks = one.body !== body || one.text === "" || isComment.test(one.text) || /[\r\n]/.test(one.text);
    if (breaks && run.length > 0) close();
    body = one.body;
    if (one.comment !== undefined) run.push(one);
  }
  if (run.length > 0) close();
}
