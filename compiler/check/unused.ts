/** Values that no head depends on, and constants nobody asks for. What a derived model inherits may go unused silently. */
import type { Statement } from "../../grammar/ast.ts";
import { printRef } from "../../grammar/print.ts";
import { visit } from "../../grammar/visit.ts";
import { nounOf } from "./link.ts";
import type { ModelState } from "./model.ts";

/** Every bare name in a statement but that of the statement itself. */
function namesIn(statement: Statement): Set<string> {
  const names = new Set<string>();
  visit(statement, (node) => {
    if ("kind" in node && node.kind === "call") names.add(printRef(node.ref));
    if ("kind" in node && node.kind === "call" && node.ref.parts.length > 1) names.add(node.ref.parts[0]!.text);
  });
  if (statement.kind === "definition" && statement.type) names.add(statement.type.name.text);
  return names;
}

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
