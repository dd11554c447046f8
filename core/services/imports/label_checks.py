"""Check the labels of a table against the classes of their task, before any file is read."""

from core.errors import InvalidInput
from core.imaging.tables.column_titles import Role
from core.services.annotation import numeric_answers
from core.services.imports.import_request import ImportRequest
from core.services.imports.import_table import ImportTable
from db import Database, queries
from db.tables import Task
from db.vocabulary import TaskKind, Unit


def class_names(db: Database, task: str) -> list[str]:
    """Return the names and titles of a task's classes; none if there is no such task, or it has no classes."""
    with db.read() as session:
        row = queries.task_named(session, task) if task else None
        return [name for one in (row.classes if row else ()) for name in (one.name, one.title) if name]


def check_labels(db: Database, request: ImportRequest, table: ImportTable | None) -> None:
    """Check before reading any file that the labels of a table are classes of the task, if the task exists.

    Raises:
        InvalidInput: an unknown label, named with the task's classes; a task with several findings; an order of classes
            that lacks one, or of a task that has its classes.
    """
    task = request.task
    if request.class_order:
        _check_order(db, request, table)
    with db.read() as session:
        row = queries.task_named(session, task) if task else None
        if row is None:
            return
        if row.kind is TaskKind.MULTI:
            raise InvalidInput(
                f"Task '{task}' asks for several findings, and an import brings one label per image; "
                "import without a task, then import the findings with `rounds labels import`."
            )
        if table is None or table.label is None:
            return
        try:
            for file, line in table.rows.rows.items():
                if line[table.label]:
                    _check_label(row, file, line[table.label])
        except InvalidInput as error:
            raise InvalidInput(f"{error}{_guessed(table)}") from error
        if row.unit is Unit.STUDY and table.roles.column(Role.STUDY):
            _check_agreement(table, task)


def _guessed(table: ImportTable) -> str:
    if table.label in table.roles.chosen:
        return ""
    return f" The column '{table.label}' was guessed to hold the labels; choose another one if it does not."


def _check_order(db: Database, request: ImportRequest, table: ImportTable | None) -> None:
    if known := class_names(db, request.task):
        raise InvalidInput(
            f"Task '{request.task}' has its classes already ({', '.join(dict.fromkeys(known))}); the order of classes "
            "is for a new task. Leave it out."
        )
    lacking = [label for label in (table.labels if table else ()) if label not in request.class_order]
    if lacking:
        raise InvalidInput(f"The order of classes lacks '{lacking[0]}', which is a label of the table; add it.")


def _check_label(task: Task, file: str, label: str) -> None:
    if task.kind is TaskKind.NUMBER:
        try:
            numeric_answers.read(task, label)
        except InvalidInput as error:
            raise InvalidInput(f"'{file}' is labelled '{label}': {error}") from error
        return
    classes = {name: one for one in task.classes for name in (one.name, one.title) if name}
    if label not in classes:
        raise InvalidInput(
            f"'{file}' is labelled '{label}', which is not a class of task '{task.name}' ({', '.join(classes)}); "
            "correct the CSV, or add the class on the Label page."
        )
    if classes[label].retired_at is not None:
        raise InvalidInput(
            f"'{file}' is labelled '{label}', a retired class of task '{task.name}'; correct the CSV, "
            "or restore the class on the Label page."
        )


def _check_agreement(table: ImportTable, task: str) -> None:
    """Check that all images of a study have one label, because the task is about studies."""
    label_of_study: dict[tuple[str, str], str] = {}
    for path in table.joined.rows:
        row = table.values(path)
        study = (row.patient_id, row.study)
        if row.label and row.study and label_of_study.setdefault(study, row.label) != row.label:
            raise InvalidInput(
                f"Study '{row.study}' is labelled '{label_of_study[study]}' and '{row.label}', but task '{task}' is "
                "about whole studies; give all images of the study the same label."
            )
