"""Compare the schema of a catalogue with the one of this version, statement by statement."""

import re

from sqlalchemy import text

from db.database import Database

Statements = dict[tuple[str, str], list[str]]
KINDS = ("table", "index")  # a catalogue of Rounds has nothing else: no view, no trigger
VIRTUAL = re.compile(r"\s*CREATE\s+VIRTUAL\b", re.IGNORECASE)
STATISTICS = "sqlite_stat"  # tables that ANALYZE makes


def foreign_objects(db: Database) -> list[str]:
    """Return the triggers, views and virtual tables of an SQLite catalogue; their statements are only read."""
    return [
        f"{'virtual ' * bool(VIRTUAL.match(sql))}{kind} '{name}'"
        for kind, name, sql in _objects(db)
        if kind not in KINDS or VIRTUAL.match(sql)
    ]


def differences(db: Database, expected: Database) -> list[str]:
    """Return the tables and indexes of an SQLite catalogue that differ from the expected ones."""
    current, right = statements(db), statements(expected)
    names = sorted(current.keys() | right.keys())
    return [f"{name[0]} '{name[1]}'" for name in names if current.get(name) != right.get(name)]


def statements(db: Database) -> Statements:
    """Return what each table and index consists of, but for the names of foreign keys and brackets around a default."""
    return {(kind, name): _parts(sql) for kind, name, sql in _objects(db) if not name.startswith(STATISTICS)}


def _objects(db: Database) -> list[tuple[str, str, str]]:
    with db.read() as session:
        rows = session.execute(text("SELECT type, name, sql FROM sqlite_master WHERE sql IS NOT NULL"))
        return [(str(kind), str(name), str(sql)) for kind, name, sql in rows]


def _parts(sql: str) -> list[str]:
    """Return a CREATE statement without its quotes: what it makes, and its body cut at the commas outside brackets."""
    sql, depth, parts = sql.replace('"', ""), 0, [""]
    start, end = sql.find("("), sql.rfind(")")
    for letter in sql[start + 1 : end]:
        depth += {"(": 1, ")": -1}.get(letter, 0)
        parts[-1] += letter
        if letter == "," and not depth:
            parts.append("")
    plain = [" ".join(part.strip(", \n\t").split()) for part in (sql[:start], *parts, sql[end:])]
    return sorted(
        re.sub(r"^CONSTRAINT \w+ (?=FOREIGN)", "", part.replace("DEFAULT ('')", "DEFAULT ''")) for part in plain
    )
