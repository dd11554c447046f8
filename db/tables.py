"""Every table on one page: the schema is the map of the product. Times are UTC seconds since 1970."""

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

WORDS = (
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


def _word(enum: type) -> Enum:
    return Enum(
        enum,
        native_enum=False,
        length=16,
        create_constraint=True,
        name=f"{enum.__name__.lower()}_known",
        values_callable=lambda members: [member.value for member in members],
    )


class Base(DeclarativeBase):
    """Rows; a column's default is filled in when the row is written."""

    type_annotation_map: ClassVar[dict[Any, Any]] = {
        **{word: _word(word) for word in WORDS},
        dict[str, Any]: JSON,
        list[Any]: JSON,
    }


Id = Mapped[int]


def _id() -> Any:
    return mapped_column(primary_key=True)


def _to(target: str, **more: Any) -> Any:
    return mapped_column(ForeignKey(target), **more)


def _now() -> Any:
    return mapped_column(default=time.time)


class Project(Base):
    """Owns everything below; ids are checked against it."""

    __tablename__ = "project"
    id: Id = _id()
    name: Mapped[str] = mapped_column(unique=True)
    created_at: Mapped[float] = _now()


class Reader(Base):
    """Who acts: a name today, an account later."""

    __tablename__ = "reader"
    id: Id = _id()
    name: Mapped[str] = mapped_column(unique=True)
    created_at: Mapped[float] = _now()


class Patient(Base):
    """A keyed pseudonym; `known` is False where a file said nothing of its patient."""

    __tablename__ = "patient"
    __table_args__ = (UniqueConstraint("project_id", "pseudonym"),)
    id: Id = _id()
    project_id: Mapped[int] = _to("project.id")
    pseudonym: Mapped[str]
    known: Mapped[bool] = mapped_column(default=True)


class Study(Base):
    """One examination of a patient; `uid_key` is a keyed hash of StudyInstanceUID."""

    __tablename__ = "study"
    __table_args__ = (UniqueConstraint("patient_id", "uid_key"),)
    id: Id = _id()
    patient_id: Mapped[int] = _to("patient.id")
    uid_key: Mapped[str]


class Series(Base):
    """An ordered stack of images of one study."""

    __tablename__ = "series"
    __table_args__ = (UniqueConstraint("study_id", "uid_key"),)
    id: Id = _id()
    study_id: Mapped[int] = _to("study.id")
    uid_key: Mapped[str]
    modality: Mapped[str] = mapped_column(default="")


class Image(Base):
    """One file with pixels, known by the sha256 of its bytes (and its item inside an npz). Excluded, never deleted.

    `format` is a core.imaging PixelFormat; `position` orders a series; `name` is scrubbed of identity and `name_key`
    is the keyed hash of the true file name, so that a CSV can still speak of it.
    """

    __tablename__ = "image"
    __table_args__ = (
        UniqueConstraint("project_id", "sha256", "item"),
        Index("image_series", "series_id", "position"),
        Index("image_patient", "patient_id"),
        Index("image_name", "project_id", "name_key"),
        Index("image_pixels", "project_id", "pixel_sha256"),
    )
    id: Id = _id()
    project_id: Mapped[int] = _to("project.id")
    patient_id: Mapped[int] = _to("patient.id")
    series_id: Mapped[int | None] = _to("series.id", default=None)
    sha256: Mapped[str]
    item: Mapped[str] = mapped_column(default="")
    name: Mapped[str]
    name_key: Mapped[str]
    importer: Mapped[str]
    format: Mapped[dict[str, Any]]
    offset: Mapped[int] = mapped_column(default=0)
    pixel_sha256: Mapped[str]
    position: Mapped[float] = mapped_column(default=0.0)
    excluded_because: Mapped[str | None] = mapped_column(default=None)
    created_at: Mapped[float] = _now()


class Fact(Base):
    """What is known of an image besides its pixels: age, sex, view, site, split … one row each, never identity.

    Image metadata, that is; SQLAlchemy reserves the name `metadata`.
    """

    __tablename__ = "fact"
    __table_args__ = (Index("fact_value", "name", "value", "image_id"),)
    image_id: Mapped[int] = _to("image.id", primary_key=True)
    name: Mapped[str] = mapped_column(primary_key=True)
    value: Mapped[str]


class Task(Base):
    """The question asked, about an image, a series or a study; `guideline` is what readers agreed on, in their words.

    A number is asked for in the unit `measure` ("years"), between `low` and `high` where they are given. `flips` says
    which mirror images of a case have its answer.
    """

    __tablename__ = "task"
    __table_args__ = (UniqueConstraint("project_id", "name"),)
    id: Id = _id()
    project_id: Mapped[int] = _to("project.id")
    name: Mapped[str]
    question: Mapped[str] = mapped_column(default="")
    unit: Mapped[Unit] = mapped_column(default=Unit.IMAGE)
    kind: Mapped[TaskKind] = mapped_column(default=TaskKind.SINGLE, server_default=TaskKind.SINGLE.value)
    guideline: Mapped[str] = mapped_column(default="", server_default="")
    measure: Mapped[str] = mapped_column(default="", server_default="")
    low: Mapped[float | None] = mapped_column(default=None)
    high: Mapped[float | None] = mapped_column(default=None)
    flips: Mapped[MirrorSymmetry] = mapped_column(default=MirrorSymmetry.NONE, server_default=MirrorSymmetry.NONE.value)
    created_at: Mapped[float] = _now()
    classes: Mapped[list["LabelClass"]] = relationship(order_by="LabelClass.position", lazy="selectin")


class LabelClass(Base):
    """One ordered answer; its position is the model's output. `title` is what people read where `name` is a code.

    A retired class keeps its position and what was said with it, and takes no new answer.
    """

    __tablename__ = "label_class"
    __table_args__ = (UniqueConstraint("task_id", "name"), UniqueConstraint("task_id", "position"))
    id: Id = _id()
    task_id: Mapped[int] = _to("task.id")
    position: Mapped[int]
    name: Mapped[str]
    title: Mapped[str] = mapped_column(default="")
    retired_at: Mapped[float | None] = mapped_column(default=None)


class Case(Base):
    """One unit of a task. `image_id` is the image itself, the middle one of the series, or the study's first one.

    The images of a study are in the order of their view, series and position.
    """

    __tablename__ = "case"
    __table_args__ = (
        UniqueConstraint("task_id", "image_id"),
        Index("case_current", "task_id", "label_id", "id"),
        Index("case_image", "image_id"),
    )
    id: Id = _id()
    task_id: Mapped[int] = _to("task.id")
    image_id: Mapped[int] = _to("image.id")
    series_id: Mapped[int | None] = _to("series.id", default=None)
    study_id: Mapped[int | None] = _to("study.id", default=None)
    # The newest annotation's answer, kept by the service that appends it: the queue and the counts read this index.
    answer: Mapped[Answer | None] = mapped_column(default=None)
    label_id: Mapped[int | None] = _to("label_class.id", default=None)
    value: Mapped[float | None] = mapped_column(default=None)


class Annotation(Base):
    """Who said what about a case, when, from where. Append-only: undo is one more row.

    `reason` is why a case cannot be assessed, or why its answer was withdrawn. What is said of the findings of a
    multi-label task stands in `finding`.
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
    case_id: Mapped[int] = _to("case.id")
    reader_id: Mapped[int] = _to("reader.id")
    answer: Mapped[Answer]
    label_id: Mapped[int | None] = _to("label_class.id", default=None)
    value: Mapped[float | None] = mapped_column(default=None)
    reason: Mapped[str] = mapped_column(default="", server_default="")
    source: Mapped[LabelSource]
    undoes_id: Mapped[int | None] = _to("annotation.id", default=None)
    client_key: Mapped[str] = mapped_column(unique=True)  # one key per keystroke: sending twice is one row
    created_at: Mapped[float] = _now()


class Finding(Base):
    """What one annotation says of one finding of a multi-label task."""

    __tablename__ = "finding"
    __table_args__ = (Index("finding_label", "label_id", "presence"),)
    annotation_id: Mapped[int] = _to("annotation.id", primary_key=True)
    label_id: Mapped[int] = _to("label_class.id", primary_key=True)
    presence: Mapped[Presence]


class Drawing(Base):
    """One version of a drawing on one frame of an image. Append-only: an edit is a newer version of the same `key`.

    `geometry` is `{"points": [[x, y], …]}` in pixels of the image (its upper left corner is 0, 0: the middle of the
    first pixel is 0.5, 0.5), of a box its two corners, of an ellipse the corners of its frame and `"angle"`, of a mask
    `{"counts": […]}`, COCO's uncompressed run lengths by columns. `erased` ends a drawing.
    """

    __tablename__ = "drawing"
    __table_args__ = (
        Index("drawing_case", "case_id", "id"),
        Index("drawing_image", "image_id", "frame", "id"),
        Index("drawing_key", "key", "id"),
        Index("drawing_label", "label_id"),
    )
    id: Id = _id()
    case_id: Mapped[int] = _to("case.id")
    image_id: Mapped[int] = _to("image.id")
    frame: Mapped[int] = mapped_column(default=0)
    label_id: Mapped[int | None] = _to("label_class.id", default=None)
    reader_id: Mapped[int] = _to("reader.id")
    key: Mapped[str]  # names the drawing, whatever its version
    shape: Mapped[Shape]
    geometry: Mapped[dict[str, Any]]
    erased: Mapped[bool] = mapped_column(default=False)
    source: Mapped[LabelSource]
    client_key: Mapped[str] = mapped_column(unique=True)  # one per stroke: sending twice is one row
    created_at: Mapped[float] = _now()


class Comment(Base):
    """What a reader wrote beside a case, or (with a place in pixels) beside a point of an image of it.

    Append-only: `withdraws_id` names the comment that this row takes back.
    """

    __tablename__ = "comment"
    __table_args__ = (
        Index("comment_case", "case_id", "id"),
        Index("comment_image", "image_id"),
        Index("comment_withdraws", "withdraws_id"),
    )
    id: Id = _id()
    case_id: Mapped[int] = _to("case.id")
    image_id: Mapped[int | None] = _to("image.id", default=None)
    frame: Mapped[int] = mapped_column(default=0)
    x: Mapped[float | None] = mapped_column(default=None)
    y: Mapped[float | None] = mapped_column(default=None)
    reader_id: Mapped[int] = _to("reader.id")
    text: Mapped[str]
    withdraws_id: Mapped[int | None] = _to("comment.id", default=None)
    client_key: Mapped[str] = mapped_column(unique=True)
    created_at: Mapped[float] = _now()


class Snapshot(Base):
    """Frozen (case, label, split, weight), with its recipe, its task's kind and its content hash. Immutable."""

    __tablename__ = "snapshot"
    __table_args__ = (Index("snapshot_task", "task_id", "id"),)
    id: Id = _id()
    task_id: Mapped[int] = _to("task.id")
    kind: Mapped[TaskKind] = mapped_column(default=TaskKind.SINGLE, server_default=TaskKind.SINGLE.value)
    name: Mapped[str] = mapped_column(unique=True)
    hash: Mapped[str]
    recipe: Mapped[dict[str, Any]]
    classes: Mapped[list[Any]]
    summary: Mapped[dict[str, Any]]
    reader_id: Mapped[int] = _to("reader.id")
    created_at: Mapped[float] = _now()


class SnapshotCase(Base):
    """One case as it was frozen: `label` indexes the snapshot's classes, `repeats` is 0 where left out.

    `targets` is what a model shall say: the class's index, or of several findings 1, 0 or null each, or the number;
    where nothing stands, it is [label]. `label` is 0 for findings and numbers. `images` are the ids of the pictures
    that a case of a series or a study had then, in order; where nothing stands, the case's own image.
    """

    __tablename__ = "snapshot_case"
    __table_args__ = (
        Index("snapshot_split", "snapshot_id", "split", "case_id"),
        Index("snapshot_case_case", "case_id"),
    )
    snapshot_id: Mapped[int] = _to("snapshot.id", primary_key=True)
    case_id: Mapped[int] = _to("case.id", primary_key=True)
    patient_id: Mapped[int] = _to("patient.id")
    label: Mapped[int]
    split: Mapped[Split]
    weight: Mapped[float] = mapped_column(default=1.0)
    repeats: Mapped[int] = mapped_column(default=1)
    targets: Mapped[list[Any] | None] = mapped_column(default=None)
    images: Mapped[list[Any] | None] = mapped_column(default=None)


class Run(Base):
    """TrainSpec + snapshot + result: a scientific fact. `extra_snapshots` are those of further tasks learned at once.

    `external_source` says where predictions made elsewhere came from; such a run has no training, no checkpoint, and an
    empty spec.
    """

    __tablename__ = "run"
    __table_args__ = (Index("run_snapshot", "snapshot_id"),)
    id: Id = _id()
    snapshot_id: Mapped[int] = _to("snapshot.id")
    reader_id: Mapped[int] = _to("reader.id")
    extra_snapshots: Mapped[list[Any]] = mapped_column(default=list, server_default="[]")
    spec: Mapped[dict[str, Any]]
    request_key: Mapped[str] = mapped_column(unique=True)  # one per rendered form: a double click is one run
    result: Mapped[dict[str, Any]] = mapped_column(default=dict)
    external_source: Mapped[dict[str, Any] | None] = mapped_column(default=None)
    created_at: Mapped[float] = _now()


class Job(Base):
    """An operational fact; several may serve one run. Writes of progress are fenced by (id, attempt, running)."""

    __tablename__ = "job"
    __table_args__ = (Index("job_state", "state", "id"), Index("job_run", "run_id", "id"))
    id: Id = _id()
    project_id: Mapped[int] = _to("project.id")
    kind: Mapped[JobKind]
    request: Mapped[dict[str, Any]]
    run_id: Mapped[int | None] = _to("run.id", default=None)
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
    created_at: Mapped[float] = _now()
    started_at: Mapped[float | None] = mapped_column(default=None)
    finished_at: Mapped[float | None] = mapped_column(default=None)


class Metric(Base):
    """One number of one epoch, written by the attempt that owns the job."""

    __tablename__ = "metric"
    run_id: Mapped[int] = _to("run.id", primary_key=True)
    epoch: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(primary_key=True)
    value: Mapped[float]


class Checkpoint(Base):
    """A state of the weights, as a file of the run's folder."""

    __tablename__ = "checkpoint"
    run_id: Mapped[int] = _to("run.id", primary_key=True)
    kind: Mapped[CheckpointKind] = mapped_column(primary_key=True)
    epoch: Mapped[int]
    sha256: Mapped[str]


class Prediction(Base):
    """What the run's best checkpoint says of one case: the probabilities of the snapshot's classes, or the number.

    `more` is what the heads of further tasks say, by the task's name. Made elsewhere, it names no checkpoint ("").
    """

    __tablename__ = "prediction"
    __table_args__ = (UniqueConstraint("run_id", "case_id"), Index("prediction_case", "case_id"))
    id: Id = _id()
    run_id: Mapped[int] = _to("run.id")
    case_id: Mapped[int] = _to("case.id")
    split: Mapped[Split]
    label: Mapped[int]
    probabilities: Mapped[list[Any]]
    more: Mapped[dict[str, Any] | None] = mapped_column(default=None)
    checkpoint_sha256: Mapped[str]


class Review(Base):
    """A verdict on a prediction, by whom; a relabelling names the annotation written with it."""

    __tablename__ = "review"
    __table_args__ = (Index("review_prediction", "prediction_id", "id"),)
    id: Id = _id()
    prediction_id: Mapped[int] = _to("prediction.id")
    reader_id: Mapped[int] = _to("reader.id")
    verdict: Mapped[Verdict]
    note: Mapped[str] = mapped_column(default="")
    annotation_id: Mapped[int | None] = _to("annotation.id", default=None)
    created_at: Mapped[float] = _now()


class OperatingPoint(Base):
    """The score from which a run says yes, chosen on validation. Append-only: of (run, finding) the newest stands.

    `positive` is the class that is yes, `rule` how the threshold was found: {"kind": "threshold"}, or
    {"kind": "sensitivity", "at_least": 0.95}. Where a calibrator stands, the threshold is of the scores it gives.
    `checkpoint_sha256` names the weights that validation was predicted with then, two that were mixed apart by a
    blank, "" where they are not here or nothing was predicted; null of a point that is older than this column.
    """

    __tablename__ = "operating_point"
    __table_args__ = (
        CheckConstraint("(level = 'patient') = (patient_rule != '')", name="patients_have_rule"),
        Index("operating_point_run", "run_id", "finding", "id"),
    )
    id: Id = _id()
    run_id: Mapped[int] = _to("run.id")
    finding: Mapped[int] = mapped_column(default=0)
    positive: Mapped[int] = mapped_column(default=1)
    threshold: Mapped[float]
    rule: Mapped[dict[str, Any]]
    level: Mapped[Level] = mapped_column(default=Level.IMAGE)
    patient_rule: Mapped[PatientRule] = mapped_column(default=PatientRule.NONE)
    calibrator: Mapped[dict[str, Any] | None] = mapped_column(default=None)
    checkpoint_sha256: Mapped[str | None] = mapped_column(default=None)
    reader_id: Mapped[int] = _to("reader.id")
    created_at: Mapped[float] = _now()


class TestSetView(Base):
    """A reader viewed a run's figures on the test split, at that operating point (none: before one was chosen)."""

    __test__ = False  # a table, whatever its name says to pytest
    __tablename__ = "test_set_view"
    __table_args__ = (Index("test_set_view_run", "run_id", "id"),)
    id: Id = _id()
    run_id: Mapped[int] = _to("run.id")
    point_id: Mapped[int | None] = _to("operating_point.id", default=None)
    reader_id: Mapped[int] = _to("reader.id")
    created_at: Mapped[float] = _now()


class Analysis(Base):
    """The result of an analysis of a run's model, its settings and weights. Append-only: the newest counts.

    `kind` is its name in `core.services.analysis.registry`.
    """

    __tablename__ = "analysis"
    __table_args__ = (Index("analysis_run", "run_id", "kind", "id"),)
    id: Id = _id()
    run_id: Mapped[int] = _to("run.id")
    kind: Mapped[str]
    checkpoint_sha256: Mapped[str]
    settings: Mapped[dict[str, Any]] = mapped_column(default=dict)
    result: Mapped[dict[str, Any]] = mapped_column(default=dict)
    reader_id: Mapped[int | None] = _to("reader.id", default=None)
    created_at: Mapped[float] = _now()
