/** Why a training stopped, as a code of the catalogue with its facts; the commands turn it into a diagnostic at its place in the spec. */

export interface LossNotFinite {
  readonly code: "loss-not-finite";
  readonly facts: {
    readonly is: "NaN" | "infinite";
    /**
     * What went first, if not the output of a layer: weights (an update can leave some that no later step has told of), or
     * the loss of a head whose output is finite.
     */
    readonly of?: "weights" | "loss";
    /** Counted from 1 over the whole training. */
    readonly step: number;
    readonly epoch: number;
    /** The first layer whose output (or whose weights) is not finite, or the head, by its name in the program. */
    readonly layer?: string;
    /** The last finished epoch, whose weights the model has again; 0: those it started with. */
    readonly kept: number;
  };
}

export class TrainingError extends Error {
  readonly code: LossNotFinite["code"];
  readonly facts: LossNotFinite["facts"];
  /** The run that has the weights of the epoch kept, if there is one. */
  run?: string;
  constructor({ code, facts }: LossNotFinite) {
    const first = facts.of === "weights" ? "those of" : facts.of === "loss" ? "that of" : "in the output of";
    const layer = facts.layer === undefined ? "" : `, first ${first} ${facts.layer}`;
    super(`The ${facts.of ?? "loss"} became ${facts.is} in step ${facts.step} (epoch ${facts.epoch})${layer}.`);
    this.name = "TrainingError";
    this.code = code;
    this.facts = facts;
  }
}
