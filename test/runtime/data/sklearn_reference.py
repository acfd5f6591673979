"""Writes sklearn-reference.json.gz: vocabularies, tf-idf, scalers and metrics, as Keras and scikit-learn compute them.

Run by hand, with scikit-learn 1.9 and Keras 3.15: python sklearn_reference.py. It adds to the shared peer_fixtures what they
do not have: Keras's Tokenizer (ties, limits, unknown words, apostrophes), tf-idf over its words, robust and quantile
scaling, constants and holes (double precision whole), and metrics of absent classes, one class, ties and nothing guessed.
"""
import gzip
import json
import os
import warnings

os.environ["TF_CPP_MIN_LOG_LEVEL"] = "3"
import numpy as np
import sklearn
from keras.src.legacy.preprocessing.text import Tokenizer
from sklearn import metrics as M
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.preprocessing import MinMaxScaler, QuantileTransformer, RobustScaler, StandardScaler

warnings.filterwarnings("ignore")
rng = np.random.default_rng(3)
cases = []


def arr(x):
    x = np.asarray(x, np.float64)
    return {"shape": list(x.shape), "data": [None if not np.isfinite(v) else float(v) for v in x.ravel()]}


texts = [
    "Stocks fell on Monday; the Dow lost 1.5%.",
    "Profit rose to EUR 13.1 mn from EUR 8.7 mn (the company's best)",
    "stocks rose, stocks ROSE again! And again...",
    "don't  panic:\tthe market's closed\nuntil Monday",
    "naïve café déjà vu, no",
    "a_b c-d e/f g+h i=j <k> [l] {m} `n` ~o @p #q $r ^s &t *u |v \\w \"x\" ?y",
    "",
    "the the the",
]
more = ["the unknown stocks", "Monday's profit, don't", "", "AGAIN again aGaIn zzz"]
for rows in (None, 5, 12):
    t = Tokenizer(num_words=rows, oov_token="[UNK]")
    t.fit_on_texts(texts)
    words = [w for w, i in t.word_index.items() if i >= 2 and (rows is None or i < rows)]
    cases.append({"name": "Tokenizer", "rows": rows, "texts": texts, "apply": more, "words": words, "out": t.texts_to_sequences(texts + more)})
    # tf-idf over the same tokens: unknown ones are a word, too.
    names = ["[UNK]", *words]
    # A row without a word is no document here.
    some = [text for text in texts if text]
    tokens = [[t.index_word[i] if i > 1 else "[UNK]" for i in ids] for ids in t.texts_to_sequences(some)]
    v = TfidfVectorizer(analyzer=lambda x: x, vocabulary={w: i for i, w in enumerate(names)})
    v.fit(tokens)
    given = [[t.index_word[i] if i > 1 else "[UNK]" for i in ids] for ids in t.texts_to_sequences(more)]
    cases.append({"name": "tfidf", "rows": rows, "texts": some, "apply": more, "out": arr(v.transform(tokens + given).toarray())})

x = np.stack([rng.lognormal(0, 2, 40), np.round(rng.normal(0, 2, 40)), np.full(40, 0.1), np.r_[np.zeros(39), 5], np.full(40, 1e12) + rng.normal(0, 1, 40)], 1)
x[[3, 17], 0] = np.nan
new = np.vstack([x[:3], np.full((1, 5), -50.0), np.full((1, 5), 1e3)])
for name, scaler in [("standard", StandardScaler()), ("minmax", MinMaxScaler()), ("robust", RobustScaler()), ("quantile", QuantileTransformer(n_quantiles=40, output_distribution="normal"))]:
    cases.append({"name": "scaler", "scaling": name, "fit": arr(x), "apply": arr(new), "out": arr(scaler.fit(x).transform(new))})


def number(f, *args, **kwargs):
    try:
        v = float(f(*args, **kwargs))
        return v if np.isfinite(v) else None
    except ValueError:
        return None


def judged(name, target, y, p, labels=None):
    """All metrics of a classification from probabilities; the guess is the largest, or over one half."""
    out = {}
    guess = (p > 0.5).astype(int) if p.ndim == 1 or target == "multilabel" else p.argmax(1)
    averages = ("macro", "micro", "weighted") + (("samples",) if target == "multilabel" else ())
    for word, f in [("precision", M.precision_score), ("recall", M.recall_score), ("f1", M.f1_score)]:
        for average in averages:
            out[f"{word}_{average}"] = number(f, y, guess, average=average, zero_division=0)
    out["accuracy"] = number(M.accuracy_score, y, guess)
    if target != "multilabel":
        out["balanced_accuracy"] = number(M.balanced_accuracy_score, y, guess)
        out["mcc"] = number(M.matthews_corrcoef, y, guess)
        out["kappa"] = number(M.cohen_kappa_score, y, guess)
    if target == "binary":
        for word, f in [("precision", M.precision_score), ("recall", M.recall_score), ("f1", M.f1_score)]:
            out[word] = number(f, y, guess, zero_division=0)
        both = len(set(y)) == 2
        out["roc_auc"] = number(M.roc_auc_score, y, p) if both else None
        out["pr_auc"] = number(M.average_precision_score, y, p) if y.any() else None
        out["log_loss"] = number(M.log_loss, y, p, labels=[0, 1])
        out["brier"] = number(M.brier_score_loss, y, p, labels=[0, 1])
    elif target == "multiclass":
        k = p.shape[1]
        out["log_loss"] = number(M.log_loss, y, p, labels=list(range(k)))
        if len(set(y)) == k:
            out["roc_auc"] = number(M.roc_auc_score, y, p, multi_class="ovr", average="macro")
            out["roc_auc_weighted"] = number(M.roc_auc_score, y, p, multi_class="ovr", average="weighted")
            out["pr_auc"] = number(M.average_precision_score, np.eye(k)[y], p, average="macro")
        out["brier"] = float(((p - np.eye(k)[y]) ** 2).sum(1).mean())
    elif all(0 < c < len(y) for c in y.sum(0)):
        out["roc_auc"] = number(M.roc_auc_score, y, p, average="macro")
        out["pr_auc"] = number(M.average_precision_score, y, p, average="macro")
    cases.append({"name": f"metrics {name}", "target": target, "y": arr(y), "p": arr(p), "out": out})


def softmax(z):
    e = np.exp(z - z.max(1, keepdims=True))
    return e / e.sum(1, keepdims=True)


judged("plain", "binary", rng.integers(0, 2, 60), rng.random(60))
judged("ties", "binary", rng.integers(0, 2, 40), np.round(rng.random(40), 1))
judged("all scores alike", "binary", np.array([0, 1, 1, 0, 1]), np.full(5, 0.3))
judged("no positive guessed", "binary", np.array([0, 1, 1, 0]), np.array([0.1, 0.2, 0.3, 0.4]))
judged("one class, all right", "binary", np.zeros(4, int), np.array([0.1, 0.2, 0.3, 0.4]))
judged("one class, all wrong", "binary", np.ones(4, int), np.array([0.1, 0.2, 0.3, 0.4]))
judged("certain and wrong", "binary", np.array([1, 0, 1]), np.array([0.0, 1.0, 1.0]))
judged("one row", "binary", np.array([1]), np.array([0.7]))
judged("perfect", "binary", np.array([0, 1, 0, 1]), np.array([0.1, 0.9, 0.2, 0.8]))
judged("imbalanced", "binary", (rng.random(300) < 0.03).astype(int), rng.random(300) ** 3)
judged("plain", "multiclass", rng.integers(0, 4, 80), softmax(rng.normal(0, 1, (80, 4))))
judged("a class that no row has", "multiclass", rng.choice([0, 2], 30), softmax(rng.normal(0, 1, (30, 3))))
judged("a class that is never guessed", "multiclass", rng.integers(0, 3, 30), softmax(rng.normal(0, 1, (30, 3)) + [3, 3, -9]))
judged("one class", "multiclass", np.full(6, 1), softmax(rng.normal(0, 1, (6, 3))))
judged("ties of classes", "multiclass", rng.integers(0, 3, 12), np.full((12, 3), 1 / 3))
judged("plain", "multilabel", rng.integers(0, 2, (40, 3)), rng.random((40, 3)))
judged("a label that no row has", "multilabel", rng.integers(0, 2, (20, 3)) * [1, 0, 1], rng.random((20, 3)))
judged("rows without labels", "multilabel", rng.integers(0, 2, (20, 3)) * rng.integers(0, 2, (20, 1)), rng.random((20, 3)) * 0.7)


def measured(name, y, p):
    out = {"mse": M.mean_squared_error, "rmse": M.root_mean_squared_error, "mae": M.mean_absolute_error, "mape": M.mean_absolute_percentage_error, "r2": M.r2_score, "explained_variance": M.explained_variance_score}
    cases.append({"name": f"metrics {name}", "target": "regression", "y": arr(y), "p": arr(p), "out": {k: number(f, y, p) for k, f in out.items()}})


y = rng.normal(3, 5, 50)
measured("plain", y, y + rng.normal(0, 1, 50))
measured("several columns", rng.normal(0, 1, (20, 3)), rng.normal(0, 1, (20, 3)))
measured("constant labels", np.full(5, 2.0), np.array([1.0, 2, 3, 2, 2]))
measured("constant labels, all met", np.full(5, 2.0), np.full(5, 2.0))
measured("labels of nought", np.array([0.0, 0, 1, -2]), np.array([0.5, 0, 1, -1]))
measured("far from nought", 1e9 + rng.normal(0, 1, 30), 1e9 + rng.normal(0, 1, 30))
measured("worse than the mean", np.array([1.0, 2, 3]), np.array([30.0, -20, 10]))

out = json.dumps({"made_with": {"sklearn": sklearn.__version__}, "cases": cases}, ensure_ascii=False).encode()
with open(os.path.join(os.path.dirname(os.path.abspath(__file__)), "sklearn-reference.json.gz"), "wb") as file:
    file.write(gzip.compress(out, 9, mtime=0))
print(len(cases), len(out))
