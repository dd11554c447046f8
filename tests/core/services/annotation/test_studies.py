"""A task about studies: one case for all pictures of an examination, wherever they came from."""

from pathlib import Path

import pytest
from sqlalchemy import select

from core.errors import InvalidInput
from core.services.annotation import annotations, drawings, label_import, tasks
from core.services.images import images, related_images
from core.services.images.images import Filter
from db.tables import Case, Patient, Series, Study
from db.vocabulary import Answer, Unit
from tests.core.conftest import Home
from tests.core.services import films


@pytest.fixture
def folder(data_dir: Path, tmp_path: Path) -> Path:
    """Three studies of two films each, in one CSV; the study's UID is the same text for all three patients."""
    return films.laid(tmp_path / "films", data_dir, films.two_views(data_dir, 3))


def take(home: Home, folder: Path, **more):
    return home.take(folder, metadata=folder / "data.csv", **more)


def import_request(home: Home, **more):
    return tasks.create(home.db, name="icu", classes=["0", "1"], unit=Unit.STUDY, **more)


def rows(home: Home, table) -> list:
    with home.db.read() as session:
        return list(session.scalars(select(table)))


def test_a_column_groups_the_films_of_a_patient_and_is_kept_as_a_keyed_hash_only(home, folder):
    report = take(home, folder)
    assert (report.images, report.patients) == (6, 3)
    assert (len(rows(home, Study)), len(rows(home, Series)), len(rows(home, Patient))) == (3, 6, 3)
    assert {row.modality for row in rows(home, Series)} <= {"CR", "DX"}
    assert all("study" not in one.facts for one in images.page(home.db, Filter()))
    home.db.close()
    stored = [path.read_bytes() for path in home.settings.home.rglob("*") if path.is_file()]
    assert not any(b"1.2.826.77" in data for data in stored)


def test_a_case_of_a_study_shows_the_first_view_and_the_others_lie_beside(home, folder):
    take(home, folder)
    task = import_request(home)
    cases = annotations.queue(home.db, task_id=task.id)
    assert len(cases) == 3
    for case in cases:
        (shown,) = images.many(home.db, list(case.image_ids))
        (beside,) = related_images.related_stacks(home.db, shown.id)
        assert (shown.facts["view"], beside.images[0].facts["view"]) == ("AP", "PA")
        assert shown.patient == beside.images[0].patient == case.patient


def test_either_film_is_drawn_on_and_names_the_study_in_a_file_of_labels(home, folder, tmp_path):
    take(home, folder)
    task = import_request(home)
    case = annotations.queue(home.db, task_id=task.id)[0]
    (beside,) = related_images.related_stacks(home.db, case.image_ids[0])
    drawn = drawings.draw(
        home.db,
        case_id=case.id,
        image_id=beside.images[0].id,
        frame=0,
        key="drawing-1",
        shape="point",
        geometry={"points": [[5, 5]]},
        label=None,
        by="ann",
        client="stroke-1",
    )
    assert drawn.image_id == beside.images[0].id
    csv = tmp_path / "labels.csv"
    csv.write_text("image,label,reader\n" + f"{beside.images[0].sha256},1,ann\n")
    assert label_import.import_labels(home.db, home.settings, task="icu", path=csv, by="x").labelled == 1
    assert annotations.case(home.db, case.id).label == 1
    assert len(rows(home, Case)) == 3


def test_an_import_makes_the_cases_and_takes_one_label_per_study(home, folder):
    import_request(home)
    report = take(home, folder, task="icu", label_column="icu")
    cases = annotations.queue(home.db, task_id=tasks.task_named(home.db, "icu").id)
    assert [(case.answer, case.label) for case in cases] == [("label", 1)] * 3
    assert (report.labelled, report.labels_overridden) == (3, 0)
    assert take(home, folder, task="icu", label_column="icu").labelled == 0


def test_films_of_one_study_that_contradict_each_other_are_refused_before_anything_is_read(home, data_dir, tmp_path):
    import_request(home)
    seen: list[str] = []

    def contradicting(row):
        seen.append(row["file"])
        return {**row, "icu": "01"[len(seen) % 2]}

    folder = films.laid(tmp_path / "in", data_dir, films.two_views(data_dir, 1), change=contradicting)
    with pytest.raises(InvalidInput, match=r"is labelled '1' and '0', but task 'icu' is about whole studies"):
        take(home, folder, task="icu", label_column="icu")
    assert images.totals(home.db).images == 0


def test_a_study_that_comes_in_parts_is_one_case_and_shows_its_first_view(home, data_dir, tmp_path):
    film = films.two_views(data_dir, 1)
    late = films.laid(tmp_path / "late", data_dir, [row for row in film if row["view"] == "AP"])
    early = films.laid(tmp_path / "early", data_dir, [row for row in film if row["view"] == "PA"])
    import_request(home)
    for folder in (early, late):
        take(home, folder, task="icu")
    (case,) = annotations.queue(home.db, task_id=tasks.task_named(home.db, "icu").id)
    assert images.get(home.db, case.image_ids[0]).facts["view"] == "AP"


def test_films_without_a_study_are_in_no_case_and_a_label_for_one_says_so(home, data_dir, tmp_path):
    bare = [{name: text for name, text in row.items() if name != "study"} for row in films.two_views(data_dir, 1)]
    folder = films.laid(tmp_path / "in", data_dir, bare)
    task = import_request(home)
    report = take(home, folder, task="icu", label_column="icu")
    assert (report.labelled, report.labels_without_case) == (0, 2)
    assert (annotations.progress(home.db, task.id).total, tasks.missing_cases(home.db, task.id)) == (0, 0)
    csv = tmp_path / "labels.csv"
    csv.write_text(f"image,label\n{Path(bare[0]['file']).name},1\n")
    with pytest.raises(InvalidInput, match=r"labels.csv, line 2: Image \d+ has no study.*column 'study'"):
        label_import.import_labels(home.db, home.settings, task="icu", path=csv, by="x")


def test_a_study_of_an_unknown_patient_is_one_patient(home, data_dir, tmp_path):
    film = films.two_views(data_dir, 1)
    folder = films.laid(tmp_path / "in", data_dir, film, change=lambda row: {**row, "patient_id": ""})
    report = take(home, folder)
    assert (report.patients, report.unknown_patients, len(rows(home, Study))) == (1, 1, 1)


def test_studies_that_came_later_can_be_added(home, folder):
    task = import_request(home)
    take(home, folder)
    assert tasks.missing_cases(home.db, task.id) == 3
    assert tasks.add_missing_cases(home.db, task.id) == 3
    assert tasks.missing_cases(home.db, task.id) == 0


def test_an_excluded_first_view_leaves_the_case_to_the_other(home, folder):
    take(home, folder)
    task = import_request(home)
    case = annotations.queue(home.db, task_id=task.id)[0]
    images.exclude(home.db, case.image_ids[0], because="blurred")
    left = annotations.case(home.db, case.id)
    assert images.get(home.db, left.image_ids[0]).facts["view"] == "PA"
    images.exclude(home.db, case.image_ids[0], because=None)
    assert annotations.case(home.db, case.id).image_ids == case.image_ids


def test_of_a_scan_the_whole_stack_is_read(home, data_dir):
    home.take(data_dir / "series" / "mr_prostate_adc_20")
    task = tasks.create(home.db, name="scan", classes=["a", "b"], unit=Unit.STUDY)
    (case,) = annotations.queue(home.db, task_id=task.id)
    assert len(set(case.image_ids)) == 20


def test_a_task_about_series_takes_its_labels_from_any_slice_at_import(home, data_dir, tmp_path):
    tasks.create(home.db, name="stack", classes=["a", "b"], unit=Unit.SERIES)
    scan = data_dir / "series" / "mr_prostate_adc_20"
    names = sorted(path.name for path in scan.iterdir() if path.suffix == ".dcm")
    csv = tmp_path / "labels.csv"
    csv.write_text("file,label\n" + "\n".join(f"{name},b" for name in names))
    home.take(scan, metadata=csv, task="stack", label_column="label")
    (case,) = annotations.queue(home.db, task_id=tasks.task_named(home.db, "stack").id)
    assert (len(case.image_ids), case.answer, case.label) == (20, Answer.LABEL.value, 1)
    with home.db.read() as session:
        assert session.scalar(select(Case.image_id)) == case.image_ids[10]
