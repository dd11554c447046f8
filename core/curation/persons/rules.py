"""Join patients to persons. The result does not depend on any order, and no rule takes a study apart."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from itertools import chain, combinations, pairwise

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
    """Yield one question for persons that may be one: about all who share an ID or a picture, else about each two."""
    shown = sorted(sorted(set(group)) for group in pictures if len(group) <= MANY)
    alike = {pair for group in shown for pair in combinations(group, 2)}
    spelt = [[name for name in group if _has_id(patients[name])] for group in _groups(patients, TraitKind.FORM)]
    asked_about: set[tuple[str, ...]] = set()

    def is_open(pair: tuple[str, str]) -> bool:
        left, right = patients[pair[0]], patients[pair[1]]
        other_id = pair not in alike and evidence.differ(left, right, TraitKind.ISSUER)
        settled = forest.same(*pair) or forest.apart(*pair) or _persons(forest, pair) in asked_about
        return not (other_id or settled)

    for group in (*spelt, *shown):
        firsts = sorted({forest.first(name): name for name in reversed(group)}.values())
        together = len(firsts) > 2 and all(map(is_open, combinations(firsts, 2)))
        for names in [firsts] if together else combinations(group, 2):
            if together or is_open((names[0], names[1])):
                asked_about |= {_persons(forest, pair) for pair in combinations(names, 2)}
                yield _question(patients, names, alike)


def _has_id(traits: Traits) -> bool:
    return not traits.get(TraitKind.PLACEHOLDER)


def _persons(forest: Forest, pair: Sequence[str]) -> tuple[str, ...]:
    return tuple(sorted(map(forest.first, pair)))


def _question(patients: Mapping[str, Traits], names: Sequence[str], alike: Collection[tuple[str, str]]) -> Question:
    pairs = list(combinations(sorted(names), 2))
    speaks_for = [evidence.speaks_for(patients[first], patients[second]) for first, second in pairs]
    speaks_against = [evidence.speaks_against(patients[first], patients[second]) for first, second in pairs]
    common = tuple(words for words in speaks_for[0] if all(words in one for one in speaks_for))
    same_picture = (SAME_PICTURE,) if all(pair in alike for pair in pairs) else ()
    against = tuple(dict.fromkeys(chain.from_iterable(speaks_against)))
    return Question(names[0], names[1], (*common, *same_picture), against, others=tuple(names[2:]))
