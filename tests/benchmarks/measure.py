"""Two sides, measured alternately: rounds of ours and the reference, the order swapped each time."""

import json
import operator
import os
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from pathlib import Path
from statistics import median
from typing import Any, Literal

REPOSITORY = Path(__file__).parents[2]
RELATIONS = {">=": operator.ge, "<=": operator.le}


@dataclass(frozen=True)
class Repetitions:
    """How long to measure: rounds of each side, and how many keystrokes both sides get in the whole run."""

    rounds: int = 5
    keys: int = 60

    @property
    def keys_each(self) -> int:
        """Keystrokes of one side in one round."""
        return max(1, round(self.keys / self.rounds / 2))


@dataclass(frozen=True)
class Taken:
    """One round of one side: the figure in the benchmark's unit, the seconds it took, and the single figures.

    `more` are further figures by name, of which the line tells the median.
    """

    figure: float
    wall: float
    each: tuple[float, ...] = ()
    more: dict[str, float] = field(default_factory=dict)


@dataclass(frozen=True)
class Sides:
    """What is measured in a round, after everything both need is there."""

    ours: Callable[[], Taken]
    reference: Callable[[], Taken]


@dataclass(frozen=True)
class Benchmark:
    """`sides` makes what is needed in a folder and takes it away again.

    `goal` is such as ">=2.5": of the ratio to the reference, or, with `goal_of` "ours", of our own figure in its unit.
    `limits` are goals of further figures of ours, by name. `missing` says what this machine lacks for it, '' nothing.
    """

    name: str
    against: str
    unit: str
    goal: str
    sides: Callable[[Path, Repetitions], AbstractContextManager[Sides]]
    goal_of: Literal["ratio", "ours"] = "ratio"
    limits: dict[str, str] = field(default_factory=dict)
    missing: Callable[[], str] = lambda: ""


@dataclass(frozen=True)
class Study:
    """A scientific result, no ratio of speeds: `line` does it all in a folder, for hours if need be, and tells."""

    name: str
    line: Callable[[Path], dict[str, Any]]


def compare(benchmark: Benchmark, folder: Path, repetitions: Repetitions) -> dict[str, Any]:
    """The benchmark's line; one that this machine cannot run is left out by name."""
    if missing := benchmark.missing():
        return {"name": benchmark.name, "skipped": missing, "holds": True}
    ours: list[Taken] = []
    reference: list[Taken] = []
    with benchmark.sides(folder, repetitions) as sides:
        for number in range(repetitions.rounds):
            both = [(sides.ours, ours), (sides.reference, reference)]
            for measure, taken in both if number % 2 == 0 else reversed(both):
                taken.append(measure())
    return line(benchmark, ours, reference)


def line(benchmark: Benchmark, ours: Sequence[Taken], reference: Sequence[Taken]) -> dict[str, Any]:
    """Medians of both sides, and the median of the rounds' own ratios."""
    ratios = [our.figure / theirs.figure for our, theirs in zip(ours, reference, strict=True)]
    ratio, figure = median(ratios), median(one.figure for one in ours)
    more = {name: median(one.more[name] for one in ours) for name in ours[0].more}
    within = all(holds(more[name], limit) for name, limit in benchmark.limits.items())
    return {
        "name": benchmark.name,
        "ours": _short(figure),
        "reference": _short(median(one.figure for one in reference)),
        "against": benchmark.against,
        "unit": benchmark.unit,
        "ratio": round(ratio, 3),
        "goal": benchmark.goal,
        "goal_of": benchmark.goal_of,
        "holds": within and holds(figure if benchmark.goal_of == "ours" else ratio, benchmark.goal),
        **{name: _short(one) for name, one in more.items()},
        **({"limits": benchmark.limits} if more else {}),
        "rounds": len(ratios),
        "ratios": [round(one, 3) for one in ratios],
        "wall_s": [_short(median(one.wall for one in side)) for side in (ours, reference)],
        **({"each": {"ours": spread(ours), "reference": spread(reference)}} if ours[0].each else {}),
    }


def spread(side: Sequence[Taken]) -> dict[str, float]:
    """Of all single figures of a side: how many, their median, and what 95 of 100 do not exceed."""
    every = sorted(figure for one in side for figure in one.each)
    return {"count": len(every), "median": _short(median(every)), "p95": _short(every[-(-len(every) * 95 // 100) - 1])}


def holds(figure: float, goal: str) -> bool:
    """Whether a figure meets a goal such as "<=0.25"."""
    return bool(RELATIONS[goal[:2]](figure, float(goal[2:])))


def process(argv: Sequence[str], *, cwd: Path) -> tuple[float, float]:
    """Run a process to its end: CPU seconds of it and of all its children, and seconds on the clock."""
    started = time.perf_counter()
    with (cwd / "said.txt").open("w") as output:
        child = subprocess.Popen(argv, cwd=cwd, env=environment(), stdout=output, stderr=output)
        _, status, used = os.wait4(child.pid, 0)
    child.returncode = os.waitstatus_to_exitcode(status)
    if child.returncode:
        raise RuntimeError(f"{argv} ended with {child.returncode}: {(cwd / 'said.txt').read_text()}")
    return used.ru_utime + used.ru_stime, time.perf_counter() - started


def environment() -> dict[str, str]:
    """That of both sides: this repository's modules, and one thread for whatever counts threads."""
    single = dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"), "1")
    return {**os.environ, "PYTHONPATH": str(REPOSITORY), **single}


def python(*argv: str) -> list[str]:
    """A command line for this Python."""
    return [sys.executable, *argv]


def shown(line: dict[str, Any]) -> str:
    """One line of JSON."""
    return json.dumps(line, ensure_ascii=False)


def _short(figure: float) -> float:
    return float(f"{figure:.4g}")
