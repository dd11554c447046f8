"""Commands that look after a workspace, and the processes that work in it."""

import signal
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict

from core.cli import context, output
from core.cli.output import Output
from core.cli.parser import Arguments
from core.errors import InvalidInput, UserError
from core.jobs.local import LocalLauncher


def backup(arguments: Arguments) -> Output:
    from core.services.workspace import backup
    from db import Database

    settings = context.settings_of(arguments)
    file = Database(settings.database_url).file
    if file is not None and not file.exists():
        raise InvalidInput(f"There is no catalogue {file} to back up; name its home with --home DIR.")
    db, settings, _ = context.open_workspace(arguments)
    with _whole_or_nothing():
        return asdict(backup.make(db, settings, arguments.file, tell=output.counted("files backed up")))


def restore(arguments: Arguments) -> Output:
    from core.services.workspace import restore

    with _whole_or_nothing():
        return asdict(
            restore.restore(context.settings_of(arguments), arguments.file, tell=output.counted("files restored"))
        )


@contextmanager
def _whole_or_nothing() -> Iterator[None]:
    """Stopped by a person, or by a machine that goes down, it cleans up and says so."""
    before = signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        yield
    except KeyboardInterrupt:
        raise UserError("Stopped: nothing of it was kept; run it again.") from None
    finally:
        signal.signal(signal.SIGTERM, before)


def doctor(arguments: Arguments) -> Output:
    from core.services.workspace import doctor

    settings = context.settings_of(arguments)
    checks = doctor.run_checks(settings, LocalLauncher(settings))
    return {"ok": all(check.ok for check in checks), "checks": [asdict(check) for check in checks]}


def dispatch(arguments: Arguments) -> None:
    from core.jobs.retry import retry_while_unavailable
    from core.services.workspace import home
    from core.worker import dispatcher

    settings = context.settings_of(arguments)
    db = retry_while_unavailable(lambda: home.open_home(settings))
    dispatcher.run(db, settings, LocalLauncher(settings), lock=arguments.lock)


def work(arguments: Arguments) -> None:
    from core.jobs.retry import retry_while_unavailable
    from core.services.workspace import home
    from core.worker import runner

    settings = context.settings_of(arguments)
    db = retry_while_unavailable(lambda: home.open_home(settings))
    runner.run_job(db, settings, arguments.id, attempt=arguments.attempt, device=arguments.device)


def refuse_screen_command(_arguments: Arguments) -> None:
    raise InvalidInput("The dashboard is started by `rounds serve` or `rounds demo`, not by `python -m core`.")
