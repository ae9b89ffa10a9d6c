"""The process that models are trained in."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from pathlib import Path

_TRAINS = """
import multiprocessing, time
from concurrent.futures import ProcessPoolExecutor
from tools.prediction.trainer import end_with_parent

if __name__ == "__main__":
    pool = ProcessPoolExecutor(1, multiprocessing.get_context("spawn"), initializer=end_with_parent)
    pool.submit(time.sleep, 0.01).result()
    pool.submit(time.sleep, 600)
    print(*pool._processes, flush=True)
    time.sleep(600)
"""


def _runs(pid: int) -> bool:
    """Whether a process is there, and has not ended without being waited for."""
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    state = Path(f"/proc/{pid}/stat")
    return not state.exists() or state.read_text().rsplit(")", 1)[1].split()[0] != "Z"


def test_the_worker_ends_with_a_server_that_is_killed(tmp_path: Path) -> None:
    script = tmp_path / "trains.py"
    script.write_text(_TRAINS)
    here = {**os.environ, "PYTHONPATH": str(Path(__file__).parents[2])}
    server = subprocess.Popen(
        [sys.executable, str(script)], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, env=here
    )
    assert server.stdout
    worker = int(server.stdout.readline())
    assert _runs(worker)
    server.kill()
    server.wait()
    server.stdout.close()
    for _ in range(600):
        if not _runs(worker):
            return
        time.sleep(0.05)
    os.kill(worker, 9)
    raise AssertionError("the worker outlived its server")
