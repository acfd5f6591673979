/** The IR as JSON: nothing is lost, and nothing of the folder it lies in is said. */
import { expect, test } from "vitest";
import { emitJson } from "../../../compiler/emit/json.ts";
import type { Model } from "../../../compiler/ir/ir.ts";
import { fixtures } from "../../support/ir-fixtures.ts";

test.each(Object.keys(fixtures) as (keyof typeof fixtures)[])("%s is read back as it was", (name) => {
  expect(JSON.parse(emitJson(fixtures[name]()))).toEqual(fixtures[name]());
});

test("places say the file without its folders, paths of the data stay", () => {
  const model = fixtures.creditrisk();
  const elsewhere = JSON.parse(
    JSON.stringify(model)
      .replaceAll('"credit.mmf"', '"far/away/credit.mmf"')
      .replaceAll('"test.mmf"', '"far/away/test.mmf"'),
  ) as Model;
  const moved: Model = { ...elsewhere, spec: model.spec, data: { ...model.data, media: ["far/away/media"] } };
  expect(emitJson(moved)).toBe(emitJson({ ...model, data: { ...model.data, media: ["far/away/media"] } }));
  expect(emitJson(moved)).toContain('"far/away/media"');
});
