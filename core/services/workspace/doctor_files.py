"""Check the files of a home: originals, pixels, checkpoints."""

from pathlib import Path

from sqlalchemy import func, select

from core.imaging.store import Store
from core.services.training import runs
from core.services.workspace.erasure import orphans
from core.settings import Settings
from core.training.pixel_cache import file_sha256
from db import Database
from db.tables import Checkpoint, Image, Job
from db.vocabulary import JobState

SAMPLED = 200
Outcome = tuple[bool, str]


def originals(db: Database, settings: Settings) -> Outcome:
    """Check that all originals exist, and that a sample of them is unchanged."""
    store = Store(settings.home)
    with db.read() as session:
        hashes = session.scalars(select(Image.sha256).distinct().order_by(Image.sha256)).all()
    missing = [sha256 for sha256 in hashes if not _exists(store, sha256)]
    if missing:
        return False, (
            f"{len(missing)} of {len(hashes)} originals are missing, such as {missing[0][:12]}; put the files back, or "
            "import them again"
        )
    sample = hashes[:: max(1, len(hashes) // SAMPLED)]
    changed = [sha256 for sha256 in sample if not store.verify(sha256)]
    if changed:
        return False, (
            f"{len(changed)} of {len(sample)} checked originals have changed, such as "
            f"{store.original(changed[0])}; restore the file from a backup, or delete it and import it again"
        )
    outside = sum(store.find_original(sha256) != store.original(sha256) for sha256 in hashes)
    where = f"; {outside} are outside the home (--reference) and not in backups" if outside else ""
    return True, f"{len(sample)} of {len(hashes)} checked, all unchanged{where}"


def pixels(db: Database, settings: Settings) -> Outcome:
    """Check that every image has its decoded pixels."""
    store = Store(settings.home)
    with db.read() as session:
        needed = session.execute(select(Image.sha256, func.max(Image.offset)).group_by(Image.sha256)).all()
    missing = [sha256 for sha256, offset in needed if _size(store.pixels(sha256)) <= offset]
    if missing:
        return False, (
            f"{len(missing)} of {len(needed)} pixel files are missing or incomplete, such as {missing[0][:12]}; "
            "delete the incomplete ones and import their images again"
        )
    return True, f"all {len(needed)} files exist"


def orphans_of_home(db: Database, settings: Settings) -> Outcome:
    """Count the files that no row names; only an interrupted erasure is a problem."""
    result = orphans.look(db, settings)
    lines = [f"{result.files:,} files that no row names, {result.bytes / 1e6:.1f} MB"] if result.files else []
    lines += [result.note] if result.note else []
    way = "; `rounds doctor --sweep` removes them" if result.files else "; run `rounds doctor --sweep`"
    sweepable = bool(result.files) or result.note == orphans.UNFINISHED
    return result.note != orphans.UNFINISHED, ". ".join(lines) + way * sweepable if lines else "every file has a row"


def checkpoints(db: Database, settings: Settings) -> Outcome:
    """Check that the weights are those in the catalogue; runs with unfinished jobs are skipped."""
    with db.read() as session:
        busy = select(Job.run_id).where(Job.state.in_([JobState.QUEUED, JobState.RUNNING]), Job.run_id.isnot(None))
        rows = session.scalars(
            select(Checkpoint).where(Checkpoint.run_id.notin_(busy)).order_by(Checkpoint.run_id.desc()).limit(SAMPLED)
        ).all()
    for row in rows:
        file = runs.folder(settings, row.run_id) / f"{row.kind}.safetensors"
        if not file.is_file():
            return False, f"{file} is missing; restore it from a backup, or train run {row.run_id} again"
        if file_sha256(file) != row.sha256:
            return False, (
                f"{file} differs from what run {row.run_id} saved; resume its job if possible, else restore the "
                "file from a backup, or train again"
            )
    return True, f"{len(rows)} checked, all unchanged"


def _exists(store: Store, sha256: str) -> bool:
    try:
        return store.original(sha256).exists()
    except Exception:  # missing and unreadable count the same
        return False


def _size(path: Path) -> int:
    return path.stat().st_size if path.is_file() else 0
