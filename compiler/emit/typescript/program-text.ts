/** The text of a program: what it says of its data, its network, its training. Knows the IR; formats nothing itself. */
import { isFlow, type Model } from "../../ir/ir.ts";
import { printType } from "../../types/type.ts";
import { buildFunction } from "./build-function.ts";
import { type Code, call, object, type Property, print, text } from "./layout.ts";
import { docComment } from "./literals.ts";
import { camelCase, createNames } from "./names.ts";
import { literal } from "./plain.ts";

export interface ProgramText {
  readonly text: string;
  /** Names of what it exports, in order; the program's parts are these and nothing else. */
  readonly exports: readonly string[];
}

export function programText(model: Model): ProgramText {
  const floors = Object.entries(model.floors ?? {});
  const names = createNames([]);
  const builders = floors.map(([floor, part]) => {
    const name = names.fresh(camelCase(`build_${floor.replace(/[^\p{ID_Continue}]+/gu, "_").replace(/_+$/, "")}`));
    return {
      floor,
      name,
      text: buildFunction(name, model, part, `The floor ${floor}: what is left of the model with that alone.`),
    };
  });
  const whole = buildFunction("buildModel", model, model);
  const floorsObject: Code = {
    is: "object",
    properties: builders.map(({ floor, name }) => ({ name: floor, code: text(name) })),
  };
  const parts = [
    header(model, /(?<!tf\.)\bapply\(/.test([whole, ...builders.map((each) => each.text)].join("\n"))),
    `${docComment("Where rows come from, what is read from each, and what is fitted on the training rows.")}\n${constant("data", dataPlan(model))}`,
    whole,
    ...builders.map((each) => each.text),
    constant("training", openObject(model.training, ["heads"])),
    constant("evaluation", literal(model.evaluation)),
    ...(builders.length > 0 ? [constant("floors", floorsObject, false)] : []),
    definition(model, builders.length > 0),
  ];
  return {
    text: `${parts.join("\n\n")}\n`,
    exports: [
      "data",
      "buildModel",
      ...builders.map(({ name }) => name),
      "training",
      "evaluation",
      ...(builders.length > 0 ? ["floors"] : []),
      "default",
    ],
  };
}

function header(model: Model, applies: boolean): string {
  const about = model.doc === undefined || model.doc.trim() === "" ? model.name : `${model.name}: ${model.doc.trim()}`;
  const written = `Written by mmfc from ${model.spec}. Change the spec, not this file: the same spec gives the same bytes.`;
  const names = [...(applies ? ["apply"] : []), "defineProgram", "type Fitted", "type Tf"];
  return `${docComment(`${about}\n\n${written}`)}\nimport { ${names.join(", ")} } from "mmfc/runtime";`;
}

function constant(name: string, code: Code, asConst = true): string {
  const start = `export const ${name} = `;
  const end = asConst ? " as const;" : ";";
  return `${start}${print(code, 0, start.length, end.length)}${end}`;
}

/** An object with a line for each property, and for each property of those in `deep`. */
function openObject(
  plan: object,
  deep: readonly string[],
  after: (list: string, name: string) => string | undefined = () => undefined,
): Code {
  const properties = Object.entries(plan)
    .filter(([, value]) => value !== undefined)
    .map(([list, value]): Property => {
      if (!deep.includes(list)) return { name: list, code: literal(value) };
      const inner = Object.entries(value as object).map(([name, each]): Property => {
        const comment = after(list, name);
        return { name, code: literal(each), ...(comment === undefined ? {} : { after: comment }) };
      });
      return { name: list, code: { is: "object", properties: inner, open: true } };
    });
  return { is: "object", properties, open: true };
}

/** The plan with the type of each modality and target behind it. */
function dataPlan(model: Model): Code {
  return openObject(model.data, ["modalities", "targets"], (list, name) => {
    const group = model.groups.find((each) => each.id === name && !isFlow(each));
    if (list === "modalities" && group?.kind === "modality") return printType(group.type);
    return group?.kind === "target" ? group.steps[group.steps.length - 1]?.type : undefined;
  });
}

function definition(model: Model, floors: boolean): string {
  const short = ["data", "buildModel", "training", "evaluation", ...(floors ? ["floors"] : [])];
  const program = call(
    "defineProgram",
    object([["name", literal(model.name)], ["spec", literal(model.spec)], ...short.map((name) => [name] as const)]),
  );
  const start = "export default ";
  return `${start}${print(program, 0, start.length, 1)}; // run: node program.js train`;
}
