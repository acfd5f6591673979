/**
 * Where media files are: folders and tar archives, looked through in order. Finds a file by the name a table gives it and
 * refuses names that lead outside; media-folder.ts and media-archive.ts do so for one place each.
 */
import { statSync } from "node:fs";
import path from "node:path";
import type { MediaPlan, PartName } from "../../plan/plan.ts";
import { archiveRoot } from "./media-archive.ts";
import { folderRoot } from "./media-folder.ts";
import type { OpenBytes } from "./open-file.ts";
import { problem } from "./problems.ts";
import { reasonOf, TooLarge } from "./reasons.ts";
import { nearFile } from "./source-files.ts";

/** A file that is there. */
export interface FoundFile {
  readonly found: "file";
  /** As the user would type it. */
  readonly shown: string;
  readonly name: string;
  readonly size: number;
  /** Changes with the content: part of the cache's key. */
  readonly identity: string;
  /** The folder or archive it was found in; none for bytes of the table. */
  readonly root?: string;
  /** A path for those that read from disk themselves; `check` tells them whether it is still the same file. */
  readonly absolute?: string;
  /** @throws FileChanged where it is no longer what was found */
  open(): Promise<OpenBytes>;
  check(): void;
  /** All bytes. @throws FileChanged; TooLarge over 1 GB */
  read(): Promise<Buffer>;
}

export type Found =
  | FoundFile
  | { readonly found: "missing"; readonly shown: string; readonly why?: string }
  | { readonly found: "outside"; readonly shown: string; readonly folder: string; readonly link?: true };

export interface Media {
  /** Looks a name up. `part` picks the list where media are given by part. */
  find(name: string, part?: PartName): Found;
  close(): Promise<void>;
}

/** One folder or archive. */
export interface MediaRoot {
  readonly shown: string;
  find(name: string): Found;
  close?(): Promise<void>;
}

/**
 * Opens the media of a plan.
 * @param folder where they are without a plan (the folder of the table), already absolute
 * @throws DataError source-missing, file-unreadable (an archive that is none), file-too-large
 */
export async function openMedia(
  plan: MediaPlan | undefined,
  base: string,
  folder: string,
  cacheDir: string,
): Promise<Media> {
  const opened = new Map<string, Promise<MediaRoot>>();
  const place = (shown: string): Promise<MediaRoot> => {
    const known = opened.get(shown) ?? openPlace(shown, path.resolve(base, shown), base, cacheDir);
    opened.set(shown, known);
    return known;
  };
  const byPart = new Map<PartName | "", MediaRoot[]>();
  if (plan === undefined) byPart.set("", [folderRoot(path.relative(base, folder) || ".", folder)]);
  else if ("files" in plan) {
    for (const part of ["train", "validation", "test"] as const) {
      const list = plan.files[part];
      if (list !== undefined) byPart.set(part, await Promise.all(list.map(place)));
    }
  } else byPart.set("", await Promise.all(plan.map(place)));
  const all = [...new Set([...byPart.values()].flat())];
  return {
    find(name, part) {
      const places = byPart.get(part ?? "") ?? byPart.get("") ?? all;
      let missing: Found | undefined;
      for (const one of places) {
        const found = one.find(name);
        if (found.found !== "missing") return found;
        if (missing === undefined || (missing.found === "missing" && missing.why === undefined)) missing = found;
      }
      return missing ?? { found: "missing", shown: name };
    },
    async close() {
      for (const one of all) await one.close?.();
    },
  };
}

async function openPlace(shown: string, absolute: string, base: string, cacheDir: string): Promise<MediaRoot> {
  const about = { statement: "data", property: "media" } as const;
  const stat = statSync(absolute, { throwIfNoEntry: false });
  if (stat === undefined) {
    const near = nearFile(shown.replace(/\/+$/, ""), absolute, true);
    throw problem("source-missing", about, { path: shown, columns: false, near, base, severe: true });
  }
  if (stat.isDirectory()) return folderRoot(shown, absolute);
  try {
    if (!stat.isFile()) throw new Error("it is neither a file nor a folder");
    return await archiveRoot(shown, absolute, cacheDir);
  } catch (error) {
    if (error instanceof TooLarge) throw problem("file-too-large", about, { files: 1, most: error.most, path: shown });
    throw problem("file-unreadable", about, { files: 1, kind: "an archive", path: shown, why: reasonOf(error) });
  }
}
