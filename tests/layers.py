#!/usr/bin/python3
"""Who may include whom (docs: DESIGN, "Layout").

lib/meson.build lists the modules, the lowest first. A module includes only headers of modules
above it in that list. X.h belongs to X.c; X_part.c is a part of X and may include X.h wherever it
stands; a header of types alone stands right below what it includes, and X_types.h is X's. Modules before the line
"# outside" are pure: no loop, database, network, clock, log target or environment.

daemon/, ctl/ and web/ include include/duban and their own headers.

usage: layers.py [ROOT]     prints violations as file:line: what; exits 1 when there are any
"""

import re
import sys
from pathlib import Path

INCLUDE = re.compile(r'^\s*#\s*include\s*([<"])([^>"]+)[>"]')
COMMENT_OR_TEXT = re.compile(
    r'/\*.*?\*/|//[^\n]*|"(?:\\.|[^"\\\n])*"|\'(?:\\.|[^\'\\\n])*\'', re.DOTALL)
IMPURE_CALL = re.compile(
    r"(?<![\w.>])(time|clock_gettime|gettimeofday|getenv|secure_getenv|localtime|localtime_r)\s*\("
)
IMPURE_HEADER = re.compile(
    r"^(ev\.h|libpq-fe\.h|curl/.*|systemd/.*|syslog\.h|sys/socket\.h|netdb\.h)$")
PROGRAMS = ("daemon", "ctl", "web")


def without_comments_and_texts(source):
    """The same lines, so that line numbers stay true."""
    return COMMENT_OR_TEXT.sub(lambda match: "\n" * match.group().count("\n") or " ", source)


def includes_of(path):
    for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
        if found := INCLUDE.match(line):
            yield number, found.group(1) == "<", found.group(2)


def read_order(root):
    """(stems of lib's modules in their order, how many of them are pure)"""
    text = (root / "lib/meson.build").read_text(encoding="utf-8")
    pure_part = re.split(r"^\s*# outside\b", text, flags=re.MULTILINE)[0]
    stems = re.findall(r"'(\w+)\.c'", text)
    return stems, len(re.findall(r"'(\w+)\.c'", pure_part))


class Layers:
    def __init__(self, root):
        self.root = root
        self.modules, self.pure_count = read_order(root)
        self.position = {stem: place for place, stem in enumerate(self.modules)}
        self.problems = []

    def complain(self, path, line, what):
        self.problems.append(f"{path.relative_to(self.root)}:{line}: {what}")

    def find_header(self, name):
        """A header of the project: public, or private to lib. None for any other."""
        public, private = self.root / "include" / name, self.root / "lib" / name
        if name.startswith("duban/"):
            return public if public.exists() else None
        return private if private.exists() else None

    def place_of(self, header, seen=()):
        """Where a header stands in the order; -1: above all. One without a module of its name
        stands with the first part of its noun, but not above what it includes."""
        if header.stem in self.position:
            return self.position[header.stem]
        parts = [place for stem, place in self.position.items()
                 if header.parent.name == "lib" and self.is_part(stem, header)
                 or stem.startswith(header.stem + "_")]
        included = [self.place_of(other, (*seen, header)) for other in self.headers_in(header)
                    if other not in seen]
        return max([min(parts, default=-1), *included])

    def headers_in(self, path):
        found = (self.find_header(name) for _, system, name in includes_of(path) if not system)
        return [header for header in found if header and header != path]

    def is_part(self, stem, header):
        """Whether a module and a header are parts of one noun: X.h, a header of types within X,
        X_part.c."""
        parts = header.stem.split("_")
        nouns = [header.stem]
        if header.stem not in self.position:
            nouns += [noun for length in range(1, len(parts))
                      if (noun := "_".join(parts[:length])) in self.position]
        return any(stem == noun or stem.startswith(noun + "_") for noun in nouns)

    def check_project_include(self, path, line, name, place):
        header = self.find_header(name)
        if not header:
            self.complain(path, line, f'"{name}" is no header of lib')
        elif not self.is_part(path.stem, header) and self.place_of(header) > place:
            owner = self.modules[self.place_of(header)]
            self.complain(path, line, f'"{name}" belongs to {owner}.c, which stands below')

    def check_file(self, path, place, pure):
        for line, system, name in includes_of(path):
            if not system:
                self.check_project_include(path, line, name, place)
            elif pure and IMPURE_HEADER.match(name):
                self.complain(path, line, f"<{name}> in a pure module")
        if pure:
            self.check_calls(path)

    def check_calls(self, path):
        source = without_comments_and_texts(path.read_text(encoding="utf-8"))
        for line, text in enumerate(source.splitlines(), 1):
            for call in IMPURE_CALL.findall(text):
                self.complain(path, line, f"{call}() in a pure module")

    def check_lib(self):
        for path in sorted((self.root / "lib").glob("*.c")):
            if path.stem in self.position:
                place = self.position[path.stem]
                self.check_file(path, place, place < self.pure_count)
            else:
                self.complain(path, 1, "is not listed in lib/meson.build")
        headers = [*(self.root / "include/duban").glob("*.h"), *(self.root / "lib").glob("*.h")]
        for path in sorted(headers):
            place = self.place_of(path)
            implemented = any(m == path.stem or m.startswith(path.stem + "_") for m in self.modules)
            self.check_file(path, place, implemented and place < self.pure_count)

    def check_program(self, directory):
        for path in sorted([*directory.rglob("*.c"), *directory.rglob("*.h")]):
            for line, system, name in includes_of(path):
                own = (path.parent / name).resolve()
                inside = own.exists() and directory.resolve() in own.parents
                public = name.startswith("duban/") and self.find_header(name)
                if not (system or inside or public):
                    self.complain(path, line, f'"{name}" is neither in include/duban nor here')

    def check(self):
        self.check_lib()
        for name in PROGRAMS:
            self.check_program(self.root / name)
        return self.problems


def main(root="."):
    problems = Layers(Path(root).resolve()).check()
    print("\n".join(problems) or "layers: clean")
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
