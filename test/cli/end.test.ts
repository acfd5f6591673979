/** How a command ends, whatever was thrown: the sentence, the stream, the exit code; never a bare stack. */
import { readFileSync } from "node:fs";
import { afterEach, describe, expect, it } from "vitest";
import { activity, end } from "../../cli/end.ts";
import { Interrupted, Stop, stopWith, UsageMistake } from "../../cli/stop.ts";
import { createTerminal } from "../../cli/terminal.ts";

afterEach(() => {
  delete process.env.MMFC_DEBUG;
  Object.assign(activity, { doing: "running", place: "mmfc" });
});

function ended(error: unknown, json = false): { code: number; stdout: string; stderr: string } {
  const [stdout, stderr]: [string[], string[]] = [[], []];
  const terminal = createTerminal(
    { json },
    {
      stdout: { write: (text) => void stdout.push(text) },
      stderr: { write: (text) => void stderr.push(text) },
      stdin: {},
      env: { LANG: "C.UTF-8" },
      platform: "linux",
    },
  );
  const code = end(error, terminal, "1.2.3");
  return { code, stdout: stdout.join(""), stderr: stderr.join("") };
}

function system(code: string, syscall: string, path?: string): Error {
  return Object.assign(new Error(`${code}: something, ${syscall}`), {
    code,
    syscall,
    ...(path !== undefined && { path }),
  });
}

describe("a mistake of mmfc", () => {
  it("is one line with what to report and where, and 70", () => {
    Object.assign(activity, { doing: "checking", place: "odd.mmf" });
    const { code, stdout, stderr } = ended(new TypeError("x is not a function\n    at f (a.js:1:2)"));
    expect({ code, stdout }).toEqual({ code: 70, stdout: "" });
    expect(stderr).toBe(
      "mmfc 1.2.3 stopped by a mistake of its own while checking odd.mmf (internal-error): x is not a function. " +
        "help: report this line and the spec at the project's issues; `MMFC_DEBUG=1` shows more\n",
    );
  });

  it("shows its stack only when asked to", () => {
    process.env.MMFC_DEBUG = "1";
    const { code, stderr } = ended(new TypeError("x is not a function"));
    expect(code).toBe(70);
    expect(stderr).toMatch(/\nTypeError: x is not a function\n +at /);
  });

  it.each([
    ["a string", "no"],
    ["nothing", undefined],
    ["an object", { a: 1 }],
    ["an error without a message", new RangeError()],
    ["too much memory", new RangeError("Array buffer allocation failed")],
    [
      "too long a text",
      Object.assign(new Error("Cannot create a string longer than 0x1fffffe8 characters"), {
        code: "ERR_STRING_TOO_LONG",
      }),
    ],
    ["too deep a call", new RangeError("Maximum call stack size exceeded")],
  ])("is one line, whatever was thrown: %s", (_, thrown) => {
    const { code, stderr } = ended(thrown);
    expect(code).toBe(70);
    expect(stderr).toMatch(
      /^mmfc 1\.2\.3 stopped by a mistake of its own while running mmfc \(internal-error\): .+\. help: .*\n$/,
    );
  });

  it("is a message, too, for programs", () => {
    const { code, stdout } = ended(new Error("oops"), true);
    expect(code).toBe(70);
    expect(JSON.parse(stdout)).toMatchObject({
      diagnostics: [{ code: "internal-error", severity: "error" }],
      errors: 1,
    });
  });
});

describe("what the system refuses", () => {
  it.each([
    [system("EACCES", "open", "a.mmf"), 1, "a.mmf cannot be read: its rights do not allow it."],
    [system("EACCES", "open", "out/a.ts.4711.part"), 1, "out/a.ts cannot be written: its rights do not allow it."],
    [system("EACCES", "mkdir", "out"), 1, "out cannot be written: its rights do not allow it."],
    [system("EROFS", "open", "a.mmf"), 1, "a.mmf cannot be written: its disk is read-only."],
    [system("ENOENT", "mkdir", "/proc/a"), 1, "/proc/a cannot be written: no folder can be made there."],
    [system("ENOENT", "open", "gone.csv"), 1, "gone.csv cannot be read: it is not there."],
    [system("ENOTDIR", "scandir", "a.mmf/b"), 1, "a.mmf/b cannot be read: a part of the path is a file."],
    [system("EISDIR", "read", "folder"), 1, "folder cannot be read: it is a folder."],
    [system("ENAMETOOLONG", "stat", "long"), 1, "long cannot be read: its name is too long."],
    [system("ELOOP", "open", "link.mmf"), 1, "link.mmf cannot be read: its links lead in a circle."],
    [system("EIO", "read", "a.csv"), 1, "a.csv cannot be read: its disk gives no answer."],
    [system("EMFILE", "open", "a.csv"), 1, "a.csv cannot be read: too many files are open."],
    [system("ENOSPC", "write", "cache"), 1, "The disk of cache is full."],
    [system("ENOSPC", "write"), 1, "The disk of mmfc is full."],
  ])("is said in a sentence: %s", (error, code, sentence) => {
    const { code: given, stderr } = ended(error);
    expect(given).toBe(code);
    expect(stderr).toContain(`  ${sentence}\n`);
    expect(stderr).not.toMatch(/internal-error|\n +at /);
  });

  it("has a help that fits", () => {
    expect(ended(system("EACCES", "open", "a.mmf")).stderr).toContain("help: change its rights\n");
    expect(ended(system("EACCES", "mkdir", "out")).stderr).toContain(
      "help: change its rights, or write `-o` another folder\n",
    );
    expect(ended(system("EMFILE", "open", "a")).stderr).toContain("`ulimit -n");
  });
});

describe("other ends", () => {
  it("have their codes", () => {
    expect(ended(new UsageMistake("check", "no option --x")).code).toBe(2);
    expect(ended(new Interrupted()).code).toBe(130);
    expect(ended(Object.assign(new Error("stop"), { name: "AbortError" })).code).toBe(130);
    expect(ended(stopWith("node-version", { version: "18.0.0" })).code).toBe(3);
    expect(ended(stopWith("ffmpeg-missing", { path: "a.mp3" })).code).toBe(3);
    expect(ended(stopWith("out-exists", { path: "x" })).code).toBe(1);
    expect(ended(new Stop([], new Map(), "Nothing was drawn.")).stderr).toBe("Nothing was drawn.\n");
  });

  it("of the machine and of the data together are of the data", () => {
    const both = [
      ...stopWith("ffmpeg-missing", { path: "a.mp3" }).diagnostics,
      ...stopWith("out-exists", { path: "x" }).diagnostics,
    ];
    expect(ended(new Stop(both)).code).toBe(1);
  });

  it("are all in docs/running.md", () => {
    const page = readFileSync(new URL("../../docs/running.md", import.meta.url), "utf8");
    for (const code of [0, 1, 2, 3, 70, 130]) expect(page).toMatch(new RegExp(`^\\| ${code} \\|`, "m"));
  });
});
