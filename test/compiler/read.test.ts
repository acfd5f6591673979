/** Whatever has the name of a spec, or of a file that one uses: its text, or one sentence that says why not, at once. */
import { execFileSync } from "node:child_process";
import { chmodSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { compileFile } from "../../compiler/compile.ts";
import { readSpec } from "../../compiler/read.ts";

const good = `model A {
  data { source: "a.csv" }
  modality 文本: text { tokens: 9 }
  target 标签: binary
  head 判: 标签 = 文本 -> embedding(4) -> lstm(4)
}
`;
const ascii = good.replace(/文本/g, "t").replace(/标签/g, "y").replace("判", "h");

let folder = "";
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "mmfc-read-"));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** Writes a file; its path. */
function file(name: string, content: string | Buffer): string {
  const path = join(folder, name);
  writeFileSync(path, content);
  return path;
}

/** What is said of a file: codes with their message and help, paths without the folder. */
async function said(path: string): Promise<string[]> {
  const { diagnostics } = await compileFile(path);
  return diagnostics.map((d) =>
    `${d.code}: ${d.message}${d.help === undefined ? "" : ` help: ${d.help}`}`.replaceAll(`${folder}/`, ""),
  );
}

const gb18030 = (text: string): Buffer => execFileSync("iconv", ["-f", "UTF-8", "-t", "GB18030"], { input: text });

describe("text", () => {
  it.each([
    ["as it is", good],
    ["with a byte order mark", `\ufeff${good}`],
    ["with CR LF", good.replaceAll("\n", "\r\n")],
    ["with CR alone", good.replaceAll("\n", "\r")],
  ])("%s is read", async (_, text) => {
    const path = file("好.mmf", text);
    expect(readSpec(path)).toBe(text);
    expect(await said(path)).toEqual([]);
  });

  it.each([
    ["empty", ""],
    ["blank", "\n \t\n"],
    ["a comment", "// nothing\n"],
  ])("%s has no model, which is no mistake", async (_, text) => {
    const { diagnostics, models } = await compileFile(file("none.mmf", text));
    expect([diagnostics, models]).toEqual([[], []]);
  });
});

describe("no text", () => {
  it.each<[string, Buffer, number, string, string]>([
    ["UTF-16", Buffer.from(`\ufeff${good}`, "utf16le"), 1, "0xFF", " (`iconv -f UTF-16 -t UTF-8`)"],
    [
      "UTF-16, big end first",
      Buffer.from(`\ufeff${good}`, "utf16le").swap16(),
      1,
      "0xFE",
      " (`iconv -f UTF-16 -t UTF-8`)",
    ],
    ["UTF-16 without a mark", Buffer.from(ascii, "utf16le"), 2, "0x00", " (`iconv -f UTF-16 -t UTF-8`)"],
    ["Latin-1", Buffer.from(ascii.replace("lstm", "// é"), "latin1"), 128, "0xE9", " (`iconv -f LATIN1 -t UTF-8`)"],
    ["a NUL byte", Buffer.from(ascii.replace("data", "da\0ta")), 15, "0x00", ""],
    [
      "a lone surrogate",
      Buffer.concat([Buffer.from("// "), Buffer.from([0xed, 0xa0, 0x80])]),
      4,
      "0xED",
      " (`iconv -f LATIN1 -t UTF-8`)",
    ],
    ["a picture", Buffer.from([0x89, 0x50, 0x4e, 0x47, 13, 10, 26, 10, 0, 0, 0, 13]), 1, "0x89", ""],
    ["cut in a character", Buffer.from("// 文").subarray(0, 5), 4, "0xE6", " (`iconv -f GB18030 -t UTF-8`)"],
  ])("%s", async (_, content, byte, is, how) => {
    expect(await said(file("odd.mmf", content))).toEqual([
      `not-text: odd.mmf is not UTF-8 text: byte ${byte} is \`${is}\`. help: save it as UTF-8${how}`,
    ]);
  });

  it.skipIf(process.platform === "win32")("GB18030", async () => {
    expect(await said(file("国标.mmf", gb18030(good)))).toEqual([
      "not-text: 国标.mmf is not UTF-8 text: byte 49 is `0xCE`. help: save it as UTF-8 (`iconv -f GB18030 -t UTF-8`)",
    ]);
  });

  it("two megabytes of anything", async () => {
    const noise = Buffer.from(Array.from({ length: 2_000_001 }, (_, i) => (i * 7919 + ((i * i) >> 3)) & 255));
    expect(await said(file("noise.mmf", noise))).toEqual([
      "spec-too-large: noise.mmf has 2.1 MB; a spec has at most 1 MB. help: split it and join the parts with `use`",
    ]);
  });
});

describe.skipIf(process.platform === "win32")("no file", () => {
  it.each<[string, string, () => void]>([
    ["a folder", "it is a folder", () => mkdirSync(join(folder, "dir.mmf"))],
    ["a pipe that nobody writes to", "it is a pipe", () => execFileSync("mkfifo", [join(folder, "pipe.mmf")])],
    ["a device", "it is a device", () => symlinkSync("/dev/zero", join(folder, "zero.mmf"))],
    [
      "a link to itself",
      "it is a link that leads back to itself",
      () => symlinkSync("loop.mmf", join(folder, "loop.mmf")),
    ],
  ])("%s", async (_, why, make) => {
    make();
    const name = { "it is a folder": "dir", "it is a pipe": "pipe", "it is a device": "zero" }[why] ?? "loop";
    const sentence = `no-access: ${name}.mmf cannot be read: ${why}. help: name a file`;
    expect(await said(join(folder, `${name}.mmf`))).toEqual([sentence]);
    // said of a file that a spec uses, too, at the `use`
    const { diagnostics } = await compileFile(file("uses.mmf", `use "${name}.mmf"\n${good}`));
    expect(diagnostics.map((d) => [d.code, d.span.start])).toEqual([["no-access", 4]]);
  });

  it.skipIf(process.getuid?.() === 0)("one whose rights do not allow it", async () => {
    const path = file("secret.mmf", good);
    chmodSync(path, 0o000);
    expect(await said(path)).toEqual([
      "no-access: secret.mmf cannot be read: its rights do not allow it. help: change its rights",
    ]);
  });
});

describe("use", () => {
  it("of what is no text is said where it is used", async () => {
    file("latin.mmf", Buffer.from("// é", "latin1"));
    expect(await said(file("uses.mmf", `use "latin.mmf"\n${good}`))).toEqual([
      "not-text: latin.mmf is not UTF-8 text: byte 4 is `0xE9`. help: save it as UTF-8 (`iconv -f LATIN1 -t UTF-8`)",
    ]);
  });

  it("near names are those of specs, in the folder that was meant", async () => {
    mkdirSync(join(folder, "parts"));
    for (const name of ["blocks.mmf", "blocks.csv", "block"]) file(`parts/${name}`, "");
    const [sentence] = await said(file("uses.mmf", `use "parts/block.mmf"\n${good}`));
    expect(sentence).toContain('help: write "parts/blocks.mmf"; paths start at');
  });

  it("a chain without end is said once, at once", async () => {
    for (let i = 0; i < 2_000; i++) file(`c${i}.mmf`, `use "c${i + 1}.mmf"\nblock x${i} = relu\n`);
    expect(await said(file("chain.mmf", `use "c0.mmf"\n${good}`))).toEqual([
      "spec-too-large: chain.mmf has more than 100 files that use each other in a row; a spec has at most 100.",
    ]);
  });

  it("two files that both use two others, forty deep, are read once each", async () => {
    for (let i = 0; i < 40; i++)
      for (const s of "ab") file(`${s}${i}.mmf`, `use "a${i + 1}.mmf"\nuse "b${i + 1}.mmf"\nblock ${s}${i} = relu\n`);
    const reads = new Map<string, number>();
    const read = (path: string) => {
      reads.set(path, (reads.get(path) ?? 0) + 1);
      return readSpec(path);
    };
    const path = file("diamond.mmf", `use "a0.mmf"\nuse "b0.mmf"\n${good}`);
    const { diagnostics } = await compileFile(path, { host: { read } });
    expect(diagnostics).toEqual([]);
    // the last two are not there
    const there = [...reads].filter(([name]) => !name.endsWith("40.mmf"));
    expect(there.length).toBe(80);
    expect(there.every(([, n]) => n === 1)).toBe(true);
  });
});

describe("numbers", () => {
  it.each([
    ["tokens: 9", `tokens: ${"9".repeat(100_000)}`, "number-form"],
    ["tokens: 9", "tokens: 99999999999999999999", "value-range"],
    ["embedding(4)", "embedding(9007199254740993)", "value-range"],
    ["embedding(4)", "embedding(1e400)", "number-form"],
    ["lstm(4)", "conv1d(4, 1000000x1)", "value-kind"],
    ["text { tokens: 9 }", 'image { size: 999999999x999999999, file: "{a}" }', "value-range"],
  ])("%s as %s", async (from, to, code) => {
    expect((await said(file("n.mmf", ascii.replace(from, to)))).map((s) => s.split(":")[0])).toEqual([code]);
  });
});
