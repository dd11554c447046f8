"""Patient IDs that seem to belong to several persons."""

from collections.abc import Iterator, Mapping

from core.curation.persons.records import NONE, DoubtfulId, TraitKind, Traits

NAMES = 3  # two names may be one person before and after a marriage


def doubtful_ids(patients: Mapping[str, Traits]) -> list[DoubtfulId]:
    """Return the patients whose ID is a word for nobody, or has several birth dates, sexes or names."""
    named = ((name, tuple(_reasons(traits))) for name, traits in sorted(patients.items()) if TraitKind.FORM in traits)
    return [DoubtfulId(name, reasons) for name, reasons in named if reasons]


def _reasons(traits: Traits) -> Iterator[str]:
    yield from (f"the patient ID is '{word}', which names nobody" for word in traits.get(TraitKind.PLACEHOLDER, NONE))
    births, names = len(traits.get(TraitKind.BIRTH, NONE)), len(traits.get(TraitKind.NAME, NONE))
    if births > 1:
        yield f"it has {births} birth dates"
    if len(traits.get(TraitKind.SEX, NONE)) > 1:
        yield "it has both sexes"
    if names >= NAMES:
        yield f"it has {names} names"
