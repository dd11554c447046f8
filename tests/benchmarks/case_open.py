"""From a key to the next case of a list with its map on the screen: 500 cases whose maps were made, in Chromium."""

import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

from tests.benchmarks.dicom import write_files
from tests.benchmarks.measure import Benchmark, Repetitions, Sides, Taken, python
from tests.benchmarks.served import chromium, page, server, streamlit
from tests.ports import free_port

APP = Path(__file__).parent / "references" / "case_app.py"
CASES, EDGE, COLD, LOOK_MS = 500, 512, 4, 1000
TESTED = 0.8  # of the images: that many more are made, for the training
SPEC = {"model": "small_cnn", "epochs": 1, "image_size": 64, "batch_size": 32, "threads": 1, "device": "cpu"}

# Which case lies on the screen under its map, '' while none does.
OURS = """() => {
  const root = [...document.querySelectorAll('*')].map((node) => node.shadowRoot?.querySelector('.rv-root'))
    .find(Boolean) || document.querySelector('.rv-root');
  const { case: shown, painted, overlay } = root?.dataset || {};
  return shown && painted && painted !== 'broken' && overlay ? shown : '';
}"""
THEIRS = """() => {
  const image = document.querySelector('[data-testid=stImage] img');
  return image && image.complete && image.naturalWidth ? image.src : '';
}"""

# Before the page's own listeners, which may keep a key to themselves.
LISTEN = "addEventListener('keydown', key => window.fell?.(key.timeStamp), { capture: true });"

# From the key until the frame that holds another case than the one before has been drawn.
WATCH = """() => {
  const shown = %s, before = shown();
  window.took = null;
  window.fell = at => {
    window.fell = null;
    const look = () => {
      const now = shown();
      if (!now || now === before) return requestAnimationFrame(look);
      const drawn = new MessageChannel();  // a message is read after the frame in whose making it was sent
      drawn.port1.onmessage = () => { window.took = performance.now() - at; };
      drawn.port2.postMessage(0);
    };
    look();
  };
}"""


@contextmanager
def sides(folder: Path, repetitions: Repetitions, *, cases: int = CASES, edge: int = EDGE) -> Iterator[Sides]:
    """Both servers run all the time on the same images and maps."""
    home, port, other = folder / "home", free_port(), free_port()
    write_files(folder / "files", round(cases / TESTED), edge=edge)
    run = prepare(home, folder / "files")
    ours = python("-m", "dashboard", "--home", str(home), "serve", "--no-browser", "--port", str(port))
    with ExitStack() as stack:
        for argv, at, name in ((ours, port, "ours"), (streamlit(APP, other), other, "theirs")):
            (folder / name).mkdir()
            stack.enter_context(server(argv, at, folder / name, HOME_OF_MAPS=str(home), IMAGES=str(folder / "files")))
        browser = stack.enter_context(chromium())
        our_tab, theirs = (stack.enter_context(page(browser)) for _ in range(2))
        for tab, url in (
            (our_tab, f"http://127.0.0.1:{port}/case?run={run}&split=test"),
            (theirs, f"http://127.0.0.1:{other}/"),
        ):
            tab.add_init_script(LISTEN)
            tab.goto(url)
        # The first keys find everything cold, on both sides.
        take(our_tab, OURS, COLD), take(theirs, THEIRS, COLD)
        each = repetitions.keys_each
        yield Sides(ours=lambda: take(our_tab, OURS, each), reference=lambda: take(theirs, THEIRS, each))


def prepare(home: Path, files: Path) -> int:
    """Import the images, train one epoch on some of them, predict the others and make their maps; gives the run."""
    from core.curation.recipe import Recipe
    from core.jobs import job_queue
    from core.services.analysis import registry
    from core.services.annotation import annotations, tasks
    from core.services.datasets import snapshots
    from core.services.imports import import_files, import_request
    from core.services.predictions import predictions
    from core.services.training import submit
    from core.services.workspace import home as workspace_home
    from core.settings import Settings
    from core.training.spec import TrainSpec
    from core.worker.runner import run_job
    from db.vocabulary import Answer

    class Asleep:
        """Starts nothing: the jobs are worked here."""

        def wake(self) -> None:
            """Nobody is woken."""

    settings = Settings.read(home)
    db = workspace_home.open_home(settings)
    try:
        list(import_files.run(db, settings, import_request.ImportRequest(files), by="benchmark", scrub=False))
        task = tasks.create(db, name="opacity", classes=["none", "opacity"])
        for number, case in enumerate(annotations.queue(db, task_id=task.id, limit=10_000)):
            annotations.label(
                db, case_id=case.id, answer=Answer.LABEL, label=number % 2, by="benchmark", key=f"label {case.id}"
            )
        frozen = snapshots.freeze(db, task.id, Recipe(val=0.1, test=TESTED), name="test", by="benchmark")

        def done(made: Any) -> Any:
            assert job_queue.claim(db, made.job)
            run_job(db, settings, made.job, attempt=1, device="cpu")
            assert job_queue.get(db, made.job).state == "succeeded", job_queue.get(db, made.job).error
            return made

        common = {"by": "benchmark", "launcher": Asleep()}
        spec = TrainSpec().replace(SPEC)
        run = done(submit.submit(db, snapshot_id=frozen.id, spec=spec, key="train", **common)).run
        done(predictions.submit(db, run_id=run, split="test", key="predict", **common))
        done(registry.submit(db, run_id=run, what="maps", parameters={"split": "test"}, key="maps", **common))
        return int(run)
    finally:
        db.close()


def take(on: Any, shown: str, keys: int) -> Taken:
    """What 95 of 100 keys do not exceed, in milliseconds."""
    began = time.perf_counter()
    on.bring_to_front()
    took = sorted(step(on, shown) for _ in range(keys))
    return Taken(took[-(-len(took) * 95 // 100) - 1], time.perf_counter() - began, tuple(took))


def step(on: Any, shown: str) -> float:
    """Wait until a case is there, look at it, go on, and wait for the next."""
    on.wait_for_function(shown)
    on.wait_for_timeout(LOOK_MS)
    if (slider := on.locator("[data-testid=stSlider] input")).count():
        slider.focus()
    on.evaluate(WATCH % shown)
    on.keyboard.press("ArrowRight")
    on.wait_for_function("() => window.took !== null")
    return float(on.evaluate("() => window.took"))


BENCHMARK = Benchmark(
    name="case_open",
    unit="ms from a key to a case with its map, p95",
    goal="<=300",
    goal_of="ours",
    sides=sides,
    against="a Streamlit page with a slider and st.image of picture and map, blended by Pillow",
)
