"""Import files: bytes into the store, rows into the catalogue, and a report that accounts for every file."""

import time
from collections.abc import Callable, Iterator
from contextlib import closing, nullcontext
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

from core.imaging.file_listing import FileRejection
from core.imaging.reader_pool import read_files_polling
from core.imaging.store import Store
from core.jobs import locks
from core.services.images import image_notes
from core.services.imports import import_log, label_checks
from core.services.imports.import_batch import ImportedFiles, write_batch
from core.services.imports.import_item import ImportItem
from core.services.imports.import_report import ImportReport
from core.services.imports.import_request import ImportRequest
from core.services.imports.import_sources import ImportSources
from core.services.imports.import_tally import ImportTally
from core.services.imports.unpacked import unpacked
from core.settings import Settings
from db import Database

FLUSH_S, FLUSH_IMAGES = 1.0, 500


def run(
    db: Database,
    settings: Settings,
    request: ImportRequest,
    *,
    by: str,
    scrub: bool = False,
    readable: Callable[[ImportReport], object] | None = None,
    writing: Callable[[Callable[[], Any]], Any] = lambda write: write(),
    key: str = "",
    job_id: int | None = None,
) -> Iterator[ImportReport]:
    """Import, or with `dry_run` only preview; yield the report so far about once a second, the last one finished.

    Stop iterating to cancel: imported files stay, and the next import counts them as known. With `scrub` the
    report's file names are de-identified, so that it may be stored; `readable` takes it as it was before.
    `writing` runs each write, and may repeat it. The list of imports has it once: `key` is that of the job `job_id`,
    whose attempts continue it.

    Raises:
        InvalidInput: no such folder, no files in it, an unreadable CSV, an unknown column or label.
    """
    with unpacked(settings, request) as (opened, files):
        sources = ImportSources.of(opened, label_checks.class_names(db, request.task), files)
        label_checks.check_labels(db, opened, sources.table)
        import_id = None
        if not request.dry_run:
            import_id = writing(partial(import_log.begin, db, settings, request, by=by, key=key, job_id=job_id))
        yield from _read(
            db, settings, sources, by=by, scrub=scrub, readable=readable, writing=writing, import_id=import_id
        )


def _read(
    db: Database,
    settings: Settings,
    sources: ImportSources,
    *,
    by: str,
    scrub: bool,
    readable: Callable[[ImportReport], object] | None,
    writing: Callable[[Callable[[], Any]], Any],
    import_id: int | None,
) -> Iterator[ImportReport]:
    request = sources.request
    store = None if request.dry_run else Store(settings.home)
    key, imported = settings.key("pseudonym"), ImportedFiles.of(db)
    tally = ImportTally(request.dry_run, request.names, sources.table.split_facts if sources.table else ())
    report, batch = sources.report(), list[ImportItem]()
    write = partial(write_batch, db, request, by=by, imported=imported, labels=sources.labels, import_id=import_id)
    waiting, flushed = 0, time.monotonic()
    reading = read_files_polling(
        sources.listed,
        store=store,
        reference=request.reference,
        # A known file with a changed original or missing pixels is read again, so that an import repairs a home.
        known=lambda sha256: imported.is_complete(sha256, store),
        at=imported.offset,
    )
    locked = nullcontext() if request.dry_run else locks.shared(files_lock(settings))
    with locked, closing(reading) as results:
        for result in results:
            if isinstance(result, FileRejection):
                report = replace(report, refused=(*report.refused, sources.rejection(result)))
            elif result is not None:
                batch.append(sources.item(result, key))
                waiting += len(batch[-1].images) or 1
                tally.add(batch[-1])
            if time.monotonic() - flushed > FLUSH_S or waiting >= FLUSH_IMAGES:
                report = writing(partial(write, batch, report))
                batch, waiting, flushed = [], 0, time.monotonic()
                yield tally.counted(report)
        report = writing(partial(write, batch, report))
    noted = [*tally.stack_notes(db), *tally.name_notes(readable=request.dry_run)]
    report = replace(report, notes=image_notes.add_up(report.notes, noted), finished=True)
    report = tally.with_persons(db, tally.counted(report))
    if import_id is not None:
        writing(partial(import_log.finish, db, import_id, tally.scrubbed(report)))
    if readable:
        readable(report)
    yield tally.scrubbed(report) if scrub else report


def files_lock(settings: Settings) -> Path:
    """Return the lock that imports share while some of their files have no row, and that a sweep holds alone."""
    return settings.folder("jobs") / "files.lock"
