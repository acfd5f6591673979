/** `mmfc check --watch` as the real binary: every way of saving a file, files that go and come, and Ctrl-C. */
import { type ChildProcess, spawn } from "node:child_process";
import { mkdirSync, mkdtempSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterEach, describe, expect, it } from "vitest";
import { createChanges, snapshot } from "../../cli/check/changes.ts";
import { folderWith, mmfc, pointsSpec, pointsTable } from "./run.ts";

const clean = /points\.mmf: 2 models, no mistakes\npoints\.csv: 400 rows fit\n/;
const ending: (() => void)[] = [];
afterEach(() => {
  for (const end of ending.splice(0)) end();
});

interface Watching {
  readonly child: ChildProcess;
  /** What stdout has said since the last `next`, once it waits again. */
  next(): Promise<string>;
  /** All of stderr so far. */
  err(): string;
  readonly ended: Promise<number | null>;
}

function watching(cwd: string, args: readonly string[] = []): Watching {
  const env = { ...process.env, LANG: "C.UTF-8", CI: "1", VITEST: undefined };
  const child = spawn(process.execPath, [mmfc, "check", "--watch", ...args], { cwd, env });
  ending.push(() => void child.kill("SIGKILL"));
  let [out, err] = ["", ""];
  let waiting = 0;
  let seen = 0;
  let told: () => void = () => undefined;
  child.stdout.setEncoding("utf8").on("data", (text: string) => {
    out += text;
  });
  child.stderr.setEncoding("utf8").on("data", (text: string) => {
    err += text;
    waiting = err.split("; waiting for changes").length - 1;
    told();
  });
  return {
    child,
    err: () => err,
    async next() {
      while (waiting <= seen) {
        await new Promise<void>((resolve, reject) => {
          const late = setTimeout(() => reject(new Error(`nothing came: ${out}\n${err}`)), 20_000);
          told = () => {
            clearTimeout(late);
            resolve();
          };
        });
      }
      seen = waiting;
      const said = out;
      out = "";
      return said;
    },
    ended: new Promise((resolve) => child.on("close", (code) => resolve(code))),
  };
}

describe("mmfc check --watch", () => {
  it("checks anew after every kind of save, and ends with Ctrl-C", async () => {
    const { folder, remove } = folderWith({ "points.mmf": pointsSpec, "points.csv": pointsTable() });
    ending.push(remove);
    const spec = path.join(folder, "points.mmf");
    const watch = watching(folder, ["points.mmf"]);
    expect(await watch.next()).toMatch(clean);

    writeFileSync(spec, pointsSpec.replace("dense(16", "dnese(16"));
    expect(await watch.next()).toMatch(/points\.mmf:6:28 error unknown-op/);

    // As editors do: written aside, renamed over.
    writeFileSync(`${spec}.swp`, pointsSpec);
    renameSync(`${spec}.swp`, spec);
    expect(await watch.next()).toMatch(clean);

    writeFileSync(spec, pointsSpec.slice(0, 300));
    expect(await watch.next()).toMatch(/ error /);

    rmSync(spec);
    await watch.next();
    expect(watch.err()).toContain("points.mmf is not there.");
    writeFileSync(spec, pointsSpec);
    expect(await watch.next()).toMatch(clean);

    writeFileSync(path.join(folder, "points.csv"), pointsTable().replace("label\n", "lable\n"));
    expect(await watch.next()).toMatch(/error column-missing/);
    rmSync(path.join(folder, "points.csv"));
    expect(await watch.next()).toMatch(/note source-missing/);
    writeFileSync(path.join(folder, "points.csv"), pointsTable());
    expect(await watch.next()).toMatch(clean);

    watch.child.kill("SIGINT");
    expect(await watch.ended).toBe(130);
  });

  it("sees what a spec uses in another folder, and specs that are new", async () => {
    const { folder, remove } = folderWith({ "points.csv": pointsTable() });
    ending.push(remove);
    mkdirSync(path.join(folder, "blocks"));
    const block = (op: string): string => `block inner() = dense(16, relu) -> ${op}(16, relu)\n`;
    writeFileSync(path.join(folder, "blocks/inner.mmf"), block("dense"));
    const spec = pointsSpec.replace("dense(16, relu) -> dense(16, relu)", "inner()");
    writeFileSync(path.join(folder, "points.mmf"), `use "blocks/inner.mmf"\n\n${spec}`);
    const watch = watching(folder, ["--format", "line", "--no-data"]);
    expect(await watch.next()).toBe("");
    rmSync(path.join(folder, "blocks/inner.mmf"));
    expect(await watch.next()).toMatch(/blocks\/inner\.mmf is not there/);
    writeFileSync(path.join(folder, "blocks/inner.mmf"), block("dense"));
    expect(await watch.next()).toBe("");
    writeFileSync(path.join(folder, "blocks/new.mmf"), "model New {}\n");
    expect(await watch.next()).toMatch(/^blocks\/new\.mmf:1:/m);
  });

  it("fixes what is certain after each save, and is not woken by itself", async () => {
    const { folder, remove } = folderWith({ "points.mmf": pointsSpec, "points.csv": pointsTable() });
    ending.push(remove);
    const watch = watching(folder, ["--fix"]);
    expect(await watch.next()).toMatch(clean);
    writeFileSync(path.join(folder, "points.mmf"), pointsSpec.replace("dense(16", "dnese(16"));
    expect(await watch.next()).toBe(
      "points.mmf: fixed line 6 (unknown-op); no mistakes are left\npoints.csv: 400 rows fit\n",
    );
    await new Promise((resolve) => setTimeout(resolve, 1500));
    expect(watch.err().split("; waiting for changes").length - 1).toBe(2);
  });

  it("prints one JSON value a check, and nothing about waiting where it is quiet", async () => {
    const { folder, remove } = folderWith({ "points.mmf": pointsSpec, "points.csv": pointsTable() });
    ending.push(remove);
    const watch = watching(folder, ["--json"]);
    let out = "";
    const parsed = await new Promise((resolve) => {
      watch.child.stdout?.on("data", (text: string) => {
        out += text;
        try {
          resolve(JSON.parse(out));
        } catch {
          // Not whole yet.
        }
      });
    });
    expect(parsed).toMatchObject({ diagnostics: [], errors: 0 });
    watch.child.kill("SIGINT");
    expect(await watch.ended).toBe(130);
    expect(watch.err()).toBe("");
  });

  it("ends at once where there is nothing to watch", async () => {
    const { folder, remove } = folderWith({ "points.csv": pointsTable() });
    ending.push(remove);
    expect(await watching(folder).ended).toBe(2);
    expect(await watching(folder, ["ponits.mmf"]).ended).toBe(1);
  });
});

describe("changes", () => {
  it("are told once saving has come to rest, also where nothing can be watched", async () => {
    const folder = mkdtempSync(path.join(tmpdir(), "mmfc-changes-"));
    ending.push(() => rmSync(folder, { recursive: true, force: true }));
    // The folder of this file comes later: only looking can find it.
    const file = path.join(folder, "later/spec.mmf");
    const changes = createChanges(snapshot([file]), { poll: 50, rest: 20 });
    let told = false;
    void changes.next.then(() => {
      told = true;
    });
    await new Promise((resolve) => setTimeout(resolve, 200));
    expect(told).toBe(false);
    mkdirSync(path.dirname(file));
    writeFileSync(file, "a");
    await changes.next;
    changes.close();
  });

  it("are none where a file is written and put back, or only looked at", async () => {
    const folder = mkdtempSync(path.join(tmpdir(), "mmfc-changes-"));
    ending.push(() => rmSync(folder, { recursive: true, force: true }));
    const file = path.join(folder, "spec.mmf");
    writeFileSync(file, "a");
    const changes = createChanges(snapshot([file, folder]), { poll: 30, rest: 20 });
    const first = Promise.race([
      changes.next.then(() => "told"),
      new Promise((resolve) => setTimeout(() => resolve("quiet"), 300)),
    ]);
    writeFileSync(path.join(folder, "notes.txt"), "another file");
    expect(await first).toBe("quiet");
    changes.close();
  });
});
