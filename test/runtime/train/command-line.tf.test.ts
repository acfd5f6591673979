/** The program as a user runs it: Node on program.js in a folder where the package is installed. Uses dist/. */
import { type ChildProcess, spawn } from "node:child_process";
import { mkdir, readdir, readFile, rm, symlink, writeFile } from "node:fs/promises";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { firmsCsv, firmsFolder, programJs } from "./program.fixture.ts";

const root = path.resolve(path.dirname(fileURLToPath(import.meta.url)), "../../..");
let folder: string;

beforeAll(async () => {
  folder = await firmsFolder();
  await mkdir(path.join(folder, "app/node_modules"), { recursive: true });
  await symlink(root, path.join(folder, "app/node_modules/mmfc"), "junction");
  await writeFile(path.join(folder, "app/program.js"), programJs);
  await writeFile(path.join(folder, "app/graph.mmd"), "flowchart LR\n");
  await writeFile(path.join(folder, "app/package.json"), JSON.stringify({ type: "module", mmfc: { base: ".." } }));
  await writeFile(path.join(folder, "fresh.csv"), firmsCsv(20, 78, false));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

interface Ended {
  code: number | null;
  stdout: string;
  stderr: string;
}

function start(args: string[], onText?: (child: ChildProcess, stderr: string) => void): Promise<Ended> {
  const env = { ...process.env, XDG_CACHE_HOME: process.env.XDG_CACHE_HOME ?? "", NO_COLOR: "1", LC_ALL: "C.UTF-8" };
  if (env.XDG_CACHE_HOME === "") delete (env as { XDG_CACHE_HOME?: string }).XDG_CACHE_HOME;
  const child = spawn(process.execPath, ["app/program.js", ...args], { cwd: folder, env });
  let [stdout, stderr] = ["", ""];
  child.stdout.on("data", (text) => (stdout += text));
  child.stderr.on("data", (text) => {
    stderr += text;
    onText?.(child, stderr);
  });
  return new Promise((resolve) => child.on("close", (code) => resolve({ code, stdout, stderr })));
}

describe("node program.js", () => {
  it("trains, prints the scorecard on stdout and the way there on stderr", async () => {
    const { code, stdout, stderr } = await start(["train", "-o", "runs/Firms/one"]);
    expect(stderr).toMatch(/^Firms, seed 3 +runs\/Firms\/one\/\nengine /);
    expect(stderr).toContain("rows      240 train, 80 validation, 80 test of firms.csv, in order");
    expect(stderr).toMatch(/\n {4}1 {7}\d/);
    expect(stdout).toMatch(/^Firms · 240 train, 80 validation, 80 test rows · seed 3 · /);
    expect(stdout).toContain("only(sheet)");
    expect(stdout).toContain("graph.mmd · scorecard.json");
    expect(code).toBe(0);
    expect(await readFile(path.join(folder, "runs/Firms/one/program.js"), "utf8")).toBe(programJs);
  });

  it("judges the newest run below a folder and predicts", async () => {
    const judged = await start(["eval", "runs"]);
    expect(judged.code).toBe(0);
    expect(judged.stdout).toMatch(/^Firms of \d{4}-\d\d-\d\d, seed 3 · 80 validation, 80 test rows\n/);
    const predicted = await start(["predict", "runs", "--data", "fresh.csv"]);
    expect(predicted.code).toBe(0);
    expect(predicted.stdout.split("\n")).toHaveLength(22);
    const file = await start(["predict", "runs", "--data", "fresh.csv", "-o", "guesses.jsonl"]);
    expect(file.stderr).toContain("guesses.jsonl: 20 rows, columns id, risk, risk_no, risk_yes, grade,");
    expect(JSON.parse((await readFile(path.join(folder, "guesses.jsonl"), "utf8")).split("\n")[0] as string).id).toBe(
      "f0",
    );
  });

  it("prints one JSON value with --json", async () => {
    const { code, stdout, stderr } = await start([
      "train",
      "--json",
      "--epochs",
      "1",
      "--seed",
      "9",
      "--no-baselines",
      "-o",
      "runs/json",
    ]);
    expect(code).toBe(0);
    expect(stderr).toBe("");
    const scorecard = JSON.parse(stdout);
    expect(scorecard).toMatchObject({ model: "Firms", seed: 9, epochs: 1 });
    expect(Object.keys(scorecard.heads.risk.floors)).toEqual(["majority"]);
  });

  it("finishes the step at Ctrl-C, saves, and ends with 130", async () => {
    let sent = false;
    const { code, stderr } = await start(
      ["train", "--epochs", "100000", "--no-baselines", "-o", "runs/cut"],
      (child, text) => {
        if (sent || !text.includes("\n    2 ")) return;
        sent = true;
        child.kill("SIGINT");
      },
    );
    // The accuracy of 80 rows stops getting better after some epochs; Ctrl-C comes well before that.
    expect(code).toBe(130);
    expect(stderr).toMatch(/\nFinishing step \d+; Ctrl-C again stops at once\n/);
    expect(stderr).toMatch(
      /\nSaved (?:in epoch \d+, step \d of 8|after epoch \d+ of 100000)\. Go on: node app\/program\.js train --resume runs\/cut\n$/,
    );
    expect(await readdir(path.join(folder, "runs/cut"))).toContain("weights.safetensors");
    const judged = await start(["eval", "runs/cut"]);
    expect(judged.code).toBe(0);
    expect(judged.stderr).toMatch(
      /^note run-unfinished\n {2}runs\/cut stopped in epoch \d+ of 100,000: its best weights/,
    );
    expect(judged.stderr).toContain("help: finish it with `node app/program.js train --resume runs/cut`");
  });

  it("goes on with the newest run that is not finished, and says what is finished", async () => {
    const whole = await start(["train", "--threads", "1", "-o", "runs/whole"]);
    expect(whole.code).toBe(0);
    let sent = false;
    const cut = await start(["train", "--threads", "1", "-o", "runs/short"], (child, text) => {
      if (sent || !text.includes("\n    2 ")) return;
      sent = true;
      child.kill("SIGKILL");
    });
    expect(cut.code).toBeNull();
    await rm(path.join(folder, "runs/cut"), { recursive: true });
    const { code, stdout, stderr } = await start(["train", "--resume"]);
    expect(stderr).toMatch(/^Firms, seed 3, from epoch \d, step 1 of 8 +runs\/short\/\n/);
    expect(code).toBe(0);
    expect(stdout).toMatch(/^Firms · 240 train/);
    const weights = (name: string) => readFile(path.join(folder, "runs", name, "weights.safetensors"), "base64");
    expect(await weights("short")).toBe(await weights("whole"));
    const again = await start(["train", "--resume", "runs/short"]);
    expect(again).toMatchObject({ code: 0, stdout: "" });
    expect(again.stderr).toMatch(/^runs\/short is finished: \d+ of 12 epochs(?:: nothing got better after that)?\.\n$/);
    expect(await start(["train", "--resume", "runs/short", "--seed", "4"])).toMatchObject({
      code: 2,
      stderr: expect.stringContaining("--seed does not go with --resume"),
    });
  });

  it("says what is wrong: usage 2, data and runs 1", async () => {
    expect(await start(["trian"])).toMatchObject({ code: 2, stderr: expect.stringContaining("no command trian") });
    expect(await start(["train", "--epochs", "none"])).toMatchObject({
      code: 2,
      stderr: expect.stringContaining("--epochs is a whole number"),
    });
    expect(await start(["train", "--modle", "x"])).toMatchObject({ code: 2 });
    expect(await start(["eval", "nowhere"])).toMatchObject({ code: 1, stderr: expect.stringContaining("run-missing") });
    const missing = await start(["train", "--data", "nothing.csv"]);
    expect(missing).toMatchObject({ code: 1, stderr: expect.stringContaining("nothing.csv") });
    expect(await start(["--help"])).toMatchObject({ code: 0, stdout: expect.stringContaining("predict RUN") });
  });

  it("does not run when another module imports it, and loads nothing heavy", async () => {
    await writeFile(
      path.join(folder, "app/other.mjs"),
      `import program from "./program.js";\nconst heavy = process.moduleLoadList.concat(Object.keys((await import("node:module")).createRequire(import.meta.url).cache));\nconsole.log(program.name, heavy.filter((n) => /tfjs|duckdb|sharp|koffi/.test(n)).length);\n`,
    );
    const child = spawn(process.execPath, ["app/other.mjs"], { cwd: folder });
    let out = "";
    child.stdout.on("data", (text) => (out += text));
    await new Promise((resolve) => child.on("close", resolve));
    expect(out).toBe("Firms 0\n");
  });
});
