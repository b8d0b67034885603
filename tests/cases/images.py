"""Cases: PNG and JPEG images, and masks.

Pixels are those of Pillow 13 (16-bit PNG, palettes, alpha, EXIF by ImageOps.exif_transpose, CMYK by convert("RGB")) and
of imagecodecs (JPEG of 12 bits). Deep values become 8 bits by numpy: with s the sorted pixels and k = int(0.005 * n),
floor(255 * clip((v - s[k]) / (s[n - 1 - k] - s[k]), 0, 1) + 0.5). Named are every eighth pixel of row 20, and how many
grey levels there are. Images and their masks are 64 x 64, so nothing is resized.
"""
from run import Case

prepare = "prepare --dataset manifest --manifest m.csv --size 64 --out {out}/p.safetensors"

# The picture that all images here show, and what percentiles make of its deeper forms.
plain = [99, 112, 116, 87, 160, 84, 110, 131]
stretched = [111, 126, 130, 97, 181, 93, 123, 148]
lossy = [99, 111, 113, 87, 160, 84, 113, 132]
turned = [201, 213, 195, 109, 73, 51, 104, 50]  # a quarter clockwise
lossy_turned = [201, 213, 196, 108, 72, 51, 103, 52]


def image(row, levels, within=0, rule=""):
    """A check of the first image: row 20, its grey levels, and the rule recorded in the file."""

    def check(run):
        prepared = run.prepared()
        pixels = prepared.image(0)
        found = list(pixels[20 * 64 : 21 * 64 : 8])
        if any(abs(a - b) > within for a, b in zip(found, row)):
            return f"row 20 is {found}, expected {row}"
        if abs(len(set(pixels)) - levels) > 10 * within:
            return f"{len(set(pixels))} grey levels, expected {levels}"
        rules = prepared.provenance()["prepared"]["conversion"]
        return None if any(rule in name for name in rules) else f"read by {rules}, expected {rule}"

    return check


def mask(kind=""):
    """A check of the first image's mask: the same 697 pixels, columns 11 to 39 and rows 18 to 46, in every form."""

    def check(run):
        prepared = run.prepared()
        at = [i for i, value in enumerate(prepared.mask(0)) if value]
        if len(at) != 697:
            return f"the mask has {len(at)} pixels, expected 697"
        box = min(i % 64 for i in at), max(i % 64 for i in at), at[0] // 64, at[-1] // 64
        if box != (11, 39, 18, 46):
            return f"the mask is in {box}"
        notes = prepared.provenance()["prepared"]["notes"]
        if kind and [note["first"] for name, note in notes.items() if kind in name and note["count"] == 1] == []:
            return f"the file has {notes}, expected one of {kind}"
        return None

    return check


percentile = "0.5 to 99.5 percentile of 16 bits"
cases = [
    Case("b01-12bit-in-16bit-png", prepare, check=image(stretched, 222, rule=percentile)),
    Case("b01-12bit-in-16bit-png", prepare + " --window file", name="b01 12 bits, window of the file",
         check=image(stretched, 222, rule=percentile + ", no window in the file")),
    Case("b01-12bit-in-16bit-png", prepare + " --window full", name="b01 12 bits, full range",
         check=image([6, 6, 6, 5, 8, 5, 6, 7], 11, rule="full range of 16 bits")),
    Case("b01-8bit-in-16bit-png", prepare, check=image(stretched, 222, rule=percentile)),
    Case("b03-image-in-alpha-only", prepare, 2, (r"1 of 1 images have a single value, first \w+\.png.*alpha channel",)),
    Case("b04-cmyk-allchannels", prepare, never=("damaged",), check=image(lossy, 226, 1, "CMYK")),
    Case("b05-exif-1", prepare, check=image(lossy, 226, 1)),
    Case("b05-exif-6", prepare, check=image(lossy_turned, 226, 1, "rotated by EXIF orientation")),
    Case("b13-exif-rot", prepare, check=image(turned, 224, rule="rotated by EXIF orientation")),
    Case("b06-lossless-sof3", prepare, never=("damaged",), check=image(plain, 224)),
    Case("b07-jpeg12", prepare, never=("damaged",), check=image(stretched, 256, 1, "percentile of 12 bits")),
    Case("b19-jfif-2.01", prepare, never=("damaged",), check=image(lossy, 226, 1)),
    Case("c28-mask-16bit-01", prepare, never=("more than two values",), check=mask()),
    Case("c28-mask-rgb-red1", prepare, never=("more than two values",), check=mask()),
    Case("c28-mask-palette-black", prepare, says=("palette indices.*: 1, first mask.png",),
         check=mask("palette indices")),
    Case("c28-mask-rgba-alpha", prepare, says=("alpha channel.*: 1, first mask.png",), check=mask("alpha channel")),
    Case("c28-mask-jpeg-q75", prepare, says=("more than two values.*: 1, first mask.jpg",),
         check=mask("more than two values")),
    Case("c28-mask-smooth-edges", prepare, says=("more than two values.*: 1, first mask.png",),
         check=mask("more than two values")),
    Case("c28-mask-other-shape", prepare, 2, ("mask.png: the mask has 48 x 64 pixels, the image 64 x 64",)),
    # Here the image without a mask has label 1 and the one with a mask has label 0.
    Case("c28-mask-16bit-01", prepare, name="c28 mask and label disagree",
         says=("without a mask although the label is 1: 1, first 1.png", "although the label is 0: 1, first 0.png")),
    Case("d05-all-constant", prepare, 2, ("40 of 40 images have a single value, first .*prepared pixels are 0",),
         name="d05 all images of a single value"),
    Case("d05-one-constant", prepare, 2, ("1 of 40 images have a single value, first .*3.png.*are 128", "--skip-bad"),
         name="d05 one image of a single value"),
    Case("d05-one-constant", prepare + " --skip-bad", says=("images of a single value, left out: 1, first 3.png",),
         name="d05 one image of a single value left out",
         check=lambda run: None if run.prepared().shape("images")[0] == 39 else "expected 39 images"),
]
