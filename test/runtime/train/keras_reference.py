"""Writes keras-reference.json.gz: losses, optimizers, schedules and a 30-step training, computed by Keras itself.

Run by hand, with TensorFlow 2.21 and Keras 3.15 (CPU): python keras_reference.py. It adds to the shared peer_fixtures what they
do not have: huber, categorical focal, plain Adam, AdamW, momentum, an exponential schedule, and a multimodal training.
Embedding gradients are made dense first: with IndexedSlices, Keras on TensorFlow squares duplicate rows one by one.
"""
import gzip
import json
import os

os.environ["TF_CPP_MIN_LOG_LEVEL"] = "3"
import keras
import numpy as np
import tensorflow as tf
from keras import layers

rng = np.random.default_rng(7)
cases = []


def arr(x):
    x = np.asarray(x)
    return {"shape": list(x.shape), "data": [float(f"{v:.9g}") for v in x.ravel().astype(np.float64)]}


def loss_case(name, args, fn, y, z):
    zt = tf.constant(z, tf.float32)
    with tf.GradientTape() as tape:
        tape.watch(zt)
        out = fn(tf.constant(y, tf.float32), zt)
    cases.append({"loss": name, "args": args, "y": arr(y), "pred": arr(z), "out": float(out), "grad_pred": arr(tape.gradient(out, zt))})


z4 = rng.normal(0, 2, (4, 3))
onehot = np.eye(3)[[0, 2, 1, 2]]
y1 = np.array([[1.0], [0], [1], [0]])
z1 = rng.normal(0, 2, (4, 1))
z1[3, 0] = 0
L = keras.losses
loss_case("binary_crossentropy", {}, L.BinaryCrossentropy(from_logits=True), y1, z1)
loss_case("binary_crossentropy", {"labelSmoothing": 0.2}, L.BinaryCrossentropy(from_logits=True, label_smoothing=0.2), y1, z1)
loss_case("binary_crossentropy", {}, L.BinaryCrossentropy(from_logits=True), np.array([[1.0, 0, 1], [0, 0, 1], [1, 1, 0], [0, 1, 0]]), z4)
loss_case("categorical_crossentropy", {}, L.CategoricalCrossentropy(from_logits=True), onehot, z4)
loss_case("focal", {"gamma": 2, "alpha": 0.25}, L.BinaryFocalCrossentropy(from_logits=True, apply_class_balancing=True, alpha=0.25, gamma=2), y1, z1)
loss_case("focal", {"gamma": 2, "alpha": 0.25}, L.CategoricalFocalCrossentropy(from_logits=True, alpha=0.25, gamma=2), onehot, z4)
loss_case("focal", {"gamma": 1.5, "alpha": 1}, L.CategoricalFocalCrossentropy(from_logits=True, alpha=1, gamma=1.5), onehot, z4)
numbers = rng.normal(0, 2, (4, 3))
loss_case("mse", {}, L.MeanSquaredError(), numbers, z4)
loss_case("mae", {}, L.MeanAbsoluteError(), numbers, z4)
loss_case("huber", {"delta": 1}, L.Huber(), numbers, z4)
loss_case("huber", {"delta": 0.4}, L.Huber(delta=0.4), numbers, z4)
loss_case("log_cosh", {}, L.LogCosh(), numbers, z4)

O = keras.optimizers
for plan, opt in [
    ({"adam": {"learningRate": 0.05}}, O.Adam(0.05)),
    ({"adamw": {"learningRate": 0.05, "weightDecay": 0.1}}, O.AdamW(0.05, weight_decay=0.1)),
    ({"sgd": {"learningRate": 0.1, "momentum": 0.9}}, O.SGD(0.1, momentum=0.9)),
    ({"rmsprop": {"learningRate": 0.05, "momentum": 0.5}}, O.RMSprop(0.05, momentum=0.5)),
    ({"rmsprop": {"learningRate": 0.05, "centered": True}}, O.RMSprop(0.05, centered=True)),
]:
    w0 = rng.normal(0, 1, (2, 3)).astype("float32")
    grads = rng.normal(0, 1, (6, 2, 3)).astype("float32")
    v = keras.Variable(w0)
    trajectory = []
    for g in grads:
        opt.apply([tf.constant(g)], [v])
        trajectory.append(v.numpy())
    cases.append({"optimizer": plan, "w0": arr(w0), "grads": arr(grads), "trajectory": arr(np.stack(trajectory))})

S = keras.optimizers.schedules
for plan, per_epoch, total, s in [
    ({"exponential": {"rate": 0.8}}, 10, 30, S.ExponentialDecay(0.1, 10, 0.8)),
    ({"cosine": {}}, 10, 30, S.CosineDecay(0.1, 30)),
    ({"cosine": {"warmup": 0.2}}, 10, 30, S.CosineDecay(0.0, 24, warmup_target=0.1, warmup_steps=6)),
]:
    cases.append({"schedule": plan, "perEpoch": per_epoch, "total": total, "rate": 0.1, "out": arr([float(s(i)) for i in range(31)])})

# A text + series + tabular model with one binary head, 30 Adam steps of 16 rows (64 rows, again and again).
keras.utils.set_random_seed(3)
text = keras.Input((12,), name="text", dtype="int32")
series = keras.Input((20, 3), name="series")
sheet = keras.Input((5,), name="sheet")
t = layers.LSTM(8, name="words_lstm")(layers.Embedding(30, 6, name="words_embedding")(text))
s = layers.GlobalAveragePooling1D(name="wave_pool")(layers.Conv1D(8, 5, activation="relu", name="wave_conv1d")(series))
f = layers.Dense(6, activation="relu", name="facts_dense")(sheet)
j = layers.Dense(16, activation="relu", name="joint_dense")(layers.Concatenate(name="joint_concatenate")([t, s, f]))
model = keras.Model([text, series, sheet], layers.Dense(1, name="risk")(j))
x = [rng.integers(1, 30, (64, 12)), rng.normal(0, 1, (64, 20, 3)).astype("float32"), rng.normal(0, 1, (64, 5)).astype("float32")]
y = ((x[0] < 8).sum(1) - 2.8 + x[1][:, :, 0].mean(1) * 3 + x[2][:, 0] > 0).astype("float32")
names = [w.path for w in model.weights]
before = [arr(w) for w in model.get_weights()]
opt = O.Adam(1e-2)
losses = []
for i in range(30):
    rows = slice(16 * (i % 4), 16 * (i % 4) + 16)
    with tf.GradientTape() as tape:
        out = model([a[rows] for a in x], training=True)
        loss = keras.losses.BinaryCrossentropy(from_logits=True)(y[rows, None], out)
    grads = [tf.convert_to_tensor(g) for g in tape.gradient(loss, model.trainable_weights)]
    opt.apply(grads, model.trainable_weights)
    losses.append(float(loss))
cases.append({
    "training": "text+series+tabular", "names": names, "before": before, "after": [arr(w) for w in model.get_weights()],
    "text": arr(x[0]), "series": arr(x[1]), "sheet": arr(x[2]), "y": arr(y), "losses": losses,
})

out = json.dumps({"made_with": {"tensorflow": tf.__version__, "keras": keras.__version__}, "cases": cases}).encode()
with open(os.path.join(os.path.dirname(os.path.abspath(__file__)), "keras-reference.json.gz"), "wb") as file:
    file.write(gzip.compress(out, mtime=0))
print(losses[0], losses[-1], names)
