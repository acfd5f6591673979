import { createHash } from "node:crypto";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import os from "node:os";
import path from "node:path";
import { crc32, deflateRawSync } from "node:zlib";
import { afterAll, beforeAll, expect, test } from "vitest";
import { listZip, unzipTo } from "../../../runtime/engine/unzip.ts";

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(path.join(os.tmpdir(), "mmfc-unzip-"));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

interface Packed {
  name: string;
  content: Buffer;
  stored?: boolean;
  /** Sizes and offset in the zip64 extra field, as archives above 4 GB have them. */
  zip64?: boolean;
}

/** A zip archive, written by the format's description (APPNOTE 6.3), with local extra fields that the directory lacks. */
function zip(files: readonly Packed[]): Buffer {
  const parts: Buffer[] = [];
  const directory: Buffer[] = [];
  let offset = 0;
  for (const { name, content, stored = false, zip64 = false } of files) {
    const data = stored ? content : deflateRawSync(content);
    const checksum = typeof crc32 === "function" ? crc32(content) : 0;
    const nameBytes = Buffer.from(name);
    const localExtra = Buffer.from([0x99, 0x99, 3, 0, 1, 2, 3]);
    const local = Buffer.alloc(30);
    local.writeUInt32LE(0x04034b50, 0);
    local.writeUInt16LE(stored ? 0 : 8, 8);
    local.writeUInt32LE(checksum, 14);
    local.writeUInt16LE(nameBytes.length, 26);
    local.writeUInt16LE(localExtra.length, 28);
    parts.push(local, nameBytes, localExtra, data);

    const extra = zip64 ? Buffer.alloc(4 + 24) : Buffer.alloc(0);
    if (zip64) {
      extra.writeUInt16LE(1, 0);
      extra.writeUInt16LE(24, 2);
      extra.writeBigUInt64LE(BigInt(content.length), 4);
      extra.writeBigUInt64LE(BigInt(data.length), 12);
      extra.writeBigUInt64LE(BigInt(offset), 20);
    }
    const central = Buffer.alloc(46);
    central.writeUInt32LE(0x02014b50, 0);
    central.writeUInt16LE(stored ? 0 : 8, 10);
    central.writeUInt32LE(checksum, 16);
    central.writeUInt32LE(zip64 ? 0xffffffff : data.length, 20);
    central.writeUInt32LE(zip64 ? 0xffffffff : content.length, 24);
    central.writeUInt16LE(nameBytes.length, 28);
    central.writeUInt16LE(extra.length, 30);
    central.writeUInt32LE(zip64 ? 0xffffffff : offset, 42);
    directory.push(central, nameBytes, extra);
    offset += local.length + nameBytes.length + localExtra.length + data.length;
  }
  const directoryBytes = Buffer.concat(directory);
  const end = Buffer.alloc(22);
  end.writeUInt32LE(0x06054b50, 0);
  end.writeUInt16LE(files.length, 10);
  end.writeUInt32LE(directoryBytes.length, 12);
  end.writeUInt32LE(offset, 16);
  return Buffer.concat([...parts, directoryBytes, end]);
}

const FILES: readonly Packed[] = [
  { name: "a/empty.txt", content: Buffer.alloc(0), stored: true },
  { name: "a/stored.bin", content: Buffer.from("as it is"), stored: true },
  { name: "b/large.bin", content: Buffer.alloc(3_000_000, "abcdefg") },
  { name: "b/wide.bin", content: Buffer.from("beyond four gigabytes"), zip64: true },
];

test("every entry comes out as it went in, with its checksum", async () => {
  const archive = path.join(folder, "all.zip");
  await writeFile(archive, zip(FILES));
  const entries = await listZip(archive);
  expect(entries.map(({ name, size }) => [name, size])).toEqual(
    FILES.map(({ name, content }) => [name, content.length]),
  );
  for (const [i, entry] of entries.entries()) {
    const target = path.join(folder, `out${i}`);
    let told = 0;
    const digest = await unzipTo(archive, entry, target, (bytes) => {
      told += bytes;
    });
    const { content } = FILES[i]!;
    expect((await readFile(target)).equals(content)).toBe(true);
    expect(digest).toEqual(createHash("sha256").update(content).digest());
    expect(told).toBe(content.length);
  }
});

test("an archive cut anywhere is refused", async () => {
  const whole = zip(FILES);
  const archive = path.join(folder, "cut.zip");
  for (const length of [0, 10, whole.length >> 1, whole.length - 30, whole.length - 1]) {
    await writeFile(archive, whole.subarray(0, length));
    await expect(listZip(archive), `${length} bytes`).rejects.toThrow();
  }
});

test("damaged data is refused", async () => {
  const bytes = zip(FILES);
  const archive = path.join(folder, "damaged.zip");
  await writeFile(archive, bytes);
  const entry = (await listZip(archive)).find(({ name }) => name === "b/large.bin")!;
  await expect(unzipTo(archive, { ...entry, size: entry.size - 1 }, path.join(folder, "x"))).rejects.toThrow(
    "longer than",
  );
  await expect(unzipTo(archive, { ...entry, size: entry.size + 1 }, path.join(folder, "x"))).rejects.toThrow(
    "shorter than",
  );
  await expect(unzipTo(archive, { ...entry, offset: 5 }, path.join(folder, "x"))).rejects.toThrow("not where");
  await expect(unzipTo(archive, { ...entry, method: 14 }, path.join(folder, "x"))).rejects.toThrow("method 14");
});
