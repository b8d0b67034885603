#!/usr/bin/env python3
"""run.py PROGRAM: times mlvicx-bench's steps and PyTorch's by turns on this machine, and prints ratios, as JSON with
--json FILE. Each turn times the suite once and every form of PyTorch once, so that what else the machine does meets all
of them; a ratio is that of the medians over the turns. The suite's steps make their views, PyTorch's get theirs made.
"""
import argparse
import datetime
import json
import os
import pathlib
import statistics
import subprocess
import sys
import tempfile

HERE = pathlib.Path(__file__).parent
FORMS = ["plain", "tuned", "compiled"]
# What mlvicx-bench sets for itself (core/environment.h); tuned PyTorch gets it too.
MEMORY = {"GLIBC_TUNABLES": "glibc.malloc.hugetlb=1:glibc.malloc.mmap_threshold=1073741824:"
                            "glibc.malloc.trim_threshold=1073741824"}


def output(command, environment=()):
    ran = subprocess.run(command, env={**os.environ, **dict(environment)}, capture_output=True, text=True)
    if ran.returncode != 0:
        sys.exit(f"{' '.join(map(str, command))}: exit status {ran.returncode}\n{ran.stderr}{ran.stdout}")
    return ran.stdout


class Comparison:
    def __init__(self, given, folder):
        self.given, self.folder = given, pathlib.Path(folder)

    def bench(self, method, *more):
        g = self.given
        return output([g.program, "bench", "--quiet", "--method", method, "--batch", str(g.batch), "--size", str(g.size),
                       "--device", g.device, "--set", f"precision={g.precision}", *more])

    def suite(self, method):
        """One measurement; the record that it wrote."""
        file = self.folder / "bench.json"
        self.bench(method, "--seconds", str(self.given.seconds), "--json", str(file))
        return json.loads(file.read_text())

    def pytorch(self, step, form):
        g = self.given
        said = output([sys.executable, str(HERE / "pytorch_step.py"), str(step), "--form", form, "--precision",
                       g.precision, "--device", g.device, "--seconds", str(g.seconds)],
                      {} if form == "plain" else MEMORY)
        return json.loads(said.splitlines()[-1])["images_per_second"]

    def row(self, method):
        step = self.folder / f"{method}.safetensors"
        self.bench(method, "--step", str(step))
        rates = {"suite": [], **{form: [] for form in self.given.forms}}
        for turn in range(self.given.turns):
            self.record = self.suite(method)
            rates["suite"].append(self.record["rows"][0]["images_per_second"])
            for form in self.given.forms:
                rates[form].append(self.pytorch(step, form))
            print(f"{method}, turn {turn + 1}: " + ", ".join(f"{name} {each[-1]:.4g}" for name, each in rates.items()),
                  file=sys.stderr)
        step.unlink()
        median = {name: statistics.median(each) for name, each in rates.items()}
        return {"method": method, "images_per_second": rates,
                "ratios": {form: round(median["suite"] / median[form], 3) for form in self.given.forms}}


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("program")
    parser.add_argument("--method", action="append", help="may be given several times (default: simclr and mlvicx)")
    parser.add_argument("--batch", type=int, default=16)
    parser.add_argument("--size", type=int, default=64)
    parser.add_argument("--precision", choices=["fp32", "bf16"], default="fp32")
    parser.add_argument("--device", default="cpu")
    parser.add_argument("--forms", type=lambda text: text.split(","), default=["plain", "tuned"],
                        help=f"some of {','.join(FORMS)} (default: plain,tuned)")
    parser.add_argument("--turns", type=int, default=3)
    parser.add_argument("--seconds", type=float, default=10, help="of each measurement")
    parser.add_argument("--json", type=pathlib.Path)
    given = parser.parse_args()
    if unknown := set(given.forms) - set(FORMS):
        parser.error(f"--forms has {', '.join(sorted(unknown))}, expected some of {', '.join(FORMS)}")
    import torch  # late, so that --help needs nothing
    with tempfile.TemporaryDirectory() as folder:
        comparison = Comparison(given, folder)
        rows = [comparison.row(method) for method in given.method or ["simclr", "mlvicx"]]
    record = {"kind": "pytorch comparison", "date": str(datetime.datetime.now(datetime.timezone.utc).date()),
              "program": comparison.record["program"], "libtorch": comparison.record["libtorch"],
              "pytorch": torch.__version__, "machine": comparison.record["machine"],
              "setting": comparison.record["setting"], "turns": given.turns, "seconds": given.seconds, "rows": rows}
    if given.json:
        given.json.write_text(json.dumps(record, indent=2) + "\n")
    print(f"{record['machine']['device']}: {given.batch} images of {given.size} pixels a step, {given.precision}; "
          f"LibTorch {record['libtorch']}, PyTorch {record['pytorch']}")
    print(f"{'method':<14}" + "".join(f"{name:>12}" for name in ["images/s", *(f"x {form}" for form in given.forms)]))
    for row in rows:
        print(f"{row['method']:<14}{statistics.median(row['images_per_second']['suite']):>12.4g}"
              + "".join(f"{row['ratios'][form]:>12.2f}" for form in given.forms))


if __name__ == "__main__":
    main()
