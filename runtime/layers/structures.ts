/** Stages made of stages: each, residual, parallel, repeat, bidirectional. Their parts are layers of the network like all others. */
import { concatenate, type Merge, merge } from "./kinds/fusion.ts";
import { reverseSteps } from "./kinds/recurrent.ts";
import { fold, unfold } from "./kinds/shapes.ts";
import { anded, folded, maskOf, unfolded } from "./masks.ts";
import { apply, type Context, like, rankOf, type Stage, shapeOf, sizeOf, stage, type Value } from "./value.ts";

type Named = { readonly name: string };

export function structureFactories(context: Context) {
  /** Joins values of one input; equal presence. */
  function joining(name: string, how: Merge | "concatenate"): (values: readonly Value[]) => Value {
    let layer: ReturnType<Context["layer"]> | undefined;
    return (values) => {
      if (values.length === 1) return values[0]!;
      const widest = values.reduce((a, b) => (rankOf(b) > rankOf(a) ? b : a));
      layer ??=
        how === "concatenate"
          ? context.layer(concatenate, name, {
              axis: -1,
              broadcast: false,
              presence: false,
              optional: values.map(() => false),
            })
          : context.layer(merge, name, { merge: how, sources: values.length });
      const full = values.filter((value) => rankOf(value) === rankOf(widest));
      return like(widest, layer(...values.map((value) => value.tensor)), anded(context, full));
    };
  }

  return {
    /** The stages on each item of the first axis after the batch, with one set of weights: [B, a, R…] → [B, a, Q…]. */
    each({ name, layers }: Named & { layers: readonly Stage[] }): Stage {
      return stage(name, (value) => {
        if (rankOf(value) < 3) throw new Error(`${name} takes items, not [${shapeOf(value).join(", ")}].`);
        const items = sizeOf(shapeOf(value), 1);
        const inside: Value = { tensor: context.helper(fold, null)(value.tensor), masks: folded(context, value) };
        const result = apply(inside, ...layers);
        const outer = maskOf(value, 1);
        const masks = unfolded(context, result.masks, shapeOf(result), items);
        return like(value, context.helper(unfold, { items })(result.tensor), outer ? [outer, ...masks] : masks);
      });
    },

    /** x + layers(x), or shortcut(x) + layers(x); with `merge: "multiply"` the layers may end in [B, c], one gate a feature. */
    residual({
      name,
      layers,
      shortcut = [],
      merge: how = "add",
    }: Named & { layers: readonly Stage[]; shortcut?: readonly Stage[]; merge?: "add" | "multiply" }): Stage {
      const join = joining(name, how);
      return stage(name, (value) => join([apply(value, ...shortcut), apply(value, ...layers)]));
    },

    /** All branches on the same input, side by side (or merged number by number). */
    parallel({
      name,
      branches,
      merge: how = "concatenate",
    }: Named & {
      branches: readonly (readonly Stage[])[];
      merge?: "concatenate" | "add" | "multiply" | "maximum" | "average";
    }): Stage {
      const join = joining(name, how);
      return stage(name, (value) => join(branches.map((branch) => apply(value, ...branch))));
    },

    /** Stages in a row: what the language repeats, each repetition with weights of its own. */
    repeat({ name, layers }: Named & { layers: readonly Stage[] }): Stage {
      return stage(name, (value) => apply(value, ...layers));
    },

    /** A recurrent layer forwards and, with weights of its own (`name/backward`), backwards. */
    bidirectional({
      name,
      layer,
      mergeMode = "concat",
    }: Named & { layer: Stage; mergeMode?: "concat" | "sum" | "ave" | "mul" }): Stage {
      if (!layer.backwards) throw new Error(`${name} takes a recurrent layer.`);
      const back = layer.backwards(`${name}/backward`);
      const join = joining(
        name,
        ({ concat: "concatenate", sum: "add", ave: "average", mul: "multiply" } as const)[mergeMode],
      );
      return stage(name, (value) => {
        const forward = apply(value, layer);
        const backward = apply(value, back);
        // Where every step comes out, those of the backward one are brought into the order of the forward one.
        const ordered =
          rankOf(forward) === 3
            ? { ...forward, tensor: context.helper(reverseSteps, null)(backward.tensor) }
            : backward;
        return join([forward, ordered]);
      });
    },
  };
}
