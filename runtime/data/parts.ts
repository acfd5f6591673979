/**
 * Parts and their batches: rows in table order or shuffled by seed and epoch, the next batch put together while the
 * engine computes on this one, hidden modalities drawn from seed, epoch and row.
 */
import type { ModalityPlan, PartName } from "../../plan/plan.ts";
import type { Batch, BatchOptions, NumArray, Part } from "./batch.ts";
import type { Feed } from "./modality.ts";
import { createRandom, hashText, permutation, type Random } from "./random.ts";
import { labelledRows, type ReadyTarget, targetRows } from "./ready-targets.ts";
import type { Table } from "./source.ts";

/** A modality that is ready. */
export interface ReadyModality {
  readonly name: string;
  readonly plan: ModalityPlan;
  readonly feed: Feed;
  /** 1 where a value is there, by table row. */
  readonly present: Uint8Array;
}

const size = (shape: readonly number[]): number => shape.reduce((all, n) => all * n, 1);

/** Makes a part of table rows; `ids` are theirs, in their order. */
export function createPart(
  name: PartName | "data",
  rows: Int32Array,
  table: Table,
  ids: readonly string[],
  modalities: readonly ReadyModality[],
  targets: readonly ReadyTarget[],
): Part {
  const target = (wanted: string): ReadyTarget | undefined => targets.find((one) => one.name === wanted);
  return {
    name,
    rows: rows.length,
    ids,
    rowNumbers: Int32Array.from(rows, (row) => table.rowNumbers[row]!),
    target(wanted) {
      const found = target(wanted);
      return found === undefined ? undefined : targetRows(found, rows);
    },
    labelled(wanted) {
      const found = target(wanted);
      return found === undefined ? new Float32Array(rows.length) : labelledRows(found, rows);
    },
    present(wanted) {
      const found = modalities.find((one) => one.name === wanted);
      if (found === undefined || found.plan.optional !== true) return new Float32Array(rows.length).fill(1);
      return Float32Array.from(rows, (row) => found.present[row]!);
    },
    batches: (options) => batches(rows, modalities, targets, options),
  };
}

async function* batches(
  rows: Int32Array,
  modalities: readonly ReadyModality[],
  targets: readonly ReadyTarget[],
  options: BatchOptions,
): AsyncGenerator<Batch> {
  const n = rows.length;
  const { batchSize, shuffle } = options;
  const order = shuffle === undefined ? undefined : permutation(n, createRandom(shuffle.seed, shuffle.epoch, 201));
  const used = modalities.filter((one) => options.without?.includes(one.name) !== true);
  const make = (start: number): Promise<Batch> => {
    const count = Math.min(batchSize, n - start);
    const positions = new Int32Array(count);
    for (let i = 0; i < count; i++) positions[i] = order === undefined ? start + i : order[start + i]!;
    return assemble(positions, rows, used, targets, options.augment);
  };
  const first = (options.start ?? 0) * batchSize;
  let next: Promise<Batch> | undefined = first < n ? make(first) : undefined;
  for (let start = first; start < n; start += batchSize) {
    const batch = await next!;
    const following = start + batchSize;
    // Begun before this batch is used, so that it is ready when the engine is.
    next = following < n ? later(() => make(following)) : undefined;
    // A batch that nobody waits for (the loop was left) must not be an unhandled rejection.
    next?.catch(() => {});
    yield batch;
  }
}

/** Runs work after what is waiting now, so that the engine's step starts first. */
function later<T>(work: () => Promise<T>): Promise<T> {
  return new Promise((resolve, reject) => {
    setImmediate(() => work().then(resolve, reject));
  });
}

async function assemble(
  positions: Int32Array,
  rows: Int32Array,
  modalities: readonly ReadyModality[],
  targets: readonly ReadyTarget[],
  augment: BatchOptions["augment"],
): Promise<Batch> {
  const n = positions.length;
  const at = Int32Array.from(positions, (position) => rows[position]!);
  const hidden = augment === undefined ? undefined : hide(at, modalities, augment);
  const inputs: { [name: string]: NumArray } = {};
  for (const [m, { name, plan, feed, present }] of modalities.entries()) {
    const length = n * size(feed.shape);
    const out = feed.dtype === "int32" ? new Int32Array(length) : new Float32Array(length);
    const mask = feed.mask === undefined ? undefined : new Float32Array(n * feed.mask);
    const salt = hashText(name);
    const draw =
      augment === undefined ? undefined : (row: number): Random => createRandom(augment.seed, augment.epoch, row, salt);
    await feed.fill(at, out, mask, draw);
    const there = Float32Array.from(at, (row, i) => (present[row] === 1 && hidden?.[m]?.[i] !== 1 ? 1 : 0));
    if (hidden?.[m] !== undefined) {
      const width = size(feed.shape);
      for (let i = 0; i < n; i++) {
        if (there[i] === 1) continue;
        out.fill(0, i * width, (i + 1) * width);
        mask?.fill(0, i * feed.mask!, (i + 1) * feed.mask!);
      }
    }
    inputs[name] = { data: out, shape: [n, ...feed.shape] };
    if (mask !== undefined) inputs[`${name}.mask`] = { data: mask, shape: [n, feed.mask!] };
    if (plan.optional === true) inputs[`${name}.present`] = { data: there, shape: [n] };
  }
  const values: { [name: string]: NumArray } = {};
  for (const target of targets) {
    values[target.name] = targetRows(target, at);
    if (target.plan.optional !== true) continue;
    const labelled = labelledRows(target, at);
    values[`${target.name}.present`] = { data: labelled, shape: target.width === 1 ? [n] : [n, target.width] };
  }
  return { size: n, rows: positions, inputs, targets: values };
}

/** Which present values are hidden, by modality and row: each by its own share, but never the last one a row has. */
function hide(
  rows: Int32Array,
  modalities: readonly ReadyModality[],
  augment: { seed: number; epoch: number },
): (Uint8Array | undefined)[] {
  const hidden = modalities.map(({ plan }) =>
    plan.dropout !== undefined && plan.dropout > 0 ? new Uint8Array(rows.length) : undefined,
  );
  if (hidden.every((one) => one === undefined)) return hidden;
  rows.forEach((row, i) => {
    const random = createRandom(augment.seed, augment.epoch, row, 301);
    const candidates: number[] = [];
    let left = 0;
    modalities.forEach(({ plan, present }, m) => {
      const draw = plan.dropout !== undefined && plan.dropout > 0 ? random.next() : 1;
      if (present[row] !== 1) return;
      left++;
      if (draw < (plan.dropout ?? 0)) candidates.push(m);
    });
    // If all would go, one of them, drawn, stays.
    if (candidates.length === left && left > 0) candidates.splice(random.below(candidates.length), 1);
    for (const m of candidates) hidden[m]![i] = 1;
  });
  return hidden;
}
