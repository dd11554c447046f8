"""What the rules of persons read, and what they return."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

Keys = frozenset[str]


class TraitKind(StrEnum):
    """A kind of trait of a patient. All but sex, age and placeholder are keyed hashes."""

    FORM = "form"  # the patient ID, however it is spelt
    ISSUER = "issuer"
    BIRTH = "birth"
    NAME = "name"
    SEX = "sex"
    AGE = "age"
    STUDY = "study"  # StudyInstanceUID
    SERIES = "series"  # SeriesInstanceUID
    VISIT = "visit"  # a study as a table names it: one in the world only together with a patient
    PLACEHOLDER = "placeholder"


Traits = Mapping[TraitKind, Keys]
NONE: Keys = frozenset()


@dataclass(frozen=True, slots=True)
class Decision:
    """A reader's decision about two patients: one person, or different persons."""

    first: str
    second: str
    joined: bool


@dataclass(frozen=True, slots=True)
class Join:
    """Two patients of one person, and why."""

    first: str
    second: str
    reason: str
    by_reader: bool = False


@dataclass(frozen=True, slots=True)
class Question:
    """Two patients or more who may be one person; `joined` ones count as one until a reader takes them apart.

    Of several patients all pairs are open; what is in favour holds for each pair, what is against for one at least.
    """

    first: str
    second: str
    speaks_for: tuple[str, ...]
    speaks_against: tuple[str, ...]
    joined: bool = False
    others: tuple[str, ...] = ()

    @property
    def patients(self) -> tuple[str, ...]:
        """All patients that the question is about."""
        return (self.first, self.second, *self.others)


@dataclass(frozen=True, slots=True)
class DoubtfulId:
    """A patient ID that seems to belong to several persons."""

    patient: str
    reasons: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Persons:
    """The person of each patient, by the name of the person's first patient, the joins, and what is to be asked."""

    of: Mapping[str, str]
    joins: tuple[Join, ...]
    questions: tuple[Question, ...]
