"""Count the patients, series and stacks of an import, and keep their names out of its report."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace

from core.curation.records import SPELLINGS
from core.imaging import deidentify
from core.imaging.deidentify import Identity
from core.imaging.identity import name_findings
from core.imaging.identity.name_handling import NameHandling
from core.imaging.notes import NOTES
from core.imaging.stacks import SliceAttributes, build_stacks
from core.imaging.tables.words import spelling
from core.services.images import image_notes
from core.services.images.image_notes import NoteCount
from core.services.imports.import_item import ImportItem
from core.services.imports.import_report import ImportReport, Refused
from core.services.imports.rows import person_rows
from core.services.persons import joining
from core.services.persons.trait_rows import Trait, persons_to_be
from db import Database

MASKED, SHARED_SPLIT = "texts_masked", "shared_split"
OF_FILES = ("image", "stack", "link", "file name")


@dataclass
class ImportTally:
    """What was counted so far; identities are kept only here, in memory. `slices` says whether it is a dry run.

    `names` says how names that look like a person are stored, `split_facts` which metadata name a split.
    """

    slices: bool
    names: NameHandling
    split_facts: Sequence[str] = ()
    _identities: set[Identity] = field(default_factory=set, repr=False)
    _patients: set[str] = field(default_factory=set)
    _traits: dict[str, set[Trait]] = field(default_factory=dict, repr=False)
    _unknown: set[str] = field(default_factory=set)
    _named: list[str] = field(default_factory=list, repr=False)
    _masked: list[str] = field(default_factory=list, repr=False)
    _series: set[str] = field(default_factory=set)
    _studies: set[str] = field(default_factory=set)
    _hashes: set[str] = field(default_factory=set)
    _splits: set[tuple[str, str, str]] = field(default_factory=set)  # metadata, patient, split
    _slices: dict[str, list[tuple[str, SliceAttributes]]] = field(default_factory=dict)

    def add(self, item: ImportItem) -> None:
        """Count the images of one file."""
        self._hashes |= {item.result.sha256} if item.images else set()
        if item.images and name_findings.find(item.without_identity(item.images[0])):
            self._named.append(item.name)
        if self.slices:
            for patient, traits in person_rows.traits_of((item, image) for image in item.images).items():
                self._traits.setdefault(patient, set()).update(traits)
        if item.images and any(deidentify.MASK in text for text in item.facts.values()):
            self._masked.append(item.name)
        for image in item.images:
            pseudonym, known = item.patient_of(image)
            self._identities.add(item.identity_of(image))
            self._patients.add(pseudonym)
            self._unknown |= set() if known else {pseudonym}
            self._splits |= {(name, pseudonym, split) for name in self.split_facts if (split := item.facts.get(name))}
            self._studies |= {item.study_of(image)} - {""}
            if item.series_of(image):
                self._series.add(item.series_of(image))
                if self.slices:
                    attributes = SliceAttributes.of(image.attributes, image.format, item.result.sha256)
                    self._slices.setdefault(item.series_of(image), []).append((item.name, attributes))

    def counted(self, report: ImportReport) -> ImportReport:
        """Return the report with the counts so far."""
        return replace(
            report,
            patients=len(self._patients),
            unknown_patients=len(self._unknown),
            series=len(self._series),
            studies=len(self._studies),
        )

    def with_persons(self, db: Database, report: ImportReport) -> ImportReport:
        """Return the finished report with the persons: those of the catalogue, or of a dry run those to be."""
        persons = persons_to_be(self._traits) if self.slices else joining.persons_of_patients(db, self._patients)
        count = len({persons.of.get(patient, patient) for patient in self._patients})
        notes = image_notes.add_up(report.notes, self._split_notes(persons.of))
        return replace(report, persons=count, person_questions=len(persons.questions), notes=notes)

    def _split_notes(self, persons: Mapping[str, str]) -> Iterator[tuple[str, str]]:
        """Yield a note with the column for each person in several splits of it."""
        splits: dict[tuple[str, str], set[str]] = {}
        for column, patient, split in self._splits:
            word = spelling(split)
            splits.setdefault((column, persons.get(patient, patient)), set()).add(SPELLINGS.get(word, word))
        yield from ((SHARED_SPLIT, column) for (column, _), words in sorted(splits.items()) if len(words) > 1)

    def stack_notes(self, db: Database) -> list[tuple[str, str]]:
        """Return what is noted of the stacks, or would be: (kind, name of the stack's first file)."""
        if not self.slices:
            return image_notes.stack_notes(db, self._hashes)
        noted = []
        for named in self._slices.values():
            for stack in build_stacks([attributes for _, attributes in named]):
                noted += [(kind, named[stack.order[0]][0]) for kind in stack.notes]
        return noted

    def name_notes(self, *, readable: bool) -> list[tuple[str, str]]:
        """Return what is noted of names that look like a person, and of texts; masked if not `readable`."""
        noted = [*((f"names_{self.names}", name) for name in self._named), *((MASKED, name) for name in self._masked)]
        return [(kind, name if readable else name_findings.masked(name)) for kind, name in noted]

    def scrubbed(self, report: ImportReport) -> ImportReport:
        """Return the report with file names de-identified, so that it may be stored."""

        def hidden(name: str) -> str:
            plain = deidentify.scrub_name(name, self._identities)
            return plain if self.names == "kept" else name_findings.masked(plain)

        def without_names(note: NoteCount) -> NoteCount:
            is_name = NOTES[note.kind].of in OF_FILES  # the examples of others are words of the table
            hide = hidden if is_name else lambda text: deidentify.scrub_name(text, self._identities)
            return replace(note, examples=tuple(map(hide, note.examples)))

        return replace(
            report,
            refused=tuple(Refused(hidden(one.file), one.reason) for one in report.refused),
            unlisted=tuple(map(hidden, report.unlisted)),
            missing=tuple(map(hidden, report.missing)),
            ambiguous=tuple(map(hidden, report.ambiguous)),
            texts=tuple(map(hidden, report.texts)),
            notes=tuple(map(without_names, report.notes)),
        )
