"""Write all test vectors anew: `python -m tools.vectors`. Fixed keys and times, so the same bytes each time.

`--digest` writes nothing, and prints one hash over all of them.
"""

import hashlib
import shutil
import sys

from tools.vectors.all import FOLDER, make_files


def write_all(files: dict[str, bytes]) -> None:
    """Replace the folder of cases."""
    shutil.rmtree(FOLDER, ignore_errors=True)
    for name, data in files.items():
        path = FOLDER / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)


def compute_digest(files: dict[str, bytes]) -> str:
    """Return a hash over the names and contents of all files."""
    parts = (name.encode() + hashlib.sha256(data).digest() for name, data in sorted(files.items()))
    return hashlib.sha256(b"".join(parts)).hexdigest()


if __name__ == "__main__":
    made = make_files()
    if sys.argv[1:] == ["--digest"]:
        sys.stdout.write(f"{compute_digest(made)}\n")
    else:
        write_all(made)
