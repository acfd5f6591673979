/** Fusions, mid and late, with the absence rules of axes.md's last column. */

import type { SymbolicTensor } from "@tensorflow/tfjs";
import type { Apply, LayerKind } from "./kind.ts";
import { concatenate, gated, type Merge, merge, sequence, stack, weightedAverage } from "./kinds/fusion.ts";
import { type LateOptions, type LateTarget, late } from "./kinds/late.ts";
import { anded, anyPresence, availability, joined, maskOf, ored, presenceColumns } from "./masks.ts";
import { type Context, type Mask, rankOf, type Stage, shapeOf, sizeOf, type Value } from "./value.ts";

type Named = { readonly name: string };

export function fusionFactories(context: Context) {
  /** A stage of several sources. Its layer is made when its sources are known; other sources later must be alike. */
  function fusion<Options>(
    name: string,
    kind: LayerKind<Options>,
    least: number,
    plan: (values: readonly Value[]) => { options: Options; there?: SymbolicTensor; masks: readonly Mask[] },
  ): Stage {
    let layer: Apply | undefined;
    let made = "";
    return {
      name,
      apply: (values) => {
        if (values.length < least)
          throw new Error(`${name} joins ${least === 1 ? "values" : "two or more values"}, not ${values.length}.`);
        const { options, there, masks } = plan(values);
        const now = JSON.stringify(options);
        if (!layer) {
          layer = context.layer(kind, name, options);
          made = now;
        } else if (made !== now) throw new Error(`${name} is used for sources that are not alike: ${made} and ${now}.`);
        const tensors = values.map((value) => value.tensor);
        const tensor = there ? layer(...tensors, there) : layer(...tensors);
        const presence = anyPresence(context, values);
        return presence ? { tensor, masks, presence } : { tensor, masks };
      },
    };
  }

  /** Sources whose absence a fusion cannot do without. */
  function refuseAbsent(name: string, values: readonly Value[]): void {
    const absent = values.findIndex((value) => value.presence);
    if (absent >= 0) throw new Error(`${name} cannot do without its source ${absent + 1}, which may be absent.`);
  }

  function refuseUnequal(name: string, values: readonly Value[], broadcast: boolean): void {
    const rank = Math.max(...values.map(rankOf));
    const texts = values
      .filter((value) => !(broadcast && rankOf(value) === 2 && rank > 2))
      .map((value) => shapeOf(value).join(", "));
    if (new Set(texts).size > 1) throw new Error(`${name} joins equal values, not [${texts.join("] and [")}].`);
  }

  const full = (values: readonly Value[]): readonly Value[] => {
    const rank = Math.max(...values.map(rankOf));
    return values.filter((value) => rankOf(value) === rank);
  };

  function merging(name: string, how: Merge, broadcast: boolean, absent: boolean): Stage {
    return fusion(name, merge, 2, (values) => {
      if (how === "difference" && values.length !== 2)
        throw new Error(`${name} is of two values, not ${values.length}.`);
      refuseUnequal(name, values, broadcast);
      if (!absent) refuseAbsent(name, values);
      return {
        options: { merge: how, sources: values.length },
        there: absent ? presenceColumns(context, values) : undefined,
        masks: anded(context, full(values)),
      };
    });
  }

  function gating(name: string, dim: number, each: "feature" | "source"): Stage {
    return fusion(name, gated, 2, (values) => {
      refuseUnequal(
        name,
        values.map((value) => ({ ...value, tensor: { shape: [...shapeOf(value).slice(0, -1), 0] } as SymbolicTensor })),
        false,
      );
      const steps = values.map((value) => ({
        ...value,
        masks: value.masks.filter((mask) => mask.axis < rankOf(value) - 1),
      }));
      return {
        options: { dim, sources: values.length, each },
        there: availability(context, steps),
        masks: ored(context, steps),
      };
    });
  }

  function combining(
    rule: LateOptions["rule"],
    { name, target, of = "probabilities", trainMembers = false }: Named & LateArguments,
  ): Stage {
    return fusion(name, late, 1, (values) => {
      refuseUnequal(name, values, false);
      return {
        options: { rule, target, of, trainMembers, members: values.length },
        there: presenceColumns(context, values),
        masks: [],
      };
    });
  }

  return {
    /**
     * Side by side along the last axis, or `axis` (the batch is 0). An absent [B, c] source is a learned vector;
     * `presence` adds a bit for each source that may be absent; `broadcast` lets a [B, k] source stand at every step.
     */
    concatenate({
      name,
      axis = -1,
      broadcast = false,
      presence = false,
    }: Named & { axis?: number; broadcast?: boolean; presence?: boolean }): Stage {
      return fusion(name, concatenate, 1, (values) => {
        const rank = Math.max(...values.map(rankOf));
        if (rank > 2) refuseAbsent(name, values);
        if (!broadcast && values.some((value) => rankOf(value) !== rank)) {
          throw new Error(
            `${name} joins values with equal axes, not [${values.map((value) => shapeOf(value).join(", ")).join("] and [")}].`,
          );
        }
        const along = axis < 0 ? rank + axis : axis;
        const masks = anded(
          context,
          full(values).map((value) => ({ ...value, masks: value.masks.filter((mask) => !mask.over.includes(along)) })),
        );
        const steps =
          along === 1 && rank > 2 && values.some((value) => maskOf(value, 1))
            ? joined(
                context,
                values,
                values.map((value) => sizeOf(shapeOf(value), 1)),
                false,
              )
            : undefined;
        return {
          options: { axis, broadcast, presence, optional: values.map((value) => value.presence !== undefined) },
          there: presenceColumns(context, values),
          masks: steps ? [{ axis: 1, over: [1], tensor: steps }, ...masks] : masks,
        };
      });
    },
    /** [B, s_i, c] (or [B, c], one step) end to end; a learned vector is added to each source; an absent one is masked. */
    sequence({ name }: Named): Stage {
      return fusion(name, sequence, 1, (values) => {
        const sizes = values.map((value) => (rankOf(value) === 2 ? 1 : sizeOf(shapeOf(value), 1)));
        const mask = joined(context, values, sizes, true);
        return { options: null, masks: mask ? [{ axis: 1, over: [1], tensor: mask }] : [] };
      });
    },
    /** [B, c] × n → [B, n, c]; an absent source is masked. */
    stack({ name }: Named): Stage {
      return fusion(name, stack, 1, (values) => {
        refuseUnequal(name, values, false);
        const mask = presenceColumns(context, values);
        return { options: null, masks: mask ? [{ axis: 1, over: [1], tensor: mask }] : [] };
      });
    },
    add: ({ name, broadcast = false }: Named & { broadcast?: boolean }) => merging(name, "add", broadcast, false),
    multiply: ({ name, broadcast = false }: Named & { broadcast?: boolean }) =>
      merging(name, "multiply", broadcast, false),
    /** |a - b| */
    difference: ({ name, broadcast = false }: Named & { broadcast?: boolean }) =>
      merging(name, "difference", broadcast, false),
    /** Over the sources that are there. */
    average: ({ name, broadcast = false }: Named & { broadcast?: boolean }) =>
      merging(name, "average", broadcast, true),
    maximum: ({ name, broadcast = false }: Named & { broadcast?: boolean }) =>
      merging(name, "maximum", broadcast, true),
    weightedAverage({ name, broadcast = false }: Named & { broadcast?: boolean }): Stage {
      return fusion(name, weightedAverage, 2, (values) => {
        refuseUnequal(name, values, broadcast);
        return {
          options: { sources: values.length },
          there: presenceColumns(context, values),
          masks: anded(context, full(values)),
        };
      });
    },
    /** Σ zᵢ · tanh(Wᵢxᵢ): which source counts, feature by feature (Arevalo et al. 2017). [B, …, c_i] → [B, …, dim] */
    gated: ({ name, dim }: Named & { dim: number }) => gating(name, dim, "feature"),
    /** Σ aᵢ · Wᵢxᵢ: one number a source. [B, …, c_i] → [B, …, dim] */
    attention: ({ name, dim }: Named & { dim: number }) => gating(name, dim, "source"),

    /** Members' logits (or numbers) in, logits (or numbers) out; absent members are left out. */
    lateAverage: (args: Named & LateArguments) => combining("average", args),
    lateWeightedAverage: (args: Named & LateArguments) => combining("weightedAverage", args),
    lateProduct: (args: Named & LateArguments) => combining("product", args),
    lateVote: (args: Named & LateArguments) => combining("vote", args),
  };
}

export interface LateArguments {
  readonly target: LateTarget;
  /** What is averaged. */
  readonly of?: "probabilities" | "logits";
  /** Otherwise the gradient of the combined prediction stops at the members. */
  readonly trainMembers?: boolean;
}
