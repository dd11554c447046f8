"""Who is the same person: what joins, what only asks, who decides, and that no order matters."""

import random
from itertools import combinations, permutations

from hypothesis import given
from hypothesis import strategies as st

from core.curation.persons.doubtful import doubtful_ids
from core.curation.persons.evidence import SAME_ID
from core.curation.persons.forest import Forest
from core.curation.persons.records import Decision, TraitKind, Traits
from core.curation.persons.rules import BY_READER, SAME_PICTURE, persons_of


def patient(**kinds: str) -> Traits:
    """The traits by kind, several of a kind separated by blanks."""
    return {TraitKind(kind): frozenset(words.split()) for kind, words in kinds.items()}


def groups(persons) -> list[set[str]]:
    """The persons of several patients."""
    of: dict[str, set[str]] = {}
    for name, person in persons.of.items():
        of.setdefault(person, set()).add(name)
    return sorted((names for names in of.values() if len(names) > 1), key=sorted)


def test_a_study_and_a_series_join_whatever_the_ids_are():
    patients = {"A": patient(study="1"), "B": patient(study="1", series="2"), "C": patient(series="2"), "D": patient()}
    persons = persons_of(patients)
    assert persons.of == {"A": "A", "B": "A", "C": "A", "D": "D"}
    assert [join.reason for join in persons.joins] == [
        "images of one study (StudyInstanceUID)",
        "images of one series (SeriesInstanceUID)",
    ]


def test_spellings_of_an_id_join_only_where_birth_date_or_study_agree():
    agreeing = {"A": patient(form="123", birth="d"), "B": patient(form="123", birth="d")}
    assert groups(persons_of(agreeing)) == [{"A", "B"}]
    assert "birth dates agree" in persons_of(agreeing).joins[0].reason
    visits = {"A": patient(form="123", visit="v"), "B": patient(form="123", visit="v")}
    assert groups(persons_of(visits)) == [{"A", "B"}]
    silent = persons_of({"A": patient(form="123", sex="F"), "B": patient(form="123", sex="F")})
    assert groups(silent) == []
    (question,) = silent.questions
    assert question.speaks_for == ("the patient IDs differ only in how they are written", "the sexes agree")


def test_sex_and_age_only_speak_against():
    known = {"form": "1", "birth": "d"}
    for against, words in (({"sex": ("M", "F")}, "sexes"), ({"age": ("30 31", "60")}, "ages differ (31 and 60 years)")):
        kind, (first, second) = next(iter(against.items()))
        persons = persons_of({"A": patient(**known, **{kind: first}), "B": patient(**known, **{kind: second})})
        assert groups(persons) == []
        assert words in persons.questions[0].speaks_against[0]
    alike = {"A": patient(sex="F", age="30", birth="d", name="n"), "B": patient(sex="F", age="30", birth="d", name="n")}
    assert not persons_of(alike).joins
    assert not persons_of(alike).questions


def test_a_number_of_another_issuer_is_another_id():
    patients = {"A": patient(form="1", issuer="x", birth="d"), "B": patient(form="1", issuer="y", birth="d")}
    assert persons_of(patients).of == {"A": "A", "B": "B"}
    assert not persons_of(patients).questions
    without = persons_of({**patients, "C": patient(form="1", birth="d")})
    assert without.of["C"] == without.of["A"]


def test_a_study_that_the_sexes_speak_against_is_one_person_and_asked_about():
    patients = {"A": patient(study="1", sex="F"), "B": patient(study="1", sex="M")}
    persons = persons_of(patients)
    assert groups(persons) == [{"A", "B"}]
    assert [(one.joined, one.speaks_against) for one in persons.questions] == [(True, ("the sexes differ (F and M)",))]
    assert not persons_of(patients, [Decision("B", "A", joined=True)]).questions
    assert persons_of(patients, [Decision("B", "A", joined=False)]).of == {"A": "A", "B": "B"}


def test_equal_pixels_join_nobody():
    persons = persons_of({"A": {}, "B": {}, "C": {}}, pictures=[("A", "B")])
    assert groups(persons) == []
    assert [(one.first, one.second, one.speaks_for) for one in persons.questions] == [("A", "B", (SAME_PICTURE,))]
    template = {f"P{number:02}": patient() for number in range(11)}
    assert not persons_of(template, pictures=[list(template)]).questions


def test_readers_win_and_are_followed_through_others():
    patients = {name: patient(study="1") for name in "ABC"}
    apart = persons_of(patients, [Decision("A", "C", joined=False)])
    assert groups(apart) == [{"A", "B"}]
    joined = persons_of(
        {name: {} for name in "ABC"}, [Decision("A", "B", joined=True), Decision("B", "C", joined=True)]
    )
    assert groups(joined) == [{"A", "B", "C"}]
    assert {join.reason for join in joined.joins} == {BY_READER}


def test_what_was_decided_is_not_asked_again():
    patients = {name: patient(form="1") for name in "ABC"}
    assert [one.patients for one in persons_of(patients).questions] == [("A", "B", "C")]
    assert [(one.first, one.second) for one in persons_of(patients, [Decision("A", "B", joined=True)]).questions] == [
        ("A", "C")
    ]
    assert len(persons_of(patients, [Decision("A", "B", joined=False)]).questions) == 2


def test_one_question_is_about_all_who_share_an_id_or_a_picture():
    patients = {"A": patient(form="1", sex="F"), "B": patient(form="1", sex="M"), "C": patient(form="1"), "D": {}}
    for order in permutations(patients):
        shuffled = {name: patients[name] for name in order}
        first, second = persons_of(shuffled, pictures=[["D", "A", "B", "C"], ["B", "C"]]).questions[:2]
        assert (first.patients, first.speaks_against) == (("A", "B", "C"), ("the sexes differ (F and M)",))
        assert first.speaks_for == (SAME_ID, SAME_PICTURE)
        assert second.patients == ("A", "D")
    issued = patients | {"C": patient(form="1", issuer="X"), "D": patient(form="1", issuer="Y")}
    pairs = ["".join(one.patients) for one in persons_of(issued).questions]
    assert pairs == ["AB", "AC", "AD", "BC", "BD"]


def test_ids_that_cover_everybody_are_named():
    doubtful = doubtful_ids(
        {
            "A": patient(form="x", placeholder="anonymous"),
            "B": patient(form="y", birth="1 2 3", sex="F M", name="a b c"),
            "C": patient(form="z", birth="1", sex="F", name="a b"),
            "D": patient(birth="1 2"),
        }
    )
    assert [(one.patient, one.reasons) for one in doubtful] == [
        ("A", ("the patient ID is 'anonymous', which names nobody",)),
        ("B", ("it has 3 birth dates", "it has both sexes", "it has 3 names")),
    ]


def test_a_set_never_holds_two_who_are_apart():
    forest = Forest("ABCD", [("A", "D")])
    assert forest.join("A", "B")
    assert forest.join("C", "D")
    assert not forest.join("B", "C")
    assert forest.apart("C", "B")


KEYS = st.frozensets(st.sampled_from("123"), max_size=2)
KINDS = (TraitKind.STUDY, TraitKind.SERIES, TraitKind.FORM, TraitKind.BIRTH, TraitKind.ISSUER)
SEX = {TraitKind.SEX: st.frozensets(st.sampled_from("FM"), max_size=1)}
ANYBODY = st.fixed_dictionaries({**dict.fromkeys(KINDS, KEYS), **SEX})
HOMES = st.dictionaries(st.sampled_from("ABCDEFGH"), ANYBODY, min_size=2)
PAIRS = st.lists(st.tuples(st.sampled_from("ABCDEFGH"), st.sampled_from("ABCDEFGH"), st.booleans()), max_size=4)


@given(HOMES, PAIRS, st.randoms(use_true_random=False))
def test_no_order_matters(home: dict[str, Traits], pairs: list[tuple[str, str, bool]], rng: random.Random):
    decisions = [Decision(a, b, joined) for a, b, joined in pairs if a != b and {a, b} <= home.keys()]
    shuffled = rng.sample(list(home.items()), len(home))
    assert persons_of(dict(shuffled), rng.sample(decisions, len(decisions))) == persons_of(home, decisions)


@given(HOMES)
def test_a_study_is_never_split(home: dict[str, Traits]):
    of = persons_of(home).of
    for first, second in combinations(home, 2):
        if any(home[first][kind] & home[second][kind] for kind in (TraitKind.STUDY, TraitKind.SERIES)):
            assert of[first] == of[second]


@given(HOMES, PAIRS)
def test_a_decision_that_contradicts_no_other_always_holds(home: dict[str, Traits], pairs: list[tuple[str, str, bool]]):
    decisions = [Decision(a, b, joined) for a, b, joined in pairs[:1] if a != b and {a, b} <= home.keys()]
    of = persons_of(home, decisions).of
    assert all((of[one.first] == of[one.second]) == one.joined for one in decisions)


def test_a_study_of_two_ids_is_one_person_and_asked_about():
    persons = persons_of({"A": patient(study="1", form="7"), "B": patient(study="1", form="8")})
    assert groups(persons) == [{"A", "B"}]
    assert persons.questions[0].speaks_against == ("the patient IDs differ",)
