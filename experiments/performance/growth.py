#!/usr/bin/env python3
"""growth.py PROGRAM SIZES...: how time and memory of each command grow with the number of images, as a table with
exponents (Markdown), and as JSON with --json FILE. Times are CPU seconds of the command and its children; memory is the
largest resident set, which counts the pages of mapped files. Needs numpy, and per million images 13 GB in --folder.

The images are 8-bit PNGs of 64 pixels: 16 by 16 grey values drawn large, two images a patient, two findings, of which
one is a bright quarter and the other cannot be seen.
"""
import argparse
import json
import math
import os
import pathlib
import shutil
import struct
import subprocess
import sys
import tempfile
import zlib

import numpy

SIDE, CELLS = 64, 16
COMMANDS = {
    "prepare": "prepare --dataset manifest --manifest ../all.csv --size 64 --out all.safetensors",
    "audit": "audit all.safetensors --out audit.json",
    "pretrain": "pretrain --data all.safetensors --method simclr --out simclr.safetensors --epochs 1 --batch-size 64 "
                "--image-size 32 --set images=6400",
    "evaluate": "evaluate --data all.safetensors --encoder simclr.safetensors --image-size 16 --results all.db",
    "report": "report all.db --out report",
}


def chunk(kind, data):
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def png(pixels):
    """An 8-bit grey PNG, each row with the filter `sub`, which suits smooth rows."""
    rows = numpy.ones((SIDE, SIDE + 1), numpy.uint8)
    rows[:, 1:] = pixels
    rows[:, 2:] -= pixels[:, :-1]
    return (b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", struct.pack(">IIBBBBB", SIDE, SIDE, 8, 0, 0, 0, 0)) +
            chunk(b"IDAT", zlib.compress(rows.tobytes(), 1)) + chunk(b"IEND", b""))


def draw(folder, count):
    """Images 0 to count - 1, and their table; the first images are the same whatever `count` is."""
    at = (numpy.arange(SIDE) + 0.5) * CELLS / SIDE - 0.5
    enlarge = numpy.maximum(0, 1 - abs(at[:, None] - numpy.arange(CELLS)[None, :])).astype(numpy.float32)
    enlarge /= enlarge.sum(1, keepdims=True)
    unfinished = folder / "all.csv.partial"
    table = open(unfinished, "w", encoding="ascii")
    table.write("path,patient,split,bright,unseen\n")
    for begin in range(0, count, 1000):
        random = numpy.random.default_rng(begin)
        part = folder / f"{begin // 1000:04}"
        part.mkdir(exist_ok=True)
        grey = random.integers(20, 200, (1000, CELLS, CELLS)).astype(numpy.float32)
        findings = random.random((1000, 2)) < 0.3
        for i in range(min(1000, count - begin)):
            image = enlarge @ grey[i] @ enlarge.T
            image[:SIDE // 2, :SIDE // 2] += 50 * findings[i, 0]
            name, patient = f"{part.name}/{i:03}.png", (begin + i) // 2
            (folder / name).write_bytes(png(image.astype(numpy.uint8)))
            split = "test" if patient % 10 < 2 else "validation" if patient % 10 == 2 else "train"
            table.write(f"{name},{patient},{split},{int(findings[i, 0])},{int(findings[i, 1])}\n")
    table.close()
    unfinished.rename(folder / "all.csv")


def measured(command, folder, log):
    """CPU seconds and GB of a command that succeeds."""
    started = subprocess.Popen(command, cwd=folder, stdout=log, stderr=log)
    _, status, used = os.wait4(started.pid, 0)
    if status != 0:
        sys.exit(f"{' '.join(command)}: exit status {os.waitstatus_to_exitcode(status)}; see {log.name}")
    return {"seconds": round(used.ru_utime + used.ru_stime, 2), "GB": round(used.ru_maxrss * 1024 / 1e9, 3)}


def table_of(records):
    names = list(records[0]["commands"])
    lines = ["| images | " + " | ".join(f"{name}: s | GB" for name in names) + " |",
             "|--:" * (1 + 2 * len(names)) + "|"]
    for record in records:
        cells = (f"{of[kind]:.3g}" for of in record["commands"].values() for kind in ("seconds", "GB"))
        lines.append(f"| {record['images']:,} | " + " | ".join(cells) + " |")
    for one, next_one in zip(records, records[1:]):
        def exponent(name, kind):
            ratio = next_one["commands"][name][kind] / one["commands"][name][kind]
            return f"{math.log(ratio) / math.log(next_one['images'] / one['images']):.2f}"
        cells = (exponent(name, kind) for name in names for kind in ("seconds", "GB"))
        lines.append(f"| exponent from {one['images']:,} | " + " | ".join(cells) + " |")
    return "\n".join(lines)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("program", type=pathlib.Path)
    parser.add_argument("sizes", type=int, nargs="+", help="numbers of images, ascending, from 10000 on")
    parser.add_argument("--commands", type=lambda text: text.split(","), default=list(COMMANDS))
    parser.add_argument("--folder", type=pathlib.Path,
                        help="for images and files; images in it are used again (default: a temporary one)")
    parser.add_argument("--json", type=pathlib.Path)
    given = parser.parse_args()
    folder = given.folder or pathlib.Path(tempfile.mkdtemp(prefix="growth."))
    records = []
    for size in given.sizes:
        here = folder / str(size)
        if not (here / "all.csv").exists():
            here.mkdir(parents=True, exist_ok=True)
            print(f"drawing {size:,} images", file=sys.stderr)
            draw(here, size)
        record = {"images": size, "commands": {}}
        out = here / "out"
        shutil.rmtree(out, ignore_errors=True)
        out.mkdir()
        with open(here / "log.txt", "w", encoding="utf-8") as log:
            for name in given.commands:
                print(f"{size:,} images: {name}", file=sys.stderr)
                record["commands"][name] = measured([str(given.program.resolve()), *COMMANDS[name].split()], out, log)
        records.append(record)
        if given.json:
            given.json.write_text(json.dumps(records, indent=1) + "\n")
    print(table_of(records))
    if not given.folder:
        shutil.rmtree(folder)


if __name__ == "__main__":
    main()
