/**
 * Infers what a flow gives, stage by stage: finds each op or block, checks its arguments, asks its entry for the type.
 * A stage whose input is already wrong says nothing.
 */
import { near } from "../../diagnostics/near.ts";
import { number } from "../../diagnostics/phrase.ts";
import type { Span } from "../../diagnostics/span.ts";
import type { Block, Call } from "../../grammar/ast.ts";
import { printCall, printRef, printValue } from "../../grammar/print.ts";
import type { Context, Named, Op, StageContext } from "../registry/define.ts";
import { fusions, lateFusions, ops, standIns } from "../registry/index.ts";
import { readsKind } from "../registry/problems.ts";
import { sameAxes, type TensorType } from "../types/type.ts";
import { type CheckedArguments, checkArguments, type Given } from "./arguments.ts";
import { inferBlock, substitute } from "./blocks.ts";
import { lookUp, type Scope, type Session } from "./context.ts";
import { nearFix, sayForeign } from "./fixes.ts";
import type { ValueContext } from "./values.ts";

export interface CheckedBody {
  /** `layers`, `shortcut`, `a`, `b`, `1`, `2`. */
  readonly name: string;
  readonly stages: readonly CheckedStage[];
}

export interface CheckedStage {
  readonly op: Op;
  /** As written, in the formatter's style. */
  readonly text: string;
  readonly span: Span;
  readonly args: CheckedArguments;
  readonly input: TensorType;
  readonly output: TensorType;
  readonly bodies: readonly CheckedBody[];
  readonly block?: { readonly name: string; readonly shared: boolean; readonly key: string };
}

/** What the flows of one model are inferred with. */
export interface FlowContext {
  readonly session: Session;
  readonly owner: string;
  readonly scope: Scope;
  readonly blocks: ReadonlyMap<string, Block>;
  /** A block may be missing because of something that has been said. */
  readonly incomplete: boolean;
  /** What a name is called if it is a value of the model: "a modality". */
  kindOf(name: string): string | undefined;
  values(scope: Scope): ValueContext;
  /** Uses of shared blocks: the type of the first use by block and arguments. */
  readonly sharedUses: Map<string, { type: TensorType; span: Span }>;
  readonly usedBlocks: Set<string>;
  /** Blocks whose stages are being inferred, the outermost first. */
  readonly within: readonly string[];
  /** Stages inferred so far, those of blocks at each of their uses. */
  readonly count: { stages: number };
  /** The model's name, for what is said of the model as a whole. */
  readonly at: Span;
  optional(modality: string): { modality: string; text: string; place: string };
}

/** Names of the running value: what the message calls it, and where its shape comes from. */
interface Running extends Named {}

/** The op with its leading sizes, as `from` texts have it: `conv2d(64, 3x3)`, `lstm(128)`. */
function shortText(call: Call, op: Op | undefined): string {
  const word = printRef(call.ref);
  const leading = (call.args ?? []).filter((a) => !a.key && (a.value.kind === "number" || a.value.kind === "size"));
  const few = leading.slice(0, op?.positional ?? 0);
  return few.length === 0 ? word : `${word}(${few.map((a) => printValue(a.value)).join(", ")})`;
}

/** So many stages a model may have, and blocks in each other. */
const MOST_STAGES = 10_000;
export const MOST_BLOCKS = 100;

/** Says, once a model, that it is larger than what is worked through. */
export function tooLarge(context: FlowContext, has: string, most: number): undefined {
  const { owner: path } = context;
  context.session.say("spec-too-large", context.at, { path, has, most: number(most) }, { help: "use fewer" });
  return undefined;
}

export function inferStages(
  calls: readonly Call[],
  input: Named,
  scope: Scope,
  context: FlowContext,
  after?: number,
): { stages: CheckedStage[]; out: Named } | undefined {
  const stages: CheckedStage[] = [];
  let running: Running = input;
  context.count.stages += calls.length;
  if (context.count.stages > MOST_STAGES)
    return tooLarge(context, `more than ${number(MOST_STAGES)} stages with those of its blocks`, MOST_STAGES);
  for (const [i, call] of calls.entries()) {
    // in a flow of the model itself, a stage can be taken out with its arrow
    const before = i > 0 ? calls[i - 1]!.span.end : after;
    const removal = before === undefined ? undefined : { ...call.span, start: before };
    const result = inferStage(call, running, scope, context, removal);
    if (!result) return undefined;
    stages.push(...result.stages);
    running = result.out;
  }
  return { stages, out: running };
}

function inferStage(
  call: Call,
  input: Running,
  scope: Scope,
  context: FlowContext,
  removal?: Span,
): { stages: CheckedStage[]; out: Running } | undefined {
  const { session } = context;
  const word = printRef(call.ref);
  const bound = call.ref.parts.length === 1 ? lookUp(scope, word) : undefined;
  if (bound && !context.blocks.has(word) && bound.value.kind === "flow" && !call.args) {
    return inferStages(bound.value.calls, input, bound.scope, context);
  }
  const block = context.blocks.get(word);
  if (block) return inferBlock(call, block, input, scope, context);
  const op = ops.get(word);
  if (!op) return unknownStage(call, word, context);
  if (op.later) {
    session.say("not-here-yet", call.ref.span, {
      version: session.version,
      word,
      use: standIns[word] ?? [],
      mild: false,
    });
    return undefined;
  }
  const given: Given[] = (call.args ?? []).map((a) => ({ key: a.key, value: a.value, span: a.span }));
  const args = checkArguments(op, given, context.values(scope), call.ref.span);
  if (args.wrong) return undefined;
  const bodies: CheckedBody[] = [];
  const shown = substitute(call, scope);
  const text = printCall(shown);
  const origin = { text: shortText(shown, op), span: call.span };
  const wordSpan = call.ref.span;
  const stage: StageContext = {
    ...stageContext(call, text, args, origin, context, removal),
    input,
    ...(op.words ? { words: axisWords(call, op, context) } : {}),
    stages(name, flow, value, options) {
      const scoped = args.scopedFlows(name).find((f) => f.flow === flow);
      const inner = inferStages(flow.calls, { ...value, span: call.ref.span }, scoped?.scope ?? scope, context);
      if (!inner) return undefined;
      const branch = args.flows(name).length > 1 || op.rest === name;
      const label = options?.repetition
        ? String(options.repetition[0])
        : branch
          ? letter(args.flows(name).indexOf(flow))
          : name;
      bodies.push({ name: label, stages: inner.stages });
      return inner.out.type;
    },
  };
  if (!op.words || stage.words) {
    if (op.reads !== "any" && !readsKind(stage, op.reads ?? "numbers")) return undefined;
    const output = op.infer(stage);
    if (!output) return undefined;
    const kept = sameAxes(output, input.type) && output.dtype === input.type.dtype;
    const checked: CheckedStage = { op, text, span: call.span, args, input: input.type, output, bodies };
    return {
      stages: [checked],
      out: {
        type: output,
        name: kept ? input.name : origin.text,
        from: kept ? input.from : `${origin.text}, ${session.place(call.span, call.span)}`,
        span: wordSpan,
      },
    };
  }
  return undefined;
}

const letter = (i: number): string => String.fromCharCode(97 + (i % 26)) + (i >= 26 ? String(Math.floor(i / 26)) : "");

/** What every op and fusion can ask and say. */
export function stageContext(
  call: Call,
  text: string,
  args: CheckedArguments,
  origin: Context["origin"],
  context: FlowContext,
  removal?: Span,
): Context {
  const { session } = context;
  const at = call.ref.span;
  return {
    text,
    span: at,
    args,
    origin,
    fail(code, facts, extras) {
      session.say(code, extras?.at ?? at, facts, extras);
      return undefined;
    },
    note(code, facts, extras) {
      const fix =
        code === "no-effect" && removal
          ? { fix: { title: "remove it", edits: [{ span: removal, text: "" }], certain: true } }
          : {};
      session.say(code, extras?.at ?? call.span, facts, { ...fix, ...extras });
    },
    stages: () => undefined,
  };
}

/** `permute(time, bands)`, `rename(items: tokens)`. */
function axisWords(call: Call, op: Op, context: FlowContext): { text: string; to?: string; span: Span }[] | undefined {
  const words: { text: string; to?: string; span: Span }[] = [];
  for (const arg of call.args ?? []) {
    const value = arg.value;
    const bare =
      value.kind === "flow" && value.calls.length === 1 && !value.calls[0]!.args
        ? printRef(value.calls[0]!.ref)
        : undefined;
    const fits = bare !== undefined && (op.words === "axes" ? !arg.key : arg.key !== undefined);
    if (!fits) {
      context.session.say("value-kind", arg.span, {
        name: op.name,
        takes: op.words === "axes" ? "names of axes" : "`old: new`",
        text: printValue(value),
        is: value.kind === "string" ? "a string" : value.kind === "number" ? "a number" : "a name",
      });
      return undefined;
    }
    words.push(
      op.words === "axes" ? { text: bare, span: arg.span } : { text: arg.key!.text, to: bare, span: arg.key!.span },
    );
  }
  return words;
}

/** After an arrow stands something that is neither op nor block. */
function unknownStage(call: Call, word: string, context: FlowContext): undefined {
  const { session } = context;
  const span = call.ref.span;
  const fusion = fusions.get(word) ?? lateFusions.get(word);
  if (fusion) {
    const use = (
      {
        attention: "self_attention(heads: 4)",
        cross_attention: "self_attention(heads: 4)",
        average: "global_average_pooling1d",
        maximum: "global_max_pooling1d",
      } as { [w: string]: string }
    )[word];
    const write = fusion.later ? {} : { write: `fusion joint: mid = ${word}(…)` };
    session.say("fusion-place", span, { word, ...write, ...(use ? { use } : {}) });
    return undefined;
  }
  const kind = context.kindOf(word);
  if (kind) {
    session.say("flow-order", span, { text: word, kind });
    return undefined;
  }
  const legal = [...[...ops.values()].filter((op) => !op.later).map((op) => op.name), ...context.blocks.keys()];
  if (sayForeign(session, word, span, legal)) return undefined;
  const found = near(word, legal, { role: "layer" });
  if (found.kind === "none" && context.incomplete) return undefined;
  session.say("unknown-op", span, { text: word, near: found }, nearFix(span, found));
  return undefined;
}
