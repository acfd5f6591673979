/** What can be wrong with a run folder, as codes of the catalogue with their facts. */

export type RunProblem =
  /** `lacks`: the file that makes a folder a run. `near`: newest runs beside it, by path. */
  | {
      readonly code: "run-missing";
      readonly facts: { readonly path: string; readonly lacks: string; readonly near: readonly string[] };
    }
  /** `why` without a full stop: "weights.safetensors is cut off". `use`: the version of mmfc that reads it. */
  | {
      readonly code: "run-unreadable";
      readonly facts: { readonly path: string; readonly why: string; readonly use?: string };
    }
  /** The data here are not those it was trained with; `was` and `here` are printed: "13 classes of digit". */
  | {
      readonly code: "resume-differs";
      readonly facts: {
        readonly path: string;
        readonly was: readonly string[];
        readonly here: readonly string[];
        readonly spec: string;
      };
    }
  | { readonly code: "out-exists"; readonly facts: { readonly path: string } };

export class RunError extends Error {
  readonly code: RunProblem["code"];
  readonly facts: RunProblem["facts"];
  constructor(problem: RunProblem) {
    super(sentence(problem));
    this.name = "RunError";
    this.code = problem.code;
    this.facts = problem.facts;
  }
}

function sentence(problem: RunProblem): string {
  const { path } = problem.facts;
  if (problem.code === "run-missing") return `${path} is not a run: it has no ${problem.facts.lacks}.`;
  if (problem.code === "run-unreadable") return `${path} is not readable: ${problem.facts.why}.`;
  if (problem.code === "resume-differs") {
    const { was, here } = problem.facts;
    return `${path} was trained with ${was.join(" and ")}, here ${here.length === 1 ? "is" : "are"} ${here.join(" and ")}.`;
  }
  return `${path} is there and was not written by mmfc.`;
}
