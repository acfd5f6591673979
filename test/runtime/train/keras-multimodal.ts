/** The multimodal training that Keras ran (keras_reference.py), on our layers, losses and optimizer. */
import type { DataPlan, TrainPlan } from "../../../plan/plan.ts";
import type { FittedData } from "../../../runtime/data/batch.ts";
import { createTf } from "../../../runtime/layers/facade.ts";
import { apply } from "../../../runtime/layers/value.ts";
import { trainNetwork } from "../../../runtime/train/loop.ts";
import { networkOf, type Tfjs } from "../../../runtime/train/network.ts";
import { headTasks } from "../../../runtime/train/objective.ts";
import { type Arr, difference, reference } from "./keras-fixtures.ts";
import { floats, ints, memoryPart } from "./memory-part.ts";

/** Trains 30 steps from Keras's weights; largest differences of the losses and of the weights after. */
export async function trainKerasMultimodal(tf: Tfjs): Promise<{ losses: number; weights: { [name: string]: number } }> {
  const fixture = reference().find((c) => c.training);
  const facade = createTf(tf, { seed: 0 });
  const text = facade.input({ name: "text", shape: [12], dtype: "int32" });
  const series = facade.input({ name: "series", shape: [20, 3] });
  const sheet = facade.input({ name: "sheet", shape: [5] });
  const { layers } = facade;
  const words = apply(
    text,
    layers.embedding({ name: "words_embedding", inputDim: 30, outputDim: 6, mask: false }),
    layers.lstm({ name: "words_lstm", units: 8 }),
  );
  const wave = apply(
    series,
    layers.conv1d({ name: "wave_conv1d", filters: 8, kernelSize: 5, activation: "relu" }),
    layers.globalAveragePooling1d({ name: "wave_pool" }),
  );
  const facts = apply(sheet, layers.dense({ name: "facts_dense", units: 6, activation: "relu" }));
  const joint = apply(
    [words, wave, facts],
    layers.concatenate({ name: "joint_concatenate" }),
    layers.dense({ name: "joint_dense", units: 16, activation: "relu" }),
  );
  const risk = apply(joint, layers.dense({ name: "risk", units: 1 }));
  const network = networkOf(
    tf,
    facade,
    facade.model({ name: "Reference", inputs: [text, series, sheet], outputs: { risk } }),
  );

  const kerasName = (name: string): string => name.replace("/lstm_cell/", "/");
  const before = new Map<string, Arr>(
    fixture.names.map((name: string, i: number) => [kerasName(name), fixture.before[i]]),
  );
  const after = new Map<string, Arr>(
    fixture.names.map((name: string, i: number) => [kerasName(name), fixture.after[i]]),
  );
  for (const { name, variable } of network.weights) {
    const start = before.get(name) as Arr;
    tf.tidy(() => variable.assign(tf.tensor(start.data, start.shape)));
  }

  const training: TrainPlan = {
    heads: { risk: { target: "risk", loss: "binary_crossentropy", lossWeight: 1, metrics: [], output: true } },
    optimizer: { adam: { learningRate: 1e-2 } },
    schedule: "constant",
    epochs: 8,
    batchSize: 16,
    seed: 0,
  };
  const data = { targets: { risk: { type: "binary", columns: ["risk"] } } } as unknown as DataPlan;
  const fitted: FittedData = { version: 1, modalities: {}, targets: { risk: {} } };
  const part = memoryPart(
    {
      text: ints(fixture.text.data, ...fixture.text.shape),
      series: floats(fixture.series.data, ...fixture.series.shape),
      sheet: floats(fixture.sheet.data, ...fixture.sheet.shape),
    },
    { risk: floats(fixture.y.data, 64) },
  );
  const losses: number[] = [];
  const weights: { [name: string]: number } = {};
  let sum = 0;
  const controller = new AbortController();
  await trainNetwork(network, {
    plan: training,
    tasks: headTasks(tf, training, data, fitted, network.heads),
    train: { ...part, batches: (o) => part.batches({ batchSize: o.batchSize }) },
    epochs: training.epochs,
    seed: 0,
    judge: () => ({}),
    direction: () => 1,
    signal: controller.signal,
    onStep({ step, loss }) {
      // The loop tells the mean of the epoch so far.
      const total = loss * step;
      losses.push(step === 1 ? total : total - sum);
      sum = total;
      if (losses.length < 30) return;
      // Here, in the middle of an epoch: a training that is told to stop gives back the weights of the last whole one.
      for (const { name, variable } of network.weights)
        weights[name] = difference(variable.dataSync(), (after.get(name) as Arr).data);
      controller.abort();
    },
  });
  if (network.weights.length !== after.size)
    throw new Error(`${network.weights.length} weights, Keras has ${after.size}`);
  network.dispose();
  return { losses: difference(losses, fixture.losses), weights };
}
