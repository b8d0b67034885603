"""Cases: DICOM files. The right pixels come from pydicom 3.0.2 (pixel_array, for a VOI LUT apply_voi_lut) and numpy:

    deep values  s = sorted values without padding, n of them; from s[int(0.005 n)] to the value as far from the end
    8 bits       as they are
    then         round half up of 255 times the share; MONOCHROME1: of 1 minus it; padding 0

They are given by the first 16 digits of their SHA-256.
"""
import hashlib

from run import Case

image = "fd63becfbcffe7c7"  # the image in most folders, by its percentiles
grey = "3b8ff5a85c035d28"  # the same in 8 bits
odd = "46beca7aee57dbd0"  # 63 x 63 pixels of it
padded = "5b829852b345f891"  # within a border of padding, MONOCHROME1
sigmoid = "da3a614176b59a95"  # 255 / (1 + exp(-4 (x - c) / w)) of the rescaled values

prepare = "prepare --dataset manifest --manifest m.csv --size 64 --out {out}/p.safetensors"


def pixels(digest, rule):
    """Passes if the only image has these pixels and was read by that rule."""

    def check(run):
        prepared = run.prepared()
        found = hashlib.sha256(bytes(prepared.image(0))).hexdigest()[:16]
        if found != digest:
            return f"pixels of digest {found}, expected {digest}"
        rules = prepared.provenance()["prepared"]["conversion"]
        return None if list(rules) == [rule] else f"read by {rules}, expected {rule}"

    return check


def read(folder, digest, rule, options="", size=64):
    return Case(folder, prepare.replace("64", str(size)) + options, check=pixels(digest, "DICOM, " + rule))


def refused(folder, *says, options=""):
    return Case(folder, prepare + options, status=2, says=(r"\w+\.dcm", *says), never=(r"damaged", r"truncated"))


deep, eight, window = "0.5 to 99.5 percentile of 12 bits", "full range of 8 bits", " --window file"
deep16 = "0.5 to 99.5 percentile of 16 bits"

cases = [
    read("a01-voi-lut-sequence", "a309df97587a9cac", "VOI LUT of the file on 12 bits", window),
    refused("a05-narrow-window-LINEAR", r"0\.26 wide", "LINEAR", options=window),
    read("a05-narrow-window-SIGMOID", sigmoid, "window of the file on 12 bits, rescaled", window),
    read("a05-window-empty", image, deep + ", no window in the file", window),
    read("a07-padding-0-MONOCHROME1", padded, deep + ", MONOCHROME1 inverted, padding black"),
    read("a07-padding-4095-MONOCHROME1", padded, deep + ", MONOCHROME1 inverted, padding black"),
    read("a07-padding-63536-MONOCHROME1", padded, deep16 + ", MONOCHROME1 inverted, padding black"),
    read("a07-padding-65535-MONOCHROME1", padded, deep16 + ", MONOCHROME1 inverted, padding black"),
    read("a07-padding-minus2000", "70925ea089e1e796", deep16 + ", padding black"),
    read("a14-excess-padding", image, deep + ", bytes after the pixels ignored"),
    read("a15-odd", odd, eight, size=63),
    read("a15-odd-without-pad-byte-implicit", odd, eight, size=63),
    read("a17-j2k", image, deep),
    read("a18-j2k14-stored12-content14", image,
         "0.5 to 99.5 percentile of 14 bits, coded with a different number of bits than the header says"),
    refused("a19-j2k-signed16-PR0-16", "signed values", r"Pixel Representation 0"),
    read("a21-alloc16-stored8-j2k16", grey, eight),
    read("a21-alloc16-stored8-jpeg8", "ebbd1c3a7379cdca", eight),  # Pillow 13 decodes the fragment
    read("a21-alloc16-stored8-raw", grey, eight),
    refused("a25-implicit-labelled-explicit", "are in Implicit VR Little Endian", r"names 1\.2\.840\.10008\.1\.2\.1 "),
    refused("a26-explicit-labelled-implicit", "are in Explicit VR Little Endian", r"names 1\.2\.840\.10008\.1\.2 "),
    read("a27-implicit-meta", image, deep),
    read("a27-no-meta-but-preamble", image, deep),
    refused("a28-htj2k", r"1\.2\.840\.10008\.1\.2\.4\.201 \(High-Throughput JPEG 2000", "is not supported"),
    read("a28-j2k92", image, deep),
    refused("a28-jpeg53", "coded as JPEG 2000", r"1\.2\.840\.10008\.1\.2\.4\.53 \(JPEG Spectral Selection"),
    refused("a28-private-ge", r"transfer syntax 1\.2\.840\.113619\.5\.2", "is not supported"),
    refused("a31-empty", "no photometric interpretation"),
    read("a31-monochrome2", grey, eight),
    refused("a39-float-pixels", "float pixels"),
    read("a43-trailing-newline", image, deep),
    read("a43-trailing-text", image, deep),
    read("a55-voi-sigmoid", sigmoid, "window of the file on 12 bits", window),
]
