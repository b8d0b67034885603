"""Runs the script that `mlvicx-bench slurm` prints on a real Slurm: controller, node and munge on this machine, as root.

run.py PROGRAM: exits with 77 where Slurm cannot run.
"""
import os
import pathlib
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import time

SKIPPED = 77
PLAN = """{
  "name": "tiny sweep",
  "datasets": {"images": {"file": "images.safetensors"}},
  "pretrain": {"epochs": 30, "batch_size": 16, "image_size": 32, "precision": "fp32", "checkpoint_every": 1},
  "methods": [{"name": "simclr", "hidden": 32, "output": 16}, {"name": "byol", "hidden": 32, "output": 16}, "random"],
  "controls": false,
  "evaluate": {"fractions": [0.5, 1], "image_size": 32, "precision": "fp32", "protocols": ["frozen"],
               "frozen": {"iterations": 20}},
  "seeds": [0, 1, 2]
}"""
SHARDS = 4


def lacks():
    missing = [name for name in ("munged", "slurmctld", "slurmd", "sbatch", "scontrol") if not shutil.which(name)]
    if missing:
        return f"Slurm is not installed: no {', '.join(missing)}"
    return "" if os.geteuid() == 0 else "a private Slurm runs as root only"


class Slurm:
    """A cluster of one node with four places, on ports of its own. Ends with the block."""

    def __init__(self, folder):
        self.folder = folder
        self.daemons = []
        for name in ("state", "spool", "log"):
            (folder / name).mkdir()
        key = folder / "munge.key"
        key.write_bytes(os.urandom(1024))
        key.chmod(0o400)
        host = os.uname().nodename.split(".")[0]
        port = 20000 + os.getpid() % 20000
        (folder / "slurm.conf").write_text(f"""
ClusterName=one
SlurmctldHost={host}(127.0.0.1)
SlurmctldPort={port}
SlurmdPort={port + 1}
AuthType=auth/munge
AuthInfo=socket={folder}/munge.socket,cred_expire=5
SlurmUser=root
SlurmdUser=root
StateSaveLocation={folder}/state
SlurmdSpoolDir={folder}/spool
SlurmctldPidFile={folder}/slurmctld.pid
SlurmdPidFile={folder}/slurmd.pid
ProctrackType=proctrack/linuxproc
TaskPlugin=task/none
SelectType=select/cons_tres
SelectTypeParameters=CR_CPU
SchedulerParameters=sched_interval=1
AccountingStorageType=accounting_storage/none
JobAcctGatherType=jobacct_gather/none
MpiDefault=none
SwitchType=switch/none
ReturnToService=2
KillWait=5
SlurmdParameters=config_overrides
NodeName={host} NodeAddr=127.0.0.1 CPUs={SHARDS} State=UNKNOWN
PartitionName=all Nodes=ALL Default=YES MaxTime=INFINITE State=UP
""")
        os.environ["SLURM_CONF"] = str(folder / "slurm.conf")

    def __enter__(self):
        at = self.folder
        self.start("munged", "--force", "--foreground", f"--key-file={at}/munge.key", f"--socket={at}/munge.socket",
                   f"--pid-file={at}/munged.pid", f"--log-file={at}/log/munged.log", f"--seed-file={at}/munge.seed")
        wait_for(lambda: (at / "munge.socket").exists(), 20, "munged")
        self.start("slurmctld", "-D", "-f", f"{at}/slurm.conf")
        self.start("slurmd", "-D", "-f", f"{at}/slurm.conf")
        wait_for(lambda: "idle" in said("sinfo", "-h", "-o", "%T", check=False), 60, "a node that is idle")
        return self

    def start(self, *command):
        log = open(self.folder / "log" / f"{command[0]}.out", "w")
        self.daemons.append(subprocess.Popen(command, stdout=log, stderr=log))

    def __exit__(self, *_):
        subprocess.run(["scancel", "--full", "--user=root"], check=False)
        time.sleep(1)
        for daemon in reversed(self.daemons):
            daemon.terminate()
        for daemon in self.daemons:
            try:
                daemon.wait(15)
            except subprocess.TimeoutExpired:
                daemon.send_signal(signal.SIGKILL)


def said(*command, check=True, **options):
    done = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, **options)
    if check and done.returncode != 0:
        sys.exit(f"{' '.join(map(str, command))}: status {done.returncode}\n{done.stdout}")
    return done.stdout


def wait_for(condition, seconds, what):
    end = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > end:
            sys.exit(f"waited {seconds} s for {what}\n{said('squeue', '-a', check=False)}")
        time.sleep(0.2)


def state(task):
    found = said("squeue", "-h", "-j", task, "-o", "%T", check=False).split()
    return found[0] if found and "error" not in found[0] else "ended"


def submitted(folder):
    """Starts the script; the ids of the array and of the job that merges."""
    words = said("bash", "sweep.sh", cwd=folder).split()
    return words[1].rstrip(","), words[3].rstrip(":")


def trains(folder, part):
    return any((folder / f"sweep/part-{part}.artifacts/checkpoints").glob("*.safetensors"))


def figures(folder, results):
    """Every CSV of a report, without rates and the names of the results files that encoders belong to."""
    said(program, "report", results, "--out", "report-" + results.replace("/", "-"), cwd=folder)
    files = {}
    for file in sorted((folder / ("report-" + results.replace("/", "-"))).rglob("*.csv")):
        text = re.sub(r"[\w./-]*\.artifacts/", "ARTIFACTS/", file.read_text())
        files[file.name] = [line for line in text.splitlines() if "images_per_second" not in line]
    return files


def sweep(folder):
    (folder / "plan.json").write_text(PLAN)
    said(program, "prepare", "--dataset", "phantom", "--root", "data", "--phantom-images", "80", "--phantom-size", "48",
         "--split", "patient", "--size", "32", "--out", "images.safetensors", cwd=folder)
    said(program, "run", "plan.json", "--results", "one.db", cwd=folder)
    script = subprocess.run([program, "slurm", "plan.json", "--gpus", "0", "--time", "1:00:00", "--shards", str(SHARDS),
                             "--out", "sweep"], cwd=folder, stdout=subprocess.PIPE, text=True, check=True).stdout
    (folder / "sweep.sh").write_text(script)
    array, merge = submitted(folder)
    busy = []

    def two_train():
        busy[:] = [part for part in range(1, SHARDS + 1) if trains(folder, part)]
        return len(busy) >= 2

    wait_for(two_train, 300, "two tasks that train")
    warned, killed = busy[:2]
    said("scancel", "--signal=USR1", "--batch", f"{array}_{warned}")
    said("scancel", "--signal=KILL", f"{array}_{killed}")
    log = folder / f"sweep/part-{warned}.log"
    wait_for(lambda: "requeue me" in log.read_text(), 120, "a task that saves a checkpoint")
    wait_for(lambda: "resuming from epoch" in log.read_text(), 300, "a task that goes on after it was queued again")
    wait_for(lambda: state(array) == "ended" and state(merge) == "ended", 600, "the end of the array")
    said_first = (folder / "sweep/merge.log").read_text()
    if not (folder / "sweep/all.db").exists() or "  missing: " not in said_first:
        sys.exit(f"after a task was killed, what there is was not merged, or what is missing not said\n{said_first}")
    array, merge = submitted(folder)
    wait_for(lambda: state(array) == "ended" and state(merge) == "ended", 600, "the end of the second array")
    said_last = (folder / "sweep/merge.log").read_text().removeprefix(said_first)
    if ", 0 failed, 0 missing" not in said_last:
        sys.exit(f"the parts of the second array were not merged\n{said_last}")
    whole, merged = figures(folder, "one.db"), figures(folder, "sweep/all.db")
    different = [name for name in whole if whole[name] != merged.get(name)]
    if different or len(whole) < 4:
        sys.exit(f"the merged result differs from one process's in {different} of {sorted(whole)}")
    said(program, "verify", "sweep/all.db", cwd=folder)


program = os.path.abspath(sys.argv[1])
if why := lacks():
    print(f"SKIPPED: {why}")
    sys.exit(SKIPPED)
os.environ["OMP_NUM_THREADS"] = "1"
with tempfile.TemporaryDirectory(prefix="mlvicx-slurm-") as name:
    os.chmod(name, 0o755)
    place = pathlib.Path(name)
    (place / "cluster").mkdir()
    (place / "work").mkdir()
    with Slurm(place / "cluster"):
        sweep(place / "work")
print("an array of four, one task killed and one queued again, merged to the figures of one process")
