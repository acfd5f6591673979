/** Names of run folders. What is in them is the runtime's. */
import path from "node:path";

/** `runs/Digits/2026-11-24T05-31-07-1`, by the local time. */
export function newRunFolder(model: string, seed: number, now: Date = new Date()): string {
  const two = (value: number): string => String(value).padStart(2, "0");
  const day = `${now.getFullYear()}-${two(now.getMonth() + 1)}-${two(now.getDate())}`;
  const time = `${two(now.getHours())}-${two(now.getMinutes())}-${two(now.getSeconds())}`;
  return path.join("runs", model, `${day}T${time}-${seed}`);
}
