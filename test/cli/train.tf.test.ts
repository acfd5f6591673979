/** Training, judging and predicting through the real binary on the real engine; and how it stops. */
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import path from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { folderWith, pointsSpec, pointsTable, type Result, run } from "./run.ts";

const { folder: cwd, remove } = folderWith({ "points.mmf": pointsSpec, "points.csv": pointsTable() });
afterAll(remove);
const json = (file: string): unknown => JSON.parse(readFileSync(path.join(cwd, file), "utf8"));
interface Card {
  readonly heads: {
    readonly guess: {
      readonly test: { readonly accuracy: number };
      readonly floors: { readonly majority: { readonly accuracy: number } };
    };
  };
  readonly rows: object;
  readonly parameters: number;
}

describe("a trained run", () => {
  let trained: Result;
  beforeAll(async () => {
    trained = await run(["train", "points.mmf", "-o", "runs/a"], { cwd });
  });

  it("learns what its columns say together, and prints a scorecard and nothing else on stdout", () => {
    expect(trained.code).toBe(0);
    expect(trained.stdout).toMatch(/^Points · 280 train, 60 validation, 60 test rows · seed 1 · /);
    expect(trained.stdout).toContain("  runs/a/   graph.mmd · program.ts · scorecard.json\n");
    expect(trained.stderr).toMatch(/Also in points\.mmf: Few \(--model\)\.\nPoints, seed 1 +runs\/a\/\nengine /);
    expect(trained.stderr).toMatch(/\nmodel {5}inner {3}encoder {3}5 → 16 {3}368 weights/);
    const { heads, parameters } = json("runs/a/scorecard.json") as Card;
    // The product of two signed columns: without learning it, half of the rows are right.
    expect(heads.guess.test.accuracy).toBeGreaterThan(0.85);
    expect(heads.guess.test.accuracy).toBeGreaterThan(heads.guess.floors.majority.accuracy + 0.2);
    // (2 numbers + 2 kinds + 1 for others)·16 + 16, 16·16 + 16, 16 + 1
    expect(parameters).toBe(96 + 272 + 17);
  });

  it("has the spec, the program and all that prediction needs", async () => {
    const files = readdirSync(path.join(cwd, "runs/a"));
    expect(files).toEqual(
      expect.arrayContaining([
        "spec.mmf",
        "program.ts",
        "program.js",
        "graph.mmd",
        "ir.json",
        "weights.safetensors",
        "preprocess.json",
        "scorecard.json",
        "environment.json",
      ]),
    );
    expect(readFileSync(path.join(cwd, "runs/a/spec.mmf"), "utf8")).toBe(pointsSpec);
    const program = await run(["compile", "points.mmf", "--model", "Points"], { cwd });
    expect(readFileSync(path.join(cwd, "runs/a/program.ts"), "utf8")).toBe(program.stdout);
  });

  it("is judged again to the same numbers, also by the folder above", async () => {
    const { code, stdout } = await run(["eval", "runs", "--json"], { cwd });
    expect(code).toBe(0);
    const again = JSON.parse(stdout) as Card & { run: string };
    const { heads } = json("runs/a/scorecard.json") as Card;
    expect(again.run).toBe("runs/a");
    expect(again.heads.guess.test).toEqual(heads.guess.test);
    const other = await run(["eval", "runs/a", "--data", "points.csv"], { cwd });
    expect(other.stdout).toMatch(/^Points of \d{4}-\d\d-\d\d, seed 1 · points\.csv, 400 rows\n/);
    expect(other.stdout).toContain("test then");
  });

  it("predicts rows in their order, in every form", async () => {
    const csv = await run(["predict", "runs/a", "--data", "points.csv"], { cwd });
    expect(csv.code).toBe(0);
    const [header, ...rows] = csv.stdout.trim().split("\n");
    expect(header).toBe("id,guess,guess_no,guess_yes");
    expect(rows.map((row) => row.split(",")[0])).toEqual(Array.from({ length: 400 }, (_, i) => `p${i}`));
    for (const row of rows) {
      const [, guess, no = "", yes = ""] = row.split(",");
      expect(Number(no) + Number(yes)).toBeCloseTo(1, 5);
      expect(guess).toBe(Number(yes) > 0.5 ? "yes" : "no");
    }
    const lines = await run(["predict", "runs/a", "--data", "points.csv", "--json"], { cwd });
    expect(
      lines.stdout
        .trim()
        .split("\n")
        .map((line) => (JSON.parse(line) as { guess: string }).guess),
    ).toEqual(rows.map((row) => row.split(",")[1]));
    for (const time of [1, 2]) {
      const file = await run(["predict", "runs/a", "--data", "points.csv", "-o", "guesses.csv"], { cwd });
      expect({ time, ...file }).toEqual({
        time,
        code: 0,
        stderr: "",
        stdout: "guesses.csv: 400 rows, columns id, guess, guess_no, guess_yes\n",
      });
    }
    expect(readFileSync(path.join(cwd, "guesses.csv"), "utf8")).toBe(csv.stdout);
    const mine = await run(["predict", "runs/a", "--data", "points.csv", "-o", "points.csv"], { cwd });
    expect(mine.code).toBe(1);
    expect(mine.stderr).toContain("error out-exists");
    expect(readFileSync(path.join(cwd, "points.csv"), "utf8")).toBe(pointsTable());
  });

  it("writes over its own files of every form, and over no table of other columns", async () => {
    for (const file of ["own.jsonl", "own.parquet"]) {
      const args = ["predict", "runs/a", "--data", "points.csv", "-o", file];
      expect(await run(args, { cwd })).toMatchObject({ code: 0, stderr: "" });
      expect(await run(args, { cwd })).toMatchObject({ code: 0, stderr: "" });
    }
    writeFileSync(path.join(cwd, "mine.jsonl"), '{"id":"p0","guess":"yes"}\n');
    expect((await run(["predict", "runs/a", "--data", "points.csv", "-o", "mine.jsonl"], { cwd })).code).toBe(1);
  });

  it("judges no table without labels", async () => {
    const rows = pointsTable(20).trim().split("\n");
    writeFileSync(path.join(cwd, "bare.csv"), `${rows.map((row) => row.replace(/,[^,]*$/, "")).join("\n")}\n`);
    writeFileSync(
      path.join(cwd, "empty.csv"),
      `${rows.map((row, i) => (i === 0 ? row : row.replace(/[^,]*$/, ""))).join("\n")}\n`,
    );
    const bare = await run(["eval", "runs/a", "--data", "bare.csv"], { cwd });
    expect(bare).toMatchObject({ code: 1, stdout: "" });
    expect(bare.stderr).toMatch(
      /error column-missing\n[\s\S]*bare\.csv has no column "label"\.[\s\S]*\nNothing was judged\.\n$/,
    );
    const empty = await run(["eval", "runs/a", "--data", "empty.csv"], { cwd });
    expect(empty).toMatchObject({ code: 1, stdout: "" });
    expect(empty.stderr).toMatch(
      /error empty-cell\n[\s\S]*20 rows have no "label"[.:][\s\S]*\nNothing was judged\.\n$/,
    );
    expect((await run(["predict", "runs/a", "--data", "bare.csv"], { cwd })).code).toBe(0);
  });

  it("says what is wrong with new rows, in its own copy of the spec", async () => {
    writeFileSync(path.join(cwd, "bad.csv"), "id,a,b,kind,label\nq1,much,0.5,x,yes\n");
    const { code, stdout, stderr } = await run(["predict", "runs/a", "--data", "bad.csv"], { cwd });
    expect({ code, stdout }).toEqual({ code: 1, stdout: "" });
    expect(stderr).toMatch(/^runs\/a\/spec\.mmf:4:39 error cell-kind\n/);
    expect(stderr).toContain('row 1 (q1)  "much"');
    expect(stderr).toMatch(/\nNothing was predicted\.\n$/);
  });
});

describe("train", () => {
  it("takes another model, seed and number of epochs, and prints JSON", async () => {
    const { code, stdout, stderr } = await run(
      ["train", "--model", "Few", "--seed", "5", "--epochs", "1", "--no-baselines", "--json"],
      { cwd },
    );
    expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
    const card = JSON.parse(stdout) as { model: string; seed: number; epochs: number; run: string };
    expect(card).toMatchObject({ model: "Few", seed: 5, epochs: 1 });
    expect(card.run).toMatch(/^runs\/Few\/\d{4}-\d\d-\d\dT\d\d-\d\d-\d\d-5$/);
    expect(existsSync(path.join(cwd, card.run, "scorecard.json"))).toBe(true);
  });

  it("leaves a folder alone that is no run, unless it is told to", async () => {
    const other = folderWith({ "points.mmf": pointsSpec, "points.csv": pointsTable() });
    const note = path.join(other.folder, "mine/note.txt");
    mkdirSync(path.dirname(note));
    writeFileSync(note, "mine\n");
    const args = ["train", "--model", "Few", "--epochs", "1", "-o", "mine"];
    const stopped = await run(args, { cwd: other.folder });
    expect(stopped.code).toBe(1);
    expect(stopped.stderr).toContain("error out-exists");
    expect(stopped.stderr).not.toContain("epoch");
    const forced = await run([...args, "--force"], { cwd: other.folder });
    expect(forced.code).toBe(0);
    expect(readFileSync(note, "utf8")).toBe("mine\n");
    expect(existsSync(path.join(other.folder, "mine/scorecard.json"))).toBe(true);
    expect(readdirSync(other.folder).sort()).toEqual(["mine", "points.csv", "points.mmf"]);
    other.remove();
  });

  it("says what is wrong with the data at its place, and leaves nothing behind", async () => {
    const other = folderWith({ "points.mmf": pointsSpec, "points.csv": pointsTable().replace(/^p7,[^,]*/m, "p7,n/a") });
    const { code, stdout, stderr } = await run(["train"], { cwd: other.folder });
    expect({ code, stdout }).toEqual({ code: 1, stdout: "" });
    expect(stderr).toContain("points.mmf:4:39 error cell-kind");
    expect(stderr).toContain('row 8 (p7)  "n/a"');
    expect(stderr).toMatch(/\nNothing was trained: 1 error in points\.mmf\.\n$/);
    expect(existsSync(path.join(other.folder, "runs"))).toBe(false);
    other.remove();
  });

  it("finishes its step and saves when it is interrupted", async () => {
    const other = folderWith({
      "points.mmf": pointsSpec.replace("epochs: 8", "epochs: 100_000"),
      "points.csv": pointsTable(),
    });
    let sent = false;
    const result = await run(["train", "-o", "runs/long"], {
      cwd: other.folder,
      onStderr(text, kill) {
        if (sent || !/^ {4}3 /m.test(text)) return;
        sent = true;
        kill("SIGINT");
      },
    });
    expect({ code: result.code, stdout: result.stdout }).toEqual({ code: 130, stdout: "" });
    expect(result.stderr).toMatch(/\nFinishing step \d+; Ctrl-C again stops at once\n/);
    expect(result.stderr).toMatch(
      /\nSaved (?:in epoch \d+, step \d+ of 9|after epoch \d+ of 100000)\. Go on: mmfc train --resume runs\/long\n$/,
    );
    expect(existsSync(path.join(other.folder, "runs/long/weights.safetensors"))).toBe(true);
    const judged = await run(["eval", "runs/long"], { cwd: other.folder });
    expect(judged.code).toBe(0);
    expect(judged.stderr).toMatch(
      /^note run-unfinished\n {2}runs\/long stopped in epoch \d+ of 100,000: its best weights are used, those of epoch \d+\.\n/,
    );
    other.remove();
  });

  it("says that nothing was written when it is interrupted before its first step", async () => {
    const other = folderWith({ "points.mmf": pointsSpec, "points.csv": pointsTable() });
    let sent = false;
    const result = await run(["train", "--model", "Points", "-o", "runs/none"], {
      cwd: other.folder,
      onStderr(text, kill) {
        if (sent || !text.includes("Points, seed 1")) return;
        sent = true;
        kill("SIGINT");
      },
    });
    expect({ code: result.code, stdout: result.stdout }).toEqual({ code: 130, stdout: "" });
    expect(result.stderr).toMatch(/\nStopped before the first step; nothing was written\.\n$/);
    expect(existsSync(path.join(other.folder, "runs/none"))).toBe(false);
    other.remove();
  });

  it("ends with 130 when it is interrupted while floors are trained, and does not ask for them", async () => {
    const two = pointsSpec
      .replace(
        'sheet: tabular { numeric: ["a", "b"], categorical: ["kind"] }',
        'sheet: tabular { numeric: ["a"] }\n  modality other: tabular { numeric: ["b"] }',
      )
      .replace("encoder inner = sheet ->", "fusion both: early = concatenate(sheet, other)\n  encoder inner = both ->")
      .replace("baselines: [majority]", "baselines: [only(sheet), only(other)]")
      .replace("epochs: 8", "epochs: 60");
    const other = folderWith({ "points.mmf": two, "points.csv": pointsTable() });
    let sent = false;
    const result = await run(["train", "-o", "runs/floors"], {
      cwd: other.folder,
      onStderr(text, kill) {
        if (sent || !/^ {3}60 /m.test(text)) return;
        sent = true;
        setTimeout(() => kill("SIGINT"), 60);
      },
    });
    expect(result.code).toBe(130);
    expect(result.stderr).not.toContain("floor     only(other)");
    expect(result.stdout).not.toContain("add only(");
    expect(result.stdout).toContain("Not all floors");
    expect(result.stderr).toMatch(/model is whole\. Go on: mmfc train --resume runs\/floors\n$/);
    other.remove();
  });

  it("stops at a loss that is not finite, and says where it began", async () => {
    const spec = pointsSpec.replace("adam(1e-2)", "sgd(1e30)");
    const other = folderWith({ "points.mmf": spec, "points.csv": pointsTable() });
    const { code, stderr } = await run(["train", "-o", "runs/nan"], { cwd: other.folder });
    expect(code).toBe(1);
    expect(stderr).toMatch(/error loss-not-finite\n/);
    expect(stderr).toMatch(/The loss became (?:NaN|infinite) in step \d+ \(epoch 1\)/);
    expect(stderr).toMatch(/\nStopped in epoch 1\.\n$/);
    expect(existsSync(path.join(other.folder, "runs/nan"))).toBe(false);
    other.remove();
  });
});
