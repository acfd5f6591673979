"""Writes librosa-reference.json.gz: WAV files of every kind and what librosa makes of them.

Run by hand, with librosa 0.11 and soundfile 0.14: python librosa_reference.py. It adds to the shared fixtures what they do
not have: whole files (8 to 64 bits, floats, companded, extensible, stereo, odd lengths, silence, shorter than one window),
other rates, windows, bands and frequencies, and resampling. librosa gets samples of double precision, so that its own
rounding does not stand in the numbers.
"""
import base64
import gzip
import io
import json
import os
import struct
import warnings

import librosa
import numpy as np
import soundfile

warnings.filterwarnings("ignore")
rng = np.random.default_rng(5)


def tones(n, rate):
    """A chirp, a tone that dies away, and a little noise: something in most bands."""
    t = np.arange(n) / rate
    low, high = 0.02 * rate, 0.45 * rate
    chirp = np.sin(2 * np.pi * (low * t + (high - low) / 2 * t * t / max(t[-1], 1e-9)))
    return 0.4 * chirp + 0.3 * np.sin(2 * np.pi * 0.05 * rate * t) * np.exp(-6 * t / max(t[-1], 1e-9)) + 0.02 * rng.standard_normal(n)


def wav(data, code, channels, rate, bits, extensible=False, before=b"", after=b""):
    """The bytes of a WAV file; `before` and `after` are chunks around the samples."""
    align = channels * bits // 8
    guid = struct.pack("<H", code) + bytes.fromhex("000000001000800000aa00389b71")
    fmt = struct.pack("<HHIIHH", 0xFFFE if extensible else code, channels, rate, rate * align, align, bits)
    fmt += struct.pack("<HHI", 22, bits, 0) + guid if extensible else (b"" if code == 1 else struct.pack("<H", 0))
    body = b"WAVEfmt " + struct.pack("<I", len(fmt)) + fmt + before
    body += b"data" + struct.pack("<I", len(data)) + data + (b"\0" if len(data) % 2 else b"") + after
    return b"RIFF" + struct.pack("<I", len(body)) + body


def int16(x):
    return np.round(np.clip(x, -1, 0.9999) * 32767).astype("<i2").tobytes()


def int24(x):
    return b"".join(struct.pack("<i", int(v))[:3] for v in np.round(x * 8388607).ravel())


def companded(x, subtype):
    file = io.BytesIO()
    soundfile.write(file, x, 8000, format="WAV", subtype=subtype)
    return file.getvalue()


x8 = tones(1003, 8000)
note = b"LIST" + struct.pack("<I", 5) + b"INFO!" + b"\0"
files = {
    8000: {
        "plain": wav(int16(x8), 1, 1, 8000, 16),
        "odd": wav(int16(tones(801, 8000)), 1, 1, 8000, 16),
        "silence": wav(int16(np.zeros(500)), 1, 1, 8000, 16),
        "short": wav(int16(tones(90, 8000)), 1, 1, 8000, 16),
        "click": wav(int16(np.array([0.9])), 1, 1, 8000, 16),
        "long": wav(int16(tones(1500, 8000)), 1, 1, 8000, 16),
        "stereo": wav(int16(np.stack([x8[:700], np.roll(x8, 100)[:700] * 0.5], 1)), 1, 2, 8000, 16),
        "bits8": wav((np.round(x8[:301] * 127) + 128).astype("u1").tobytes(), 1, 1, 8000, 8),
        "bits24": wav(int24(x8[:301]), 1, 1, 8000, 24, before=note),
        "bits32": wav(np.round(x8[:301] * 2147483647).astype("<i4").tobytes(), 1, 1, 8000, 32, after=note),
        "float32": wav(x8[:301].astype("<f4").tobytes(), 3, 1, 8000, 32),
        "float64": wav(x8[:301].astype("<f8").tobytes(), 3, 1, 8000, 64),
        "loud": wav((x8[:301] * 3).astype("<f4").tobytes(), 3, 1, 8000, 32),
        "extensible": wav(int24(np.stack([x8[:301], x8[:301][::-1]], 1)), 1, 2, 8000, 24, extensible=True),
        "extensible_float": wav(x8[:301].astype("<f4").tobytes(), 3, 1, 8000, 32, extensible=True),
        "mulaw": companded(x8[:301], "ULAW"),
        "alaw": companded(x8[:301], "ALAW"),
    },
    11025: {"plain": wav(int16(tones(1500, 11025)), 1, 1, 11025, 16)},
    16000: {"plain": wav(int16(tones(2100, 16000)), 1, 1, 16000, 16)},
    22050: {"plain": wav(int16(tones(2500, 22050)), 1, 1, 22050, 16)},
    44100: {"plain": wav(int16(tones(3000, 44100)), 1, 1, 44100, 16)},
}

# As a spec says it, and the same for librosa.
features = {
    8000: [
        ("mel(bands: 20)", "mel", dict(n_mels=20, n_fft=256, hop_length=128)),
        ("mel(bands: 24, fft: 400, hop: 160, fmin: 100Hz, fmax: 3.5kHz, scale: power)", "mel power", dict(n_mels=24, n_fft=400, hop_length=160, fmin=100, fmax=3500)),
        ("mel(bands: 7, fft: 250, hop: 77, fmin: 300Hz)", "mel", dict(n_mels=7, n_fft=250, hop_length=77, fmin=300)),
        ("mel(bands: 12, fft: 128, hop: 128, fmin: 50Hz, htk: true, norm: none)", "mel", dict(n_mels=12, n_fft=128, hop_length=128, fmin=50, htk=True, norm=None)),
        ("mel(bands: 10, htk: true, scale: power)", "mel power", dict(n_mels=10, n_fft=256, hop_length=128, htk=True)),
        ("spectrogram(fft: 8ms, hop: 8ms)", "spectrogram", dict(n_fft=64, hop_length=64)),
        ("spectrogram(fft: 90, hop: 100, scale: power)", "spectrogram power", dict(n_fft=90, hop_length=100)),
        ("mfcc(coefficients: 13)", "mfcc", dict(n_mfcc=13, n_mels=40, n_fft=256, hop_length=128)),
        ("mfcc(coefficients: 20, bands: 20, fft: 512, hop: 200)", "mfcc", dict(n_mfcc=20, n_mels=20, n_fft=512, hop_length=200)),
        ("waveform", "waveform", {}),
    ],
    11025: [("mel(bands: 16)", "mel", dict(n_mels=16, n_fft=512, hop_length=256)), ("mfcc(coefficients: 12, bands: 26)", "mfcc", dict(n_mfcc=12, n_mels=26, n_fft=512, hop_length=256))],
    16000: [("mel(bands: 32, fft: 25ms, hop: 10ms)", "mel", dict(n_mels=32, n_fft=512, hop_length=256)), ("mfcc", "mfcc", dict(n_mfcc=20, n_mels=40, n_fft=512, hop_length=256))],
    22050: [("mel(bands: 40, fft: 1024, hop: 512, fmax: 8kHz)", "mel", dict(n_mels=40, n_fft=1024, hop_length=512, fmax=8000))],
    44100: [("mel(bands: 64, fft: 2048, hop: 512)", "mel", dict(n_mels=64, n_fft=2048, hop_length=512))],
}
length = 0.15


def computed(kind, y, rate, args):
    word, _, scale = kind.partition(" ")
    if word == "waveform":
        return y[:, None]
    if word == "mfcc":
        db = librosa.power_to_db(librosa.feature.melspectrogram(y=y, sr=rate, dtype=np.float64, **{k: v for k, v in args.items() if k != "n_mfcc"}))
        return librosa.feature.mfcc(S=db, n_mfcc=args["n_mfcc"]).T
    if word == "mel":
        power = librosa.feature.melspectrogram(y=y, sr=rate, dtype=np.float64, **args)
    else:
        power = np.abs(librosa.stft(y, **args)) ** 2
    return (power if scale == "power" else librosa.power_to_db(power)).T


def arr(x):
    return {"shape": list(x.shape), "data": [float(f"{v:.7g}") for v in np.asarray(x, np.float64).ravel()]}


cases = []
for rate, named in files.items():
    signals = {}
    for name, data in named.items():
        y, found = librosa.load(io.BytesIO(data), sr=None, mono=True, dtype=np.float64)
        assert found == rate
        signals[name] = y[: round(length * rate)]
    # Every file by its first features; the samples themselves where they are few; all features where only the signal differs.
    shapes = ("plain", "odd", "silence", "short", "click", "long", "stereo")
    some = lambda name, kind, i: len(signals[name]) < 302 if kind == "waveform" else i == 0 or name in shapes
    cases.append({
        "rate": rate,
        "length": f"{round(length * 1000)}ms",
        "files": {name: base64.b64encode(data).decode() for name, data in named.items()},
        "features": [
            {"text": text, "kind": kind, "out": {name: arr(computed(kind, y, rate, args)) for name, y in signals.items() if some(name, kind, i)}}
            for i, (text, kind, args) in enumerate(features[rate])
        ],
    })

# Resampling: librosa's default, soxr_hq. Noise below half of the lower rate, where all good resamplers agree.
for start, end in [(22050, 8000), (44100, 16000), (8000, 22050), (11025, 8000), (16000, 44100)]:
    n = start // 8 + 1
    spectrum = np.fft.rfft(rng.standard_normal(n))
    spectrum[np.fft.rfftfreq(n, 1 / start) > 0.4 * min(start, end)] = 0
    x = np.fft.irfft(spectrum, n) * np.hanning(n)
    x *= 0.8 / np.abs(x).max()
    data = wav(int16(x), 1, 1, start, 16)
    y, _ = librosa.load(io.BytesIO(data), sr=None, dtype=np.float64)
    cases.append({"resample": [start, end], "file": base64.b64encode(data).decode(), "out": arr(librosa.resample(y, orig_sr=start, target_sr=end))})

out = json.dumps({"made_with": {"librosa": librosa.__version__, "soundfile": soundfile.__version__}, "cases": cases}).encode()
with open(os.path.join(os.path.dirname(os.path.abspath(__file__)), "librosa-reference.json.gz"), "wb") as file:
    file.write(gzip.compress(out, 9, mtime=0))
print(len(out))
