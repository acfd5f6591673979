/**
 * Tables that several looks share: the models of a spec mostly read one, which is then loaded once, with the columns of
 * all of them. Whoever makes the tables closes them.
 */
import type { DataPlan, SourcePlan } from "../../plan/plan.ts";
import { plannedColumns } from "./planned-columns.ts";
import { openTable, type Table, type TableOptions } from "./source.ts";

export interface SharedTables {
  /** The table of a plan; its `close` does nothing. */
  open(source: SourcePlan, plan: DataPlan, options: TableOptions): Promise<Table>;
  close(): Promise<void>;
}

/** @param plans of all looks to come; one that is not among them gets a table of its own, which is closed with the others */
export function shareTables(plans: readonly DataPlan[]): SharedTables {
  const tables = new Map<string, Promise<Table>>();
  const own: Table[] = [];
  const keyOf = (source: SourcePlan, plan: DataPlan, base: string, where: string | undefined): string =>
    JSON.stringify([base, source, plan.header ?? true, where ?? "", plan.id ?? "id"]);
  return {
    async open(source, plan, options) {
      if (!plans.includes(plan)) {
        const table = await openTable(source, options);
        own.push(table);
        return unclosed(table);
      }
      const key = keyOf(source, plan, options.base, options.where);
      const others = plans.filter((one) => keyOf(source, one, options.base, one.where) === key);
      // A table that cannot be read fails for each look that wants it, with the same sentence.
      const opened =
        tables.get(key) ??
        openTable(source, { ...options, columns: plannedColumns(others.includes(plan) ? others : [...others, plan]) });
      tables.set(key, opened);
      return unclosed(await opened);
    },
    async close() {
      for (const table of own.splice(0)) await table.close();
      for (const table of tables.values()) await (await table.catch(() => undefined))?.close();
      tables.clear();
    },
  };
}

function unclosed(table: Table): Table {
  return { ...table, close: async () => {} };
}
