/**
 * Headers of media, mangled: whatever the bytes are, reading them ends at once with a value or with a reason that can stand
 * behind a row, and never takes memory that the file does not have. The seed is printed; FUZZ_SEED repeats it.
 */

import { gzipSync } from "node:zlib";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { openArray } from "../../../runtime/data/array-file.ts";
import { firstFrame, readBitmap } from "../../../runtime/data/bitmap.ts";
import type { FoundFile } from "../../../runtime/data/media.ts";
import { bytesIn } from "../../../runtime/data/open-file.ts";
import { checkFile } from "../../../runtime/data/picture.ts";
import { contentOf, endsWhole, pixelsOf } from "../../../runtime/data/signature.ts";
import { indexTar, printable, safeName } from "../../../runtime/data/tar.ts";
import { openWav, readWav } from "../../../runtime/data/wav.ts";
import { chunkOf, npyOf, paxRecord, png, tarOf, wavOf } from "./hostile.ts";

const seed = Number(process.env.FUZZ_SEED ?? Math.floor(Math.random() * 2 ** 31));
console.log(`fuzz seed: ${seed} (FUZZ_SEED repeats it)`);

/** What can be done to bytes: some changed, a number made extreme, a piece cut out, doubled or put in. */
const mangle = fc.array(
  fc.record({
    at: fc.double({ min: 0, max: 1, noNaN: true }),
    how: fc.constantFrom("flip", "high", "zero", "max32", "cut", "drop", "double", "put"),
    bytes: fc.uint8Array({ maxLength: 24 }),
  }),
  { minLength: 1, maxLength: 6 },
);

type Changes = typeof mangle extends fc.Arbitrary<infer T> ? T : never;

function mangled(whole: Buffer, changes: Changes): Buffer {
  let bytes = Buffer.from(whole);
  for (const { at, how, bytes: more } of changes) {
    // Headers are at the start: half of the changes go there.
    const i = Math.floor(at * (more.length % 2 === 0 ? bytes.length : Math.min(bytes.length, 160)));
    if (bytes.length === 0) break;
    if (how === "flip") bytes[Math.min(i, bytes.length - 1)]! ^= 1 << (more.length % 8);
    else if (how === "high") bytes[Math.min(i, bytes.length - 1)] = 0xff;
    else if (how === "zero") bytes.fill(0, i, Math.min(bytes.length, i + more.length));
    else if (how === "max32") bytes.fill(0xff, i, Math.min(bytes.length, i + 4));
    else if (how === "cut") bytes = bytes.subarray(0, i);
    else if (how === "drop") bytes = Buffer.concat([bytes.subarray(0, i), bytes.subarray(i + more.length)]);
    else if (how === "double") bytes = Buffer.concat([bytes.subarray(0, i), bytes.subarray(Math.max(0, i - 40))]);
    else bytes = Buffer.concat([bytes.subarray(0, i), more, bytes.subarray(i)]);
  }
  return bytes;
}

const file = (name: string, bytes: Buffer): FoundFile => ({
  found: "file",
  shown: name,
  name,
  size: bytes.length,
  identity: "x",
  open: async () => bytesIn(bytes),
  check: () => {},
  read: async () => bytes,
});

/** A reason is a short sentence of ours, and no mistake of the program. */
function isReason(error: unknown): void {
  expect(error).toBeInstanceOf(Error);
  const { name, message } = error as Error;
  expect([name, message]).not.toContainEqual(
    expect.stringMatching(/TypeError|RangeError|SyntaxError|undefined|out of range|Invalid array|ERR_|\n|NaN|object/),
  );
  expect(message.length).toBeGreaterThan(4);
  expect(message.length).toBeLessThan(140);
}

/** Runs one kind over mangled files; `read` may throw reasons only. */
async function fuzz(runs: number, kinds: readonly Buffer[], read: (bytes: Buffer) => Promise<unknown>): Promise<void> {
  const before = process.memoryUsage.rss();
  let slowest = 0;
  await fc.assert(
    fc.asyncProperty(fc.nat(kinds.length - 1), mangle, async (kind, changes) => {
      const started = performance.now();
      await read(mangled(kinds[kind]!, changes)).catch(isReason);
      slowest = Math.max(slowest, performance.now() - started);
    }),
    { seed, numRuns: runs },
  );
  expect(slowest).toBeLessThan(5000);
  expect((process.memoryUsage.rss() - before) / 1e6).toBeLessThan(300);
}

describe("mangled headers", () => {
  it("of WAV", async () => {
    const long = Buffer.alloc(28);
    long.writeBigUInt64LE(400n, 8);
    const data = Buffer.alloc(400, 3);
    const kinds = [
      wavOf({ data }),
      wavOf({ data, code: 3, bits: 32, channels: 2 }),
      wavOf({ data, mark: "RF64", riff: 0xffffffff, length: 0xffffffff, before: chunkOf("ds64", long) }),
      wavOf({ data, before: chunkOf("LIST", Buffer.alloc(11)), after: chunkOf("cue ", Buffer.alloc(30)) }),
    ];
    await fuzz(600, kinds, async (bytes) => {
      const looked = await openWav(bytesIn(bytes)).then(
        (layout) => layout?.frames,
        () => "refused",
      );
      const read = await readWav(bytes).catch((error) => {
        isReason(error);
        return "refused" as const;
      });
      // A look promises what reading keeps; only a sample that is no number is seen by reading alone.
      if (read !== undefined && read !== "refused") expect(read.samples.length).toBe(Number(looked) * read.channels);
      else if (read === undefined) expect(looked).toBeUndefined();
    });
  });

  it("of tar", async () => {
    const kinds = [
      tarOf([
        { name: "a/b.png", data: Buffer.alloc(700, 1) },
        { name: "c.png", data: Buffer.from("x") },
      ]),
      tarOf([
        { name: "l", type: "L", data: Buffer.from(`${"long/".repeat(40)}\0`) },
        { name: "cut", data: Buffer.from("gnu") },
        { name: "p", type: "x", data: Buffer.from(paxRecord("path", "图.png") + paxRecord("size", "3")) },
        { name: "cut", data: Buffer.from("pax") },
        { name: "h", type: "1", link: "cut" },
      ]),
    ];
    await fuzz(500, kinds, async (bytes) => {
      const index = await indexTar(async (at, length) => bytes.subarray(at, at + length), bytes.length);
      for (const [name, member] of index.members) {
        expect(safeName(name)).toBe(name);
        expect(member.offset + member.size).toBeLessThanOrEqual(bytes.length);
      }
    });
  });

  it("of arrays, packed and not", async () => {
    const floats = Buffer.from(Float32Array.from({ length: 60 }, (_, i) => i).buffer);
    const plain = npyOf("'<f4'", "(20, 3)", floats);
    const idx = Buffer.concat([Buffer.from([0, 0, 8, 2, 0, 0, 0, 20, 0, 0, 0, 3]), Buffer.alloc(60)]);
    await fuzz(400, [plain, idx, npyOf("'|u1'", "(3, 4, 5)", Buffer.alloc(60))], async (bytes) => {
      for (const name of ["a.npy", "a.npy.gz"]) {
        const array = await openArray(file(name, name.endsWith("gz") ? gzipSync(bytes) : bytes));
        if (array.items > 0) await array.item(array.items - 1);
        await array.all();
        await array.finite();
        array.close();
      }
    });
  });

  it("of pictures", async () => {
    const { default: sharp } = await import("sharp");
    const noise = Buffer.from(Array.from({ length: 48 * 48 * 3 }, (_, i) => (i * 7919) % 251));
    const made = (): ReturnType<typeof sharp> => sharp(noise, { raw: { width: 48, height: 48, channels: 3 } });
    const bmp = Buffer.alloc(54 + 48 * 4);
    bmp.write("BM");
    for (const [at, value] of [
      [10, 54],
      [14, 40],
      [18, 4],
      [22, 12],
    ] as const)
      bmp.writeUInt32LE(value, at);
    bmp.writeUInt16LE(32, 28);
    const kinds = [
      png(64, 64),
      await made().png().toBuffer(),
      await made().jpeg().toBuffer(),
      await made().jpeg({ progressive: true }).toBuffer(),
      await made().gif().toBuffer(),
      await made().webp().toBuffer(),
      await made().tiff().toBuffer(),
      bmp,
      Buffer.concat([Buffer.from("P6 # note\n8 8\n255\n"), Buffer.alloc(192)]),
    ];
    for (const one of kinds) await checkFile(file("whole", one));
    await fuzz(500, kinds, (bytes) => checkFile(file("a.png", bytes)));
    // What only looks at bytes throws nothing at all, or a reason.
    await fuzz(400, kinds, async (bytes) => {
      contentOf(bytes);
      endsWhole(bytes);
      pixelsOf(bytes);
      expect(firstFrame(bytes).length).toBeLessThanOrEqual(bytes.length + 1);
      readBitmap(bytes, 100_000_000);
    });
  });

  it("of names", () => {
    fc.assert(
      fc.property(fc.array(fc.oneof(fc.nat(0x7f), fc.nat(0x10ffff)), { maxLength: 40 }), (points) => {
        const name = String.fromCodePoint(...points);
        const safe = safeName(name);
        if (safe !== undefined) expect(safe.split("/").some((part) => part === "..")).toBe(false);
        expect(printable(name)).not.toMatch(/[\u0000-\u001f\u007f]/);
      }),
      { seed, numRuns: 200 },
    );
  });
});
