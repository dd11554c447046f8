"""The command that lists imports, undoes one, or repeats one."""

from dataclasses import replace
from typing import Any

from core.cli import context
from core.cli.data import import_all
from core.cli.parser import Arguments, Handler, Parser, UsageError
from core.cli.printing.result import Output
from core.errors import InvalidInput
from core.services.imports import import_log, import_undo, unfinished
from core.services.imports.import_report import ImportReport
from core.services.imports.import_request import ImportRequest, sent_folder
from core.settings import Settings, default_reader
from db import Database

ALL = 1_000_000


def add_imports_arguments(parser: Parser) -> None:
    """Add the options of `rounds imports`."""
    parser.add_argument("verb", nargs="?", choices=["undo", "repeat"], help="what to do with the import; omit to list")
    parser.add_argument("id", nargs="?", type=int, metavar="ID", help="number of the import")


def imports(arguments: Arguments) -> Output:
    """Undo or repeat an import where a verb is given; return what was removed, the report, or the list of imports."""
    db, settings, _ = context.open_workspace(arguments)
    if not arguments.verb:
        return [*_listed(db, settings), *_unlisted(db, settings)]
    if arguments.id is None:
        raise UsageError(f"`rounds imports {arguments.verb}` needs the import's number; `rounds imports` lists them.")
    if arguments.verb == "undo":
        undone = import_undo.undo(db, settings, arguments.id, by=default_reader())
        return {"import": arguments.id, **undone.to_json()}
    return import_all(db, settings, _request(db, settings, arguments.id))


def _request(db: Database, settings: Settings, import_id: int) -> ImportRequest:
    request = import_log.get(db, settings, import_id).request
    if request is None or sent_folder(settings, request.path):
        raise InvalidInput(
            f"The files of import {import_id} are not known any more, or were dropped on the page; import them again."
        )
    return replace(request, within=())


def _listed(db: Database, settings: Settings) -> list[dict[str, Any]]:
    records = []
    for view in import_log.list_imports(db, settings, limit=ALL):
        state, reason = unfinished.state_of(db, settings, view)
        records.append(
            {
                "import": view.id,
                "job": view.job_id,
                "at": view.at,
                "by": view.by,
                "state": state,
                **_source(settings, view.request),
                "images": view.images,
                **_counts(view.report),
                "error": reason,
            }
        )
    return records


def _unlisted(db: Database, settings: Settings) -> list[dict[str, Any]]:
    return [
        {
            "import": None,
            "job": other.job_id,
            "at": other.at,
            "by": other.by,
            "state": unfinished.FINISHED if other.report else str(other.state),
            **_source(settings, other.request),
            "images": other.report.images if other.report else 0,
            **_counts(other.report),
            "error": other.reason,
        }
        for other in unfinished.list_unlisted(db, settings)
    ]


def _source(settings: Settings, request: ImportRequest | None) -> dict[str, str | None]:
    """Return the path and the table; files that were dropped on the page have none."""
    if request is None or sent_folder(settings, request.path):
        return {"path": None, "table": request.metadata.name if request and request.metadata else None}
    return {"path": str(request.path), "table": str(request.metadata) if request.metadata else None}


def _counts(report: ImportReport | None) -> dict[str, Any]:
    if report is None:
        return {"labels": 0, "known": 0, "refused": 0, "notes": {}}
    return {
        "labels": report.labelled,
        "known": report.known,
        "refused": len(report.refused),
        "notes": {note.kind: note.count for note in report.notes},
    }


HANDLERS = {"imports": Handler(add_imports_arguments, imports)}
