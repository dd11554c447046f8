"""Write the labels of imported images: the task with its classes, the cases, the annotations."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass

from sqlalchemy.orm import Session

from core.imaging.medmnist_labels import class_titles
from core.imaging.tables.words import is_negative
from core.services.annotation import annotations, numeric_answers, tasks
from core.services.annotation import cases as annotation_cases
from core.services.annotation.annotations import NewAnswer
from core.services.annotation.label_classes import add_missing
from core.services.imports.import_item import LABEL, ImportItem
from db import queries
from db.tables import LabelClass, Task
from db.vocabulary import Answer, LabelSource, TaskKind


@dataclass(frozen=True, slots=True)
class LabelCounts:
    """The result of a batch's labels: added, overridden by a reader's answer, and of images without a case."""

    added: int = 0
    overridden: int = 0
    without_case: int = 0


def add_labels(
    session: Session,
    items: Sequence[ImportItem],
    ids: Mapping[tuple[str, str], int],
    *,
    task: str,
    by: str,
    coming: Sequence[str],
    order: Sequence[str] = (),
) -> LabelCounts:
    """Write the labels of a batch; a case that a reader has answered keeps its answer."""
    label_texts = _label_texts(session, items, ids)
    row = _task(session, task, items, [*coming, *(text for text in label_texts.values() if text)], order)
    cases = annotation_cases.cases(session, row, label_texts)
    annotation_cases.update_representative_image(session, row, cases.values())
    to_answer = _answers(row, items)
    reader = queries.reader_id(session, by)
    added = overridden = without_case = 0
    for image_id, text in label_texts.items():
        case, answer = cases.get(image_id), to_answer(text)
        if case is None:
            without_case += answer is not None
        if case is None or answer is None or answer.shown(case):
            continue
        retired = answer.label_id is not None and any(
            label.id == answer.label_id and label.retired_at is not None for label in row.classes
        )
        if case.answer is not None or retired:
            overridden += 1  # a file never overrides a reader's answer, nor restores a retired class
            continue
        key = f"import:{case.id}:{answer.label_id if answer.value is None else repr(answer.value)}"
        annotations.append(session, case, answer, reader_id=reader, source=LabelSource.IMPORT, key=key)
        added += 1
    return LabelCounts(added, overridden, without_case)


def _answers(task: Task, items: Sequence[ImportItem]) -> Callable[[str], NewAnswer | None]:
    """Return a function from a label's text to its answer in this task; None without an answer."""
    if task.kind is TaskKind.NUMBER:
        given = {item.label for item in items}  # an archive's own classes are not numbers
        return lambda text: (
            NewAnswer(Answer.VALUE, value=numeric_answers.read(task, text)) if text and text in given else None
        )
    named: dict[str, LabelClass] = {one.title: one for one in task.classes if one.title}
    classes = named | {one.name: one for one in task.classes}  # a name comes before the title of another class
    return lambda text: NewAnswer(Answer.LABEL, classes[text].id) if text in classes else None


def _label_texts(session: Session, items: Sequence[ImportItem], ids: Mapping[tuple[str, str], int]) -> dict[int, str]:
    """Return the label text by image id, '' without a label; for a known npz the label of its first import."""
    label_texts: dict[int, str] = {}
    for item in items:
        if item.images:
            pairs = {ids[item.result.sha256, image.item]: item.label or image.label or "" for image in item.images}
        else:
            item_of_image = {image_id: name for (sha256, name), image_id in ids.items() if sha256 == item.result.sha256}
            noted = queries.facts_of(session, [image_id for image_id, name in item_of_image.items() if name])
            pairs = {image_id: item.label or noted.get(image_id, {}).get(LABEL, "") for image_id in item_of_image}
        label_texts.update(pairs)
    return label_texts


def class_order(labels: Iterable[str], order: Sequence[str] = ()) -> list[str]:
    """Return the classes of a new task: in the order chosen, else as `_rank` says; the last is positive."""
    return [*dict.fromkeys(order)] or sorted(set(labels), key=_rank)


def _rank(label: str) -> tuple[bool, int, bool, str]:
    is_number = label.isdigit()
    return not is_number, int(label) if is_number else 0, not is_negative(label), label


def _task(
    session: Session, name: str, items: Sequence[ImportItem], labels: Iterable[str], order: Sequence[str]
) -> Task:
    """Return the task, made with the labels as its classes if missing; new labels are appended as classes.

    Numbers come in their order, then labels that say that nothing was found: the last class is the positive one.
    """
    row = queries.task_named(session, name)
    if row is not None and row.kind is TaskKind.NUMBER:
        return row
    row = row or tasks.make(session, name=name, classes=[])
    fresh = [
        text
        for text in dict.fromkeys([*order, *class_order(labels)])
        if not any(text == one.title for one in row.classes)
    ]
    add_missing(session, row, fresh)
    titles = next((named for item in items if (named := class_titles(item.name))), {})
    for label in row.classes:
        label.title = label.title or titles.get(label.name, "")
    return row
