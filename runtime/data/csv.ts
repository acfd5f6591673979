/**
 * The few things about delimited text that must be known before a table is loaded: its delimiter, its header, its encoding,
 * and, when the load stops, which row is at fault. Reads bytes and knows no SQL; the rows themselves are read by DuckDB (source.ts).
 */
import { isUtf8 } from "node:buffer";
import { createReadStream } from "node:fs";
import { createGunzip } from "node:zlib";

/** The first bytes of a file, unpacked if its name ends in .gz. `whole` if that is all there is. */
export async function readHead(path: string, limit: number): Promise<{ bytes: Buffer; whole: boolean }> {
  const chunks: Buffer[] = [];
  let length = 0;
  let whole = true;
  for await (const chunk of openText(path)) {
    chunks.push(chunk);
    length += chunk.length;
    if (length > limit) {
      whole = false;
      break;
    }
  }
  const bytes = Buffer.concat(chunks);
  return { bytes: whole ? bytes : bytes.subarray(0, limit), whole };
}

/** The bytes of a file in pieces, unpacked if its name ends in .gz. */
export async function* openText(path: string): AsyncGenerator<Buffer> {
  const file = createReadStream(path, { highWaterMark: 1 << 18 });
  if (!/\.gz$/i.test(path)) {
    for await (const chunk of file) yield chunk as Buffer;
    return;
  }
  const unpacked = file.pipe(createGunzip());
  file.on("error", (error) => unpacked.destroy(error));
  try {
    for await (const chunk of unpacked) yield chunk as Buffer;
  } finally {
    file.destroy();
    unpacked.destroy();
  }
}

/** Position and value of the first byte that is not UTF-8 text, if there is one: `{ byte: 1204, is: "0xC4" }`. */
export function notText(bytes: Buffer, whole: boolean): { byte: number; is: string } | undefined {
  const nul = bytes.indexOf(0);
  // A character may be cut at the end of the head: up to three bytes are forgiven there.
  let end = bytes.length;
  if (!whole) while (end > 0 && bytes.length - end < 3 && !isUtf8(bytes.subarray(0, end))) end--;
  const text = bytes.subarray(0, end);
  if (isUtf8(text)) return nul === -1 ? undefined : { byte: nul + 1, is: "0x00" };
  let low = 0;
  let high = text.length;
  // The longest prefix that is text, cut characters counting as text.
  while (low < high) {
    const middle = (low + high + 1) >> 1;
    let good = false;
    for (let back = 0; back < 4 && !good; back++) good = isUtf8(text.subarray(0, middle - back));
    if (good) low = middle;
    else high = middle - 1;
  }
  let start = low;
  while (start > 0 && low - start < 4 && !isUtf8(text.subarray(0, start))) start--;
  const at = Math.min(start, text.length - 1);
  return { byte: at + 1, is: `0x${text[at]!.toString(16).toUpperCase().padStart(2, "0")}` };
}

/** Splits delimited text into records; a quoted field may hold delimiters, line breaks and doubled quotes. Empty lines are no records. */
export function* parseRecords(text: string, delimiter: string): Generator<string[]> {
  const parser = createRecordParser(delimiter);
  yield* parser.push(text);
  yield* parser.end();
}

interface RecordParser {
  push(text: string): Generator<string[]>;
  end(): Generator<string[]>;
}

function createRecordParser(delimiter: string): RecordParser {
  let field = "";
  let record: string[] = [];
  let quoted = false;
  let pending = false; // a quote inside a quoted field that may be doubled or close it
  let started = false;
  let afterReturn = false;
  return {
    *push(text) {
      for (let i = 0; i < text.length; i++) {
        const c = text[i]!;
        if (pending) {
          pending = false;
          if (c === '"') {
            field += '"';
            continue;
          }
          quoted = false;
        }
        if (quoted) {
          if (c === '"') pending = true;
          else field += c;
          continue;
        }
        if (c === "\n" && afterReturn) {
          afterReturn = false;
          continue;
        }
        afterReturn = c === "\r";
        if (c === delimiter) {
          record.push(field);
          field = "";
          started = true;
        } else if (c === "\n" || c === "\r") {
          if (started || field !== "") {
            record.push(field);
            yield record;
          }
          record = [];
          field = "";
          started = false;
        } else if (c === '"' && field === "") {
          quoted = true;
          started = true;
        } else {
          field += c;
          started = true;
        }
      }
    },
    *end() {
      if (started || field !== "") {
        record.push(field);
        yield record;
      }
      record = [];
      field = "";
      started = false;
    },
  };
}

/** How a delimited file is written, from its name and its first record. */
export interface Dialect {
  readonly delimiter: string;
  readonly columns: readonly string[];
  /** Names that the header has twice, with the first two places, from 1. */
  readonly twice: ReadonlyMap<string, readonly [number, number]>;
  /** Lines end with a carriage return alone. */
  readonly newline?: "\\r";
}

/**
 * Delimiter and column names. TSV is tabs; otherwise comma, semicolon, tab or bar: the one that cuts the first rows into
 * as many fields as the header, the more the better; comma wins a tie and where none does. Without a header the columns
 * are `column0`, `column1` …; a repeated name gets `_1`, `_2` … behind it.
 */
export function dialectOf(head: string, path: string, header: boolean): Dialect {
  const text = head.charCodeAt(0) === 0xfeff ? head.slice(1) : head;
  const delimiter = /\.tsv(\.gz)?$/i.test(path) ? "\t" : findDelimiter(text);
  const first: readonly string[] = parseRecords(text, delimiter).next().value ?? [];
  // A line break inside a quoted name is none of the table's.
  const bare = text.replace(/"[^"]*"/g, "");
  const end = bare.indexOf("\r");
  const newline = end !== -1 && !bare.includes("\n") ? ({ newline: "\\r" } as const) : {};
  const twice = new Map<string, readonly [number, number]>();
  if (!header) return { delimiter, columns: first.map((_, i) => `column${i}`), twice, ...newline };
  const seen = new Map<string, { first: number; times: number }>();
  const taken = new Set(first);
  const columns = first.map((name, i) => {
    if (name.trim() === "") return `column${i}`;
    const before = seen.get(name);
    if (before === undefined) {
      seen.set(name, { first: i + 1, times: 1 });
      return name;
    }
    if (!twice.has(name)) twice.set(name, [before.first, i + 1]);
    // `x`, `x`, `x_1`: the second x must not become the third column.
    while (taken.has(`${name}_${before.times}`)) before.times++;
    taken.add(`${name}_${before.times}`);
    return `${name}_${before.times++}`;
  });
  return { delimiter, columns, twice, ...newline };
}

function findDelimiter(text: string): string {
  let best = ",";
  let most = 1;
  let often = ",";
  let inHeader = 1;
  for (const candidate of [",", ";", "\t", "|"]) {
    const records = firstRecords(text, candidate, 20);
    const fields = records[0]?.length ?? 0;
    if (fields > inHeader && inHeader === 1) {
      inHeader = fields;
      often = candidate;
    }
    // The last record may be cut.
    const whole = records.length > 2 ? records.slice(0, -1) : records;
    if (fields > most && whole.every((record) => record.length === fields)) {
      most = fields;
      best = candidate;
    }
  }
  return most > 1 ? best : often;
}

function firstRecords(text: string, delimiter: string, count: number): string[][] {
  const records: string[][] = [];
  for (const record of parseRecords(text, delimiter)) {
    records.push(record);
    if (records.length === count) break;
  }
  return records;
}

/** What is wrong with a record; rows count from 1 without the header, which is row 0, lines from 1. */
export type BadRecord =
  | { readonly row: number; readonly what: "fields"; readonly fields: number }
  | { readonly row: number; readonly what: "long" }
  /** A quote opens on that line and nothing closes it, or text goes on after the closing one. */
  | { readonly row: number; readonly what: "open" | "after"; readonly line: number }
  /** Every record is whole, but lines end in two ways. */
  | {
      readonly row: number;
      readonly what: "ends";
      readonly line: number;
      readonly first: string;
      readonly next: string;
    };

const [quote, feed, carriage] = [0x22, 0x0a, 0x0d];

/** The first record that is none: other fields than the header has, a quote without end, more than `most` bytes. */
export async function firstBadRecord(
  path: string,
  delimiter: string,
  fields: number,
  header: boolean,
  most: number,
): Promise<BadRecord | undefined> {
  const cut = delimiter.charCodeAt(0);
  let row = header ? 0 : 1;
  let line = 1;
  let found = 1;
  let bytes = 0;
  let fieldBytes = 0;
  let before = 0;
  let quoted = false;
  let closed = false; // a quote inside a quoted field that may be doubled or close it
  let opened = 0;
  let after: { row: number; line: number } | undefined;
  const ended = (): BadRecord | undefined => {
    // Empty lines are no records.
    if (bytes === 0) return undefined;
    if (found !== fields && row > 0) {
      if (after?.row === row) return { ...after, what: "after" };
      return { row, what: "fields", fields: found };
    }
    row++;
    found = 1;
    bytes = 0;
    fieldBytes = 0;
    return undefined;
  };
  let end: string | undefined;
  let other: { row: number; line: number; first: string; next: string } | undefined;
  const ends = (how: string): void => {
    end ??= how;
    if (how !== end) other ??= { row, line: Math.max(1, line - 1), first: end, next: how };
  };
  for await (const piece of openText(path)) {
    for (const byte of piece) {
      const last = before;
      before = byte;
      if (closed) {
        closed = false;
        if (byte !== quote) {
          quoted = false;
          if (byte !== cut && byte !== feed && byte !== carriage) after ??= { row, line };
        } else {
          bytes++;
          continue;
        }
      }
      if (byte === feed ? last !== carriage : byte === carriage) line++;
      if (!quoted && last === carriage) ends(byte === feed ? "CR LF" : "CR");
      if (!quoted && (byte === feed || byte === carriage)) {
        if (byte === feed && last === carriage) continue;
        if (byte === feed) ends("LF");
        const bad = ended();
        if (bad !== undefined) return bad;
        continue;
      }
      bytes++;
      if (bytes > most) return quoted ? { row, what: "open", line: opened } : { row, what: "long" };
      if (quoted) {
        if (byte === quote) closed = true;
      } else if (byte === cut) {
        found++;
        fieldBytes = 0;
      } else if (byte === quote && fieldBytes === 0) {
        quoted = true;
        opened = line;
      } else fieldBytes++;
    }
  }
  if (quoted && !closed) return { row, what: "open", line: opened };
  const bad = ended();
  if (bad !== undefined) return bad;
  if (after !== undefined) return { ...after, what: "after" };
  return other === undefined ? undefined : { ...other, what: "ends" };
}

/** The encoding that bytes are probably in, as iconv calls it, where they are text but not UTF-8. */
export function encodingOf(bytes: Buffer): string | undefined {
  const head = bytes.subarray(0, 1 << 16);
  if (head.length > 1 && ((head[0] === 0xff && head[1] === 0xfe) || (head[0] === 0xfe && head[1] === 0xff)))
    return "UTF-16";
  let zeros = 0;
  let even = 0;
  let high = 0;
  let pairs = 0;
  let strange = 0;
  for (let i = 0; i < head.length; i++) {
    const byte = head[i]!;
    if (byte === 0) {
      zeros++;
      if (i % 2 === 0) even++;
    } else if (byte < 0x20 && byte !== 0x09 && byte !== feed && byte !== carriage) strange++;
    else if (byte >= 0xa1 && head[i + 1]! >= 0xa1) {
      pairs++;
      high += 2;
      i++;
    } else if (byte >= 0x80) high++;
  }
  if (zeros > head.length / 4 && strange === 0)
    return even === 0 ? "UTF-16LE" : even === zeros ? "UTF-16BE" : undefined;
  if (zeros > 0 || strange > 0 || high === 0) return undefined;
  // A character of GB18030 is two high bytes; the accents of Western Europe stand alone.
  return pairs * 2 > high * 0.8 ? "GB18030" : "WINDOWS-1252";
}
