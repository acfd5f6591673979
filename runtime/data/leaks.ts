/**
 * What makes a score too good: rows and files that two parts share, inputs that give the target away. Works on a look at
 * the data; reads columns again where it needs their cells.
 */
import type { DataPlan } from "../../plan/plan.ts";
import type { Look } from "./look.ts";
import type { Workplace } from "./modality.ts";

/** Reports rows-on-both-sides, media-on-both-sides and target-copy: problems where they are errors, notes below. */
export async function reportLeaks(_data: DataPlan, _look: Look, _place: Workplace): Promise<void> {}
