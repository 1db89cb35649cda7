#!/usr/bin/python3
"""Whether programs of the last release find the functions that they call.

signatures.txt holds what they call, and the columns that they are answered with, as the last release
had them. In an upgrade they work on the functions of the next release until the contract step: each
call must still be understood, and its answer must begin with the same columns. A parameter more needs
a default; anything else needs the former function beside the new one, in sql/former.

Before the first release signatures.txt is that of the sources. A release writes it anew:

    /usr/bin/python3 tests/sql/test_signatures.py > tests/sql/signatures.txt
"""

import re
import sys
from pathlib import Path

import pytest

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent))

from harness.centre import ROOT  # noqa: E402
from harness.cluster import Cluster  # noqa: E402
from state import install  # noqa: E402

FILE = HERE / "signatures.txt"
LINE = re.compile(r"(\w+)\((.*?)\) -> (.*)")


def called():
    """The names of the functions that daemon, web and dubanctl call."""
    texts = (path.read_text(encoding="utf-8") for folder in ("daemon", "web", "ctl", "lib")
             for path in sorted((ROOT / folder).glob("*.c")))
    return sorted({name for text in texts for name in re.findall(r"duban\.(\w+)\(", text)})


def parameters_of(connection, name):
    """A list of the parameters' types for each function of that name."""
    return [row[0] for row in connection.execute("""
        SELECT coalesce((SELECT string_agg(format_type(a.type, NULL), ', ' ORDER BY a.place)
                           FROM unnest(p.proargtypes) WITH ORDINALITY AS a(type, place)), '') AS types
          FROM pg_proc p WHERE p.pronamespace = 'duban'::regnamespace AND p.proname = %s
         ORDER BY types""", (name,))]


def answer_of(connection, name, types):
    """The columns that a call of these types is answered with; the server's word when it isn't
    understood."""
    types = types.split(", ") if types else []
    oids = [connection.execute("SELECT %s::regtype::oid::integer", (one,)).fetchone()[0]
            for one in types]
    values = ", ".join(f"${place}" for place in range(1, len(types) + 1))
    session = connection.pgconn
    done = session.prepare(b"", f"SELECT * FROM duban.{name}({values})".encode(), oids)
    if done.error_message:
        return done.error_message.decode()
    shape = session.describe_prepared(b"")
    return ", ".join(
        shape.fname(column).decode() + " " + connection.execute(
            "SELECT format_type(%s, NULL)", (shape.ftype(column),)).fetchone()[0]
        for column in range(shape.nfields))


def changed(connection):
    """Which calls of the last release aren't understood as they were."""
    for line in FILE.read_text(encoding="utf-8").splitlines():
        name, types, columns = LINE.fullmatch(line).groups()
        answer = answer_of(connection, name, types)
        if not (answer + ", ").startswith(columns + ", "):
            yield f"{name}({types}) -> {answer}"


def test_the_last_release_is_still_understood(state):
    assert list(changed(state.owner)) == []


def test_every_function_that_is_called_is_there(state):
    assert [name for name in called() if not parameters_of(state.owner, name)] == []


REAP = "CREATE FUNCTION duban.reap({}) RETURNS TABLE (now timestamptz, repeated bigint, parked bigint"
BODY = ") LANGUAGE sql AS 'SELECT duban.now(), 1::bigint, 1::bigint{}'"


@pytest.mark.parametrize("functions, told", [
    ([], "does not exist"),
    ([REAP.format("bigint, boolean") + BODY.format("")], "does not exist"),
    ([REAP.format("text") + BODY.format("")], "does not exist"),
    ([REAP.format("bigint").replace("repeated", "again") + BODY.format("")], "again bigint"),
    ([REAP.format("bigint") + BODY.format(""),
      REAP.format("bigint, boolean DEFAULT true") + BODY.format("")], "not unique"),
    ([REAP.format("bigint, boolean DEFAULT true") + BODY.format("")], None),
    ([REAP.format("bigint") + ", more text" + BODY.format(", $$$$::text")], None),
])
def test_what_a_release_may_do_to_a_function(state, functions, told):
    state.owner.execute("DROP FUNCTION duban.reap(bigint)")
    for function in functions:
        state.owner.execute(function)
    found = list(changed(state.owner))
    assert found == [] if told is None else len(found) == 1 and told in found[0]


def main():
    with Cluster() as cluster:
        database = cluster.create_database()
        install(cluster, database)
        with cluster.connect(database) as connection:
            for name in called():
                for types in parameters_of(connection, name):
                    print(f"{name}({types}) -> {answer_of(connection, name, types)}")


if __name__ == "__main__":
    main()
