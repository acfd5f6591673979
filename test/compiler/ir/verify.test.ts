/** Every invariant of the IR, broken once. */
import { describe, expect, test } from "vitest";
import type { Call, Model } from "../../../compiler/ir/ir.ts";
import { verify } from "../../../compiler/ir/verify.ts";
import { creditRisk, fixtures, lateRisk, rare } from "../../support/ir-fixtures.ts";

// biome-ignore lint/suspicious/noExplicitAny: tests reach into parts of any kind to break them
type Anything = any;

/** A copy to break. */
function copy(model: Model) {
  const broken: Anything = structuredClone(model);
  const group = (id: string): Anything => broken.groups.find((each: { id: string }) => each.id === id);
  return { broken, group, problems: () => verify(broken as Model) };
}

const call = (over: Partial<Call>): Call => ({
  out: "x",
  layer: "words_lstm",
  ins: [],
  text: "x",
  cost: 0,
  origin: { file: "", start: 0, end: 0 },
  ...over,
});

describe("a valid model", () => {
  for (const [name, model] of Object.entries(fixtures)) test(name, () => expect(verify(model())).toEqual([]));
});

describe("names", () => {
  test("two groups of one name", () => {
    const { broken, group, problems } = copy(creditRisk());
    broken.groups.push({ ...group("defaulted") });
    expect(problems()).toEqual(["two groups are called defaulted"]);
  });
  test("a layer that is no identifier", () => {
    const { broken, group, problems } = copy(creditRisk());
    broken.layers["词 lstm"] = { ...broken.layers.words_lstm, id: "词 lstm" };
    group("words").calls[2].layer = "词 lstm";
    expect(problems()).toEqual(["layer 词 lstm is no identifier", "layer words_lstm is never called"]);
  });
  test("a key that differs from the id", () => {
    const { broken, problems } = copy(creditRisk());
    broken.layers.words_lstm.id = "words_gru";
    broken.values.words.id = "word";
    expect(problems()).toEqual(["layer words_lstm calls itself words_gru", "value words calls itself word"]);
  });
  test("a group without a place", () => {
    const { broken, problems } = copy(creditRisk());
    delete broken.places.voice;
    expect(problems()).toEqual(["group voice has no place in the spec"]);
  });
});

describe("values", () => {
  test("defined twice", () => {
    const { group, problems } = copy(creditRisk());
    group("words").calls[1].out = "words.1";
    group("words").calls[2].ins = ["words.1"];
    expect(problems()).toEqual(["%words.1 is defined twice", "nothing defines %words.2"]);
  });
  test("used before it is defined", () => {
    const { broken, problems } = copy(creditRisk());
    const [joint] = broken.groups.splice(
      broken.groups.findIndex((group: Anything) => group.id === "joint"),
      1,
    );
    broken.groups.splice(0, 0, joint as never);
    expect(problems().filter((problem) => problem.includes("before it"))).toContain(
      "joint reads %words, which is not defined before it",
    );
  });
  test("a stage that reads past its flow", () => {
    const { group, problems } = copy(creditRisk());
    group("vision").calls[3].ins = ["words"];
    expect(problems()).toEqual(["%vision reads %words, which is no source of vision"]);
  });
  test("an output that is not the last stage", () => {
    const { group, problems } = copy(creditRisk());
    group("words").out = "words.1";
    expect(problems()).toEqual(["words gives %words.1, but its last stage %words"]);
  });
  test("an entry that nothing defines", () => {
    const { broken, problems } = copy(creditRisk());
    broken.values.ghost = { id: "ghost", type: { dtype: "f32", axes: [], absentWith: [] } };
    expect(problems()).toEqual(["nothing defines %ghost"]);
  });
  test("a value without an entry", () => {
    const { broken, problems } = copy(creditRisk());
    delete broken.values["words.1"];
    expect(problems()).toEqual(["%words.1 has no entry in values"]);
  });
});

describe("types", () => {
  test("a size below 1", () => {
    const { broken, problems } = copy(creditRisk());
    broken.values.words.type.axes[0].size = 0;
    expect(problems()).toEqual(["%words has 0 features"]);
  });
  test("a modality of another type than its value", () => {
    const { group, problems } = copy(creditRisk());
    group("prices").type.axes[0].size = 61;
    expect(problems()).toEqual([
      "%prices is f32[B, time=60, features=2], but its modality f32[B, time=61, features=2]",
    ]);
  });
  test("absent with a modality that is always there", () => {
    const { broken, problems } = copy(creditRisk());
    broken.values.words.type.absentWith = ["report"];
    expect(problems()).toEqual(["%words is absent with report, which is no optional modality"]);
  });
  test("a structure that gives something else than its stages", () => {
    const { broken, problems } = copy(rare());
    broken.values["seen.1"].type.axes[1].size = 65;
    expect(problems()).toEqual([
      "%seen.1 is f32[B, items=4, features=65], but its last stage gives f32[B, features=64]",
    ]);
  });
});

describe("use", () => {
  test("a layer that is never called", () => {
    const { broken, problems } = copy(creditRisk());
    broken.layers.spare = { ...broken.layers.words_dropout, id: "spare" };
    expect(problems()).toEqual(["layer spare is never called"]);
  });
  test("a layer that does not exist", () => {
    const { broken, problems } = copy(creditRisk());
    delete broken.layers.words_dropout;
    expect(problems()).toEqual(["%words.2 calls layer words_dropout, which does not exist"]);
  });
  test("an encoder that leads to no head", () => {
    const { group, problems } = copy(creditRisk());
    group("joint").sources = group("joint").sources.filter((id: string) => id !== "trend");
    group("joint").calls[0].ins = group("joint").sources;
    expect(problems()).toEqual([
      "modality prices leads to no head",
      "encoder trend leads to no head",
      "layer trend_gru of trend has trainable weights, but no loss reaches them",
    ]);
  });
  test("an output that no modality reaches", () => {
    const { group, problems } = copy(creditRisk());
    group("risk").sources = [];
    group("risk").calls[0].ins = [];
    expect(problems()).toContain("head risk is not reached from a modality");
  });
});

describe("gradient", () => {
  test("members of a late fusion without a loss of their own", () => {
    const { group, broken, problems } = copy(lateRisk());
    group("says").head.loss = "";
    expect(problems()).toEqual([
      "layer words_embedding of words has trainable weights, but no loss reaches them",
      "layer words_lstm of words has trainable weights, but no loss reaches them",
      "layer says_dense of says has trainable weights, but no loss reaches them",
    ]);
    broken.training.heads.risk.late.trainMembers = true;
    expect(problems()).toEqual([]);
  });
  test("frozen on purpose", () => {
    const { group, broken, problems } = copy(lateRisk());
    group("says").head.loss = "";
    for (const id of ["words_embedding", "words_lstm", "says_dense"]) broken.layers[id].frozen = true;
    expect(problems()).toEqual([]);
  });
  test("an output without a loss", () => {
    const { group, problems } = copy(lateRisk());
    group("risk").head.loss = "";
    expect(problems()).toContain("head risk is an output without a loss");
    expect(problems()).toContain(
      "layer verdict_weighted_average of verdict has trainable weights, but no loss reaches them",
    );
  });
});

describe("leaks", () => {
  test.each([
    ["report", 1, "tokenize(words, vocabulary: 10_000)"],
    ["call", 4, "normalize(standard)"],
    ["sheet", 1, "normalize(standard), one_hot"],
  ])("%s: a step that is not fitted", (id, step, text) => {
    const { group, problems } = copy(creditRisk());
    delete group(id).steps[step].fitted;
    expect(problems()).toEqual([
      `step \`${text}\` of ${id} learns from rows, but is not fitted on the training rows only`,
    ]);
  });
  test("a window's own scale is not fitted", () => {
    expect(verify(creditRisk())).toEqual([]);
  });
});

describe("plans", () => {
  test("modalities, targets and heads are the model's", () => {
    const { broken, problems } = copy(creditRisk());
    delete broken.data.modalities.chart;
    broken.data.targets.other = { type: "binary", columns: ["other"] };
    delete broken.training.heads.risk;
    expect(problems()).toEqual([
      "the model has modality chart, the plan has not",
      "the plan has target other, the model has not",
      "the model has head risk, the plan has not",
    ]);
  });
  test("what they refer to exists", () => {
    const { broken, problems } = copy(lateRisk());
    broken.training.heads.risk.late.members = ["says", "shouts"];
    broken.training.stop = { patience: 3, monitor: "rusk.f1" };
    broken.training.layers = { audio: { frozen: true } };
    broken.evaluation.baselines = ["majority", { only: { modality: "sheet" } }];
    expect(problems()).toEqual([
      "head risk names member shouts, which does not exist",
      "stop names head rusk, which does not exist",
      "training names layers audio, which do not exist",
      "a baseline names modality sheet, which does not exist",
    ]);
  });
  test("head and plan agree", () => {
    const { broken, problems } = copy(creditRisk());
    broken.training.heads.risk.output = false;
    expect(problems()).toEqual(["head risk is an output, but none in the plan"]);
  });
});

describe("data", () => {
  test("plain JSON", () => {
    const { broken, problems } = copy(creditRisk());
    broken.doc = new Map();
    broken.layers.words_lstm.learningRate = Number.NaN;
    broken.groups[0].doc = () => 1;
    expect(problems().sort()).toEqual([
      "model.doc is a Map",
      "model.groups.0.doc is a function",
      "model.layers.words_lstm.learningRate is NaN, which JSON cannot say",
    ]);
  });
  test("floors keep to it too", () => {
    const { broken, problems } = copy(creditRisk());
    const { values, layers, groups } = structuredClone(creditRisk());
    broken.floors = {
      "only(sheet)": {
        values,
        layers,
        groups: groups.map((group) =>
          group.id === "words" ? { ...group, calls: [call({ out: "words", ins: ["nothing"] })] } : group,
        ),
      },
    };
    expect(problems()).toContain("floor only(sheet): %words reads %nothing, which is not defined before it");
  });
});
