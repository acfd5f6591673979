/** Before any test: dist/ is what the sources say, for the tests that run the real command line. */
import { buildPackage } from "../../scripts/build.mjs";

export async function setup(): Promise<void> {
  if (process.env.MMFC_TEST_BUILT === "1") return;
  process.env.MMFC_TEST_BUILT = "1";
  await buildPackage();
}
