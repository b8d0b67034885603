"""run.py BUILD_FOLDER: installs the program into a temporary folder, moves that, and uses it from there."""
import os
import pathlib
import shutil
import subprocess
import sys
import tempfile

build = pathlib.Path(sys.argv[1]).resolve()
environment = {name: value for name, value in os.environ.items() if name != "MLVICX_PLANS"}


def output(*words, status=0, **more):
    ran = subprocess.run([str(word) for word in words], capture_output=True, text=True, env=environment, **more)
    assert ran.returncode == status, f"{words}: status {ran.returncode}\n{ran.stdout}{ran.stderr}"
    return ran.stdout + ran.stderr


def completed(script, *words):
    """What bash offers for the last word."""
    line = " ".join(f"'{word}'" for word in words)
    return output("bash", "-c", f"source {script}; COMP_WORDS=({line}); COMP_CWORD={len(words) - 1}; _mlvicx_bench; "
                                'printf "%s\\n" "${COMPREPLY[@]}"').split()


with tempfile.TemporaryDirectory() as folder:
    folder = pathlib.Path(folder)
    output("cmake", "--install", build, "--prefix", folder / "first", "--component", "program")
    shutil.move(folder / "first", folder / "moved")
    prefix = folder / "moved"
    program = prefix / "bin/mlvicx-bench"

    assert "mlvicx-bench " in output(program, "--version")

    # Plans are found by name, those below a folder too, with the files that they name.
    plan = output(program, "plan", "demo_short", cwd=folder)
    assert str(prefix / "share/mlvicx-bench/plans/demo_short.json") in plan, plan
    assert (prefix / "share/mlvicx-bench/plans/jsrt.csv").is_file()
    assert (prefix / "share/mlvicx-bench/plans/published/published.csv").is_file()
    jobs = output(program, "run", "paper/nih_low_data", "--root", "nih=none", "--dry-run", "--results", "r.db", cwd=folder,
                  status=2)
    assert "paper/nih_low_data.json" in jobs or "none" in jobs, jobs
    wrong = output(program, "plan", "demo_shrot", cwd=folder, status=2)
    assert 'did you mean "demo_short"?' in wrong and "paper/transfer" in wrong, wrong
    own = {**environment, "MLVICX_PLANS": str(folder / "own")}
    (folder / "own").mkdir()
    shutil.copy(prefix / "share/mlvicx-bench/plans/demo_short.json", folder / "own/mine.json")
    assert subprocess.run([program, "plan", "mine"], env=own, capture_output=True, cwd=folder).returncode == 0

    # Completions know the commands, their options and the values of these.
    scripts = {}
    for shell in ("bash", "zsh", "fish"):
        scripts[shell] = folder / f"completion.{shell}"
        scripts[shell].write_text(output(program, "completion", shell))
        if shutil.which(shell):
            output(shell, "-n", scripts[shell])
    assert completed(scripts["bash"], "mlvicx-bench", "eval") == ["evaluate"]
    assert completed(scripts["bash"], "mlvicx-bench", "evaluate", "--fract") == ["--fraction"]
    assert completed(scripts["bash"], "mlvicx-bench", "evaluate", "--protocol", "seg") == [
        "segmentation_frozen", "segmentation_finetuned"]
    assert completed(scripts["bash"], "mlvicx-bench", "evaluate", "--data", "x") == []  # then bash lists files
    assert completed(scripts["bash"], "mlvicx-bench", "--q") == ["--quiet"]
    if shutil.which("fish"):
        offered = output("fish", "-N", "-c", f"source {scripts['fish']}; complete -C 'mlvicx-bench evaluate --protocol kn'")
        assert [line.split("\t")[0] for line in offered.splitlines()] == ["knn"], offered
        assert "evaluate" in output("fish", "-N", "-c", f"source {scripts['fish']}; complete -C 'mlvicx-bench ev'")

    # find_package(mlvicx) has all that it names.
    output("cmake", "--install", build, "--prefix", folder / "library", "--component", "library")
    headers = folder / "library/include/mlvicx-bench"
    assert (headers / "methods/pretrain/pretrain.h").is_file()
    for header in headers.rglob("*.h"):
        for line in header.read_text().splitlines():
            if line.startswith('#include "'):
                assert (headers / line.split('"')[1]).is_file(), f"{header}: {line}"
print("install: passed")
