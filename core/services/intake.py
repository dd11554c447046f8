"""Rows for files that were read: patients, studies, series, images, facts, and with a task their cases and labels."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from core.errors import InvalidInput
from core.imaging import deidentify
from core.imaging.deidentify import Identity
from core.imaging.known_labels import titles_of
from core.imaging.metadata import Table
from core.imaging.reading import Known, ReadFile, ReadImage
from core.services import labeling, tasks
from db import Database, queries
from db.tables import Case, Fact, Image, Patient, Series, Study, Task
from db.vocabulary import Answer, LabelSource

LONGEST_FACT = 200
LABEL = "label"  # the fact that keeps an archive's own label, for a task that is named later


@dataclass(frozen=True, slots=True)
class Item:
    """One file with what its CSV row adds. `patient_id` and `others` are plain identity and are never stored."""

    result: ReadFile | Known
    name: str
    key: bytes = field(repr=False)
    facts: Mapping[str, str]
    others: tuple[str, ...]
    patient_id: str
    label: str

    @property
    def images(self) -> Sequence[ReadImage]:
        """What was read from it; nothing where the file was known."""
        return self.result.images if isinstance(self.result, ReadFile) else ()

    def identity_of(self, image: ReadImage) -> Identity:
        """Everything that names the patient, from the file and from its row."""
        here = image.identity
        return Identity(
            patient_id=self.patient_id or here.patient_id, patient_name=here.patient_name, birth_date=here.birth_date,
            others=(*here.others, *self.others, here.patient_id),
        )  # fmt: skip

    def patient_of(self, image: ReadImage) -> tuple[str, bool]:
        """The keyed pseudonym, and whether a patient is known; unknown: one per image."""
        known = self.patient_id or image.identity.patient_id
        plain = known or f"image:{self.result.sha256}:{image.item}"
        return deidentify.pseudonym(self.key, plain), bool(known)


def check_labels(db: Database, task: str, column: str | None, table: Table | None) -> None:
    """Before anything is read: the labels of a CSV must be classes of the task, where the task exists.

    Raises:
        InvalidInput: names the label, the classes and the way out.
    """
    if not (task and column and table):
        return
    with db.read() as session:
        existing = queries.task_named(session, task)
        classes = [name for label in existing.classes for name in (label.name, label.title) if name] if existing else []
    for file, row in table.rows.items():
        if existing is not None and row[column] and row[column] not in classes:
            raise InvalidInput(
                f"'{file}' is labelled '{row[column]}', which is not a class of task '{task}' ({', '.join(classes)}); "
                "correct the CSV, or add the class on the Label page."
            )


def take(session: Session, items: Sequence[Item], *, task: str, by: str) -> tuple[int, int]:
    """Write the rows of a batch; gives how many labels were taken, and how many gave way to a reader's own."""
    found = [(item, image) for item in items for image in item.images]
    _add_images(session, found)
    ids = _image_ids(session, {item.result.sha256 for item in items})
    _add_facts(session, items, ids)
    if not task:
        return 0, 0
    return _add_labels(session, items, ids, task=task, by=by)


def _add_images(session: Session, found: Sequence[tuple[Item, ReadImage]]) -> None:
    project = queries.project_id(session)
    there = set(_image_ids(session, {item.result.sha256 for item, _ in found}))
    fresh = {(item.result.sha256, image.item): (item, image) for item, image in reversed(found)}
    fresh = {key: pair for key, pair in reversed(fresh.items()) if key not in there}
    patients = _patients(session, project, fresh.values())
    series = _series(session, fresh.values(), patients)
    for (sha256, item_name), (item, image) in fresh.items():
        uid = image.identity.series_uid
        pseudonym = item.patient_of(image)[0]
        base = item.name.rsplit("/", 1)[-1]
        session.add(Image(
            project_id=project, patient_id=patients[pseudonym], sha256=sha256, item=item_name,
            series_id=series.get((pseudonym, image.identity.study_uid, uid)) if uid else None,
            name=deidentify.scrub_name(item.name, [item.identity_of(image)]) + (f"#{item_name}" if item_name else ""),
            name_key=deidentify.keyed(item.key, base + (f"#{item_name}" if item_name else "")),
            importer=item.result.importer if isinstance(item.result, ReadFile) else "",
            format=image.format.to_json(), offset=image.offset, pixel_sha256=image.pixel_sha256,
            position=image.position,
        ))  # fmt: skip
    session.flush()


def _patients(session: Session, project: int, found: Iterable[tuple[Item, ReadImage]]) -> dict[str, int]:
    wanted = dict(item.patient_of(image) for item, image in found)
    ids: dict[str, int] = {}
    for names in queries.chunks(list(wanted)):
        there = select(Patient.pseudonym, Patient.id).where(Patient.project_id == project, Patient.pseudonym.in_(names))
        ids.update(session.execute(there).all())
    fresh = [
        Patient(project_id=project, pseudonym=name, known=known) for name, known in wanted.items() if name not in ids
    ]
    session.add_all(fresh)
    session.flush()
    return ids | {row.pseudonym: row.id for row in fresh}


def _series(
    session: Session, found: Iterable[tuple[Item, ReadImage]], patients: Mapping[str, int]
) -> dict[tuple[str, str, str], int]:
    ids: dict[tuple[str, str, str], int] = {}
    for item, image in found:
        here, pseudonym = image.identity, item.patient_of(image)[0]
        where = (pseudonym, here.study_uid, here.series_uid)
        if here.series_uid and where not in ids:
            study = _one(session, Study, patient_id=patients[pseudonym],
                         uid_key=deidentify.keyed(item.key, here.study_uid or here.series_uid))  # fmt: skip
            row = _one(session, Series, study_id=study.id, uid_key=deidentify.keyed(item.key, here.series_uid))
            row.modality = row.modality or image.facts.get("modality", "")
            ids[where] = row.id
    return ids


def _one(session: Session, table: type[Any], **values: Any) -> Any:
    row = session.scalar(select(table).filter_by(**values))
    if row is None:
        row = table(**values)
        session.add(row)
        session.flush()
    return row


def _image_ids(session: Session, hashes: Iterable[str]) -> dict[tuple[str, str], int]:
    ids: dict[tuple[str, str], int] = {}
    for some in queries.chunks(sorted(hashes)):
        rows = session.execute(select(Image.sha256, Image.item, Image.id).where(Image.sha256.in_(some)))
        ids.update({(sha256, item): image_id for sha256, item, image_id in rows})
    return ids


def _add_facts(session: Session, items: Sequence[Item], ids: Mapping[tuple[str, str], int]) -> None:
    wanted: dict[tuple[int, str], str] = {}
    for item in items:
        mine = (
            {key: image_id for key, image_id in ids.items() if key[0] == item.result.sha256} if not item.images else {}
        )
        row = Identity(patient_id=item.patient_id, others=item.others)
        for image_id in mine.values():
            for name, value in item.facts.items():
                wanted[image_id, name] = deidentify.scrub_name(value, [row])[:LONGEST_FACT]
        for image in item.images:
            image_id = ids[item.result.sha256, image.item]
            identity = [item.identity_of(image)]
            own = {LABEL: image.label} if image.label else {}
            for name, value in {**image.facts, **item.facts, **own}.items():
                wanted[image_id, name] = deidentify.scrub_name(value, identity)[:LONGEST_FACT]
    there = queries.facts_of(session, {image_id for image_id, _ in wanted})
    for (image_id, name), value in wanted.items():
        if name not in there.get(image_id, {}):
            session.add(Fact(image_id=image_id, name=name, value=value))
        elif there[image_id][name] != value and deidentify.MASK not in there[image_id][name]:
            # What was masked stays: of a known file only its row is at hand, not the identity in its header.
            session.merge(Fact(image_id=image_id, name=name, value=value))
    session.flush()


def _add_labels(
    session: Session, items: Sequence[Item], ids: Mapping[tuple[str, str], int], *, task: str, by: str
) -> tuple[int, int]:
    wanted = _wanted_labels(session, items, ids)
    row = _task(session, task, items, [text for text in wanted.values() if text])
    cases = _cases(session, row, list(wanted))
    classes = {name: label for label in row.classes for name in (label.title, label.name) if name}
    reader = queries.reader_id(session, by)
    taken = kept = 0
    for image_id, text in wanted.items():
        case = cases[image_id]
        label = classes.get(text)
        if label is None or case.label_id == label.id:
            continue
        if case.answer is not None:
            kept += 1  # a file never overrules what somebody said in between
            continue
        key = f"import:{case.id}:{label.id}"
        labeling.annotate(session, case, answer=Answer.LABEL, label_id=label.id, reader_id=reader,
                          source=LabelSource.IMPORT, key=key)  # fmt: skip
        taken += 1
    return taken, kept


def _wanted_labels(session: Session, items: Sequence[Item], ids: Mapping[tuple[str, str], int]) -> dict[int, str]:
    """The label text by image id, '' where a file says nothing; of a known npz what its first import noted."""
    wanted: dict[int, str] = {}
    for item in items:
        if item.images:
            pairs = {ids[item.result.sha256, image.item]: item.label or image.label or "" for image in item.images}
        else:
            mine = {image_id: name for (sha256, name), image_id in ids.items() if sha256 == item.result.sha256}
            noted = queries.facts_of(session, [image_id for image_id, name in mine.items() if name])
            pairs = {image_id: item.label or noted.get(image_id, {}).get(LABEL, "") for image_id in mine}
        wanted.update(pairs)
    return wanted


def _task(session: Session, name: str, items: Sequence[Item], labels: Iterable[str]) -> Task:
    """The task, made at need with the labels as its classes; a class met later is appended while none is a reader's."""
    ordered = sorted(set(labels), key=lambda text: (not text.isdigit(), int(text) if text.isdigit() else 0, text))
    row = queries.task_named(session, name) or tasks.make(session, name=name, classes=[])
    tasks.append_classes(session, row, [text for text in ordered if not any(text == one.title for one in row.classes)])
    titles = next((found for item in items if (found := titles_of(item.name))), {})
    for label in row.classes:
        label.title = label.title or titles.get(label.name, "")
    return row


def _cases(session: Session, task: Task, image_ids: list[int]) -> dict[int, Case]:
    found: dict[int, Case] = {}
    for some in queries.chunks(image_ids):
        there = select(Case).where(Case.task_id == task.id, Case.image_id.in_(some))
        found.update({case.image_id: case for case in session.scalars(there)})
    fresh = [Case(task_id=task.id, image_id=image_id) for image_id in image_ids if image_id not in found]
    session.add_all(fresh)
    session.flush()
    return found | {case.image_id: case for case in fresh}
