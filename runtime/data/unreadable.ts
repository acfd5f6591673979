/**
 * Why a file is not a table, in a sentence of ours: looked at before it is loaded (is it text, is it whole, does it unpack
 * to something reasonable) and after DuckDB gave up (which row, which line). Reads files piece by piece, whatever their size.
 */
import { isUtf8 } from "node:buffer";
import { statSync } from "node:fs";
import { count, number, size } from "../../diagnostics/phrase.ts";
import { dialectOf, encodingOf, firstBadRecord, notText, openText, readHead } from "./csv.ts";
import { firstLine } from "./duckdb.ts";
import { firstBadLine } from "./json-lines.ts";
import { problem } from "./problems.ts";
import { formatOf, type SourceFile } from "./source-files.ts";

/** The longest line of a table, in bytes: more is no row, but a file without line breaks. */
export const mostLine = 1 << 24;

/** What a packed table may unpack to: so many times its size, and 1 GB in any case. */
const mostTimes = 200;
const leastLimit = 1_000_000_000;

const about = { statement: "data", property: "source" } as const;

/** `correct`: what helps, where it is not another format. */
export function unreadable(file: SourceFile, why: string, correct?: string): Error {
  const facts = { path: file.shown, why, row: correct === correctRow, ...(correct === undefined ? {} : { correct }) };
  return problem("table-unreadable", about, facts);
}

const correctRow = "correct the row";
const replaceFile = "replace it by a whole one";

/**
 * Reads a text file once, to its end: is it UTF-8 without NUL bytes, is what is packed whole and no bomb. `endless`: it
 * has a line that is longer than a row may be.
 * @throws DataError not-text, table-unreadable
 */
export async function checkText(file: SourceFile): Promise<{ readonly endless: boolean }> {
  const packed = /\.gz$/i.test(file.absolute);
  const most = packed ? Math.max(leastLimit, statSync(file.absolute).size * mostTimes) : Number.POSITIVE_INFINITY;
  let before = 0;
  let line = 0;
  let longest = 0;
  // The start of a character that the piece before ended in.
  let rest: Buffer = Buffer.alloc(0);
  try {
    for await (const piece of openText(file.absolute)) {
      const bytes = rest.length === 0 ? piece : Buffer.concat([rest, piece]);
      const cut = cutCharacter(bytes);
      const text = bytes.subarray(0, bytes.length - cut);
      if (!isUtf8(text) || text.includes(0)) throw noText(file, text, before - rest.length);
      rest = Buffer.from(bytes.subarray(bytes.length - cut));
      before += piece.length;
      const first = piece.indexOf(feed);
      longest = Math.max(longest, line + (first === -1 ? piece.length : first));
      line = first === -1 ? line + piece.length : piece.length - piece.lastIndexOf(feed);
      if (before > most)
        throw unreadable(
          file,
          `it unpacks to more than ${size(most)}, which is ${number(mostTimes)} times its size or more`,
        );
    }
  } catch (error) {
    if (error instanceof Error && error.name === "DataError") throw error;
    const code = (error as NodeJS.ErrnoException).code;
    if (code?.startsWith("Z_") === true) {
      if (before === 0) throw unreadable(file, "it is no gzip data");
      throw unreadable(file, `it is cut off after ${size(before)} of text`, replaceFile);
    }
    throw error;
  }
  if (rest.length > 0) throw noText(file, rest, before - rest.length);
  return { endless: longest > mostLine };
}

const feed = 0x0a;

function noText(file: SourceFile, bytes: Buffer, start: number): Error {
  const bad = notText(bytes, true) ?? { byte: 1, is: `0x${bytes[0]!.toString(16).toUpperCase()}` };
  const from = encodingOf(bytes.subarray(Math.max(0, bad.byte - 1000)));
  const facts = { path: file.shown, byte: start + bad.byte, is: bad.is, from: from ?? "" };
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
  if (noFault(error)) return error;
  const format = formatOf(file.absolute);
  if (format === "delimited") return whyDelimited(message, file, fields, header);
  if (format === "json") {
    const bad = await firstBadLine(file.absolute, mostLine);
    if (bad === "empty") return unreadable(file, "it is empty");
    if (bad !== undefined) return unreadable(file, `line ${number(bad.line)} ${bad.why}`, correctRow);
  }
  if (format === "parquet") return unreadable(file, "it is no Parquet, or it is cut off", replaceFile);
  return unreadable(file, plainLine(error, file));
}

/** DuckDB's line without the names that it gives the file. */
function plainLine(error: unknown, file: SourceFile): string {
  return firstLine(error)
    .replace(/ \(at `read_[^`]*`\)/, "")
    .replace(/\.$/, "")
    .replaceAll(file.absolute, file.shown);
}

/** What is no fault of the text that was run or the file that was read: it is said already, or of the machine. */
export function noFault(error: unknown): boolean {
  if (!(error instanceof Error) || error.name === "DataError") return true;
  return (error as NodeJS.ErrnoException).code !== undefined || outOfMemory(error) || diskFull(error);
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

async function whyDelimited(message: string, file: SourceFile, fields: number, header: boolean): Promise<Error> {
  const bad = fields > 0 ? await whyRecord(file, fields, header) : undefined;
  if (bad !== undefined) return bad;
  const line = /CSV Error on Line: (\d+)/.exec(message)?.[1];
  if (line === undefined) return unreadable(file, plainLine(new Error(message), file));
  const what = /unterminated|quote/i.test(message) ? "a quote is not closed" : "it is not delimited text";
  return unreadable(file, `line ${number(Number(line))}: ${what}`, correctRow);
}

/** The first record that is none, in a sentence. */
export async function whyRecord(file: SourceFile, fields: number, header: boolean): Promise<Error | undefined> {
  const head = await readHead(file.absolute, 1 << 20);
  const { delimiter } = dialectOf(head.bytes.toString("utf8"), file.absolute, header);
  const bad = await firstBadRecord(file.absolute, delimiter, fields, header, mostLine);
  if (bad === undefined) return undefined;
  const row = bad.row === 0 ? "its header" : `row ${number(bad.row)}`;
  switch (bad.what) {
    case "fields": {
      const has = `${row} has ${count(bad.fields, "field")}`;
      return unreadable(file, `${has}, the ${header ? "header" : "first row"} ${number(fields)}`, correctRow);
    }
    case "long":
      return unreadable(file, `${row} is longer than ${size(mostLine)}`, correctRow);
    case "open":
      return unreadable(file, `${row}, line ${number(bad.line)}: a quote is not closed`, correctRow);
    case "after":
      return unreadable(file, `${row}, line ${number(bad.line)}: text goes on after a closing quote`, correctRow);
    case "ends": {
      const why = `its lines end with ${bad.first} first and with ${bad.next} from line ${number(bad.line)} on`;
      return unreadable(file, why, "end all lines alike");
    }
  }
}
