/** The commands that are built, in the order of `mmfc --help`. Words only: what they do is in commands/. */
import type { CommandSpec, OptionSpec } from "./define.ts";

const model: OptionSpec = {
  flags: "--model NAME",
  says: "which model of the file",
  default: "the first",
  block: "What",
};
const force: OptionSpec = { flags: "--force", says: "write over what is there" };
const oneSpec = "SPEC may be left out if only one is here";
const oneRun = "RUN may be the folder above: its newest run";

export const commands: readonly CommandSpec[] = [
  {
    name: "check",
    group: "Write",
    says: "find mistakes in specs and in their data",
    title: "Find mistakes in specs, in their tables, and in the files that these name.",
    args: ["[SPEC…]"],
    note: "all .mmf below this folder, if left out",
    options: [
      { flags: "--fix", says: "apply the fixes that are certain", block: "What" },
      { flags: "--watch", says: "check anew after each save, until Ctrl-C" },
      { flags: "--no-data", says: "the specs alone, without their tables and files" },
      { flags: "--strict", says: "warnings count as errors" },
      {
        flags: "--format FORM",
        says: "pretty, line, json, sarif, github",
        default: "pretty",
        choices: ["pretty", "line", "json", "sarif", "github"],
        block: "How",
      },
    ],
    examples: [
      ["mmfc check", "every spec in this folder"],
      ["mmfc check credit.mmf --fix"],
      ["mmfc check --watch", "anew after each save"],
      ["mmfc check --format github --strict", "in a workflow of GitHub"],
    ],
    load: () => import("./commands/check.ts"),
  },
  {
    name: "fmt",
    group: "Write",
    says: "put specs into the one style",
    title: "Put specs into the one style.",
    args: ["[SPEC…]"],
    note: "all .mmf below this folder, if left out; - reads stdin",
    options: [{ flags: "--check", says: "say which lines would change, and write nothing", block: "What" }],
    examples: [
      ["mmfc fmt", "every spec in this folder"],
      ["mmfc fmt --check", "in a workflow: exit code 1 if one would change"],
      ["mmfc fmt - < credit.mmf", "the text to stdout"],
    ],
    load: () => import("./commands/fmt.ts"),
  },
  {
    name: "explain",
    group: "Write",
    says: "say what a word or a message means",
    title: "Say what a word of the language or the code of a message means.",
    args: ["WORD|CODE"],
    options: [],
    examples: [["mmfc explain gated"], ["mmfc explain target-leak"]],
    load: () => import("./commands/explain.ts"),
  },
  {
    name: "words",
    group: "Write",
    says: "list the words of the language",
    title: "List the words of the language, by what they are for.",
    options: [{ flags: "--role ROLE", says: "only these: layer, fusion, loss …", block: "What" }],
    examples: [["mmfc words"], ["mmfc words --role fusion"]],
    load: () => import("./commands/words.ts"),
  },
  {
    name: "graph",
    group: "Look",
    says: "draw a model as a Mermaid diagram",
    title: "Draw a model as a Mermaid diagram.",
    args: ["[SPEC]"],
    note: oneSpec,
    options: [
      model,
      {
        flags: "--detail LEVEL",
        says: "overview, blocks or full",
        default: "overview",
        choices: ["overview", "blocks", "full"],
      },
      { flags: "-o, --out FILE", says: "a .mmd file", default: "to stdout" },
      force,
    ],
    examples: [["mmfc graph credit.mmf > credit.mmd"], ["mmfc graph credit.mmf --detail full -o credit.mmd"]],
    load: () => import("./commands/graph.ts"),
  },
  {
    name: "compile",
    group: "Look",
    says: "write a model's program: TypeScript, Mermaid, IR, JSON",
    title: "Write a model's program, or another form of it.",
    args: ["[SPEC]"],
    note: oneSpec,
    options: [
      model,
      {
        flags: "--target FORM",
        says: "typescript, mermaid, ir or json",
        default: "typescript",
        choices: ["typescript", "mermaid", "ir", "json"],
      },
      { flags: "-o, --out DIR", says: "a folder with all that runs it", default: "to stdout" },
      force,
    ],
    examples: [
      ["mmfc compile digits.mmf -o digits", "program.ts, program.js, graph.mmd, package.json"],
      ["mmfc compile digits.mmf --target ir"],
    ],
    load: () => import("./commands/compile.ts"),
  },
  {
    name: "train",
    group: "Train",
    says: "train a model and judge it",
    title: "Train a model, judge it, print its scorecard.",
    args: ["[SPEC]"],
    note: oneSpec,
    options: [
      model,
      { flags: "--data FILE", says: "another table in place of `source:`" },
      { flags: "--resume [RUN]", says: "go on with a stopped run", default: "the newest" },
      { flags: "--epochs N", says: "in place of the spec's", whole: 1 },
      { flags: "--seed N", says: "in place of the spec's", whole: 0 },
      { flags: "--no-baselines", says: "the model alone, without its floors" },
      { flags: "-o, --out DIR", says: "the run's folder", default: "runs/MODEL/TIME-SEED" },
      force,
      { flags: "--threads N", says: "processor threads", default: "all", whole: 1, block: "How" },
      { flags: "--yes", says: "install an engine without asking" },
    ],
    examples: [
      ["mmfc train credit.mmf --model LateRisk --seed 3"],
      ["mmfc train --epochs 2 -o runs/try"],
      ["mmfc train --resume", "Ctrl-C saves and says how to go on"],
    ],
    load: () => import("./commands/train.ts"),
  },
  {
    name: "eval",
    group: "Use",
    says: "judge a run on its test rows or on another table",
    title: "Judge a run on its own test rows or on another table.",
    args: ["RUN"],
    note: oneRun,
    options: [
      { flags: "--data FILE", says: "another table", default: "its own test rows", block: "What" },
      { flags: "--threads N", says: "processor threads", default: "all", whole: 1, block: "How" },
    ],
    examples: [["mmfc eval runs/Digits"], ["mmfc eval runs/Digits --data new.csv"]],
    load: () => import("./commands/eval.ts"),
  },
  {
    name: "predict",
    group: "Use",
    says: "predict the rows of a table",
    title: "Predict the rows of a table.",
    args: ["RUN"],
    note: oneRun,
    options: [
      { flags: "--data FILE", says: "the table; it is required", block: "What" },
      { flags: "-o, --out FILE", says: "a .csv, .jsonl or .parquet file", default: "CSV to stdout" },
      force,
      { flags: "--threads N", says: "processor threads", default: "all", whole: 1, block: "How" },
    ],
    examples: [
      ["mmfc predict runs/Digits --data new.csv | head"],
      ["mmfc predict runs/Digits --data new.csv -o guesses.csv"],
    ],
    load: () => import("./commands/predict.ts"),
  },
  {
    name: "engine",
    group: "Machine",
    says: "show, install or choose TensorFlow",
    title: "Show the engines of this machine, install TensorFlow, or choose one.",
    args: ["[ACTION]", "[NAME]"],
    note: "ACTION: list, install, use or remove",
    options: [{ flags: "--gpu", says: "install the build for NVIDIA GPUs", block: "What" }],
    examples: [
      ["mmfc engine", "what is here"],
      ["mmfc engine install"],
      ["mmfc engine use wasm", "`mmfc engine use auto` goes back to the best"],
      ["mmfc engine remove"],
    ],
    load: () => import("./commands/engine.ts"),
  },
  {
    name: "doctor",
    group: "Machine",
    says: "say what is there, what is missing, what would be faster",
    title: "Say what is there, what is missing and what would be faster.",
    options: [],
    examples: [["mmfc doctor"]],
    load: () => import("./commands/doctor.ts"),
  },
  {
    name: "cache",
    group: "Machine",
    says: "list or clear prepared data",
    title: "List or clear the data that were prepared for training.",
    args: ["[ACTION]"],
    note: "ACTION: list or clear",
    options: [{ flags: "--older AGE", says: "only what was not used for so long: 30d", block: "What" }],
    examples: [["mmfc cache"], ["mmfc cache clear --older 30d"]],
    load: () => import("./commands/cache.ts"),
  },
];

/** Commands and options of the language's design that later versions bring: not listed, but not mistaken for typing errors. */
export const planned: {
  readonly commands: readonly string[];
  readonly options: { readonly [command: string]: readonly string[] };
} = {
  commands: ["new", "diff", "tune", "compare", "ablate", "report", "serve", "playground", "lsp", "completion"],
  options: {
    train: ["--precision", "--xla", "--eager", "--profile"],
    eval: [],
  },
};
