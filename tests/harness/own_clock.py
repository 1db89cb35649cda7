"""A clock of its own for a process, which a test can set: the library faketime reads it from a file.

Only the time of day is its own; clocks that nobody sets go on as they are.
"""

import re
from pathlib import Path


def sanitizer_of(binary):
    """The library of the address sanitizer that it was built with: one or none."""
    return [name.decode() for name in re.findall(rb"\blibasan\.so\.\d+", Path(binary).read_bytes())[:1]]


def make_clock(binary, file):
    """A command that runs `binary` by a clock that goes by `file` ("+3600": an hour ahead); None where
    the library isn't installed."""
    libraries = sorted(Path("/usr/lib").glob("*/faketime/libfaketime.so.1"))
    if not libraries:
        return None
    file.write_text("+0\n", encoding="ascii")
    preload = [*sanitizer_of(binary), str(libraries[0])]  # in this order, says the sanitizer
    return ("env", f"LD_PRELOAD={' '.join(preload)}", f"FAKETIME_TIMESTAMP_FILE={file}", "FAKETIME_NO_CACHE=1",
            "FAKETIME_DONT_FAKE_MONOTONIC=1")
