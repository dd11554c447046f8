"""What shows a reader who a patient is: the counts and the first images."""

from collections.abc import Iterable
from dataclasses import dataclass

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from db import Database, queries
from db.tables import Image, Patient, Study

FIRST = 3  # images of each patient


@dataclass(frozen=True, slots=True)
class PatientSide:
    """One side of a question: a patient by pseudonym, how many images and studies, and the first images.

    Each image has its id and its masked file name.
    """

    patient: str
    images: int
    studies: int
    first_images: tuple[tuple[int, str], ...]


def sides(db: Database, pseudonyms: Iterable[str]) -> dict[str, PatientSide]:
    """Return the sides by pseudonym."""
    with db.read() as session:
        project, ids = queries.project_id(session), dict[str, int]()
        for names in queries.chunks(sorted(set(pseudonyms))):
            by_name = select(Patient.pseudonym, Patient.id).where(
                Patient.project_id == project, Patient.pseudonym.in_(names)
            )
            ids.update(session.execute(by_name).all())
        return {name: _side(session, name, patient) for name, patient in ids.items()}


def _side(session: Session, name: str, patient: int) -> PatientSide:
    images = session.scalar(select(func.count(Image.id)).where(Image.patient_id == patient)) or 0
    studies = session.scalar(select(func.count(Study.id)).where(Study.patient_id == patient)) or 0
    first = select(Image.id, Image.name).where(Image.patient_id == patient).order_by(Image.id).limit(FIRST)
    return PatientSide(name, images, studies, tuple((image, file) for image, file in session.execute(first)))
