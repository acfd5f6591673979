/**
 * What all checks share: where messages go, how places are named, and what a bare name stands for.
 */

import { type Code, type Extras, type FactsOf, report } from "../../diagnostics/catalogue.ts";
import type { Diagnostic } from "../../diagnostics/diagnostic.ts";
import { positionAt, type SourceFile, type Span } from "../../diagnostics/span.ts";
import type { Value } from "../../grammar/ast.ts";

export type Say = <C extends Code>(code: C, span: Span, facts: FactsOf<C>, extras?: Extras) => void;

/** A constant or a block's argument: what a bare name may stand for, with the scope its own names live in. */
export interface Bound {
  readonly value: Value;
  readonly scope: Scope;
}

/** Names that stand for values of the language; inner scopes shadow outer ones. */
export interface Scope {
  readonly names: ReadonlyMap<string, Bound>;
  readonly parent?: Scope;
}

export const emptyScope: Scope = { names: new Map() };

export function lookUp(scope: Scope, name: string): Bound | undefined {
  for (let s: Scope | undefined = scope; s; s = s.parent) {
    const found = s.names.get(name);
    if (found) return found;
  }
  return undefined;
}

/** All names that a scope and those around it know. */
export function namesIn(scope: Scope): string[] {
  const names: string[] = [];
  for (let s: Scope | undefined = scope; s; s = s.parent) names.push(...s.names.keys());
  return names;
}

export interface Session {
  readonly version: string;
  readonly files: Map<string, SourceFile>;
  readonly say: Say;
  /** `line 21`, or `blocks.mmf:3` for another file than `near`'s. */
  place(span: Span, near: Span): string;
  line(span: Span): number;
  /** An error has been said. */
  failed(): boolean;
}

export function createSession(version: string, files: Map<string, SourceFile>, sink: (d: Diagnostic) => void): Session {
  // One mistake gives one message: the same code at the same place is said once, however often a block is used.
  const said = new Set<string>();
  let failed = false;
  const line = (span: Span): number => {
    const file = files.get(span.file);
    return file ? positionAt(file, span.start).line : 1;
  };
  return {
    version,
    files,
    line,
    failed: () => failed,
    place: (span, near) => (span.file === near.file ? `line ${line(span)}` : `${span.file}:${line(span)}`),
    say: (code, span, facts, extras) => {
      const key = `${code} ${span.file} ${span.start} ${span.end}`;
      if (said.has(key)) return;
      said.add(key);
      const diagnostic = report(code, span, facts, extras);
      failed ||= diagnostic.severity === "error";
      sink(diagnostic);
    },
  };
}

/** A session like `session` whose messages go elsewhere: to try something out. */
export function trial(session: Session, sink: (d: Diagnostic) => void): Session {
  return createSession(session.version, session.files, sink);
}
