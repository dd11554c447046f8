"""Frozen findings, numbers and studies: what each case shall be answered with, in any home the same."""

import random
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import select

from core.curation.recipe import Recipe
from core.errors import InvalidInput
from core.services.annotation import annotations, tasks
from core.services.datasets import snapshot_diff, snapshots
from core.services.images import images
from db.tables import SnapshotCase
from db.vocabulary import Answer, TaskKind, Unit
from tests.core.conftest import Home, copied, make
from tests.core.services import films

CHEST = ["Infiltration", "Effusion", "Nodule"]
RECIPE = Recipe(val=0.2, test=0.2)


@pytest.fixture(scope="module")
def rows(data_dir: Path) -> list[films.Row]:
    """Forty real films of forty patients with known age and findings."""
    result = films.aged(data_dir, 185)
    some = [row for row in result if set(row["finding"].split("|")) & set(CHEST)][:20]
    return some + [row for row in result if row not in some][: 40 - len(some)]


@pytest.fixture(scope="module")
def template(rows, data_dir, tmp_path_factory) -> Path:
    """Their ages as numbers, and their findings: of every fourth film the nodule is uncertain."""
    folder = tmp_path_factory.mktemp("template")
    made = fill(make(folder / "home"), films.laid(folder / "films", data_dir, rows), rows)
    made.db.close()
    return folder


@pytest.fixture
def labelled_home(template, tmp_path) -> Iterator[Home]:
    made = copied(template / "home", tmp_path / "told")
    yield made
    made.db.close()


def fill(home: Home, folder: Path, rows: list[films.Row]) -> Home:
    request = {"kind": TaskKind.NUMBER, "measure": "years", "low": 0, "high": 120}
    tasks.create(home.db, name="age", **request)
    home.take(folder, metadata=folder / "data.csv", task="age", label_column="age")
    task = tasks.create(home.db, name="chest", classes=CHEST, kind=TaskKind.MULTI)
    by_name = {Path(row["file"]).name: number for number, row in enumerate(rows)}
    for case in annotations.queue(home.db, task_id=task.id, limit=100):
        number = by_name[images.get(home.db, case.image_ids[0]).name]
        existing = rows[number]["finding"].split("|")
        message = {at: "present" if name in existing else "absent" for at, name in enumerate(CHEST)}
        say(home, case.id, message | ({2: "uncertain"} if number % 4 == 0 else {}), key=f"first {case.id}")
    return home


def say(home: Home, case_id: int, message: dict[int, str], *, key: str) -> None:
    annotations.label(home.db, case_id=case_id, answer=Answer.FINDINGS, label=None, findings=message, by="ann", key=key)


def freeze(home: Home, task: str, name: str = "one", recipe: Recipe = RECIPE):
    return snapshots.freeze(home.db, tasks.task_named(home.db, task).id, recipe, name=name, by="tester")


def frozen(home: Home, made) -> list[SnapshotCase]:
    with home.db.read() as session:
        return list(session.scalars(select(SnapshotCase).where(SnapshotCase.snapshot_id == made.id)))


def test_findings_are_frozen_side_by_side_and_counted(labelled_home, rows):
    made = freeze(labelled_home, "chest")
    assert (made.kind, made.classes, made.summary["unknown"]) == (TaskKind.MULTI, tuple(CHEST), 0)
    stored = frozen(labelled_home, made)
    expected = Counter(
        tuple(
            None if at == 2 and number % 4 == 0 else float(name in row["finding"].split("|"))
            for at, name in enumerate(CHEST)
        )
        for number, row in enumerate(rows)
    )
    assert Counter(tuple(one.targets) for one in stored) == expected
    assert {(one.label, one.weight, one.repeats, one.images) for one in stored} == {(0, 1.0, 1, None)}
    counted = [made.summary[split]["findings"] for split in ("train", "val", "test")]
    for at, name in enumerate(CHEST):
        for word, target in (("present", 1.0), ("absent", 0.0), ("unknown", None)):
            assert sum(one[name][word] for one in counted) == sum(one.targets[at] == target for one in stored)
    assert snapshots.as_json(labelled_home.db, made)["kind"] == "multi"


def test_the_rarest_finding_reaches_every_split(labelled_home):
    made = freeze(labelled_home, "chest")
    present = {name: sum(made.summary[split]["labels"][name] for split in ("train", "val", "test")) for name in CHEST}
    rarest = min(CHEST, key=present.__getitem__)
    assert present[rarest] >= 3
    assert all(made.summary[split]["labels"][rarest] > 0 for split in ("train", "val", "test"))


def test_a_case_of_which_no_finding_is_known_stays_out_and_is_counted(labelled_home):
    task = tasks.task_named(labelled_home.db, "chest")
    first, *_ = annotations.queue(labelled_home.db, task_id=task.id)
    say(labelled_home, first.id, {0: "uncertain"}, key="unsure")
    made = freeze(labelled_home, "chest")
    assert (made.summary["unknown"], made.summary["unlabelled"]) == (1, 0)
    assert first.id not in {one.case_id for one in frozen(labelled_home, made)}


def test_numbers_are_frozen_as_they_are_and_every_split_has_old_and_young(labelled_home, rows):
    made = freeze(labelled_home, "age")
    ages = sorted(float(row["age"]) for row in rows)
    assert (made.kind, made.classes, made.measure) == (TaskKind.NUMBER, (), "years")
    assert sorted(one.targets[0] for one in frozen(labelled_home, made)) == ages
    number = {split: made.summary[split]["number"] for split in ("train", "val", "test")}
    assert min(one["low"] for one in number.values()) == ages[0]
    assert max(one["high"] for one in number.values()) == ages[-1]
    middle = ages[len(ages) // 2]
    for split, item in number.items():
        expected = [row.targets[0] for row in frozen(labelled_home, made) if row.split == split]
        assert item["mean"] == pytest.approx(sum(expected) / len(expected))
        assert item["deviation"] == pytest.approx(
            (sum((age - item["mean"]) ** 2 for age in expected) / len(expected)) ** 0.5
        )
        assert min(expected) < middle < max(expected)


def test_the_same_content_is_the_same_snapshot_in_any_home(labelled_home, other_home, rows, template):
    shuffled = list(rows)
    random.Random(1).shuffle(shuffled)
    for row in shuffled[:5]:  # so that every row has another id than in the first home
        other_home.take(template / "films" / Path(row["file"]).name, metadata=template / "films" / "data.csv")
    fill(other_home, template / "films", rows)
    for task in ("chest", "age"):
        first = freeze(labelled_home, task, task)
        assert freeze(other_home, task, task).hash == first.hash
        assert freeze(other_home, task, f"{task} 2", Recipe(val=0.2, test=0.2, seed=1)).hash != first.hash


def test_one_other_target_is_another_hash_and_the_difference_says_which(labelled_home):
    task = tasks.task_named(labelled_home.db, "chest")
    before = freeze(labelled_home, "chest")
    case = next(
        view for view in annotations.queue(labelled_home.db, task_id=task.id, limit=100) if view.findings[2] == "absent"
    )
    say(labelled_home, case.id, {**case.findings, 0: "uncertain", 2: "present"}, key="again")
    after = freeze(labelled_home, "chest", "two")
    assert after.hash != before.hash
    word = case.findings[0]
    told_as = f"Infiltration {word}, Nodule absent", "Infiltration unknown, Nodule present"
    assert snapshot_diff.difference(labelled_home.db, before.id, after.id).relabelled == ((case.id, *told_as),)


def test_another_number_is_told_with_its_unit(labelled_home):
    before = freeze(labelled_home, "age")
    case = annotations.queue(labelled_home.db, task_id=tasks.task_named(labelled_home.db, "age").id)[0]
    annotations.label(
        labelled_home.db, case_id=case.id, answer=Answer.VALUE, label=None, value=119.5, by="ann", key="age 2"
    )
    after = freeze(labelled_home, "age", "two")
    changed = ((case.id, f"{case.value:g} years", "119.5 years"),)
    assert snapshot_diff.difference(labelled_home.db, before.id, after.id).relabelled == changed


@pytest.mark.parametrize(("task", "word"), [("chest", "several findings"), ("age", "a number")])
def test_only_classes_are_balanced(labelled_home, task, word):
    for balance in ("weights", "oversample", "undersample"):
        with pytest.raises(InvalidInput, match=rf"is about {word}, and only single classes can be balanced"):
            freeze(labelled_home, task, recipe=Recipe(balance=balance))


def test_nothing_to_learn_is_one_sentence(home, pictures):
    home.take(pictures)
    chest = tasks.create(home.db, name="chest", classes=CHEST, kind=TaskKind.MULTI)
    age = tasks.create(home.db, name="age", kind=TaskKind.NUMBER)
    for case in annotations.queue(home.db, task_id=chest.id):
        say(home, case.id, {0: "present", 1: "absent", 2: "uncertain"}, key=f"c{case.id}")
    for case in annotations.queue(home.db, task_id=age.id):
        annotations.label(
            home.db, case_id=case.id, answer=Answer.VALUE, label=None, value=50, by="ann", key=f"a{case.id}"
        )
    with pytest.raises(
        InvalidInput, match="No finding of task 'chest' is both present and absent among its 12 labelled images"
    ):
        freeze(home, "chest")
    with pytest.raises(InvalidInput, match=r"Task 'age' has 1 different number\(s\) on 12 images"):
        freeze(home, "age")


def test_the_same_pixels_with_other_ages_are_said_to_contradict(labelled_home, tmp_path, template, rows):
    from PIL import Image as Picture

    name = Path(rows[0]["file"]).name
    with Picture.open(template / "films" / name) as picture:
        picture.save(tmp_path / "again.png", compress_level=1)  # other bytes, the same pixels
    labelled_home.take(tmp_path / "again.png")
    for task in ("age", "chest"):
        tasks.add_missing_cases(labelled_home.db, tasks.task_named(labelled_home.db, task).id)
    age = annotations.queue(labelled_home.db, task_id=tasks.task_named(labelled_home.db, "age").id, only="unlabelled")[
        0
    ]
    annotations.label(
        labelled_home.db, case_id=age.id, answer=Answer.VALUE, label=None, value=3.0, by="ann", key="young"
    )
    chest = annotations.queue(
        labelled_home.db, task_id=tasks.task_named(labelled_home.db, "chest").id, only="unlabelled"
    )[0]
    say(labelled_home, chest.id, {2: "present"}, key="the first film's nodule is uncertain")
    disagree = [freeze(labelled_home, task, task).summary["duplicates"]["labels_disagree"] for task in ("age", "chest")]
    assert disagree == [1, 0]


def test_a_study_is_frozen_with_all_its_films_and_another_film_is_another_hash(home, other_home, data_dir, tmp_path):
    pairs = films.two_views(data_dir, 7)
    hashes = []
    for item, count in ((home, 14), (other_home, 13)):
        labels = [{**row, "icu": "01"[number // 2 % 2]} for number, row in enumerate(pairs[:count])]
        folder = films.laid(tmp_path / str(count), data_dir, labels)
        tasks.create(item.db, name="icu", classes=["0", "1"], unit=Unit.STUDY)
        item.take(folder, metadata=folder / "data.csv", task="icu", label_column="icu")
        made = freeze(item, "icu")
        stored = frozen(item, made)
        assert sorted(len(row.images) for row in stored) == [2 - (count == 13), *[2] * 6]
        for row in stored:
            result = images.many(item.db, row.images)
            assert [view.facts["view"] for view in result] in (["AP", "PA"], ["AP"], ["PA"])
            assert len({view.patient for view in result}) == 1
        hashes.append(made.hash)
    assert hashes[0] != hashes[1]


def test_a_frozen_study_keeps_its_films_when_more_come(home, data_dir, tmp_path):
    pairs = films.two_views(data_dir, 4)
    labels = [{**row, "icu": "01"[number // 2 % 2]} for number, row in enumerate(pairs)]
    early = films.laid(tmp_path / "early", data_dir, [row for row in labels if row["view"] == "PA"])
    late = films.laid(tmp_path / "late", data_dir, [row for row in labels if row["view"] == "AP"])
    tasks.create(home.db, name="icu", classes=["0", "1"], unit=Unit.STUDY)
    home.take(early, metadata=early / "data.csv", task="icu", label_column="icu")
    made = freeze(home, "icu", recipe=Recipe(val=0.25, test=0.25))
    before = {row.case_id: row.images for row in frozen(home, made)}
    home.take(late, metadata=late / "data.csv", task="icu", label_column="icu")
    assert {row.case_id: row.images for row in frozen(home, made)} == before
    cases = annotations.queue(home.db, task_id=tasks.task_named(home.db, "icu").id)
    assert {case.id: list(case.image_ids) for case in cases} == before  # a frozen case goes on naming the same film
    again = freeze(home, "icu", "two", Recipe(val=0.25, test=0.25))
    assert {len(row.images) for row in frozen(home, again)} == {2}
