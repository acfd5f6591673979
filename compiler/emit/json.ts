/**
 * The IR as JSON, for other programs. The IR is plain data already; this owns only how the text looks, and that the same
 * spec gives the same bytes wherever it lies.
 */
import type { Model } from "../ir/ir.ts";

/** A span or a line in a file, as the IR has them. */
function isPlace(value: unknown): value is { readonly file: string } {
  if (typeof value !== "object" || value === null || !("file" in value) || typeof value.file !== "string") return false;
  return "line" in value || ("start" in value && "end" in value);
}

/** Indented JSON with a line break at its end. Places name their file without its folders. */
export function emitJson(model: Model): string {
  const short = (_key: string, value: unknown) =>
    isPlace(value) ? { ...value, file: value.file.slice(value.file.lastIndexOf("/") + 1) } : value;
  return `${JSON.stringify(model, short, 2)}\n`;
}
