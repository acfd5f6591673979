/**
 * What was found out about files by looking into them, kept beside the features: which are fine, and why others are not.
 * A second check of the same files then only asks for their times. A damaged record is none, and costs a look.
 */
import { createHash } from "node:crypto";
import { readFileSync, writeFileSync } from "node:fs";
import path from "node:path";
import { beginEntry, cacheKey, findEntry } from "./cache.ts";

/** Raise it whenever a file may be judged differently. */
const verdictVersion = 1;

/** What is known of a file: nothing against it, or why; and what its kind wants to remember (a rate, how many numbers). */
export interface Verdict {
  readonly why?: string;
  /** It would unpack to more than this. */
  readonly most?: string;
  readonly rate?: number;
  readonly numbers?: number;
}

export interface Verdicts {
  get(identity: string): Verdict | undefined;
  set(identity: string, verdict: Verdict): void;
  /** Keeps what is new; what cannot be kept is looked at again next time. */
  save(): void;
}

// Old files stay until there are so many: a folder that grows every day must not be forgotten every day.
const mostKept = 2_000_000;

/**
 * @param kind what was looked for: a picture is no sound
 * @param root the folder or archive of the files: one record each
 */
export function openVerdicts(cacheDir: string, kind: string, root: string): Verdicts {
  const key = cacheKey("verdicts", String(verdictVersion), kind, root);
  const known = readRecord(cacheDir, key);
  const fresh = new Map<string, Verdict>();
  return {
    get(identity) {
      const id = hashOf(identity);
      return fresh.get(id) ?? known.get(id);
    },
    set(identity, verdict) {
      fresh.set(hashOf(identity), verdict);
    },
    save() {
      if (fresh.size === 0) return;
      // Another process may have written meanwhile.
      const all = new Map([...readRecord(cacheDir, key), ...fresh]);
      fresh.clear();
      try {
        const writing = beginEntry(cacheDir, key);
        try {
          writeFileSync(path.join(writing.folder, "verdicts.txt"), recordOf(all));
          const index = { kind: `${kind} checked`, created: new Date().toISOString(), items: all.size, root };
          writing.finish(index, true);
        } catch {
          writing.drop();
        }
      } catch {
        // A full or locked disk: it is only a record of what can be seen again.
      }
    },
  };
}

const hashOf = (text: string): string => createHash("sha256").update(text).digest("base64").slice(0, 22);

/** A line a file, its hash and, unless it is just fine, what is known; above them the hash of all of it. */
function recordOf(all: ReadonlyMap<string, Verdict>): string {
  const lines: string[] = [];
  for (const [id, verdict] of [...all].slice(-mostKept)) {
    const text = JSON.stringify(verdict);
    lines.push(text === "{}" ? id : `${id} ${text}`);
  }
  const body = lines.join("\n");
  return `${hashOf(body)}\n${body}`;
}

function readRecord(cacheDir: string, key: string): Map<string, Verdict> {
  const all = new Map<string, Verdict>();
  const entry = findEntry(cacheDir, key);
  if (entry === undefined) return all;
  try {
    const text = readFileSync(path.join(entry.folder, "verdicts.txt"), "utf8");
    const body = text.slice(23);
    if (text.slice(0, 22) !== hashOf(body) || body === "") return all;
    for (const line of body.split("\n")) {
      const id = line.slice(0, 22);
      all.set(id, line.length === 22 ? {} : (JSON.parse(line.slice(23)) as Verdict));
    }
    return all;
  } catch {
    return new Map();
  }
}
