/**
 * Waits for files to change, whatever way they are saved: written in place, renamed over, deleted and made again. The
 * system tells of a change at once where it can; looking again every second finds the rest (network disks, containers, no
 * watches left). What a file holds is not read: its time, size and number tell versions apart, of a folder its specs.
 */
import { type FSWatcher, readdirSync, statSync, watch } from "node:fs";
import path from "node:path";

export interface Changes {
  /** Resolves when something differs from the snapshot, and saving has come to rest. */
  readonly next: Promise<void>;
  close(): void;
}

export interface ChangeOptions {
  /** Milliseconds without another change before it is told. */
  readonly rest?: number;
  /** Milliseconds between looks. */
  readonly poll?: number;
  /** Milliseconds after which it is told although files go on changing. */
  readonly most?: number;
}

/** The state of files and folders by absolute path, as far as the system tells it without opening them. */
export type Snapshot = ReadonlyMap<string, string>;

export function snapshot(paths: Iterable<string>): Snapshot {
  return new Map([...paths].map((file) => [path.resolve(file), stateOf(file)]));
}

function stateOf(file: string): string {
  try {
    const stat = statSync(file);
    if (!stat.isDirectory()) return `${stat.mtimeMs} ${stat.size} ${stat.ino}`;
    const entries = readdirSync(file, { withFileTypes: true });
    return entries
      .filter((entry) => entry.isDirectory() || entry.name.endsWith(".mmf"))
      .map((entry) => entry.name)
      .sort()
      .join("\n");
  } catch (error) {
    return (error as NodeJS.ErrnoException).code ?? "unknown";
  }
}

/** Whether a file of `now` is another than before; one that is new to it is not. */
export function differs(before: Snapshot, now: Snapshot): boolean {
  return [...now].some(([file, state]) => before.has(file) && before.get(file) !== state);
}

/** @param before taken before the files were read, so that what is saved meanwhile counts */
export function createChanges(before: Snapshot, options: ChangeOptions = {}): Changes {
  const { rest = 50, poll = 1000, most = 2000 } = options;
  let tell: () => void = () => undefined;
  const next = new Promise<void>((resolve) => {
    tell = resolve;
  });
  let seen = before;
  let since: number | undefined;
  let timer: NodeJS.Timeout | undefined;
  const lookSoon = (): void => {
    clearTimeout(timer);
    timer = setTimeout(look, rest);
  };
  // Editors save in several steps: it is told when two looks see the same.
  const look = (): void => {
    const now = snapshot(before.keys());
    const moves = differs(seen, now);
    seen = now;
    if (!differs(before, now)) {
      since = undefined;
      return;
    }
    since ??= performance.now();
    if (moves && performance.now() - since < most) lookSoon();
    else tell();
  };
  const polling = setInterval(() => {
    if (differs(seen, snapshot(before.keys()))) lookSoon();
  }, poll);
  const watchers = foldersOf(before).flatMap((folder) => watcherOf(folder, lookSoon));
  // Between the snapshot and now.
  lookSoon();
  return {
    next,
    close() {
      clearInterval(polling);
      clearTimeout(timer);
      for (const watcher of watchers) watcher.close();
    },
  };
}

/** Folders, and those that files lie in: a file that is renamed over takes its own watch with it. */
function foldersOf(state: Snapshot): string[] {
  const folders = [...state.keys()].map((file) =>
    statSync(file, { throwIfNoEntry: false })?.isDirectory() === true ? file : path.dirname(file),
  );
  return [...new Set(folders)];
}

function watcherOf(folder: string, told: () => void): FSWatcher[] {
  try {
    const watcher = watch(folder, told);
    watcher.on("error", () => watcher.close());
    return [watcher];
  } catch {
    // Not there yet, or no watches left: looking finds it.
    return [];
  }
}
