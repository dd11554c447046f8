"""Commands that Rounds starts itself: the dispatcher, and the process of one job."""

from typing import TYPE_CHECKING

from core.cli import context
from core.cli.parser import Arguments, Handler, Parser
from core.jobs.local import LocalLauncher
from core.jobs.retry import retry_while_unavailable
from core.lazy_modules import LazyModule
from core.services.workspace import home
from core.worker import dispatcher

if TYPE_CHECKING:
    from core.worker import runner
else:
    runner = LazyModule("core.worker.runner")


def add_dispatch_arguments(parser: Parser) -> None:
    """Add the options of `rounds dispatch`."""
    parser.add_argument("--lock", type=int, metavar="N", help="file descriptor of the dispatcher's lock")


def dispatch(arguments: Arguments) -> None:
    """Start the processes of waiting jobs until none is left."""
    settings = context.settings_of(arguments)
    db = retry_while_unavailable(lambda: home.open_home(settings))
    dispatcher.run(db, settings, LocalLauncher(settings), lock=arguments.lock)


def add_work_arguments(parser: Parser) -> None:
    """Add the options of `rounds work`."""
    parser.add_argument("id", type=int, metavar="ID", help="number of the job")
    parser.add_argument("--attempt", type=int, required=True, metavar="N", help="attempt that claimed the job")
    parser.add_argument("--device", default="cpu", metavar="DEVICE", help="device of the job (default: %(default)s)")


def work(arguments: Arguments) -> None:
    """Run one claimed job to its end."""
    settings = context.settings_of(arguments)
    db = retry_while_unavailable(lambda: home.open_home(settings))
    runner.run_job(db, settings, arguments.id, attempt=arguments.attempt, device=arguments.device)


HANDLERS = {
    "dispatch": Handler(add_dispatch_arguments, dispatch),
    "work": Handler(add_work_arguments, work),
}
