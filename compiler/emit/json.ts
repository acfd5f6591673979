/**
 * The IR as JSON, for other programs. The IR is plain data already; this owns only how the text looks.
 */
import type { Model } from "../ir/ir.ts";

/** Indented JSON with a line break at its end; the same model gives the same bytes. */
export function emitJson(model: Model): string {
  return `${JSON.stringify(model, null, 2)}\n`;
}
