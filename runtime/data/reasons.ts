/**
 * Why a media file cannot be used, in the words that stand behind its row. A reason is an Error whose message is that word;
 * the two kinds that have a code of their own (too large, changed while it was read) are classes. Knows no tables.
 */
import { size } from "../../diagnostics/phrase.ts";
import { checkSignal } from "./modality.ts";

/** It would unpack to more than is read here: a bomb, or a mistake. */
export class TooLarge extends Error {
  /** The limit, as messages print it: "24 h". */
  readonly most: string;
  constructor(most: string) {
    super(`over ${most}`);
    this.most = most;
  }
}

/** It is no longer the file that was found. */
export class FileChanged extends Error {
  readonly shown: string;
  readonly how: "changed" | "vanished";
  constructor(shown: string, how: "changed" | "vanished") {
    super(`${shown} ${how}`);
    this.shown = shown;
    this.how = how;
  }
}

/** What one file, or all that one row names, may unpack to. */
export const mostUnpacked = 1_000_000_000;

export const cutOff = (bytes: number): Error => new Error(`cut off after ${size(bytes)}`);

export const promises = (promised: number, has: number): Error =>
  new Error(`its header promises ${promised < 1e15 ? size(promised) : "over 1,000 TB"}, it has ${size(has)}`);

/** Machine codes that are no fault of a file: they end the whole run. */
const ours = new Set(["ENOSPC", "EDQUOT", "EROFS", "EMFILE", "ENFILE", "ENOMEM"]);

const known: Readonly<Record<string, string>> = {
  EACCES: "no permission to read it",
  EPERM: "no permission to read it",
  EIO: "the disk does not give it (an input/output error)",
  ELOOP: "its links lead in a circle",
  ENOTDIR: "a file stands where its folder would be",
};

/** Why a file could not be read, for its row; throws what is no fault of the file (a full disk, a signal). */
export function reasonOf(error: unknown, signal?: AbortSignal): string {
  checkSignal(signal);
  const code = (error as NodeJS.ErrnoException | undefined)?.code;
  if (code !== undefined && ours.has(code)) throw error;
  const message = error instanceof Error ? error.message : String(error);
  return (code === undefined ? undefined : known[code]) ?? message.split("\n")[0]!.trim();
}
