"""Damage a table as hands and programs do: cells, quotes, encodings, widths, order, bytes."""

import csv
import io
from random import Random

Rows = list[list[str]]
WORDS = [
    "",
    "NA",
    "nan",
    "-",
    "?",
    "0",
    "é",
    "正常",
    "a,b",
    "x\ny",
    'say "a"',
    "\ufeff",
    "\N{NO-BREAK SPACE}",
    "=1+1",
    ";",
    "\t",
]
ENCODINGS = ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "gb18030", "cp1252", "cp932", "latin-1"]


def mutated(rows: Rows, random: Random) -> bytes:
    """Return the bytes of a table after one to three mutations."""
    rows = [list(row) for row in rows]
    for _ in range(random.randint(0, 2)):
        random.choice(
            [change_cell, edit_cell, add_cell, drop_cell, shuffle, swap_columns, rename, repeat, title, blank]
        )(rows, random)
    raw = written(rows, random)
    for _ in range(random.randint(0, 2)):
        raw = random.choice([flip, insert, cut_out, quote, truncate])(raw, random)
    return raw


def written(rows: Rows, random: Random) -> bytes:
    text = io.StringIO()
    quoting = random.choice([csv.QUOTE_MINIMAL, csv.QUOTE_ALL])
    ending = random.choice(["\n", "\r\n", "\r"])
    csv.writer(text, delimiter=random.choice(",;\t|"), quoting=quoting, lineterminator=ending).writerows(rows)
    return text.getvalue().encode(random.choice(ENCODINGS), errors="replace")


def change_cell(rows: Rows, random: Random) -> None:
    row = random.choice(rows)
    row[random.randrange(len(row))] = random.choice(WORDS)


def edit_cell(rows: Rows, random: Random) -> None:
    row = random.choice(rows)
    at = random.randrange(len(row))
    cut = random.randint(0, len(row[at]))
    row[at] = row[at][:cut] + random.choice([" ", "x", ".", "/", "\\", "'"]) + row[at][cut + random.randint(0, 1) :]


def rename(rows: Rows, random: Random) -> None:
    """Write names without their folder or ending, in the whole table: some fit several files then."""
    form = random.choice([lambda name: name.rsplit("/", 1)[-1], lambda name: name.removesuffix(".png"), str.upper])
    for row in rows[1:]:
        row[0] = form(row[0]) if row and random.random() < 0.5 else row[0]


def add_cell(rows: Rows, random: Random) -> None:
    row = random.choice(rows)
    row.insert(random.randint(0, len(row)), random.choice(["", "more"]))


def drop_cell(rows: Rows, random: Random) -> None:
    row = random.choice(rows)
    del row[random.randrange(len(row))]
    row += [""] * (not row)


def shuffle(rows: Rows, random: Random) -> None:
    rows[1:] = random.sample(rows[1:], len(rows) - 1)


def swap_columns(rows: Rows, random: Random) -> None:
    width = min(map(len, rows))
    order = random.sample(range(width), width)
    rows[:] = [[row[at] for at in order] + row[width:] for row in rows]


def repeat(rows: Rows, random: Random) -> None:
    rows.insert(random.randint(1, len(rows)), list(random.choice(rows)))


def title(rows: Rows, random: Random) -> None:
    rows[:0] = [["Export of the department"], []][: random.randint(1, 2)]
    rows[:] = [row or [""] for row in rows]


def blank(rows: Rows, random: Random) -> None:
    rows.insert(random.randint(0, len(rows)), [""] * random.randint(1, 4))


def flip(raw: bytes, random: Random) -> bytes:
    at = random.randrange(len(raw))
    return raw[:at] + bytes([random.randrange(256)]) + raw[at + 1 :]


def insert(raw: bytes, random: Random) -> bytes:
    at = random.randrange(len(raw))
    return raw[:at] + random.choice([b",", b";", b'"', b"\n", b"\r", b"\0", b"\t", b"\xff"]) + raw[at:]


def cut_out(raw: bytes, random: Random) -> bytes:
    """Cut out less than a row: two halves that make one row again cannot be told from a row."""
    at = random.randrange(len(raw))
    return raw[:at] + raw[at + random.randint(1, 8) :] or b"\n"


def quote(raw: bytes, random: Random) -> bytes:
    first, second = sorted(random.sample(range(len(raw)), 2))
    return raw[:first] + b'"' + raw[first:second] + b'"' + raw[second:]


def truncate(raw: bytes, random: Random) -> bytes:
    return raw[: random.randint(1, len(raw))]
