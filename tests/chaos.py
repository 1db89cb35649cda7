#!/usr/bin/python3
"""Everything goes wrong at random, and then the books are looked at: ./dev chaos

Prints what it does on stderr and, when the audit found nothing, one JSON object on stdout.
"""

import argparse
import json
import sys
import tempfile
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent))

from harness.chaos import LOAD, LONGEST_S, Storm
from harness.faults import FAULTS
from harness.world import Programs


def main():
    parser = argparse.ArgumentParser(prog="./dev chaos", description=__doc__.splitlines()[0])
    parser.add_argument("--seconds", type=float, default=60)
    parser.add_argument("--seed", type=int, default=int(time.time()))
    parser.add_argument("--calm", action="store_true", help="no faults: a soak")
    parser.add_argument("--pinned", action="store_true", help="a transaction looks at how all was, throughout")
    parser.add_argument("--load", type=int, default=LOAD, metavar="CASES", help="registered in each turn, of about a second")
    arguments = parser.parse_args()
    if arguments.seconds > LONGEST_S:
        parser.error(f"{LONGEST_S} seconds at most")
    begun = time.monotonic()

    def say(text):
        print(f"{time.monotonic() - begun:7.1f}  {text}", file=sys.stderr, flush=True)

    say(f"seed {arguments.seed}")
    with tempfile.TemporaryDirectory(prefix="duban-chaos-", dir="/tmp") as folder:
        faults = () if arguments.calm else tuple(FAULTS)
        lasting = ("pinned",) if arguments.pinned else ()
        with Storm(Programs(), arguments.seed, Path(folder), say, faults, lasting, arguments.load) as storm:
            storm.run(arguments.seconds)
            say("all faults are over")
            storm.quiesce()
            print(json.dumps(storm.audit() | {"seconds": arguments.seconds}))


if __name__ == "__main__":
    main()
