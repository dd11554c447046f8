"""The doctor's look at files: originals, pixels, checkpoints."""

from pathlib import Path

from sqlalchemy import func, select

from core.imaging.store import Store
from core.services.training import runs
from core.settings import Settings
from core.training.pixel_cache import file_sha256
from db import Database
from db.tables import Checkpoint, Image, Job
from db.vocabulary import JobState

SAMPLED = 200
Found = tuple[bool, str]


def originals(db: Database, settings: Settings) -> Found:
    """All are there, and those of a sample unchanged."""
    store = Store(settings.home)
    with db.read() as session:
        hashes = session.scalars(select(Image.sha256).distinct().order_by(Image.sha256)).all()
    gone = [sha256 for sha256 in hashes if not _is_there(store, sha256)]
    if gone:
        return False, (
            f"{len(gone)} of {len(hashes)} are gone, such as {gone[0][:12]}; put the files back where they "
            "were, or import them again"
        )
    sample = hashes[:: max(1, len(hashes) // SAMPLED)]
    changed = [sha256 for sha256 in sample if not store.verify(sha256)]
    if changed:
        return False, (
            f"{len(changed)} of {len(sample)} looked at have changed, such as {store.original(changed[0])}; "
            "take the file from a backup, or delete it and import it again"
        )
    outside = sum(store.find_original(sha256) != store.original(sha256) for sha256 in hashes)
    where = f"; {outside} lie outside the home (--reference), so no backup holds them" if outside else ""
    return True, f"{len(sample)} of {len(hashes)} looked at, all unchanged{where}"


def pixels(db: Database, settings: Settings) -> Found:
    """Every image has its decoded pixels."""
    store = Store(settings.home)
    with db.read() as session:
        needed = session.execute(select(Image.sha256, func.max(Image.offset)).group_by(Image.sha256)).all()
    gone = [sha256 for sha256, offset in needed if _size(store.pixels(sha256)) <= offset]
    if gone:
        return False, (
            f"{len(gone)} of {len(needed)} files of pixels are gone or cut short, such as {gone[0][:12]}; "
            "delete what is cut short and import their images again"
        )
    return True, f"all {len(needed)} files are there"


def checkpoints(db: Database, settings: Settings) -> Found:
    """The weights are those the catalogue names; a training under way may be a step ahead of it."""
    with db.read() as session:
        busy = select(Job.run_id).where(Job.state.in_([JobState.QUEUED, JobState.RUNNING]), Job.run_id.isnot(None))
        rows = session.scalars(
            select(Checkpoint).where(Checkpoint.run_id.notin_(busy)).order_by(Checkpoint.run_id.desc()).limit(SAMPLED)
        ).all()
    for row in rows:
        file = runs.folder(settings, row.run_id) / f"{row.kind}.safetensors"
        if not file.is_file():
            return False, f"{file} is gone; take it from a backup, or train run {row.run_id} again"
        if file_sha256(file) != row.sha256:
            return False, (
                f"{file} is not what run {row.run_id} saved; resume its job if that can be, else take the "
                "file from a backup, or train again"
            )
    return True, f"{len(rows)} looked at, all as they were saved"


def _is_there(store: Store, sha256: str) -> bool:
    try:
        return store.original(sha256).exists()
    except Exception:  # gone or unreadable is the same answer here
        return False


def _size(path: Path) -> int:
    return path.stat().st_size if path.is_file() else 0
