/**
 * All that a training is between two steps, as explicit data: a position (plain JSON) and arrays by name. There are no
 * positions of random streams: order, augmentation and dropout are drawn from the seed with the epoch, the row or the
 * step, so their numbers are in the position. Knows nothing of files; runtime/run keeps checkpoints in a run's folder.
 */
import type { Tensor } from "@tensorflow/tfjs";
import type { Phase } from "./checkpoints.ts";
import type { Network } from "./network.ts";
import type { Optimizer } from "./optimizers.ts";
import { restoreWeights, takeSnapshot } from "./snapshot.ts";

/** A running sum of a head's losses over an epoch. */
export interface Sum {
  loss: number;
  count: number;
}

/** Where a training stands. */
export interface LoopPosition {
  /** Steps done over the whole training: dropout, schedule and bias corrections count by it. */
  readonly steps: number;
  readonly stepsPerEpoch: number;
  /** Epochs planned, and those that ended. */
  readonly epochs: number;
  readonly ended: number;
  /** Steps done in the epoch under way, and what they summed up, by head. */
  readonly step: number;
  readonly sums: readonly Readonly<Sum>[];
  /** The best epoch in what is watched; early stopping counts from it. */
  readonly best?: { readonly epoch: number; readonly value: number };
  /** Spent on the epoch under way, and on the whole training. */
  readonly seconds: { readonly epoch: number; readonly all: number };
}

/** An array that is read when it is needed. */
export interface StateArray {
  /** `weights/d/kernel`, `slots/d/kernel/momentum`, `last/d/kernel`, `best/d/kernel`. */
  readonly name: string;
  readonly shape: readonly number[];
  read(): Float32Array | Promise<Float32Array>;
}

export interface Checkpoint {
  readonly position: LoopPosition;
  readonly arrays: readonly StateArray[];
}

/** The position of a training under way, and the weights it may come back to. */
export interface LoopState {
  steps: number;
  ended: number;
  step: number;
  sums: Sum[];
  best?: { readonly epoch: number; readonly value: number };
  seconds: { epoch: number; all: number };
  /** At the end of the last whole epoch (before the first: as they began). */
  last: readonly Tensor[];
  /** Of the best epoch. */
  bestWeights?: readonly Tensor[];
}

/** The state before the first step. */
export function firstState(network: Network, heads: number): LoopState {
  return {
    steps: 0,
    ended: 0,
    step: 0,
    sums: emptySums(heads),
    seconds: { epoch: 0, all: 0 },
    last: takeSnapshot(network),
  };
}

export function emptySums(heads: number): Sum[] {
  return Array.from({ length: heads }, () => ({ loss: 0, count: 0 }));
}

/** The checkpoint of a state. Its arrays are those of the tensors: read them before the next step. */
export function checkpointOf(
  network: Network,
  optimizer: Optimizer,
  state: LoopState,
  plan: { readonly epochs: number; readonly stepsPerEpoch: number },
): Checkpoint {
  const { steps, ended, step, sums, best, seconds } = state;
  const slots = Object.entries(optimizer.slots());
  return {
    position: {
      steps,
      stepsPerEpoch: plan.stepsPerEpoch,
      epochs: plan.epochs,
      ended,
      step,
      sums: sums.map((sum) => ({ ...sum })),
      ...(best !== undefined && { best }),
      seconds: { ...seconds },
    },
    arrays: [
      ...weightArrays(network, "weights"),
      ...slots.map(([name, tensor]) => arrayOf(`slots/${name}`, tensor)),
      // What equals another group is left out: see `restoreState`.
      ...(step > 0 && ended > 0 ? weightArrays(network, "last", state.last) : []),
      ...(best !== undefined && best.epoch !== ended ? weightArrays(network, "best", state.bestWeights) : []),
    ],
  };
}

/** The weights of a network, or a snapshot of them, as arrays under a group's name. */
export function weightArrays(network: Network, group: string, snapshot?: readonly Tensor[]): StateArray[] {
  return network.weights.map(({ name, variable }, i) => arrayOf(`${group}/${name}`, snapshot?.[i] ?? variable));
}

function arrayOf(name: string, tensor: Tensor): StateArray {
  return { name, shape: tensor.shape, read: () => tensor.dataSync() as Float32Array };
}

/**
 * Puts a network and its optimizer where they were.
 *
 * @throws StateError if the arrays are not those of this network
 */
export async function restoreState(network: Network, optimizer: Optimizer, checkpoint: Checkpoint): Promise<LoopState> {
  const { position, arrays } = checkpoint;
  const { steps, ended, step, sums, best, seconds } = position;
  const state: LoopState = {
    ...{ steps, ended, step },
    sums: sums.map((sum) => ({ ...sum })),
    ...(best !== undefined && { best }),
    seconds: { ...seconds },
    last: takeSnapshot(network),
  };
  const has = (group: string): boolean => arrays.some(({ name }) => name.startsWith(`${group}/`));
  const keepLast = (): void => {
    for (const tensor of state.last) tensor.dispose();
    state.last = takeSnapshot(network);
  };
  try {
    if (has("last")) {
      await loadWeights(network, arrays, "last");
      keepLast();
    }
    await loadWeights(network, arrays, "weights");
    if (step === 0) keepLast();
    if (best !== undefined) {
      if (best.epoch === ended)
        state.bestWeights = state.last.map((tensor) => network.tf.keep(network.tf.clone(tensor)));
      else {
        const now = takeSnapshot(network);
        await loadWeights(network, arrays, "best");
        state.bestWeights = takeSnapshot(network);
        restoreWeights(network, now);
        for (const tensor of now) tensor.dispose();
      }
    }
    await loadSlots(network, optimizer, arrays);
    return state;
  } catch (error) {
    disposeState(state);
    throw error;
  }
}

/** Which arrays of a checkpoint are the weights to judge by, and of which epoch: the best, else the last whole one. */
export function judgedWeights({ position, arrays }: Checkpoint): { readonly group: string; readonly epoch: number } {
  const { best, ended, step } = position;
  if (best !== undefined && arrays.some(({ name }) => name.startsWith("best/")))
    return { group: "best", epoch: best.epoch };
  return { group: step > 0 && ended > 0 ? "last" : "weights", epoch: ended };
}

/** Sets the weights of a network to those of a group. */
export async function loadWeights(network: Network, arrays: readonly StateArray[], group: string): Promise<void> {
  const { tf } = network;
  const byName = new Map(arrays.map((array) => [array.name, array]));
  for (const { name, variable } of network.weights) {
    const array = byName.get(`${group}/${name}`);
    if (array === undefined) throw new StateError(`has no ${group}/${name}`);
    if (array.shape.join() !== variable.shape.join()) throw new StateError(`has another shape for ${group}/${name}`);
    const values = await array.read();
    tf.tidy(() => variable.assign(tf.tensor(values, variable.shape)));
  }
}

async function loadSlots(network: Network, optimizer: Optimizer, arrays: readonly StateArray[]): Promise<void> {
  const { tf } = network;
  const shapes = new Map(network.weights.map(({ name, variable }) => [name, variable.shape]));
  for (const array of arrays) {
    if (!array.name.startsWith("slots/")) continue;
    const name = array.name.slice("slots/".length);
    const shape = shapes.get(name.slice(0, name.lastIndexOf("/")));
    if (shape === undefined || shape.join() !== array.shape.join())
      throw new StateError(`has another shape for ${array.name}`);
    const values = await array.read();
    tf.tidy(() => optimizer.load({ [name]: tf.tensor(values, shape) }));
  }
}

export function disposeState(state: LoopState): void {
  for (const tensor of [...state.last, ...(state.bestWeights ?? [])]) tensor.dispose();
}

/** A checkpoint of another network; the message goes on after the name of its file. */
export class StateError extends Error {
  override name = "StateError";
  /** Whose checkpoint it is. */
  phase?: Phase;
}
