/** Which line of a file of JSON lines is none, and why. Reads the file line by line, as text; knows no SQL. */
import { openText } from "./csv.ts";

/**
 * The first line that is not a JSON object; `empty` where there is none at all, nothing where all lines are good, or where
 * the file is not written in lines (an array).
 */
export async function firstBadLine(
  path: string,
  most: number,
): Promise<{ readonly line: number; readonly why: string } | "empty" | undefined> {
  const decoder = new TextDecoder("utf-8");
  let rest = "";
  let line = 0;
  let some = false;
  for await (const piece of openText(path)) {
    const lines = (rest + decoder.decode(piece, { stream: true })).split("\n");
    rest = lines.pop()!;
    for (const one of lines) {
      line++;
      const why = whyNot(one);
      if (why === "array" && !some) return undefined;
      if (why !== undefined) return { line, why };
      some ||= one.trim() !== "";
    }
    if (rest.length > most) return { line: line + 1, why: `is longer than ${most.toLocaleString("en-US")} characters` };
  }
  if (rest.trim() === "") return some ? undefined : "empty";
  const why = whyNot(rest);
  return why === undefined || (why === "array" && !some) ? undefined : { line: line + 1, why };
}

function whyNot(line: string): string | undefined {
  const text = line.trim();
  if (text === "") return undefined;
  if (/^\[\s*(?:$|\{)/.test(text)) return "array";
  let value: unknown;
  try {
    // NaN and infinities are what Python writes; the table takes them as text.
    value = JSON.parse(text.replace(/(?<=[:,[\s])-?(?:NaN|Infinity)(?=\s*[,}\]])/g, "null"));
  } catch (error) {
    const where = /position (\d+)/.exec((error as Error).message)?.[1];
    return where === undefined ? "is not whole JSON" : `is not JSON from character ${Number(where) + 1} on`;
  }
  if (typeof value !== "object" || value === null || Array.isArray(value)) return "is not an object";
  if (/\\u[dD][89a-fA-F]/.test(text) && hasHalf(JSON.stringify(value)))
    return "has half a character (a lone surrogate)";
  return undefined;
}

/** Whether a surrogate stands alone: JSON.stringify writes only those as escapes. */
function hasHalf(json: string): boolean {
  return /\\u[dD][89a-fA-F]/.test(json);
}
