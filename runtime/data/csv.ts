/**
 * The few things about delimited text that must be known before a table is loaded: its delimiter, its header, and, when
 * the load stops, which row is at fault. Reads bytes and knows no SQL; the rows themselves are read by DuckDB (source.ts).
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
  if (!header) return { delimiter, columns: first.map((_, i) => `column${i}`) };
  const seen = new Map<string, number>();
  const columns = first.map((name, i) => {
    const plain = name.trim() === "" ? `column${i}` : name;
    const times = seen.get(plain) ?? 0;
    seen.set(plain, times + 1);
    return times === 0 ? plain : `${plain}_${times}`;
  });
  return { delimiter, columns };
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

/** The first record whose number of fields is not that of the header, rows counted from 1 without the header. */
export async function firstBadRecord(
  path: string,
  delimiter: string,
  fields: number,
  header: boolean,
): Promise<{ row: number; fields: number } | undefined> {
  const parser = createRecordParser(delimiter);
  const decoder = new TextDecoder("utf-8");
  let row = header ? -1 : 0;
  const look = (records: Generator<string[]>): { row: number; fields: number } | undefined => {
    for (const record of records) {
      row++;
      if (record.length !== fields && row > 0) return { row, fields: record.length };
    }
    return undefined;
  };
  for await (const chunk of openText(path)) {
    const bad = look(parser.push(decoder.decode(chunk, { stream: true })));
    if (bad !== undefined) return bad;
  }
  return look(parser.end());
}
