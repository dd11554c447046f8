"""Show which images the first lines of external predictions name, before they are imported."""

from dataclasses import dataclass
from pathlib import Path

from core.errors import NotFound
from core.imaging.tables.dialect import Dialect
from core.services.predictions import external_scores
from core.services.predictions.external_images import Images
from core.settings import Settings
from db import Database
from db.tables import Case, Snapshot

LINES = 10


@dataclass(frozen=True, slots=True)
class MatchedPrediction:
    """A line, what it calls its image, the image that this names, and the scores."""

    line: int
    text: str
    image_id: int
    scores: tuple[float, ...] | None


def matched_lines(
    db: Database,
    settings: Settings,
    *,
    snapshot: int,
    csv: Path,
    dialect: Dialect | None = None,
    sheet: str | None = None,
) -> list[MatchedPrediction]:
    """Return the first lines of a file that name an image of a snapshot.

    Raises:
        NotFound: no such snapshot.
        InvalidInput: a missing column, a value that is not a probability, or a name that fits several images.
    """
    with db.read() as session:
        frozen = session.get(Snapshot, snapshot)
        if frozen is None:
            raise NotFound(f"There is no snapshot {snapshot}; choose one on the Datasets page.")
        images = Images(session, snapshot, settings.key("pseudonym"))
        matched = list[MatchedPrediction]()
        for row in external_scores.read(csv.expanduser(), frozen, dialect, sheet=sheet):
            case = images.case(row)
            if case is not None:
                image_id = session.get_one(Case, case).image_id
                matched.append(MatchedPrediction(row.number, row.image, image_id, row.numbers))
            if len(matched) == LINES:
                break
    return matched
