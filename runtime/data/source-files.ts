/**
 * The files of a plan's source: which they are, what their names say of their format, what messages call them, and which
 * name was meant where one is not there. Opens none of them.
 */
import { readdirSync } from "node:fs";
import path from "node:path";
import { near } from "../../diagnostics/near.ts";
import type { PartName, SourcePlan } from "../../plan/plan.ts";

export type TableFormat = "delimited" | "json" | "parquet" | "folders";

/** One file of a source. */
export interface SourceFile {
  /** As the user would type it. */
  readonly shown: string;
  readonly absolute: string;
  readonly part?: PartName;
}

/** The format that a file's name says, or why it is none. */
export function formatOf(file: string): TableFormat | { why: string } {
  const name = file.replace(/\.gz$/i, "");
  const ending = path.extname(name).toLowerCase();
  if ([".csv", ".tsv", ".txt"].includes(ending)) return "delimited";
  if ([".jsonl", ".ndjson", ".json"].includes(ending)) return "json";
  if ([".parquet", ".pq"].includes(ending)) return "parquet";
  return { why: `${ending === "" ? "a file without an ending" : ending} is not a table format here` };
}

/** The files of a source, in the order of their rows; none for a query. */
export function sourceFiles(source: SourcePlan, base: string): SourceFile[] {
  const file = (shown: string, part?: PartName): SourceFile => ({
    shown,
    absolute: path.resolve(base, shown),
    ...(part === undefined ? {} : { part }),
  });
  if (typeof source === "string") return [file(source)];
  if ("files" in source) {
    const parts: readonly PartName[] = ["train", "validation", "test"];
    return parts.flatMap((part) => (source.files[part] === undefined ? [] : [file(source.files[part], part)]));
  }
  if ("folders" in source) return [file(source.folders)];
  return [];
}

/** What messages call a source. */
export function sourceName(source: SourcePlan): string {
  if (typeof source === "string") return source;
  if ("query" in source) return "the query";
  if ("folders" in source) return source.folders;
  return Object.values(source.files)
    .filter((one) => one !== undefined)
    .join(", ");
}

const tableEnding = /\.(?:csv|tsv|txt|jsonl|ndjson|json|parquet|pq)(?:\.gz)?$/i;

/** The nearest name in the folder of a table (or, with `any`, of a folder or archive) that is not there; never a spec. */
export function nearFile(shown: string, absolute: string, any = false): ReturnType<typeof near> | undefined {
  try {
    const names = readdirSync(path.dirname(absolute)).filter((name) =>
      any ? !name.endsWith(".mmf") : tableEnding.test(name),
    );
    const found = near(path.basename(absolute), names);
    const folder = shown.slice(0, shown.length - path.basename(shown).length);
    if (found.kind === "one") return { ...found, word: folder + found.word };
    if (found.kind === "few") return { kind: "few", words: found.words.map((word) => folder + word) };
    return undefined;
  } catch {
    return undefined;
  }
}

/** Whether a source is a folder of class folders. */
export const isFolders = (source: SourcePlan): boolean => typeof source === "object" && "folders" in source;
