/**
 * Reads the directory of a tar archive: names, sizes and where the bytes lie. Nothing is ever unpacked to a path that an
 * archive names; links and names that lead outside are listed as such, for the message.
 */

/** A member that can be read. */
export interface TarMember {
  readonly name: string;
  readonly offset: number;
  readonly size: number;
}

export interface TarIndex {
  readonly members: ReadonlyMap<string, TarMember>;
  /** Names that are links or lead out of the archive. */
  readonly refused: ReadonlySet<string>;
}

/** Bytes of an archive by position. */
export type ReadAt = (offset: number, length: number) => Promise<Buffer>;

const block = 512;

/**
 * Indexes an archive (ustar, GNU long names, pax paths and sizes).
 * @throws Error where the bytes are no tar archive, or it is cut off
 */
export async function indexTar(read: ReadAt, length: number): Promise<TarIndex> {
  const members = new Map<string, TarMember>();
  const refused = new Set<string>();
  let longName: string | undefined;
  let pax: ReadonlyMap<string, string> = new Map();
  let at = 0;
  while (at + block <= length) {
    const header = await read(at, block);
    at += block;
    if (header.every((byte) => byte === 0)) break;
    if (!checksum(header)) throw new Error("it is not a tar archive");
    const type = String.fromCharCode(header[156]!);
    const size = Number(pax.get("size") ?? sizeOf(header));
    if (at + size > length) throw new Error(`it is cut off after ${length.toLocaleString("en-US")} bytes`);
    const data = at;
    at += Math.ceil(size / block) * block;
    if (type === "L") {
      longName = field(await read(data, size), 0, size);
      continue;
    }
    if (type === "x") {
      pax = paxRecords(await read(data, size));
      continue;
    }
    if (type === "g") continue;
    const prefix = header.toString("latin1", 257, 262) === "ustar" ? field(header, 345, 155) : "";
    const plain = field(header, 0, 100);
    const written = pax.get("path") ?? longName ?? (prefix === "" ? plain : `${prefix}/${plain}`);
    longName = undefined;
    pax = new Map();
    const name = safeName(written);
    if (type === "1" || type === "2") refused.add(name ?? written);
    else if (type === "0" || type === "\0" || type === "7") {
      if (name === undefined) refused.add(written);
      else members.set(name, { name, offset: data, size });
    }
  }
  return { members, refused };
}

/** A relative path without `.` and with `/`; undefined where it is absolute or leads outside. */
export function safeName(written: string): string | undefined {
  const slashed = written.replaceAll("\\", "/");
  if (slashed.startsWith("/") || /^[a-z]:/i.test(slashed)) return undefined;
  const parts: string[] = [];
  for (const part of slashed.split("/")) {
    if (part === "" || part === ".") continue;
    if (part === "..") {
      if (parts.length === 0) return undefined;
      parts.pop();
    } else parts.push(part);
  }
  return parts.join("/");
}

function field(bytes: Buffer, start: number, length: number): string {
  const end = bytes.indexOf(0, start);
  return bytes.toString("utf8", start, end === -1 || end > start + length ? start + length : end);
}

function sizeOf(header: Buffer): number {
  // GNU's base-256 for sizes over 8 GB.
  if ((header[124]! & 0x80) !== 0) return Number(header.readBigUInt64BE(128));
  const text = field(header, 124, 12).trim();
  return text === "" ? 0 : Number.parseInt(text, 8);
}

function checksum(header: Buffer): boolean {
  let sum = 0;
  for (let i = 0; i < block; i++) sum += i >= 148 && i < 156 ? 32 : header[i]!;
  return Number.parseInt(field(header, 148, 8).trim(), 8) === sum;
}

function paxRecords(bytes: Buffer): Map<string, string> {
  const records = new Map<string, string>();
  let at = 0;
  while (at < bytes.length) {
    const space = bytes.indexOf(32, at);
    const length = Number.parseInt(bytes.toString("latin1", at, space), 10);
    if (space === -1 || !(length > 0)) break;
    const record = bytes.toString("utf8", space + 1, at + length - 1);
    const equals = record.indexOf("=");
    records.set(record.slice(0, equals), record.slice(equals + 1));
    at += length;
  }
  return records;
}
