/**
 * Reads a spec from the disk, whatever it is that has its name: the text of a file, or the reason why not. Nothing is
 * read of what is no file or too large, and bytes that are no text are not decoded as if they were.
 */
import { isUtf8 } from "node:buffer";
import { closeSync, constants, fstatSync, openSync, readdirSync, readFileSync, type Stats } from "node:fs";
import { type Code, type Extras, type FactsOf, report } from "../diagnostics/catalogue.ts";
import type { Diagnostic } from "../diagnostics/diagnostic.ts";
import type { Span } from "../diagnostics/span.ts";
import { MOST_BYTES, megabytes } from "../grammar/parse.ts";

/** Why a spec cannot be read; its message, once it has a place. */
export interface Unreadable {
  readonly at: (span: Span) => Diagnostic;
}

/** The text of a file; undefined if there is none. */
export function readSpec(path: string): string | Unreadable | undefined {
  let handle: number;
  try {
    // without O_NONBLOCK a pipe would keep whoever opens it waiting for somebody to write
    handle = openSync(path, constants.O_RDONLY | (constants.O_NONBLOCK ?? 0));
  } catch (error) {
    return refused(path, error as NodeJS.ErrnoException);
  }
  try {
    const found = fstatSync(handle);
    if (!found.isFile()) return noAccess(path, kindOf(found), "name a file");
    if (found.size > MOST_BYTES)
      return unreadable("spec-too-large", { path, has: megabytes(found.size), most: megabytes(MOST_BYTES) });
    return decode(path, readFileSync(handle));
  } catch (error) {
    return refused(path, error as NodeJS.ErrnoException);
  } finally {
    closeSync(handle);
  }
}

/** Names in a folder, for "did you mean"; none if it cannot be read. */
export function listFolder(folder: string): readonly string[] {
  try {
    return readdirSync(folder === "" ? "." : folder);
  } catch {
    // a suggestion less
    return [];
  }
}

function unreadable<C extends Code>(code: C, facts: FactsOf<C>, extras: Extras = {}): Unreadable {
  return { at: (span) => report(code, span, facts, extras) };
}

function noAccess(path: string, why: string, help: string): Unreadable {
  return unreadable("no-access", { path, how: "read", why }, { help });
}

function refused(path: string, error: NodeJS.ErrnoException): Unreadable | undefined {
  switch (error.code) {
    case "ENOENT":
    case "ENOTDIR":
      return undefined;
    case "EISDIR":
      return noAccess(path, "it is a folder", "name a file");
    case "EACCES":
    case "EPERM":
      return noAccess(path, "its rights do not allow it", "change its rights");
    case "ELOOP":
      return noAccess(path, "it is a link that leads back to itself", "name a file");
    case "ENAMETOOLONG":
      return noAccess(path, "its name is too long", "name a file");
    // a pipe or socket that nobody serves
    case "ENXIO":
      return noAccess(path, "it is no file", "name a file");
    default:
      throw error;
  }
}

function kindOf(found: Stats): string {
  if (found.isDirectory()) return "it is a folder";
  if (found.isFIFO()) return "it is a pipe";
  return found.isCharacterDevice() || found.isBlockDevice() ? "it is a device" : "it is no file";
}

/** The text of a spec's bytes, or why they are none. */
export function decode(path: string, bytes: Buffer): string | Unreadable {
  const nul = bytes.indexOf(0);
  if (nul < 0 && isUtf8(bytes)) return bytes.toString("utf8");
  const invalid = firstInvalid(bytes);
  const at = nul < 0 ? invalid : invalid < 0 ? nul : Math.min(nul, invalid);
  const byte = bytes[at] ?? 0;
  const is = `0x${byte.toString(16).toUpperCase().padStart(2, "0")}`;
  const from = encodingOf(bytes);
  const facts = { path, byte: at + 1, is };
  return from === undefined
    ? unreadable("not-text", facts, { help: "save it as UTF-8" })
    : unreadable("not-text", { ...facts, from });
}

/** Where the first byte stands that no UTF-8 text has there; -1 if there is none. */
function firstInvalid(bytes: Buffer): number {
  for (let i = 0; i < bytes.length; ) {
    const lead = bytes[i] as number;
    const length = lead < 0x80 ? 1 : lead >= 0xf0 ? 4 : lead >= 0xe0 ? 3 : 2;
    if (length > 1 && !isUtf8(bytes.subarray(i, i + length))) return i;
    i += length;
  }
  return -1;
}

const chinese = /^[\p{Script=Han}\u3000-\u303f\uff00-\uffef\u2010-\u2027]+$/u;

/** What a text that is not UTF-8 is probably written in, as iconv calls it; undefined for what is no text at all. */
function encodingOf(bytes: Buffer): "UTF-16" | "GB18030" | "LATIN1" | undefined {
  const [first, second] = bytes;
  if ((first === 0xff && second === 0xfe) || (first === 0xfe && second === 0xff)) return "UTF-16";
  // half the bytes of a plain text in UTF-16 are 0
  if (bytes.filter((b) => b === 0).length > bytes.length / 4) return looksWide(bytes) ? "UTF-16" : undefined;
  if (bytes.some((b) => b < 0x20 && b !== 0x09 && b !== 0x0a && b !== 0x0d)) return undefined;
  try {
    const text = new TextDecoder("gb18030", { fatal: true }).decode(bytes);
    if (chinese.test(text.replace(/[\x00-\x7f]+/g, ""))) return "GB18030";
  } catch {
    // it is not that
  }
  return "LATIN1";
}

/** Zeros at every second place only. */
function looksWide(bytes: Buffer): boolean {
  const even = bytes.filter((b, i) => b === 0 && i % 2 === 0).length;
  const odd = bytes.filter((b, i) => b === 0 && i % 2 === 1).length;
  return Math.min(even, odd) === 0;
}
