/** Where the reference numbers of other libraries lie; tests that need them are skipped, loudly, without them. */
import { existsSync, readFileSync } from "node:fs";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { gunzipSync } from "node:zlib";

const root = path.resolve(path.dirname(fileURLToPath(import.meta.url)), "../../..");
export const shared = process.env.MMFC_SHARED ?? path.resolve(root, "../shared");
export const hasShared = existsSync(path.join(shared, "data", "peer_fixtures"));
if (!hasShared) console.warn(`SKIPPED: ${shared} is not there, so other libraries' numbers are not compared`);

export interface Numbers {
  readonly shape: readonly number[];
  readonly data: readonly (number | null)[];
}

/** The cases of a fixture file. */
export function cases(file: string): Record<string, never>[] {
  return JSON.parse(gunzipSync(readFileSync(path.join(shared, "data", file))).toString("utf8")).cases;
}

/** The greatest difference of two arrays. */
export function difference(a: ArrayLike<number>, b: ArrayLike<number | null>): number {
  if (a.length !== b.length) return Number.POSITIVE_INFINITY;
  let most = 0;
  for (let i = 0; i < a.length; i++) most = Math.max(most, Math.abs(a[i]! - (b[i] ?? Number.NaN)));
  return most;
}
