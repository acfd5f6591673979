/** What training and using a run share: options, the engine, the way to the data. */
import path from "node:path";
import type { Progress } from "../data/modality.ts";
import type { Engine } from "../engine/engine.ts";
import { openEngine } from "../engine/engine.ts";
import type { Reporter } from "../train/reporter.ts";

/** What training and using a run have in common. */
export interface CommonOptions {
  /** Opened before; without it, one is opened. */
  readonly engine?: Engine;
  readonly threads?: number;
  /** Whether TensorFlow may be fetched where there is none. */
  readonly install?: "never" | "auto";
  readonly reporter?: Reporter;
  readonly signal?: AbortSignal;
  /** Where prepared features are kept. */
  readonly cacheDir?: string;
}

/** The engine of the options, or one opened now; the reporter is told. */
export async function engineOf(options: CommonOptions, reporter: Reporter): Promise<Engine> {
  const engine =
    options.engine ??
    (await openEngine({
      ...(options.threads !== undefined && { threads: options.threads }),
      ...(options.install !== undefined && { install: options.install }),
      onProgress: (line) => reporter.note(line),
    }));
  reporter.engine(engine.describe());
  return engine;
}

/** `tensorflow 2.21, CPU` */
export function engineText({ kind, version, device }: Engine): string {
  return kind === "tensorflow"
    ? `tensorflow ${version.split(".").slice(0, 2).join(".")}, ${device}`
    : `${kind}, ${device}`;
}

/** What the preparation of data takes of the options; its progress goes to the reporter. */
export function dataOptions(options: CommonOptions, reporter: Reporter) {
  const ready = new Set<string>();
  return {
    ...(options.threads !== undefined && { threads: options.threads }),
    ...(options.cacheDir !== undefined && { cacheDir: options.cacheDir }),
    ...(options.signal !== undefined && { signal: options.signal }),
    onProgress({ modality, done, total, cached, seconds }: Progress) {
      if (done < total) reporter.preparing({ modality, done, total });
      else if (!ready.has(modality)) {
        ready.add(modality);
        reporter.prepared({ modality, rows: total, ...(!cached && { seconds }) });
      }
    },
  };
}

/** Paths of the data are relative to the base; a table that is typed is relative to the working directory. */
export function sourceOf(typed: string | undefined, base: string): string | undefined {
  if (typed === undefined) return undefined;
  const absolute = path.resolve(typed);
  const inside = path.relative(path.resolve(base), absolute);
  return inside.startsWith("..") || path.isAbsolute(inside) ? absolute : inside;
}

/** A folder as the user would type it, with its slash. */
export function asFolder(out: string): string {
  return out.endsWith("/") ? out : `${out}/`;
}
