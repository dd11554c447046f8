"""Closed word lists that know their own laws; stored by value."""

from enum import StrEnum


class JobState(StrEnum):
    """What a job is doing. `lost`: its process ended without a word."""

    QUEUED = "queued"
    RUNNING = "running"
    SUCCEEDED = "succeeded"
    FAILED = "failed"
    CANCELLED = "cancelled"
    LOST = "lost"

    def may_become(self, other: "JobState") -> bool:
        """Whether the step from here to `other` is lawful."""
        return other in _STEPS[self]

    @property
    def is_finished(self) -> bool:
        """Whether no process works on it, nor will unless a person resumes it."""
        return self not in (JobState.QUEUED, JobState.RUNNING)

    @property
    def is_resumable(self) -> bool:
        """Whether it may be put back in the queue."""
        return self.is_finished and self.may_become(JobState.QUEUED)


_STEPS = {
    JobState.QUEUED: {JobState.RUNNING, JobState.CANCELLED},
    JobState.RUNNING: {JobState.SUCCEEDED, JobState.FAILED, JobState.CANCELLED, JobState.LOST},
    JobState.SUCCEEDED: set[JobState](),
    JobState.FAILED: {JobState.QUEUED},
    JobState.CANCELLED: {JobState.QUEUED},
    JobState.LOST: {JobState.QUEUED},
}


class JobKind(StrEnum):
    """What a job does; each kind has its handler in `core.worker.handlers`."""

    IMPORT = "import"
    TRAIN = "train"
    PREDICT = "predict"
    ANALYZE = "analyze"

    @property
    def in_json(self) -> str:
        """The word that the command line prints, which other programs read."""
        return "examine" if self is JobKind.ANALYZE else self.value


class Split(StrEnum):
    """Which part of a snapshot a case serves."""

    TRAIN = "train"
    VAL = "val"
    TEST = "test"


class LabelSource(StrEnum):
    """Where an annotation came from."""

    HUMAN = "human"
    IMPORT = "import"
    REVIEW = "review"


class Answer(StrEnum):
    """What an annotation says: a class, findings, a number, that it cannot be assessed, or nothing more (an undo)."""

    LABEL = "label"
    FINDINGS = "findings"
    VALUE = "value"
    UNASSESSABLE = "unassessable"
    WITHDRAWN = "withdrawn"

    @classmethod
    def _missing_(cls, value: object) -> "Answer | None":
        """Read the word of version 0.5: a browser may still hold answers, and label files keep it."""
        return cls.UNASSESSABLE if value == UNREADABLE else None

    @property
    def in_files(self) -> str:
        """The word in label files, which other programs read."""
        return UNREADABLE if self is Answer.UNASSESSABLE else self.value


UNREADABLE = "unreadable"  # what UNASSESSABLE was called until version 0.5, and still is in label files


ANSWERED = (Answer.LABEL, Answer.FINDINGS, Answer.VALUE, Answer.UNASSESSABLE)


class TaskKind(StrEnum):
    """How many of a task's classes an answer names, and whether their order means something; or that it is a number."""

    SINGLE = "single"
    ORDINAL = "ordinal"
    MULTI = "multi"
    NUMBER = "number"


class MirrorSymmetry(StrEnum):
    """Which mirror images of a case answer its task alike: flips only where the anatomy allows."""

    NONE = "none"
    LEFT_RIGHT = "left-right"
    ANY = "any"


class Presence(StrEnum):
    """What is said of one finding of a multi-label task; a finding of which nothing was said has no row."""

    PRESENT = "present"
    ABSENT = "absent"
    UNCERTAIN = "uncertain"


class Shape(StrEnum):
    """What a drawing is; `freehand` is a closed outline of many points, `mask` what a brush painted."""

    BOX = "box"
    ELLIPSE = "ellipse"
    POLYGON = "polygon"
    FREEHAND = "freehand"
    MASK = "mask"
    POINT = "point"


class Unit(StrEnum):
    """What a task asks about."""

    IMAGE = "image"
    SERIES = "series"
    STUDY = "study"


class Verdict(StrEnum):
    """What a reviewer says of a prediction."""

    MODEL_RIGHT = "model right"
    MODEL_WRONG = "model wrong"
    RELABELLED = "relabelled"
    UNSURE = "unsure"


class CheckpointKind(StrEnum):
    """Which state of a run's weights."""

    BEST = "best"
    LAST = "last"


class Level(StrEnum):
    """What an operating point calls: each case, or each patient by all of theirs."""

    IMAGE = "image"
    PATIENT = "patient"


class PatientRule(StrEnum):
    """How a patient's score is made of those of their cases; none where cases are called."""

    NONE = ""
    MAX = "max"
    MEAN = "mean"
    NOISY_OR = "noisy_or"
