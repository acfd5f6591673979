/** From names to files: what is found, what is not, and why; archives and arrays with hostile headers; files that change. */
import { execFileSync } from "node:child_process";
import { linkSync, mkdirSync, renameSync, rmSync, symlinkSync, utimesSync, writeFileSync } from "node:fs";
import path from "node:path";
import { gzipSync } from "node:zlib";
import { describe, expect, it } from "vitest";
import { openArray } from "../../../runtime/data/array-file.ts";
import type { DataError } from "../../../runtime/data/batch.ts";
import type { Found, FoundFile } from "../../../runtime/data/media.ts";
import { openMedia } from "../../../runtime/data/media.ts";
import { folderRoot } from "../../../runtime/data/media-folder.ts";
import { bytesIn } from "../../../runtime/data/open-file.ts";
import { FileChanged, TooLarge } from "../../../runtime/data/reasons.ts";
import { contentOf } from "../../../runtime/data/signature.ts";
import { readSound } from "../../../runtime/data/sound-file.ts";
import { readText } from "../../../runtime/data/text-file.ts";
import { openWav, readWav } from "../../../runtime/data/wav.ts";
import { chunkOf, type Member, npyOf, paxRecord, png, tarOf, wavOf } from "./hostile.ts";
import { folder } from "./made.ts";

const whyOf = (found: Found): unknown => (found.found === "missing" ? found.why : found.found);

/** Bytes as a file that was found. */
function found(name: string, bytes: Buffer): FoundFile {
  const open = async () => bytesIn(bytes);
  const size = bytes.length;
  return { found: "file", shown: name, name, size, identity: name, open, check: () => {}, read: async () => bytes };
}

async function reason(work: Promise<unknown>): Promise<string> {
  return work.then(
    () => "fine",
    (error: Error) => (error instanceof TooLarge ? `too large: ${error.message}` : error.message),
  );
}

describe("names in a folder", () => {
  const at = folder();
  writeFileSync(path.join(at, "a b.png"), "x");
  writeFileSync(path.join(at, 'Ein\'s "Bild".png'), "x");
  writeFileSync(path.join(at, "图表 1.png"), "x");
  writeFileSync(path.join(at, "caf\u0065\u0301.png"), "x"); // as macOS writes it
  mkdirSync(path.join(at, "Charts"));
  writeFileSync(path.join(at, "Charts/ACME.PNG"), "x");
  const root = folderRoot("media", at);

  it("finds names in any script, with spaces and quotes", () => {
    for (const name of [
      "a b.png",
      'Ein\'s "Bild".png',
      "图表 1.png",
      "./a b.png",
      "Charts\\ACME.PNG",
      "Charts/../a b.png",
    ])
      expect([name, root.find(name).found]).toEqual([name, "file"]);
    expect(root.find("图表 1.png")).toMatchObject({ shown: "media/图表 1.png", size: 1 });
  });

  it("finds a letter however Unicode composes it", () => {
    expect(root.find("caf\u00e9.png")).toMatchObject({ found: "file", name: "caf\u0065\u0301.png" });
  });

  it("names what is there instead", () => {
    expect(whyOf(root.find("A b.PNG"))).toBe("there is a b.png");
    expect(whyOf(root.find("charts/acme.png"))).toBe("there is Charts/ACME.PNG");
    expect(whyOf(root.find("a%20b.png"))).toBe("there is a b.png");
    expect(whyOf(root.find(" a b.png"))).toBe("there is a b.png");
    expect(whyOf(root.find("nothing.png"))).toBeUndefined();
  });

  it("takes no name for a file that cannot be one", () => {
    expect(whyOf(root.find("a\0b.png"))).toBe("a NUL byte stands in its name");
    expect(whyOf(root.find("x".repeat(5000)))).toBe("a name of 5,000 characters");
    expect(root.find("x".repeat(5000)).shown.length).toBeLessThan(200);
    expect(whyOf(root.find("图".repeat(200)))).toBe("a name of 200 characters");
    expect(whyOf(root.find("https://example.com/a.png"))).toBe("an address, not a file");
    expect(whyOf(root.find("Charts"))).toBe("it is a folder");
    expect(whyOf(root.find("a b.png/x.png"))).toBe("a file stands where its folder would be");
    expect(root.find("\u001b[31mred.png").shown).toBe("media/\uFFFD[31mred.png");
  });

  it("leaves the folder by no name and by no link", () => {
    const other = folder();
    writeFileSync(path.join(other, "secret.png"), "x");
    symlinkSync(path.join(other, "secret.png"), path.join(at, "link.png"));
    symlinkSync(other, path.join(at, "way"));
    symlinkSync("a b.png", path.join(at, "inside.png"));
    symlinkSync("loop.png", path.join(at, "loop.png"));
    symlinkSync("gone.png", path.join(at, "dangling.png"));
    for (const name of ["../x.png", "/etc/hostname", "a/../../x.png", "..\\x.png", "C:\\x.png", ""])
      expect([name, root.find(name)]).toMatchObject([name, { found: "outside" }]);
    expect("link" in root.find("../x.png")).toBe(false);
    expect(root.find("link.png")).toMatchObject({ found: "outside", link: true });
    expect(root.find("way/secret.png")).toMatchObject({ found: "outside", link: true });
    expect(root.find("inside.png").found).toBe("file");
    expect(whyOf(root.find("dangling.png"))).toBe("a link to nothing");
    expect(whyOf(root.find("loop.png"))).toBe("its links lead in a circle");
  });

  it.skipIf(process.platform === "win32")("waits for no pipe and reads no device", () => {
    execFileSync("mkfifo", [path.join(at, "pipe.png")]);
    expect(whyOf(root.find("pipe.png"))).toBe("it is a pipe");
    const devices = folderRoot("dev", "/dev");
    expect(whyOf(devices.find("zero"))).toBe("it is a device");
  });
});

describe("a file that is not what was found", () => {
  const at = folder();
  const file = path.join(at, "a.txt");
  const find = (): FoundFile => {
    writeFileSync(file, "hello");
    const one = folderRoot("m", at).find("a.txt");
    expect(one.found).toBe("file");
    return one as FoundFile;
  };
  const how = (work: Promise<unknown>): Promise<unknown> =>
    work.then(
      () => "fine",
      (error) => (error instanceof FileChanged ? error.how : error),
    );

  it("is said to have vanished or changed", async () => {
    expect(await how(find().read())).toBe("fine");
    const longer = find();
    writeFileSync(file, "hello!");
    expect(await how(longer.read())).toBe("changed");
    const gone = find();
    rmSync(file);
    expect(await how(gone.read())).toBe("vanished");
  });

  it("also where size and time are the same", async () => {
    const one = find();
    const time = new Date(2020, 1, 1);
    utimesSync(file, time, time);
    const old = folderRoot("m", at).find("a.txt") as FoundFile;
    const other = path.join(at, "b.txt");
    // The clock of a file system ticks every few milliseconds.
    await new Promise((resolve) => setTimeout(resolve, 30));
    writeFileSync(other, "HELLO");
    utimesSync(other, time, time);
    renameSync(other, file);
    expect(await how(old.read())).toBe("changed");
    expect(await how(one.read())).toBe("changed");
    expect((folderRoot("m", at).find("a.txt") as FoundFile).identity).not.toBe(old.identity);
  });

  it("also while it is read, and where a pipe took its place", async () => {
    const one = find();
    const bytes = await one.open();
    expect((await bytes.read(0, 2)).toString()).toBe("he");
    writeFileSync(file, "HELLO WORLD");
    expect(() => bytes.check()).toThrow(FileChanged);
    bytes.close();
    const cut = find();
    const open = await cut.open();
    writeFileSync(file, "");
    expect(await how(open.read(0, 5))).toBe("changed");
    open.close();
    if (process.platform === "win32") return;
    const piped = find();
    rmSync(file);
    execFileSync("mkfifo", [file]);
    expect(await how(piped.read())).toBe("changed");
  });
});

describe("archives", () => {
  const at = folder();
  const open = async (name: string, bytes: Buffer) => {
    writeFileSync(path.join(at, name), bytes);
    return openMedia([name], at, at, path.join(at, ".cache"));
  };
  const refusal = async (name: string, bytes: Buffer): Promise<unknown> => {
    try {
      await (await open(name, bytes)).close();
      return "fine";
    } catch (error) {
      const [first] = (error as DataError).problems;
      return first?.facts.why ?? first?.facts.most;
    }
  };
  const a: Member = { name: "a.png", data: Buffer.from("first") };

  it("reads members of every way to write a name, the last of equal names", async () => {
    const long = `${"deep/".repeat(30)}x.png`;
    const media = await open(
      "good.tar",
      tarOf([
        a,
        { name: "././@LongLink", type: "L", data: Buffer.from(`${long}\0`) },
        { name: "cut", data: Buffer.from("gnu") },
        { name: "pax", type: "x", data: Buffer.from(paxRecord("path", `${"图/".repeat(60)}y.png`)) },
        { name: "cut", data: Buffer.from("pax") },
        { name: "same", type: "1", link: "a.png" },
        { name: "./a.png", data: Buffer.from("second") },
        { name: "folder/", type: "5" },
        { name: "device", type: "3" },
        { name: "pipe", type: "6" },
      ]),
    );
    const read = async (name: string): Promise<string> =>
      ((await (media.find(name) as FoundFile).read()) ?? "").toString();
    expect(await read("a.png")).toBe("second");
    expect(await read(long)).toBe("gnu");
    expect(await read(`${"图/".repeat(60)}y.png`)).toBe("pax");
    expect(await read("same")).toBe("second");
    expect(whyOf(media.find("folder"))).toBe("it is a folder");
    expect(whyOf(media.find("device"))).toBe("it is a device");
    expect(whyOf(media.find("pipe"))).toBe("it is a pipe");
    expect(whyOf(media.find("A.png"))).toBe("there is a.png");
    await media.close();
  });

  it("refuses names and links that lead out", async () => {
    const media = await open(
      "out.tar",
      tarOf([
        a,
        { name: "../up.png", data: Buffer.from("x") },
        { name: "/etc/abs.png", data: Buffer.from("x") },
        { name: "soft.png", type: "2", link: "/etc/passwd" },
        { name: "hard.png", type: "1", link: "../../etc/passwd" },
        { name: "a.png", type: "2", link: "/etc/passwd" },
      ]),
    );
    for (const name of ["../up.png", "/etc/abs.png"]) expect(media.find(name)).toMatchObject({ found: "outside" });
    for (const name of ["soft.png", "hard.png", "a.png"])
      expect(media.find(name)).toMatchObject({ found: "outside", link: true });
    await media.close();
  });

  it("believes no size", async () => {
    const huge = Buffer.alloc(12, 0xff);
    const large = Buffer.from([0x80, 0, 0, 0, 0x7f, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff]);
    expect(await refusal("e1.tar", tarOf([a, { name: "b", size: huge }]))).toBe("one of its headers is damaged");
    expect(await refusal("e2.tar", tarOf([a, { name: "b", size: large }]))).toBe("one of its headers is damaged");
    expect(await refusal("e3.tar", tarOf([a, { name: "b", size: "77777777777\0" }]))).toMatch(/^it is cut off after/);
    expect(await refusal("e4.tar", tarOf([a, { name: "b", size: "-1\0" }]))).toBe("one of its headers is damaged");
    const pax = (value: string): Member => ({ name: "p", type: "x", data: Buffer.from(paxRecord("size", value)) });
    expect(await refusal("e5.tar", tarOf([pax("-5"), a]))).toBe("one of its headers is damaged");
    expect(await refusal("e6.tar", tarOf([pax("9e300"), a]))).toBe("one of its headers is damaged");
    expect(await refusal("e7.tar", tarOf([{ name: "p", type: "x", data: Buffer.from("999 path=a\n") }, a]))).toBe(
      "one of its headers is damaged",
    );
    const names = { name: "l", type: "L", data: Buffer.alloc(2 << 20, 65) };
    expect(await refusal("e8.tar", tarOf([names, a]))).toBe("one of its headers is damaged");
    expect(await refusal("e9.tar.gz", gzipSync(tarOf([a])).subarray(0, 60))).toBe("it is not whole gzip data");
    expect(await refusal("e10.tar", Buffer.from("hello"))).toBe("it is not a tar archive");
    expect(await refusal("e11.tar", Buffer.alloc(0))).toBe("it is empty");
    expect(await refusal("e12.tar", Buffer.alloc(10240))).toBe("it holds no files");
    expect(await refusal("e13.zip", Buffer.from("PK"))).toBe(".zip is not an archive format here");
  });

  it("notices that an archive changed after it was indexed", async () => {
    const media = await open("later.tar", tarOf([a]));
    const member = media.find("a.png") as FoundFile;
    writeFileSync(path.join(at, "later.tar"), tarOf([{ ...a, data: Buffer.from("other") }]));
    await expect(member.read()).rejects.toThrow(FileChanged);
    await media.close();
  });
});

describe("arrays", () => {
  const floats = Buffer.from(Float32Array.of(1, 2, 3, 4, 5, 6).buffer);
  const cases: [name: string, file: Buffer, why: string | RegExp][] = [
    ["a.npy", npyOf("'<f4'", "(2, 3)", floats), "fine"],
    ["v.npy", npyOf("'<f4'", "(6,)", floats), "fine"],
    [
      "huge.npy",
      npyOf("'<f4'", "(99999999999, 9999999999)", floats),
      "its header promises over 1,000 TB, it has 152 bytes",
    ],
    ["more.npy", npyOf("'<f4'", "(3, 3)", floats), "its header promises 164 bytes, it has 152 bytes"],
    ["minus.npy", npyOf("'<f4'", "(-2, 3)", floats), "its shape is (-2, 3)"],
    ["word.npy", npyOf("'<f4'", "(two, 3)", floats), "its shape is (two, 3)"],
    ["nan.npy", npyOf("'<f4'", "(1e400, 0)", floats), "its shape is (1e400, 0)"],
    ["pickle.npy", npyOf("'|O'", "(2,)", floats), "it holds Python objects (pickle), which are not read"],
    ["text.npy", npyOf("'<U8'", "(2,)", floats), "its elements are not numbers"],
    ["record.npy", npyOf("[('a', '<f4')]", "(2,)", floats), "its elements are not numbers"],
    ["fortran.npy", npyOf("'<f4'", "(2, 3)", floats, "True"), "it is in Fortran order"],
    ["one.npy", npyOf("'<f4'", "()", floats), "it holds one number, no array"],
    ["cut.npy", npyOf("'<f4'", "(2, 3)", floats).subarray(0, 9), /not an .npy file/],
    ["picture.npy", png(8, 8), "a PNG"],
    ["pack.npy", Buffer.from("PK\x03\x04rest of an npz"), "a ZIP archive"],
    [
      "idx-idx1-ubyte",
      Buffer.from([0, 0, 8, 3, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff]),
      /promises/,
    ],
    ["idx-idx3-ubyte", Buffer.from([0, 0, 8, 200, 0, 0]), "it is neither .npy nor IDX"],
    ["empty.npy", Buffer.alloc(0), "empty"],
    ["a.npy.gz", gzipSync(npyOf("'<f4'", "(2, 3)", floats)), "fine"],
    ["cut.npy.gz", gzipSync(npyOf("'<f4'", "(2, 3)", floats)).subarray(0, 40), "it is not whole gzip data"],
    ["lie.npy.gz", gzipSync(npyOf("'<f4'", "(200, 3)", floats)), "its header promises 2.5 kB, it has 152 bytes"],
    ["bomb.npy.gz", gzipSync(npyOf("'<f4'", "(2000, 1000000)", Buffer.alloc(1 << 20))), "too large: over 1 GB"],
    ["none.npy.gz", gzipSync(Buffer.alloc(0)), "empty"],
  ];
  it.each(cases)("%s", async (name, file, why) => {
    const said = await reason(openArray(found(name, file)).then((array) => array.all()));
    if (typeof why === "string") expect(said).toBe(why);
    else expect(said).toMatch(why);
  });

  it("reads packed ones of many pieces as plain ones", async () => {
    const many = Buffer.from(Float32Array.from({ length: 60_000 }, (_, i) => Math.sin(i)).buffer);
    const plain = npyOf("'<f4'", "(6000, 10)", many);
    const packed = await openArray(found("p.npy.gz", gzipSync(plain)));
    const straight = await openArray(found("p.npy", plain));
    for (const i of [0, 1639, 1640, 5999]) expect(await packed.item(i)).toEqual(await straight.item(i));
    expect(await packed.all()).toEqual(await straight.all());
    expect(await packed.finite()).toBe(true);
    const holes = npyOf("'<f4'", "(2,)", Buffer.from(Float32Array.of(1, Number.NaN).buffer));
    expect(await (await openArray(found("h.npy", holes))).finite()).toBe(false);
  });
});

describe("sound headers", () => {
  const long = Buffer.alloc(28);
  long.writeBigUInt64LE(16_000n, 8);
  const lying = Buffer.from(long);
  lying.writeBigUInt64LE(9_000_000_000n, 8);
  const rf64 = { mark: "RF64", riff: 0xffffffff, length: 0xffffffff };
  const list = chunkOf("LIST", Buffer.from("INFOISFT"));
  const floats = (...values: number[]): Buffer => Buffer.from(Float32Array.from(values).buffer);
  const cases: [name: string, file: Buffer, why: string][] = [
    ["plain", wavOf(), "8000 samples"],
    ["a chunk behind", wavOf({ after: list }), "8000 samples"],
    ["a pipe of ffmpeg", wavOf({ riff: 0xffffffff, length: 0xffffffff }), "8000 samples"],
    ["a pipe of sox", wavOf({ riff: 0x7ffff024, length: 0x7ffff000 }), "8000 samples"],
    ["a pipe that wrote zeros", wavOf({ riff: 0, length: 0 }), "8000 samples"],
    ["RF64", wavOf({ ...rf64, before: chunkOf("ds64", long) }), "8000 samples"],
    ["RF64 that lies", wavOf({ ...rf64, before: chunkOf("ds64", lying) }), "its header promises 9 GB, it has 16 kB"],
    ["too long", wavOf({ length: 4e9 }), "its header promises 4 GB, it has 16 kB"],
    ["too short", wavOf({ length: 100 }), "its header promises 100 bytes, it has 16 kB"],
    ["no samples", wavOf({ data: Buffer.alloc(0) }), "no samples"],
    ["no samples, but a chunk", wavOf({ data: Buffer.alloc(0), after: list }), "no samples"],
    ["0 Hz", wavOf({ rate: 0 }), "its header says 0 Hz"],
    ["4 GHz", wavOf({ rate: 0xffffffff }), "its header says 4,294,967,295 Hz"],
    ["no channels", wavOf({ channels: 0 }), "its header says 0 channels"],
    ["65,535 channels", wavOf({ channels: 65535 }), "its header says 65,535 channels"],
    ["NaN", wavOf({ code: 3, bits: 32, data: floats(0, Number.NaN) }), "samples that are no numbers"],
    [
      "infinite",
      wavOf({ code: 3, bits: 32, data: floats(0, Number.POSITIVE_INFINITY) }),
      "samples that are no numbers",
    ],
    ["a day and more", wavOf({ rate: 1, data: Buffer.alloc(200_000) }), "too large: over 24 h"],
    ["cut in the header", wavOf().subarray(0, 20), "cut off after 20 bytes"],
    ["nothing but chunks", Buffer.concat([wavOf().subarray(0, 36), Buffer.alloc(200_000)]), "its chunks do not end"],
    ["another codec", wavOf({ code: 6, bits: 8 }), "for ffmpeg"],
    ["odd bits", wavOf({ bits: 0 }), "for ffmpeg"],
  ];
  it.each(cases)("%s", async (_, file, why) => {
    const read = readWav(file).then((sound) =>
      sound === undefined ? "for ffmpeg" : `${sound.samples.length} samples`,
    );
    expect(await read.catch((error: Error) => reason(Promise.reject(error)))).toBe(why);
    // Looking finds what reading finds.
    const looked = await reason(openWav(bytesIn(file)));
    if (looked !== "fine") expect(looked).toBe(why);
  });

  it("keeps what is wanted, and says what is no sound without asking ffmpeg", async () => {
    const sound = await readSound(found("a.wav", wavOf()), () => 100);
    expect([sound.samples.length, sound.rate]).toEqual([100, 8000]);
    expect(await reason(readSound(found("a.wav", png(4, 4)), () => 0))).toBe("a PNG");
    expect(await reason(readSound(found("a.mp3", Buffer.from("<!DOCTYPE html><html>404")), () => 0))).toBe(
      "an HTML page",
    );
    expect(await reason(readSound(found("a.mp3", Buffer.from("#EXTM3U\nfile:///etc/passwd")), () => 0))).toBe(
      "a playlist",
    );
    expect(await reason(readSound(found("a.mp3", Buffer.from("ffconcat version 1.0\nfile x")), () => 0))).toBe(
      "a playlist",
    );
    expect(await reason(readSound(found("a.mp3", Buffer.from("plain words")), () => 0))).toBe("not sound");
    expect(await reason(readSound(found("a.wav", Buffer.alloc(0)), () => 0))).toBe("empty");
  });
});

describe("texts", () => {
  it("are UTF-8 and of a size that a text has", async () => {
    expect(await readText(found("a.txt", Buffer.from("\uFEFFprofit rose 利润")))).toBe("profit rose 利润");
    const chinese = Buffer.concat([Buffer.from("ab"), Buffer.from([0xc4, 0xe3])]);
    expect(await reason(readText(found("a.txt", chinese)))).toBe("not UTF-8 text: byte 3 is 0xC4");
    expect(await reason(readText(found("a.txt", Buffer.from("a\0b"))))).toBe("not UTF-8 text: byte 2 is 0x00");
    expect(await reason(readText(found("a.txt", png(4, 4))))).toBe("a PNG");
    const sparse: FoundFile = { ...found("big.txt", Buffer.alloc(0)), size: 2e9 };
    expect(await reason(readText(sparse))).toBe("too large: over 100 MB");
  });
});

describe("what a file is", () => {
  it("knows the usual ones and guesses nothing", () => {
    const said = (text: string): string | undefined => contentOf(Buffer.from(text, "latin1"));
    expect(said("version https://git-lfs.github.com/spec/v1\noid")).toBe("a Git LFS pointer");
    expect(said('{"error": 404}')).toBe("JSON");
    expect(said("\xff\xd8\xff\xe0rest")).toBe("a JPEG");
    expect(said("RIFF\0\0\0\0WEBPVP8 ")).toBe("a WebP picture");
    expect(said("\x1f\x8b\x08")).toBe("gzip data");
    expect(said("\xff\xfb\x90\x44")).toBeUndefined();
    expect(said("")).toBeUndefined();
  });
});

// A hard link is another name of the same file: no way out, and no other identity for the same name.
it("a hard link inside a folder is a file", () => {
  const at = folder();
  writeFileSync(path.join(at, "a.png"), "x");
  linkSync(path.join(at, "a.png"), path.join(at, "b.png"));
  expect(folderRoot("m", at).find("b.png").found).toBe("file");
});
