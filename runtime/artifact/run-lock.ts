/**
 * Who trains into a run folder: one process, named by a file that lives as long as it does. A lock whose process is gone is
 * taken over. Knows nothing of what is in the folder.
 */
import { readFileSync, rmSync } from "node:fs";
import { open, readFile, rename, rm, stat, utimes } from "node:fs/promises";
import os from "node:os";
import path from "node:path";
import { RunError } from "./run-error.ts";

/** The file in the run folder. */
export const LOCK = "training.lock";

/** Another machine's processes cannot be looked at: its lock counts as long as it is touched. */
const TOUCHED_EVERY = 30_000;
const STALE_AFTER = 150_000;

interface Holder {
  readonly process: number;
  /** Of the process, as its system counts: a number can be given to another process later. */
  readonly started: string;
  readonly host: string;
}

export interface Lock {
  /** Whether the file is still this process's own. */
  held(): Promise<boolean>;
  release(): Promise<void>;
  /** The same at once, for the end of the process. */
  drop(): void;
}

/** @throws RunError run-in-use; what the file system throws */
export async function lockRun(folder: string, shown: string): Promise<Lock> {
  const file = path.join(folder, LOCK);
  const me: Holder = { process: process.pid, started: startOf(process.pid) ?? "", host: os.hostname() };
  const text = `${JSON.stringify(me)}\n`;
  for (let tries = 0; ; tries++) {
    if (await create(file, text)) break;
    const found = await readFile(file, "utf8").catch(() => undefined);
    if (found === undefined) continue;
    const holder = parse(found);
    if ((holder !== undefined && (await lives(holder, file))) || tries > 5)
      throw new RunError({ code: "run-in-use", facts: { path: shown, process: holder?.process ?? 0 } });
    await takeAway(file, found);
  }
  const timer = setInterval(() => {
    const now = new Date();
    utimes(file, now, now).catch(() => {
      // A folder that is gone is found by the next checkpoint.
    });
  }, TOUCHED_EVERY);
  timer.unref();
  const mine = (): Promise<boolean> =>
    readFile(file, "utf8").then(
      (found) => found === text,
      () => false,
    );
  return {
    held: mine,
    async release() {
      clearInterval(timer);
      if (await mine()) await rm(file, { force: true });
    },
    drop() {
      clearInterval(timer);
      try {
        if (readFileSync(file, "utf8") === text) rmSync(file, { force: true });
      } catch {
        // Nothing to drop; or a stale lock stays, which is taken over.
      }
    },
  };
}

/** The process that trains into a folder at this moment. */
export async function trainerOf(folder: string): Promise<number | undefined> {
  const file = path.join(folder, LOCK);
  const holder = parse(await readFile(file, "utf8").catch(() => ""));
  return holder !== undefined && (await lives(holder, file)) ? holder.process : undefined;
}

async function create(file: string, text: string): Promise<boolean> {
  const handle = await open(file, "wx").catch((error: NodeJS.ErrnoException) => {
    if (error.code === "EEXIST") return undefined;
    throw error;
  });
  if (handle === undefined) return false;
  try {
    await handle.writeFile(text);
  } finally {
    await handle.close();
  }
  return true;
}

/** Two may find the same stale lock; whoever moved away a new one by mistake puts it back. */
async function takeAway(file: string, stale: string): Promise<void> {
  const aside = `${file}.${process.pid}.part`;
  const moved = await rename(file, aside).then(
    () => true,
    () => false,
  );
  if (!moved) return;
  if ((await readFile(aside, "utf8").catch(() => stale)) !== stale) await rename(aside, file);
  else await rm(aside, { force: true });
}

async function lives(holder: Holder, file: string): Promise<boolean> {
  if (holder.host !== os.hostname()) {
    const touched = await stat(file).catch(() => undefined);
    return touched !== undefined && Date.now() - touched.mtimeMs < STALE_AFTER;
  }
  if (!exists(holder.process)) return false;
  const started = startOf(holder.process);
  return started === undefined || holder.started === "" || started === holder.started;
}

function exists(id: number): boolean {
  try {
    process.kill(id, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === "EPERM";
  }
}

/** When a process began, in ticks since the machine did, and which start of the machine; only Linux says so. */
function startOf(id: number): string | undefined {
  try {
    // The name in parentheses may hold anything; what follows are numbers, the start the 20th of them.
    const fields = readFileSync(`/proc/${id}/stat`, "utf8").split(") ").at(-1)?.split(" ") ?? [];
    if (fields[0] === "Z" || fields[0] === "X") return "ended";
    return `${fields[19]} ${readFileSync("/proc/sys/kernel/random/boot_id", "utf8").trim()}`;
  } catch {
    return undefined;
  }
}

function parse(text: string): Holder | undefined {
  try {
    const found = JSON.parse(text) as Partial<Holder> | null;
    if (!Number.isInteger(found?.process) || (found?.process ?? 0) <= 0) return undefined;
    return { process: found!.process!, started: String(found?.started ?? ""), host: String(found?.host ?? "") };
  } catch {
    return undefined;
  }
}
