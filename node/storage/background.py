"""The thread in which LevelDB moves what was written: it gives way to threads for whose work somebody waits.

There is one in a process, for all stores. Where several nodes share a machine, or a node its processors with clients, it would
have them as often as the threads that make blocks, and a block would wait for what can wait. Nothing is moved too late for
that: where too much has gathered, LevelDB lets writes wait for it. And what has gathered is moved less often.
"""

import os
import sys
import threading
from contextlib import suppress
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final

from ledger.errors import HourledgerError
from node.storage.leveldb import open_leveldb

NICENESS: Final = 10
"""How much lower its priority is: beside another thread of the node it has a tenth of a processor, and all of one that nobody
else wants."""


def calm_background() -> None:
    """Let LevelDB's thread begin with a low priority; for a process that has written to no store yet.

    On Linux a thread has the priority of the one that starts it, and LevelDB starts its own when it first has something to
    move: here by another thread, which lowers its own priority for that. Elsewhere this does nothing.
    """
    if sys.platform == "linux":
        thread = threading.Thread(target=_begin, name="background")
        thread.start()
        thread.join()


def _begin() -> None:
    # Where it cannot be done, the node runs as well without.
    with suppress(OSError, HourledgerError), TemporaryDirectory() as folder:
        own = threading.get_native_id()
        os.setpriority(os.PRIO_PROCESS, own, os.getpriority(os.PRIO_PROCESS, own) + NICENESS)
        store = open_leveldb(Path(folder))
        try:
            store.write({b"key": b"value"})
            store.compact()
        finally:
            store.close()
