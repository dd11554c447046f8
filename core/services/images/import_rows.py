"""Rows for files that were read: patients, studies, series, images, facts, and with a task their cases and labels."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import insert, select
from sqlalchemy.orm import Session

from core.errors import InvalidInput
from core.imaging import deidentify
from core.imaging.deidentify import Identity
from core.imaging.medmnist_labels import class_titles
from core.imaging.metadata_csv import MetadataTable
from core.imaging.reader_pool import AlreadyImported, ReadFile, ReadImage
from core.services.annotation import annotations, numeric_answers, tasks
from core.services.annotation import cases as annotation_cases
from core.services.annotation.annotations import NewAnswer
from core.services.annotation.label_classes import add_missing
from db import Database, queries
from db.tables import Fact, Image, LabelClass, Patient, Series, Study, Task
from db.vocabulary import Answer, LabelSource, TaskKind, Unit

LONGEST_FACT = 200
STUDY, PATIENT = "study", "patient_id"  # columns of a CSV
LABEL = "label"  # the fact that keeps an archive's own label, for a task that is named later


@dataclass(frozen=True, slots=True)
class ImportItem:
    """One file with what its CSV row adds. `patient_id`, `study` and `others` are plain and are never stored."""

    result: ReadFile | AlreadyImported
    name: str
    key: bytes = field(repr=False)
    facts: Mapping[str, str]
    others: tuple[str, ...]
    patient_id: str
    label: str
    study: str = field(default="", repr=False)

    @property
    def images(self) -> Sequence[ReadImage]:
        """What was read from it; nothing where the file was known."""
        return self.result.images if isinstance(self.result, ReadFile) else ()

    def identity_of(self, image: ReadImage) -> Identity:
        """Everything that names the patient, from the file and from its row."""
        here = image.identity
        return Identity(
            patient_id=self.patient_id or here.patient_id,
            patient_name=here.patient_name,
            birth_date=here.birth_date,
            others=(*here.others, *self.others, here.patient_id),
        )

    def patient_of(self, image: ReadImage) -> tuple[str, bool]:
        """The keyed pseudonym, and whether a patient is known; unknown: one per study of the CSV, else per image."""
        known = self.patient_id or image.identity.patient_id
        plain = known or (f"study:{self.study}" if self.study else f"image:{self.result.sha256}:{image.item}")
        return deidentify.pseudonym(self.key, plain), bool(known)

    def study_of(self, image: ReadImage) -> str:
        """The study's plain name: what the row says, else the file; "" where neither does."""
        return self.study or image.identity.study_uid or image.identity.series_uid

    def series_of(self, image: ReadImage) -> str:
        """The series' plain name; a picture that only its row puts into a study is a series of its own."""
        own = f"image:{self.result.sha256}:{image.item}" if self.study else ""
        return image.identity.series_uid or own


def check_labels(db: Database, task: str, column: str | None, table: MetadataTable | None) -> None:
    """Before anything is read: the labels of a CSV must be answers of the task, where the task exists.

    Raises:
        InvalidInput: names the label, what the task accepts and the way out; or the task takes several findings.
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
        for file, said in lines:
            if said:
                _check_label(row, file, said)
        if row.unit is Unit.STUDY and table and STUDY in table.columns:
            _check_agreement([(line, line[column or ""]) for line in table.rows.values()] if column else [], task)


def _check_label(task: Task, file: str, said: str) -> None:
    if task.kind is TaskKind.NUMBER:
        try:
            numeric_answers.read(task, said)
        except InvalidInput as error:
            raise InvalidInput(f"'{file}' is labelled '{said}': {error}") from error
        return
    classes = {name: one for one in task.classes for name in (one.name, one.title) if name}
    if said not in classes:
        raise InvalidInput(
            f"'{file}' is labelled '{said}', which is not a class of task '{task.name}' ({', '.join(classes)}); "
            "correct the CSV, or add the class on the Label page."
        )
    if classes[said].retired_at is not None:
        raise InvalidInput(
            f"'{file}' is labelled '{said}', a class that was retired from task '{task.name}'; correct the CSV, "
            "or bring the class back on the Label page."
        )


def _check_agreement(lines: Iterable[tuple[Mapping[str, str], str]], task: str) -> None:
    """The pictures of a study have one label, for the task asks about the study."""
    said: dict[tuple[str, str], str] = {}
    for line, label in lines:
        study = (line.get(PATIENT, ""), line[STUDY])
        if label and study[1] and said.setdefault(study, label) != label:
            raise InvalidInput(
                f"Study '{study[1]}' is labelled '{said[study]}' and '{label}', and task '{task}' asks "
                "about studies as a whole; give all its pictures the same label."
            )


@dataclass(frozen=True, slots=True)
class LabelCounts:
    """What became of a batch's labels: `kept` gave way to a reader's own, `apart` are of images that no case is of."""

    taken: int = 0
    kept: int = 0
    without_case: int = 0


def write_rows(
    session: Session, items: Sequence[ImportItem], *, task: str, by: str, coming: Sequence[str] = ()
) -> LabelCounts:
    """Write the rows of a batch; `coming` are labels of later batches, which order the classes of a new task too."""
    found = [(item, image) for item in items for image in item.images]
    _add_images(session, found)
    ids = _image_ids(session, {item.result.sha256 for item in items})
    _add_facts(session, items, ids)
    if not task:
        return LabelCounts()
    return _add_labels(session, items, ids, task=task, by=by, coming=coming)


def _add_images(session: Session, found: Sequence[tuple[ImportItem, ReadImage]]) -> None:
    project = queries.project_id(session)
    there = set(_image_ids(session, {item.result.sha256 for item, _ in found}))
    fresh = {(item.result.sha256, image.item): (item, image) for item, image in reversed(found)}
    fresh = {key: pair for key, pair in reversed(fresh.items()) if key not in there}
    patients = _patients(session, project, fresh.values())
    series = _series(session, fresh, patients)
    rows = [
        {
            "project_id": project,
            "patient_id": patients[item.patient_of(image)[0]],
            "series_id": series.get(key),
            **_image(item, image),
        }
        for key, (item, image) in fresh.items()
    ]
    if rows:
        session.execute(insert(Image), rows)


def _image(item: ImportItem, image: ReadImage) -> dict[str, Any]:
    ending = f"#{image.item}" if image.item else ""
    return {
        "sha256": item.result.sha256,
        "item": image.item,
        "name": deidentify.scrub_name(item.name, [item.identity_of(image)]) + ending,
        "name_key": deidentify.keyed_hash(item.key, item.name.rsplit("/", 1)[-1] + ending),
        "importer": item.result.importer if isinstance(item.result, ReadFile) else "",
        "format": image.format.to_json(),
        "offset": image.offset,
        "pixel_sha256": image.pixel_sha256,
        "position": image.position,
    }


def _patients(session: Session, project: int, found: Iterable[tuple[ImportItem, ReadImage]]) -> dict[str, int]:
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
    session: Session, found: Mapping[tuple[str, str], tuple[ImportItem, ReadImage]], patients: Mapping[str, int]
) -> dict[tuple[str, str], int]:
    """The series of each image that has one, with its study."""
    named = {key: (item, image) for key, (item, image) in found.items() if item.series_of(image)}
    of = {
        key: (patients[item.patient_of(image)[0]], deidentify.keyed_hash(item.key, item.study_of(image)))
        for key, (item, image) in named.items()
    }
    studies = _rows(session, Study, "patient_id", of.values())
    at = {
        key: (studies[of[key]].id, deidentify.keyed_hash(item.key, item.series_of(image)))
        for key, (item, image) in named.items()
    }
    series = _rows(session, Series, "study_id", at.values())
    for key, (item, image) in named.items():
        told = image.facts.get("modality", "") or item.facts.get("modality", "")
        series[at[key]].modality = series[at[key]].modality or told
    return {key: series[where].id for key, where in at.items()}


def _rows(
    session: Session, table: type[Any], owner: str, keys: Iterable[tuple[int, str]]
) -> dict[tuple[int, str], Any]:
    """The rows by owner and uid_key, made where they are not there."""
    wanted, rows = dict.fromkeys(keys), {}
    for some in queries.chunks(sorted({owner_id for owner_id, _ in wanted})):
        there = session.scalars(select(table).where(getattr(table, owner).in_(some)))
        rows.update({(getattr(row, owner), row.uid_key): row for row in there})
    fresh = {key: table(**{owner: key[0], "uid_key": key[1]}) for key in wanted if key not in rows}
    session.add_all(fresh.values())
    session.flush()
    return rows | fresh


def _image_ids(session: Session, hashes: Iterable[str]) -> dict[tuple[str, str], int]:
    ids: dict[tuple[str, str], int] = {}
    for some in queries.chunks(sorted(hashes)):
        rows = session.execute(select(Image.sha256, Image.item, Image.id).where(Image.sha256.in_(some)))
        ids.update({(sha256, item): image_id for sha256, item, image_id in rows})
    return ids


def _add_facts(session: Session, items: Sequence[ImportItem], ids: Mapping[tuple[str, str], int]) -> None:
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
    fresh = []
    for (image_id, name), value in wanted.items():
        if name not in there.get(image_id, {}):
            fresh.append({"image_id": image_id, "name": name, "value": value})
        elif there[image_id][name] != value and deidentify.MASK not in there[image_id][name]:
            # What was masked stays: of a known file only its row is at hand, not the identity in its header.
            session.merge(Fact(image_id=image_id, name=name, value=value))
    session.flush()
    if fresh:
        session.execute(insert(Fact), fresh)


def _add_labels(
    session: Session,
    items: Sequence[ImportItem],
    ids: Mapping[tuple[str, str], int],
    *,
    task: str,
    by: str,
    coming: Sequence[str],
) -> LabelCounts:
    wanted = _wanted_labels(session, items, ids)
    row = _task(session, task, items, [*coming, *(text for text in wanted.values() if text)])
    cases = annotation_cases.cases(session, row, wanted)
    annotation_cases.update_representative_image(session, row, cases.values())
    said = _answers(row, items)
    reader = queries.reader_id(session, by)
    taken = kept = apart = 0
    for image_id, text in wanted.items():
        case, answer = cases.get(image_id), said(text)
        if case is None:
            apart += answer is not None
        if case is None or answer is None or answer.shown(case):
            continue
        retired = answer.label_id is not None and any(
            one.id == answer.label_id and one.retired_at is not None for one in row.classes
        )
        if case.answer is not None or retired:
            kept += 1  # a file never overrules what somebody said in between, nor brings a retired class back
            continue
        key = f"import:{case.id}:{answer.label_id if answer.value is None else repr(answer.value)}"
        annotations.append(session, case, answer, reader_id=reader, source=LabelSource.IMPORT, key=key)
        taken += 1
    return LabelCounts(taken, kept, apart)


def _answers(task: Task, items: Sequence[ImportItem]) -> Callable[[str], NewAnswer | None]:
    """What a label's text says in this task; None where it says nothing."""
    if task.kind is TaskKind.NUMBER:
        given = {item.label for item in items}  # an archive's own classes are no measurements
        return lambda text: (
            NewAnswer(Answer.VALUE, value=numeric_answers.read(task, text)) if text and text in given else None
        )
    classes: dict[str, LabelClass] = {name: one for one in task.classes for name in (one.title, one.name) if name}
    return lambda text: NewAnswer(Answer.LABEL, classes[text].id) if text in classes else None


def _wanted_labels(session: Session, items: Sequence[ImportItem], ids: Mapping[tuple[str, str], int]) -> dict[int, str]:
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


def _task(session: Session, name: str, items: Sequence[ImportItem], labels: Iterable[str]) -> Task:
    """The task, made at need with the labels as its classes; a class met later is appended while none is a reader's."""
    row = queries.task_named(session, name)
    if row is not None and row.kind is TaskKind.NUMBER:
        return row
    ordered = sorted(set(labels), key=lambda text: (not text.isdigit(), int(text) if text.isdigit() else 0, text))
    row = row or tasks.make(session, name=name, classes=[])
    fresh = [text for text in ordered if not any(text == one.title for one in row.classes)]
    add_missing(session, row, fresh)
    titles = next((found for item in items if (found := class_titles(item.name))), {})
    for label in row.classes:
        label.title = label.title or titles.get(label.name, "")
    return row
