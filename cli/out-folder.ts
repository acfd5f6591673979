/** Names and moves of run folders. What is in them is the runtime's. */
import { mkdir, readdir, rename, rm } from "node:fs/promises";
import path from "node:path";

/** `runs/Digits/2026-11-24T05-31-07-1`, by the local time. */
export function newRunFolder(model: string, seed: number, now: Date = new Date()): string {
  const two = (value: number): string => String(value).padStart(2, "0");
  const day = `${now.getFullYear()}-${two(now.getMonth() + 1)}-${two(now.getDate())}`;
  const time = `${two(now.getHours())}-${two(now.getMinutes())}-${two(now.getSeconds())}`;
  return path.join("runs", model, `${day}T${time}-${seed}`);
}

/** Moves all that is in a folder into another one, over what has the same name there; the rest stays. */
export async function moveInto(from: string, to: string): Promise<void> {
  await mkdir(to, { recursive: true });
  for (const name of await readdir(from)) {
    await rm(path.join(to, name), { recursive: true, force: true });
    await rename(path.join(from, name), path.join(to, name));
  }
  await rm(from, { recursive: true, force: true });
}
