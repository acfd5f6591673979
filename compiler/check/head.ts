/** Infers a head: its target, what it reads, its loss and metrics. */
import type { Definition } from "../../grammar/ast.ts";
import { printRef, printValue } from "../../grammar/print.ts";
import type { CallPlan } from "../../plan/plan.ts";
import type { ArgValue, Named } from "../registry/define.ts";
import { losses, metrics, targets as targetWords } from "../registry/index.ts";
import { camelKeys } from "../registry/modality/index.ts";
import { printAxis } from "../registry/problems.ts";
import { axis, isOptional, printType, tensor } from "../types/type.ts";
import type { CheckedDefinition, CheckedTarget } from "./checked.ts";
import { nothingBehind } from "./declarations.ts";
import { definitionProps, startOf } from "./definitions.ts";
import { inferStages } from "./flows.ts";
import type { ModelState } from "./model.ts";
import { unknownName } from "./names.ts";

/** A checked call as the plan has it: arguments that are defaults are left out, names in camelCase. */
export function planCall(
  value: ArgValue,
  defaults: { readonly [name: string]: { readonly default?: ArgValue } },
): CallPlan {
  const { word, args } = value as { word: string; args: { [name: string]: ArgValue } };
  const given = Object.fromEntries(
    Object.entries(args).filter(([name, v]) => JSON.stringify(v) !== JSON.stringify(defaults[name]?.default)),
  );
  return Object.keys(given).length === 0 ? word : { [word]: camelKeys(given) };
}

export function inferHead(
  state: ModelState,
  statement: Definition,
  changed: boolean,
): CheckedDefinition | undefined | "dropped" {
  const { session } = state;
  const name = statement.name!.text;
  const props = definitionProps(state, statement);
  const target = targetOf(state, statement);
  const flow = statement.flow!;
  const first = flow.calls[0]!;
  const start = startOf(state, first, statement);
  if (start === "dropped") return "dropped";
  if (!start) return undefined;
  const inferred = inferStages(flow.calls.slice(1), start, state.scope, state.flow, first.span.end);
  if (!inferred || !target || props.wrong) return undefined;
  const out: Named = inferred.out;
  const source = state.definitions.get(start.name);
  if (source?.stage === "late" && flow.calls.length > 1) {
    // a late fusion is taken as it is
    const word = printRef(flow.calls[1]!.ref);
    session.say("fusion-kind-op", flow.calls[1]!.span, { word, joins: "values", not: "predictions", use: [] });
    return undefined;
  }
  const late = source?.stage === "late" && flow.calls.length === 1 ? source.name : undefined;
  const members = late ? source!.sources.map((s) => s.start) : undefined;
  if (late) {
    const predicts = state.definitions.get(members![0]!)?.head?.target;
    if (predicts !== undefined && predicts !== target.name) {
      session.say("late-sources", first.ref.span, { name: late, predicts, other: name, otherPredicts: target.name });
      return undefined;
    }
  } else if (out.type.dtype === "i32") {
    session.say(
      "ids-or-numbers",
      first.ref.span,
      { word: "head", reads: "numbers", name: out.name, holds: "token ids", from: out.from, put: "embedding(64)" },
      { marks: [] },
    );
    return undefined;
  } else if (out.type.axes.length !== 1) {
    axesLeftOver(state, statement, out);
    return undefined;
  }
  warnDoubleOutput(state, statement, target, start);

  const loss = lossOf(state, statement, target, props.value("loss"));
  const listed = metricsOf(state, statement, target, props.value("metrics") as readonly ArgValue[] | undefined);
  if (!loss || !listed) return undefined;
  const auxiliary = props.boolean("auxiliary");
  const units = target.entry.units(target.name, target.classes, target.columns.length);
  return {
    word: "head",
    name,
    statement,
    span: statement.name!.span,
    changed,
    sources: [{ start: printRef(first.ref), stages: [], named: start }],
    stages: inferred.stages,
    out: {
      type: late
        ? out.type
        : tensor(
            "f32",
            [
              axis(target.entry.name === "regression" ? "features" : "classes", units, {
                text: name,
                span: statement.name!.span,
              }),
            ],
            out.type.absentWith,
          ),
      name,
      from: out.from,
      span: statement.name!.span,
      kind: "head",
    },
    props,
    head: {
      target: target.name,
      loss: loss.plan,
      lossText: loss.text,
      lossWeight: props.number("loss_weight"),
      metrics: listed,
      auxiliary,
      ...(late ? { late, members: members!, trainMembers: source!.fusion!.args.boolean("train_members") } : {}),
      ownLoss: props.given("loss") || props.given("loss_weight"),
    },
  };
}

function targetOf(state: ModelState, statement: Definition): CheckedTarget | undefined {
  const declared = state.linked.declarations
    .filter((d) => d.statement.word === "target")
    .flatMap((d) => (d.statement.name ? [d.statement.name.text] : []));
  const kind = statement.type;
  if (!kind) return undefined;
  if (!nothingBehind(state, kind, false)) return undefined;
  const text = kind.name.text;
  const target = state.targets.get(text);
  if (target) return target;
  if (declared.includes(text)) return undefined; // what is wrong with it has been said
  const same = [...state.targets.values()].filter((t) => t.entry.name === text);
  if (targetWords.has(text) && same.length === 1) {
    unknownName(state, text, kind.name.span, "target", declared, { kind: "a kind", write: same[0]!.name });
  } else {
    unknownName(state, text, kind.name.span, "target", declared);
  }
  return undefined;
}

/** A head reads one vector a row: which pooling to insert, and where. */
function axesLeftOver(state: ModelState, statement: Definition, out: Named): void {
  const { session } = state;
  const n = out.type.axes.length;
  const definition = state.definitions.get(out.name);
  const at = definition ? definition.statement.flow!.span : statement.flow!.span;
  const left = n === 0 ? [] : out.type.axes.slice(0, -1).map(printAxis);
  if (n === 2) {
    session.say(
      "axes-left-over",
      statement.flow!.span,
      {
        name: out.name,
        axes: left,
        from: out.from,
        add: "-> global_average_pooling1d",
        place: session.place(at, statement.span),
        or: "-> attention_pooling",
      },
      { label: printTypeOf(out) },
    );
    return;
  }
  session.say(
    "axes-left-over",
    statement.flow!.span,
    {
      name: out.name,
      axes: left,
      from: out.from,
      add: n === 3 ? "-> global_average_pooling2d" : "-> flatten",
      place: session.place(at, statement.span),
      or: n === 3 ? "-> flatten" : undefined,
    },
    { label: printTypeOf(out) },
  );
}

const printTypeOf = (named: Named): string => printType(named.type);

/** `dense(1, sigmoid)` before a head repeats what the head adds itself. */
function warnDoubleOutput(state: ModelState, statement: Definition, target: CheckedTarget, start: Named): void {
  const wanted = target.entry.activation;
  const flow = statement.flow!.calls.length > 1 ? statement.flow! : state.definitions.get(start.name)?.statement.flow;
  const last = flow && flow.calls.length > 1 ? flow.calls[flow.calls.length - 1] : undefined;
  if (!last || !wanted) return;
  // what others read, too, is no output
  const own = flow === statement.flow || readers(state, start.name) === 1;
  if (own && printRef(last.ref) === wanted && !state.linked.blocks.has(wanted)) {
    state.session.say("double-output", last.span, { text: wanted, head: statement.name!.text });
    return;
  }
  if (!own || printRef(last.ref) !== "dense") return;
  const [units, activation] = (last.args ?? []).filter((a) => !a.key).map((a) => a.value);
  const named = last.args?.find((a) => a.key?.text === "activation")?.value;
  const shown = activation ?? named;
  const word = shown?.kind === "flow" ? printRef(shown.calls[0]!.ref) : undefined;
  const width = target.entry.units(target.name, target.classes, target.columns.length);
  const wide = units?.kind === "number" ? units.value : undefined;
  if (word !== wanted || wide === undefined || (typeof width === "number" && width !== wide)) return;
  state.session.say("double-output", last.span, { text: `dense(${wide}, ${word})`, head: statement.name!.text });
}

/** How many definitions name a value. */
function readers(state: ModelState, name: string): number {
  return state.linked.definitions.filter(({ statement }) =>
    (statement.flow?.calls ?? []).some(
      (c) =>
        printRef(c.ref) === name ||
        (c.args ?? []).some((a) => a.value.kind === "flow" && printRef(a.value.calls[0]!.ref) === name),
    ),
  ).length;
}

function lossOf(
  state: ModelState,
  statement: Definition,
  target: CheckedTarget,
  given: ArgValue | undefined,
): { plan: CallPlan; text: string } | undefined {
  const kind = target.entry.name;
  if (given === undefined) return { plan: target.entry.loss, text: target.entry.loss as string };
  const { word } = given as { word: string };
  const entry = losses.get(word)!;
  const property = statement.props?.entries.find((p) => p.key.text === "loss")?.value;
  if (!entry.for.includes(kind)) {
    const use = [...losses.values()].filter((l) => !l.later && l.for.includes(kind)).map((l) => l.name);
    state.session.say("loss-mismatch", property?.span ?? statement.span, {
      word,
      for: entry.for,
      name: target.name,
      kind,
      place: state.session.place(target.span, statement.span),
      use: use.slice(0, 3),
    });
    return undefined;
  }
  return { plan: planCall(given, entry.params), text: property ? printValue(property) : word };
}

function metricsOf(
  state: ModelState,
  statement: Definition,
  target: CheckedTarget,
  given: readonly ArgValue[] | undefined,
): CallPlan[] | undefined {
  if (!given) return [...target.entry.metrics];
  const kind = target.entry.name;
  const written = statement.props?.entries.find((p) => p.key.text === "metrics")?.value;
  const plans: CallPlan[] = [];
  let wrong = false;
  for (const [i, value] of given.entries()) {
    const { word } = value as { word: string };
    const entry = metrics.get(word)!;
    if (!entry.judges.includes(kind)) {
      wrong = true;
      const at = written?.kind === "list" ? (written.items[i]?.span ?? written.span) : statement.span;
      const use = [...metrics.values()]
        .filter(
          (m) => !m.later && m.judges.includes(kind) && !given.some((g) => (g as { word: string }).word === m.name),
        )
        .map((m) => m.name);
      const preferred = ["f1", "mcc", "roc_auc", "mae", "rmse", "r2", ...use].filter((m) => use.includes(m));
      state.session.say("metric-mismatch", at, {
        word,
        judges: entry.judges,
        name: target.name,
        kind,
        place: state.session.place(target.span, statement.span),
        use: [...new Set(preferred)].slice(0, 3),
      });
      continue;
    }
    plans.push(planCall(value, entry.params));
  }
  return wrong ? undefined : plans;
}

/** A head on a value that may be absent may only feed a late fusion, or be auxiliary. */
export function checkOptionalHeads(state: ModelState): void {
  const heads = [...state.definitions.values()].filter((d) => d.head);
  const fed = new Set(heads.flatMap((h) => h.head!.members ?? []));
  for (const fusion of state.definitions.values())
    if (fusion.stage === "late") for (const s of fusion.sources) fed.add(s.start);
  // a fusion that is not understood may be what joins the head
  const fusions = state.linked.definitions.filter((d) => d.statement.word === "fusion");
  if (fusions.some((d) => !state.definitions.has(d.statement.name?.text ?? ""))) return;
  if (state.linked.broken || state.linked.dropped) return;
  for (const head of heads) {
    if (!isOptional(head.out.type) || head.head!.auxiliary || fed.has(head.name)) continue;
    const absent = head.out.type.absentWith;
    const facts = state.flow.optional(absent[0]!);
    state.session.say(
      "optional-head",
      head.statement.flow!.span,
      { name: head.name, absent, text: facts.text, place: facts.place },
      { label: printType(head.sources[0]!.named.type) },
    );
  }
}
