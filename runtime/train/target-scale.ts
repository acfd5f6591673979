/**
 * The way between a regression target's own units and those of the loss: `transform: log` and `transform: standard`.
 * The data do the same on the way in (runtime/data/targets.ts).
 */
import type { FittedTarget } from "../data/batch.ts";

export interface TargetScale {
  toLoss(value: number, column: number): number;
  toOwn(value: number, column: number): number;
}

/** Undefined for a target without transform: its own units are those of the loss. */
export function scaleOf(target: FittedTarget | undefined): TargetScale | undefined {
  if (target?.transform === "log") return { toLoss: Math.log, toOwn: Math.exp };
  if (target?.transform !== "standard") return undefined;
  const { mean, deviation } = target.scale ?? { mean: [], deviation: [] };
  return {
    toLoss: (value, column) => (value - (mean[column] ?? 0)) / (deviation[column] ?? 1),
    toOwn: (value, column) => value * (deviation[column] ?? 1) + (mean[column] ?? 0),
  };
}
