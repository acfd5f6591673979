/**
 * Exit codes of the real binary, command by command and trouble by trouble; and that whatever happens is said in a sentence
 * without a stack. The machine's own troubles (no rights, a full disk, no home, a folder that went) are made here.
 */
import { spawnSync } from "node:child_process";
import { chmodSync, existsSync, mkdirSync, readdirSync, symlinkSync, writeFileSync } from "node:fs";
import path from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import { folderWith, mmfc, pointsSpec, pointsTable, type Result, run } from "./run.ts";
import { tickets } from "./tickets.ts";

const { folder: cwd, remove } = folderWith({
  "points.mmf": pointsSpec,
  "points.csv": pointsTable(),
  "broken.mmf": pointsSpec.slice(0, 200),
  "unknown.mmf": pointsSpec.replace("dense(16", "dnese(16"),
  "bad.mmf": pointsSpec.replace("points.csv", "bad.csv"),
  "bad.csv": pointsTable()
    .replace("p7,", "p6,")
    .replace(/^p9,[^,]*/m, "p9,many"),
  "lonely.mmf": pointsSpec.replace("points.csv", "nowhere.csv"),
  "warning.mmf": pointsSpec.replace("  encoder inner", "  encoder idle = sheet -> dense(2)\n  encoder inner"),
  "empty.mmf": "",
  "note.txt": "no run\n",
});
afterAll(remove);
mkdirSync(path.join(cwd, "folder.mmf"));
writeFileSync(path.join(cwd, "folder.mmf/inside.mmf"), pointsSpec.replace("points.csv", "../points.csv"));
mkdirSync(path.join(cwd, "hollow"));

/** What no ending may show, whatever the trouble. */
const stack = /\n\s+at .*[:(]\d+|node:internal|UnhandledPromise|\[object Object\]|undefined/;

function isSaid({ code, stdout, stderr }: Result): void {
  expect(`${stdout}\n${stderr}`).not.toMatch(stack);
  if (code !== 0 && code !== 130) expect(`${stdout}${stderr}`.trim()).not.toBe("");
  if (code !== 70) expect(stderr).not.toContain("internal-error");
}

const specCommands = ["check", "graph", "compile", "train"];

describe("the command line is wrong: 2", () => {
  it.each([
    [["trian"]],
    [["check", "--format", "xml"]],
    [["check", "--wach"]],
    [["check", "points.csv"]],
    [["check", "hollow"]],
    [["check", "points.mmf", "--model", "A"]],
    [["graph", "points.csv"]],
    [["train", "points.mmf", "bad.mmf"]],
    [["train", "points.mmf", "--epochs", "none"]],
    [["train", "points.mmf", "--model", "Nobody"]],
    [["train"]],
    [["compile", "empty.mmf"]],
    [["eval"]],
    [["predict", "runs"]],
    [["predict", "runs", "--data", "points.csv", "-o", "x.xlsx"]],
    [["explain", "no-such-code"]],
    [["words", "--role", "none"]],
    [["engine", "buy"]],
    [["cache", "clear", "--older", "x"]],
  ])("mmfc %j", async (args) => {
    const result = await run(args, { cwd });
    isSaid(result);
    expect(result).toMatchObject({ code: 2, stdout: "" });
    expect(result.stderr).toMatch(/^mmfc[^\n]*\n[^\n]*\n$/);
  });
});

describe("the spec, the data or the run is wrong: 1", () => {
  it.each(
    specCommands.flatMap((command) => ["gone.mmf", "broken.mmf", "unknown.mmf"].map((spec) => [[command, spec]])),
  )("mmfc %j", async (args) => {
    const result = await run(args, { cwd });
    isSaid(result);
    expect(result.code).toBe(1);
  });

  it.each([
    [["check", "bad.mmf"]],
    [["train", "bad.mmf"]],
    [["train", "lonely.mmf"]],
    [["train", "points.mmf", "--data", "nowhere.csv"]],
    [["check", "warning.mmf", "--strict"]],
    [["check", "points.mmf", "bad.mmf"]],
    [["eval", "hollow"]],
    [["eval", "nowhere"]],
    [["eval", "note.txt"]],
    [["predict", "hollow", "--data", "points.csv"]],
    [["predict", "note.txt", "--data", "points.csv"]],
    [["predict", "hollow", "--data", "nowhere.csv"]],
    [["graph", "points.mmf", "-o", "note.txt/a.mmd"]],
    [["compile", "points.mmf", "-o", "note.txt"]],
    [["compile", "points.mmf", "-o", "/proc/mmfc/out"]],
    [["graph", "points.mmf", "-o", "/proc/mmfc.mmd"]],
    [["train", "points.mmf", "-o", "/proc/mmfc/run"]],
    [["train", "points.mmf", "-o", "/sys/mmfc/run"]],
  ])("mmfc %j", async (args) => {
    const result = await run(args, { cwd });
    isSaid(result);
    expect(result.code).toBe(1);
  });

  it("is said as JSON, too", async () => {
    for (const args of [
      ["check", "gone.mmf", "--json"],
      ["check", "gone.mmf", "--format", "json"],
      ["check", "bad.mmf", "--json"],
      ["train", "bad.mmf", "--json"],
      ["eval", "nowhere", "--json"],
      ["compile", "points.mmf", "-o", "/proc/mmfc/out", "--json"],
    ]) {
      const result = await run(args, { cwd });
      expect(result).toMatchObject({ code: 1, stderr: "" });
      expect((JSON.parse(result.stdout) as { errors: number }).errors).toBeGreaterThan(0);
    }
  });
});

describe("nothing is wrong: 0", () => {
  it.each([
    [["check", "points.mmf"]],
    [["check", "lonely.mmf"]],
    [["check", "warning.mmf"]],
    [["check", "folder.mmf"]],
    [["check", "bad.mmf", "--no-data"]],
    [["check", "empty.mmf"]],
    [["graph", "bad.mmf"]],
    [["--help"]],
    [["train", "--help"]],
    [["--version"]],
    [["engine"]],
    [["cache"]],
  ])("mmfc %j", async (args) => {
    const result = await run(args, { cwd });
    isSaid(result);
    expect(result.code).toBe(0);
  });
});

describe("the machine lacks something: 3", () => {
  it("a newer Node", async () => {
    for (const version of ["18.20.0", "20.18.3"]) {
      const old = `data:text/javascript,Object.defineProperty(process,"versions",{value:{...process.versions,node:"${version}"}})`;
      const result = await run(["check", "points.mmf"], { cwd, node: ["--import", old] });
      isSaid(result);
      expect(result).toMatchObject({ code: 3, stdout: "" });
      expect(result.stderr).toContain(`mmfc runs on Node 20.19 or later; this is ${version}.`);
    }
  });

  it("ffmpeg, for sound that is not WAV", async () => {
    const at = tickets(20);
    at.rows[3]![2] = "c2.mp3";
    at.write();
    writeFileSync(path.join(at.folder, "media/c2.mp3"), Buffer.from("ID3\u0003".padEnd(400, "\0"), "latin1"));
    // Neither npm's package nor one on the path.
    const hook = encodeURIComponent(
      `export const resolve = (name, context, next) => { if (name.includes("ffmpeg-installer")) throw new Error("none"); return next(name, context); }`,
    );
    const without = `data:text/javascript,import { register } from "node:module"; register("data:text/javascript,${encodeURIComponent(hook)}");`;
    for (const command of ["check", "train"]) {
      const result = await run([command, "--json"], { cwd: at.folder, node: ["--import", without], env: { PATH: "" } });
      isSaid(result);
      expect(result.code).toBe(3);
      expect(JSON.parse(result.stdout)).toMatchObject({ diagnostics: [{ code: "ffmpeg-missing" }], errors: 1 });
    }
    at.remove();
  });

  it("an engine that was asked for by name", async () => {
    const env = { MMFC_TENSORFLOW: path.join(cwd, "hollow") };
    const result = await run(["engine", "use", "named"], { cwd, env });
    isSaid(result);
    expect(result).toMatchObject({ code: 3, stdout: "" });
    const list = await run(["engine"], { cwd, env });
    expect(list.code).toBe(0);
    expect(list.stdout).toContain("not usable");
  });
});

describe("a mistake of mmfc: 70", () => {
  /** Makes a function of Node throw what nobody expects, at the moment a command uses it. */
  const broken = (how: string): string =>
    `data:text/javascript,import fs from "node:fs"; import { syncBuiltinESMExports } from "node:module"; const real = fs.openSync;
     fs.openSync = (file, ...more) => { if (String(file).endsWith("points.mmf")) { ${how} } return real(file, ...more); }; syncBuiltinESMExports();`;

  it.each([
    ["thrown", "throw new TypeError('x is not a function')"],
    ["rejected and caught by nobody", "Promise.reject(new TypeError('x is not a function'))"],
    ["thrown later", "setImmediate(() => { throw new TypeError('x is not a function') })"],
  ])("%s, is one line, and its stack on demand", async (_, how) => {
    const node = ["--import", broken(how)];
    const plain = await run(["check", "points.mmf"], { cwd, node });
    expect(plain.code).toBe(70);
    expect(plain.stderr).toMatch(
      /^mmfc \S+ stopped by a mistake of its own while \S.* points\.mmf \(internal-error\): x is not a function\. help: report this line and the spec at .*; `MMFC_DEBUG=1` shows more\n$/,
    );
    const debug = await run(["check", "points.mmf"], { cwd, node, env: { MMFC_DEBUG: "1" } });
    expect(debug.code).toBe(70);
    expect(debug.stderr).toMatch(/\nTypeError: x is not a function\n\s+at /);
  });
});

/** Root may write everywhere, so that rights are tried as nobody. */
const isRoot = process.getuid?.() === 0;

function asNobody(args: readonly string[], folder: string, env: { [name: string]: string } = {}): Result {
  const { status, stdout, stderr } = spawnSync(process.execPath, [mmfc, ...args], {
    cwd: folder,
    encoding: "utf8",
    timeout: 60_000,
    env: { PATH: process.env.PATH ?? "", LANG: "C.UTF-8", CI: "1", HOME: "/nonexistent", ...env },
    ...(isRoot && { uid: 65_534, gid: 65_534 }),
  });
  return { code: status, stdout, stderr };
}

describe("rights", () => {
  const locked = folderWith({ "points.mmf": pointsSpec, "points.csv": pointsTable(), "secret.mmf": pointsSpec });
  chmodSync(locked.folder, 0o755);
  chmodSync(path.join(locked.folder, "secret.mmf"), 0o000);
  chmodSync(locked.folder, 0o555);
  afterAll(() => {
    chmodSync(locked.folder, 0o755);
    locked.remove();
  });

  it("a folder that may only be read is checked, and one spec that may not be read does not stop the rest", () => {
    const one = asNobody(["check", "points.mmf"], locked.folder);
    expect(one).toEqual({
      code: 0,
      stderr: "",
      stdout: "points.mmf: 2 models, no mistakes\npoints.csv: 400 rows fit\n",
    });
    const all = asNobody(["check"], locked.folder);
    expect(all).toMatchObject({ code: 1, stderr: "" });
    expect(all.stdout).toMatch(
      /^secret\.mmf error no-access\n {2}secret\.mmf cannot be read: its rights do not allow it\.\n {2}help: change its rights\n/,
    );
    expect(all.stdout).toContain("points.mmf: 2 models, no mistakes");
    const train = asNobody(["train", "secret.mmf"], locked.folder);
    expect(train).toMatchObject({ code: 1, stdout: "" });
    expect(train.stderr).toContain("secret.mmf cannot be read: its rights do not allow it.");
  });

  it("nothing is written there, and it is said", () => {
    for (const args of [
      ["compile", "points.mmf", "-o", "out"],
      ["graph", "points.mmf", "-o", "points.mmd"],
      ["train", "points.mmf", "-o", "out"],
    ]) {
      const result = asNobody(args, locked.folder);
      isSaid(result);
      expect(result.code).toBe(1);
      expect(result.stderr).toMatch(/error no-access\n[\s\S]*cannot be written: /);
    }
    expect(readdirSync(locked.folder).sort()).toEqual(["points.csv", "points.mmf", "secret.mmf"]);
  });

  it("a fix that cannot be written is said, and leaves nothing behind", () => {
    chmodSync(locked.folder, 0o755);
    writeFileSync(path.join(locked.folder, "points.mmf"), pointsSpec.replace("dense(16", "dnese(16"));
    chmodSync(locked.folder, 0o555);
    const result = asNobody(["check", "--fix", "points.mmf"], locked.folder);
    isSaid(result);
    expect(result.code).toBe(1);
    expect(result.stderr).toContain("points.mmf cannot be written: its rights do not allow it.");
    expect(readdirSync(locked.folder).filter((name) => name.endsWith(".part"))).toEqual([]);
  });
});

describe("surroundings", () => {
  it.each<[string, { [name: string]: string }]>([
    ["no home, no locale", { HOME: "", LANG: "" }],
    ["a home that cannot be", { HOME: "/proc/nobody" }],
    ["a cache that cannot be", { XDG_CACHE_HOME: "/proc/nobody" }],
    ["a cache that is a file", { XDG_CACHE_HOME: path.join(cwd, "note.txt") }],
    ["temporary files that cannot be", { TMPDIR: "/nonexistent/tmp" }],
    ["one column", { COLUMNS: "1" }],
    ["no colour", { NO_COLOR: "1", TERM: "dumb" }],
    ["no engine", { MMFC_TENSORFLOW: path.join(cwd, "hollow") }],
  ])("check works with %s", async (_, env) => {
    const result = await run(["check", "points.mmf"], { cwd, env });
    expect(result).toEqual({
      code: 0,
      stderr: "",
      stdout: "points.mmf: 2 models, no mistakes\npoints.csv: 400 rows fit\n",
    });
  });

  it("the output is full", async () => {
    if (!existsSync("/dev/full")) return;
    const { status, stderr } = spawnSync(
      "bash",
      ["-c", `"${process.execPath}" "${mmfc}" check points.mmf > /dev/full`],
      { cwd, encoding: "utf8" },
    );
    expect(status).toBe(1);
    expect(stderr).toContain("error disk-full\n  The disk of stdout is full.\n");
    expect(stderr).not.toMatch(stack);
  });

  it("the folder went away under the shell", () => {
    const { status, stderr, stdout } = spawnSync(
      "bash",
      [
        "-c",
        `d=$(mktemp -d); cd "$d"; rmdir "$d"; "${process.execPath}" "${mmfc}" check "${path.join(cwd, "points.mmf")}"`,
      ],
      { encoding: "utf8" },
    );
    expect({ status, stderr }).toEqual({ status: 0, stderr: "" });
    expect(stdout).toContain("2 models, no mistakes");
    const train = spawnSync(
      "bash",
      [
        "-c",
        `d=$(mktemp -d); cd "$d"; rmdir "$d"; "${process.execPath}" "${mmfc}" graph "${path.join(cwd, "points.mmf")}" -o x.mmd`,
      ],
      { encoding: "utf8" },
    );
    expect(train.status).toBe(1);
    expect(train.stderr).toMatch(/^error no-access\n/);
    expect(train.stderr).not.toMatch(stack);
  });

  it("a table is a pipe", async () => {
    const odd = folderWith({ "points.mmf": pointsSpec });
    if (spawnSync("mkfifo", [path.join(odd.folder, "points.csv")]).status === 0) {
      const result = await run(["check"], { cwd: odd.folder });
      expect(result).toMatchObject({ code: 1, stderr: "" });
      expect(result.stdout).toContain("points.csv is not readable as a table: it is no file.");
    }
    odd.remove();
  });

  it("a specs' folder has odd things in it", async () => {
    const odd = folderWith({ "points.mmf": pointsSpec, "points.csv": pointsTable() });
    symlinkSync("points.mmf", path.join(odd.folder, "link.mmf"));
    symlinkSync("nowhere.mmf", path.join(odd.folder, "dead.mmf"));
    symlinkSync("loop.mmf", path.join(odd.folder, "loop.mmf"));
    mkdirSync(path.join(odd.folder, "a.mmf"));
    mkdirSync(path.join(odd.folder, "node_modules"));
    writeFileSync(path.join(odd.folder, "node_modules/broken.mmf"), "model {");
    const result = await run(["check"], { cwd: odd.folder });
    expect(result).toEqual({
      code: 0,
      stderr: "",
      stdout: "link.mmf: 2 models, no mistakes\npoints.mmf: 2 models, no mistakes\npoints.csv: 400 rows fit\n",
    });
    const named = await run(["check", "loop.mmf"], { cwd: odd.folder });
    isSaid(named);
    expect(named.code).toBe(1);
    odd.remove();
  });
});

describe("Ctrl-C: 130", () => {
  /** Presses it so many milliseconds after the start, and says at the end how long that took. */
  const press = (after: number): string =>
    `data:text/javascript,let pressed;setTimeout(()=>{pressed=Date.now();process.kill(process.pid,"SIGINT")},${after}).unref();process.on("exit",()=>process.stderr.write("ended after "+(Date.now()-pressed)))`;

  it.each([150, 400, 600])("%i ms after the start of a look at 4,000 files: at once, without a word", async (after) => {
    const many = tickets(2000);
    const result = await run(["check"], { cwd: many.folder, node: ["--import", press(after)] });
    expect(result).toMatchObject({ code: 130, stdout: "" });
    expect(result.stderr).toMatch(/^ended after \d+$/);
    // A second is what it may take at most; under other work the process may have to wait for its turn.
    expect(Number(result.stderr.replace(/\D/g, ""))).toBeLessThan(2500);
    many.remove();
  });
});
