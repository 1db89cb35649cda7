#!/usr/bin/python3
"""Writes the files of a folder as C, so that duban-web needs no files beside it.

usage: embed.py OUTPUT FOLDER [FILE...]

The FILEs are embedded beside those of the folder: a library that Debian keeps for us.
Every file becomes {name below the folder, content type, ETag, bytes, gzip}; the output is only
written when something has changed.
"""

import gzip
import hashlib
import sys
from pathlib import Path

TYPES = {
    ".html": "text/html; charset=utf-8", ".css": "text/css; charset=utf-8",
    ".js": "text/javascript; charset=utf-8", ".mjs": "text/javascript; charset=utf-8",
    ".json": "application/json", ".svg": "image/svg+xml", ".png": "image/png",
    ".ico": "image/x-icon", ".woff2": "font/woff2", ".txt": "text/plain; charset=utf-8",
    ".mp3": "audio/mpeg", ".ogg": "audio/ogg", ".wav": "audio/wav",
    ".webmanifest": "application/manifest+json",
}
LINE = 24


def array(name, data):
    rows = (data[i:i + LINE] for i in range(0, len(data), LINE))
    text = ",\n    ".join(",".join(map(str, row)) for row in rows)
    return f"static const unsigned char {name}[] = {{\n    {text}}};\n"


def embed(number, folder, path):
    """(declarations, the entry)"""
    data = path.read_bytes()
    packed = gzip.compress(data, 9, mtime=0) if len(data) > 200 else b""
    etag = hashlib.sha256(data).hexdigest()[:16]
    name = path.relative_to(folder).as_posix() if folder in path.parents else path.name
    is_smaller = packed and len(packed) < len(data)
    arrays = array(f"plain_{number}", data + b"\0")
    if is_smaller:
        arrays += array(f"packed_{number}", packed)
    small = f"packed_{number}, {len(packed)}" if is_smaller else "NULL, 0"
    return arrays, (f'    {{"{name}", "{TYPES[path.suffix]}", "\\"{etag}\\"", '
                    f"plain_{number}, {len(data)}, {small}}},\n")


def main():
    output, folder, *more = map(Path, sys.argv[1:])
    files = sorted(path for path in folder.rglob("*") if path.suffix in TYPES) + more
    parts = [embed(number, folder, path) for number, path in enumerate(files)]
    text = ('/* Made from the files in web/pages. */\n#include "pages.h"\n\n'
            + "".join(arrays for arrays, _ in parts) + "\nconst struct page_file page_files[] = {\n"
            + "".join(entry for _, entry in parts) + "};\n\nconst size_t page_file_count =\n"
            "    sizeof page_files / sizeof *page_files;\n")
    if not output.exists() or output.read_text(encoding="utf-8") != text:
        output.write_text(text, encoding="utf-8")


main()
