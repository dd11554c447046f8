"""Real chest films in a folder of their own, with a CSV that groups them into studies and tells ages and findings."""

import csv
import shutil
from collections.abc import Callable, Iterable
from pathlib import Path

Row = dict[str, str]


def listed(data_dir: Path) -> list[Row]:
    """The rows of the real films' table."""
    with (data_dir / "cxr" / "metadata.csv").open(newline="", encoding="utf-8") as file:
        return list(csv.DictReader(file))


def two_views(data_dir: Path, studies: int) -> list[Row]:
    """The first PA and the first AP film of so many patients, filed as one study each."""
    of: dict[str, dict[str, Row]] = {}
    for row in listed(data_dir):
        if row["site"].startswith("Hannover"):
            of.setdefault(row["patient_id"], {}).setdefault(row["view"], row)
    both = [views for views in of.values() if {"PA", "AP"} <= views.keys()]
    return [{**row, "study": "1.2.826.77"} for views in both[:studies] for row in views.values()]


def both_views(data_dir: Path, studies: int) -> list[Row]:
    """The same of NIH patients whose age is known, half of the studies with an abnormal film."""
    of: dict[str, dict[str, Row]] = {}
    for row in listed(data_dir):
        if row["site"].startswith("NIH") and row["age"]:
            of.setdefault(row["patient_id"], {}).setdefault(row["view"], row)
    both = [(views["AP"], views["PA"]) for views in of.values() if {"PA", "AP"} <= views.keys()]
    ill = [pair for pair in both if any(row["abnormal"] == "1" for row in pair)]
    well = [pair for pair in both if pair not in ill]
    chosen = [*ill[: studies // 2], *well[: studies - studies // 2]]
    return [{**row, "study": "1.2.826.78"} for pair in chosen for row in pair]


def aged(data_dir: Path, count: int) -> list[Row]:
    """So many films whose patient's age is known, of as many patients as there are."""
    rows = [row for row in listed(data_dir) if row["age"]]
    first = {row["patient_id"]: row for row in reversed(rows)}
    return sorted(first.values(), key=lambda row: row["file"])[:count]


def laid(folder: Path, data_dir: Path, rows: Iterable[Row], *, change: Callable[[Row], Row] = dict) -> Path:
    """The films of the rows in `folder`, and data.csv beside them; gives the folder."""
    folder.mkdir(parents=True, exist_ok=True)
    changed = [change({**row, "file": Path(row["file"]).name}) for row in rows]
    for row in rows:
        shutil.copyfile(data_dir / "cxr" / row["file"], folder / Path(row["file"]).name)
    with (folder / "data.csv").open("w", newline="", encoding="utf-8") as file:
        writer = csv.DictWriter(file, list(changed[0]))
        writer.writeheader()
        writer.writerows(changed)
    return folder
