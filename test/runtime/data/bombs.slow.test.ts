/**
 * Files made to take all memory or all time: each is refused with a reason, or read, within seconds and within 300 MB of
 * what the process had before (the limit that quality.md's machine of 8 GB can spare many times over).
 */
import { closeSync, mkdirSync, openSync, statSync, truncateSync, writeFileSync } from "node:fs";
import path from "node:path";
import { gzipSync } from "node:zlib";
import { describe, expect, it } from "vitest";
import { openArray } from "../../../runtime/data/array-file.ts";
import type { DataError } from "../../../runtime/data/batch.ts";
import { type FoundFile, openMedia } from "../../../runtime/data/media.ts";
import { folderRoot } from "../../../runtime/data/media-folder.ts";
import { checkFile, decodeFile } from "../../../runtime/data/picture.ts";
import { TooLarge } from "../../../runtime/data/reasons.ts";
import { readSound } from "../../../runtime/data/sound-file.ts";
import { readText } from "../../../runtime/data/text-file.ts";
import { npyOf, png, tarOf, wavOf } from "./hostile.ts";
import { folder } from "./made.ts";

const at = folder();
const root = folderRoot("m", at);
const put = (name: string, bytes: Buffer | string): FoundFile => {
  writeFileSync(path.join(at, name), bytes);
  return root.find(name) as FoundFile;
};
/** A file of a size that takes no room. */
const sparse = (name: string, bytes: number, head: Buffer | string = ""): FoundFile => {
  writeFileSync(path.join(at, name), head);
  truncateSync(path.join(at, name), bytes);
  return root.find(name) as FoundFile;
};

/** What work says, how long it took, and how far memory went up meanwhile. */
async function measured(work: () => Promise<unknown>): Promise<{ said: string; seconds: number; megabytes: number }> {
  const before = process.memoryUsage.rss();
  let most = before;
  const watch = setInterval(() => {
    most = Math.max(most, process.memoryUsage.rss());
  }, 5);
  const started = performance.now();
  const said = await work().then(
    () => "fine",
    (error: Error) => (error instanceof TooLarge ? `too large: ${error.message}` : error.message),
  );
  clearInterval(watch);
  most = Math.max(most, process.memoryUsage.rss());
  return { said, seconds: (performance.now() - started) / 1000, megabytes: (most - before) / 1e6 };
}

async function harmless(work: () => Promise<unknown>, said: string | RegExp, seconds = 20): Promise<void> {
  const found = await measured(work);
  if (typeof said === "string") expect(found.said).toBe(said);
  else expect(found.said).toMatch(said);
  expect(found.seconds).toBeLessThan(seconds);
  expect(found.megabytes).toBeLessThan(300);
}

describe("pictures", () => {
  it("of 60,000 × 60,000 pixels in a few kB", async () => {
    const file = put("bomb.png", png(60_000, 60_000, Buffer.alloc(450_000_000 / 8)));
    expect(file.size).toBeLessThan(100_000);
    await harmless(() => checkFile(file), "too large: over 100,000,000 pixels", 5);
    await harmless(() => decodeFile(file, { size: [4, 4], channels: 3, resize: "stretch" }), /^too large/, 5);
  });

  it("of just under the limit, many at once", async () => {
    const file = put("large.png", png(10_000, 10_000));
    await harmless(() => Promise.all([1, 2, 3, 4].map(() => checkFile(file))), "fine", 60);
  });

  it("that lie, in every format that says a size", async () => {
    const { default: sharp } = await import("sharp");
    const small = sharp({ create: { width: 32, height: 32, channels: 3, background: "#456" } });
    const jpeg = await small.clone().jpeg({ progressive: true }).toBuffer();
    const start = jpeg.indexOf(Buffer.from([0xff, 0xc2])) + 5;
    jpeg.writeUInt16BE(65_500, start);
    jpeg.writeUInt16BE(65_500, start + 2);
    await harmless(() => checkFile(put("bomb.jpg", jpeg)), /^too large/, 5);
    const tiff = await small.clone().tiff().toBuffer();
    for (let i = 0; i + 12 < tiff.length; i++) {
      // Width and height are the tags 256 and 257.
      if (tiff.readUInt16LE(i) === 256 || tiff.readUInt16LE(i) === 257) tiff.writeUInt32LE(60_000, i + 8);
    }
    await harmless(() => checkFile(put("bomb.tif", tiff)), /^too large|^a damaged TIFF/, 5);
    const loop = await small.clone().tiff().toBuffer();
    loop.writeUInt32LE(loop.readUInt32LE(4), loop.length - 4);
    await harmless(() => checkFile(put("loop.tif", loop)), /./, 5);
    await harmless(() => checkFile(put("wide.bmp", wideBitmap())), /^too large/, 5);
    await harmless(() => checkFile(put("wide.ppm", "P6 99999999 99999999 255\nx")), /^too large/, 5);
  });

  it("of a hundred thousand frames", async () => {
    const head = Buffer.from("GIF89a\x01\0\x01\0\x80\0\0\0\0\0\xff\xff\xff", "latin1");
    const frame = Buffer.from("\x2c\0\0\0\0\x01\0\x01\0\0\x02\x02\x44\x01\0", "latin1");
    const film = Buffer.concat([head, ...Array.from({ length: 100_000 }, () => frame), Buffer.from(";")]);
    await harmless(() => checkFile(put("film.gif", film)), "fine", 5);
  });

  it("that are drawings, which can be programs", async () => {
    const use = Array.from({ length: 20 }, (_, i) => `<g id="u${i + 1}">${`<use href="#u${i}"/>`.repeat(10)}</g>`);
    const nested = `<svg xmlns="http://www.w3.org/2000/svg"><g id="u0"/>${use.join("")}</svg>`;
    const outside = `<?xml version="1.0"?><!DOCTYPE s [<!ENTITY x SYSTEM "file:///etc/passwd">]><svg>&x;</svg>`;
    for (const [name, text] of Object.entries({
      "use.svg": nested,
      "entity.png": outside,
      "late.png": `<!-- -->${nested}`,
    }))
      await harmless(() => checkFile(put(name, text)), /^an SVG$|^not a picture$/, 2);
    // Packed, or behind a comment that is longer than anyone looks.
    await harmless(() => checkFile(put("packed.svgz", gzipSync(nested))), "gzip data", 2);
    await harmless(() => checkFile(put("far.svg", `<!--${" ".repeat(600)}-->${nested}`)), "not a picture", 2);
  });

  it("of gigabytes of nothing", async () => {
    await harmless(() => checkFile(sparse("zeros.png", 900_000_000)), "not a picture", 2);
    await harmless(
      () => checkFile(sparse("more.png", 3_000_000_000, png(4, 4).subarray(0, 30))),
      /^too large: over 1 GB/,
      2,
    );
  });
});

/** A bitmap whose header asks for two billion lines. */
function wideBitmap(): Buffer {
  const bmp = Buffer.alloc(64);
  bmp.write("BM");
  bmp.writeUInt32LE(54, 10);
  bmp.writeUInt32LE(40, 14);
  bmp.writeInt32LE(2_000_000_000, 18);
  bmp.writeInt32LE(-2_000_000_000, 22);
  bmp.writeUInt16LE(24, 28);
  return bmp;
}

describe("sound", () => {
  it("whose header lies", async () => {
    for (const length of [4e9, 0x7fffffff, 0xfffffffe, 1])
      await harmless(() => readSound(put("lie.wav", wavOf({ length })), () => 1e6), /promises|fine/, 5);
    await harmless(
      () => readSound(sparse("long.wav", 3_000_000_000, wavOf({ length: 2.9e9, rate: 48_000 })), () => 1e6),
      "fine",
      10,
    );
    await harmless(
      () => readSound(sparse("day.wav", 3_000_000_000, wavOf({ length: 2.9e9 })), () => 1e6),
      "too large: over 24 h",
      5,
    );
  });

  it("that ffmpeg would unpack for hours", async () => {
    // A FLAC that says how long it is: 2^36 - 1 samples at 8 kHz.
    const flac = Buffer.alloc(4096);
    flac.write("fLaC");
    flac[4] = 0x80;
    flac.writeUIntBE(34, 5, 3);
    flac.writeUInt16BE(4096, 8);
    flac.writeUInt16BE(4096, 10);
    flac.writeBigUInt64BE((8000n << 44n) | (15n << 36n) | 0xfffffffffn, 18);
    await harmless(() => readSound(put("lie.flac", flac), () => 1e6), /^too large: over 24 h$|^not sound$/);
    let x = 7;
    const random = (): number => {
      x = (Math.imul(x, 1664525) + 1013904223) >>> 0;
      return x >>> 24;
    };
    const noise = Buffer.from(Array.from({ length: 500_000 }, random));
    for (const name of ["a.mp3", "a.mp4", "a.ogg", "a.aac"])
      await harmless(() => readSound(put(name, noise), () => 1e6), /./);
    await harmless(
      () => readSound(put("b.mp4", Buffer.concat([Buffer.from("\0\0\0\x18ftypisom"), noise])), () => 1e6),
      /./,
    );
  });
});

describe("texts and arrays", () => {
  it("of two gigabytes", async () => {
    await harmless(() => readText(sparse("big.txt", 2_000_000_000)), "too large: over 100 MB", 2);
  });

  it("packed a thousand times over", async () => {
    const zeros = packedZeros(path.join(at, "zeros.npy.gz"), npyOf("'|u1'", "(2000000, 1000)", Buffer.alloc(0)), 2000);
    expect(zeros).toBeLessThan(4_000_000);
    const bomb = root.find("zeros.npy.gz") as FoundFile;
    await harmless(() => openArray(bomb), "too large: over 1 GB", 5);
    // One that says it is small is unpacked no further.
    packedZeros(path.join(at, "small.npy.gz"), npyOf("'|u1'", "(10, 10)", Buffer.alloc(0)), 2000);
    await harmless(() => openArray(root.find("small.npy.gz") as FoundFile), "fine", 5);
  });
});

/** A header and then zeros, packed; its size. A gzip file may have many members, so one is packed and written often. */
function packedZeros(file: string, head: Buffer, megabytes: number): number {
  const zeros = gzipSync(Buffer.alloc(10_000_000));
  const members = Array.from({ length: megabytes / 10 }, () => zeros);
  writeFileSync(file, Buffer.concat([gzipSync(head), ...members]));
  return statSync(file).size;
}

describe("archives", () => {
  const cache = path.join(at, ".cache");
  const opened = async (name: string): Promise<void> => {
    mkdirSync(path.join(cache, "features"), { recursive: true });
    try {
      await (await openMedia([name], at, at, cache)).close();
    } catch (error) {
      const [first] = (error as DataError).problems;
      throw new Error(`${first!.code}: ${first!.facts.why ?? first!.facts.most}`);
    }
  };

  it("of zeros, with a member of two gigabytes of them, and what goes on after its end", async () => {
    packedZeros(path.join(at, "zeros.tar.gz"), Buffer.alloc(0), 2000);
    await harmless(() => opened("zeros.tar.gz"), "file-unreadable: it holds no files", 10);
    const member = tarOf([{ name: "a.png", size: `${(2e9).toString(8)}\0` }], true);
    packedZeros(path.join(at, "member.tar.gz"), member, 2100);
    await harmless(() => opened("member.tar.gz"), "file-too-large: 1 GB", 60);
    const whole = tarOf([{ name: "a.png", data: png(4, 4) }]);
    packedZeros(path.join(at, "after.tar.gz"), whole, 2000);
    await harmless(() => opened("after.tar.gz"), "fine", 10);
    const { readdirSync } = await import("node:fs");
    expect(readdirSync(path.join(cache, "features")).filter((key) => key.includes("part"))).toEqual([]);
  });

  it("of a hundred thousand empty members", async () => {
    const one = tarOf([{ name: "x" }], true);
    writeFileSync(
      path.join(at, "many.tar"),
      Buffer.concat([...Array.from({ length: 100_000 }, () => one), Buffer.alloc(1024)]),
    );
    await harmless(() => opened("many.tar"), "fine", 30);
  });
});

// Nothing above may leave a file open: this process may have as many as it had.
it("closes what it opened", () => {
  const fd = openSync(path.join(at, "bomb.png"), "r");
  closeSync(fd);
  expect(fd).toBeLessThan(200);
});
