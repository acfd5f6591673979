/**
 * Run folders that are not one's own to write: another process's, another spec's, a full disk's, one that is taken away.
 * Always a sentence, never a broken run.
 */
import { type ChildProcess, execFileSync, spawn } from "node:child_process";
import { chmodSync, existsSync, mkdirSync, readdirSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import path from "node:path";
import { describe, expect, it } from "vitest";
import { longSpec, pairsSpec, pairsTable, resume, train } from "./pairs.ts";
import { folderWith, mmfc, type Result, run } from "./run.ts";

describe("a run that is not one's own to write", () => {
  it("is in use while another process trains into it, and only then", async () => {
    const long = folderWith({
      "pairs.mmf": longSpec,
      "pairs.csv": pairsTable(),
    });
    let first: ChildProcess | undefined;
    try {
      const { LANG: _, ...env } = process.env;
      first = spawn(process.execPath, [mmfc, ...train("runs/a")], { cwd: long.folder, env: { ...env, CI: "1" } });
      await new Promise<void>((resolve) => {
        let text = "";
        first?.stderr?.on("data", (chunk) => {
          text += chunk;
          if (/^ {4}2 /m.test(text)) resolve();
        });
      });
      const inUse = new RegExp(
        `^(?:.*\\n)*error run-in-use\\n {2}runs/a is being trained by process ${first.pid}\\.\\n`,
      );
      const other = await run(train("runs/a"), { cwd: long.folder });
      expect(other).toMatchObject({ code: 1, stdout: "" });
      expect(other.stderr).toMatch(inUse);
      const resumed = await run(resume("runs"), { cwd: long.folder });
      expect(resumed.code).toBe(1);
      expect(resumed.stderr).toMatch(inUse);
      const judged = await run(["eval", "runs/a"], { cwd: long.folder });
      expect(judged.code).toBe(0);
      expect(judged.stderr).toMatch(
        /^note run-unfinished\n {2}runs\/a is being trained, in epoch \d+ of 3,000: its best/,
      );
    } finally {
      first?.kill("SIGKILL");
    }
    await new Promise((resolve) => first?.on("close", resolve));
    // Its lock is stale now.
    expect(existsSync(path.join(long.folder, "runs/a/training.lock"))).toBe(true);
    const over = await run(train("runs/a", "--epochs", "1", "--no-baselines"), { cwd: long.folder });
    expect(over.code).toBe(0);
    expect(readdirSync(path.join(long.folder, "runs/a"))).not.toContain("training.lock");
    long.remove();
  });

  it("on a changed spec, with options of its own, of another folder: a sentence", async () => {
    const other = folderWith({ "pairs.mmf": pairsSpec, "pairs.csv": pairsTable() });
    const here = { cwd: other.folder };
    const done = await run(train("runs/a", "--no-baselines"), here);
    expect(done.code).toBe(0);
    const finished = await run(resume("runs"), here);
    expect(finished).toMatchObject({ code: 0, stdout: "" });
    expect(finished.stderr).toBe("runs/a is finished: 8 of 8 epochs.\n");
    const usage = await run([...resume("runs"), "--epochs", "20"], here);
    expect(usage.code).toBe(2);
    expect(usage.stderr).toMatch(/^mmfc train: --epochs does not go with --resume: the run has its own\n/);
    expect((await run(resume("nowhere"), here)).stderr).toMatch(/^error run-missing\n {2}nowhere is not a run/);

    const file = path.join(other.folder, "runs/a/environment.json");
    writeFileSync(file, readFileSync(file, "utf8").replace('"status": "finished"', '"status": "stopped"'));
    writeFileSync(path.join(other.folder, "pairs.mmf"), pairsSpec.replace("dense(32, relu)", "dense(33, relu)"));
    const changed = await run(resume("runs"), here);
    expect(changed).toMatchObject({ code: 1, stdout: "" });
    expect(changed.stderr).toMatch(
      /error resume-differs\n {2}runs\/a was trained with another pairs\.mmf, here is a changed one\./,
    );
    expect(changed.stderr).toContain("help: start a new run: `mmfc train pairs.mmf`");
    // A comment changes nothing.
    writeFileSync(path.join(other.folder, "pairs.mmf"), `// a comment\n${pairsSpec}`);
    const same = await run(resume("runs"), here);
    expect(same.code).toBe(0);
    expect(same.stderr).toMatch(/^Pairs, seed 1, from the start /);
    other.remove();
  });
});

describe("a disk that gives no more", () => {
  /** A small disk of its own, where the machine lets us have one. */
  const mounted = (folder: string, size: string): boolean => {
    mkdirSync(folder, { recursive: true });
    try {
      execFileSync("mount", ["-t", "tmpfs", "-o", `size=${size}`, "tmpfs", folder], { stdio: "ignore" });
      return true;
    } catch {
      return false;
    }
  };
  const wide = pairsSpec.replace("dense(32, relu)", "dense(900, relu)").replace("dense(16, relu)", "dense(90, relu)");

  it("files that may not grow as large as the weights: a sentence, and nothing half written", async () => {
    const small = folderWith({ "pairs.mmf": wide, "pairs.csv": pairsTable() });
    const line = `ulimit -f 200; exec "${process.execPath}" "${mmfc}" train --threads 1 --no-baselines -o runs/a`;
    const result = await new Promise<Result>((resolve) => {
      const child = spawn("bash", ["-c", line], { cwd: small.folder, env: { ...process.env, CI: "1", NO_COLOR: "1" } });
      let [stdout, stderr] = ["", ""];
      child.stdout.on("data", (text) => (stdout += text));
      child.stderr.on("data", (text) => (stderr += text));
      child.on("close", (code) => resolve({ code, stdout, stderr }));
    });
    expect(result).toMatchObject({ code: 1, stdout: "" });
    expect(result.stderr).toMatch(
      /error no-access\n {2}runs\/a cannot be written: files here are limited to a smaller size/,
    );
    expect(existsSync(path.join(small.folder, "runs"))).toBe(false);
    small.remove();
  });

  it("a full disk in mid-training: what is needed, and the last checkpoint stands", async ({ skip }) => {
    const small = folderWith({
      "pairs.mmf": wide.replace("epochs: 8", "epochs: 200").replace("patience: 6", "patience: 200"),
      "pairs.csv": pairsTable(),
    });
    const disk = path.join(small.folder, "disk");
    // Room for the run and one checkpoint, not for two.
    if (!mounted(disk, "2500k")) {
      small.remove();
      skip("no disk can be mounted here");
    }
    try {
      const result = await run(train("disk/a"), { cwd: small.folder });
      expect(result).toMatchObject({ code: 1, stdout: "" });
      expect(result.stderr).toMatch(/error disk-full\n {2}The disk of disk\/a is full; [\d.]+ \S+ more is needed\.\n/);
      expect(result.stderr).toContain("help: free some, then `mmfc train --resume disk/a`");
      expect(readdirSync(path.join(disk, "a")).filter((name) => /part|lock/.test(name))).toEqual([]);
      expect(readdirSync(path.join(disk, "a/checkpoints"))).toEqual(["model.safetensors"]);
      execFileSync("mount", ["-o", "remount,size=64m", disk]);
      let sent = false;
      const further = await run(resume("disk/a"), {
        cwd: small.folder,
        onStderr(text, kill) {
          if (sent || !/^ +\d+ {3}/m.test(text)) return;
          sent = true;
          kill("SIGINT");
        },
      });
      expect(further.stderr).toMatch(/^Pairs, seed 1, from epoch \d+, step 1 of 7 /);
      execFileSync("mount", ["-o", "remount,ro", disk]);
      const closed = await run(resume("disk/a"), { cwd: small.folder });
      expect(closed.code).toBe(1);
      expect(closed.stderr).toMatch(/error no-access\n {2}disk\/a cannot be written: its disk is read-only\./);
      const fresh = await run(train("disk/b"), { cwd: small.folder });
      expect(fresh.code).toBe(1);
      expect(fresh.stderr).toMatch(/error no-access\n {2}disk\/b cannot be written: its disk is read-only\./);
    } finally {
      execFileSync("umount", ["-l", disk]);
      small.remove();
    }
  });

  it("a folder that is taken away or closed in mid-training: a sentence", async () => {
    const small = folderWith({
      "pairs.mmf": longSpec,
      "pairs.csv": pairsTable(),
    });
    let sent = false;
    const gone = await run(train("runs/a"), {
      cwd: small.folder,
      onStderr(text) {
        if (sent || !/^ {4}3 /m.test(text)) return;
        sent = true;
        renameSync(path.join(small.folder, "runs/a"), path.join(small.folder, "moved"));
      },
    });
    expect(gone).toMatchObject({ code: 1, stdout: "" });
    expect(gone.stderr).toMatch(/error no-access\n {2}runs\/a cannot be written: it is no longer there\.\n/);
    expect(existsSync(path.join(small.folder, "runs/a"))).toBe(false);
    // Whoever moved it can go on there.
    expect((await run(["eval", "moved"], { cwd: small.folder })).code).toBe(0);
    if (process.getuid?.() === 0) {
      small.remove();
      return;
    }
    sent = false;
    const closed = await run(train("runs/b"), {
      cwd: small.folder,
      onStderr(text) {
        if (sent || !/^ {4}3 /m.test(text)) return;
        sent = true;
        chmodSync(path.join(small.folder, "runs/b"), 0o500);
        chmodSync(path.join(small.folder, "runs/b/checkpoints"), 0o500);
      },
    });
    expect(closed.code).toBe(1);
    expect(closed.stderr).toMatch(/error no-access\n {2}runs\/b cannot be written: its rights do not allow it\.\n/);
    chmodSync(path.join(small.folder, "runs/b"), 0o700);
    chmodSync(path.join(small.folder, "runs/b/checkpoints"), 0o700);
    small.remove();
  });
});
