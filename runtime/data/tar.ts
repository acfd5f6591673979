/**
 * Reads the directory of a tar archive: names, sizes and where the bytes lie. Nothing is ever unpacked to a path that an
 * archive names; links and names that lead outside are listed as such, for the message. No number in a header is believed
 * before it is compared with what is there.
 */
import { size as sizeText } from "../../diagnostics/phrase.ts";

/** A member that can be read. */
export interface TarMember {
  readonly name: string;
  readonly offset: number;
  readonly size: number;
}

export interface TarIndex {
  readonly members: ReadonlyMap<string, TarMember>;
  /** Names that are links out of what can be read, or that lead out of the archive themselves; true for a link. */
  readonly refused: ReadonlyMap<string, boolean>;
  /** Names that are no files: "a folder", "a device". */
  readonly others: ReadonlyMap<string, string>;
}

/** Bytes of an archive by position; fewer at its end. */
export type ReadAt = (offset: number, length: number) => Promise<Buffer>;

const block = 512;
// A name or a header of names is text; over this it is an attack or no archive.
const mostNames = 1 << 20;

const kinds: Readonly<Record<string, string>> = { "3": "a device", "4": "a device", "5": "a folder", "6": "a pipe" };

/**
 * Indexes an archive (ustar, GNU long names, pax paths and sizes). As with tar itself, the last of equal names counts.
 * @param length of the archive; infinite while it is still unpacked, then `read` gives fewer bytes at its end
 * @throws Error where the bytes are no tar archive, or it is cut off
 */
export async function indexTar(read: ReadAt, length: number): Promise<TarIndex> {
  const members = new Map<string, TarMember>();
  const refused = new Map<string, boolean>();
  const others = new Map<string, string>();
  const links: { name: string; to: string }[] = [];
  let longName: string | undefined;
  let pax: ReadonlyMap<string, string> = new Map();
  let at = 0;
  let ended = false;
  while (at + block <= length) {
    const header = await read(at, block);
    if (header.length < block) break;
    if (header.every((byte) => byte === 0)) {
      ended = true;
      break;
    }
    at += block;
    if (!checksum(header)) throw new Error(at === block ? "it is not a tar archive" : "one of its headers is damaged");
    const type = String.fromCharCode(header[156]!);
    // What pax says is about the member, not about another header of names.
    const size = type !== "L" && type !== "x" && pax.has("size") ? Number(pax.get("size")) : sizeOf(header);
    if (!Number.isSafeInteger(size) || size < 0) throw new Error("one of its headers is damaged");
    if (at + size > length) throw new Error(`it is cut off after ${sizeText(length)}`);
    const data = at;
    at += Math.ceil(size / block) * block;
    if (type === "L" || type === "x" || type === "g" || type === "K") {
      if (size > mostNames) throw new Error("one of its headers is damaged");
      if (type === "L") longName = field(await whole(read, data, size), 0, size);
      else if (type === "x") pax = paxRecords(await whole(read, data, size));
      continue;
    }
    const prefix = header.toString("latin1", 257, 262) === "ustar" ? field(header, 345, 155) : "";
    const plain = field(header, 0, 100);
    const written = pax.get("path") ?? longName ?? (prefix === "" ? plain : `${prefix}/${plain}`);
    longName = undefined;
    pax = new Map();
    const name = safeName(written);
    const key = name ?? written;
    members.delete(key);
    refused.delete(key);
    if (name === undefined) refused.set(written, false);
    else if (name === "") continue;
    else if (type === "1" || type === "2") {
      refused.set(name, true);
      // A hard link to what is in the archive is how tar stores a file of two names.
      if (type === "1") links.push({ name, to: field(header, 157, 100) });
    } else if (kinds[type] !== undefined) others.set(name, kinds[type]);
    else if (type === "0" || type === "\0" || type === "7") members.set(name, { name, offset: data, size });
    else others.set(name, "of a kind that is not read here");
  }
  if (!ended && at < block) throw new Error(length === 0 ? "it is empty" : "it is not a tar archive");
  for (const { name, to } of links) {
    const target = members.get(safeName(to) ?? "");
    if (target === undefined || !refused.has(name)) continue;
    refused.delete(name);
    members.set(name, { ...target, name });
  }
  return { members, refused, others };
}

async function whole(read: ReadAt, offset: number, length: number): Promise<Buffer> {
  const bytes = await read(offset, length);
  if (bytes.length < length) throw new Error("it is cut off in a header");
  return bytes;
}

/** A relative path without `.` and with `/`; undefined where it is absolute or leads outside. */
export function safeName(written: string): string | undefined {
  const slashed = written.replaceAll("\\", "/");
  if (slashed.startsWith("/") || /^[a-z]:/i.test(slashed) || slashed.includes("\0")) return undefined;
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

/** A name for messages: control signs made visible, cut where nobody reads on. */
export function printable(name: string): string {
  const seen = name.replace(/[\p{Cc}\u2028\u2029\u202a-\u202e\u2066-\u2069]/gu, "\uFFFD");
  return seen.length <= 200 ? seen : `${seen.slice(0, 120)}…${seen.slice(-40)}`;
}

function field(bytes: Buffer, start: number, length: number): string {
  const end = bytes.indexOf(0, start);
  return bytes.toString("utf8", start, end === -1 || end > start + length ? start + length : end);
}

function sizeOf(header: Buffer): number {
  // GNU's base-256 for sizes over 8 GB; a set second bit is a negative number.
  if ((header[124]! & 0x80) !== 0) {
    if (header.readUInt32BE(124) !== 0x80000000) return Number.NaN;
    return Number(header.readBigUInt64BE(128));
  }
  const text = field(header, 124, 12).trim();
  if (text === "") return 0;
  return /^[0-7]+$/.test(text) ? Number.parseInt(text, 8) : Number.NaN;
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
    const length = space === -1 ? 0 : Number.parseInt(bytes.toString("latin1", at, Math.min(space, at + 12)), 10);
    if (!(length > space - at + 2) || at + length > bytes.length) throw new Error("one of its headers is damaged");
    const record = bytes.toString("utf8", space + 1, at + length - 1);
    const equals = record.indexOf("=");
    if (equals > 0) records.set(record.slice(0, equals), record.slice(equals + 1));
    at += length;
  }
  return records;
}
