"""Cases: arguments, plans, output and terminals."""
import fcntl
import os
import pty
import re
import resource
import shutil
import struct
import subprocess
import termios

from run import Case


def data(run):
    """The plans name ../d-data/n160.safetensors: 160 images, with the plan next to it in a writable folder."""
    made = run.out / "d-data" / "n160.safetensors"
    made.parent.mkdir()
    command = [run.program, "prepare", "--dataset", "manifest", "--manifest", "m.csv", "--split", "patient", "--size", "48",
               "--root", "../../data/nih1000/images", "--out", str(made)]
    done = subprocess.run(command, cwd=run.folder.parent / "d-data", stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    assert done.returncode == 0, done.stdout.decode()
    plan = run.folder / "plan.json"
    if plan.exists():
        (run.out / "plan").mkdir()
        shutil.copyfile(plan, run.out / "plan" / "plan.json")


def on_terminal(run, columns, command, environment=None):
    """Runs a command on a terminal with this many columns: (status, everything sent to it)."""
    pid, terminal = pty.fork()
    if pid == 0:
        fcntl.ioctl(2, termios.TIOCSWINSZ, struct.pack("HHHH", 24, columns, 0, 0))
        os.chdir(run.out)
        os.environ.pop("COLUMNS", None)
        os.environ.update({"TERM": "xterm"} | (environment or {}))
        os.execv(run.program, [run.program, *command])
    sent = b""
    while True:
        try:
            part = os.read(terminal, 65536)
        except OSError:  # the other side is closed
            break
        if not part:
            break
        sent += part
    os.close(terminal)
    return os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]), sent.decode("utf-8", "backslashreplace")


training = ["pretrain", "--data", "d-data/n160.safetensors", "--method", "simclr", "--out", "enc", "--epochs", "12",
            "--batch-size", "32", "--image-size", "32"]


def bar_fits(columns):
    """Every redraw fits on the line that it clears, and at most one line is left at the end."""

    def check(run):
        status, sent = on_terminal(run, columns, training)
        if status != 0:
            return f"status {status}: {sent[-200:]}"
        pieces = [piece.replace("\r\n", "\n") for piece in sent.split("\r\x1b[K")[1:]]
        bars = [piece for piece in pieces if re.search(r"\d %|\ds\b|\d s\b|/s", piece.split("\n")[0]) and not piece.startswith("enc/")]
        if len(bars) < 3:
            return f"{len(bars)} redraws, expected a bar that moves: {sent[-200:]!r}"
        wide = [bar for bar in bars if len(bar.split("\n")[0]) >= (columns or 80)]
        if wide:
            return f"{len(wide)} redraws are as wide as the terminal: {wide[0]!r}"
        left = [bar for bar in bars if "\n" in bar]
        return f"{len(left)} lines are left of the bar" if len(left) > 1 else None

    return check


def plain_where_dumb(run):
    status, sent = on_terminal(run, 80, training, {"TERM": "dumb"})
    if status != 0:
        return f"status {status}: {sent[-200:]}"
    return "a control sequence is sent to a dumb terminal" if "\x1b" in sent else None


def at_file_limit(run):
    """An encoder takes 45 MB: it cannot be written, but everything else can."""
    def limit():
        resource.setrlimit(resource.RLIMIT_FSIZE, (4 << 20, resource.RLIM_INFINITY))

    command = [run.program, "run", "plan/plan.json", "--results", "limited.db"]
    done = subprocess.run(command, cwd=run.out, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, preexec_fn=limit)
    output = done.stdout.decode()
    if done.returncode != 2:
        return f"status {done.returncode}: {output[-300:]}"
    if not re.search(r"cannot be written: File too large", output):
        return f"the reason is missing: {output[-300:]}"
    status, output = run.also("run {out}/plan/plan.json --results {out}/limited.db --retry-failed")
    return None if status == 0 else f"without the limit, status {status}: {output[-300:]}"


def output_is_checked(run):
    def status_of(words, redirection):
        line = f'"{run.program}" {words} {redirection}'
        done = subprocess.run(["bash", "-c", line], cwd=run.out, stderr=subprocess.PIPE)
        return done.returncode, done.stderr.decode()

    for words in ("run plan/plan.json --results r.db", "report r.db", "status r.db", "inspect d-data/n160.safetensors",
                  "--help", "--version"):
        status, said = status_of(words, "> /dev/full")
        if status != 1 or not re.search("mlvicx-bench: standard output could not be written: No space left", said):
            return f"{words} > /dev/full: status {status}: {said[-200:]}"
        for fine in (">&-", "| true", "| head -1 > /dev/null"):
            status, said = status_of(words, fine)
            if status != 0 or "mlvicx-bench:" in said:
                return f"{words} {fine}: status {status}: {said[-200:]}"
    return None


def readme_lines(run):
    """README: pretrain --out encoders, then a second method, evaluate --encoder encoders/METHOD.safetensors."""
    small = "--epochs 1 --batch-size 32 --image-size 32"
    for method in ("vicreg", "simclr"):
        status, output = run.also(f"pretrain --data {{out}}/d-data/n160.safetensors --method {method} --out {{out}}/enc {small}")
        if status != 0:
            return f"pretrain {method}: status {status}: {output[-200:]}"
    status, output = run.also("evaluate --data {out}/d-data/n160.safetensors --encoder {out}/enc/vicreg.safetensors "
                              "--fraction 0.5 --image-size 32")
    if status != 0:
        return f"evaluate: status {status}: {output[-200:]}"
    names = sorted(path.name for path in (run.out / "enc").iterdir())
    expected = ["simclr.csv", "simclr.safetensors", "vicreg.csv", "vicreg.safetensors"]
    return None if names == expected else f"enc holds {names}"


dry = "run plan.json --results {out}/r.db --dry-run"
evaluate = "evaluate --data x.safetensors --encoder random "

cases = [
    Case("d07-duplicate-key", dry, 2, [r'plan\.json:8:17: duplicate key "seeds"']),
    Case("d07-duplicate-dataset", dry, 2, [r'plan\.json:3:46: duplicate key "n160"']),
    Case("d07-seed-huge", dry, 2, [r"\$\.seeds\[0\] is 18446744073709551615, expected at most 9223372036854775807"]),
    Case("d07-bom", "run {out}/plan/plan.json --results {out}/r.db --dry-run", says=["n160"], setup=data),
    Case("d09-ulimit-f", "--version", setup=data, check=at_file_limit),
    Case("d11-stdout", "run {out}/plan/plan.json --results {out}/r.db", says=["results: "], setup=data,
         check=output_is_checked),
    *(Case(f"d11-columns-{name}", "--version", setup=data, check=bar_fits(columns))
      for name, columns in (("0", 0), ("10", 10), ("40-training", 40), ("80-training", 80))),
    Case("d11-columns-80-training", "--version", setup=data, check=plain_where_dumb, name="TERM=dumb"),
    Case("d-data", "--version", setup=data, check=readme_lines, name="README"),
    # Numbers as users type them.
    *(Case("d-data", evaluate + words, 2, [f"mlvicx-bench: {option}: found .*expected {expected}"], [r"\d{30}"], name=words)
      for words, option, expected in (
          ("--seed -1", "--seed", "a whole number from 0"),
          ("--seed 99999999999999999999", "--seed", "at most 9223372036854775807"),
          ("--seed 1.5", "--seed", "a whole number from 0"),
          ("--fraction 1.5", "--fraction", "a fraction above 0 and up to 1, or a whole number of images"),
          ("--fraction 0", "--fraction", "a fraction above 0"),
          ("--fraction nan", "--fraction", "a fraction above 0"),
          ("--fraction 1%", "--fraction", r"a fraction.*0\.01 for 1 %"),
          ("--fraction 0,1", "--fraction", r"a fraction.*decimal point"),
          ("--image-size 8", "--image-size", "a whole number from 16"),
          ("--protocol forzen", "--protocol", r'one of: .*did you mean "frozen"'),
      )),
    Case("d-data", evaluate + "--image-size 32 --image-size 64", 2, ["--image-size is given 2 times, expected once"],
         name="twice"),
    Case("d-data", evaluate + "--sed 1", 2, [r'unknown option --sed \(did you mean "--seed"\?\)'], name="option"),
    Case("d-data", "evalute --data x", 2, [r'unknown command "evalute".*did you mean "evaluate"'], name="command"),
]
