"""Readers' decisions about who is the same person: they win over every rule, and can be undone."""

import time
from dataclasses import dataclass
from itertools import combinations
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from core.errors import InvalidInput, NotFound
from core.services.persons import joining
from db import Database, queries
from db.tables import Patient, PersonDecision, Reader

Pair = tuple[Patient, Patient]


@dataclass(frozen=True, slots=True)
class DecisionView:
    """A decision that counts: two patients by pseudonym, whether they are one person, who decided, and when."""

    first: str
    second: str
    joined: bool
    reader: str
    at: float

    def to_json(self) -> dict[str, Any]:
        """Return plain values for the command line."""
        decision = "one person" if self.joined else "different persons"
        return {
            "first": self.first,
            "second": self.second,
            "decision": decision,
            "reader": self.reader,
            "at": self.at,
        }


def decide(db: Database, *patients: str, joined: bool, by: str, reason: str = "") -> None:
    """Say that patients are one person, or all different ones; earlier decisions about them are withdrawn.

    Raises:
        NotFound: there is no such patient.
        InvalidInput: both are one patient, or other decisions say that the persons differ.
    """
    with db.transaction() as session:
        for first, second in ((patients[0], other) for other in patients[1:]) if joined else combinations(patients, 2):
            _decide(session, first, second, joined=joined, reader=queries.reader_id(session, by), reason=reason)


def _decide(session: Session, first: str, second: str, *, joined: bool, reader: int, reason: str) -> None:
    pair = _pair(session, first, second)
    if pair[0].id == pair[1].id:
        raise InvalidInput(f"{first} is one patient; give different pseudonyms.")
    _withdraw(session, pair, reader)
    ids = {"first_id": pair[0].id, "second_id": pair[1].id}
    session.add(PersonDecision(**ids, joined=joined, reason=reason, reader_id=reader))
    _follow(session, pair)
    if joined and _person(session, pair[0]) != _person(session, pair[1]):
        raise InvalidInput(
            f"{first} and {second} cannot be one person: a reader decided that patients joined to them are "
            "different persons. Undo that decision first; `rounds persons` lists it."
        )


def undo(db: Database, first: str, second: str, *, by: str) -> None:
    """Withdraw the decision about two patients, so that the rules count again.

    Raises:
        NotFound: there is no such patient.
        InvalidInput: no reader decided about them.
    """
    with db.transaction() as session:
        pair = _pair(session, first, second)
        if not _withdraw(session, pair, queries.reader_id(session, by)):
            raise InvalidInput(
                f"No reader has decided about {first} and {second}, so there is nothing to undo; "
                f"to separate what a rule joined, use `rounds persons --apart {first} {second}`."
            )
        _follow(session, pair)


def list_decisions(db: Database) -> list[DecisionView]:
    """Return the decisions that count, newest first."""
    with db.read() as session:
        columns = select(PersonDecision, Reader.name).join(Reader, Reader.id == PersonDecision.reader_id)
        counting = columns.where(PersonDecision.withdrawn_at.is_(None)).order_by(PersonDecision.id.desc())
        rows = session.execute(counting).all()
        names = queries.pseudonyms(session, [one for row, _ in rows for one in (row.first_id, row.second_id)])
    return [
        DecisionView(names[row.first_id], names[row.second_id], row.joined, reader, row.created_at)
        for row, reader in rows
    ]


def _pair(session: Session, first: str, second: str) -> Pair:
    return _patient(session, first), _patient(session, second)


def _patient(session: Session, pseudonym: str) -> Patient:
    by_name = (Patient.project_id == queries.project_id(session)) & (Patient.pseudonym == pseudonym.strip())
    row = session.scalar(select(Patient).where(by_name))
    if row is None:
        raise NotFound(f"There is no patient {pseudonym}; give pseudonyms such as P-ABCDEFGHIJ, as images show them.")
    return row


def _withdraw(session: Session, pair: Pair, reader: int) -> bool:
    ids = [patient.id for patient in pair]
    about = PersonDecision.first_id.in_(ids), PersonDecision.second_id.in_(ids)
    rows = session.scalars(select(PersonDecision).where(*about, PersonDecision.withdrawn_at.is_(None))).all()
    for row in rows:
        row.withdrawn_at, row.withdrawn_by = time.time(), reader
    return bool(rows)


def _follow(session: Session, pair: Pair) -> None:
    session.flush()
    joining.write(session, joining.closure(session, {patient.id for patient in pair}))


def _person(session: Session, patient: Patient) -> str | None:
    return session.scalar(select(queries.person_name()).where(Patient.id == patient.id))
