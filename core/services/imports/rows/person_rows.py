"""Write what files and tables say about who a patient is, as keyed hashes, and join patients to persons."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from sqlalchemy.orm import Session

from core.curation.persons import id_forms
from core.curation.persons.records import TraitKind
from core.imaging import deidentify
from core.imaging.reader_pool import ReadImage
from core.services.imports.import_item import ImportItem
from core.services.persons import joining, trait_rows
from core.services.persons.trait_rows import Trait

SEX, AGE = ("sex", "gender", "geschlecht"), ("age", "alter")  # names of metadata
OLDEST = 130


@dataclass(frozen=True, slots=True)
class PlainTraits:
    """What an image says about its patient. Plain text, in memory only."""

    patient_id: str
    issuer: str
    birth_date: str
    name: str
    sex: str
    age: str
    study: str
    study_uid: str
    series_uid: str

    @classmethod
    def of(cls, item: ImportItem, image: ReadImage) -> "PlainTraits":
        """Read them from the file and its row of the table; the row's patient has no issuer."""
        identity, facts = image.identity, {**image.facts, **item.facts}
        issuer = "" if item.patient_id else identity.issuer
        return cls(
            patient_id=item.patient_id or identity.patient_id.removesuffix(issuer).strip(),
            issuer=issuer,
            birth_date=item.birth_date or id_forms.birth_date(identity.birth_date),
            name=identity.patient_name,
            sex=next((sex for name in SEX if (sex := id_forms.sex(facts.get(name, "")))), ""),
            age=next((age for name in AGE if (age := _age(facts.get(name, "")))), ""),
            study=item.study,
            study_uid=identity.study_uid,
            series_uid=identity.series_uid,
        )

    def keyed(self, key: bytes) -> Iterator[Trait]:
        """Yield the traits: hashes, except sex, age and a word for "no patient ID"."""
        table_uid = self.study if id_forms.is_uid(self.study) else ""
        hashed = (
            (TraitKind.FORM, "form:", id_forms.id_form(self.patient_id)),
            (TraitKind.ISSUER, "issuer:", self.issuer),
            (TraitKind.BIRTH, "birth:", self.birth_date),
            (TraitKind.NAME, "name:", id_forms.name_form(self.name)),
            (TraitKind.VISIT, "visit:", self.study),
            (TraitKind.STUDY, "", self.study_uid),
            (TraitKind.STUDY, "", table_uid),
            (TraitKind.SERIES, "", self.series_uid),
        )
        plain = (
            (TraitKind.SEX, self.sex),
            (TraitKind.AGE, self.age),
            (TraitKind.PLACEHOLDER, id_forms.placeholder(self.patient_id)),
        )
        yield from ((kind, deidentify.keyed_hash(key, prefix + text)) for kind, prefix, text in hashed if text)
        yield from ((kind, text) for kind, text in plain if text)


def join_patients(session: Session, pairs: Iterable[tuple[ImportItem, ReadImage]], patients: Mapping[str, int]) -> None:
    """Write the traits of the patients of new images, and join those who are one person."""
    traits: dict[int, set[Trait]] = {}
    for pseudonym, named in traits_of(pairs).items():
        traits[patients[pseudonym]] = named
    joining.refresh(session, trait_rows.add(session, traits))


def traits_of(pairs: Iterable[tuple[ImportItem, ReadImage]]) -> dict[str, set[Trait]]:
    """Return the traits by pseudonym; each distinct saying is hashed once."""
    sayings: dict[str, dict[PlainTraits, bytes]] = {}
    for item, image in pairs:
        sayings.setdefault(item.patient_of(image)[0], {})[PlainTraits.of(item, image)] = item.key
    return {
        pseudonym: {trait for plain, key in named.items() for trait in plain.keyed(key)}
        for pseudonym, named in sayings.items()
    }


def _age(text: str) -> str:
    """Return an age in whole years, "" for what is no age."""
    digits = text.strip().removesuffix("Y").split(".")[0]
    return str(int(digits)) if digits.isdecimal() and int(digits) <= OLDEST else ""
