"""Join patients to persons. The result does not depend on any order, and no rule takes a study apart."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import combinations, pairwise

from core.curation.persons import evidence
from core.curation.persons.forest import Forest
from core.curation.persons.records import Decision, Join, Persons, Question, TraitKind, Traits

SURE = {
    TraitKind.STUDY: "images of one study (StudyInstanceUID)",
    TraitKind.SERIES: "images of one series (SeriesInstanceUID)",
}
BY_READER = "joined by a reader"
SAME_PICTURE = "a picture of each has equal pixels"
MANY = 10  # patients with one picture: from there on it is a template, and no evidence


def persons_of(
    patients: Mapping[str, Traits], decisions: Iterable[Decision] = (), pictures: Iterable[Sequence[str]] = ()
) -> Persons:
    """Return the person of each patient, why, and which may be one too.

    Readers' decisions come first, then studies and series, then IDs that differ in spelling only, where birth date or
    study agree and nothing contradicts. `pictures` are patients with equal pixels, which join nobody.
    """
    decided = sorted({(min(one.first, one.second), max(one.first, one.second), one.joined) for one in decisions})
    forest = Forest(patients, [(first, second) for first, second, joined in decided if not joined])
    joins = [
        *_joined(forest, ((first, second, BY_READER) for first, second, joined in decided if joined)),
        *_joined(forest, _of_one_study(patients)),
        *_joined(forest, _of_one_id(patients)),
    ]
    questions = [*_contradicted(patients, joins), *_possible(patients, forest, pictures)]
    return Persons({name: forest.first(name) for name in patients}, tuple(joins), tuple(questions))


def _joined(forest: Forest, pairs: Iterable[tuple[str, str, str]]) -> Iterator[Join]:
    for first, second, reason in pairs:
        if forest.join(first, second):
            yield Join(first, second, reason, by_reader=reason == BY_READER)


def _groups(patients: Mapping[str, Traits], kind: TraitKind) -> list[list[str]]:
    """Return the patients of each key that several have, in an order that is that of the names."""
    by_key: dict[str, list[str]] = defaultdict(list)
    for name in sorted(patients):
        for key in patients[name].get(kind, ()):
            by_key[key].append(name)
    return sorted(group for group in by_key.values() if len(group) > 1)


def _of_one_study(patients: Mapping[str, Traits]) -> Iterator[tuple[str, str, str]]:
    for kind, reason in SURE.items():
        for group in _groups(patients, kind):
            yield from ((group[0], other, reason) for other in group[1:])
            # Where a reader took the first one apart, the others still are of one study.
            yield from ((earlier, later, reason) for earlier, later in pairwise(group[1:]))


def _of_one_id(patients: Mapping[str, Traits]) -> Iterator[tuple[str, str, str]]:
    for first, second in _spellings(patients):
        left, right = patients[first], patients[second]
        why = evidence.agreement(left, right)
        if why and not evidence.speaks_against(left, right):
            yield first, second, f"{evidence.SAME_ID}, and {why}"


def _spellings(patients: Mapping[str, Traits]) -> Iterator[tuple[str, str]]:
    """Yield pairs whose IDs have one form; a number of another issuer is another ID."""
    for group in _groups(patients, TraitKind.FORM):
        for first, second in combinations(group, 2):
            if not evidence.differ(patients[first], patients[second], TraitKind.ISSUER):
                yield first, second


def _contradicted(patients: Mapping[str, Traits], joins: Iterable[Join]) -> Iterator[Question]:
    """Yield joins of a study that ID, sex, age, birth date or name speak against, until a reader confirms them."""
    for join in joins:
        left, right = patients[join.first], patients[join.second]
        against = tuple(words for words in evidence.speaks_against(left, right) if "issuer" not in words)
        if against and not join.by_reader:
            yield Question(join.first, join.second, (join.reason,), against, joined=True)


def _possible(patients: Mapping[str, Traits], forest: Forest, pictures: Iterable[Sequence[str]]) -> Iterator[Question]:
    """Yield one question for each two persons that may be one."""
    alike = {pair for group in pictures if len(group) <= MANY for pair in combinations(sorted(set(group)), 2)}
    asked_about: set[tuple[str, ...]] = set()
    spelt = (pair for pair in _spellings(patients) if not patients[pair[0]].get(TraitKind.PLACEHOLDER))
    for first, second in (*spelt, *sorted(alike)):
        persons = tuple(sorted((forest.first(first), forest.first(second))))
        if persons in asked_about or forest.same(first, second) or forest.apart(first, second):
            continue
        asked_about.add(persons)
        left, right = patients[first], patients[second]
        same_picture = (SAME_PICTURE,) if (first, second) in alike else ()
        yield Question(
            first, second, (*evidence.speaks_for(left, right), *same_picture), evidence.speaks_against(left, right)
        )
