"""Commands that look after a workspace."""

import signal
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path
from typing import Any

from core.cli import context
from core.cli.parser import Arguments, Handler, Parser, UsageError
from core.cli.printing.progress import counted, progress
from core.cli.printing.result import Output
from core.errors import InvalidInput, UserError
from core.jobs.local import LocalLauncher
from core.services.workspace import backup as backup_service
from core.services.workspace import doctor as doctor_service
from core.services.workspace import restore as restore_service
from core.services.workspace.erasure import forget as erasure
from core.services.workspace.erasure import orphans
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


def add_doctor_arguments(parser: Parser) -> None:
    """Add the options of `rounds doctor`."""
    parser.add_argument(
        "--sweep",
        action="store_true",
        help="first remove files that no row of the catalogue names, and finish what `rounds forget` began",
    )


def doctor(arguments: Arguments) -> Output:
    """Check the workspace; return each check with its result, and what imports noticed."""
    settings = context.settings_of(arguments)
    swept = _swept(arguments) if arguments.sweep else {}
    checks = doctor_service.run_checks(settings, LocalLauncher(settings))
    return {
        **swept,
        "ok": all(check.ok for check in checks),
        "checks": [asdict(check) for check in checks],
        "notes": [note.to_json() for note in doctor_service.notes_of_home(settings)],
    }


def _swept(arguments: Arguments) -> dict[str, Any]:
    db, settings, _ = context.open_workspace(arguments)
    return {"swept": asdict(orphans.sweep(db, settings))}


def add_forget_arguments(parser: Parser) -> None:
    """Add the options of `rounds forget`."""
    parser.add_argument(
        "--patient",
        required=True,
        action="append",
        metavar="P",
        help="pseudonym, as pages show it, or the patient ID of the files; may be repeated",
    )
    parser.add_argument("--yes", action="store_true", help="do not ask for confirmation")
    parser.add_argument("--dry-run", action="store_true", help="only say what would be erased and what would remain")


def forget(arguments: Arguments) -> Output:
    """Erase persons from the workspace; return what was erased, and what remains where."""
    db, settings, _ = context.open_workspace(arguments)
    patients = erasure.find_patients(db, settings, arguments.patient)
    if not arguments.dry_run and not arguments.yes:
        _confirm(erasure.forget(db, settings, patients, dry_run=True))
    return asdict(erasure.forget(db, settings, patients, dry_run=arguments.dry_run))


def _confirm(plan: erasure.ForgetReport) -> None:
    """Ask on a terminal whether to erase; anything but yes raises."""
    names, images = ", ".join(plan.patients), plan.rows.get("image", 0)
    if not sys.stdin.isatty():
        raise UsageError("rounds forget: this cannot be undone; give --yes, or --dry-run to see what it would erase.")
    for sentence in plan.remains:
        print(sentence, file=sys.stderr)
    print(f"Erase {names} with {images:,} images for good? Type yes: ", end="", file=sys.stderr, flush=True)
    if sys.stdin.readline().strip().lower() != "yes":
        raise UserError("Nothing was erased.")


HANDLERS = {
    "backup": Handler(add_backup_arguments, backup),
    "restore": Handler(add_restore_arguments, restore),
    "doctor": Handler(add_doctor_arguments, doctor),
    "forget": Handler(add_forget_arguments, forget),
}
