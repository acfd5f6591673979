/** Reads the numbers that Keras computed: our own reference file beside this one (the shared ones: ../fixtures.ts). */
import { readFileSync } from "node:fs";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { gunzipSync } from "node:zlib";

const here = path.dirname(fileURLToPath(import.meta.url));

export interface Arr {
  readonly shape: number[];
  readonly data: number[];
}

// Cases differ by kind; each test reads the fields of its own.
// biome-ignore lint/suspicious/noExplicitAny: the fixture's cases are untyped JSON
export type Case = any;

/** Cases of keras-reference.json.gz (keras_reference.py writes it). */
export function reference(): Case[] {
  return read(path.join(here, "keras-reference.json.gz"));
}

function read(file: string): Case[] {
  return JSON.parse(gunzipSync(readFileSync(file)).toString()).cases;
}

/** Largest difference, relative to the size of the expected number where that is over 1. */
export function difference(found: ArrayLike<number>, expected: ArrayLike<number>): number {
  if (found.length !== expected.length) return Number.POSITIVE_INFINITY;
  let most = 0;
  for (let i = 0; i < found.length; i++) {
    const d = Math.abs((found[i] as number) - (expected[i] as number)) / Math.max(1, Math.abs(expected[i] as number));
    if (!(d <= most)) most = d;
  }
  return most;
}
