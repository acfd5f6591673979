/**
 * Tensor types: a dtype and named axes after the batch `B`, which is always first and never written down here.
 * Types remember where their sizes came from, so that a message can say it. Plain JSON.
 */
import type { Span } from "../../diagnostics/span.ts";
import { type Dim, isKnown, multiply, printDim, sameDim } from "./dim.ts";

export type DType = "f32" | "i32" | "bool" | "string";

/** Which op (as written) or property a size came from. */
export interface Origin {
  readonly text: string;
  readonly span: Span;
}

export interface Axis {
  readonly name: string;
  readonly size: Dim;
  /** The value has a mask over this axis: padded tokens, frames, items. */
  readonly masked?: true;
  readonly origin?: Origin;
}

export interface TensorType {
  readonly dtype: DType;
  /** Without the batch. */
  readonly axes: readonly Axis[];
  /** Names of the optional modalities on which presence depends; empty: always there. Absent if any of them is. */
  readonly absentWith: readonly string[];
  /** Of token ids: how many there are, 0 pad and 1 unknown included. */
  readonly vocabulary?: Dim;
}

export function tensor(dtype: DType, axes: readonly Axis[], absentWith: readonly string[] = []): TensorType {
  return { dtype, axes, absentWith };
}

export function axis(name: string, size: Dim, origin?: Origin, masked = false): Axis {
  return { name, size, ...(masked ? { masked: true as const } : {}), ...(origin ? { origin } : {}) };
}

export function isOptional(type: TensorType): boolean {
  return type.absentWith.length > 0;
}

/** Rank as users count it: with the batch. */
export function rank(type: TensorType): number {
  return type.axes.length + 1;
}

export function lastAxis(type: TensorType): Axis | undefined {
  return type.axes[type.axes.length - 1];
}

/** All axes but the last. */
export function leadingAxes(type: TensorType): readonly Axis[] {
  return type.axes.slice(0, -1);
}

/** The same value with other axes. */
export function withAxes(type: TensorType, axes: readonly Axis[]): TensorType {
  return { ...type, axes };
}

/** The same axes with the last one replaced. */
export function withLast(type: TensorType, last: Axis): TensorType {
  return withAxes(type, [...leadingAxes(type), last]);
}

export function unmasked(axes: readonly Axis[]): Axis[] {
  return axes.map(({ masked: _, ...rest }) => rest);
}

export function elements(type: TensorType): Dim {
  return multiply(...type.axes.map((a) => a.size));
}

/** Equal name and size; the last axis of an f32 value by size alone (axes.md, general rule 2). */
export function sameAxis(a: Axis, b: Axis, last: boolean): boolean {
  return sameDim(a.size, b.size) && (last || a.name === b.name);
}

export function sameAxes(a: TensorType, b: TensorType): boolean {
  return (
    a.axes.length === b.axes.length &&
    a.axes.every((x, i) => sameAxis(x, b.axes[i] as Axis, i === a.axes.length - 1 && a.dtype === "f32"))
  );
}

/** Equal in everything but the size of the last axis. */
export function sameLeading(a: TensorType, b: TensorType): boolean {
  return a.axes.length === b.axes.length && leadingAxes(a).every((x, i) => sameAxis(x, b.axes[i] as Axis, false));
}

/** What hover prints and an annotation accepts: `f32[B, time=626, bands=128]?`. */
export function printType(type: TensorType): string {
  const axes = type.axes.map((a) => `${a.name}=${printDim(a.size)}`);
  return `${type.dtype}[${["B", ...axes].join(", ")}]${isOptional(type) ? "?" : ""}`;
}

const withCommas = (n: number) => n.toLocaleString("en-US");

/** Sizes joined by `×`, without B and dtype: `150×150×3`, `100 tokens`, `128`, `1`. */
export function printShort(type: TensorType): string {
  if (type.axes.length === 0) return "1";
  const only = type.axes.length === 1 ? type.axes[0] : undefined;
  if (only && type.dtype === "i32") return `${printDim(only.size, withCommas)} ${only.name}`;
  return type.axes.map((a) => printDim(a.size, withCommas)).join("×");
}

/** The number of an axis that is known, else undefined. */
export function known(axis: Axis | undefined): number | undefined {
  return axis && isKnown(axis.size) ? axis.size : undefined;
}
