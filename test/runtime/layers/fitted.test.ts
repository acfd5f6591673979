import { expect, test } from "vitest";
import { createFitted } from "../../../runtime/layers/index.ts";

test("sizes by name and by symbol; unknown ones throw", () => {
  const fitted = createFitted({
    version: 1,
    modalities: {
      report: { shape: [100], dtype: "int32", vocabulary: 10_000, state: null },
      call: { shape: [626, 128], dtype: "float32", state: null },
      sheet: { shape: [9], dtype: "float32", state: null },
    },
    targets: { digit: { classes: ["a", "b", "c"] }, price: { columns: ["price"] } },
  });
  expect(fitted.features("sheet")).toBe(9);
  expect(fitted.size("sheet.features")).toBe(9);
  expect(fitted.vocabulary("report")).toBe(10_000);
  expect(fitted.size("report.tokens")).toBe(100);
  expect(fitted.time("call")).toBe(626);
  expect(fitted.size("call.bands")).toBe(128);
  expect(fitted.classes("digit")).toBe(3);
  expect(fitted.size("digit.classes")).toBe(3);
  expect(fitted.classes("price")).toBe(1);
  expect(() => fitted.features("chart")).toThrow(/no modality chart/);
  expect(() => fitted.vocabulary("sheet")).toThrow(/sheet\.vocabulary/);
  expect(() => fitted.size("sheet.moons")).toThrow(/sheet\.moons/);
});
