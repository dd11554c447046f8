"""Predictions made elsewhere, from a CSV of images and scores: they become a run that is reviewed as any other."""

import hashlib
import time
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from sqlalchemy import insert, select
from sqlalchemy.orm import Session

from core.errors import InvalidInput, NotFound
from core.services.predictions import external_scores
from core.services.predictions.external_images import Images
from core.services.predictions.external_scores import ScoreRow
from core.settings import Settings
from db import Database, queries
from db.tables import Prediction, Run, Snapshot, SnapshotCase
from db.vocabulary import Split

NAMED = 5  # lines that are named of those that were left out
LEFT = {
    "repeated": "repeating another",
    "without_score": "without a score",
    "not_frozen": "about images that are not in the snapshot",
    "unknown": "about images that nobody imported",
}


@dataclass(slots=True)
class _Sorted:
    """The lines of a file: the scores of each case with the line that gave them, and those that gave none."""

    said: dict[int, ScoreRow] = field(default_factory=dict)
    repeated: list[int] = field(default_factory=list)
    without_score: list[int] = field(default_factory=list)
    not_frozen: list[int] = field(default_factory=list)
    unknown: list[int] = field(default_factory=list)

    def counted(self) -> dict[str, dict[str, Any]]:
        """How many lines gave nothing, by reason, and the first of them by number."""
        every = {
            "repeated": self.repeated,
            "without_score": self.without_score,
            "not_frozen": self.not_frozen,
            "unknown": self.unknown,
        }
        return {why: {"count": len(lines), "lines": lines[:NAMED]} for why, lines in every.items() if lines}


def import_predictions(db: Database, settings: Settings, *, snapshot: int, name: str, csv: Path, by: str) -> int:
    """Make a run of a CSV and give its id; the same file under the same name again is the same run.

    Columns: `image` (the catalogue's id, the file's sha256, or its name) and, in an npz, `item`; one column of
    probabilities for each class or finding (of two classes that of the last, or `score`, is enough), of numbers
    `value`. What gave no prediction stands in `runs.get(…).external_source`, see `words`: nothing is lost in silence.

    Raises:
        NotFound: no such snapshot.
        InvalidInput: no name, no such column, a value that is no probability, one image with two different answers, or
            no line about this snapshot; then nothing was taken.
    """
    name, csv = name.strip(), csv.expanduser()
    if not name:
        raise InvalidInput("Predictions made elsewhere need the name of what made them, such as 'vendor model 2.1'.")
    with db.read() as session:
        frozen = session.get(Snapshot, snapshot)
        if frozen is None:
            raise NotFound(f"Snapshot {snapshot} is not in this catalogue; choose one from the Datasets page.")
        lines = external_scores.read(csv, frozen)
        found = _sorted(lines, Images(session, snapshot, settings.key("pseudonym")), csv.name)
        if not found.said:
            raise InvalidInput(
                f"None of the {len(lines)} lines of {csv.name} gives a score of an image of snapshot "
                f"'{frozen.name}'; name images by id, sha256 or file name."
            )
    sha256 = hashlib.sha256(csv.read_bytes()).hexdigest()
    key = hashlib.sha256(f"{frozen.hash} {name} {sha256}".encode()).hexdigest()
    with db.transaction() as session:
        there = session.scalar(select(Run.id).where(Run.request_key == f"outside:{key}"))
        return there or _keep(session, found, frozen, {"name": name, "file": csv.name, "sha256": sha256}, by, key)


def describe_source(outside: dict[str, Any]) -> str:
    """What was taken and what was not, in one sentence."""
    left, missing = outside["left"], outside["missing"]
    parts = [f"{_many(one['count'], 'line')} {LEFT[why]} ({_numbers(one)})" for why, one in left.items()]
    parts += [f"{_many(count, 'case')} of the {split} split without a prediction" for split, count in missing.items()]
    said = f"{_many(outside['predicted'], 'prediction')} from {_many(outside['lines'], 'line')} of {outside['file']}"
    return f"{said}; {', '.join(parts)}." if parts else f"{said}."


def _many(count: int, word: str) -> str:
    return f"{count:,} {word}{'' if count == 1 else 's'}"


def _numbers(left: dict[str, Any]) -> str:
    more = " …" if left["count"] > len(left["lines"]) else ""
    return f"line{'' if left['count'] == 1 else 's'} {', '.join(map(str, left['lines']))}{more}"


def _sorted(lines: list[ScoreRow], images: Images, file: str) -> _Sorted:
    found = _Sorted()
    missing: list[ScoreRow] = []
    for line in lines:
        case = images.case(line)
        if case is None:
            missing.append(line)
        elif line.numbers is None:
            found.without_score.append(line.number)
        elif case not in found.said:
            found.said[case] = line
        elif found.said[case].numbers == line.numbers:
            found.repeated.append(line.number)
        else:
            raise InvalidInput(
                f"Lines {found.said[case].number} and {line.number} of {file} give the same case other scores; keep "
                "one line for each case."
            )
    known = images.known(missing)
    for line in missing:
        (found.not_frozen if line.number in known else found.unknown).append(line.number)
    return found


def _keep(session: Session, found: _Sorted, frozen: Snapshot, about: dict[str, Any], by: str, key: str) -> int:
    rows = session.execute(
        select(SnapshotCase.case_id, SnapshotCase.split, SnapshotCase.label)
        .where(SnapshotCase.snapshot_id == frozen.id)
        .order_by(SnapshotCase.case_id)
    ).all()
    taken = [row for row in rows if row[0] in found.said]
    splits = Counter(split.value for _, split, _ in taken)
    missing = Counter(split.value for _, split, _ in rows)
    left = found.counted()
    run = Run(
        snapshot_id=frozen.id,
        reader_id=queries.reader_id(session, by),
        spec={},
        request_key=f"outside:{key}",
        extra_snapshots=[],
        result={},
        external_source={
            **about,
            "at": time.time(),
            "predicted": len(taken),
            "splits": dict(splits),
            "left": left,
            "lines": len(taken) + sum(one["count"] for one in left.values()),
            # of a split that the file speaks of at all: a file about test alone leaves out nothing of training
            "missing": {one: missing[one] - splits[one] for one in Split if 0 < splits[one] < missing[one]},
        },
    )
    session.add(run)
    session.flush()
    session.execute(
        insert(Prediction),
        [
            {
                "run_id": run.id,
                "case_id": case,
                "split": split,
                "label": label,
                "more": None,
                "checkpoint_sha256": "",
                "probabilities": list(found.said[case].numbers or ()),
            }
            for case, split, label in taken
        ],
    )
    return run.id
