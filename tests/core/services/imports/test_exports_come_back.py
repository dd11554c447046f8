"""Whatever names, answers, scores, drawings and facts there are: what Rounds writes, it reads back as it was.

A few examples of each are tried every time; ROUNDS_EXAMPLES sets how many.
"""

import os
from collections.abc import Iterator, Sequence
from itertools import count
from pathlib import Path
from unicodedata import category

import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st
from sqlalchemy import delete, select

from core.curation.recipe import Recipe
from core.errors import InvalidInput
from core.imaging.drawings import masks
from core.imaging.tables.formulas import CsvWriter
from core.imaging.tables.words import clean, fact_name
from core.services.annotation import (
    annotations,
    drawing_export,
    drawing_import,
    drawings,
    label_classes,
    label_export,
    label_import,
    tasks,
)
from core.services.annotation.unassessable_reasons import REASONS
from core.services.datasets import snapshots
from core.services.evaluation import predictions_export
from core.services.imports.import_request import ImportRequest
from core.services.imports.import_table import ImportTable
from core.services.imports.source_files import SourceFiles
from core.services.predictions import external, predictions
from db.names import plain_name
from db.tables import Annotation, Case, Fact, Finding, Image, LabelClass, Prediction, Reader, Snapshot
from db.vocabulary import Answer, Presence, TaskKind
from tests.core.conftest import Home, copied, small_pictures
from tests.core.services.drawn import SHAPES
from tests.core.services.predicted import draw

tried = settings(
    max_examples=int(os.environ.get("ROUNDS_EXAMPLES", "25")),
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
SIDE = 8  # pixels of the pictures
NUMBERS = count()
ODD = """
    None NA nan
    null 0 00 0.0 1 1.5 1,5 1e5 =1+1 -a -1.5 +49 @x 'tis '=b ="007" a;b a|b a,b label image score presence item
    value truth unreadable labels Normal normal NORMAL
    \uff4eormal é e\u0301 Å \u212b ß ss 肺炎 \u0634\u0639\u0627\u0639
    \u05d0\u05d1 a\u202eb \u05d0\u05b8 \ufb01 fi sep=; True P-1 id:1 train 2020-01-02 03.04.2020 a\\b a/b
    """.split()  # noqa: SIM905
SPACED = [
    'say "a"',
    "ja, links",
    "a\nb",
    "a\r\nb",
    "a\tb",
    "\ta",
    "a  b",
    "a b",
    "a\u00a0b",
    "score a",
    "a\u200bb",
    "'",
    '"',
    "x" * 90,
]
NAMES = st.one_of(
    st.sampled_from([*ODD, *SPACED]),
    st.text("aAbB01=+-@'\" ,;|\t\n\r.é\u0301\u200b\u00a0/\\", min_size=1, max_size=6),
    st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=8),
)
PLAIN = NAMES.filter(
    lambda text: clean(text) and not any(category(one) == "Cc" and one not in "\t\r\n" for one in text)
)
READERS = st.lists(PLAIN, min_size=1, max_size=3, unique=True)
CLASSES = st.lists(NAMES, min_size=2, max_size=5)
SMALL = [0.0, 1.0, 1e-17, 0.1 + 0.2, 5e-324, 1 / 3, 1 - 1e-16]
VALUES = st.one_of(
    st.sampled_from([*SMALL, -0.0, -1e-17, 1e22, -71.5]), st.floats(allow_nan=False, allow_infinity=False)
)


@pytest.fixture(scope="module")
def homes(imported_once: Path, tmp_path_factory) -> Iterator[tuple[Home, Home]]:
    """Two homes of the same pictures."""
    folder = tmp_path_factory.mktemp("twins")
    both = copied(imported_once, folder / "one"), copied(imported_once, folder / "two")
    yield both
    for home in both:
        home.db.close()


@pytest.fixture(scope="module")
def scores_home(empty_once: Path, tmp_path_factory) -> Iterator[Home]:
    """A home whose images, snapshots and runs are rows alone."""
    home = copied(empty_once, tmp_path_factory.mktemp("scores") / "home")
    yield home
    home.db.close()


def with_task(homes: Sequence[Home], kind: TaskKind, classes: list[str], titles: list[str] | None) -> str:
    """The same new task in both homes; classes that no task can have are no example."""
    name = f"task {next(NUMBERS)}"
    for home in homes:
        try:
            task = tasks.create(home.db, name=name, classes=[] if kind is TaskKind.NUMBER else classes, kind=kind)
            if titles and kind is not TaskKind.NUMBER:
                label_classes.set_titles(
                    home.db, task.id, dict(zip((one.name for one in task.classes), titles, strict=False))
                )
        except InvalidInput:
            assume(False)
    return name


def answers(home: Home, name: str) -> dict[tuple[str, str], list[tuple]]:
    """What each reader's newest answer to each image is, and by None the answer that counts."""
    task = tasks.task_named(home.db, name)
    known: dict[tuple[str, str | None], list[tuple]] = {}
    with home.db.read() as session:
        names = dict(session.execute(select(LabelClass.id, LabelClass.name)).all())
        rows = (
            select(Annotation, Image.sha256, Reader.name)
            .join(Case, Case.id == Annotation.case_id)
            .join(Image, Image.id == Case.image_id)
            .join(Reader, Reader.id == Annotation.reader_id)
            .where(Case.task_id == task.id)
            .order_by(Annotation.id)
        )
        for row, sha256, reader in session.execute(rows):
            findings = session.execute(
                select(Finding.label_id, Finding.presence).where(Finding.annotation_id == row.id)
            )
            present = sorted((names[label], presence.value) for label, presence in findings)
            known[sha256, reader] = [row.answer, names.get(row.label_id), repr(row.value), row.reason, present]
        for row, sha256 in session.execute(
            select(Case, Image.sha256).join(Image, Image.id == Case.image_id).where(Case.task_id == task.id)
        ):
            known[sha256, None] = [row.answer, names.get(row.label_id), repr(row.value)]
    return known


@st.composite
def answered(data: st.DataObject, kind: TaskKind, classes: int) -> dict:
    """An answer to a task of that kind."""
    if data(st.integers(0, 4)) == 0:
        return {"answer": Answer.UNASSESSABLE, "label": None, "reason": data(st.sampled_from(["", *REASONS]))}
    if kind is TaskKind.NUMBER:
        return {"answer": Answer.VALUE, "label": None, "value": data(VALUES)}
    if kind is TaskKind.MULTI:
        marks = st.dictionaries(st.integers(0, classes - 1), st.sampled_from(Presence), min_size=1)
        return {"answer": Answer.FINDINGS, "label": None, "findings": data(marks)}
    return {"answer": Answer.LABEL, "label": data(st.integers(0, classes - 1))}


@given(data=st.data(), kind=st.sampled_from(TaskKind), classes=CLASSES, titled=st.booleans(), readers=READERS)
@tried
def test_labels(homes, tmp_path, data, kind, classes, titled, readers):
    titles = data.draw(st.one_of(st.permutations(classes), st.lists(NAMES, min_size=5, max_size=5))) if titled else None
    name = with_task(homes, kind, classes, titles)
    first, second = homes
    task = tasks.task_named(first.db, name)
    cases = [case.id for case in annotations.queue(first.db, task_id=task.id, limit=4)]
    for number in range(data.draw(st.integers(1, 6))):
        answer, case, by = (
            data.draw(answered(kind, len(task.classes))),
            data.draw(st.sampled_from(cases)),
            data.draw(st.sampled_from(readers)),
        )
        annotations.label(first.db, case_id=case, by=by, key=f"{name} {number}", **answer)
    path = tmp_path / "labels.csv"
    lines = label_export.write(first.db, task.id, path)
    report = label_import.import_labels(second.db, second.settings, task=name, path=path, by="x")
    assert answers(second, name) == answers(first, name)
    assert report.without_label == 0
    again = label_import.import_labels(second.db, second.settings, task=name, path=path, by="x")
    assert (again.labelled, again.known) == (0, report.labelled)
    assert label_export.write(second.db, tasks.task_named(second.db, name).id, path) == lines


@st.composite
def shaped(data: st.DrawFn, shape: str) -> dict:
    """A drawing of that shape."""
    if shape == "mask":
        pixels = data(st.lists(st.booleans(), min_size=SIDE**2, max_size=SIDE**2).filter(any))
        import numpy as np

        return {"counts": masks.to_counts(np.array(pixels).reshape(SIDE, SIDE))}
    at = st.floats(0, SIDE)
    points = st.lists(
        st.tuples(at, at).map(list),
        min_size={"point": 1, "box": 2, "ellipse": 2}.get(shape, 3),
        max_size={"point": 1, "box": 2, "ellipse": 2}.get(shape, 9),
    )
    return {"points": data(points)} | ({"angle": data(st.floats(-360, 360))} if shape == "ellipse" else {})


@given(data=st.data(), classes=CLASSES, readers=READERS, format=st.sampled_from(["coco", "csv"]))
@tried
def test_drawings(homes, tmp_path, data, classes, readers, format):
    name = with_task(homes, TaskKind.SINGLE, classes, None)
    first, second = homes
    task = tasks.task_named(first.db, name)
    cases = annotations.queue(first.db, task_id=task.id, limit=3)
    for number in range(data.draw(st.integers(1, 6))):
        shape, case = data.draw(st.sampled_from(SHAPES)), data.draw(st.sampled_from(cases))
        try:
            drawings.draw(
                first.db,
                case_id=case.id,
                image_id=case.image_ids[0],
                frame=0,
                key=data.draw(NAMES),
                shape=shape,
                geometry=data.draw(shaped(shape)),
                label=data.draw(st.sampled_from([None, *range(len(task.classes))])),
                by=data.draw(st.sampled_from(readers)),
                client=f"{name} {number}",
            )
        except InvalidInput:
            continue  # such as a box without an extent
    with first.db.read() as session:
        before = drawing_export.album(session, name)
    assume(before.drawings)
    path = tmp_path / "drawings"
    drawing_export.export(first.db, first.settings, task=name, format=format, out=path)
    drawing_import.import_drawings(second.db, second.settings, task=name, path=path, by="x")
    with second.db.read() as session:
        assert drawing_export.album(session, name) == before


@given(
    data=st.data(),
    kind=st.sampled_from(TaskKind),
    classes=CLASSES,
    titled=st.booleans(),
    facts=st.dictionaries(PLAIN.map(clean).map(fact_name), PLAIN.map(clean), max_size=4),
)
@tried
def test_predictions(scores_home, tmp_path, data, kind, classes, titled, facts):
    home, name = scores_home, with_task((scores_home,), kind, classes, None)
    task = tasks.task_named(home.db, name)
    made = draw(home.db, kind, tuple(one.name for one in task.classes), patients=3, each=1, name=name + "x")
    scores = {case: data.draw(scored(kind, len(task.classes))) for case in made.cases}
    with home.db.transaction() as session:
        for row in session.scalars(select(Prediction).where(Prediction.run_id == made.run)):
            row.probabilities = scores[row.case_id]
        if not titled:
            frozen = session.get(Snapshot, made.snapshot)
            frozen.classes = [[one, ""] for one, _ in frozen.classes]
        image = session.scalar(select(Case.image_id).where(Case.id == made.cases[0]))
        session.add_all(
            Fact(image_id=image, name=key, value=value)
            for key, value in facts.items()
            if key not in ("site", "sex", "row", "age")
        )
    path = tmp_path / "predictions.csv"
    predictions_export.write(home.db, made.run, "all", path)
    back = external.import_predictions(home.db, home.settings, snapshot=made.snapshot, name="again", csv=path, by="x")
    read = {row.case_id: [*map(repr, row.probabilities)] for row in predictions.list_predictions(home.db, back)}
    assert read == {case: [*map(repr, numbers)] for case, numbers in scores.items()}


@pytest.fixture(scope="module")
def described(filled_once: Path, tmp_path_factory) -> Iterator[tuple[Home, int, Path]]:
    """A home with a run that predicted all pictures, and the folder of these."""
    folder = tmp_path_factory.mktemp("described")
    pictures, home = small_pictures(folder / "pictures"), copied(filled_once, folder / "home")
    task = tasks.task_named(home.db, "kind")
    frozen = snapshots.freeze(home.db, task.id, Recipe(val=0.25, test=0.25), name="one", by="ann")
    (folder / "scores.csv").write_text("image,score\n" + "".join(f"p{at:02}.png,0.5\n" for at in range(12)))
    options = {"snapshot": frozen.id, "name": "all", "csv": folder / "scores.csv", "by": "ann"}
    yield home, external.import_predictions(home.db, home.settings, **options), pictures
    home.db.close()


CELLS = (
    st.sampled_from(["", "a", "b", "=x", "unknown", "Ärger", "a;b"]),
    st.sampled_from(["", "train", "test", "val"]),
    st.integers(0, 99).map(str),
    st.integers(0, 999).map(lambda number: f"{number:04}"),
    st.one_of(st.just(""), VALUES.map(repr)),
    st.decimals(-9, 99, places=2).map(lambda number: str(number).replace(".", ",")),
    st.dates().map(lambda day: f"{day.day:02}.{day.month:02}.20{day.year % 90 + 10}"),
    PLAIN.map(clean),
)
TITLES = st.sampled_from(
    [
        "split",
        "truth",
        "value",
        "called",
        "case",
        "score a",
        "unknown",
        "age",
        "site",
        "=x",
        "fact split",
        "Größe",
        "a b",
        "A b",
    ]
)


def read_facts(pictures: Path, table: Path) -> dict[str, dict[str, str]]:
    """What a table says of the pictures."""
    request = ImportRequest(pictures, metadata=table)
    sources = SourceFiles.of(request)
    read = ImportTable.of(request, sources)
    return {file.name: read.values(file).facts for file in sorted(sources.listing.files)}


@given(
    data=st.data(), titles=st.lists(st.one_of(TITLES, PLAIN.map(clean)), min_size=1, max_size=4, unique_by=fact_name)
)
@tried
def test_facts(described, tmp_path, data, titles):
    home, run, pictures = described
    columns = [data.draw(st.lists(data.draw(st.sampled_from(CELLS)), min_size=12, max_size=12)) for _ in titles]
    with (tmp_path / "given.csv").open("w", newline="", encoding="utf-8") as file:
        for row in [("file", *titles), *zip((f"p{at:02}.png" for at in range(12)), *columns, strict=True)]:
            CsvWriter(file).writerow(row)
    try:
        before = read_facts(pictures, tmp_path / "given.csv")
    except InvalidInput:
        assume(False)  # such as a title that is there twice
    with home.db.transaction() as session:
        session.execute(delete(Fact))
        for image, name in session.execute(select(Image.id, Image.name)).all():
            session.add_all(Fact(image_id=image, name=key, value=value) for key, value in before[name].items())
    predictions_export.write(home.db, run, "all", tmp_path / "out.csv")
    assert read_facts(pictures, tmp_path / "out.csv") == before


@st.composite
def scored(data: st.DrawFn, kind: TaskKind, classes: int) -> list[float]:
    """The scores of one case: one number, one per finding, or shares that add up to 1."""
    share = st.one_of(st.sampled_from(SMALL), st.floats(0, 1))
    if kind is TaskKind.NUMBER:
        return [data(VALUES)]
    if kind is TaskKind.MULTI:
        return data(st.lists(share, min_size=classes, max_size=classes))
    first = data(st.lists(share, min_size=classes - 1, max_size=classes - 1))
    total = max(1.0, sum(first))
    return [*(one / total for one in first), max(0.0, 1 - sum(one / total for one in first))]


def test_a_name_comes_before_the_title_of_another_class(homes, tmp_path):
    name = with_task(homes, TaskKind.SINGLE, ["a", "b"], ["b", "a"])
    case = annotations.queue(homes[0].db, task_id=tasks.task_named(homes[0].db, name).id, limit=1)[0]
    annotations.label(homes[0].db, case_id=case.id, by="ann", key=name, answer=Answer.LABEL, label=0)
    label_export.write(homes[0].db, tasks.task_named(homes[0].db, name).id, tmp_path / "labels.csv")
    label_import.import_labels(homes[1].db, homes[1].settings, task=name, path=tmp_path / "labels.csv", by="x")
    assert answers(homes[1], name) == answers(homes[0], name)


def test_scores_of_classes_that_differ_in_case_stay_apart(scores_home, tmp_path):
    home = scores_home
    made = draw(home.db, TaskKind.MULTI, ("a", "A"), patients=3, each=1, name="case")
    predictions_export.write(home.db, made.run, "all", tmp_path / "out.csv")
    options = {"snapshot": made.snapshot, "name": "again", "csv": tmp_path / "out.csv", "by": "x"}
    back = external.import_predictions(home.db, home.settings, **options)
    scores = [[row.probabilities for row in predictions.list_predictions(home.db, run)] for run in (made.run, back)]
    assert scores[0] == scores[1]
    assert any(first != second for first, second in scores[0])


def test_an_image_without_a_value_has_an_empty_cell(described, tmp_path):
    home, run, pictures = described
    with home.db.transaction() as session:
        session.execute(delete(Fact))
        session.add(
            Fact(image_id=session.scalar(select(Image.id).where(Image.name == "p00.png")), name="site", value="x")
        )
    predictions_export.write(home.db, run, "all", tmp_path / "out.csv")
    read = read_facts(pictures, tmp_path / "out.csv")
    assert read == {name: {"site": "x"} if name == "p00.png" else {} for name in read}


@given(NAMES)
def test_readers_are_named_as_tables_are_read(text):
    assert plain_name(text) == clean(text)


def test_a_control_character_in_a_class_is_one_sentence(homes):
    with pytest.raises(InvalidInput, match=r"A class contains the control character U\+0000; remove it"):
        tasks.create(homes[0].db, name="odd", classes=["a\0", "b"])
