/**
 * The picture in words: its title, and one line for those who do not see it. Knows boxes and groups, no picture format.
 */
import { countWeights, weightsText } from "../../ir/cost.ts";
import type { Model } from "../../ir/ir.ts";
import { isFlow } from "../../ir/ir.ts";
import { isOptional } from "../../types/type.ts";
import type { Box } from "./boxes.ts";
import { opOf } from "./text.ts";

const stages = ["early", "mid", "late"] as const;

/** `CreditRisk · mid fusion · ≥ 24.2 M weights`; `early + mid fusion`; a derived model names its base. */
export function titleOf(model: Model, problem?: string): string {
  const present = stages.filter((stage) =>
    model.groups.some((group) => group.kind === "fusion" && group.stage === stage),
  );
  const parts = [
    model.name,
    present.length > 0 ? `${present.join(" + ")} fusion` : undefined,
    problem ?? weightsText(countWeights(model)),
    model.base && model.base.changed.length > 0 ? `thick: differs from ${model.base.name}` : undefined,
  ];
  return parts.filter((part) => part !== undefined).join(" · ");
}

/** The doc comment, then `Inputs: …. Mid fusion joint: gated of words, vision. Head risk predicts defaulted (binary).` */
export function descriptionOf(model: Model, boxes: readonly Box[]): string {
  const byId = new Map(boxes.map((box) => [box.id, box]));
  const nameOf = (id: string): string[] => {
    const box = byId.get(id);
    if (!box) return [];
    return box.name !== undefined ? [box.name] : box.sources.flatMap((source) => nameOf(source.box));
  };
  const inputs: string[] = [];
  const sentences: string[] = [];
  for (const { group, name, sources } of boxes) {
    if (group.kind === "modality") {
      const facts = [
        group.modality,
        ...(group.items ? [`${group.items} per row`] : []),
        ...(isOptional(group.type) ? ["optional"] : []),
      ];
      inputs.push(`${name} (${facts.join(", ")})`);
    } else if (group.kind === "fusion" && name !== undefined) {
      const stage = group.stage ? `${group.stage[0]?.toUpperCase()}${group.stage.slice(1)} fusion` : "Fusion";
      const first = group.calls[0];
      const read = [...new Set(sources.flatMap((source) => nameOf(source.box)))].join(", ");
      sentences.push(`${stage} ${name}: ${first ? `${first.block?.name ?? opOf(model, first)} of ` : ""}${read}.`);
    } else if (isFlow(group) && group.kind === "head" && group.head?.output) {
      const target = byId.get(group.head.target)?.group;
      const kind = target?.kind === "target" ? ` (${target.target})` : "";
      sentences.push(`Head ${name} predicts ${group.head.target}${kind}.`);
    }
  }
  const doc = (model.doc ?? "").replace(/\s+/g, " ").trim();
  const ended = doc === "" || /[.!?。！？…]$/.test(doc) ? doc : `${doc}.`;
  return [ended, inputs.length > 0 ? `Inputs: ${inputs.join(", ")}.` : "", ...sentences]
    .filter((part) => part !== "")
    .join(" ");
}
