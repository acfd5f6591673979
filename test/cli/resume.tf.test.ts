/**
 * Nothing gets lost: real trainings, killed (SIGKILL) at 30 random moments in preparation, training, floors and while a
 * checkpoint is written, resumed, and compared byte by byte with one that nobody disturbed. Then Ctrl-C, locks, full disks.
 */
import { type ChildProcess, execFileSync, spawn } from "node:child_process";
import {
  chmodSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  watch,
  writeFileSync,
} from "node:fs";
import path from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { folderWith, mmfc, type Result, run } from "./run.ts";

/** Two columns that only together tell the label; statistics, dropout, a schedule, floors. */
const spec = `model Pairs {
  data { source: "pairs.csv", id: "id", split: random(train: 70%, validation: 15%, test: 15%) }
  modality sheet: tabular { numeric: ["a"], categorical: ["kind"] }
  modality other: tabular { numeric: ["b"] }
  target label: binary { positive: "yes" }
  fusion both: early = concatenate(sheet, other)
  encoder inner = both -> dense(32, relu) -> batch_normalization -> dropout(0.2) -> dense(16, relu)
  head guess: label = inner { metrics: [accuracy, f1] }
  train { optimizer: adamw(1e-2), schedule: cosine(warmup: 20%), epochs: 10, batch_size: 32, seed: 1, stop: early_stopping(patience: 8, monitor: guess.accuracy) }
  evaluate { baselines: [only(sheet), only(other)], bootstrap: 100 }
}
`;

function table(rows = 300): string {
  let state = 7;
  const next = (): number => {
    state = (state * 48_271) % 2_147_483_647;
    return (state / 2_147_483_647) * 2 - 1;
  };
  const lines = Array.from({ length: rows }, (_, i) => {
    const [a, b, c] = [next(), next(), next()];
    return `p${i},${a.toFixed(4)},${b.toFixed(4)},${c > 0 ? "x" : "y"},${a * b + 0.1 * next() > 0.02 ? "yes" : "no"}`;
  });
  return `id,a,b,kind,label\n${lines.join("\n")}\n`;
}

const { folder: cwd, remove } = folderWith({ "pairs.mmf": spec, "pairs.csv": table() });
afterAll(remove);
const at = (...names: string[]): string => path.join(cwd, ...names);
const train = (out: string, ...more: string[]): string[] => ["train", "--threads", "1", "-o", out, ...more];
const resume = (out: string): string[] => ["train", "--resume", out];

/** What a run comes to, without times. */
function comesTo(out: string) {
  const text = (file: string): string => readFileSync(at(out, file), "utf8");
  const { seconds: _, ...scorecard } = JSON.parse(text("scorecard.json")) as { seconds: unknown };
  return {
    files: readdirSync(at(out)).sort(),
    weights: readFileSync(at(out, "weights.safetensors")).toString("base64"),
    metrics: text("metrics.jsonl").replace(/"seconds":[^,}]+/g, ""),
    preprocess: text("preprocess.json"),
    scorecard,
  };
}

/** A training that is killed: so long after its folder is there, or while a checkpoint is being written. */
async function killed(
  args: readonly string[],
  out: string,
  when: { after: number } | { write: number; after: number },
) {
  let kill: (() => void) | undefined;
  const timers: NodeJS.Timeout[] = [];
  let watching: ReturnType<typeof watch> | undefined;
  const result = await run(args, {
    cwd,
    onStderr(text, send) {
      if (kill !== undefined || !text.includes("\nengine ")) return;
      kill = () => send("SIGKILL");
      timers.push(setTimeout(kill, when.after));
      if (!("write" in when)) return;
      let seen = 0;
      const look = (): void => {
        if (watching !== undefined || !existsSync(at(out, "checkpoints"))) return;
        watching = watch(at(out, "checkpoints"), (_event, name) => {
          if (name?.endsWith(".part") && ++seen >= when.write) kill?.();
        });
      };
      timers.push(setInterval(look, 5));
    },
  });
  for (const timer of timers) clearTimeout(timer);
  watching?.close();
  return result;
}

/** How far a killed run had got, by what lies in its folder. */
function whereIs(out: string): string {
  if (!existsSync(at(out, "environment.json"))) return "before its folder was whole";
  const names = existsSync(at(out, "checkpoints")) ? readdirSync(at(out, "checkpoints")) : [];
  const half = names.some((name) => name.endsWith(".part")) ? " (in a checkpoint)" : "";
  const wholes = names.filter((name) => name.endsWith(".safetensors"));
  if (existsSync(at(out, "scorecard.json"))) return `at its end${half}`;
  if (wholes.some((name) => name.startsWith("floor"))) return `in its floors${half}`;
  if (existsSync(at(out, "weights.safetensors"))) return `in its first floor${half}`;
  if (wholes.length > 0) return `in its epochs${half}`;
  return existsSync(at(out, "preprocess.json")) ? `in its first epoch${half}` : "in preparation";
}

describe("a training that is killed", () => {
  const kills = 30;
  let whole: ReturnType<typeof comesTo>;
  /** From the line of the engine to the end, in milliseconds. */
  let lasts = 0;

  beforeAll(async () => {
    let begun = 0;
    const result = await run(train("runs/whole"), {
      cwd,
      onStderr(text) {
        if (begun === 0 && text.includes("\nengine ")) begun = performance.now();
      },
    });
    lasts = performance.now() - begun;
    expect(result).toMatchObject({ code: 0 });
    whole = comesTo("runs/whole");
    expect(whole.metrics.trim().split("\n")).toHaveLength(10);
  });

  it(`at ${kills} random moments comes to the same weights, metrics and scorecard`, async () => {
    const seed = Number(process.env.MMFC_KILL_SEED ?? Date.now() % 1_000_000);
    console.log(`kills: seed ${seed} (MMFC_KILL_SEED), a training lasts ${(lasts / 1000).toFixed(1)} s`);
    let state = (seed * 2 + 1) % 2_147_483_647;
    const random = (): number => {
      state = (state * 48_271) % 2_147_483_647;
      return state / 2_147_483_647;
    };
    let [done, chains] = [0, 0];
    const places = new Map<string, number>();
    /** Killed twice, then left in peace. */
    const chain = async (): Promise<void> => {
      const out = `runs/k${chains++}`;
      let args = train(out);
      for (let i = 0; i < 2 && done < kills; i++) {
        const moment = { after: random() * lasts };
        const when = random() < 0.3 ? { write: 1 + Math.floor(random() * 6), after: lasts } : moment;
        const { code, stderr } = await killed(args, out, when);
        if (code !== null) {
          expect(stderr, stderr).not.toMatch(/error|internal/);
          continue;
        }
        done++;
        const where = whereIs(out);
        places.set(where, (places.get(where) ?? 0) + 1);
        if (existsSync(at(out, "environment.json"))) args = resume(out);
      }
      const last = await run(args, { cwd });
      expect({ out, stderr: last.stderr, code: last.code }).toMatchObject({ code: 0 });
      expect({ out, ...comesTo(out) }).toEqual({ out, ...whole });
    };
    const worker = async (): Promise<void> => {
      while (done < kills) await chain();
    };
    await Promise.all([worker(), worker()]);
    const counts = [...places].sort((a, b) => b[1] - a[1]).map(([where, n]) => `${n} ${where}`);
    console.log(`kills: ${done} of ${chains} trainings: ${counts.join(", ")}`);
    expect(done).toBeGreaterThanOrEqual(kills);
  });
});

describe("Ctrl-C", () => {
  const long = spec.replace("epochs: 10", "epochs: 3000").replace("patience: 8", "patience: 3000");
  const { folder, remove } = folderWith({ "pairs.mmf": long, "pairs.csv": table() });
  afterAll(remove);
  const inEpoch = /^ {4}3 /m;
  const once = (args: readonly string[], name: NodeJS.Signals, when: RegExp, again?: RegExp): Promise<Result> => {
    let [first, second] = [false, false];
    return run(args, {
      cwd: folder,
      onStderr(text, kill) {
        if (!first && when.test(text)) {
          first = true;
          kill(name);
        }
        if (again !== undefined && !second && again.test(text)) {
          second = true;
          kill(name);
        }
      },
    });
  };

  for (const signal of ["SIGINT", "SIGTERM"] as const)
    it(`${signal} finishes the step, saves, says how to go on, and goes on there`, async () => {
      const out = `runs/Pairs/${signal}`;
      const stopped = await once(train(out), signal, inEpoch);
      expect(stopped).toMatchObject({ code: 130, stdout: "" });
      expect(stopped.stderr).toMatch(/\nFinishing step \d+; Ctrl-C again stops at once\n/);
      const saved = /\nSaved in epoch (\d+), step (\d+) of 7\. Go on: mmfc train --resume (\S+)\n$/.exec(
        stopped.stderr,
      );
      const after = /\nSaved after epoch (\d+) of 3000\. Go on: mmfc train --resume (\S+)\n$/.exec(stopped.stderr);
      expect(saved ?? after, stopped.stderr).not.toBeNull();
      expect(saved?.[3] ?? after?.[2]).toBe(out);
      const judged = await run(["eval", out], { cwd: folder });
      expect(judged.code).toBe(0);
      expect(judged.stderr).toMatch(
        /^note run-unfinished\n {2}\S+ stopped in epoch \d+ of 3,000: its best weights are/,
      );
      const further = await once(["train", "--resume", "runs"], signal, /^ +\d+ {3}/m);
      const [epoch, step] = saved === null ? [Number(after?.[1]) + 1, 1] : [Number(saved[1]), Number(saved[2]) + 1];
      expect(further.stderr).toMatch(
        new RegExp(`^Pairs, seed 1, from epoch ${epoch}, step ${Math.min(step, 7)} of 7 `),
      );
      expect(further.code).toBe(130);
      rmSync(path.join(folder, out), { recursive: true });
    });

  it("pressed twice stops at once, and the last checkpoint stands", async () => {
    const out = "runs/twice";
    // A validation that takes its time leaves some for the second one.
    const result = await once(train(out), "SIGINT", inEpoch, /Finishing step/);
    expect(result.code).toBe(130);
    expect(readdirSync(path.join(folder, out))).not.toContain("training.lock");
    expect(readdirSync(path.join(folder, out, "checkpoints"))).toEqual(["model.safetensors"]);
    expect((await run(["eval", out], { cwd: folder })).code).toBe(0);
  });

  it("before the first step leaves nothing, and a run that is resumed as it was", async () => {
    const none = await once(train("runs/none"), "SIGINT", /engine /);
    expect(none).toMatchObject({ code: 130, stdout: "" });
    expect(none.stderr).toMatch(/\nStopped before the first step; nothing was written\.\n$/);
    expect(existsSync(path.join(folder, "runs/none"))).toBe(false);
    const again = await once(resume("runs/twice"), "SIGINT", /engine /);
    expect(again.stderr).toMatch(/\nStopped before the first step; runs\/twice is as it was\.\n$/);
  });
});

describe("a run that is not one's own to write", () => {
  it("is in use while another process trains into it, and only then", async () => {
    const long = folderWith({
      "pairs.mmf": spec.replace("epochs: 10", "epochs: 3000").replace("patience: 8", "patience: 3000"),
      "pairs.csv": table(),
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
    const other = folderWith({ "pairs.mmf": spec, "pairs.csv": table() });
    const here = { cwd: other.folder };
    const done = await run(train("runs/a", "--no-baselines"), here);
    expect(done.code).toBe(0);
    const finished = await run(resume("runs"), here);
    expect(finished).toMatchObject({ code: 0, stdout: "" });
    expect(finished.stderr).toBe("runs/a is finished: 10 of 10 epochs.\n");
    const usage = await run([...resume("runs"), "--epochs", "20"], here);
    expect(usage.code).toBe(2);
    expect(usage.stderr).toMatch(/^mmfc train: --epochs does not go with --resume: the run has its own\n/);
    expect((await run(resume("nowhere"), here)).stderr).toMatch(/^error run-missing\n {2}nowhere is not a run/);

    const file = path.join(other.folder, "runs/a/environment.json");
    writeFileSync(file, readFileSync(file, "utf8").replace('"status": "finished"', '"status": "stopped"'));
    writeFileSync(path.join(other.folder, "pairs.mmf"), spec.replace("dense(32, relu)", "dense(33, relu)"));
    const changed = await run(resume("runs"), here);
    expect(changed).toMatchObject({ code: 1, stdout: "" });
    expect(changed.stderr).toMatch(
      /error resume-differs\n {2}runs\/a was trained with another pairs\.mmf, here is a changed one\./,
    );
    expect(changed.stderr).toContain("help: start a new run: `mmfc train pairs.mmf`");
    // A comment changes nothing.
    writeFileSync(path.join(other.folder, "pairs.mmf"), `// a comment\n${spec}`);
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
  const wide = spec.replace("dense(32, relu)", "dense(900, relu)").replace("dense(16, relu)", "dense(90, relu)");

  it("files that may not grow as large as the weights: a sentence, and nothing half written", async () => {
    const small = folderWith({ "pairs.mmf": wide, "pairs.csv": table() });
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
      "pairs.mmf": wide.replace("epochs: 10", "epochs: 200").replace("patience: 8", "patience: 200"),
      "pairs.csv": table(),
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
      "pairs.mmf": spec.replace("epochs: 10", "epochs: 3000").replace("patience: 8", "patience: 3000"),
      "pairs.csv": table(),
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
