/** The cache under several processes, killed writers, full disks and meddling: right values or a message, never a broken entry. */
import { type ChildProcess, execFileSync, spawn } from "node:child_process";
import {
  appendFileSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  truncateSync,
  utimesSync,
  writeFileSync,
} from "node:fs";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";
import { beforeAll, describe, expect, it } from "vitest";
import type { DataPlan } from "../../../plan/plan.ts";
import { clearCache, findEntry, listCache, writableRoot } from "../../../runtime/data/cache.ts";
import { audio, firms, firmsPlan, folder, image, prepared } from "./made.ts";

const root = path.resolve(path.dirname(fileURLToPath(import.meta.url)), "../../..");
let program = "";

beforeAll(async () => {
  const at = folder();
  // What the bundle imports is found as if it lay here.
  symlinkSync(path.join(root, "node_modules"), path.join(at, "node_modules"));
  program = path.join(at, "process.mjs");
  await build({
    entryPoints: [path.join(root, "test/runtime/data/cache-process.ts")],
    outfile: program,
    bundle: true,
    platform: "node",
    format: "esm",
    packages: "external",
  });
});

interface Said {
  readonly sum?: number;
  readonly entries?: number;
  readonly problems?: readonly [string, { path?: string; needs?: number }][];
  readonly error?: string;
}

function start(...args: string[]): { child: ChildProcess; said: Promise<Said> } {
  const child = spawn(process.execPath, [program, ...args], { stdio: ["ignore", "pipe", "inherit"], env: process.env });
  let out = "";
  child.stdout!.on("data", (chunk) => {
    out += chunk;
  });
  const said = new Promise<Said>((resolve) => {
    child.on("close", () => resolve(out === "" ? {} : JSON.parse(out)));
  });
  return { child, said };
}

const plan: DataPlan = {
  ...firmsPlan,
  modalities: { chart: { ...image, size: [96, 96], file: "{chart}" }, call: { ...audio, file: "{call}" } },
};

/** Made data, its plan beside it, and what training rows add up to. */
async function data(rows: number): Promise<{ base: string; cache: string; sum: number }> {
  const base = await firms(rows);
  writeFileSync(path.join(base, "plan.json"), JSON.stringify(plan));
  const { sum } = await start("prepare", base, "plan.json").said;
  const cache = path.join(base, ".cache");
  rmSync(cache, { recursive: true });
  expect(sum).toBeGreaterThan(0);
  return { base, cache, sum: sum! };
}

const parts = (cache: string): string[] =>
  readdirSync(path.join(cache, "features")).filter((key) => key.includes("part"));

describe("processes that share a cache", () => {
  it("two that prepare the same at once, both right, one entry each", async () => {
    const { base, cache, sum } = await data(60);
    for (let round = 0; round < 2; round++) {
      const both = [start("prepare", base, "plan.json"), start("prepare", base, "plan.json")];
      for (const { said } of both) expect(await said).toEqual({ sum });
      expect(parts(cache)).toEqual([]);
      const kinds = listCache(cache).map(({ kind }) => kind);
      expect(kinds.filter((kind) => /^image|^audio/.test(kind)).sort()).toEqual(["audio mel", "image 96x96x1"]);
      rmSync(cache, { recursive: true });
    }
  });

  it("one that clears while others read and write", async () => {
    const { base, cache, sum } = await data(60);
    mkdirSync(path.join(cache, "features"), { recursive: true });
    const clearing = start("clear", cache, "9000");
    const results: Said[] = [];
    const until = Date.now() + 8000;
    while (Date.now() < until) {
      const both = [start("prepare", base, "plan.json"), start("prepare", base, "plan.json")];
      for (const { said } of both) results.push(await said);
    }
    expect((await clearing.said).entries).toBeGreaterThan(0);
    expect(results.filter(({ sum: one }) => one !== sum)).toEqual([]);
    expect(parts(cache)).toEqual([]);
  });

  it("one that is killed while it writes; what it left goes with the next", async () => {
    const { base, cache, sum } = await data(60);
    let left = 0;
    for (let i = 0; i < 6; i++) {
      const { child, said } = start("prepare", base, "plan.json");
      // Killed as soon as there is something half written, a little later each time.
      for (let wait = 0; wait < 2000 && !(existsSync(path.join(cache, "features")) && parts(cache).length > 0); wait++)
        await new Promise((resolve) => setTimeout(resolve, 2));
      await new Promise((resolve) => setTimeout(resolve, i * 15));
      child.kill("SIGKILL");
      await said;
      left += parts(cache).length;
      for (const { key, kind } of listCache(cache))
        if (kind !== "unfinished") expect([key, findEntry(cache, key)?.index.kind]).toEqual([key, kind]);
      if (i < 5) rmSync(cache, { recursive: true });
    }
    expect(left).toBeGreaterThan(0);
    expect(await start("prepare", base, "plan.json").said).toEqual({ sum });
    expect(parts(cache)).toEqual([]);
  });
});

describe("what others left", () => {
  it("of dead processes goes, of living ones and of other machines stays", () => {
    const at = folder();
    const features = path.join(at, "features");
    const gone = 2 ** 22 - 3; // above what a machine usually gives
    const old = ["a.part-PID-0011aabb", "aside.part-PID-00112233aabb"].map((name) => name.replace("PID", String(gone)));
    const other = `b.part-${gone}-ffffffff-00112233`;
    const mine = `c.part-${process.pid}-0011aabb`;
    for (const name of [...old, other, mine, "unfinished"]) mkdirSync(path.join(features, name), { recursive: true });
    expect(writableRoot(at)).toEqual({ root: at, temporary: false });
    expect(readdirSync(features).sort()).toEqual([other, mine, "unfinished"].sort());
    expect(clearCache(undefined, at).entries).toBe(1);
    const day = new Date(Date.now() - 2 * 86_400_000);
    utimesSync(path.join(features, other), day, day);
    writableRoot(at);
    expect(readdirSync(features)).toEqual([mine]);
  });

  it("meddled with is made anew, without a word", async () => {
    const { base, cache, sum } = await data(12);
    const again = async (): Promise<number> => {
      const done = await prepared(plan, base);
      let all = 0;
      for await (const batch of done.parts.train!.batches({ batchSize: 16 }))
        for (const input of Object.values(batch.inputs)) for (const value of input.data) all += value;
      await done.close();
      return all;
    };
    expect(await again()).toBe(sum);
    const entries = (): string[] =>
      listCache(cache)
        .filter(({ kind }) => /^image|^audio/.test(kind))
        .map(({ key }) => path.join(cache, "features", key));
    const meddle: ((entry: string) => void)[] = [
      (entry) => truncateSync(path.join(entry, "data.npy"), 500),
      (entry) => appendFileSync(path.join(entry, "data.npy"), "more"),
      (entry) => {
        const file = path.join(entry, "data.npy");
        writeFileSync(
          file,
          readFileSync(file).map((byte, i) => (i < 128 ? byte : byte ^ 1)),
        );
      },
      (entry) => rmSync(path.join(entry, "data.npy")),
      (entry) => writeFileSync(path.join(entry, "index.json"), "{"),
      (entry) => writeFileSync(path.join(entry, "index.json"), "null"),
      (entry) => writeFileSync(path.join(entry, "index.json"), '{"kind": 5, "items": "x", "files": {"data.npy": 3}}'),
      (entry) => rmSync(path.join(entry, "index.json")),
    ];
    for (const [i, change] of meddle.entries()) {
      rmSync(cache, { recursive: true });
      expect(await again()).toBe(sum);
      for (const entry of entries()) change(entry);
      listCache(cache);
      expect([i, await again()]).toEqual([i, sum]);
      // Whole again, so that the next one finds it.
      for (const entry of entries())
        expect([i, findEntry(cache, path.basename(entry)) !== undefined]).toEqual([i, true]);
      expect(entries().length).toBe(2);
    }
    // An entry that another version wrote under this name is none, either.
    const [first, second] = entries() as [string, string];
    const stat = statSync(path.join(first, "data.npy"));
    writeFileSync(path.join(second, "data.npy"), readFileSync(path.join(first, "data.npy")));
    const index = JSON.parse(readFileSync(path.join(second, "index.json"), "utf8"));
    const time = new Date(1_700_000_000_000);
    utimesSync(path.join(second, "data.npy"), time, time);
    index.files["data.npy"] = [stat.size, 1_700_000_000_000];
    writeFileSync(path.join(second, "index.json"), JSON.stringify(index));
    expect(await again()).toBe(sum);
  });

  it("a cache that cannot be written does no harm", async () => {
    const base = await firms(10);
    const file = path.join(base, "afile");
    writeFileSync(file, "x");
    const done = await prepared(firmsPlan, base, { cacheDir: path.join(file, "cache") });
    expect(done.notes.map(({ code }) => code)).toContain("cache-temporary");
    await done.close();
  });
});

/** Whether this user may mount a small disk. */
function smallDisk(at: string, size: string): boolean {
  try {
    execFileSync("mount", ["-t", "tmpfs", "-o", `size=${size}`, "tmpfs", at], { stdio: "ignore" });
    return true;
  } catch {
    return false;
  }
}

it("a full disk is said, with what is needed, and nothing half written stays", async (context) => {
  const { base, sum } = await data(60);
  const disk = folder();
  if (!smallDisk(disk, "600k")) {
    console.warn("SKIPPED: a full disk needs the right to mount one");
    context.skip();
  }
  try {
    process.env.MMFC_TEST_CACHE = disk;
    const { problems } = await start("prepare", base, "plan.json").said;
    expect(problems?.map(([code, { path: where }]) => [code, where])).toEqual([["disk-full", disk]]);
    expect(problems![0]![1].needs).toBeGreaterThan(1000);
    expect(readdirSync(path.join(disk, "features")).filter((key) => key.includes("part"))).toEqual([]);
    // Filled up while it is written to.
    execFileSync("mount", ["-o", "remount,size=3m", disk]);
    writeFileSync(path.join(disk, "ballast"), Buffer.alloc(1_500_000));
    const running = start("prepare", base, "plan.json");
    for (let wait = 0; wait < 2000 && parts(disk).length === 0; wait++)
      await new Promise((resolve) => setTimeout(resolve, 2));
    try {
      writeFileSync(path.join(disk, "more"), Buffer.alloc(3_000_000));
    } catch {
      // Full, as it should be.
    }
    const said = await running.said;
    if (said.sum === undefined) expect(said.problems?.map(([code]) => code)).toEqual(["disk-full"]);
    else expect(said.sum).toBe(sum);
    expect(parts(disk)).toEqual([]);
  } finally {
    delete process.env.MMFC_TEST_CACHE;
    execFileSync("umount", ["-l", disk]);
  }
});
