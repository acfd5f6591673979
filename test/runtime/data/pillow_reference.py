"""Writes pillow-reference.json.gz: picture files of every kind with their pixels, and resized pictures, by Pillow itself.

Run by hand, with Pillow 12.3 (13 resizes in another order): python pillow_reference.py. It adds to the shared peer_fixtures what they do not have: 16 bits,
1, 2 and 4 bits, interlaced and transparent files, CMYK, 4:2:0 and turned JPEG, TIFF, palettes of BMP, PGM of 16 bits; sizes
up and down, odd and even, of one to four channels.
"""
import base64
import gzip
import io
import json
import os

import numpy as np
import PIL
from PIL import Image, ImageOps

rng = np.random.default_rng(9)
h, w = 13, 18
y, x = np.mgrid[0:h, 0:w]
rgb = np.stack([x * 255 / (w - 1), y * 255 / (h - 1), (x * 11 + y * 17) % 256], -1).astype(np.uint8)
noise = rng.integers(0, 256, (h, w, 4), dtype=np.uint8)
color, gray, rgba = Image.fromarray(rgb), Image.fromarray(rgb[..., 0]), Image.fromarray(np.dstack([rgb, noise[..., 3]]))
deep = (np.arange(h * w).reshape(h, w) * 65535 // (h * w - 1)).astype(np.uint16)
cases = []


def arr(a):
    a = np.asarray(a)
    return {"shape": list(a.shape), "data": a.ravel().tolist()}


def over_white(image):
    """Alpha over white, as a page shows it."""
    a = np.asarray(image.convert("RGBA")).astype(float)
    return np.floor(a[..., :3] * a[..., 3:] / 255 + 255 - a[..., 3:] + 0.5).astype(np.uint8)


def decoded(kind, image, wanted=None, most=0, **options):
    file = io.BytesIO()
    image.save(file, **options)
    read = Image.open(io.BytesIO(file.getvalue()))
    out = wanted(read) if wanted else np.asarray(read.convert("RGB"))
    cases.append({"name": "decode", "kind": kind, "most": most, "file_base64": base64.b64encode(file.getvalue()).decode(), "out": arr(out)})


L = lambda image: np.asarray(image.convert("L"))
decoded("png rgb", color, format="PNG")
decoded("png gray", gray, L, format="PNG")
decoded("png 1 bit", gray.point(lambda v: 255 * (v > 99)).convert("1"), L, format="PNG")
decoded("png palette of 3", color.quantize(3), format="PNG", bits=2)
decoded("png palette of 200", color.quantize(200), format="PNG")
decoded("png 16 bits", Image.fromarray(deep), lambda _: (deep >> 8).astype(np.uint8), format="PNG")
decoded("png alpha over white", rgba, over_white, most=1, format="PNG")
decoded("png alpha kept", rgba, lambda image: np.asarray(image), format="PNG")
decoded("png gray and alpha over white", rgba.convert("LA"), over_white, most=1, format="PNG")
decoded("png palette and transparency over white", color.quantize(16), over_white, format="PNG", transparency=3)
decoded("gif", color.quantize(64), format="GIF")
decoded("gif transparent over white", color.quantize(16), over_white, format="GIF", transparency=5)
decoded("bmp rgb", color, format="BMP")
decoded("bmp gray", gray, L, format="BMP")
decoded("bmp 1 bit", gray.convert("1"), L, format="BMP")
decoded("bmp palette", color.quantize(32), format="BMP")
decoded("ppm", color, format="PPM")
decoded("pgm", gray, L, format="PPM")
decoded("pgm 16 bits", Image.fromarray(deep), lambda _: np.round(deep / 257).astype(np.uint8), format="PPM")
decoded("tiff", color, format="TIFF")
decoded("tiff lzw", color, format="TIFF", compression="tiff_lzw")
decoded("webp lossless", color, format="WEBP", lossless=True)
decoded("webp lossless alpha kept", rgba, lambda image: np.asarray(image), format="WEBP", lossless=True, exact=True)
decoded("webp lossy", color, most=2, format="WEBP", quality=90)
decoded("jpeg 4:4:4", color, most=2, format="JPEG", quality=90, subsampling=0)
decoded("jpeg 4:2:0", color, most=2, format="JPEG", quality=85, subsampling=2)
decoded("jpeg 4:2:2", color, most=2, format="JPEG", quality=85, subsampling=1)
decoded("jpeg gray", gray, L, most=2, format="JPEG", quality=80)
decoded("jpeg progressive", color, most=2, format="JPEG", quality=85, progressive=True)
for turn in (3, 6, 5):
    exif = Image.Exif()
    exif[0x0112] = turn
    decoded(f"jpeg turned {turn}", color, lambda image: np.asarray(ImageOps.exif_transpose(image)), most=2, format="JPEG", quality=90, subsampling=0, exif=exif)
decoded("jpeg cmyk", color.convert("CMYK"), lambda image: np.asarray(image.convert("RGB")), most=2, format="JPEG", quality=95)

big = np.stack([rng.integers(0, 256, (37, 29)), np.kron(rng.integers(0, 2, (10, 8)), np.full((4, 4), 255))[:37, :29], np.full((37, 29), 200)], -1).astype(np.uint8)
for channels in (1, 3):
    source = Image.fromarray(big[..., 0] if channels == 1 else big)
    for size in [(1, 1), (29, 20), (30, 37), (7, 5), (58, 74), (31, 36), (64, 64), (2, 90)]:
        cases.append({"name": "resize", "channels": channels, "size": size, "in": arr(big[..., :channels]), "out": arr(np.asarray(source.resize(size, Image.BILINEAR)))})
one = Image.fromarray(big[:1, :1])
cases.append({"name": "resize", "channels": 3, "size": (5, 4), "in": arr(big[:1, :1]), "out": arr(np.asarray(one.resize((5, 4), Image.BILINEAR)))})
for size in [(20, 20), (16, 30)]:
    image = Image.fromarray(big)
    cases.append({"name": "fit", "size": size, "in": arr(big), "out": arr(np.asarray(ImageOps.pad(image, size, Image.BILINEAR, color=(255, 255, 255))))})
    cases.append({"name": "crop", "size": size, "in": arr(big), "out": arr(np.asarray(ImageOps.fit(image, size, Image.BILINEAR)))})

out = json.dumps({"made_with": {"pillow": PIL.__version__}, "cases": cases}).encode()
with open(os.path.join(os.path.dirname(os.path.abspath(__file__)), "pillow-reference.json.gz"), "wb") as file:
    file.write(gzip.compress(out, 9, mtime=0))
print(len(cases), len(out))
