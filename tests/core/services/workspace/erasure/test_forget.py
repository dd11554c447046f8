"""A forgotten person is nowhere in the home, to the last byte; what remains of them elsewhere is said."""

import hashlib
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import pytest
from PIL import Image as Picture

from core.curation.recipe import Recipe
from core.errors import InvalidInput, NotFound
from core.imaging.deidentify import pseudonym
from core.imaging.store import Store
from core.jobs import job_queue, locks
from core.services.annotation import annotations, comments, drawings, tasks
from core.services.datasets import snapshots, training_examples
from core.services.evaluation import report, reviews
from core.services.images import images
from core.services.imports.import_files import files_lock
from core.services.predictions import external, predictions
from core.services.saliency import store as map_store
from core.services.saliency.store import MapKey
from core.services.workspace.erasure import forget, orphans, pending, person_files
from core.training.pixel_cache import open_cache
from db import Database
from db.tables import Analysis, Case, Image, Job
from db.vocabulary import Answer, JobKind, Verdict
from tests.core.conftest import Home, holding, make
from tests.core.services.workspace.test_doctor import looked
from tests.faults.pages import page_of

WORDS = (b"zebra", b"quartz-fact", b"amber-comment", b"topaz-note", b"[[7.33, ")
GONE = "PAT-GONE"


@dataclass(frozen=True)
class Canaries:
    """A home with a person who leaves traces in every table and folder, and what these are."""

    home: Home
    traces: tuple[bytes, ...]
    images: tuple[int, ...]
    cases: tuple[int, ...]
    run: int

    def left(self) -> list[str]:
        """Every file that still has a trace."""
        files = [path for path in self.home.settings.home.rglob("*") if path.is_file()]
        return [f"{path.name}: {trace!r}" for path in files for trace in self.traces if trace in path.read_bytes()]


def drawn_files(folder: Path) -> list[bytes]:
    """Twelve pictures of noise, two of each person; the pixels and the bytes of the files of the one who goes."""
    rng, lines, traces = np.random.default_rng(1), ["file,patient_id,kind,remark,split"], list[bytes]()
    folder.mkdir()
    for number in range(12):
        person = 5 - number // 2
        name = f"{'zebra' if person == 0 else 'horse'}-{number}.png"
        pixels = rng.integers(0, 256, (16, 16), dtype=np.uint8)
        Picture.fromarray(pixels).save(folder / name)
        patient = GONE if person == 0 else f"PAT-{person}"
        split = ("train", "val", "test", "train", "train", "train")[person]
        lines.append(f"{name},{patient},{'ab'[number % 2]},{'quartz-fact' if person == 0 else 'plain'},{split}")
        if person == 0:
            data = (folder / name).read_bytes()
            traces += [pixels.tobytes()[:32], data[40:80], hashlib.sha256(data).hexdigest()[:12].encode()]
    (folder / "data.csv").write_text("\n".join(lines) + "\n")
    return traces


@pytest.fixture
def canaries(home, canaries_once) -> Canaries:
    return replace(canaries_once, home=holding(home, canaries_once.home.settings.home))


@pytest.fixture(scope="module")
def canaries_once(tmp_path_factory) -> Canaries:
    tmp_path = tmp_path_factory.mktemp("canaries")
    home = make(tmp_path / "home")
    traces = drawn_files(tmp_path / "files")
    home.take(tmp_path / "files", metadata=tmp_path / "files" / "data.csv", task="kind", label_column="kind")
    name = pseudonym(home.settings.key("pseudonym"), GONE)
    with home.db.read() as session:
        rows = session.query(Image).filter(Image.name.contains("zebra")).order_by(Image.id).all()
        cases = [session.query(Case).filter_by(image_id=row.id).one().id for row in rows]
    task = tasks.task_named(home.db, "kind")
    frozen = snapshots.freeze(home.db, task.id, Recipe(split_fact="split"), name="one", by="ann")
    answer_and_draw(home, cases[0], rows[0].id)
    scores = tmp_path / "scores.csv"
    with home.db.read() as session:
        scores.write_text("image,b\n" + "".join(f"{row.sha256},0.25\n" for row in session.query(Image)))
    run = external.import_predictions(home.db, home.settings, snapshot=frozen.id, name="x", csv=scores, by="ann")
    of_person = predictions.predictions_of_cases(home.db, run, [cases[0]])[0]
    reviews.judge(home.db, of_person.id, verdict=Verdict.UNSURE, by="ann", key="v", note="topaz-note")
    compute(home, rows, run, frozen.id, name)
    home.db.close()
    return Canaries(home, (*traces, *WORDS, name.encode()), tuple(row.id for row in rows), tuple(cases), run)


def answer_and_draw(home: Home, case: int, image: int) -> None:
    annotations.label(home.db, case_id=case, answer=Answer.LABEL, label=1, by="bob", key="k" * 8)
    annotations.undo(home.db, case_id=case, by="bob", key="u" * 8)
    comments.comment(home.db, case_id=case, text="amber-comment", by="ann", key="c" * 8)
    for version in range(2):
        drawings.draw(
            home.db,
            case_id=case,
            image_id=image,
            frame=0,
            key="d",
            shape="point",
            geometry={"points": [[7.33, 2 + version]]},
            label=None,
            by="ann",
            client=f"d{version}",
        )


def compute(home: Home, rows: list[Image], run: int, snapshot: int, name: str) -> None:
    """What else Rounds writes about images: thumbnails, maps, cached pixels, features, notes of jobs, analyses."""
    for view in images.page(home.db, images.Filter()):
        Store(home.settings.home).thumbnail(view.sha256, view.item, view.offset, view.format, edge=64)
    for row in rows:
        path = MapKey("0" * 64, "gradcam", 0).path(home.settings, row)
        map_store.write(path, np.zeros((4, 4)), {"image": row.sha256, "class": "0"})
    examples = training_examples.examples_of(home.db, home.settings, snapshot)
    list(open_cache(home.settings.folder("cache"), examples, size=16, channels=1))
    folder = home.settings.folder("runs") / str(run)
    folder.mkdir(parents=True)
    (folder / "features-0.npz").write_bytes(b"topaz-note")
    (folder / "log.txt").write_text(f"Epoch 1\n'{rows[0].name}' of {name} is missing\nEpoch 2\n")
    with home.db.transaction() as session:
        job = job_queue.add(session, JobKind.IMPORT, {}, key="job")
        job.result = {"unlisted": [rows[0].name, "horse.png"], "refused": [{"file": rows[1].name, "reason": name}]}
        job.error = f"The original of image 1 ('{rows[0].name}', sha256 {rows[0].sha256[:12]}) is missing."
        job.state = "failed"
        suspects = {"suspects": [{"image": rows[0].id, "patient": name}, {"case": 99, "patient": "P-OTHER"}]}
        session.add(Analysis(run_id=run, kind="suspects", checkpoint_sha256="", result=suspects))


def erase(canaries: Canaries, **options) -> forget.ForgetReport:
    home = canaries.home
    return forget.forget(home.db, home.settings, forget.find_patients(home.db, home.settings, [GONE]), **options)


def files_of(home: Home, part: str = "") -> dict[Path, bytes]:
    """All files (in a folder) but the catalogue's, whose journal changes as it is read."""
    files = [path for path in (home.settings.home / part).rglob("*") if path.is_file() and "sqlite" not in path.name]
    return {path: path.read_bytes() for path in files}


def hashes(canaries: Canaries) -> set[str]:
    with canaries.home.db.read() as session:
        return {session.get(Image, one).sha256 for one in canaries.images}


def test_no_byte_of_the_person_is_left_and_the_others_stay(canaries):
    home = canaries.home
    assert len({one.split(": ")[1] for one in canaries.left()}) == len(canaries.traces)  # each can be seen
    others = {path: data for path, data in files_of(home, "originals").items() if path.name not in hashes(canaries)}
    result = erase(canaries)
    assert canaries.left() == []
    assert {"patient": 1, "image": 2, "case": 2, "prediction": 2, "snapshot_case": 2, "review": 1}.items() <= (
        result.rows.items()
    )
    assert (result.rows["drawing"], result.rows["comment"], result.rows["annotation"]) == (2, 1, 4)
    assert files_of(home, "originals") == others
    assert images.totals(home.db).patients == 5
    with home.db.read() as session:
        assert session.query(Analysis).one().result == {"suspects": [{"case": 99, "patient": "P-OTHER"}]}
        assert session.query(Job).filter_by(request_key="job").one().result["unlisted"] == ["…", "horse.png"]
    assert not pending.note(home.settings).exists()
    assert len((home.settings.home / "runs" / "1" / "log.txt").read_text().splitlines()) == 3


def test_the_home_is_well_afterwards_and_goes_on(canaries):
    home = canaries.home
    erase(canaries)
    checks = looked(home)
    assert {name for name, check in checks.items() if not check.ok} <= {"disk"}
    assert "every file has a row" in checks["orphans"].detail
    assert report.evaluate(home.db, canaries.run, split="test").metrics
    task = tasks.task_named(home.db, "kind")
    again = snapshots.freeze(home.db, task.id, Recipe(split_fact="split"), name="two", by="ann")
    assert len(training_examples.examples_of(home.db, home.settings, again.id)) == 10
    with pytest.raises(NotFound):
        images.get(home.db, canaries.images[0])


def test_numbers_of_the_person_are_never_given_to_another(canaries, tmp_path):
    home = canaries.home
    Picture.fromarray(np.eye(9, dtype=np.uint8)).save(tmp_path / "new.png")
    erase(canaries)  # the person's images have the highest numbers
    home.take(tmp_path / "new.png")
    with home.db.read() as session:
        assert session.query(Image.id).order_by(Image.id.desc()).first()[0] > max(canaries.images)


def test_a_snapshot_says_how_many_cases_were_forgotten_and_what_it_counted_stays(canaries):
    home = canaries.home
    before = snapshots.snapshot_named(home.db, "one")
    result = erase(canaries)
    after = snapshots.snapshot_named(home.db, "one")
    assert [one["cases"] for one in after.summary.pop(snapshots.FORGOTTEN)] == [2]
    assert (after.hash, after.summary) == (before.hash, before.summary)
    assert "Snapshot 'one' loses 2 cases from its list" in result.remains[0]
    assert "Backups and exported files of before today" in result.remains[-1]


def test_the_runs_that_learned_from_the_person_are_named(trained):
    patients = [forget.find_patients(trained.db, trained.settings, [one]) for one in ("PAT-0000", "PAT-0005")]
    learned, tested = (forget.forget(trained.db, trained.settings, one).remains for one in patients)
    assert any("The weights of run 1 were trained" in line for line in learned)
    assert not any("weights" in line for line in tested)


def test_a_dry_run_changes_nothing(canaries):
    home = canaries.home
    before = files_of(home)
    planned = erase(canaries, dry_run=True)
    assert files_of(home) == before
    assert (planned.dry_run, images.totals(home.db).images) == (True, 12)
    done = erase(canaries)
    assert (done.rows, done.files, done.remains) == (planned.rows, planned.files, planned.remains)


class Killed(BaseException):
    """What ends a process at once."""


def die(*_):
    raise Killed


@pytest.mark.parametrize(("module", "step"), [(person_files, "remove"), (pending, "finish")])
def test_what_a_kill_after_the_commit_leaves_is_finished_by_the_sweep(canaries, monkeypatch, module, step):
    home = canaries.home
    with monkeypatch.context() as patch:
        patch.setattr(module, step, die)
        with pytest.raises(Killed):
            erase(canaries)
    assert canaries.left() != []
    check = looked(home)["orphans"]
    assert (check.ok, "--sweep" in check.detail) == (False, True)
    orphans.sweep(home.db, home.settings)
    assert canaries.left() == []
    assert looked(home)["orphans"].ok


def test_a_kill_before_the_commit_harms_nothing(canaries, monkeypatch):
    home = canaries.home
    with monkeypatch.context() as patch:
        patch.setattr(pending.Pending, "write", die)
        with pytest.raises(Killed):
            erase(canaries)
    pending.Pending([], [(one, 0, 8) for one in hashes(canaries)]).write(home.settings)
    before = files_of(home, "pixels")
    orphans.sweep(home.db, home.settings)
    assert files_of(home, "pixels") == before
    assert images.totals(home.db).images == 12


def test_while_another_program_reads_the_catalogue_old_bytes_stay_and_the_sweep_removes_them(canaries):
    settings = canaries.home.settings
    impatient = Home(Database(f"{settings.database_url}?timeout=0.2"), settings)
    other = Database(settings.database_url)
    with other.read() as session:
        session.query(Image).count()
        result = erase(replace(canaries, home=impatient))
    assert "run `rounds doctor --sweep`" in result.remains[-1]
    assert canaries.left() != []
    assert orphans.sweep(impatient.db, settings).note == ""
    assert canaries.left() == []
    impatient.db.close()
    other.close()


def test_while_an_import_or_a_job_runs_nobody_is_forgotten(canaries):
    home = canaries.home
    with locks.shared(files_lock(home.settings)), pytest.raises(InvalidInput, match="An import is running"):
        erase(canaries)
    with home.db.transaction() as session:
        job_queue.add(session, JobKind.TRAIN, {}, key="runs").state = "running"
    with pytest.raises(InvalidInput, match="Job 2 is running"):
        erase(canaries)


def test_a_person_is_named_by_pseudonym_or_patient_id(canaries):
    home = canaries.home
    name = pseudonym(home.settings.key("pseudonym"), GONE)
    first, second, other = (forget.find_patients(home.db, home.settings, [one]) for one in (name, GONE, "PAT-5"))
    assert first == second != other
    with pytest.raises(NotFound, match="There is no patient 'PAT-NOBODY'"):
        forget.find_patients(home.db, home.settings, ["PAT-NOBODY"])


def test_a_file_with_images_of_others_keeps_theirs(home, tmp_path):
    stack = np.random.default_rng(3).integers(1, 256, (4, 28, 28), dtype=np.uint8)
    np.savez(tmp_path / "many.npz", train_images=stack)
    home.take(tmp_path / "many.npz")
    views, store = images.page(home.db, images.Filter()), Store(home.settings.home)
    thumbnails = [store.thumbnail(one.sha256, one.item, one.offset, one.format) for one in views]
    result = forget.forget(home.db, home.settings, forget.find_patients(home.db, home.settings, [views[1].patient]))
    data = store.pixels(views[0].sha256).read_bytes()
    pixels = [data[one.offset : one.offset + one.format.nbytes] for one in views]
    assert pixels == [stack[0].tobytes(), bytes(784), stack[2].tobytes(), stack[3].tobytes()]
    assert [path.exists() for path in thumbnails] == [True, False, True, True]
    assert any("also with images of other persons remain" in line for line in result.remains)


def test_linked_originals_stay_and_are_named(home, pictures):
    home.take(pictures, metadata=pictures / "data.csv", reference=True)
    result = forget.forget(home.db, home.settings, forget.find_patients(home.db, home.settings, ["PAT-0000"]))
    assert any(str(pictures / "p00.png") in line for line in result.remains)
    assert (pictures / "p00.png").exists()
    assert len(list(home.settings.home.glob("originals/*/*.ref"))) == 10


@pytest.mark.parametrize(
    ("page", "query"),
    [
        ("datasets", {}),
        ("runs", {"run": 1}),
        ("review", {"run": 1, "split": "all"}),
        ("case", {"run": 1, "split": "all", "case": "{case}"}),
        ("images", {"image": "{image}"}),
        ("label", {"task": 1, "case": "{case}"}),
        ("compare", {}),
        ("home", {}),
    ],
)
def test_no_page_breaks_afterwards(erased, monkeypatch, page, query):
    """An old link says that its case is gone, or shows another one of the list."""
    gone = {name: str(value).format(image=erased.images[0], case=erased.cases[0]) for name, value in query.items()}
    shown = page_of(erased.home.settings, monkeypatch, page, **gone)
    assert "Traceback" not in shown
    assert ("2 cases forgotten just now" in shown) == (page == "datasets")


@pytest.fixture
def erased(canaries) -> Canaries:
    erase(canaries)
    return canaries
