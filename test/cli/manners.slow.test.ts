/** How the command line behaves whatever the command: streams, exit codes, help, mistakes of usage, colour, ASCII. */
import { spawnSync } from "node:child_process";
import { afterAll, describe, expect, it } from "vitest";
import { parseCommandLine } from "../../cli/command-line.ts";
import { commands } from "../../cli/commands.ts";
import { UsageMistake } from "../../cli/stop.ts";
import { folderWith, mmfc, pointsSpec, run } from "./run.ts";

const { folder: cwd, remove } = folderWith({
  "points.mmf": pointsSpec,
  "wrong.mmf": pointsSpec.replace("dense(16", "dnese(16"),
});
afterAll(remove);

describe("help", () => {
  it("lists every command that is there, on stdout", async () => {
    const { code, stdout, stderr } = await run(["--help"], { cwd });
    expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
    for (const { name, says } of commands) expect(stdout).toMatch(new RegExp(`^.{10}${name} +${says}`, "m"));
    expect(stdout.split("\n").every((line) => line.length <= 100)).toBe(true);
    expect((await run([], { cwd })).stdout).toBe(stdout);
  });

  it.each(commands.map((command) => command.name))("of %s names its options and shows examples", async (name) => {
    const long = await parseCommandLine([name, "--help"], "1.2.3");
    if (long.kind !== "text") throw new Error("no text");
    expect(long.text).toContain(`Usage: mmfc ${name}`);
    for (const { flags } of commands.find((command) => command.name === name)?.options ?? [])
      expect(long.text).toContain(flags);
    expect(long.text).toMatch(new RegExp(`^mmfc ${name}`, "m"));
    expect(long.text.split("\n").every((line) => line.length <= 100)).toBe(true);
    for (const words of [
      [name, "-h"],
      ["help", name],
    ])
      expect(await parseCommandLine(words, "1.2.3")).toEqual(long);
  });

  it("of a command is printed on stdout", async () => {
    const { code, stdout, stderr } = await run(["train", "--help"], { cwd });
    expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
    expect(stdout).toMatch(/^Train a model, judge it, print its scorecard\.\n/);
  });

  it("prints the version", async () => {
    const { stdout } = await run(["-V"], { cwd });
    expect(stdout).toMatch(/^\d+\.\d+\.\d+\n$/);
  });
});

describe("mistakes of usage", () => {
  it.each([
    [["trian"], "mmfc: no command trian; write train\nmmfc --help lists them\n"],
    [["predict", "runs"], "mmfc predict: --data FILE is missing\nmmfc predict --help has its options\n"],
    [["engine", "instal"], "mmfc engine: no action instal; write install\nmmfc engine --help has its options\n"],
    [
      ["cache", "clear", "--older", "soon"],
      "mmfc cache: --older is an age, 12h, 30d or 2w, not soon\nmmfc cache --help has its options\n",
    ],
    [["explain", "gatd"], "mmfc explain: nothing is called gatd; write gated\nmmfc words lists the words\n"],
    [
      ["graph", "points.mmf", "-o", "x.png"],
      "mmfc graph: .png is not in this version yet; write .mmd\nmmfc graph --help has its options\n",
    ],
    [
      ["graph", "points.mmf", "--model", "Point"],
      "mmfc graph: points.mmf has no model Point; write Points\nmmfc graph --help has its options\n",
    ],
    [
      ["train"],
      "mmfc train: SPEC is missing; write points.mmf or wrong.mmf\nmmfc train --help shows how to name one\n",
    ],
  ] as const)("%j are two lines on stderr and 2", async (args, stderr) => {
    expect(await run(args, { cwd })).toEqual({ code: 2, stdout: "", stderr });
  });

  it.each([
    [["trian"], "mmfc: no command trian; write train\nmmfc --help lists them\n"],
    [["xyzzy"], "mmfc: no command xyzzy\nmmfc --help lists them\n"],
    [["init", "--help"], "mmfc: no command init\nmmfc --help lists them\n"],
    [["--color", "never", "trian", "-h"], "mmfc: no command trian; write train\nmmfc --help lists them\n"],
    [
      ["predict", "runs", "new.csv"],
      "mmfc predict: new.csv is too much; write --data new.csv\nmmfc predict --help lists them\n",
    ],
    [["diff"], "mmfc: diff is not in this version yet\nmmfc --help lists what is\n"],
    [["train", "--modle", "A"], "mmfc train: no option --modle; write --model\nmmfc train --help lists them\n"],
    [["train", "--xla"], "mmfc train: --xla is not in this version yet\nmmfc train --help lists what is\n"],
    [
      ["train", "--epochs", "0"],
      "mmfc train: --epochs is a whole number, 1 or more, not 0\nmmfc train --help lists them\n",
    ],
    [
      ["train", "--seed", "1.5"],
      "mmfc train: --seed is a whole number, 0 or more, not 1.5\nmmfc train --help lists them\n",
    ],
    [["check", "--format", "jsn"], "mmfc check: --format is not jsn; write json\nmmfc check --help lists them\n"],
    [["--color", "red", "check"], "mmfc: --color is not red; write auto, always or never\nmmfc --help lists them\n"],
    [["predict"], "mmfc predict: RUN is missing\nmmfc predict --help shows how it is written\n"],
    [["doctor", "a"], "mmfc doctor: takes nothing, so a is too much\nmmfc doctor --help lists them\n"],
  ] as const)("%j are said by the command line alone", async (args, text) => {
    const mistake = await parseCommandLine(args, "1.2.3").catch((error: unknown) => error);
    if (!(mistake instanceof UsageMistake)) throw new Error("no mistake");
    expect(`${mistake.message}\n${mistake.remedy}\n`).toBe(text);
  });
});

describe("streams", () => {
  it("has messages of check on stdout and those of other commands on stderr", async () => {
    const check = await run(["check", "wrong.mmf"], { cwd });
    expect(check).toMatchObject({ code: 1, stderr: "" });
    expect(check.stdout).toContain("wrong.mmf:6:28 error unknown-op");
    const graph = await run(["graph", "wrong.mmf"], { cwd });
    expect(graph).toMatchObject({ code: 1, stdout: "" });
    expect(graph.stderr).toContain("wrong.mmf:6:28 error unknown-op");
    expect(graph.stderr).toMatch(/\nNothing was drawn: 1 error in wrong\.mmf\.\n$/);
  });

  it("has one JSON value on stdout, also where a command stops", async () => {
    for (const command of ["check", "train"]) {
      const { code, stdout, stderr } = await run([command, "wrong.mmf", "--json"], { cwd });
      expect({ command, code, stderr }).toEqual({ command, code: 1, stderr: "" });
      const { diagnostics, errors, warnings } = JSON.parse(stdout) as {
        diagnostics: { code: string }[];
        errors: number;
        warnings: number;
      };
      expect({ codes: diagnostics.map((d) => d.code), errors, warnings }).toEqual({
        codes: ["unknown-op"],
        errors: 1,
        warnings: 0,
      });
    }
    const missing = await run(["train", "nowhere.mmf", "--json"], { cwd });
    expect(JSON.parse(missing.stdout)).toMatchObject({ diagnostics: [{ code: "source-missing" }], errors: 1 });
  });

  it("ends quietly where the reader has seen enough", () => {
    const shell = spawnSync(
      "bash",
      ["-c", `set -o pipefail; "${process.execPath}" "${mmfc}" words --json | head -c 10; echo " \${PIPESTATUS[0]}"`],
      { cwd, encoding: "utf8" },
    );
    expect(shell.stderr).toBe("");
    expect(shell.stdout).toMatch(/ 0\n$/);
  });
});

describe("colour and signs", () => {
  it("is plain in a pipe, coloured when asked for, and never says anything alone", async () => {
    const args = ["check", "wrong.mmf"];
    const plain = await run(args, { cwd });
    expect(plain.stdout).not.toContain("\u001b");
    const forced = await run(args, { cwd, env: { FORCE_COLOR: "1" } });
    expect(forced.stdout).toContain("\u001b[31m");
    expect((await run([...args, "--color", "always"], { cwd, env: { NO_COLOR: "1" } })).stdout).toBe(forced.stdout);
    expect((await run(args, { cwd, env: { NO_COLOR: "1", FORCE_COLOR: "1" } })).stdout).toBe(plain.stdout);
    expect((await run([...args, "--color", "never"], { cwd, env: { FORCE_COLOR: "1" } })).stdout).toBe(plain.stdout);
    // biome-ignore lint/complexity/useRegexLiterals: an escape in a literal is a control character.
    expect(forced.stdout.replace(new RegExp("\u001b\\[\\d+m", "g"), "")).toBe(plain.stdout);
  });

  it("keeps to ASCII where the locale is not UTF-8", async () => {
    const ascii = /^[\x00-\x7f]*$/;
    expect((await run(["explain", "gated"], { cwd })).stdout).not.toMatch(ascii);
    expect((await run(["explain", "gated"], { cwd, env: { LANG: "C" } })).stdout).toMatch(ascii);
    expect((await run(["explain", "gated"], { cwd, env: { MMFC_ASCII: "1" } })).stdout).toMatch(ascii);
  });
});

describe("explain and words", () => {
  it("has a page for every word and every code", async () => {
    const { allWords } = await import("../../cli/words.ts");
    const { wordPage } = await import("../../cli/words.ts");
    for (const word of allWords()) {
      const page = wordPage(word, { color: false, width: 100, ascii: false });
      expect(page).toContain(word.name);
      expect(page).not.toMatch(/undefined|\[object/);
    }
    const page = await run(["explain", "target-leak"], { cwd });
    expect(page.stdout).toMatch(/^target-leak {3}error, fixable\n/);
    expect(page.stdout).toMatch(/\nwrong {5}modality sheet/);
  });

  it("lists words by role", async () => {
    const { stdout } = await run(["words", "--role", "fusion", "--json"], { cwd });
    const words = JSON.parse(stdout) as { word: string; role: string }[];
    expect(words.map((word) => word.word)).toEqual(expect.arrayContaining(["concatenate", "gated", "attention"]));
    expect(words.every((word) => word.role === "fusion")).toBe(true);
  });
});
