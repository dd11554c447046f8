"""Define the enumerations of the catalogue, stored by value."""

from enum import StrEnum


class JobState(StrEnum):
    """The state of a job; `lost`: its process ended unexpectedly."""

    QUEUED = "queued"
    RUNNING = "running"
    SUCCEEDED = "succeeded"
    FAILED = "failed"
    CANCELLED = "cancelled"
    LOST = "lost"

    def may_become(self, other: "JobState") -> bool:
        """Return whether a job may change from this state to `other`."""
        return other in _TRANSITIONS[self]

    @property
    def is_finished(self) -> bool:
        """Whether the job has ended and only a user can resume it."""
        return self not in (JobState.QUEUED, JobState.RUNNING)

    @property
    def is_resumable(self) -> bool:
        """Whether it may be put back in the queue."""
        return self.is_finished and self.may_become(JobState.QUEUED)


_TRANSITIONS = {
    JobState.QUEUED: {JobState.RUNNING, JobState.CANCELLED},
    JobState.RUNNING: {JobState.SUCCEEDED, JobState.FAILED, JobState.CANCELLED, JobState.LOST},
    JobState.SUCCEEDED: set[JobState](),
    JobState.FAILED: {JobState.QUEUED},
    JobState.CANCELLED: {JobState.QUEUED},
    JobState.LOST: {JobState.QUEUED},
}


class JobKind(StrEnum):
    """The kind of a job; each has a handler in `core.worker.handlers`."""

    IMPORT = "import"
    TRAIN = "train"
    PREDICT = "predict"
    ANALYZE = "analyze"

    @property
    def in_json(self) -> str:
        """The value in the JSON of the command line, which other programs read."""
        return "examine" if self is JobKind.ANALYZE else self.value


class Split(StrEnum):
    """The split of a case in a snapshot."""

    TRAIN = "train"
    VAL = "val"
    TEST = "test"


class LabelSource(StrEnum):
    """Where an annotation came from."""

    HUMAN = "human"
    IMPORT = "import"
    REVIEW = "review"


class Answer(StrEnum):
    """The answer of an annotation: a class, findings, a number, unassessable, or withdrawn (an undo)."""

    LABEL = "label"
    FINDINGS = "findings"
    VALUE = "value"
    UNASSESSABLE = "unassessable"
    WITHDRAWN = "withdrawn"

    @classmethod
    def _missing_(cls, value: object) -> "Answer | None":
        """Accept the value of version 0.5, which label files and open browsers still use."""
        return cls.UNASSESSABLE if value == UNREADABLE else None

    @property
    def in_files(self) -> str:
        """The value in label files, which other programs read."""
        return UNREADABLE if self is Answer.UNASSESSABLE else self.value


UNREADABLE = "unreadable"  # the value of UNASSESSABLE in label files, and until version 0.5 in the catalogue


ANSWERED = (Answer.LABEL, Answer.FINDINGS, Answer.VALUE, Answer.UNASSESSABLE)


class TaskKind(StrEnum):
    """The kind of a task: single-label, ordinal, multi-label, or numeric."""

    SINGLE = "single"
    ORDINAL = "ordinal"
    MULTI = "multi"
    NUMBER = "number"


class MirrorSymmetry(StrEnum):
    """The flips of an image that keep its label."""

    NONE = "none"
    LEFT_RIGHT = "left-right"
    ANY = "any"


class Presence(StrEnum):
    """The presence of one finding of a multi-label task; an unanswered finding has no row."""

    PRESENT = "present"
    ABSENT = "absent"
    UNCERTAIN = "uncertain"


class Shape(StrEnum):
    """The shape of a drawing; `freehand` is a closed outline of many points, `mask` is painted with a brush."""

    BOX = "box"
    ELLIPSE = "ellipse"
    POLYGON = "polygon"
    FREEHAND = "freehand"
    MASK = "mask"
    POINT = "point"


class Unit(StrEnum):
    """The unit of annotation of a task."""

    IMAGE = "image"
    SERIES = "series"
    STUDY = "study"


class Verdict(StrEnum):
    """A reviewer's verdict on a prediction."""

    MODEL_RIGHT = "model right"
    MODEL_WRONG = "model wrong"
    RELABELLED = "relabelled"
    UNSURE = "unsure"


class CheckpointKind(StrEnum):
    """Which checkpoint of a run."""

    BEST = "best"
    LAST = "last"


class Level(StrEnum):
    """The unit of analysis of an operating point: each case, or each patient."""

    IMAGE = "image"
    PATIENT = "patient"


class PatientRule(StrEnum):
    """How case scores are aggregated into a patient score; none at the level of cases."""

    NONE = ""
    MAX = "max"
    MEAN = "mean"
    NOISY_OR = "noisy_or"
