#!/usr/bin/python3
"""Writes SQL files as C text, so that an installed dubanctl needs no files beside it.

usage: embed.py OUTPUT FILE...

Every file becomes {path below sql/, SHA-256 of its bytes, text}, in the order given.
"""

import hashlib
import sys
from pathlib import Path

def quote(line):
    """A C string literal; a question mark is escaped, since ??= is a trigraph."""
    text = line.replace("\\", "\\\\").replace('"', '\\"').replace("\t", "\\t")
    return '"' + text.replace("?", "\\?").replace("\n", "\\n") + '"'


def embed(path):
    text = path.read_text(encoding="utf-8")
    checksum = hashlib.sha256(text.encode()).hexdigest()
    lines = "\n     ".join(quote(line) for line in text.splitlines(keepends=True)) or '""'
    return f'    {{"{path.parent.name}/{path.name}", "{checksum}",\n     {lines}}},\n'


def main():
    output, *files = map(Path, sys.argv[1:])
    with output.open("w", encoding="utf-8") as out:
        out.write('/* Made from the files in sql/. */\n#include "embedded_sql.h"\n\n'
                  "const struct embedded_sql embedded_sql[] = {\n")
        out.writelines(embed(path) for path in files)
        out.write("};\n\nconst size_t embedded_sql_count =\n"
                  "    sizeof embedded_sql / sizeof *embedded_sql;\n")


main()
