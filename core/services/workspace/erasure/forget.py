"""Erase patients from a home (`rounds forget`): their rows, files and caches; say what remains of them where."""

import time
from collections.abc import Sequence
from dataclasses import dataclass, replace

from sqlalchemy import select
from sqlalchemy.orm import Session

from core.errors import InvalidInput, NotFound
from core.imaging import deidentify
from core.jobs import locks
from core.services.imports.import_files import files_lock
from core.services.persons import departures
from core.services.workspace.erasure import pending, person_files, person_rows, remains
from core.services.workspace.erasure.plan import ErasurePlan
from core.settings import Settings
from db import Database
from db.tables import Job, Patient
from db.vocabulary import JobState

IMPORTING = "An import is running and may bring images of this person; wait until it has ended, then forget again."


@dataclass(frozen=True, slots=True)
class ForgetReport:
    """The result: what was erased (with `dry_run`: what would be), and in sentences what `remains` and where."""

    patients: tuple[str, ...]
    rows: dict[str, int]
    files: int
    remains: tuple[str, ...]
    dry_run: bool = False


class _DryRun(Exception):
    """Roll the transaction back."""


def find_patients(db: Database, settings: Settings, names: Sequence[str]) -> list[int]:
    """Return the ids of patients by pseudonym, or by the patient ID that their files state, with all of their persons.

    Raises:
        NotFound: there is none of that name.
    """
    key = settings.key("pseudonym")
    ids = [_find_patient(db, name.strip(), deidentify.pseudonym(key, name)) for name in names]
    with db.read() as session:
        return departures.same_persons(session, ids)


def forget(db: Database, settings: Settings, patients: Sequence[int], *, dry_run: bool = False) -> ForgetReport:
    """Erase patients in one transaction, then their files; after a kill `rounds doctor --sweep` finishes it.

    Raises:
        NotFound: no patient has such an id.
        InvalidInput: an import or a job is running, which could read or bring their images.
    """
    with locks.alone(files_lock(settings)) as free:
        if not free:
            raise InvalidInput(IMPORTING)
        plan, counts = _erase_rows(db, settings, patients, dry_run=dry_run)
        files = plan.files(settings)
        left = remains.sentences(plan.remaining, plan.outside(settings), plan.shared)
        report = ForgetReport(plan.patients, counts, len(files), left, dry_run)
        if dry_run:
            return report
        person_files.remove(files)
        finished = pending.finish(db, settings)
    return report if finished else replace(report, remains=(*left, remains.UNFINISHED))


def _find_patient(db: Database, name: str, keyed: str) -> int:
    with db.read() as session:
        rows = session.execute(select(Patient.pseudonym, Patient.id).where(Patient.pseudonym.in_([name, keyed])))
        ids = dict(rows.all())
    if not ids:
        raise NotFound(
            f"There is no patient '{name}'; give the pseudonym that the pages show (P-…), or the patient ID of the "
            "files."
        )
    return int(ids.get(name, ids.get(keyed, 0)))


def _erase_rows(
    db: Database, settings: Settings, patients: Sequence[int], *, dry_run: bool
) -> tuple[ErasurePlan, dict[str, int]]:
    counts: dict[str, int] = {}
    try:
        with db.transaction() as session:
            _check_idle(session)
            plan = ErasurePlan.of(session, patients)
            others = departures.take_out(session, patients)
            counts |= person_rows.delete_rows(session, plan.rows)
            departures.settle(session, others, plan.patients)
            plan.mentions().erase(session)
            remains.note_in_snapshots(session, plan.remaining, at=time.time())
            if dry_run:
                raise _DryRun
            plan.mentions().erase_from(person_files.logs(settings))
            plan.pending(settings).write(settings)
    except _DryRun:
        pass
    return plan, counts


def _check_idle(session: Session) -> None:
    job = session.scalar(select(Job).where(Job.state == JobState.RUNNING).order_by(Job.id).limit(1))
    if job is not None:
        raise InvalidInput(
            f"Job {job.id} is running and may read images of this person; wait until it has ended, or cancel it with "
            f"`rounds jobs cancel {job.id}`, then forget again."
        )
