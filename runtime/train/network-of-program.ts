/** The network of a program, or of one of its floors, with the sizes that the data gave it. */
import type { FittedData } from "../data/batch.ts";
import { createTf } from "../layers/facade.ts";
import { createFitted } from "../layers/fitted.ts";
import type { BuildModel } from "../program.ts";
import type { Network, Tfjs } from "./network.ts";
import { networkOf } from "./network.ts";

/** Builds the network of a program: `buildModel` or one of its floors. Weights and dropout come from the seed. */
export function buildNetwork(tf: Tfjs, build: BuildModel, fitted: FittedData, seed: number): Network {
  const facade = createTf(tf, { seed });
  return networkOf(tf, facade, build(facade, createFitted(fitted)));
}

/** The modalities that a network reads. */
export function modalitiesOf(network: Network): string[] {
  return [...new Set(network.inputs.map((name) => name.replace(/\.(mask|present)$/, "")))];
}
