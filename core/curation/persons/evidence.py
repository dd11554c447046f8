"""What speaks for and against two patients being one person, in words."""

from collections.abc import Iterator

from core.curation.persons.records import NONE, Keys, TraitKind, Traits

YEARS_APART = 10
AGREES = {
    TraitKind.BIRTH: "the birth dates agree",
    TraitKind.VISIT: "a study has the same name",
    TraitKind.NAME: "the names agree",
    TraitKind.SEX: "the sexes agree",
}
SAME_ID = "the patient IDs differ only in how they are written"
DIFFERS = {
    TraitKind.FORM: "the patient IDs differ",
    TraitKind.BIRTH: "the birth dates differ",
    TraitKind.NAME: "the names differ",
}


def shared(first: Traits, second: Traits, kind: TraitKind) -> Keys:
    """Return what two patients have in common."""
    return first.get(kind, NONE) & second.get(kind, NONE)


def differ(first: Traits, second: Traits, kind: TraitKind) -> bool:
    """Return whether a kind is known of both patients, and they have nothing in common."""
    return bool(first.get(kind)) and bool(second.get(kind)) and not shared(first, second, kind)


def agreement(first: Traits, second: Traits) -> str:
    """Return why two spellings of an ID are surely one: an agreement of birth date or study; "" without one."""
    strong = (kind for kind in (TraitKind.BIRTH, TraitKind.VISIT) if shared(first, second, kind))
    return ", ".join(AGREES[kind] for kind in strong)


def speaks_for(first: Traits, second: Traits) -> tuple[str, ...]:
    """Return all that agrees."""
    same_id = (SAME_ID,) if shared(first, second, TraitKind.FORM) else ()
    return same_id + tuple(words for kind, words in AGREES.items() if shared(first, second, kind))


def speaks_against(first: Traits, second: Traits) -> tuple[str, ...]:
    """Return all that contradicts; each forbids a join that no study proves."""
    return tuple(_contradictions(first, second))


def _contradictions(first: Traits, second: Traits) -> Iterator[str]:
    if differ(first, second, TraitKind.SEX):
        sexes = " and ".join("/".join(sorted(one[TraitKind.SEX])) for one in (first, second))
        yield f"the sexes differ ({sexes})"
    if differ(first, second, TraitKind.ISSUER):
        yield "the IDs are from different issuers"
    yield from (words for kind, words in DIFFERS.items() if differ(first, second, kind))
    ages = sorted((_ages(first), _ages(second)))
    if all(ages) and ages[1][0] - ages[0][-1] > YEARS_APART:
        yield f"the ages differ ({ages[0][-1]} and {ages[1][0]} years)"


def _ages(traits: Traits) -> list[int]:
    return sorted(int(age) for age in traits.get(TraitKind.AGE, NONE))
