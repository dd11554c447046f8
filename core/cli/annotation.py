"""Commands that import and export labels and drawings."""

from dataclasses import asdict
from pathlib import Path

from core.cli import context
from core.cli.parser import Arguments, Handler, Parser, verbs
from core.cli.printing.result import Output
from core.cli.table_options import add_dialect, dialect
from core.services.annotation import drawing_export, drawing_import, label_export, label_import, tasks
from core.settings import default_reader


def add_labels_arguments(parser: Parser) -> None:
    """Add the verbs of `rounds labels`."""
    add_verb = verbs(parser)
    reading = add_verb("import", "import labels, numbers or findings from a CSV")
    _add_task(reading)
    reading.add_argument(
        "--csv",
        required=True,
        type=Path,
        metavar="FILE.csv",
        help="CSV with the columns image, label and reader; of findings also presence",
    )
    add_dialect(reading)
    writing = add_verb("export", "export the labels of all readers to a CSV")
    _add_task(writing)
    writing.add_argument("--out", required=True, type=Path, metavar="FILE.csv", help="CSV to write")


def exchange_labels(arguments: Arguments) -> Output:
    """Import or export the labels of a task; return how many."""
    db, settings, _ = context.open_workspace(arguments)
    if arguments.verb == "import":
        return asdict(
            label_import.import_labels(
                db,
                settings,
                task=arguments.task,
                path=arguments.csv,
                by=default_reader(),
                dialect=dialect(arguments),
                sheet=arguments.sheet,
            )
        )
    count = label_export.write(db, tasks.task_named(db, arguments.task).id, arguments.out)
    return {"file": str(arguments.out), "lines": count}


def add_drawings_arguments(parser: Parser) -> None:
    """Add the verbs of `rounds drawings`."""
    add_verb = verbs(parser)
    writing = add_verb("export", "export the current drawings of a task")
    _add_task(writing)
    writing.add_argument("--format", required=True, choices=["coco", "csv", "seg", "sr"], help="file format")
    writing.add_argument("--out", required=True, type=Path, metavar="PATH", help="file; for seg and sr a folder")
    writing.add_argument(
        "--pseudonyms",
        action="store_true",
        help="write pseudonyms in place of patient data: new UIDs, dates shifted by person, no file names. "
        + drawing_export.REMAINS,
    )
    reading = add_verb("import", "import the drawings of a file: all of them, or none if one is invalid")
    _add_task(reading)
    reading.add_argument("file", type=Path, metavar="FILE", help="COCO JSON, CSV, DICOM SEG or DICOM SR")


def exchange_drawings(arguments: Arguments) -> Output:
    """Import or export the drawings of a task; return how many."""
    db, settings, _ = context.open_workspace(arguments)
    if arguments.verb == "import":
        by = default_reader()
        return drawing_import.import_drawings(db, settings, task=arguments.task, path=arguments.file, by=by).to_json()
    return asdict(
        drawing_export.export(
            db,
            settings,
            task=arguments.task,
            format=arguments.format,
            out=arguments.out,
            pseudonyms=arguments.pseudonyms,
        )
    )


def _add_task(parser: Parser) -> None:
    parser.add_argument("--task", required=True, metavar="NAME", help="labelling task")


HANDLERS = {
    "labels": Handler(add_labels_arguments, exchange_labels),
    "drawings": Handler(add_drawings_arguments, exchange_drawings),
}
