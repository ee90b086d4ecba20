"""LevelDB's thread gives way to the others of a node."""

import subprocess
import sys

import pytest

from node.storage.background import NICENESS

PROGRAM = """
import os, tempfile, threading
from pathlib import Path
from node.storage.background import calm_background
from node.storage.leveldb import open_leveldb

def list_threads():
    return {int(name) for name in os.listdir("/proc/self/task")}

before = list_threads()
calm_background()
with tempfile.TemporaryDirectory() as folder:
    store = open_leveldb(Path(folder))
    store.write({b"a": b"1"})
    store.compact()
    assert store.get(b"a") == b"1"
    store.close()
later = threading.Thread(target=lambda: print(os.getpriority(os.PRIO_PROCESS, threading.get_native_id())))
later.start()
later.join()
print(*[os.getpriority(os.PRIO_PROCESS, thread) for thread in list_threads() - before - {later.native_id}])
print(os.getpriority(os.PRIO_PROCESS, 0))
"""


@pytest.mark.skipif(sys.platform != "linux", reason="threads have priorities of their own on Linux")
def test_it_alone_has_a_low_priority() -> None:
    done = subprocess.run([sys.executable, "-c", PROGRAM], capture_output=True, text=True, check=True)
    own, *others = map(int, done.stdout.split())
    own_later = others.pop()
    assert others == [min(own + NICENESS, 19)]
    assert own_later == own
