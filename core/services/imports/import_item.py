"""One file of an import with its row of the table."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from core.imaging import deidentify
from core.imaging.deidentify import Identity
from core.imaging.identity import name_findings
from core.imaging.identity.name_handling import NameHandling
from core.imaging.reader_pool import AlreadyImported, ReadFile, ReadImage

LABEL = "label"  # the metadata column with an archive's own label, for a task named later


@dataclass(frozen=True, slots=True)
class ImportItem:
    """One file with its CSV row. `patient_id`, `study`, `birth_date` and `others` are plain and never stored."""

    result: ReadFile | AlreadyImported
    name: str
    key: bytes = field(repr=False)
    facts: Mapping[str, str]
    others: tuple[str, ...]
    patient_id: str
    label: str
    study: str = field(default="", repr=False)
    birth_date: str = field(default="", repr=False)
    names: NameHandling = "keyed"

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
            birth_date=in_file.birth_date or self.birth_date,
            others=(*in_file.others, *self.others, in_file.patient_id),
        )

    def stored_name(self, image: ReadImage) -> str:
        """Return the file's name for the catalogue: nothing in it names the patient, nor looks so unless chosen."""
        return name_findings.stored_name(self.without_identity(image), self.names, self.key)

    def without_identity(self, image: ReadImage) -> str:
        """Return the file's name without what its header and its row say of the patient."""
        return deidentify.scrub_name(self.name, [self.identity_of(image)])

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
