/** One text from a file of its own: UTF-8, whole, of a size that a text can have. Knows no tokens. */
import type { TextPlan } from "../../plan/plan.ts";
import { notText } from "./csv.ts";
import type { FoundFile } from "./media.ts";
import { TooLarge } from "./reasons.ts";
import { insteadOf } from "./signature.ts";

/** A hundred novels. */
const mostBytes = 100_000_000;

/**
 * Reads a text.
 * @throws TooLarge, FileChanged, or Error with the reason
 */
export async function readText(file: FoundFile): Promise<string> {
  if (file.size > mostBytes) throw new TooLarge("100 MB");
  const bytes = await file.read();
  const bad = notText(bytes, true);
  if (bad === undefined) return bytes.toString("utf8").replace(/^\uFEFF/, "");
  throw new Error(insteadOf(`not UTF-8 text: byte ${bad.byte.toLocaleString("en-US")} is ${bad.is}`, bytes));
}

/** Whether a text has a word: a letter, digit or sign of a script; where signs are the tokens, anything that can be seen. */
export function worded(text: string, tokenizer: TextPlan["tokenizer"]): boolean {
  return (tokenizer === "characters" ? /\S/u : /[\p{L}\p{N}]/u).test(text);
}
