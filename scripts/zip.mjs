/** Zip archives (APPNOTE 6.3.3: deflate, UTF-8 names, no zip64): the same files give the same bytes. */
import { crc32, deflateRawSync } from "node:zlib";

/** 1980-01-01, the first day that zip knows: archives do not depend on the clock. */
const date = 0x0021;

/** @param files names with `/` and their bytes, in order */
export function zip(files) {
  const parts = [];
  const directory = [];
  let offset = 0;
  for (const { name, bytes } of files) {
    const nameBytes = Buffer.from(name, "utf8");
    const packed = deflateRawSync(bytes, { level: 9 });
    const common = Buffer.alloc(26);
    common.writeUInt16LE(20, 0);
    common.writeUInt16LE(0x0800, 2);
    common.writeUInt16LE(8, 4);
    common.writeUInt16LE(date, 8);
    common.writeUInt32LE(crc32(bytes), 10);
    common.writeUInt32LE(packed.length, 14);
    common.writeUInt32LE(bytes.length, 18);
    common.writeUInt16LE(nameBytes.length, 22);
    parts.push(Buffer.from("PK\x03\x04", "latin1"), common, nameBytes, packed);

    const tail = Buffer.alloc(14);
    tail.writeUInt32LE(0o100644 * 0x10000, 6);
    tail.writeUInt32LE(offset, 10);
    // Made by Unix (3), so that the rights above count.
    directory.push(Buffer.from("PK\x01\x02\x14\x03", "latin1"), common, tail, nameBytes);
    offset += 4 + common.length + nameBytes.length + packed.length;
  }
  const central = Buffer.concat(directory);
  const end = Buffer.alloc(18);
  end.writeUInt16LE(files.length, 4);
  end.writeUInt16LE(files.length, 6);
  end.writeUInt32LE(central.length, 8);
  end.writeUInt32LE(offset, 12);
  return Buffer.concat([...parts, central, Buffer.from("PK\x05\x06", "latin1"), end]);
}
