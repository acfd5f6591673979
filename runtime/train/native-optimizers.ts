/**
 * The optimizers as TensorFlow's own update ops: one for each weight, in place of a dozen. The weights of the network stay
 * tfjs variables; each has a resource of TensorFlow beside it that shares its memory between steps.
 */
import type { Tensor, Variable } from "@tensorflow/tfjs";
import type { OpAttribute } from "../engine/binding.ts";
import type { NativeBackend, Resource } from "../engine/native.ts";
import { applyUpdate, bool, createResource, fixed, floatType, nativeBackend } from "../engine/native.ts";
import type { Tfjs } from "./network.ts";
import type { Update } from "./optimizers.ts";

/** An update op: what it remembers, and its inputs after the weight, in TensorFlow's order. */
export interface NativeRule {
  readonly op: string;
  readonly attributes?: { readonly [name: string]: boolean };
  /** Names as in `Rule.slots`; those with a `_` in front the op needs, but nobody else. */
  readonly slots: readonly string[];
  /** A slot's name; a coefficient that never changes; `rate` and `gradient`; or a number of this step, by its place. */
  readonly inputs: readonly (string | number | { readonly ofStep: number })[];
  /** Numbers that change with the step. */
  ofStep?(step: number): readonly number[];
}

export interface NativeUpdates {
  /** @param scale what the weight is multiplied by first (weight decay) */
  apply(step: number, updates: readonly (Update & { readonly scale?: number })[]): void;
  slots(): { readonly [name: string]: Variable };
  load(slots: { readonly [name: string]: Tensor }): void;
  dispose(): void;
}

interface State {
  readonly weight: Resource;
  readonly slots: { readonly [name: string]: Resource };
  /** The tfjs memory that `weight` shares; another one means that somebody has assigned the variable since. */
  shared: object | undefined;
}

/** Undefined where the engine is not TensorFlow. */
export function nativeUpdates(tf: Tfjs, rule: NativeRule): NativeUpdates | undefined {
  const backend = nativeBackend(tf);
  if (backend === undefined) return undefined;
  const states = new Map<string, State>();
  const copies = new Map<string, Variable>();
  const attributes: OpAttribute[] = [
    floatType("T"),
    ...Object.entries({ use_locking: false, ...rule.attributes }).map(([name, value]) => bool(name, value)),
  ];

  return {
    apply(step, updates) {
      tf.tidy(() => {
        const ofStep = (rule.ofStep?.(step) ?? []).map((value) => tf.scalar(value));
        const rates = new Map<number, ReturnType<typeof tf.scalar>>();
        for (const update of updates) {
          const { variable, gradient, rate, scale } = update;
          const state = states.get(update.name) ?? createState(tf, backend, rule, variable.shape);
          states.set(update.name, state);
          if (scale !== undefined) state.weight.assign(tf.mul(variable, scale));
          else if (variable.dataId !== state.shared) state.weight.assign(variable);
          const rateNow = rates.get(rate) ?? tf.scalar(rate);
          rates.set(rate, rateNow);
          const inputs = rule.inputs.map((input) => {
            if (typeof input === "number") return fixed(backend, input);
            if (typeof input === "object") return ofStep[input.ofStep]!;
            return input === "rate" ? rateNow : input === "gradient" ? gradient : state.slots[input]!;
          });
          applyUpdate(backend, rule.op, attributes, [state.weight, ...inputs]);
          const updated = state.weight.read();
          variable.assign(updated);
          state.shared = updated.dataId;
        }
      });
    },
    slots() {
      for (const [weight, state] of states) {
        for (const [name, resource] of Object.entries(state.slots)) {
          if (name.startsWith("_")) continue;
          const key = `${weight}/${name}`;
          tf.tidy(() => {
            const known = copies.get(key);
            if (known === undefined) copies.set(key, tf.variable(resource.read(), false));
            else known.assign(resource.read());
          });
        }
      }
      return Object.fromEntries(copies);
    },
    load(given) {
      for (const [key, value] of Object.entries(given)) {
        const at = key.lastIndexOf("/");
        const weight = key.slice(0, at);
        const state = states.get(weight) ?? createState(tf, backend, rule, value.shape);
        states.set(weight, state);
        state.slots[key.slice(at + 1)]?.assign(value);
      }
    },
    dispose() {
      for (const { weight, slots } of states.values())
        for (const resource of [weight, ...Object.values(slots)]) resource.dispose();
      for (const copy of copies.values()) copy.dispose();
      states.clear();
      copies.clear();
    },
  };
}

function createState(tf: Tfjs, backend: NativeBackend, rule: NativeRule, shape: number[]): State {
  const slots = rule.slots.map((name) => {
    const resource = createResource(backend, shape);
    tf.tidy(() => resource.assign(tf.zeros(shape)));
    return [name, resource] as const;
  });
  return { weight: createResource(backend, shape), slots: Object.fromEntries(slots), shared: undefined };
}
