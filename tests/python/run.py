"""run.py PROGRAM: the Python module against the program. Runs under MLVICX_PYTHON if that is set."""
import importlib.util
import os
import pathlib
import subprocess
import sys
import tempfile

other = os.environ.get("MLVICX_PYTHON")
if other and "MLVICX_PYTHON_CHOSEN" not in os.environ:
    os.environ["MLVICX_PYTHON_CHOSEN"] = "1"
    os.execvp(other, [other, *sys.argv])
program = str(pathlib.Path(sys.argv[1]).resolve())
source = pathlib.Path(__file__).resolve().parents[2]
sys.path.insert(0, str(source / "packaging/python"))
import mlvicx_bench  # noqa: E402


def run(*words):
    ran = subprocess.run([program, *words], capture_output=True, text=True)
    assert ran.returncode == 0, f"{words}: {ran.stderr}"


def refused(error, work):
    try:
        work()
    except error as found:
        return str(found)
    raise AssertionError(f"expected {error.__name__}")


def auc(rows):
    """Fraction of (positive, negative) pairs that the positive wins, ties half."""
    positive = [row["score"] for row in rows if row["label"] == 1]
    negative = [row["score"] for row in rows if row["label"] == 0]
    wins = sum((a > b) + 0.5 * (a == b) for a in positive for b in negative)
    return wins / (len(positive) * len(negative)) if positive and negative else None


def mean_auc(rows):
    values = [auc([row for row in rows if row["class"] == name]) for name in {row["class"] for row in rows}]
    defined = [value for value in values if value is not None]
    return sum(defined) / len(defined)


with tempfile.TemporaryDirectory() as folder:
    os.chdir(folder)
    run("phantom", "--out", "images", "--images", "120", "--size", "64")
    run("prepare", "--dataset", "nih", "--root", "images", "--split", "patient", "--size", "32", "--out", "nih.safetensors")
    common = ("evaluate", "--data", "nih.safetensors", "--image-size", "32", "--protocol", "knn", "--set", "precision=fp32",
              "--results", "own.db")
    run(*common, "--encoder", "random")

    with mlvicx_bench.open("own.db", pandas=False) as results:
        (best,) = results.leaderboard(protocol="knn")
        (evaluation,) = results.evaluations()
        assert best["method"] == "random" and best["auc"] == round(100 * evaluation["auc"], 2)
        rows = results.scores(method="random", protocol="knn")
        assert abs(mean_auc(rows) - evaluation["auc"]) < 1e-6
        assert {row["label"] for row in rows} <= {0, 1, None} and rows[0]["patient"] and rows[0]["image"]
        assert "method" in refused(ValueError, lambda: results.scores(backbone="resnet18"))
        assert "no evaluation" in refused(ValueError, lambda: results.scores(method="byol"))
        assert "expected any of" in refused(ValueError, lambda: results.leaderboard(colour="red"))
        refused(Exception, lambda: results._db.execute("DELETE FROM jobs"))  # read only
    assert "no such file" in refused(FileNotFoundError, lambda: mlvicx_bench.open("none.db"))
    pathlib.Path("text.db").write_text("no database, but long enough for the header of one" * 4)
    assert "results file" in refused(ValueError, lambda: mlvicx_bench.open("text.db"))
    if importlib.util.find_spec("pandas"):
        frame = mlvicx_bench.open("own.db").scores(method="random")
        assert list(frame.columns) == list(rows[0]) and len(frame) == len(rows)
    else:
        assert isinstance(mlvicx_bench.open("own.db").leaderboard(), list)

    lacking = [name for name in ("torch", "torchvision", "safetensors") if not importlib.util.find_spec(name)]
    if lacking:
        print(f"python: passed without encoders, because {sys.executable} has no {', '.join(lacking)}")
        sys.exit(0)
    import torch
    import torchvision
    from safetensors.torch import save_file

    torch.manual_seed(0)
    save_file(torchvision.models.resnet18().state_dict(), "weights.safetensors")
    model = mlvicx_bench.encoder("weights.safetensors")
    assert model.recipe(torch.full((2, 32, 32), 255, dtype=torch.uint8))[0, 0, 0, 0] == (1 - 0.485) / 0.229
    mlvicx_bench.features(model, "nih.safetensors", "features.safetensors", name="foreign")
    run(*common, "--encoder", "weights.safetensors", "--label", "network")
    run(*common, "--features", "features.safetensors", "--label", "features")
    aucs = {row["method"]: row["auc"] for row in mlvicx_bench.open("own.db", pandas=False).evaluations()}
    assert abs(aucs["network"] - aucs["features"]) < 1e-3, aucs
    save_file({"context.0.squeeze.weight": torch.zeros(1)}, "context.safetensors")
    assert "export --encoder" in refused(ValueError, lambda: mlvicx_bench.encoder("context.safetensors"))
    save_file({"conv1.weight": torch.zeros(64, 3, 7, 7)}, "part.safetensors")
    assert "ResNet-18" in refused(ValueError, lambda: mlvicx_bench.encoder("part.safetensors"))
print("python: passed")
