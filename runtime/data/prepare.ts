/**
 * From a data plan to parts that can be read in batches: a look at the table (look.ts), then fit on training rows and
 * transform. Everything that does not fit is collected and thrown at once as a DataError; nothing half-done is left behind.
 */

import type { DataPlan, PartName } from "../../plan/plan.ts";
import type { FittedData, FittedTarget, Part } from "./batch.ts";
import { cacheRoot } from "./cache.ts";
import { inspectFiles } from "./inspect.ts";
import type { TrainedRows } from "./leaks-trained.ts";
import { type Closing, type LookOptions, lookAtData } from "./look.ts";
import type { DataNote } from "./modality.ts";
import { createPart, type ReadyModality } from "./parts.ts";
import { machineProblem } from "./problems.ts";

export interface PrepareOptions extends LookOptions {
  readonly seed: number;
}

export interface Prepared {
  readonly fitted: FittedData;
  readonly parts: { readonly [name in PartName | "data"]?: Part };
  /** Media files that the rows name. */
  readonly files: number;
  readonly notes: readonly DataNote[];
  /** What a run keeps of its training rows. */
  readonly trained?: TrainedRows;
  close(): Promise<void>;
}

/**
 * Prepares the data of a plan.
 * @throws DataError with everything that does not fit; the signal's reason where it is aborted
 */
export async function prepareData(data: DataPlan, options: PrepareOptions): Promise<Prepared> {
  const closing: Closing = [];
  const close = async (): Promise<void> => {
    for (const one of closing.splice(0).reverse()) await one();
  };
  try {
    return await prepare(data, options, closing, close);
  } catch (error) {
    await close();
    throw machineProblem(error, options.cacheDir ?? cacheRoot());
  }
}

async function prepare(
  data: DataPlan,
  options: PrepareOptions,
  closing: Closing,
  close: () => Promise<void>,
): Promise<Prepared> {
  const look = await lookAtData(data, options, closing);
  const { table, problems, notes, parts, rows, train, targets } = look;
  // Nothing will be trained: the files are looked into all the same, so that one answer has all there is to say.
  if (problems.found.length > 0) await inspectFiles(look);
  problems.check();

  const ready: ReadyModality[] = [];
  for (const { name, plan, reader, present } of look.modalities) {
    const learnt = train.filter((row) => present[row] === 1);
    const { fitted, feed } = await reader.prepare(rows, learnt, options.fitted?.modalities[name]);
    closing.push(() => feed.close());
    look.fitted[name] = fitted;
    ready.push({ name, plan, feed, present });
  }
  await table.nameRows();
  problems.check();

  const fittedTargets: { [name: string]: FittedTarget } = { ...options.fitted?.targets };
  for (const target of targets) fittedTargets[target.name] = target.fitted;
  const wanted =
    options.modalities === undefined ? ready : ready.filter((one) => options.modalities!.includes(one.name));
  const made: { [name in PartName | "data"]?: Part } = {};
  for (const part of parts) {
    if (part.rows.length > 0)
      made[part.name as PartName | "data"] = createPart(
        part.name as PartName | "data",
        part.rows,
        table,
        await table.ids(part.rows),
        wanted,
        targets,
      );
  }
  return {
    fitted: options.fitted ?? { version: 1, modalities: look.fitted, targets: fittedTargets },
    parts: made,
    files: ready.reduce((sum, one) => sum + (one.feed.files ?? 0), 0),
    notes,
    ...(look.trained === undefined ? {} : { trained: look.trained }),
    close,
  };
}
