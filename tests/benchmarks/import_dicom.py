"""500 DICOM files into an empty home, by the command line; start of Python and of the readers included."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from itertools import count
from pathlib import Path

from core.services.workspace import home as workspace_home
from core.settings import Settings
from tests.benchmarks.dicom import write_files
from tests.benchmarks.measure import Benchmark, Repetitions, Sides, Taken, process, python

FILES = 500


@contextmanager
def sides(folder: Path, _repetitions: Repetitions) -> Iterator[Sides]:
    """The files, made once; each round has a home of its own."""
    files, numbers = folder / "files", count()
    write_files(files, FILES)

    def take(argv: Callable[[str], list[str]]) -> Taken:
        home = folder / f"home-{next(numbers)}"  # none is removed before the end: creating after removing costs extra
        if argv is ours:
            workspace_home.open_home(Settings.read(home)).close()
        cpu, wall = process(argv(str(home)), cwd=folder)
        for kind in ("originals", "thumbnails"):
            files = sum(1 for path in (home / kind).rglob("*") if path.is_file() and path.stat().st_size)
            assert files == FILES, f"{files} {kind} of {FILES} files"
        return Taken(FILES / cpu, wall)

    def ours(home: str) -> list[str]:
        return python("-m", "dashboard", "--home", home, "--json", "import", str(files))

    def reference(home: str) -> list[str]:
        return python("-m", "tests.benchmarks.references.import_dicom", str(files), home)

    yield Sides(ours=lambda: take(ours), reference=lambda: take(reference))


BENCHMARK = Benchmark(
    name="import_dicom",
    unit="files per CPU-second",
    goal=">=2.7",
    sides=sides,
    against="pydicom and Pillow in a loop: hash, all tags, copy, PNG thumbnail, commit per file",
)
