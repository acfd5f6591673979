/** Models too large to be drawn as they are: many equal branches, a deep tower of blocks and structures. */
import type { Model } from "../../compiler/ir/ir.ts";
import { buildModel, type FlowSpec, type StageSpec, stage } from "./ir-builder.ts";

const head: FlowSpec["head"] = { target: "y", loss: "mse", lossWeight: 1, auxiliary: false, output: true };
const out = (width: number): FlowSpec => ({
  kind: "head",
  id: "h",
  sources: ["joint"],
  stages: [stage("dense(1)", "f32[B, classes=1]", [width, 1], [1])],
  head,
});

/** `count` vectors, each with an encoder like the others' (or but for its width), and a picture beside them. */
export function branches(count: number, stages = 1, equal = true): Model {
  const names = Array.from({ length: count }, (_, i) => `s${i + 1}`);
  const picture = "f32[B, height=8, width=8, channels=3]";
  return buildModel({
    name: "Branches",
    spec: "branches.mmf",
    doc: "Many sensors.",
    modalities: [
      ...names.map((id) => ({
        id,
        modality: "vector",
        type: `f32[B, features=${equal ? 16 : id.slice(1)}]`,
        steps: [`column "${id}"`, ["normalize(standard)", "f32[B, features=16]", "fitted"] as const],
      })),
      { id: "picture", modality: "image", type: picture, steps: ['file "{id}.png"', ["decode", picture] as const] },
    ],
    flows: [
      ...names.map(
        (id): FlowSpec => ({
          kind: "encoder",
          id: `e_${id}`,
          sources: [id],
          stages: Array.from({ length: stages }, () => stage("dense(16, relu)", "f32[B, features=16]", [16, 16], [16])),
        }),
      ),
      { kind: "encoder", id: "seen", sources: ["picture"], stages: [stage("flatten", "f32[B, features=192]")] },
      {
        kind: "fusion",
        id: "joint",
        stage: "mid",
        sources: [...names.map((id) => `e_${id}`), "seen"],
        stages: [stage("concatenate", `f32[B, features=${16 * count + 192}]`)],
      },
      out(16 * count + 192),
    ],
    targets: [{ id: "y", target: "regression" }],
    sections: [],
  });
}

const square = "f32[B, height=32, width=32, channels=8]";
const convolution = (): StageSpec => stage("conv2d(8, 3x3, padding: same)", square, [3, 3, 8, 8], [8]);
const normalization = (): StageSpec => stage("batch_normalization", square, [8], [8], [8], [8]);

/** A residual tower: blocks of residuals of six stages each, with a shortcut in every second one. */
export function deepTower(blocks = 24, merge = "add"): Model {
  const block = (i: number): StageSpec => ({
    text: "basic(8)",
    type: square,
    block: { name: "basic", shared: false },
    bodies: {
      stages: [
        {
          text: "residual(conv2d(8, 3x3) -> batch_normalization -> relu)",
          type: square,
          args: { merge },
          bodies: {
            stages: [convolution(), normalization(), stage("relu", square), convolution(), normalization()],
            ...(i % 2 === 1 ? { shortcut: [stage("conv2d(8, 1x1)", square, [8, 8], [8])] } : {}),
          },
        },
        stage("relu", square),
      ],
    },
  });
  return buildModel({
    name: "Tower",
    spec: "tower.mmf",
    doc: "Deep.",
    modalities: [{ id: "picture", modality: "image", type: square, steps: ['file "{id}.png"', ["decode", square]] }],
    flows: [
      {
        kind: "encoder",
        id: "seen",
        sources: ["picture"],
        stages: [
          ...Array.from({ length: blocks }, (_, i) => block(i)),
          stage("global_average_pooling2d", "f32[B, features=8]"),
        ],
      },
      {
        kind: "encoder",
        id: "structured",
        sources: ["picture"],
        stages: [
          ...Array.from({ length: 3 }, (_, i) => (block(i).bodies as { stages: StageSpec[] }).stages[0] as StageSpec),
          stage("global_average_pooling2d", "f32[B, features=8]"),
        ],
      },
      {
        kind: "fusion",
        id: "joint",
        stage: "mid",
        sources: ["seen", "structured"],
        stages: [stage("add", "f32[B, features=8]")],
      },
      out(8),
    ],
    targets: [{ id: "y", target: "regression" }],
    sections: [],
  });
}
