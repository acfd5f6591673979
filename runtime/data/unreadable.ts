/**
 * Why a file is not a table, in a sentence of ours: looked at before it is loaded (is it text, is it whole, does it unpack
 * to something reasonable) and after DuckDB gave up (which row, which line). Reads files piece by piece, whatever their size.
 */
import { isUtf8 } from "node:buffer";
import { statSync } from "node:fs";
import { number, size } from "../../diagnostics/phrase.ts";
import { dialectOf, encodingOf, firstBadRecord, notText, openText, readHead } from "./csv.ts";
import { firstLine } from "./duckdb.ts";
import { problem } from "./problems.ts";
import { formatOf, type SourceFile } from "./source-files.ts";

/** The longest line of a table, in bytes: more is no row, but a file without line breaks. */
export const mostLine = 1 << 24;

/** What a packed table may unpack to: so many times its size, and 1 GB in any case. */
const mostTimes = 200;
const leastLimit = 1_000_000_000;

const about = { statement: "data", property: "source" } as const;

/** `at`: what is to be corrected, if not the format: a row, or the names in the header. */
export function unreadable(file: SourceFile, why: string, at?: "row" | "names"): Error {
  const facts = { path: file.shown, why, row: at === "row", ...(at === "names" ? { names: true } : {}) };
  return problem("table-unreadable", about, facts);
}

/**
 * Reads a text file once, to its end: is it UTF-8 without NUL bytes, is what is packed whole and no bomb.
 * @throws DataError not-text, table-unreadable, file-too-large
 */
export async function checkText(file: SourceFile): Promise<void> {
  const packed = /\.gz$/i.test(file.absolute);
  const most = packed ? Math.max(leastLimit, statSync(file.absolute).size * mostTimes) : Number.POSITIVE_INFINITY;
  let before = 0;
  // The start of a character that the piece before ended in.
  let rest: Buffer = Buffer.alloc(0);
  try {
    for await (const piece of openText(file.absolute)) {
      const bytes = rest.length === 0 ? piece : Buffer.concat([rest, piece]);
      const cut = cutCharacter(bytes);
      const text = bytes.subarray(0, bytes.length - cut);
      if (!isUtf8(text) || text.includes(0)) throw noText(file, bytes, before - rest.length);
      rest = Buffer.from(bytes.subarray(bytes.length - cut));
      before += piece.length;
      if (before > most)
        throw problem("file-too-large", about, { files: 1, most: size(most) }, [
          { table: file.shown, row: 0, path: file.shown },
        ]);
    }
  } catch (error) {
    if (error instanceof Error && error.name === "DataError") throw error;
    const code = (error as NodeJS.ErrnoException).code;
    if (code?.startsWith("Z_") === true) {
      throw unreadable(file, before === 0 ? "it is no gzip data" : `its gzip data end after ${size(before)}`);
    }
    throw error;
  }
  if (rest.length > 0) throw noText(file, rest, before - rest.length, true);
}

function noText(file: SourceFile, bytes: Buffer, start: number, whole = false): Error {
  const bad = notText(bytes, whole) ?? { byte: 1, is: `0x${bytes[0]!.toString(16).toUpperCase()}` };
  const from = encodingOf(bytes);
  const facts = { path: file.shown, byte: start + bad.byte, is: bad.is, ...(from === undefined ? {} : { from }) };
  return problem("not-text", about, facts);
}

/** How many bytes at the end begin a character that is not whole. */
function cutCharacter(bytes: Buffer): number {
  for (let back = 1; back <= Math.min(3, bytes.length); back++) {
    const byte = bytes[bytes.length - back]!;
    if (byte < 0x80) return 0;
    if (byte >= 0xc0) return back < (byte >= 0xf0 ? 4 : byte >= 0xe0 ? 3 : 2) ? back : 0;
  }
  return 0;
}

/** Why a file does not load. */
export async function explainUnreadable(
  error: unknown,
  file: SourceFile,
  fields: number,
  header: boolean,
): Promise<unknown> {
  const message = error instanceof Error ? error.message : String(error);
  const { code } = error as NodeJS.ErrnoException;
  // No matter of the file: a stop, rights, a full disk.
  if (!(error instanceof Error) || error.name === "AbortError" || error.name === "DataError") return error;
  if (code !== undefined && !code.startsWith("Z_")) return error;
  if (outOfMemory(error) || diskFull(error)) return error;
  if (formatOf(file.absolute) === "delimited") {
    const why = await whyDelimited(message, file, fields, header);
    if (why !== undefined) return unreadable(file, why, "row");
  }
  const json = /at byte (\d+) in (?:line|record\/value) (\d+): (.*?)\.?(?:\s+Try|$)/m.exec(message);
  if (json !== null) {
    const place = `line ${number(Number(json[2]))}`;
    if (/surrogate|unicode|UTF-?8/i.test(json[3]!)) return unreadable(file, `${place} has half a character: ${json[3]}`, "row");
    return unreadable(file, `${place} is not JSON (byte ${json[1]}: ${json[3]})`, "row");
  }
  if (/maximum_object_size/.test(message)) return unreadable(file, `an object is larger than ${size(mostLine)}`, "row");
  const plain = firstLine(error).replace(/\.$/, "").replaceAll(file.absolute, file.shown);
  return unreadable(file, plain.replace(/(?:^|(?<= ))(?:in |of |for )?file ["']?[^"' ]*["']?[:,]? ?/i, "") || plain);
}

/** DuckDB has no memory for this, with what it was given. */
export function outOfMemory(error: unknown): boolean {
  return error instanceof Error && /^Out of Memory Error/.test(error.message) && !diskFull(error);
}

/** There is no room for a table that does not fit into memory. */
export function diskFull(error: unknown): boolean {
  return (
    error instanceof Error &&
    /No space left|disk (?:is )?full|max_temp_directory_size|failed to offload data block/i.test(error.message)
  );
}

async function whyDelimited(
  message: string,
  file: SourceFile,
  fields: number,
  header: boolean,
): Promise<string | undefined> {
  if (fields > 0) {
    const head = await readHead(file.absolute, 1 << 20);
    const { delimiter } = dialectOf(head.bytes.toString("utf8"), file.absolute, header);
    const bad = await firstBadRecord(file.absolute, delimiter, fields, header, mostLine);
    if (bad !== undefined) {
      const row = bad.row === 0 ? "its header" : `row ${number(bad.row)}`;
      switch (bad.what) {
        case "fields":
          return `${row} has ${number(bad.fields)} ${bad.fields === 1 ? "field" : "fields"}, the ${header ? "header" : "first row"} ${number(fields)}`;
        case "long":
          return `${row} is longer than ${size(mostLine)}`;
        case "open":
          return `${row}, line ${number(bad.line)}: a quote is not closed`;
        case "after":
          return `${row}, line ${number(bad.line)}: text goes on after a closing quote`;
      }
    }
  }
  const line = /CSV Error on Line: (\d+)/.exec(message)?.[1];
  if (line === undefined) return undefined;
  const what = /unterminated|quote/i.test(message) ? "a quote is not closed" : "it is not delimited text";
  return `line ${number(Number(line))}: ${what}`;
}
