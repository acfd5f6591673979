/**
 * Nothing gets lost: real trainings, killed (SIGKILL) at 30 random moments in preparation, training, floors and while a
 * checkpoint is written, resumed, and compared byte by byte with one that nobody disturbed. Then Ctrl-C.
 */
import { existsSync, readdirSync, readFileSync, rmSync, watch } from "node:fs";
import path from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { longSpec, pairsSpec, pairsTable, resume, train } from "./pairs.ts";
import { folderWith, type Result, run } from "./run.ts";

const { folder: cwd, remove } = folderWith({ "pairs.mmf": pairsSpec, "pairs.csv": pairsTable() });
afterAll(remove);
const at = (...names: string[]): string => path.join(cwd, ...names);

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
    expect(whole.metrics.trim().split("\n")).toHaveLength(8);
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
    /** Killed three times, then left in peace. */
    const chain = async (): Promise<void> => {
      const out = `runs/k${chains++}`;
      let args = train(out);
      for (let i = 0; i < 3 && done < kills; i++) {
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
  const { folder, remove } = folderWith({ "pairs.mmf": longSpec, "pairs.csv": pairsTable() });
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
