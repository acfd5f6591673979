"""Writes keras-reference.json.gz: layers with weights, outputs and gradients, computed by Keras itself.

Run by hand, with TensorFlow 2.21 and Keras 3.15 (CPU): python keras_reference.py. In the form of the shared peer_fixtures,
to which it adds what they do not have: the other activations, paddings, strides and sizes that do not divide, masks with
gaps, backwards, both directions merged in every way, causal attention, layer normalization, fusions of several inputs.
"""
import gzip
import json
import os

os.environ["TF_CPP_MIN_LOG_LEVEL"] = "3"
import keras
import numpy as np
import tensorflow as tf
from keras import layers as L

rng = np.random.default_rng(11)
keras.utils.set_random_seed(11)
cases = []


def arr(x):
    x = np.asarray(x)
    return {"shape": list(x.shape), "dtype": "int" if x.dtype.kind in "iu" else "float", "data": [float(f"{v:.9g}") for v in x.ravel().astype(np.float64)]}


def path(layer, weight):
    return weight.path.split("/", 1)[1] if weight.path.startswith(layer.name + "/") else weight.path


def case(name, args, layer, inputs, mask=None, training=None, call=None):
    """One call of a layer: its output, and gradients of the sum of output times G."""
    ints = inputs[0].dtype.kind in "iu"
    xs = [tf.constant(x) if ints else tf.constant(x, tf.float32) for x in inputs]
    given = xs if len(xs) > 1 else xs[0]
    kwargs = {} if mask is None else {"mask": tf.constant(np.array(mask, bool))}
    if training is not None:
        kwargs["training"] = training
    run = call or (lambda x: layer(x, **kwargs))
    run(given)
    # Weights that are zeros or ones at first would hide mistakes.
    for w in layer.weights if hasattr(layer, "weights") else []:
        value = rng.normal(0, 0.5, w.shape)
        w.assign(np.abs(value) + 0.5 if "variance" in w.path else value)
    weights = {path(layer, w): arr(w.numpy()) for w in layer.weights} if hasattr(layer, "weights") else {}
    with tf.GradientTape() as tape:
        for x in xs:
            tape.watch(x)
        out = run(given)
        G = rng.normal(0, 1, out.shape).astype("float32")
        loss = tf.reduce_sum(out * G)
    trainable = [w for w in layer.weights if w.trainable] if hasattr(layer, "weights") else []
    grads = tape.gradient(loss, [w.value for w in trainable] + ([] if ints else xs))
    grads = [tf.convert_to_tensor(g) for g in grads]
    after = {path(layer, w): arr(w.numpy()) for w in layer.weights if not w.trainable} if training else None
    cases.append({
        "layer": name, "args": {**args, **({} if mask is None else {"mask": mask})}, "in": [arr(x) for x in inputs], "weights": weights, "out": [arr(out.numpy())], "G": [arr(G)],
        "grad_weights": {path(layer, w): arr(g.numpy()) for w, g in zip(trainable, grads)},
        "grad_in": [] if ints else [arr(g.numpy()) for g in grads[len(trainable):]],
        "weights_after": after,
    })


def normal(*shape):
    return rng.normal(0, 1, shape).astype("float32")


for name in "tanh gelu elu swish mish leaky_relu relu6 softplus exponential linear selu hard_sigmoid".split():
    case("activation", {"name": name}, L.Activation(name), [normal(3, 5) * 3])
case("Dense", {"units": 4, "activation": "gelu", "use_bias": False}, L.Dense(4, activation="gelu", use_bias=False), [normal(2, 3, 5)])
for units, kernel, strides, padding, dilation, steps in [(3, 4, 1, "same", 1, 9), (2, 4, 3, "same", 1, 8), (3, 2, 2, "valid", 1, 8), (2, 3, 1, "causal", 2, 7), (2, 3, 1, "valid", 3, 9)]:
    layer = L.Conv1D(units, kernel, strides=strides, padding=padding, dilation_rate=dilation, activation="relu")
    case("Conv1D", {"filters": units, "kernel": kernel, "strides": strides, "padding": padding, "dilation": dilation, "activation": "relu"}, layer, [normal(2, steps, 2)])
for kernel, strides, padding, dilation in [([2, 3], [2, 1], "same", 1), ([3, 3], [2, 2], "same", 1), ([3, 2], [2, 3], "valid", 1), ([2, 2], 1, "same", [2, 1]), ([3, 2], 1, "valid", [1, 2])]:
    layer = L.Conv2D(3, kernel, strides=strides, padding=padding, dilation_rate=dilation)
    case("Conv2D", {"filters": 3, "kernel": kernel, "strides": strides, "padding": padding, "dilation": dilation}, layer, [normal(2, 6, 7, 2)])
for pool, strides, padding in [(2, 2, "valid"), (3, 2, "same"), (3, 1, "same"), (2, 3, "valid")]:
    args = {"pool": pool, "strides": strides, "padding": padding}
    for kind in ("Max", "Average"):
        case(f"{kind}Pooling1D", args, getattr(L, f"{kind}Pooling1D")(pool, strides, padding), [normal(2, 7, 2)])
        case(f"{kind}Pooling2D", args, getattr(L, f"{kind}Pooling2D")(pool, strides, padding), [normal(1, 7, 5, 2)])
for kind in ("Max", "Average"):
    case(f"Global{kind}Pooling2D", {}, getattr(L, f"Global{kind}Pooling2D")(), [normal(2, 3, 4, 2)])
case("GlobalAveragePooling1D", {}, L.GlobalAveragePooling1D(), [normal(2, 4, 3)])
prefix, gaps = [[1, 1, 1, 1, 0], [1, 1, 0, 0, 0]], [[1, 0, 1, 1, 0], [0, 1, 1, 0, 1]]
for word, cell in [("LSTM", L.LSTM), ("GRU", L.GRU)]:
    for args, mask in [({}, None), ({}, prefix), ({}, gaps), ({"return_sequences": True}, gaps), ({"go_backwards": True}, None), ({"go_backwards": True, "return_sequences": True}, prefix)]:
        case(word, {"units": 4, **args}, cell(4, **args), [normal(2, 5, 3)], mask=mask)
    for merge in ("concat", "sum", "ave", "mul"):
        layer = L.Bidirectional(cell(3), merge_mode=merge)
        case(f"Bidirectional {word}", {"units": 3, "merge": merge}, layer, [normal(2, 5, 2)], mask=prefix)
    layer = L.Bidirectional(cell(3, return_sequences=True), merge_mode="sum")
    case(f"Bidirectional {word}", {"units": 3, "merge": "sum", "return_sequences": True}, layer, [normal(2, 4, 2)])
for heads, causal in [(2, False), (3, True)]:
    layer = L.MultiHeadAttention(heads, 6 // heads)
    call = lambda x, layer=layer, causal=causal: layer(x, x, use_causal_mask=causal)
    case("MultiHeadAttention", {"heads": heads, "key_dim": 6 // heads, "causal": causal}, layer, [normal(2, 4, 6)], call=call)
case("LayerNormalization", {"epsilon": 1e-3}, L.LayerNormalization(), [normal(2, 3, 4)])
case("LayerNormalization", {"epsilon": 1e-5}, L.LayerNormalization(epsilon=1e-5), [normal(3, 5)])
case("BatchNormalization", {"momentum": 0.99, "epsilon": 1e-3}, L.BatchNormalization(), [normal(3, 4)], training=False)
case("BatchNormalization", {"momentum": 0.8, "epsilon": 1e-2, "training": True}, L.BatchNormalization(momentum=0.8, epsilon=1e-2), [normal(2, 3, 2, 3)], training=True)
for word in ("Add", "Multiply", "Average", "Maximum", "Concatenate"):
    case(word, {}, getattr(L, word)(), [normal(2, 3), normal(2, 3), normal(2, 3)])
case("Permute", {"dims": [2, 1, 3]}, L.Permute((2, 1, 3)), [normal(2, 3, 4, 2)])
case("Reshape", {"target_shape": [4, 3]}, L.Reshape((4, 3)), [normal(2, 2, 6)])

out = json.dumps({"made_with": {"tensorflow": tf.__version__, "keras": keras.__version__}, "cases": cases}).encode()
with open(os.path.join(os.path.dirname(os.path.abspath(__file__)), "keras-reference.json.gz"), "wb") as file:
    file.write(gzip.compress(out, 9, mtime=0))
print(len(cases), len(out))
