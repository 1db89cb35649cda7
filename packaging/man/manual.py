#!/usr/bin/env python3
"""A page of docs/ as a manual page: Markdown, as these pages use it, to scdoc(5).

    manual.py SCDOC VERSION OUTPUT PAGE.SECTION WHAT SOURCE [COMMAND]

With COMMAND only the sections of that command of dubanctl are taken ('' for what stands before all of
them).
"""

import re
import subprocess
import sys
from pathlib import Path


def escape(text):
    return re.sub(r"([\\*_])", r"\\\1", text)


def inline(text):
    """`code` and **strong** are bold, *emphasis* is underlined, of a link the text stays."""
    text = re.sub(r"!?\[([^\]]*)\]\([^)]*\)", r"\1", text)
    made = []
    for part in re.split(r"(`[^`]+`|\*\*[^*]+\*\*|(?<!\w)\*[^*\s][^*]*\*(?!\w))", text):
        if part.startswith("`"):
            made.append(f"*{escape(part[1:-1])}*")
        elif part.startswith("**"):
            made.append(f"*{escape(part[2:-2].replace('`', ''))}*")
        elif part.startswith("*") and len(part) > 2:
            made.append(f"_{escape(part[1:-1].replace('`', ''))}_")
        else:
            made.append(escape(part))
    return re.sub(r"^([-.;:#|\[\]])", r"\\\1", "".join(made))


def cells(line):
    """Of a row of a table; a | within `code` or after a backslash is text."""
    line = re.sub(r"`[^`]*`", lambda code: code[0].replace("\\|", "\0").replace("|", "\0"), line.strip())
    return [cell.strip().replace("\0", "|") for cell in line.replace("\\|", "\0").strip("|").split("|")]


def table(lines):
    """Wide tables don't fit a terminal: each row is a term and what is said of it."""
    heads = cells(lines[0])
    made = []
    for line in lines[2:]:
        term, *rest = cells(line)
        said = []
        for head, cell in zip(heads[1:], rest):
            if cell:
                said.append(f"{inline(head)}: {inline(cell)}" if head and len(rest) > 1 else inline(cell))
        made += [inline(term), "\t" + ("; ".join(said) or "\\-"), ""]
    return made


def blocks(lines):
    """The Markdown's blocks: kind and lines."""
    at = 0
    while at < len(lines):
        line = lines[at]
        end = at + 1
        if line.startswith("```"):
            while not lines[end].startswith("```"):
                end += 1
            yield "code", lines[at + 1:end]
            end += 1
        elif line.startswith("#"):
            yield "heading", [line]
        elif line.startswith("|"):
            while end < len(lines) and lines[end].startswith("|"):
                end += 1
            yield "table", lines[at:end]
        elif re.match(r"(-|\d+\.) ", line):
            while end < len(lines) and lines[end] and not re.match(r"(-|\d+\.) |```|#|\|", lines[end]):
                end += 1
            yield "item", lines[at:end]
        elif line.strip():
            while end < len(lines) and lines[end].strip() and not re.match(r"(-|\d+\.) |```|#|\|", lines[end]):
                end += 1
            yield "text", lines[at:end]
        at = end


def convert(lines):
    made, before = [], ""
    for kind, part in blocks(lines):
        if before == "item" != kind:
            made.append("")
        if kind == "code":
            made += ["```", *part, "```", ""]
        elif kind == "heading":
            marks, title = part[0].split(" ", 1)
            made += [("## " if len(marks) > 2 else "# ") + title.replace("`", ""), ""]
        elif kind == "table":
            made += table(part)
        elif kind == "item":
            sign, first = part[0].split(" ", 1)
            said = inline(" ".join([first, *(line.strip() for line in part[1:])]))
            made.append(("- " if sign == "-" else ". ") + said)
        else:
            made += [inline(" ".join(line.strip() for line in part)), ""]
        before = kind
    return made


def sections_of(lines, command):
    """Of dubanctl's page: what stands under the headings of one command."""
    taken, takes = [], command == ""
    for line in lines:
        if line.startswith("## "):
            takes = line[3:].split()[0] == command
            if takes:
                line = "## dubanctl " + line[3:]
        if takes:
            taken.append(line)
    return taken


def page(version, name, what, lines):
    title, section = name.rsplit(".", 1)
    return "\n".join([f'{title}({section}) "duban {version}" "duban"', "", "# NAME", "",
                      f"{title} - {what}", "", *convert(lines),
                      "# SEE ALSO", "", "*duband*(8), *duban-web*(8), *dubanctl*(1), *duban.yaml*(5), "
                      "*duban-calendar*(5)", ""])


def main():
    scdoc, version, output, name, what, source, *command = sys.argv[1:]
    lines = Path(source).read_text(encoding="utf-8").splitlines()
    lines = [line for line in lines if not line.startswith("# ")]
    if command:
        lines = sections_of(lines, command[0])
    if not any(line.strip() for line in lines):
        sys.exit(f"{source} says nothing of {command or name}")
    made = subprocess.run([scdoc], input=page(version, name, what, lines), text=True, encoding="utf-8",
                          stdout=subprocess.PIPE, check=True).stdout
    Path(output).write_text(made, encoding="utf-8")


if __name__ == "__main__":
    main()
