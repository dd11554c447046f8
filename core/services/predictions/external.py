"""Import external predictions from a CSV of images and scores as a run that is reviewed like any other."""

import hashlib
import time
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from sqlalchemy import insert, select
from sqlalchemy.orm import Session

from core.errors import InvalidInput, NotFound
from core.imaging.tables.dialect import Dialect
from core.imaging.tables.file_names import ROWS_FROM_0, are_rows_from_0
from core.services.predictions import external_scores
from core.services.predictions.external_images import Images
from core.services.predictions.external_scores import ScoreRow
from core.settings import Settings
from db import Database, queries
from db.tables import Prediction, Run, Snapshot, SnapshotCase
from db.vocabulary import Split

NAMED = 5  # the most line numbers listed per reason
LEFT = {
    "repeated": "repeated",
    "without_score": "without a score",
    "not_frozen": "about images outside the snapshot",
    "unknown": "about images that were not imported",
}


@dataclass(slots=True)
class _SortedLines:
    """The lines of a file: the row of scores of each case, and the numbers of the lines that gave none."""

    scores: dict[int, ScoreRow] = field(default_factory=dict)
    repeated: list[int] = field(default_factory=list)
    without_score: list[int] = field(default_factory=list)
    not_frozen: list[int] = field(default_factory=list)
    unknown: list[int] = field(default_factory=list)

    def counted(self) -> dict[str, dict[str, Any]]:
        """Return by reason how many lines gave no prediction, and the first of their numbers."""
        by_reason = {
            "repeated": self.repeated,
            "without_score": self.without_score,
            "not_frozen": self.not_frozen,
            "unknown": self.unknown,
        }
        return {why: {"count": len(lines), "lines": lines[:NAMED]} for why, lines in by_reason.items() if lines}


def import_predictions(
    db: Database,
    settings: Settings,
    *,
    snapshot: int,
    name: str,
    csv: Path,
    by: str,
    dialect: Dialect | None = None,
    sheet: str | None = None,
) -> int:
    """Make a run from a CSV and return its id; the same file under the same name gives the same run.

    Columns: `image` (the catalogue's id, the file's sha256, or its name) and, for an npz, `item`; one column of
    probabilities per class or finding (for two classes that of the last, or `score`, is enough); for numbers `value`.
    Lines without a prediction are listed in `runs.get(…).external_source`, see `describe_source`.

    Raises:
        NotFound: no such snapshot.
        InvalidInput: no name, a missing column, a value that is not a probability, one image with two different
            scores, or no line about this snapshot; then nothing is imported.
    """
    name, csv = name.strip(), csv.expanduser()
    if not name:
        raise InvalidInput("External predictions need the name of their model, such as 'vendor model 2.1'.")
    with db.read() as session:
        frozen = session.get(Snapshot, snapshot)
        if frozen is None:
            raise NotFound(f"There is no snapshot {snapshot}; choose one on the Datasets page.")
        rows = external_scores.read(csv, frozen, dialect, sheet=sheet)
        sorted_lines = _sort_lines(rows, Images(session, snapshot, settings.key("pseudonym")), csv.name)
        unknown = [row.image for row in rows if row.number in sorted_lines.unknown]
        if are_rows_from_0([row.image for row in rows if row.image not in unknown], unknown):
            raise InvalidInput(ROWS_FROM_0.format(csv.name))
        if not sorted_lines.scores:
            raise InvalidInput(
                f"None of the {len(rows)} lines of {csv.name} has a score for an image of snapshot "
                f"'{frozen.name}'; name images by file name, sha256, or id as id:24."
            )
    sha256 = hashlib.sha256(csv.read_bytes()).hexdigest()
    key = hashlib.sha256(f"{frozen.hash} {name} {sha256}".encode()).hexdigest()
    with db.transaction() as session:
        existing = session.scalar(select(Run.id).where(Run.request_key == f"outside:{key}"))
        return existing or _add_run(
            session, sorted_lines, frozen, {"name": name, "file": csv.name, "sha256": sha256}, by, key
        )


def describe_source(outside: dict[str, Any]) -> str:
    """Describe in one sentence how many predictions were imported, and which lines and cases have none."""
    left, missing = outside["left"], outside["missing"]
    parts = [f"{_count_of(some['count'], 'line')} {LEFT[why]} ({_line_numbers(some)})" for why, some in left.items()]
    parts += [
        f"{_count_of(count, 'case')} of the {split} split without a prediction" for split, count in missing.items()
    ]
    predicted, lines = _count_of(outside["predicted"], "prediction"), _count_of(outside["lines"], "line")
    total = f"{predicted} from {lines} of {outside['file']}"
    return f"{total}; {', '.join(parts)}." if parts else f"{total}."


def _count_of(count: int, word: str) -> str:
    return f"{count:,} {word}{'' if count == 1 else 's'}"


def _line_numbers(left: dict[str, Any]) -> str:
    more = " …" if left["count"] > len(left["lines"]) else ""
    return f"line{'' if left['count'] == 1 else 's'} {', '.join(map(str, left['lines']))}{more}"


def _sort_lines(lines: list[ScoreRow], images: Images, file: str) -> _SortedLines:
    result = _SortedLines()
    missing: list[ScoreRow] = []
    for line in lines:
        case = images.case(line)
        if case is None:
            missing.append(line)
        elif line.numbers is None:
            result.without_score.append(line.number)
        elif case not in result.scores:
            result.scores[case] = line
        elif result.scores[case].numbers == line.numbers:
            result.repeated.append(line.number)
        else:
            raise InvalidInput(
                f"Lines {result.scores[case].number} and {line.number} of {file} give the same case different scores; "
                "keep one line per case."
            )
    known = images.known(missing)
    for line in missing:
        (result.not_frozen if line.number in known else result.unknown).append(line.number)
    return result


def _add_run(
    session: Session, sorted_lines: _SortedLines, frozen: Snapshot, about: dict[str, Any], by: str, key: str
) -> int:
    rows = session.execute(
        select(SnapshotCase.case_id, SnapshotCase.split, SnapshotCase.label)
        .where(SnapshotCase.snapshot_id == frozen.id)
        .order_by(SnapshotCase.case_id)
    ).all()
    predicted = [row for row in rows if row[0] in sorted_lines.scores]
    splits = Counter(split.value for _, split, _ in predicted)
    totals = Counter(split.value for _, split, _ in rows)
    left = sorted_lines.counted()
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
            "predicted": len(predicted),
            "splits": dict(splits),
            "left": left,
            "lines": len(predicted) + sum(lines["count"] for lines in left.values()),
            # only of splits that the file covers: a file about test alone misses nothing of training
            "missing": {split: totals[split] - splits[split] for split in Split if 0 < splits[split] < totals[split]},
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
                "probabilities": list(sorted_lines.scores[case].numbers or ()),
            }
            for case, split, label in predicted
        ],
    )
    return run.id
