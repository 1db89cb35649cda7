#!/usr/bin/python3
"""Writes which schemas a release's programs work on as C, from the names of its migrations.

usage: versions.py OUTPUT FILE...

schema/NNN_contract_*.sql is a contract step, every other schema/NNN_*.sql an expand step. A program
needs the last expand step of its release and knows its last step.
"""

import re
import sys
from pathlib import Path

STEP = re.compile(r"schema/(\d+)_(contract_)?\w+\.sql$")


def main():
    output, *files = sys.argv[1:]
    steps = [(int(found[1]), bool(found[2])) for found in map(STEP.search, files) if found]
    known = max(version for version, _ in steps)
    needed = max(version for version, contract in steps if not contract)
    Path(output).write_text(
        '/* Made from the names of the migrations. */\n#include "duban/schema.h"\n\n'
        f"const struct schema_range schema_range = {{.needed = {needed}, .known = {known}}};\n",
        encoding="utf-8")


main()
