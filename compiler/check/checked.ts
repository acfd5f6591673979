/** What checking finds out about a model: every name resolved, every type known. Lowering reads it, nothing else does. */
import type { Span } from "../../diagnostics/span.ts";
import type { Declaration, Definition, Section } from "../../grammar/ast.ts";
import type { CallPlan } from "../../plan/plan.ts";
import type { Fusion, Named } from "../registry/define.ts";
import type { Modality, ModalityFacts } from "../registry/modality/index.ts";
import type { Target } from "../registry/target/targets.ts";
import type { TensorType } from "../types/type.ts";
import type { CheckedArguments } from "./arguments.ts";
import type { CheckedStage } from "./flows.ts";

export interface CheckedModality {
  readonly name: string;
  readonly statement: Declaration;
  readonly span: Span;
  readonly entry: Modality;
  readonly facts: ModalityFacts;
  readonly args: CheckedArguments;
  readonly type: TensorType;
  readonly optional: boolean;
  readonly changed: boolean;
}

export interface CheckedTarget {
  readonly name: string;
  readonly statement: Declaration;
  readonly span: Span;
  readonly entry: Target;
  readonly args: CheckedArguments;
  readonly columns: readonly string[];
  /** Number of classes, if the spec says it. */
  readonly classes?: number;
  readonly optional: boolean;
  readonly changed: boolean;
}

/** A source of a flow: a named value, or a flow written inside a fusion. */
export interface CheckedSource {
  /** The value it starts from. */
  readonly start: string;
  /** Stages of a flow inside a fusion; none for a bare name. */
  readonly stages: readonly CheckedStage[];
  readonly named: Named;
}

export interface CheckedDefinition {
  readonly word: "encoder" | "fusion" | "head";
  readonly name: string;
  readonly statement: Definition;
  readonly span: Span;
  readonly changed: boolean;
  readonly sources: readonly CheckedSource[];
  readonly fusion?: {
    readonly entry: Fusion;
    readonly args: CheckedArguments;
    readonly text: string;
    readonly span: Span;
    readonly type: TensorType;
  };
  /** A fusion that lost all sources but one: how the one left is brought to the width it had. */
  readonly passes?: { readonly width?: number };
  readonly stage?: "early" | "mid" | "late";
  readonly stages: readonly CheckedStage[];
  readonly out: Named;
  readonly props: CheckedArguments;
  readonly head?: CheckedHead;
}

export interface CheckedHead {
  readonly target: string;
  readonly loss: CallPlan;
  readonly lossText: string;
  readonly lossWeight: number;
  readonly metrics: readonly CallPlan[];
  readonly auxiliary: boolean;
  /** The late fusion it takes its value from. */
  readonly late?: string;
  /** Heads of the late fusion, and whether its gradient reaches them. */
  readonly members?: readonly string[];
  readonly trainMembers?: boolean;
  /** `loss` or `loss_weight` is written. */
  readonly ownLoss: boolean;
}

export interface CheckedSection {
  readonly word: string;
  readonly statement?: Section;
  readonly args: CheckedArguments;
}

export interface CheckedModel {
  readonly name: string;
  readonly span: Span;
  readonly doc?: string;
  readonly base?: string;
  readonly file: string;
  readonly modalities: readonly CheckedModality[];
  readonly targets: readonly CheckedTarget[];
  readonly definitions: readonly CheckedDefinition[];
  readonly data: CheckedSection;
  readonly train: CheckedSection;
  readonly evaluate: CheckedSection;
  /** Reduced models by floor: `only(sheet)`. */
  readonly floors: ReadonlyMap<string, readonly CheckedDefinition[]>;
}
