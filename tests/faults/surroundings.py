"""Languages, names, terminals and memory that a program may meet."""
import fcntl
import os
import pathlib
import pty
import re
import shutil
import struct
import subprocess
import termios

from sweep import RUN, Problem, Skip, accepted
from trial import report_of


def german(t):
    """Decimal commas, in every part of the sweep and of the report."""
    made = t.whole.images.parent / "locales" / "de_DE.UTF-8"
    if not made.exists():
        made.parent.mkdir(exist_ok=True)
        command = ["localedef", "-i", "de_DE", "-f", "UTF-8", str(made)]
        if not shutil.which("localedef") or subprocess.run(command, stderr=subprocess.DEVNULL).returncode > 1:
            raise Skip("no German locale, and none can be made")
    german = {"LC_ALL": "de_DE.UTF-8", "LOCPATH": str(made.parent)}
    t.finish(env=german)
    same_report(t, env=german)


def same_report(t, results="results.db", env=None):
    accepted(t.run("report", results, "--out", "../report", env=env))
    if (found := report_of(t.folder.parent / "report")) != t.whole.report:
        different = [name for name in t.whole.report if found.get(name) != t.whole.report[name]]
        raise Problem(f"another report: {different}")


def named(t):
    """Blanks, umlauts, quotes and signs that shells and SQLite's addresses treat in their own way."""
    t.folder = t.folder.parent / ("Röntgen \"Übersicht\" 'a' %20?x=1#&;$HOME", "-rf *\t", "图像 ñ\\n")[t.number % 3]
    t.fill()
    accepted(t.run("run", str(t.path("plan.json")), "--results", str(t.path("results.db")), "--only", "kind=pretrain"))
    t.finish()
    same_report(t, str(t.path("results.db")))


def homeless(t):
    """No HOME, one that doesn't exist, and no standard streams."""
    t.finish(env={"HOME": (None, "/nonexistent")[t.number % 2]})
    closed = ["sh", "-c", 'exec "$@" 0<&- 1>&- 2>&-', "sh"]
    accepted(t.run(*RUN, limits=closed))
    t.same()


def on_terminal(t, columns, words):
    """Runs a command on a terminal of this width: (status, everything sent to it)."""
    ours, theirs = pty.openpty()
    fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", 24, columns, 0, 0))
    process = subprocess.Popen(t.command(words), cwd=t.folder, env=t.environment({"TERM": "xterm"}), stdin=theirs,
                               stdout=theirs, stderr=theirs, start_new_session=True)
    process.base = t.folder.parent / "terminal"
    t.started.append(process)
    os.close(theirs)
    sent = b""
    try:
        while part := os.read(ours, 65536):
            sent += part
    except OSError:  # the other side is closed
        pass
    os.close(ours)
    return process.wait(), sent.decode(errors="backslashreplace")


def narrow(t):
    """A terminal of 40 columns: what is drawn again and again fits on its line."""
    status, sent = on_terminal(t, 40, RUN)
    if status != 0:
        raise Problem(f"status {status}: {sent[-300:]}")
    drawn = [piece for piece in sent.split("\r\x1b[K")[1:] if piece and "\n" not in piece]
    if wide := [piece for piece in drawn if len(piece) >= 40]:
        raise Problem(f"as wide as the terminal: {wide[0]!r}")
    t.finish()


def without_memory(t):
    """Address space from too little for the program itself to nearly enough."""
    bytes_ = int(t.random.uniform(0.2, 3) * (1 << 30))
    done = t.run(*RUN, limits=["sh", "-c", f'ulimit -v {bytes_ >> 10} && exec "$@"', "sh"])
    told = re.search("out of memory|no room for another thread|annot allocate|bad_alloc|Resource temporarily", done.err)
    if done.status not in (0, 1, 127) or (done.status != 0 and not told and "error while loading" not in done.err):
        raise Problem(f"with {bytes_ >> 20} MB: {done}")
    if done.status == 1 and "internal error" in done.err:
        raise Problem(f"with {bytes_ >> 20} MB, called an internal error: {done}")
    t.finish("--retry-failed")


def memory_taken(t):
    """A group of processes with less memory than the sweep needs: the system kills."""
    group = pathlib.Path("/sys/fs/cgroup/memory") / f"mlvicx-faults-{os.getpid()}"
    try:
        group.mkdir(exist_ok=True)
        (group / "memory.limit_in_bytes").write_text(str(t.random.randrange(80, 260) << 20))
    except OSError as why:
        raise Skip(f"no group with a limit of memory: {why.strerror}") from None
    try:
        done = t.run(*RUN, limits=["sh", "-c", f'echo $$ > {group}/cgroup.procs && exec "$@"', "sh"])
    finally:
        group.rmdir()
    if done.status not in (0, 1, 137):
        raise Problem(f"ends with {done}")
    t.finish("--retry-failed")
