"""Commands that import images, create tasks and freeze datasets."""

from pathlib import Path
from typing import TYPE_CHECKING

from core.cli import context
from core.cli.parser import Arguments, Handler, Parser
from core.cli.printing.progress import progress
from core.cli.printing.result import FailedWithReport, Output
from core.cli.table_options import add_dialect
from core.curation.recipe import Recipe
from core.errors import InvalidInput
from core.imaging.tables.column_titles import Role
from core.imaging.tables.dates import ORDERS
from core.lazy_modules import LazyModule
from core.services.annotation import annotations, tasks
from core.services.imports import import_files, import_report, import_request
from core.settings import Settings, default_reader
from db import Database
from db.vocabulary import MirrorSymmetry, TaskKind, Unit

if TYPE_CHECKING:
    from core.services.datasets import snapshots
    from core.services.images import show
    from core.services.images.show import ShownImage
else:
    snapshots = LazyModule("core.services.datasets.snapshots")
    show = LazyModule("core.services.images.show")

FLIPS_HELP = "flips that keep the label; training uses no others (default: %(default)s)"


def add_import_arguments(parser: Parser) -> None:
    """Add the options of `rounds import`."""
    parser.add_argument(
        "path", type=Path, metavar="PATH", help="file, folder with its archives, or archive (.zip, .tar, .tar.gz)"
    )
    parser.add_argument(
        "--metadata",
        type=Path,
        metavar="FILE",
        help="table of the files: CSV, TSV or Excel; of one in an archive its path, such as set.zip/labels.csv",
    )
    parser.add_argument(
        "--file-column", default="file", metavar="COLUMN", help="column with the file name (default: file, or guessed)"
    )
    parser.add_argument("--patient-column", metavar="COLUMN", help="column with the patient ID (default: guessed)")
    parser.add_argument("--task", default="", metavar="NAME", help="labelling task of the labels in the table")
    parser.add_argument(
        "--label-column", metavar="COLUMN", help="column with the label (default: guessed, if there is a task)"
    )
    parser.add_argument(
        "--role",
        action="append",
        default=[],
        metavar="COLUMN=ROLE",
        help=f"what a column is for, instead of the guess: {', '.join(Role)}; repeatable",
    )
    parser.add_argument("--class-order", default="", metavar="CLASS,…", help="classes of a new task, the positive last")
    parser.add_argument("--date-order", choices=ORDERS, help="order of dates such as 03/04/2020 (default: guessed)")
    add_dialect(parser)
    parser.add_argument(
        "--keep-spellings", action="store_true", help="keep spellings of a class apart, such as Normal and normal"
    )
    parser.add_argument("--reference", action="store_true", help="link the files instead of copying them")
    parser.add_argument(
        "--names",
        default="keyed",
        choices=["keyed", "kept", "cut"],
        help="file names that look like a person: as a code, as they are, or cut (default: %(default)s)",
    )
    parser.add_argument("--dry-run", action="store_true", help="preview the import without changing anything")


def import_images(arguments: Arguments) -> Output:
    """Import a file or a folder; return the import report."""
    db, settings, _ = context.open_workspace(arguments)
    request = import_request.ImportRequest(
        path=arguments.path,
        metadata=arguments.metadata,
        file_column=arguments.file_column,
        patient_column=arguments.patient_column,
        task=arguments.task,
        label_column=arguments.label_column,
        keep_spellings=arguments.keep_spellings,
        reference=arguments.reference,
        dry_run=arguments.dry_run,
        encoding=arguments.encoding,
        separator=arguments.separator,
        decimal=arguments.decimal,
        header_line=arguments.header_line,
        sheet=arguments.sheet,
        date_order=arguments.date_order,
        roles=tuple(map(_role, arguments.role)),
        class_order=tuple(filter(None, map(str.strip, arguments.class_order.split(",")))),
        names=arguments.names,
    )
    return import_all(db, settings, request)


def import_all(db: Database, settings: Settings, request: import_request.ImportRequest) -> Output:
    """Import what a request says; return the import report.

    Raises:
        FailedWithReport: none of the files can be imported.
    """
    report = import_report.ImportReport(files_found=0)
    with progress() as update:
        for report in import_files.run(db, settings, request, by=default_reader()):
            update("Importing files", report.done, report.files_found)
    if not report.imported and not report.known:
        raise FailedWithReport(
            f"None of the {report.files_found} files in {request.path} can be imported; the report gives the reasons.",
            report.to_json(),
        )
    return report.to_json()


def _role(text: str) -> tuple[str, str]:
    column, equals, role = text.rpartition("=")
    if not equals or not column:
        raise InvalidInput(
            f"--role {text} names no column and role; write it as COLUMN=ROLE, such as --role age=number."
        )
    return column.strip(), role.strip()


def add_show_arguments(parser: Parser) -> None:
    """Add the options of `rounds show`."""
    parser.add_argument(
        "names", nargs="*", metavar="NAME", help="file name, its stem, sha256, or id:NUMBER (default: all images)"
    )
    parser.add_argument("--out", type=Path, metavar="FILE.png", help="write the picture as the viewer first shows it")
    parser.add_argument("--values", type=Path, metavar="FILE.npy", help="write the rescaled values of all frames")
    parser.add_argument("--frame", type=int, metavar="N", help="frame of the picture, from 0 (default: the first)")


def show_images(arguments: Arguments) -> Output:
    """Return what was understood of each image; write the picture or the values of one."""
    db, settings, _ = context.open_workspace(arguments)
    shown = show.find_images(db, settings, arguments.names)
    if arguments.frame is not None and not arguments.out:
        raise InvalidInput("--frame chooses the frame of a picture; give its file with --out FILE.png.")
    if arguments.out:
        show.write_picture(settings, _only(shown, "--out"), arguments.out.expanduser(), frame=arguments.frame or 0)
    if arguments.values:
        show.write_values(settings, _only(shown, "--values"), arguments.values.expanduser())
    return [image.to_json() for image in shown]


def _only(shown: list["ShownImage"], option: str) -> "ShownImage":
    if len(shown) != 1:
        raise InvalidInput(f"{option} writes one image, and {len(shown)} match; name one, such as id:NUMBER.")
    return shown[0]


def add_task_arguments(parser: Parser) -> None:
    """Add the options of `rounds task`."""
    parser.add_argument("--name", required=True, metavar="NAME", help="name of the task")
    parser.add_argument(
        "--kind",
        default=TaskKind.SINGLE,
        choices=[kind.value for kind in TaskKind],
        help="one class, ordered classes, findings (multi-label) or a number (default: %(default)s)",
    )
    parser.add_argument("--classes", default="", metavar="CLASS,…", help="classes or findings, in order")
    parser.add_argument(
        "--unit",
        default=Unit.IMAGE,
        choices=[unit.value for unit in Unit],
        help="unit of annotation (default: %(default)s)",
    )
    parser.add_argument("--question", default="", metavar="TEXT", help="question shown to the readers")
    parser.add_argument("--measure", default="", metavar="UNIT", help="unit of the number, such as years")
    parser.add_argument("--low", type=float, metavar="NUMBER", help="lowest number accepted")
    parser.add_argument("--high", type=float, metavar="NUMBER", help="highest number accepted")
    parser.add_argument(
        "--flips", default=MirrorSymmetry.NONE, choices=[flips.value for flips in MirrorSymmetry], help=FLIPS_HELP
    )


def create_task(arguments: Arguments) -> Output:
    """Create a labelling task; return it with its number of cases."""
    db, _, _ = context.open_workspace(arguments)
    task = tasks.create(
        db,
        name=arguments.name,
        classes=arguments.classes.split(","),
        question=arguments.question,
        unit=Unit(arguments.unit),
        kind=TaskKind(arguments.kind),
        measure=arguments.measure,
        low=arguments.low,
        high=arguments.high,
        flips=MirrorSymmetry(arguments.flips),
    )
    return {
        "task": task.id,
        "name": task.name,
        "kind": task.kind,
        "unit": task.unit,
        "measure": task.measure,
        "low": task.low,
        "high": task.high,
        "flips": task.flips,
        "classes": [label_class.name for label_class in task.classes],
        "cases": annotations.progress(db, task.id).total,
    }


def add_snapshot_arguments(parser: Parser) -> None:
    """Add the options of `rounds snapshot`."""
    parser.add_argument("--task", required=True, metavar="NAME", help="labelling task")
    parser.add_argument("--name", required=True, metavar="NAME", help="name of the snapshot")
    parser.add_argument("--val", type=float, default=0.15, metavar="SHARE", help="validation share (default: 0.15)")
    parser.add_argument("--test", type=float, default=0.15, metavar="SHARE", help="test share (default: 0.15)")
    parser.add_argument("--split-column", metavar="COLUMN", help="metadata column with given splits: train, val, test")
    parser.add_argument("--stratify", default="", metavar="COLUMN,…", help="also stratify by these metadata columns")
    parser.add_argument(
        "--balance",
        default="none",
        choices=["none", "weights", "oversample", "undersample"],
        help="how to balance the classes of the training split (default: %(default)s)",
    )
    parser.add_argument("--seed", type=int, default=0, metavar="N", help="random seed (default: %(default)s)")


def freeze_snapshot(arguments: Arguments) -> Output:
    """Split the labelled cases of a task by patient and freeze them."""
    db, _, _ = context.open_workspace(arguments)
    recipe = Recipe(
        val=arguments.val,
        test=arguments.test,
        split_fact=arguments.split_column,
        stratify=tuple(name for name in arguments.stratify.split(",") if name),
        balance=arguments.balance,
        seed=arguments.seed,
    )
    task = tasks.task_named(db, arguments.task)
    snapshot = snapshots.freeze(db, task.id, recipe, name=arguments.name, by=default_reader())
    return snapshots.as_json(db, snapshot)


HANDLERS = {
    "import": Handler(add_import_arguments, import_images),
    "show": Handler(add_show_arguments, show_images),
    "task": Handler(add_task_arguments, create_task),
    "snapshot": Handler(add_snapshot_arguments, freeze_snapshot),
}
