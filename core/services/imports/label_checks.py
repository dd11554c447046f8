"""Check the labels of a table against the classes of their task, before any file is read."""

from collections.abc import Iterable, Mapping

from core.errors import InvalidInput
from core.imaging.metadata_csv import MetadataTable
from core.services.annotation import numeric_answers
from core.services.imports.import_item import PATIENT, STUDY
from db import Database, queries
from db.tables import Task
from db.vocabulary import TaskKind, Unit


def class_names(db: Database, task: str) -> list[str]:
    """Return the names and titles of a task's classes; none if there is no such task, or it has no classes."""
    with db.read() as session:
        row = queries.task_named(session, task) if task else None
        return [name for one in (row.classes if row else ()) for name in (one.name, one.title) if name]


def check_labels(db: Database, task: str, column: str | None, table: MetadataTable | None) -> None:
    """Check before reading any file that the labels of a CSV are classes of the task, if the task exists.

    Raises:
        InvalidInput: an unknown label, named with the task's classes; or a task with several findings.
    """
    with db.read() as session:
        row = queries.task_named(session, task) if task else None
        if row is None:
            return
        if row.kind is TaskKind.MULTI:
            raise InvalidInput(
                f"Task '{task}' asks for several findings, and an import brings one label per image; "
                "import without a task, then import the findings with `rounds labels import`."
            )
        lines = [(file, line[column or ""]) for file, line in (table.rows if table and column else {}).items()]
        for file, label in lines:
            if label:
                _check_label(row, file, label)
        if row.unit is Unit.STUDY and table and STUDY in table.columns:
            _check_agreement([(line, line[column or ""]) for line in table.rows.values()] if column else [], task)


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


def _check_agreement(lines: Iterable[tuple[Mapping[str, str], str]], task: str) -> None:
    """Check that all images of a study have one label, because the task is about studies."""
    label_of_study: dict[tuple[str, str], str] = {}
    for line, label in lines:
        study = (line.get(PATIENT, ""), line[STUDY])
        if label and study[1] and label_of_study.setdefault(study, label) != label:
            raise InvalidInput(
                f"Study '{study[1]}' is labelled '{label_of_study[study]}' and '{label}', but task '{task}' is "
                "about whole studies; give all images of the study the same label."
            )
