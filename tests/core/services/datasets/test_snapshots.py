"""Frozen datasets: no shared patient, an immutable name, a hash of the content alone, and what changed between two."""

import pytest
from sqlalchemy import select

from core.curation.recipe import Recipe
from core.errors import InvalidInput, NotFound
from core.services.annotation import annotations, tasks
from core.services.datasets import snapshot_diff, snapshots
from core.services.images import images
from db.tables import Case, Image, SnapshotCase
from db.vocabulary import Answer, Split

RECIPE = Recipe(val=0.2, test=0.2)


def freeze(home, recipe: Recipe = RECIPE, *, name: str = "round 1", task: str = "kind"):
    return snapshots.freeze(home.db, tasks.task_named(home.db, task).id, recipe, name=name, by="tester")


def rows(home, snapshot) -> list[SnapshotCase]:
    with home.db.read() as session:
        return list(session.scalars(select(SnapshotCase).where(SnapshotCase.snapshot_id == snapshot.id)))


def relabel(home, case_id: int) -> None:
    now = annotations.case(home.db, case_id).label
    annotations.label(
        home.db, case_id=case_id, answer=Answer.LABEL, label=1 - now, by="reader", key=f"again {case_id} {now}"
    )


def test_no_patient_stands_in_two_splits(filled):
    made = freeze(filled)
    places: dict[int, set[str]] = {}
    for row in rows(filled, made):
        places.setdefault(row.patient_id, set()).add(row.split)
    assert len(places) == 6
    assert all(len(splits) == 1 for splits in places.values())
    assert sum(made.summary[split]["images"] for split in ("train", "val", "test")) == 12
    assert snapshots.as_json(filled.db, made)["shared_patients"] == 0


def test_shared_patients_are_counted_on_the_frozen_rows(filled):
    made = freeze(filled)
    with filled.db.transaction() as session:
        row = session.scalars(select(SnapshotCase).where(SnapshotCase.snapshot_id == made.id)).first()
        row.split = next(split for split in Split if split != row.split)
    assert snapshots.as_json(filled.db, made)["shared_patients"] == 1


def test_real_patients_with_many_images_stay_together(home, data_dir):
    home.take(data_dir / "cxr", metadata=data_dir / "cxr" / "metadata.csv", task="abnormal", label_column="abnormal")
    made = freeze(home, Recipe(stratify=("sex",)), task="abnormal")
    places: dict[int, set[str]] = {}
    for row in rows(home, made):
        places.setdefault(row.patient_id, set()).add(row.split)
    assert all(len(splits) == 1 for splits in places.values())
    result = snapshots.as_json(home.db, made)["splits"]
    assert sum(result[split]["images"] for split in result) == 588
    assert sum(result[split]["patients"] for split in result) == len(places) == 185
    assert made.summary["unlabelled"] == 243


def test_a_name_is_taken_once(filled):
    first = freeze(filled)
    with pytest.raises(InvalidInput, match="snapshots never change"):
        freeze(filled, Recipe(val=0.3, test=0.3))
    assert snapshots.snapshot_named(filled.db, "round 1") == snapshots.get_snapshot(filled.db, first.id) == first


def test_what_is_frozen_does_not_follow_a_relabelling(filled):
    made = freeze(filled)
    before = [(row.case_id, row.label, row.split) for row in rows(filled, made)]
    relabel(filled, before[0][0])
    assert [(row.case_id, row.label, row.split) for row in rows(filled, made)] == before
    assert snapshots.get_snapshot(filled.db, made.id) == made


def test_the_hash_names_the_content_in_any_home(filled, other_home, pictures):
    # The last ones first, one by one and backwards, so that every row has another id than in the first home.
    for path in sorted(pictures.glob("*.png"), reverse=True)[:4]:
        other_home.take(path, metadata=pictures / "data.csv")
    other_home.take(pictures, metadata=pictures / "data.csv", task="kind", label_column="kind")
    by_column = Recipe(split_fact="split")
    first, same = freeze(filled, by_column), freeze(filled, by_column, name="again")
    assert first.hash == same.hash
    assert len(first.hash) == 64
    assert freeze(other_home, by_column).hash == first.hash
    seeded = Recipe(val=0.25, test=0.25, balance="undersample", seed=3)
    assert freeze(filled, seeded, name="seeded").hash == freeze(other_home, seeded, name="seeded").hash


def test_the_difference_names_what_was_relabelled_added_and_removed(filled):
    by_column = Recipe(split_fact="split")
    first = freeze(filled, by_column)
    item, other, gone, *_ = annotations.queue(filled.db, task_id=first.task_id)
    for case in (item, other):
        relabel(filled, case.id)
    images.exclude(filled.db, gone.image_ids[0], because="not an x-ray")
    second = freeze(filled, by_column, name="round 2")
    result = snapshot_diff.difference(filled.db, first.id, second.id)
    assert second.hash != first.hash
    assert (result.added, result.removed, result.moved) == (0, 1, 0)
    names = ("a", "b")
    assert result.relabelled == tuple(
        (case.id, names[case.label], names[1 - case.label]) for case in sorted((item, other), key=lambda case: case.id)
    )
    assert snapshot_diff.difference(filled.db, first.id, first.id).relabelled == ()


def test_a_column_that_splits_a_patient_stays_and_names_the_patient(home, pictures):
    text = (pictures / "data.csv").read_text()
    (pictures / "data.csv").write_text(text.replace("p00.png,PAT-0000,south,a,train", "p00.png,PAT-0000,south,a,test"))
    report = home.take(pictures, metadata=pictures / "data.csv", task="kind", label_column="kind")
    assert [(note.kind, note.count, note.examples) for note in report.notes] == [("shared_split", 1, ("split",))]
    task = tasks.task_named(home.db, "kind")
    owner = next(view.patient for view in images.page(home.db, images.Filter()) if view.name == "p00.png")
    plan = snapshots.plan(home.db, task.id, Recipe(split_fact="split"))
    assert plan.shared.sentence == "In more than one split: 1 patient, 1 person."
    assert plan.patients_in_several_splits == f"{owner} (train and test)"
    made = freeze(home, Recipe(split_fact="split"))
    given = {"p00.png": "test", "p01.png": "train"}
    frozen = {row.case_id: row.split.value for row in rows(home, made)}
    with home.db.read() as session:
        names = dict(session.execute(select(Case.id, Image.name).join(Image, Image.id == Case.image_id)).all())
    assert {names[case]: split for case, split in frozen.items()}.items() >= given.items()
    result = snapshots.as_json(home.db, made)
    assert (result["shared_patients"], result["certificate"]) == (1, plan.shared.sentence)
    ours = snapshots.as_json(home.db, freeze(home, name="ours"))
    assert (ours["shared_patients"], ours["certificate"]) == (0, "No patient is in more than one split.")


def test_a_plan_writes_nothing_and_is_what_freezing_makes(filled):
    task = tasks.task_named(filled.db, "kind")
    plan = snapshots.plan(filled.db, task.id, RECIPE)
    assert snapshots.list_snapshots(filled.db) == []
    made = freeze(filled)
    assert {(row.case, row.label, row.split) for row in plan.rows} == {
        (row.case_id, row.label, row.split.value) for row in rows(filled, made)
    }


def test_too_few_labels_no_name_no_task_are_one_sentence_each(imported):
    home, task = imported, tasks.create(imported.db, name="kind", classes=["a", "b"])
    with pytest.raises(InvalidInput, match="label at least two classes"):
        freeze(home)
    with pytest.raises(InvalidInput, match="needs a name"):
        freeze(home, name="  ")
    with pytest.raises(NotFound, match="no task 4711"):
        snapshots.plan(home.db, 4711, RECIPE)
    with pytest.raises(NotFound, match="none yet"):
        snapshots.snapshot_named(home.db, "round 1")
    assert task.id


@pytest.mark.slow
def test_pneumoniamnist_keeps_its_own_split_and_tells_its_duplicates(home, data_dir):
    home.take(data_dir / "medmnist" / "pneumoniamnist.npz", task="pneumonia")
    made = freeze(home, Recipe(split_fact="split"), task="pneumonia")
    assert [made.summary[split]["images"] for split in ("train", "val", "test")] == [4708, 524, 624]
    assert made.titles == ("normal", "pneumonia")
    assert made.summary["duplicates"]["across_splits"] == 8
