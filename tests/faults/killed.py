"""Processes that are killed, stopped, or told twice to end."""
import os
import signal

from clocks import Clock
from stored import connect
from sweep import Problem, accepted

KILLS = 5  # in one sweep


def killed(t):
    """Two workers, one of which is killed again and again."""
    workers = [t.start(), t.start()]
    t.tries = 0
    for _ in range(KILLS):
        t.pause(0.1, 1.6)
        chosen = t.random.randrange(2)
        t.kill(workers[chosen])
        workers[chosen].wait()
        t.tries += 1
        workers[chosen] = t.start()
    for worker in workers:
        accepted(t.ended(worker))
    t.finish()


def both_killed(t):
    """Both at one moment: nobody alive knows what was going on."""
    for _ in range(2):
        workers = [t.start(), t.start()]
        t.pause(0.3, 2.5)
        for worker in workers:
            t.kill(worker)
            worker.wait()
    t.finish()


def holds_a_job(t, process):
    if not t.path("results.db").exists():
        return False
    db = connect(t.path("results.db"))
    try:
        return db.execute("SELECT count(*) FROM jobs WHERE owner LIKE ?", (f"%:{process.pid}@%",)).fetchone()[0] > 0
    except Exception:  # the tables are just being made
        return False
    finally:
        db.close()


def stopped(t):
    """A worker that stands still until its lease has ended; the other one, whose clock is later, takes its job."""
    first = t.start()
    if t.wait_for(lambda: holds_a_job(t, first), "a job", process=first):
        t.pause(0, 0.5)
        t.kill(first, signal.SIGSTOP)
        later = Clock(t, ahead=200)
        accepted(t.run(env=later.environment))
        os.kill(first.pid, signal.SIGCONT)
    accepted(t.ended(first))
    t.finish()


def stopped_for_long(t):
    """The same with the machine's clock: it stands still for two minutes."""
    first = t.start()
    t.wait_for(lambda: holds_a_job(t, first), "a job", process=first)
    t.kill(first, signal.SIGSTOP)
    accepted(t.run())
    os.kill(first.pid, signal.SIGCONT)
    accepted(t.ended(first))
    t.finish()


def told_twice(t):
    """SIGTERM, and again within a second."""
    worker = t.start()
    t.wait_for(lambda: t.said(worker) != "", "the first line", process=worker)
    t.pause(0, 2)
    t.kill(worker, signal.SIGTERM)
    t.pause(0, 0.9 if t.number % 2 else 0.02)
    t.kill(worker, signal.SIGTERM)
    done = t.ended(worker)
    word = {0: "", 130: "mlvicx-bench: interrupted\n", 143: "mlvicx-bench: ended at once by a second signal"}
    if done.status not in word or word[done.status] not in done.err:
        raise Problem(f"ends with {done}")
    t.finish()
