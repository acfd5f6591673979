/** Values that no head depends on, and constants nobody asks for. What a derived model inherits may go unused silently. */
import { namesIn, nounOf } from "./link.ts";
import type { ModelState } from "./model.ts";

export function checkUnused(state: ModelState): void {
  const { session, linked } = state;
  const used = new Set<string>();
  const named = new Set<string>();
  // a statement that did not check still uses what it names
  for (const { statement } of linked.definitions)
    for (const name of namesIn(statement)) if (name !== statement.name?.text) used.add(name);
  for (const { statement } of [...linked.sections.values(), ...linked.declarations, ...linked.definitions])
    for (const name of namesIn(statement)) named.add(name);
  for (const block of linked.blocks.values()) for (const name of namesIn(block)) named.add(name);
  for (const m of state.modalities.values()) {
    const shared = m.entry.name === "text" ? m.args.value("vocabulary") : undefined;
    if (typeof shared === "string") used.add(shared);
  }
  const anyHead = linked.definitions.some((d) => d.statement.word === "head");
  if (!anyHead || linked.broken) return;
  for (const { statement, inherited } of [...linked.declarations, ...linked.definitions]) {
    if (inherited || statement.broken || !statement.name || statement.word === "head") continue;
    if (used.has(statement.name.text)) continue;
    session.say("unused-value", statement.name.span, { name: statement.name.text, kind: nounOf(statement) });
  }
  for (const { statement, inherited } of linked.lets) {
    if (inherited || statement.broken || !statement.name || named.has(statement.name.text)) continue;
    session.say("unused-value", statement.name.span, { name: statement.name.text, kind: "a constant" });
  }
}
