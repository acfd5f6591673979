/**
 * Media in a folder: a name to a file, or why there is none. Nothing outside the folder is ever opened, not by `..`, not
 * through a link; nothing but a regular file is a file.
 */
import { type BigIntStats, lstatSync, readdirSync, realpathSync, statSync } from "node:fs";
import path from "node:path";
import { count } from "../../diagnostics/phrase.ts";
import type { Found, MediaRoot } from "./media.ts";
import { checkPath, openFound, stampOf, wholeOf } from "./open-file.ts";
import { reasonOf } from "./reasons.ts";
import { printable, safeName } from "./tar.ts";

// The longest name that Linux, macOS and Windows all take.
const longestPath = 4096;
const longestName = 255;

export function folderRoot(shown: string, absolute: string): MediaRoot {
  const root = realpathSync(absolute);
  const inside = (real: string): boolean =>
    real === root || real.startsWith(root.endsWith(path.sep) ? root : root + path.sep);
  const folders = new Map<string, boolean>();
  const listed = new Map<string, Names>();
  const prefix = shown === "." ? "" : `${shown.replace(/\/+$/, "")}/`;

  const find = (name: string): Found => {
    const odd = oddName(name);
    if (odd !== undefined) return { found: "missing", shown: printable(name), why: odd };
    const safe = safeName(name);
    if (safe === undefined || safe === "") return { found: "outside", shown: printable(name), folder: shown };
    return at(safe, name, true);
  };

  const at = (safe: string, name: string, again: boolean): Found => {
    const file = path.join(absolute, safe);
    const said = printable(prefix + safe);
    const stat = lstatSync(file, { throwIfNoEntry: false, bigint: true });
    if (stat === undefined) {
      const other = again ? nearName(absolute, safe, name, listed) : undefined;
      if (other?.same !== undefined) return at(other.same, name, false);
      return { found: "missing", shown: said, ...(other === undefined ? {} : { why: other.why }) };
    }
    // A link anywhere on the way may lead out; folders are looked at once.
    const folder = path.dirname(file);
    let good = folders.get(folder);
    if (good === undefined) {
      good = inside(realpathSync(folder));
      folders.set(folder, good);
    }
    let target: BigIntStats | undefined = stat;
    if (good && stat.isSymbolicLink()) {
      target = statSync(file, { throwIfNoEntry: false, bigint: true });
      if (target === undefined) return { found: "missing", shown: said, why: "a link to nothing" };
      good = inside(realpathSync(file));
    }
    if (!good) return { found: "outside", shown: said, folder: shown, link: true };
    if (!target.isFile()) return { found: "missing", shown: said, why: `it is ${kindOf(target)}` };
    const stamp = stampOf(target);
    return {
      found: "file",
      shown: said,
      name: safe,
      size: stamp.size,
      identity: `${file}|${stamp.text}`,
      root,
      absolute: file,
      open: async () => openFound(file, said, stamp),
      check: () => checkPath(file, said, stamp),
      read: () => wholeOf(() => openFound(file, said, stamp)),
    };
  };

  return {
    shown,
    find(name) {
      try {
        return find(name);
      } catch (error) {
        return { found: "missing", shown: printable(prefix + name), why: reasonOf(error) };
      }
    },
  };
}

/** What no file can be called. */
function oddName(name: string): string | undefined {
  if (name.includes("\0")) return "a NUL byte stands in its name";
  if (name.length > longestPath || name.split(/[\\/]/).some((part) => Buffer.byteLength(part) > longestName))
    return `a name of ${count(name.length, "character")}`;
  if (/^[a-z][a-z0-9+.-]+:\/\//i.test(name)) return "an address, not a file";
  return undefined;
}

function kindOf(stat: BigIntStats): string {
  if (stat.isDirectory()) return "a folder";
  if (stat.isFIFO()) return "a pipe";
  if (stat.isSocket()) return "a socket";
  return "a device";
}

/** How a name is compared where only its writing differs: composed, lower case, without spaces around. */
export const folded = (name: string): string => name.normalize("NFC").trim().toLowerCase();

/** The names of a folder, by themselves and by what is compared. */
interface Names {
  readonly all: ReadonlySet<string>;
  readonly composed: ReadonlyMap<string, string>;
  readonly folded: ReadonlyMap<string, string>;
}

/**
 * A name that is there and differs in writing only. `same`: in nothing that can be seen (Unicode's ways to compose a
 * letter), so that it is the one that is meant; `why`: in case, spaces or `%20`, which is for the user to say.
 */
function nearName(
  root: string,
  safe: string,
  name: string,
  listed: Map<string, Names>,
): { same?: string; why: string } | undefined {
  // On Linux a backslash may be part of a name.
  const literal = path.sep === "/" && name.includes("\\") && !name.includes("/");
  if (literal && namesIn(root, listed).all.has(name)) return { same: name, why: "" };
  const parts = safe.split("/");
  const real: string[] = [];
  let same = true;
  for (const part of parts) {
    const names = namesIn(path.join(root, ...real), listed);
    const exact = names.all.has(part) ? part : names.composed.get(part.normalize("NFC"));
    const other = exact ?? names.folded.get(folded(part)) ?? decoded(part, names.all);
    if (other === undefined) return undefined;
    if (exact === undefined) same = false;
    real.push(other);
  }
  const found = real.join("/");
  if (same) return { same: found, why: "" };
  // Where a folder differs, too, the whole path says more than the name.
  const folders = real.slice(0, -1).some((one, i) => one !== parts[i]);
  return { why: `there is ${printable(folders ? found : real.at(-1)!)}` };
}

function decoded(part: string, names: ReadonlySet<string>): string | undefined {
  if (!part.includes("%")) return undefined;
  try {
    const plain = decodeURIComponent(part);
    return names.has(plain) ? plain : undefined;
  } catch {
    return undefined; // a percent sign of its own
  }
}

function namesIn(folder: string, listed: Map<string, Names>): Names {
  let names = listed.get(folder);
  if (names === undefined) {
    let all: string[];
    try {
      all = readdirSync(folder);
    } catch {
      all = []; // not there, or not ours to read
    }
    names = {
      all: new Set(all),
      composed: new Map(all.map((one) => [one.normalize("NFC"), one])),
      folded: new Map(all.map((one) => [folded(one), one])),
    };
    listed.set(folder, names);
  }
  return names;
}
