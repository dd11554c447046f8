"""Commands that look after a workspace."""

import signal
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path

from core.cli import context
from core.cli.parser import Arguments, Handler, Parser
from core.cli.printing.progress import counted, progress
from core.cli.printing.result import Output
from core.errors import InvalidInput, UserError
from core.jobs.local import LocalLauncher
from core.services.workspace import backup as backup_service
from core.services.workspace import doctor as doctor_service
from core.services.workspace import restore as restore_service
from db import Database


def add_backup_arguments(parser: Parser) -> None:
    """Add the options of `rounds backup`."""
    parser.add_argument("file", type=Path, metavar="FILE", help="backup to write")


def backup(arguments: Arguments) -> Output:
    """Write a backup of the workspace; return what it holds."""
    settings = context.settings_of(arguments)
    file = Database(settings.database_url).file
    if file is not None and not file.exists():
        raise InvalidInput(f"There is no catalogue {file} to back up; name its home with --home DIR.")
    db, settings, _ = context.open_workspace(arguments)
    with _all_or_nothing(), progress() as update:
        report = backup_service.make(db, settings, arguments.file, tell=counted("Backing up files", update))
    return asdict(report)


def add_restore_arguments(parser: Parser) -> None:
    """Add the options of `rounds restore`."""
    parser.add_argument("file", type=Path, metavar="FILE", help="backup to restore into the home")


def restore(arguments: Arguments) -> Output:
    """Restore a backup into an empty home; return what was verified."""
    settings = context.settings_of(arguments)
    with _all_or_nothing(), progress() as update:
        report = restore_service.restore(settings, arguments.file, tell=counted("Restoring files", update))
    return asdict(report)


@contextmanager
def _all_or_nothing() -> Iterator[None]:
    """Turn Ctrl+C and a machine that shuts down into an error, after the block has removed its partial files."""
    before = signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        yield
    except KeyboardInterrupt:
        raise UserError("Stopped: nothing of it was kept; run it again.") from None
    finally:
        signal.signal(signal.SIGTERM, before)


def add_doctor_arguments(_parser: Parser) -> None:
    """Add nothing: `rounds doctor` takes the common options only."""


def doctor(arguments: Arguments) -> Output:
    """Check the workspace; return each check with its result, and what imports noticed."""
    settings = context.settings_of(arguments)
    checks = doctor_service.run_checks(settings, LocalLauncher(settings))
    return {
        "ok": all(check.ok for check in checks),
        "checks": [asdict(check) for check in checks],
        "notes": [note.to_json() for note in doctor_service.notes_of_home(settings)],
    }


HANDLERS = {
    "backup": Handler(add_backup_arguments, backup),
    "restore": Handler(add_restore_arguments, restore),
    "doctor": Handler(add_doctor_arguments, doctor),
}
