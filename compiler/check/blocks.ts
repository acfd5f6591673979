/** Uses of blocks: their arguments are bound, their stages inferred with weights of their own or shared ones. */

import { near } from "../../diagnostics/near.ts";
import type { Block, Call, Value } from "../../grammar/ast.ts";
import { printCall, printRef, printValue } from "../../grammar/print.ts";
import { defineOp, type Named, type Op } from "../registry/define.ts";
import { printType, sameAxes } from "../types/type.ts";
import { checkArguments } from "./arguments.ts";
import { type Bound, lookUp, type Scope, type Session } from "./context.ts";
import { nearFix } from "./fixes.ts";
import { type CheckedStage, type FlowContext, inferStages, MOST_BLOCKS, tooLarge } from "./flows.ts";

/** A use of a block, as a stage that opens into its own. */
export const blockOp: Op = defineOp({
  name: "block",
  role: "structure",
  doc: "A use of a block.",
  params: {},
  infer: (context) => context.input.type,
});

/** The call with what its bare names stand for: inside a block, `dense(width)` is `dense(64)`. */
export function substitute(call: Call, scope: Scope): Call {
  if (!call.args) return call;
  return { ...call, args: call.args.map((a) => ({ ...a, value: substituteValue(a.value, scope) })) };
}

export function substituteValue(value: Value, scope: Scope): Value {
  if (value.kind === "list") return { ...value, items: value.items.map((i) => substituteValue(i, scope)) };
  if (value.kind !== "flow") return value;
  const only =
    value.calls.length === 1 && !value.calls[0]!.args ? lookUp(scope, printRef(value.calls[0]!.ref)) : undefined;
  if (only) return substituteValue(only.value, only.scope);
  return { ...value, calls: value.calls.map((c) => substitute(c, scope)) };
}

export function inferBlock(
  call: Call,
  block: Block,
  input: Named,
  scope: Scope,
  context: FlowContext,
): { stages: CheckedStage[]; out: Named } | undefined {
  const { session } = context;
  const name = block.name!.text;
  context.usedBlocks.add(name);
  if (block.broken || !block.flow) return undefined;
  const bound = bindBlock(call, block, scope, context);
  if (!bound) return undefined;
  if (context.within.includes(name)) {
    const names = context.within.slice(context.within.indexOf(name));
    session.say("name-cycle", block.name!.span, { names, cycle: [...names, name].join(" -> ") });
    return undefined;
  }
  if (context.within.length >= MOST_BLOCKS)
    return tooLarge(context, `more than ${MOST_BLOCKS} blocks in each other`, MOST_BLOCKS);
  const inner = inferStages(
    block.flow.calls,
    { ...input, span: call.ref.span },
    { names: bound, parent: { names: new Map() } },
    {
      ...context,
      session: inside(session, call),
      within: [...context.within, name],
    },
  );
  if (!inner) return undefined;
  const key = `${name}(${[...bound].map(([n, b]) => `${n}: ${printValue(substituteValue(b.value, b.scope))}`).join(", ")})`;
  if (block.shared) {
    const before = context.sharedUses.get(key);
    if (before && !sameAxes(before.type, input.type)) {
      session.say(
        "shared-differs",
        call.span,
        {
          name,
          type: printType(input.type),
          otherType: printType(before.type),
          place: session.place(before.span, call.span),
        },
        { marks: [{ span: before.span, style: "-", label: printType(before.type) }], label: printType(input.type) },
      );
      return undefined;
    }
    if (!before) context.sharedUses.set(key, { type: input.type, span: call.span });
  }
  const args = checkArguments({ name, params: {} }, [], context.values(scope), call.span);
  const text = printCall(substitute(call, scope));
  return {
    stages: [
      {
        op: blockOp,
        text,
        span: call.span,
        args,
        input: input.type,
        output: inner.out.type,
        bodies: [{ name: "layers", stages: inner.stages }],
        block: { name, shared: block.shared, key },
      },
    ],
    out: {
      type: inner.out.type,
      name: text,
      from: sameAxes(inner.out.type, input.type) ? input.from : `${text}, ${session.place(call.span, call.span)}`,
      span: call.ref.span,
    },
  };
}

/** Messages from inside a block point at the block's text, with the use beside them. */
const inside = (session: Session, call: Call): Session => ({
  ...session,
  say: (code, span, facts, extras) =>
    session.say(code, span, facts, {
      ...extras,
      related: [...(extras?.related ?? []), { span: call.span, message: `used in \`${printCall(call)}\`` }],
    }),
});

/** Arguments of a block: by position in their order, or by name. */
function bindBlock(call: Call, block: Block, scope: Scope, context: FlowContext): Map<string, Bound> | undefined {
  const { session } = context;
  const name = block.name!.text;
  const bound = new Map<string, Bound>();
  const names = block.params.map((p) => p.name.text);
  let position = 0;
  let wrong = false;
  for (const arg of call.args ?? []) {
    let key = arg.key?.text;
    if (key === undefined) {
      key = names[position++];
      if (key === undefined) {
        session.say("argument-name", arg.span, {
          text: printValue(arg.value),
          most: { word: name, takes: names.length },
          has: names,
        });
        wrong = true;
        continue;
      }
    } else if (!names.includes(key)) {
      const found = near(key, names);
      session.say(
        "unknown-parameter",
        arg.key!.span,
        { word: name, text: key, near: found },
        nearFix(arg.key!.span, found),
      );
      wrong = true;
      continue;
    }
    if (bound.has(key)) {
      session.say("given-twice", arg.span, { text: key, place: session.place(call.span, call.span) });
      wrong = true;
      continue;
    }
    bound.set(key, { value: arg.value, scope });
  }
  const missing = block.params
    .filter((p) => !bound.has(p.name.text) && p.default === undefined)
    .map((p) => p.name.text);
  if (missing.length > 0 && !wrong) {
    session.say("missing-parameter", call.ref.span, {
      word: name,
      needs: missing,
      write: missing.map((m) => `${m}: …`).join(", "),
    });
    wrong = true;
  }
  if (wrong) return undefined;
  const ordered = new Map<string, Bound>();
  const outer: Scope = { names: new Map() };
  for (const p of block.params) ordered.set(p.name.text, bound.get(p.name.text) ?? { value: p.default!, scope: outer });
  return ordered;
}
