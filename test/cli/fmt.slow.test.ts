/** `mmfc fmt` as a user runs it: what it writes, what it prints where, its exit codes, and what it leaves alone. */
import { spawnSync } from "node:child_process";
import {
  chmodSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import path from "node:path";
import { afterEach, describe, expect, it } from "vitest";
import { folderWith, mmfc, type Result, run } from "./run.ts";

const loose = "model A {\n  train   { epochs: 1 }\n  evaluate { bootstrap: 9 }\n}\n";
const neat = "model A {\n  train { epochs: 1 }\n  evaluate { bootstrap: 9 }\n}\n";
const broken = "model B {\n  train { epochs = 1 }\n  encoder a = b(\n}\n";

let remove = (): void => undefined;
afterEach(() => remove());

function folder(files: { readonly [name: string]: string }): {
  readonly at: (name: string) => string;
  readonly read: (name: string) => string;
  readonly fmt: (...args: string[]) => Promise<Result>;
} {
  const made = folderWith(files);
  remove = made.remove;
  const at = (name: string): string => path.join(made.folder, name);
  return {
    at,
    read: (name) => readFileSync(at(name), "utf8"),
    fmt: (...args) => run(["fmt", ...args], { cwd: made.folder }),
  };
}

/** With a text on stdin. */
function pipe(input: string | Buffer, ...args: string[]): Result {
  const { status, stdout, stderr } = spawnSync(process.execPath, [mmfc, "fmt", ...args], { input, encoding: "utf8" });
  return { code: status, stdout, stderr };
}

describe("mmfc fmt", () => {
  it("writes what changes, says so, and leaves the rest untouched", async () => {
    const { at, read, fmt } = folder({ "a.mmf": loose, "b.mmf": neat });
    mkdirSync(at("below"));
    writeFileSync(at("below/视 听.mmf"), "model 视听{modality 文本:text{tokens:1}}");
    const before = statSync(at("b.mmf"), { bigint: true });
    expect(await fmt()).toEqual({
      code: 0,
      stdout: 'a.mmf: line 2 changed\n"below/视 听.mmf": line 1 changed\n',
      stderr: "",
    });
    expect(read("a.mmf")).toBe(neat);
    expect(read("below/视 听.mmf")).toBe("model 视听 {\n  modality 文本: text { tokens: 1 }\n}\n");
    const after = statSync(at("b.mmf"), { bigint: true });
    expect([after.ino, after.mtimeNs]).toEqual([before.ino, before.mtimeNs]);
    expect(await fmt()).toEqual({ code: 0, stdout: "", stderr: "3 specs, nothing to change\n" });
    expect(readdirSync(at(".")).sort()).toEqual(["a.mmf", "b.mmf", "below"]);
  });

  it("--check says what would change, writes nothing, and ends with 1", async () => {
    const { read, fmt } = folder({ "a.mmf": loose, "b.mmf": neat, "c.mmf": "\n\n\nmodel C { }\n  // end\n" });
    expect(await fmt("--check")).toEqual({
      code: 1,
      stdout:
        "a.mmf: line 2 would change\nc.mmf: lines 1 to 3 and 5 would change\n2 of 3 specs would change. Do it: mmfc fmt\n",
      stderr: "",
    });
    expect(read("a.mmf")).toBe(loose);
    expect(await fmt("--check", "a.mmf")).toMatchObject({
      code: 1,
      stdout: "a.mmf: line 2 would change\n1 spec would change. Do it: mmfc fmt a.mmf\n",
    });
    expect(await fmt("--check", "b.mmf")).toEqual({ code: 0, stdout: "", stderr: "1 spec, nothing to change\n" });
  });

  it("leaves a spec with mistakes of syntax as it is, formats the others, and ends with 1", async () => {
    const { read, fmt } = folder({ "a.mmf": loose, "odd.mmf": broken });
    const { code, stdout, stderr } = await fmt();
    expect([code, stdout]).toEqual([1, "a.mmf: line 2 changed\n"]);
    expect(stderr).toContain("odd.mmf:2:18 error colon-or-equals\n");
    expect(stderr).toMatch(/\nNot formatted: 2 errors in odd\.mmf, .*fixable: mmfc check --fix odd\.mmf\n$/);
    expect([read("a.mmf"), read("odd.mmf")]).toEqual([neat, broken]);
    expect((await fmt("--check")).stderr).toContain("\nNot checked: 2 errors in odd.mmf");
  });

  it("reads stdin and prints the text", () => {
    expect(pipe(loose, "-")).toEqual({ code: 0, stdout: neat, stderr: "" });
    expect(pipe("", "-")).toEqual({ code: 0, stdout: "", stderr: "" });
    expect(pipe(loose, "-", "--check")).toEqual({ code: 1, stdout: "stdin: line 2 would change\n", stderr: "" });
    const wrong = pipe(broken, "-");
    expect([wrong.code, wrong.stdout]).toEqual([1, ""]);
    expect(wrong.stderr).toMatch(/^stdin:2:18 error colon-or-equals\n/);
    expect(wrong.stderr).toMatch(/\nNot formatted: 2 errors in stdin\n$/);
    expect(pipe(Buffer.from([0x6d, 0xff, 0xfe]), "-")).toMatchObject({ code: 1, stdout: "" });
    expect(pipe("", "-", "a.mmf")).toMatchObject({ code: 2, stdout: "" });
  });

  it("--json is one value", async () => {
    const { fmt } = folder({ "a.mmf": loose, "odd.mmf": broken });
    const { code, stdout, stderr } = await fmt("--json", "--check");
    expect([code, stderr]).toEqual([1, ""]);
    expect(JSON.parse(stdout)).toMatchObject({
      specs: [
        { file: "a.mmf", changed: true, lines: [2] },
        { file: "odd.mmf", changed: false, lines: [] },
      ],
      diagnostics: [{ code: "colon-or-equals", file: "odd.mmf" }, { code: "not-closed" }],
      errors: 2,
      warnings: 0,
    });
    expect(JSON.parse(pipe(loose, "-", "--json").stdout).specs).toEqual([
      { file: "stdin", changed: true, lines: [2], text: neat },
    ]);
  });

  it("keeps CR LF, a byte order mark, rights and links", async () => {
    const { at, read, fmt } = folder({ "a.mmf": `\ufeff${loose.replaceAll("\n", "\r\n")}` });
    chmodSync(at("a.mmf"), 0o640);
    symlinkSync("a.mmf", at("b.mmf"));
    expect(await fmt("b.mmf")).toMatchObject({ code: 0, stdout: "b.mmf: line 2 changed\n" });
    expect(read("a.mmf")).toBe(`\ufeff${neat.replaceAll("\n", "\r\n")}`);
    expect(statSync(at("a.mmf")).mode & 0o777).toBe(0o640);
    expect(lstatSync(at("b.mmf")).isSymbolicLink()).toBe(true);
  });

  it("does not write over a file that is read-only, nor over one that is no text", async () => {
    const { at, read, fmt } = folder({ "a.mmf": loose, "c.mmf": loose });
    chmodSync(at("a.mmf"), 0o444);
    const bytes = Buffer.concat([Buffer.from(loose), Buffer.from([0xd6, 0xd0])]);
    writeFileSync(at("b.mmf"), bytes);
    const { code, stdout, stderr } = await fmt();
    expect([code, stdout]).toEqual([1, "c.mmf: line 2 changed\n"]);
    expect(stderr).toContain("a.mmf cannot be written: it is read-only.\n");
    expect(stderr).toContain("b.mmf is not UTF-8 text");
    expect(stderr).toMatch(/\nNot formatted: 2 errors in 2 specs\n$/);
    expect([read("a.mmf"), readFileSync(at("b.mmf")).equals(bytes)]).toEqual([loose, true]);
    expect(readdirSync(at(".")).sort()).toEqual(["a.mmf", "b.mmf", "c.mmf"]);
  });

  it("takes a name away only where the blocks of used files leave the word alone", async () => {
    const spec = 'use "blocks.mmf"\nmodel A {\n  encoder a = x -> dense(units: 8) -> lstm(units: 8)\n}\n';
    const { read, fmt } = folder({ "a.mmf": spec, "blocks.mmf": "block dense(other, units) = gru(units)\n" });
    await fmt();
    expect(read("a.mmf")).toBe(spec.replace("lstm(units: 8)", "lstm(8)"));
  });

  it("without a spec, or with one that is not there, is a mistake of usage or a message", async () => {
    const { fmt } = folder({});
    expect(await fmt()).toMatchObject({ code: 2, stderr: expect.stringContaining("mmfc fmt: no .mmf is here\n") });
    expect(await fmt("a.mmf")).toMatchObject({ code: 1, stderr: expect.stringContaining("a.mmf is not there.") });
    expect(await fmt("--chek")).toMatchObject({ code: 2, stderr: expect.stringContaining("write --check") });
  });
});
