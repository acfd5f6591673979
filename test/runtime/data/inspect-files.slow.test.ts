/** A check looks into the files as training does: the same problems with the same rows, each file once, remembered. */
import { execFileSync } from "node:child_process";
import { copyFileSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import path from "node:path";
import { describe, expect, it } from "vitest";
import type { DataPlan } from "../../../plan/plan.ts";
import { inspectData } from "../../../runtime/data/inspect.ts";
import type { Progress } from "../../../runtime/data/modality.ts";
import { npyOf, png, tarOf, wavOf } from "./hostile.ts";
import { audio, folder, image, picture, prepared, problemsOf, text, wav } from "./made.ts";

const inspect = (plan: DataPlan, base: string, more: Partial<Parameters<typeof inspectData>[1]> = {}) =>
  inspectData(plan, { base, cacheDir: path.join(base, ".cache"), threads: 2, ...more });

/** Problems of files as code, statement, and reason by row. */
const told = (
  problems: readonly { code: string; about: { statement: string }; facts: object; rows?: readonly { id?: string }[] }[],
) =>
  problems
    .filter(({ code }) => code !== "rows-on-both-sides")
    .map(({ code, about, facts, rows }) => [code, about.statement, facts, rows?.map(({ id: _, ...row }) => row)]);

/** A table of files: one column each, the labels in turn. */
function files(
  columns: { readonly [name: string]: readonly string[] },
  modalities: DataPlan["modalities"],
): [DataPlan, string] {
  const base = folder();
  mkdirSync(path.join(base, "m"));
  const names = Object.keys(columns);
  const n = columns[names[0]!]!.length;
  const lines = Array.from({ length: n }, (_, i) =>
    [i, ...names.map((name) => `"${columns[name]![i]!.replaceAll('"', '""')}"`), i % 2 === 0 ? "yes" : "no"].join(","),
  );
  writeFileSync(path.join(base, "t.csv"), `${[["id", ...names, "y"].join(","), ...lines].join("\n")}\n`);
  return [
    {
      source: "t.csv",
      media: ["m"],
      split: { by: "in_order", train: 1, validation: 0, test: 0 },
      modalities,
      targets: { y: { type: "binary", columns: ["y"] } },
    },
    base,
  ];
}

/** Checks that inspecting and preparing say the same, with an empty cache each and again with what the check left. */
async function bothSay(plan: DataPlan, base: string): Promise<unknown[]> {
  const first = await inspect(plan, base);
  const again = await inspect(plan, base);
  const trained = await problemsOf(plan, base, { cacheDir: path.join(base, ".other") });
  const after = await problemsOf(plan, base);
  expect(told(again.problems)).toEqual(told(first.problems));
  expect(told(trained)).toEqual(told(first.problems));
  expect(told(after)).toEqual(told(first.problems));
  expect(again.files).toBe(first.files);
  return told(first.problems);
}

describe("files that are looked into", () => {
  it("pictures: every way to be none", async () => {
    const names = ["ok", "empty", "wav", "text", "html", "cut", "mid", "bomb", "huge", "dot", "lfs", "svg"].map(
      (n) => `${n}.png`,
    );
    const [plan, base] = files({ p: [...names, "cut.png"] }, { p: image });
    const at = (name: string): string => path.join(base, "m", name);
    for (const name of ["ok", "cut", "mid"]) await picture(at(`${name}.png`), 90, 300, 300);
    await picture(at("dot.png"), 3, 1, 1);
    let x = 1;
    const random = (): number => {
      x = (Math.imul(x, 1664525) + 1013904223) >>> 0;
      return x >>> 24;
    };
    const lines = Buffer.from(Array.from({ length: 33 * 256 }, (_, i) => (i % 33 === 0 ? 0 : random())));
    const noise = png(256, 256, lines);
    writeFileSync(at("cut.png"), noise.subarray(0, 2000));
    const mid = Buffer.from(noise);
    mid.fill(0x55, 3000, 3040);
    writeFileSync(at("mid.png"), mid);
    writeFileSync(at("empty.png"), "");
    writeFileSync(at("wav.png"), wavOf());
    writeFileSync(at("text.png"), "just words");
    writeFileSync(at("html.png"), "<!DOCTYPE html><html><body>404</body></html>");
    writeFileSync(at("lfs.png"), "version https://git-lfs.github.com/spec/v1\noid sha256:0\nsize 3\n");
    writeFileSync(at("svg.png"), '<svg xmlns="http://www.w3.org/2000/svg" width="4" height="4"/>');
    writeFileSync(at("bomb.png"), png(60_000, 60_000, Buffer.alloc(1000)));
    writeFileSync(at("huge.png"), png(1, 100_000_001, Buffer.alloc(1000)));
    const said = await bothSay(plan, base);
    const row = (i: number, name: string, why: string) => ({ table: "t.csv", row: i, path: `m/${name}.png`, why });
    expect(said).toEqual([
      [
        "file-too-large",
        "p",
        { files: 2, most: "100,000,000 pixels" },
        [row(8, "bomb", "over 100,000,000 pixels"), row(9, "huge", "over 100,000,000 pixels")],
      ],
      [
        "file-unreadable",
        "p",
        { files: 8, kind: "a picture" },
        [
          row(2, "empty", "empty"),
          row(3, "wav", "a WAV"),
          row(4, "text", "not a picture"),
          row(5, "html", "an HTML page"),
          row(6, "cut", "cut off after 2 kB"),
          row(7, "mid", "a damaged PNG"),
          row(11, "lfs", "a Git LFS pointer"),
          row(12, "svg", "an SVG"),
          row(13, "cut", "cut off after 2 kB"),
        ],
      ],
    ]);
    expect((await inspect(plan, base)).files).toBe(12);
  });

  it("sound: every way to be none, and rates that differ", async () => {
    const names = [
      "ok.wav",
      "none.wav",
      "lie.wav",
      "nan.wav",
      "day.wav",
      "hz.wav",
      "png.wav",
      "page.mp3",
      "list.mp3",
      "no.mp3",
    ];
    const [plan, base] = files({ s: names }, { s: audio });
    const at = (name: string): string => path.join(base, "m", name);
    wav(at("ok.wav"), new Float32Array(4000).fill(0.1));
    writeFileSync(at("none.wav"), wavOf({ data: Buffer.alloc(0) }));
    writeFileSync(at("lie.wav"), wavOf({ length: 4e9 }));
    writeFileSync(
      at("nan.wav"),
      wavOf({ code: 3, bits: 32, data: Buffer.from(Float32Array.of(1, Number.NaN).buffer) }),
    );
    writeFileSync(at("day.wav"), wavOf({ rate: 1, data: Buffer.alloc(200_000) }));
    writeFileSync(at("hz.wav"), wavOf({ rate: 0xffffffff }));
    writeFileSync(at("png.wav"), png(4, 4));
    writeFileSync(at("page.mp3"), "<html>no</html>");
    writeFileSync(at("list.mp3"), "#EXTM3U\nfile:///etc/passwd\n");
    writeFileSync(at("no.mp3"), Buffer.from(Array.from({ length: 5000 }, (_, i) => (i * i * 31) % 251)));
    expect((await bothSay(plan, base)).map((one) => (one as unknown[]).slice(0, 3))).toEqual([
      ["file-too-large", "s", { files: 1, most: "24 h" }],
      ["file-unreadable", "s", { files: 8, kind: "sound" }],
    ]);
    const { problems } = await inspect(plan, base);
    expect(problems.at(-1)!.rows!.map((row) => row.why)).toEqual([
      "no samples",
      "its header promises 4 GB, it has 16 kB",
      "samples that are no numbers",
      "its header says 4,294,967,295 Hz",
      "a PNG",
      "an HTML page",
      "a playlist",
      "not sound",
    ]);

    const native = { ...audio, rate: "native" } as typeof audio;
    const [mixed, where] = files({ s: ["a.wav", "b.wav", "c.wav", "d.wav"] }, { s: native });
    for (const [name, rate] of [
      ["a", 16_000],
      ["b", 8000],
      ["c", 8000],
      ["d", 8000],
    ] as const)
      wav(path.join(where, `m/${name}.wav`), new Float32Array(3000).fill(0.1), rate);
    // The first file does not decide: most files do.
    expect(await bothSay(mixed, where)).toEqual([
      [
        "rates-differ",
        "s",
        { name: "s", rates: ["8 kHz (3)", "16 kHz (1)"], write: "rate: 8kHz" },
        [{ table: "t.csv", row: 1, path: "m/a.wav", why: "16 kHz" }],
      ],
    ]);
  });

  it("texts and arrays", async () => {
    const [plan, base] = files(
      { t: ["a.txt", "b.txt", "c.txt", "d.txt"], v: ["a.npy", "b.npy", "c.npy", "d.npy"] },
      { t: { ...text, file: "{t}" }, v: { type: "vector", normalize: "none", file: "{v}" } },
    );
    const at = (name: string): string => path.join(base, "m", name);
    writeFileSync(at("a.txt"), "profit rose");
    writeFileSync(at("b.txt"), Buffer.from([0x61, 0xff, 0x62]));
    writeFileSync(at("c.txt"), "  \n");
    writeFileSync(at("d.txt"), "…!");
    const floats = (...values: number[]): Buffer => Buffer.from(Float32Array.from(values).buffer);
    writeFileSync(at("a.npy"), npyOf("'<f4'", "(3,)", floats(1, 2, 3)));
    writeFileSync(at("b.npy"), npyOf("'<f4'", "(2,)", floats(1, 2)));
    writeFileSync(at("c.npy"), npyOf("'<f4'", "(3,)", floats(1, Number.NaN, 3)));
    writeFileSync(at("d.npy"), npyOf("'|O'", "(3,)", floats(1, 2, 3)));
    const said = (await bothSay(plan, base)) as [string, string, object, { why?: string }[]][];
    expect(said.map(([code, statement, , rows]) => [code, statement, rows.map((row) => row.why)])).toEqual([
      ["file-unreadable", "t", ["not UTF-8 text: byte 2 is 0xFF", "empty", "no words"]],
      ["file-unreadable", "v", ["number 2 is NaN", "it holds Python objects (pickle), which are not read"]],
      ["array-mismatch", "v", [undefined]],
    ]);
    expect(said[2]![2]).toMatchObject({ path: "m/b.npy", holds: "2 numbers an item", asks: "3", write: "dim: 2" });
  });

  it("items of one array, in rows and past its end", async () => {
    const [plan, base] = files(
      { i: ["0", "1", "2", "7"] },
      {
        p: { ...image, size: [2, 2], file: "all.npy", index: "i" },
        v: { type: "vector", normalize: "none", file: "v.npy", index: "i", dim: 3 },
      },
    );
    writeFileSync(path.join(base, "m/all.npy"), npyOf("'|u1'", "(3, 2, 2)", Buffer.alloc(12, 9)));
    writeFileSync(path.join(base, "m/v.npy"), npyOf("'<f4'", "(8, 2)", Buffer.alloc(64)));
    const said = (await bothSay(plan, base)) as [string, string, object, { row: number }[]][];
    expect(said.map(([code, statement, facts, rows]) => [code, statement, facts, rows.map(({ row }) => row)])).toEqual([
      ["array-mismatch", "p", { path: "m/all.npy", holds: "3 items", text: "index", asks: "item 7", column: "i" }, [4]],
      [
        "array-mismatch",
        "v",
        { path: "m/v.npy", holds: "2 numbers an item", text: "dim: 3", asks: "3", write: "dim: 2" },
        [1, 2, 3, 4],
      ],
    ]);
    expect((await inspect(plan, base)).files).toBe(2);
  });

  it("files in an archive", async () => {
    const [plan, base] = files({ p: ["a.png", "b.png", "../c.png", "l.png"] }, { p: image });
    writeFileSync(
      path.join(base, "m.tar.gz"),
      (await import("node:zlib")).gzipSync(
        tarOf([
          { name: "a.png", data: png(8, 8) },
          { name: "b.png", data: wavOf() },
          { name: "l.png", type: "2", link: "/etc/passwd" },
        ]),
      ),
    );
    const said = await bothSay({ ...plan, media: ["m.tar.gz"] }, base);
    expect(said).toEqual([
      [
        "file-outside",
        "p",
        { paths: 2, folder: "m.tar.gz" },
        [
          { table: "t.csv", row: 3, path: "m.tar.gz/../c.png" },
          { table: "t.csv", row: 4, path: "m.tar.gz/l.png", why: "a link" },
        ],
      ],
      [
        "file-unreadable",
        "p",
        { files: 1, kind: "a picture" },
        [{ table: "t.csv", row: 2, path: "m.tar.gz/b.png", why: "a WAV" }],
      ],
    ]);
  });
});

describe("what a look remembers", () => {
  it("looks at a file again only when it changed, and never at what was decoded", async () => {
    const [plan, base] = files({ p: ["a.png", "b.png", "c.png"] }, { p: image });
    const at = (name: string): string => path.join(base, "m", name);
    for (const name of ["a", "b", "c"]) await picture(at(`${name}.png`), 50, 40, 40);
    const seen: Progress[] = [];
    const look = async (): Promise<boolean> => {
      seen.length = 0;
      await inspect(plan, base, { onProgress: (one) => seen.push(one) });
      return seen.length === 0 || seen.at(-1)!.cached;
    };
    expect(await look()).toBe(false);
    expect(seen.at(-1)).toMatchObject({ modality: "p", done: 3, total: 3 });
    expect(await look()).toBe(true);
    writeFileSync(at("b.png"), readFileSync(at("a.png")).subarray(0, 60));
    expect(await look()).toBe(false);
    expect((await inspect(plan, base)).problems.map((one) => one.rows!.map((row) => row.why))).toEqual([
      ["cut off after 60 bytes"],
    ]);
    copyFileSync(at("a.png"), at("b.png"));
    // The record of verdicts is only a help: damaged, it is written anew.
    const features = path.join(base, ".cache/features");
    for (const key of readdirSync(features)) writeFileSync(path.join(features, key, "verdicts.txt"), "nonsense\n{");
    expect(await look()).toBe(false);
    expect(await look()).toBe(true);
    rmSync(path.join(base, ".cache"), { recursive: true });
    await (await prepared(plan, base)).close();
    expect(await look()).toBe(true);
    expect(seen).toEqual([]);
  });

  it("stops when it is told to, and keeps what it saw", async () => {
    const names = Array.from({ length: 300 }, (_, i) => `${i}.wav`);
    const [plan, base] = files({ s: names }, { s: audio });
    for (const name of names) wav(path.join(base, "m", name), new Float32Array(500).fill(0.1));
    const stop = new AbortController();
    const asked = inspect(plan, base, { signal: stop.signal, onProgress: () => stop.abort(new Error("told to stop")) });
    await expect(asked).rejects.toThrow("told to stop");
    expect(readdirSync(path.join(base, ".cache/features")).filter((key) => key.includes("part"))).toEqual([]);
    const { files: all, problems } = await inspect(plan, base);
    expect([all, told(problems)]).toEqual([300, []]);
  });

  it("a file that changes between its look and its reading is said, and breaks nothing", async () => {
    const [, base] = files({ p: ["a.png", "b.png"] }, { p: image });
    for (const name of ["a", "b"]) await picture(path.join(base, `m/${name}.png`), 50, 40, 40);
    const { folderRoot } = await import("../../../runtime/data/media-folder.ts");
    const { imageReader } = await import("../../../runtime/data/image.ts");
    const { createProblems } = await import("../../../runtime/data/problems.ts");
    const media = folderRoot("m", path.join(base, "m"));
    const problems = createProblems();
    const cells = ["a.png", "b.png"];
    const table = {
      rows: 2,
      columns: ["p"],
      files: [],
      fileOf: Uint8Array.of(0, 0),
      rowNumbers: Int32Array.of(1, 2),
      has: () => true,
      holdsBytes: () => false,
      visit: async (_: unknown, each: (cells: string[][], start: number) => void) => each([cells], 0),
      row: (row: number, more: object) => ({ table: "t.csv", row: row + 1, ...more }),
    };
    const cacheDir = path.join(base, ".c");
    mkdirSync(path.join(cacheDir, "features"), { recursive: true });
    const place = {
      table,
      media: { ...media, close: async () => {} },
      problems,
      notes: [],
      cacheDir,
      threads: 2,
      progress: () => {},
      scanned: new Map(),
    };
    const reader = imageReader("p", image, { ...place, fittedOf: () => undefined } as never);
    await reader.scan();
    await picture(path.join(base, "m/a.png"), 60, 41, 41);
    rmSync(path.join(base, "m/b.png"));
    const rows = Int32Array.of(0, 1);
    expect(await reader.inspect!(rows, rows)).toBe(2);
    const { feed } = await reader.prepare(rows, rows, undefined);
    await feed.close();
    const said = problems.found.map(({ code, facts }) => [code, facts.path, facts.how]);
    const once = [
      ["file-changed", "m/a.png", "changed"],
      ["file-changed", "m/b.png", "vanished"],
    ];
    expect(said).toEqual([...once, ...once]);
    expect(readdirSync(path.join(cacheDir, "features"))).toEqual([]);
  });
});

describe("ffmpeg", () => {
  it("may read no other file and no address, whatever a file asks for", async () => {
    const { decodeSound } = await import("../../../runtime/data/ffmpeg.ts");
    const base = folder();
    wav(path.join(base, "secret.wav"), new Float32Array(8000).fill(0.25));
    const secret = path.join(base, "secret.wav");
    const lists = {
      "a.m3u8": `#EXTM3U\n#EXT-X-TARGETDURATION:1\n#EXTINF:1,\nfile://${secret}\n#EXT-X-ENDLIST\n`,
      "b.mp3": `ffconcat version 1.0\nfile ${secret}\n`,
      "c.sdp": "v=0\no=- 0 0 IN IP4 127.0.0.1\nc=IN IP4 127.0.0.1\nm=audio 9 RTP/AVP 0\n",
    };
    for (const [name, content] of Object.entries(lists)) {
      const source = { name, size: content.length, from: Buffer.from(content) };
      await expect(decodeSound(source, () => 10)).rejects.toThrow(/^not sound$/);
    }
    const from = secret;
    expect((await decodeSound({ name: "a.wav", size: 1, from }, () => 10)).samples.length).toBe(10);
  });
});

it.skipIf(process.platform === "win32")("a pipe in place of a file never waits", async () => {
  const [plan, base] = files({ p: ["a.png", "b.png"] }, { p: image });
  await picture(path.join(base, "m/a.png"), 50);
  execFileSync("mkfifo", [path.join(base, "m/b.png")]);
  expect(await bothSay(plan, base)).toEqual([
    [
      "file-missing",
      "p",
      { missing: 1, rows: 2, kind: "a picture", write: "image?", what: "it" },
      [{ table: "t.csv", row: 2, path: "m/b.png", why: "it is a pipe" }],
    ],
  ]);
});
