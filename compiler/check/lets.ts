/** `let name = value in candidates`: the value is one of them, and the model checks with each. */
import type { Diagnostic } from "../../diagnostics/diagnostic.ts";
import type { Let, Value } from "../../grammar/ast.ts";
import { printValue } from "../../grammar/print.ts";
import { findUnit } from "../../grammar/words.ts";
import { createSession, type Session } from "./context.ts";
import type { LinkedModel } from "./link.ts";
import { checkModel } from "./model.ts";

/** A number in base units, for comparing with a range. */
function numberOf(value: Value): number | undefined {
  if (value.kind === "ratio") return value.above / value.below;
  if (value.kind !== "number") return undefined;
  return value.value * (value.unit === undefined ? 1 : (findUnit(value.unit)?.factor ?? 1));
}

const same = (a: Value, b: Value): boolean => {
  const [x, y] = [numberOf(a), numberOf(b)];
  return x !== undefined && y !== undefined ? Math.abs(x - y) <= 1e-12 * Math.abs(x) : printValue(a) === printValue(b);
};

export function checkLets(linked: LinkedModel, session: Session): void {
  for (const { statement, inherited } of linked.lets) {
    const { name, value, candidates } = statement;
    if (inherited || statement.broken || !name || !value || !candidates) continue;
    if (!among(value, candidates)) {
      session.say(
        "let-default",
        value.span,
        { name: name.text, text: printValue(value) },
        { marks: [{ span: candidates.span, style: "-" }] },
      );
      continue;
    }
    const tried =
      candidates.kind === "list"
        ? candidates.items
        : candidates.kind === "range"
          ? [candidates.from, candidates.to]
          : [candidates];
    for (const candidate of tried) {
      if (same(candidate, value)) continue;
      const wrong = firstError(linked, statement, candidate, session);
      if (!wrong) continue;
      session.say("let-candidate", candidate.span, {
        name: name.text,
        text: printValue(candidate),
        why: wrong.message,
        ...(wrong.help === undefined ? {} : { help: wrong.help }),
      });
    }
  }
}

function among(value: Value, candidates: Value): boolean {
  if (candidates.kind === "list") return candidates.items.some((c) => same(c, value));
  if (candidates.kind === "range") {
    const [n, from, to] = [numberOf(value), numberOf(candidates.from), numberOf(candidates.to)];
    return n === undefined || from === undefined || to === undefined
      ? false
      : n >= Math.min(from, to) && n <= Math.max(from, to);
  }
  return same(candidates, value);
}

/** The first error of the model with this candidate in place of the value. */
function firstError(linked: LinkedModel, statement: Let, candidate: Value, session: Session): Diagnostic | undefined {
  let first: Diagnostic | undefined;
  const trial = createSession(session.version, session.files, (d) => {
    if (d.severity === "error") first ??= d;
  });
  const lets = linked.lets.map((l) =>
    l.statement === statement ? { ...l, statement: { ...statement, value: candidate } } : l,
  );
  checkModel({ ...linked, lets, compares: [] }, trial);
  return first;
}
