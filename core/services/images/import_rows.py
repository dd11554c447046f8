"""Write the rows of imported files: patients, studies, series, images, metadata, and for a task cases and labels."""

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
from core.imaging.tables.words import is_negative
from core.services.annotation import annotations, numeric_answers, tasks
from core.services.annotation import cases as annotation_cases
from core.services.annotation.annotations import NewAnswer
from core.services.annotation.label_classes import add_missing
from core.services.images import image_notes, renumbered_frames, series_stacks
from db import Database, queries
from db.tables import Fact, Image, LabelClass, Patient, Series, Study, Task
from db.vocabulary import Answer, LabelSource, TaskKind, Unit

LONGEST_FACT = 200
STUDY, PATIENT = "study", "patient_id"  # columns of a CSV
LABEL = "label"  # the metadata column with an archive's own label, for a task named later


@dataclass(frozen=True, slots=True)
class ImportItem:
    """One file with its CSV row. `patient_id`, `study` and `others` are plain text and are never stored."""

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
        """The images read from the file; none if the file was known."""
        return self.result.images if isinstance(self.result, ReadFile) else ()

    def identity_of(self, image: ReadImage) -> Identity:
        """Return everything that identifies the patient, from the file and from its CSV row."""
        in_file = image.identity
        return Identity(
            patient_id=self.patient_id or in_file.patient_id,
            patient_name=in_file.patient_name,
            birth_date=in_file.birth_date,
            others=(*in_file.others, *self.others, in_file.patient_id),
        )

    def patient_of(self, image: ReadImage) -> tuple[str, bool]:
        """Return the keyed pseudonym and whether the patient is known; an unknown one is per CSV study or per image."""
        known = self.patient_id or image.identity.patient_id
        plain = known or (f"study:{self.study}" if self.study else f"image:{self.result.sha256}:{image.item}")
        return deidentify.pseudonym(self.key, plain), bool(known)

    def study_of(self, image: ReadImage) -> str:
        """Return the study's plain name from the CSV row, else from the file; "" without either."""
        return self.study or image.identity.study_uid or image.identity.series_uid

    def series_of(self, image: ReadImage) -> str:
        """Return the series' plain name; an image whose study comes from the CSV alone is its own series."""
        single_image = f"image:{self.result.sha256}:{image.item}" if self.study else ""
        return image.identity.series_uid or single_image


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


@dataclass(frozen=True, slots=True)
class LabelCounts:
    """The result of a batch's labels: added, overridden by a reader's answer, and of images without a case."""

    added: int = 0
    overridden: int = 0
    without_case: int = 0


def write_rows(
    session: Session, items: Sequence[ImportItem], *, task: str, by: str, coming: Sequence[str] = ()
) -> LabelCounts:
    """Write the rows of a batch; `coming` are labels of later batches, which also order the classes of a new task."""
    pairs = [(item, image) for item in items for image in item.images]
    added = _add_images(session, pairs)
    ids = _image_ids(session, {item.result.sha256 for item in items})
    _add_facts(session, items, ids)
    image_notes.add_rows(session, {ids[key]: image.notes for key, image in added.items()})
    if not task:
        return LabelCounts()
    return _add_labels(session, items, ids, task=task, by=by, coming=coming)


def _add_images(session: Session, pairs: Sequence[tuple[ImportItem, ReadImage]]) -> dict[tuple[str, str], ReadImage]:
    """Write the rows of images that the catalogue lacks; return those by (sha256, item)."""
    project = queries.project_id(session)
    existing = _image_ids(session, {item.result.sha256 for item, _ in pairs})
    again = ((existing.get((item.result.sha256, image.item)), image) for item, image in pairs)
    renumbered_frames.follow(session, ((known, image) for known, image in again if known and image.format.frames > 1))
    new_images = {(item.result.sha256, image.item): (item, image) for item, image in reversed(pairs)}
    new_images = {key: pair for key, pair in reversed(new_images.items()) if key not in existing}
    patients = _patients(session, project, new_images.values())
    series = _series(session, new_images, patients)
    rows = [
        {
            "project_id": project,
            "patient_id": patients[item.patient_of(image)[0]],
            "series_id": series.get(key),
            **_image(item, image),
        }
        for key, (item, image) in new_images.items()
    ]
    if rows:
        session.execute(insert(Image), rows)
        series_stacks.regroup(session, set(series.values()), fresh=new_images.keys())
    return {key: image for key, (_, image) in new_images.items()}


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
        "attributes": image.attributes,
    }


def _patients(session: Session, project: int, pairs: Iterable[tuple[ImportItem, ReadImage]]) -> dict[str, int]:
    known_by_pseudonym = dict(item.patient_of(image) for item, image in pairs)
    ids: dict[str, int] = {}
    for names in queries.chunks(list(known_by_pseudonym)):
        statement = select(Patient.pseudonym, Patient.id).where(
            Patient.project_id == project, Patient.pseudonym.in_(names)
        )
        ids.update(session.execute(statement).all())
    fresh = [
        Patient(project_id=project, pseudonym=name, known=known)
        for name, known in known_by_pseudonym.items()
        if name not in ids
    ]
    session.add_all(fresh)
    session.flush()
    return ids | {row.pseudonym: row.id for row in fresh}


def _series(
    session: Session, pairs: Mapping[tuple[str, str], tuple[ImportItem, ReadImage]], patients: Mapping[str, int]
) -> dict[tuple[str, str], int]:
    """Return the series id of each image that has a series, made with its study if missing."""
    named = {key: (item, image) for key, (item, image) in pairs.items() if item.series_of(image)}
    study_key = {
        key: (patients[item.patient_of(image)[0]], deidentify.keyed_hash(item.key, item.study_of(image)))
        for key, (item, image) in named.items()
    }
    studies = _rows(session, Study, "patient_id", study_key.values())
    series_key = {
        key: (studies[study_key[key]].id, deidentify.keyed_hash(item.key, item.series_of(image)))
        for key, (item, image) in named.items()
    }
    series = _rows(session, Series, "study_id", series_key.values())
    for key, (item, image) in named.items():
        modality = image.facts.get("modality", "") or item.facts.get("modality", "")
        series[series_key[key]].modality = series[series_key[key]].modality or modality
    return {key: series[where].id for key, where in series_key.items()}


def _rows(
    session: Session, table: type[Any], owner: str, keys: Iterable[tuple[int, str]]
) -> dict[tuple[int, str], Any]:
    """Return the rows by owner and uid_key, made if missing."""
    unique_keys, rows = dict.fromkeys(keys), {}
    for owner_ids in queries.chunks(sorted({owner_id for owner_id, _ in unique_keys})):
        existing = session.scalars(select(table).where(getattr(table, owner).in_(owner_ids)).order_by(table.id))
        rows.update({(getattr(row, owner), row.uid_key): row for row in reversed(existing.all())})
    fresh = {key: table(**{owner: key[0], "uid_key": key[1]}) for key in unique_keys if key not in rows}
    session.add_all(fresh.values())
    session.flush()
    return rows | fresh


def _image_ids(session: Session, hashes: Iterable[str]) -> dict[tuple[str, str], int]:
    ids: dict[tuple[str, str], int] = {}
    for chunk in queries.chunks(sorted(hashes)):
        rows = session.execute(select(Image.sha256, Image.item, Image.id).where(Image.sha256.in_(chunk)))
        ids.update({(sha256, item): image_id for sha256, item, image_id in rows})
    return ids


def _add_facts(session: Session, items: Sequence[ImportItem], ids: Mapping[tuple[str, str], int]) -> None:
    values: dict[tuple[int, str], str] = {}
    for item in items:
        known_images = (
            {key: image_id for key, image_id in ids.items() if key[0] == item.result.sha256} if not item.images else {}
        )
        row = Identity(patient_id=item.patient_id, others=item.others)
        for image_id in known_images.values():
            for name, value in item.facts.items():
                values[image_id, name] = deidentify.scrub_name(value, [row])[:LONGEST_FACT]
        for image in item.images:
            image_id = ids[item.result.sha256, image.item]
            identity = [item.identity_of(image)]
            archive_label = {LABEL: image.label} if image.label else {}
            facts = {**image.facts, **item.facts, **archive_label}
            for name, value in zip(facts, deidentify.scrub_names(list(facts.values()), identity), strict=True):
                values[image_id, name] = value[:LONGEST_FACT]
    existing = queries.facts_of(session, {image_id for image_id, _ in values})
    fresh = []
    for (image_id, name), value in values.items():
        if name not in existing.get(image_id, {}):
            fresh.append({"image_id": image_id, "name": name, "value": value})
        elif existing[image_id][name] != value and deidentify.MASK not in existing[image_id][name]:
            # Keep masked values: for a known file only the CSV row is available, not the identity in its header.
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
    label_texts = _label_texts(session, items, ids)
    row = _task(session, task, items, [*coming, *(text for text in label_texts.values() if text)])
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
    classes: dict[str, LabelClass] = {name: one for one in task.classes for name in (one.title, one.name) if name}
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


def _rank(label: str) -> tuple[bool, int, bool, str]:
    is_number = label.isdigit()
    return not is_number, int(label) if is_number else 0, not is_negative(label), label


def _task(session: Session, name: str, items: Sequence[ImportItem], labels: Iterable[str]) -> Task:
    """Return the task, made with the labels as its classes if missing; new labels are appended as classes.

    Numbers come in their order, then labels that say that nothing was found: the last class is the positive one.
    """
    row = queries.task_named(session, name)
    if row is not None and row.kind is TaskKind.NUMBER:
        return row
    ordered = sorted(set(labels), key=_rank)
    row = row or tasks.make(session, name=name, classes=[])
    fresh = [text for text in ordered if not any(text == one.title for one in row.classes)]
    add_missing(session, row, fresh)
    titles = next((named for item in items if (named := class_titles(item.name))), {})
    for label in row.classes:
        label.title = label.title or titles.get(label.name, "")
    return row
