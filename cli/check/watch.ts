/**
 * `mmfc check --watch`: checks anew after each save of a file that the last check read. A save during a check of much data
 * begins it again. Ends with Ctrl-C. Loads no engine.
 */
import path from "node:path";
import { activity, end } from "../end.ts";
import { exitCodes } from "../stop.ts";
import type { Terminal } from "../terminal.ts";
import { createChanges, differs, snapshot } from "./changes.ts";
import type { CheckedSpec } from "./run.ts";

/** A check that is done and not yet printed. */
export interface WatchedCheck {
  readonly specs: readonly CheckedSpec[];
  /** Files or folders that the specs were looked for in. */
  readonly places: readonly string[];
  print(): void;
}

export interface WatchOptions {
  /** What `--fix` writes is no reason to begin again. */
  readonly writes: boolean;
  readonly version: string;
}

/**
 * Checks until Ctrl-C. What is wrong with the command line ends it at the first check; afterwards specs may go and come.
 * @returns 130
 */
export async function watchChecks(
  check: (signal: AbortSignal) => Promise<WatchedCheck>,
  terminal: Terminal,
  { writes, version }: WatchOptions,
): Promise<number> {
  const stopped = ctrlC();
  let watched: readonly string[] = [];
  for (let round = 0; ; round++) {
    const started = Date.now();
    const superseded = new AbortController();
    const before = snapshot(watched);
    const during = createChanges(before);
    const work = check(AbortSignal.any([superseded.signal, stopped.signal])).then(
      (checked) => ({ checked }),
      (error: unknown) => ({ error }),
    );
    const first = await Promise.race([work, stopped.promise, ...(writes ? [] : [during.next])]);
    during.close();
    if (stopped.signal.aborted) break;
    if (first === undefined) {
      superseded.abort();
      await Promise.race([work, stopped.promise]);
      continue;
    }
    if ("error" in first && round === 0) throw first.error;
    clear(terminal);
    if ("error" in first) end(first.error, terminal, version);
    else {
      first.checked.print();
      watched = watchedBy(first.checked);
    }
    const now = snapshot(watched);
    const own = "checked" in first ? first.checked.specs.filter((spec) => spec.fixed !== undefined) : [];
    const ownPaths = new Set(own.map((spec) => path.resolve(spec.path)));
    const others = new Map([...now].filter(([file]) => !ownPaths.has(file)));
    const fresh = [...others].some(([file, state]) => !before.has(file) && Number.parseFloat(state) > started);
    if (fresh || differs(before, others)) continue;
    terminal.say(`Checked at ${new Date().toTimeString().slice(0, 8)}; waiting for changes, Ctrl-C ends`);
    activity.place = "mmfc check";
    const after = createChanges(now);
    await Promise.race([after.next, stopped.promise]);
    after.close();
    if (stopped.signal.aborted) break;
  }
  return exitCodes.interrupted;
}

/** Specs, what they use, their tables, and the files that rows of messages name: putting one right is a save, too. */
function watchedBy({ specs, places }: WatchedCheck): string[] {
  const rows = specs.flatMap((spec) =>
    spec.diagnostics.flatMap((d) =>
      (d.rows ?? [])
        .slice(0, 100)
        .flatMap((row) => (row.path === undefined ? [] : [path.join(path.dirname(spec.path), row.path)])),
    ),
  );
  const read = specs.flatMap((spec) => [spec.path, ...spec.files.keys(), ...spec.sources]);
  return [...new Set([...places, ...read, ...rows.slice(0, 1000)].map((file) => path.resolve(file)))];
}

/** A terminal shows the newest check alone; a pipe gets one after the other. */
function clear(terminal: Terminal): void {
  if (process.stdout.isTTY && !terminal.json) process.stdout.write("\u001b[2J\u001b[3J\u001b[H");
}

/** The first one lets what is open be closed, the second one ends at once. */
function ctrlC(): { signal: AbortSignal; promise: Promise<void> } {
  const controller = new AbortController();
  const promise = new Promise<void>((resolve) => {
    process.on("SIGINT", () => {
      if (controller.signal.aborted) process.exit(exitCodes.interrupted);
      controller.abort();
      resolve();
    });
  });
  return { signal: controller.signal, promise };
}
