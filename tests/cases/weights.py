"""Cases: external weights, and files that were changed. All inputs are made here, using only the standard library."""
import io
import json
import pathlib
import pickle
import random
import re
import struct
import zipfile
from array import array

from run import Case

PREPARE = ("prepare --dataset manifest --manifest m.csv --root ../../data/nih1000/images --split patient --size 48 "
           "--out {out}/n160.safetensors")
EVALUATE = "evaluate --data {out}/n160.safetensors --image-size 32 --encoder {out}/"


def resnet18():
    """Names and shapes of torchvision's ResNet-18, without fc."""
    def norm(name, channels):
        for part in ("weight", "bias", "running_mean", "running_var"):
            yield f"{name}.{part}", [channels]

    yield "conv1.weight", [64, 3, 7, 7]
    yield from norm("bn1", 64)
    channels = 64
    for layer, width in enumerate((64, 128, 256, 512), 1):
        for block in range(2):
            inside = f"layer{layer}.{block}."
            yield inside + "conv1.weight", [width, channels, 3, 3]
            yield from norm(inside + "bn1", width)
            yield inside + "conv2.weight", [width, width, 3, 3]
            yield from norm(inside + "bn2", width)
            if channels != width:
                yield inside + "downsample.0.weight", [width, channels, 1, 1]
                yield from norm(inside + "downsample.1", width)
            channels = width


def count_of(shape):
    count = 1
    for length in shape:
        count *= length
    return count


NOISE = array("f", [gauss(0, 0.05) for gauss in [random.Random(0).gauss] * 4096])


def values_of(name, shape):
    count = count_of(shape)
    if ".weight" in name and len(shape) == 4:
        return (NOISE * (count // len(NOISE) + 1))[:count]
    return array("f", [1.0 if name.endswith(("weight", "var")) else 0.0]) * count


def weights(rename=lambda name: name, change=None):
    tensors = {rename(name): (shape, values_of(name, shape)) for name, shape in resnet18()}
    if change:
        change(tensors)
    return tensors


def write(path, tensors, padded=True):
    """The safetensors format: length, header, data; not padded as before release 0.3."""
    header, at = {}, 0
    for name, (shape, values) in tensors.items():
        size = 4 * len(values)
        header[name] = {"dtype": "F32", "shape": shape, "data_offsets": [at, at + size]}
        at += size
    text = json.dumps(header).encode()
    wanted = 0 if padded else 3
    text += b" " * ((wanted - len(text)) % 8)
    with open(path, "wb") as file:
        file.write(struct.pack("<Q", len(text)) + text)
        for _, values in tensors.values():
            values.tofile(file)


def with_weights(*args, name="w.safetensors", padded=True, **options):
    def setup(run):
        run.also(PREPARE)
        write(run.out / name, weights(*args, **options), padded)
    return setup


def with_bytes(content, name="w.safetensors"):
    def setup(run):
        run.also(PREPARE)
        (run.out / name).write_bytes(content)
    return setup


def auc_of(output):
    return re.search(r"^mean.*$", output, re.MULTILINE).group()


def as_torchvision_named(run):
    """The metrics equal those of the same weights under torchvision's names."""
    write(run.out / "plain.safetensors", weights())
    _, plain = run.also(EVALUATE + "plain.safetensors")
    return None if auc_of(plain) == auc_of(run.output) else f"{auc_of(run.output)!r} instead of {auc_of(plain)!r}"


def loads(name, setup, says=()):
    return Case("d-data", EVALUATE + "w.safetensors", 0, ("AUC %", *says), check=as_torchvision_named, setup=setup,
                name=name)


def refused(name, setup, says, file="w.safetensors"):
    return Case("d-data", EVALUATE + file, 2, says, ("internal error",), setup=setup, name=name)


def moco(tensors):
    """The other contents of a checkpoint: the encoder's moving average and the queue."""
    for name, shape in resnet18():
        tensors["module.encoder_k." + name] = (shape, values_of(name, shape))
    tensors["module.queue"] = ([4, 8], array("f", [0.5] * 32))


def spoilt(name, value):
    def change(tensors):
        tensors[name][1][3] = value
    return change


NUMBERS = {"conv1": "0", "bn1": "1", "layer1": "4", "layer2": "5", "layer3": "6", "layer4": "7"}


def numbered(name):
    first, rest = name.split(".", 1)
    return f"backbone.{NUMBERS[first]}.{rest}"


def hugging_face(name):
    return "resnet." + name.replace("conv1.weight", "embedder.embedder.convolution.weight").replace("layer", "stage")


def torch_zip():
    """What torch.save writes: a stored archive with a pickle and a file for each storage."""
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w") as archive:
        archive.writestr("archive/data.pkl", pickle.dumps({"state_dict": {}}, protocol=2))
        archive.writestr("archive/data/0", b"\0" * 256)
        archive.writestr("archive/version", "3\n")
    return content.getvalue()


# torch.save before release 1.6 pickles a magic number, the protocol, the system and the object in turn.
OLD_PICKLE = b"".join(pickle.dumps(item, protocol=2) for item in (0x1950A86A20F9469CFC6C, 1001, {}, {"a": 1}))
ONNX = b"\x08\x07\x12\x07pytorch\x1a\x051.9.0:\x04\x12\x02ab"  # ModelProto: ir_version, producer, version, graph
TORCH = (r"import torch; from safetensors\.torch import save_file", r"\.safetensors\"\)")


def changed_encoder(run):
    run.also(PREPARE)
    run.also("pretrain --data {out}/n160.safetensors --method vicreg --epochs 1 --batch-size 16 --image-size 32 "
             "--out {out}/w.safetensors")
    path = run.out / "w.safetensors"
    with open(path, "r+b") as file:
        file.seek(path.stat().st_size // 2)
        file.write(b"\0" * 400)


def changed_pixel(run):
    run.also(PREPARE)
    path = run.out / "n160.safetensors"
    content = bytearray(path.read_bytes())
    (size,) = struct.unpack_from("<Q", content)
    entry = json.loads(content[8 : 8 + size])["images"]
    content[8 + size + entry["data_offsets"][0] + 100] ^= 255
    path.write_bytes(content)


def two_encoders(first, second, **options):
    """Evaluates both into one results file, under `first` and `second`; the case then runs a third command."""
    def setup(run):
        run.also(PREPARE)
        for i, path in enumerate((first, second)):
            target = run.out / path
            target.parent.mkdir(exist_ok=True)
            write(target, weights(change=spoilt("bn1.bias", float(i + 1))))
        run.also(EVALUATE + first + " --results {out}/own.db")
    return setup


def has_two_rows(run):
    status, output = run.also("report {out}/own.db")
    if status != 0:
        return output.strip().splitlines()[-1]
    for pattern in (r"\n  a  .*\n  b  ", r"\nEncoders\na: .*a\.safetensors \([0-9a-f]{12}\)\nb: ", r"AP %"):
        if not re.search(pattern, output):
            return f"the report does not say /{pattern}/"
    text = (pathlib.Path(run.out) / "report.md").read_text()
    return None if "## Encoders" in text and "## Classes" in text else "report.md has no table of encoders or classes"


cases = [
    *(loads(f"prefix {prefix}", with_weights(lambda name, prefix=prefix: prefix + name),
            (re.escape(f'removed the prefix "{prefix}"'),))
      for prefix in ("module.", "backbone.", "encoder.", "model.", "resnet.", "module.encoder_q.", "online.0.net.")),
    loads("MoCo's checkpoint", with_weights(lambda name: "module.encoder_q." + name, moco),
          ("module.encoder_q.", r"left out 101 other tensors")),
    loads("numbered layers", with_weights(numbered), ("read its numbered layers in torchvision's order",)),
    refused("other names", with_weights(hugging_face), ("the 100 tensors are resnet", "expected conv1.weight")),
    refused("fc alone", lambda run: (run.also(PREPARE), write(run.out / "w.safetensors", {
        "fc.weight": ([2, 2], array("f", [0.0] * 4)), "fc.bias": ([2], array("f", [0.0] * 2))})),
            ("the 2 tensors are fc.bias, fc.weight", "expected conv1.weight")),
    refused("two networks", with_weights(lambda name: "student." + name, lambda tensors: tensors.update(
        {"teacher." + name: (shape, values_of(name, shape)[::-1]) for name, shape in resnet18()})),
            ('has 2 ResNets, with the prefixes "student." and "teacher."',)),
    refused("checkpoint", with_bytes(torch_zip(), "w.pth"), ("w.pth: is a PyTorch checkpoint, expected", *TORCH), "w.pth"),
    refused("Lightning's checkpoint", with_bytes(torch_zip(), "w.ckpt"), ("is a PyTorch checkpoint", *TORCH), "w.ckpt"),
    refused("checkpoint, misnamed", with_bytes(torch_zip()), ("is a PyTorch checkpoint", *TORCH)),
    refused("old checkpoint", with_bytes(OLD_PICKLE, "w.pth.tar"), ("before release 1.6", *TORCH), "w.pth.tar"),
    refused("ONNX", with_bytes(ONNX, "w.onnx"), ("is an ONNX model", "graph.initializer"), "w.onnx"),
    refused("HTML page", with_bytes(b"<!DOCTYPE html><html><head><title>Quota exceeded</title></head></html>"),
            ("is an HTML page",)),
    refused("LFS pointer", with_bytes(b"version https://git-lfs.github.com/spec/v1\noid sha256:12\nsize 46827520\n"),
            ("is a Git LFS pointer to a file of 46827520 bytes", "git lfs pull")),
    loads("header not padded", with_weights(padded=False)),
    refused("NaN", with_weights(change=spoilt("layer2.0.conv1.weight", float("nan"))),
            (r"w\.safetensors: tensor layer2\.0\.conv1\.weight .* has 1 value that no weights have .*nan, at element 3",)),
    refused("infinity", with_weights(change=spoilt("layer3.1.bn2.weight", float("inf"))),
            (r"tensor layer3\.1\.bn2\.weight .*inf",)),
    refused("negative variance", with_weights(change=spoilt("layer4.0.bn1.running_var", -0.5)),
            (r"tensor layer4\.0\.bn1\.running_var .* no variance has .*-0\.5",)),
    refused("encoder changed", changed_encoder, (r"w\.safetensors: its tensors have the digest .* was changed or is damaged",)),
    refused("prepared file changed", changed_pixel,
            (r"n160\.safetensors: its content has the fingerprint .* was changed or is damaged",), "x"),
    Case("d-data", EVALUATE + "b.safetensors --results {out}/own.db", 0, (r"AUC % \(95 %\)", "Brier", "labelled images"),
         check=has_two_rows, setup=two_encoders("a.safetensors", "b.safetensors"), name="two encoders, two rows"),
    Case("d-data", EVALUATE + "two/a.safetensors --results {out}/own.db", 2,
         (r'the label "a" with seed 0 already belongs to .*one/a\.safetensors \(digest .*two/a\.safetensors \(digest',),
         setup=two_encoders("one/a.safetensors", "two/a.safetensors"), name="two encoders, one label and seed"),
    Case("d-data", EVALUATE + "two/a.safetensors --seed 1 --results {out}/own.db", 2, ("is not another seed of it",),
         setup=two_encoders("one/a.safetensors", "two/a.safetensors"), name="two encoders, one label and two seeds"),
    Case("d-data", EVALUATE + "two/a.safetensors --seed 1 --label a --results {out}/own.db", 0,
         setup=two_encoders("one/a.safetensors", "two/a.safetensors"), name="two encoders, a label that was given"),
]
"""All cases, in the order of their kinds."""
