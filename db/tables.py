"""Define every table of the catalogue. Times are UTC seconds since 1970."""

import time
from typing import Any, ClassVar

from sqlalchemy import JSON, CheckConstraint, Enum, ForeignKey, Index, UniqueConstraint
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column, relationship

from db.vocabulary import (
    Answer,
    CheckpointKind,
    JobKind,
    JobState,
    LabelSource,
    Level,
    MirrorSymmetry,
    PatientRule,
    Presence,
    Shape,
    Split,
    TaskKind,
    Unit,
    Verdict,
)

VOCABULARY = (
    Answer,
    CheckpointKind,
    MirrorSymmetry,
    JobKind,
    JobState,
    LabelSource,
    Level,
    PatientRule,
    Presence,
    Shape,
    Split,
    TaskKind,
    Unit,
    Verdict,
)


def _enum_column(enum: type) -> Enum:
    return Enum(
        enum,
        native_enum=False,
        length=16,
        create_constraint=True,
        name=f"{enum.__name__.lower()}_known",
        values_callable=lambda members: [member.value for member in members],
    )


class Base(DeclarativeBase):
    """The base of all tables; column defaults are set when a row is written."""

    type_annotation_map: ClassVar[dict[Any, Any]] = {
        **{enum: _enum_column(enum) for enum in VOCABULARY},
        dict[str, Any]: JSON,
        list[Any]: JSON,
    }


Id = Mapped[int]


def _id() -> Any:
    return mapped_column(primary_key=True)


def _foreign_key(target: str, **options: Any) -> Any:
    return mapped_column(ForeignKey(target), **options)


def _timestamp() -> Any:
    return mapped_column(default=time.time)


class Project(Base):
    """The owner of all other rows; today there is one."""

    __tablename__ = "project"
    id: Id = _id()
    name: Mapped[str] = mapped_column(unique=True)
    created_at: Mapped[float] = _timestamp()


class Reader(Base):
    """A reader: a name today, an account later."""

    __tablename__ = "reader"
    id: Id = _id()
    name: Mapped[str] = mapped_column(unique=True)
    created_at: Mapped[float] = _timestamp()


class Patient(Base):
    """A patient by keyed pseudonym; `known` is False if the file has no patient ID.

    `person` is the pseudonym of the person's first patient: "" for the first itself, "?" in a catalogue of before
    persons, to be joined when it is opened.
    """

    __tablename__ = "patient"
    __table_args__ = (UniqueConstraint("project_id", "pseudonym"), Index("patient_person", "person"))
    id: Id = _id()
    project_id: Mapped[int] = _foreign_key("project.id")
    pseudonym: Mapped[str]
    known: Mapped[bool] = mapped_column(default=True)
    person: Mapped[str] = mapped_column(default="", server_default="")


class PatientTrait(Base):
    """What says who is the same person: a kind of `core.curation.persons`, and its value as a keyed hash.

    Sex, age and a word for "no patient ID" are plain. The key comes first: rows of several patients stand together.
    """

    __tablename__ = "patient_trait"
    __table_args__ = (Index("patient_trait_patient", "patient_id", "kind"),)
    key: Mapped[str] = mapped_column(primary_key=True)
    kind: Mapped[str] = mapped_column(primary_key=True)
    patient_id: Mapped[int] = _foreign_key("patient.id", primary_key=True)


class PersonDecision(Base):
    """A reader's decision that two patients are one person, or two. Withdrawn, never deleted."""

    __tablename__ = "person_decision"
    __table_args__ = (
        Index("person_decision_first", "first_id"),
        Index("person_decision_second", "second_id"),
    )
    id: Id = _id()
    first_id: Mapped[int] = _foreign_key("patient.id")
    second_id: Mapped[int] = _foreign_key("patient.id")
    joined: Mapped[bool]
    reason: Mapped[str] = mapped_column(default="")
    reader_id: Mapped[int] = _foreign_key("reader.id")
    created_at: Mapped[float] = _timestamp()
    withdrawn_by: Mapped[int | None] = _foreign_key("reader.id", default=None)
    withdrawn_at: Mapped[float | None] = mapped_column(default=None)


class Study(Base):
    """One examination of a patient; `uid_key` is a keyed hash of StudyInstanceUID."""

    __tablename__ = "study"
    __table_args__ = (UniqueConstraint("patient_id", "uid_key"),)
    id: Id = _id()
    patient_id: Mapped[int] = _foreign_key("patient.id")
    uid_key: Mapped[str]


class Series(Base):
    """An ordered stack of images of one study. A series of the scanner with several stacks has a row for each.

    `stack` numbers them from 0 (-1: a catalogue of before stacks, to be grouped when it is opened), `title` says what
    sets the stack apart ("phase 2 of 3"), `spacing_mm` is the distance between slices, `notes` are kinds of
    core.imaging.notes. `window` is the one window of all slices, a core.imaging StackWindow; null means that of the
    image. `reads_differently` says what another version of Rounds read in another way: {"order", "window", "at"}.
    """

    __tablename__ = "series"
    __table_args__ = (UniqueConstraint("study_id", "uid_key", "stack", name="series_stack"),)
    id: Id = _id()
    study_id: Mapped[int] = _foreign_key("study.id")
    uid_key: Mapped[str]
    modality: Mapped[str] = mapped_column(default="")
    stack: Mapped[int] = mapped_column(default=0, server_default="0")
    title: Mapped[str] = mapped_column(default="", server_default="")
    spacing_mm: Mapped[float | None] = mapped_column(default=None)
    notes: Mapped[list[Any]] = mapped_column(default=list, server_default="[]")
    window: Mapped[dict[str, Any] | None] = mapped_column(JSON(none_as_null=True), default=None)
    reads_differently: Mapped[dict[str, Any] | None] = mapped_column(JSON(none_as_null=True), default=None)


class Image(Base):
    """One image, identified by the SHA-256 of its file (and its item inside an npz). Excluded, never deleted.

    `format` is a core.imaging PixelFormat; `attributes` are what else the file says about the place of a slice (a
    core.imaging SliceAttributes); `place` is the rank in the stack, `position` what ordered catalogues of before
    stacks; `name` is masked and `name_key` is the keyed
    hash of the true file name, so that a CSV can refer to it.
    """

    __tablename__ = "image"
    __table_args__ = (
        UniqueConstraint("project_id", "sha256", "item"),
        Index("image_series", "series_id", "place"),
        Index("image_patient", "patient_id"),
        Index("image_name", "project_id", "name_key"),
        Index("image_pixels", "project_id", "pixel_sha256"),
        {"sqlite_autoincrement": True},  # an old link must not reach another person's image
    )
    id: Id = _id()
    project_id: Mapped[int] = _foreign_key("project.id")
    patient_id: Mapped[int] = _foreign_key("patient.id")
    series_id: Mapped[int | None] = _foreign_key("series.id", default=None)
    sha256: Mapped[str]
    item: Mapped[str] = mapped_column(default="")
    name: Mapped[str]
    name_key: Mapped[str]
    importer: Mapped[str]
    format: Mapped[dict[str, Any]]
    offset: Mapped[int] = mapped_column(default=0)
    pixel_sha256: Mapped[str]
    position: Mapped[float] = mapped_column(default=0.0)
    attributes: Mapped[dict[str, Any]] = mapped_column(default=dict, server_default="{}")
    place: Mapped[int] = mapped_column(default=0, server_default="0")
    excluded_because: Mapped[str | None] = mapped_column(default=None)
    created_at: Mapped[float] = _timestamp()


class Fact(Base):
    """One item of image metadata: age, sex, view, site, split …, never identity.

    SQLAlchemy reserves the name `metadata`.
    """

    __tablename__ = "fact"
    __table_args__ = (Index("fact_value", "name", "value", "image_id"),)
    image_id: Mapped[int] = _foreign_key("image.id", primary_key=True)
    name: Mapped[str] = mapped_column(primary_key=True)
    value: Mapped[str]


class ImageNote(Base):
    """What the import noticed about an image: a kind of `core.imaging.notes.NOTES`."""

    __tablename__ = "image_note"
    __table_args__ = (Index("image_note_kind", "kind", "image_id"),)
    image_id: Mapped[int] = _foreign_key("image.id", primary_key=True)
    kind: Mapped[str] = mapped_column(primary_key=True)


class Import(Base):
    """One import: the roles of its table's columns, its report, and who undid it, if anybody did.

    Its folder and table stand in a file of the home that `request_key` names: folder names can identify a patient.
    """

    __tablename__ = "import"
    __table_args__ = (Index("import_job", "job_id"),)
    id: Id = _id()
    project_id: Mapped[int] = _foreign_key("project.id")
    reader_id: Mapped[int] = _foreign_key("reader.id")
    job_id: Mapped[int | None] = _foreign_key("job.id", default=None)
    request_key: Mapped[str] = mapped_column(unique=True)
    roles: Mapped[dict[str, Any]] = mapped_column(default=dict)
    report: Mapped[dict[str, Any]] = mapped_column(default=dict)
    created_at: Mapped[float] = _timestamp()
    undone_at: Mapped[float | None] = mapped_column(default=None)
    undone_by: Mapped[int | None] = _foreign_key("reader.id", default=None)


class ImportedImage(Base):
    """An image that an import brought."""

    __tablename__ = "imported_image"
    __table_args__ = (Index("imported_image_image", "image_id"),)
    import_id: Mapped[int] = _foreign_key("import.id", primary_key=True)
    image_id: Mapped[int] = _foreign_key("image.id", primary_key=True)


class Task(Base):
    """A labelling task: its question about an image, series or study, and the `guideline` of the readers.

    A numeric task has the unit `measure` ("years") and optional limits `low` and `high`. `flips` says which mirror
    images of a case keep its label.
    """

    __tablename__ = "task"
    __table_args__ = (UniqueConstraint("project_id", "name"),)
    id: Id = _id()
    project_id: Mapped[int] = _foreign_key("project.id")
    name: Mapped[str]
    question: Mapped[str] = mapped_column(default="")
    unit: Mapped[Unit] = mapped_column(default=Unit.IMAGE)
    kind: Mapped[TaskKind] = mapped_column(default=TaskKind.SINGLE, server_default=TaskKind.SINGLE.value)
    guideline: Mapped[str] = mapped_column(default="", server_default="")
    measure: Mapped[str] = mapped_column(default="", server_default="")
    low: Mapped[float | None] = mapped_column(default=None)
    high: Mapped[float | None] = mapped_column(default=None)
    flips: Mapped[MirrorSymmetry] = mapped_column(default=MirrorSymmetry.NONE, server_default=MirrorSymmetry.NONE.value)
    created_at: Mapped[float] = _timestamp()
    classes: Mapped[list["LabelClass"]] = relationship(order_by="LabelClass.position", lazy="selectin")


class LabelClass(Base):
    """One class of a task; its position is the index of the model output. `title` is shown if `name` is a code.

    A retired class keeps its position and its labels, and gets no new ones.
    """

    __tablename__ = "label_class"
    __table_args__ = (UniqueConstraint("task_id", "name"), UniqueConstraint("task_id", "position"))
    id: Id = _id()
    task_id: Mapped[int] = _foreign_key("task.id")
    position: Mapped[int]
    name: Mapped[str]
    title: Mapped[str] = mapped_column(default="")
    retired_at: Mapped[float | None] = mapped_column(default=None)


class Case(Base):
    """One case of a task. `image_id` is the image, the middle image of the series, or the first one of the study.

    The images of a study are ordered by view, series and position.
    """

    __tablename__ = "case"
    __table_args__ = (
        UniqueConstraint("task_id", "image_id"),
        Index("case_current", "task_id", "label_id", "id"),
        Index("case_image", "image_id"),
        {"sqlite_autoincrement": True},
    )
    id: Id = _id()
    task_id: Mapped[int] = _foreign_key("task.id")
    image_id: Mapped[int] = _foreign_key("image.id")
    series_id: Mapped[int | None] = _foreign_key("series.id", default=None)
    study_id: Mapped[int | None] = _foreign_key("study.id", default=None)
    # Denormalised from the newest annotation by the service that appends it, for the queue and the counts.
    answer: Mapped[Answer | None] = mapped_column(default=None)
    label_id: Mapped[int | None] = _foreign_key("label_class.id", default=None)
    value: Mapped[float | None] = mapped_column(default=None)


class Annotation(Base):
    """One answer of a reader about a case. Append-only: an undo is one more row.

    `reason` says why a case cannot be assessed, or why its answer was withdrawn. The answers about the findings of a
    multi-label task are in `finding`.
    """

    __tablename__ = "annotation"
    __table_args__ = (
        CheckConstraint("(answer = 'label') = (label_id IS NOT NULL)", name="label_has_class"),
        CheckConstraint("(answer = 'value') = (value IS NOT NULL)", name="value_has_number"),
        Index("annotation_undoes", "undoes_id"),
        Index("annotation_case", "case_id", "id"),
        Index("annotation_reader", "reader_id", "id"),
    )
    id: Id = _id()
    case_id: Mapped[int] = _foreign_key("case.id")
    reader_id: Mapped[int] = _foreign_key("reader.id")
    answer: Mapped[Answer]
    label_id: Mapped[int | None] = _foreign_key("label_class.id", default=None)
    value: Mapped[float | None] = mapped_column(default=None)
    reason: Mapped[str] = mapped_column(default="", server_default="")
    source: Mapped[LabelSource]
    undoes_id: Mapped[int | None] = _foreign_key("annotation.id", default=None)
    client_key: Mapped[str] = mapped_column(unique=True)  # one key per keystroke: sending twice is one row
    created_at: Mapped[float] = _timestamp()


class Finding(Base):
    """The answer of one annotation about one finding of a multi-label task."""

    __tablename__ = "finding"
    __table_args__ = (Index("finding_label", "label_id", "presence"),)
    annotation_id: Mapped[int] = _foreign_key("annotation.id", primary_key=True)
    label_id: Mapped[int] = _foreign_key("label_class.id", primary_key=True)
    presence: Mapped[Presence]


class Drawing(Base):
    """One version of a drawing on one frame of an image. Append-only: an edit is a newer version of the same `key`.

    `geometry` is `{"points": [[x, y], …]}` in image pixels (0, 0 is the upper left corner, 0.5, 0.5 the centre of the
    first pixel): two corners of a box, two corners and `"angle"` of an ellipse. A mask is `{"counts": […]}`, COCO's
    uncompressed column-wise run lengths. `erased` ends a drawing.
    """

    __tablename__ = "drawing"
    __table_args__ = (
        Index("drawing_case", "case_id", "id"),
        Index("drawing_image", "image_id", "frame", "id"),
        Index("drawing_key", "key", "id"),
        Index("drawing_label", "label_id"),
    )
    id: Id = _id()
    case_id: Mapped[int] = _foreign_key("case.id")
    image_id: Mapped[int] = _foreign_key("image.id")
    frame: Mapped[int] = mapped_column(default=0)
    label_id: Mapped[int | None] = _foreign_key("label_class.id", default=None)
    reader_id: Mapped[int] = _foreign_key("reader.id")
    key: Mapped[str]  # identifies the drawing across its versions
    shape: Mapped[Shape]
    geometry: Mapped[dict[str, Any]]
    erased: Mapped[bool] = mapped_column(default=False)
    source: Mapped[LabelSource]
    client_key: Mapped[str] = mapped_column(unique=True)  # one per stroke: sending twice is one row
    created_at: Mapped[float] = _timestamp()


class Comment(Base):
    """A comment of a reader on a case, or (with a position in pixels) on a point of one of its images.

    Append-only: `withdraws_id` is the comment that this row deletes.
    """

    __tablename__ = "comment"
    __table_args__ = (
        Index("comment_case", "case_id", "id"),
        Index("comment_image", "image_id"),
        Index("comment_withdraws", "withdraws_id"),
    )
    id: Id = _id()
    case_id: Mapped[int] = _foreign_key("case.id")
    image_id: Mapped[int | None] = _foreign_key("image.id", default=None)
    frame: Mapped[int] = mapped_column(default=0)
    x: Mapped[float | None] = mapped_column(default=None)
    y: Mapped[float | None] = mapped_column(default=None)
    reader_id: Mapped[int] = _foreign_key("reader.id")
    text: Mapped[str]
    withdraws_id: Mapped[int | None] = _foreign_key("comment.id", default=None)
    client_key: Mapped[str] = mapped_column(unique=True)
    created_at: Mapped[float] = _timestamp()


class Snapshot(Base):
    """An immutable dataset version: cases with label, split and weight, its recipe, task kind and content hash."""

    __tablename__ = "snapshot"
    __table_args__ = (Index("snapshot_task", "task_id", "id"),)
    id: Id = _id()
    task_id: Mapped[int] = _foreign_key("task.id")
    kind: Mapped[TaskKind] = mapped_column(default=TaskKind.SINGLE, server_default=TaskKind.SINGLE.value)
    name: Mapped[str] = mapped_column(unique=True)
    hash: Mapped[str]
    recipe: Mapped[dict[str, Any]]
    classes: Mapped[list[Any]]
    summary: Mapped[dict[str, Any]]
    reader_id: Mapped[int] = _foreign_key("reader.id")
    created_at: Mapped[float] = _timestamp()


class SnapshotCase(Base):
    """One case of a snapshot: `label` indexes the snapshot's classes, `repeats` is 0 if undersampled.

    `targets` are the training targets: the class index, 1, 0 or null per finding, or the number; null means [label].
    `label` is 0 for findings and numbers. `images` are the ordered image IDs of a series or study at that time; null
    means the case's own image. `person` is the person at that time; null means that the patient was one alone.
    """

    __tablename__ = "snapshot_case"
    __table_args__ = (
        Index("snapshot_split", "snapshot_id", "split", "case_id"),
        Index("snapshot_case_case", "case_id"),
    )
    snapshot_id: Mapped[int] = _foreign_key("snapshot.id", primary_key=True)
    case_id: Mapped[int] = _foreign_key("case.id", primary_key=True)
    patient_id: Mapped[int] = _foreign_key("patient.id")
    label: Mapped[int]
    split: Mapped[Split]
    weight: Mapped[float] = mapped_column(default=1.0)
    repeats: Mapped[int] = mapped_column(default=1)
    targets: Mapped[list[Any] | None] = mapped_column(default=None)
    images: Mapped[list[Any] | None] = mapped_column(default=None)
    person: Mapped[str | None] = mapped_column(default=None)


class Run(Base):
    """A run: TrainSpec, snapshot and result. `extra_snapshots` are those of additional tasks (multi-task training).

    `external_source` is the source of imported predictions; such a run has no training, no checkpoint and an empty
    spec.
    """

    __tablename__ = "run"
    __table_args__ = (Index("run_snapshot", "snapshot_id"),)
    id: Id = _id()
    snapshot_id: Mapped[int] = _foreign_key("snapshot.id")
    reader_id: Mapped[int] = _foreign_key("reader.id")
    extra_snapshots: Mapped[list[Any]] = mapped_column(default=list, server_default="[]")
    spec: Mapped[dict[str, Any]]
    request_key: Mapped[str] = mapped_column(
        unique=True
    )  # one per rendered form, so that a double click starts one run
    result: Mapped[dict[str, Any]] = mapped_column(default=dict)
    external_source: Mapped[dict[str, Any] | None] = mapped_column(default=None)
    created_at: Mapped[float] = _timestamp()


class Job(Base):
    """A job; a run may have several. Writes of progress are fenced by (id, attempt, running)."""

    __tablename__ = "job"
    __table_args__ = (Index("job_state", "state", "id"), Index("job_run", "run_id", "id"))
    id: Id = _id()
    project_id: Mapped[int] = _foreign_key("project.id")
    kind: Mapped[JobKind]
    request: Mapped[dict[str, Any]]
    run_id: Mapped[int | None] = _foreign_key("run.id", default=None)
    request_key: Mapped[str] = mapped_column(unique=True)
    state: Mapped[JobState] = mapped_column(default=JobState.QUEUED)
    attempt: Mapped[int] = mapped_column(default=0)
    cancel_requested: Mapped[bool] = mapped_column(default=False)
    progress: Mapped[dict[str, Any]] = mapped_column(default=dict)
    result: Mapped[dict[str, Any]] = mapped_column(default=dict)
    error: Mapped[str | None] = mapped_column(default=None)
    pid: Mapped[int | None] = mapped_column(default=None)
    pid_started_at: Mapped[float | None] = mapped_column(default=None)
    heartbeat_at: Mapped[float | None] = mapped_column(default=None)
    created_at: Mapped[float] = _timestamp()
    started_at: Mapped[float | None] = mapped_column(default=None)
    finished_at: Mapped[float | None] = mapped_column(default=None)


class Metric(Base):
    """One metric of one epoch, written by the attempt that owns the job."""

    __tablename__ = "metric"
    run_id: Mapped[int] = _foreign_key("run.id", primary_key=True)
    epoch: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(primary_key=True)
    value: Mapped[float]


class Checkpoint(Base):
    """A checkpoint, a file in the run's folder."""

    __tablename__ = "checkpoint"
    run_id: Mapped[int] = _foreign_key("run.id", primary_key=True)
    kind: Mapped[CheckpointKind] = mapped_column(primary_key=True)
    epoch: Mapped[int]
    sha256: Mapped[str]


class Prediction(Base):
    """The output of the run's best checkpoint for one case: class probabilities, or the number.

    `more` are the outputs of the heads of additional tasks, by task name. Imported predictions have the checkpoint "".
    """

    __tablename__ = "prediction"
    __table_args__ = (UniqueConstraint("run_id", "case_id"), Index("prediction_case", "case_id"))
    id: Id = _id()
    run_id: Mapped[int] = _foreign_key("run.id")
    case_id: Mapped[int] = _foreign_key("case.id")
    split: Mapped[Split]
    label: Mapped[int]
    probabilities: Mapped[list[Any]]
    more: Mapped[dict[str, Any] | None] = mapped_column(default=None)
    checkpoint_sha256: Mapped[str]


class Review(Base):
    """A reader's verdict on a prediction; a relabelling references its annotation."""

    __tablename__ = "review"
    __table_args__ = (Index("review_prediction", "prediction_id", "id"),)
    id: Id = _id()
    prediction_id: Mapped[int] = _foreign_key("prediction.id")
    reader_id: Mapped[int] = _foreign_key("reader.id")
    verdict: Mapped[Verdict]
    note: Mapped[str] = mapped_column(default="")
    annotation_id: Mapped[int | None] = _foreign_key("annotation.id", default=None)
    created_at: Mapped[float] = _timestamp()


class OperatingPoint(Base):
    """The operating point of a run, chosen on validation. Append-only: the newest of (run, finding) counts.

    `positive` is the positive class, `rule` how the threshold was chosen: {"kind": "threshold"}, or
    {"kind": "sensitivity", "at_least": 0.95}. With a calibrator, the threshold applies to calibrated scores.
    `checkpoint_sha256` are the weights of the validation predictions at that time: hashes separated by a space if
    mixed, "" for imported or missing predictions, null for points older than this column.
    """

    __tablename__ = "operating_point"
    __table_args__ = (
        CheckConstraint("(level = 'patient') = (patient_rule != '')", name="patients_have_rule"),
        Index("operating_point_run", "run_id", "finding", "id"),
    )
    id: Id = _id()
    run_id: Mapped[int] = _foreign_key("run.id")
    finding: Mapped[int] = mapped_column(default=0)
    positive: Mapped[int] = mapped_column(default=1)
    threshold: Mapped[float]
    rule: Mapped[dict[str, Any]]
    level: Mapped[Level] = mapped_column(default=Level.IMAGE)
    patient_rule: Mapped[PatientRule] = mapped_column(default=PatientRule.NONE)
    calibrator: Mapped[dict[str, Any] | None] = mapped_column(default=None)
    checkpoint_sha256: Mapped[str | None] = mapped_column(default=None)
    reader_id: Mapped[int] = _foreign_key("reader.id")
    created_at: Mapped[float] = _timestamp()


class TestSetView(Base):
    """A reader's view of a run's metrics on the test split, at an operating point (null: before one was chosen)."""

    __test__ = False  # a table, whatever its name says to pytest
    __tablename__ = "test_set_view"
    __table_args__ = (Index("test_set_view_run", "run_id", "id"),)
    id: Id = _id()
    run_id: Mapped[int] = _foreign_key("run.id")
    point_id: Mapped[int | None] = _foreign_key("operating_point.id", default=None)
    reader_id: Mapped[int] = _foreign_key("reader.id")
    created_at: Mapped[float] = _timestamp()


class Analysis(Base):
    """The result of an analysis of a run's model, with settings and weights. Append-only: the newest counts.

    `kind` is its name in `core.services.analysis.registry`.
    """

    __tablename__ = "analysis"
    __table_args__ = (Index("analysis_run", "run_id", "kind", "id"),)
    id: Id = _id()
    run_id: Mapped[int] = _foreign_key("run.id")
    kind: Mapped[str]
    checkpoint_sha256: Mapped[str]
    settings: Mapped[dict[str, Any]] = mapped_column(default=dict)
    result: Mapped[dict[str, Any]] = mapped_column(default=dict)
    reader_id: Mapped[int | None] = _foreign_key("reader.id", default=None)
    created_at: Mapped[float] = _timestamp()
