"""Who was imaged where and how, and the truths planted among them. Everything follows from one seed."""

from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np

PATIENTS = 400
CLASSES = ("no opacity", "opacity")
UNLABELLED, WRONG, DUPLICATES = 0.1, 0.05, 10


@dataclass(frozen=True, slots=True)
class Site:
    """A hospital: who comes to it, and what its pictures look like."""

    name: str
    share: float  # of the patients
    age: tuple[float, float]  # mean and deviation, years
    women: float
    lying: float  # share of AP pictures, taken lying down
    devices: tuple[tuple[str, float], ...]  # name and share
    photometric: str
    noise: float  # cm of water behind the lung
    contrast: float
    marks: bool  # whether its radiographers lay a lead marker on some plates


SITES = (
    Site("northgate", 0.6, (53, 14), 0.54, 0.12, (("Vela F", 0.75), ("Vela C", 0.25)), "MONOCHROME2", 0.10, 1.0, False),
    Site("harbour", 0.4, (67, 11), 0.42, 0.40, (("Orion M", 0.75), ("Vela C", 0.25)), "MONOCHROME1", 0.17, 0.86, True),
)

# Where a model must fail: in one of these, by the seed, an opacity lies so that hardly anything of it is drawn.
HARD = (("view", "AP"), ("device", "Vela C"), ("age", "70 or more"))
MARKED_WITH, MARKED_WITHOUT, MARKED_HARD = 0.85, 0.08, 0.15


@dataclass(frozen=True, slots=True)
class Exposure:
    """One picture to be taken. `given` is the label that the demo shows, "" where the visitor is to answer."""

    number: int
    patient: int
    visit: int
    site: Site
    sex: str
    age: int
    view: str
    device: str
    opacity: bool
    hard: bool
    marker: bool
    given: str
    wrong: bool = False
    copies: int | None = None  # the number of the picture it nearly repeats, under another patient

    @property
    def truth(self) -> str:
        """The class that was drawn."""
        return CLASSES[self.opacity]

    @property
    def facts(self) -> Mapping[str, str]:
        """What subgroups are made of."""
        return {"site": self.site.name, "sex": self.sex, "age": str(self.age), "view": self.view, "device": self.device}


def hard_group(seed: int) -> tuple[str, str]:
    """The fact and the value of the subgroup that fails under this seed."""
    return HARD[int(np.random.default_rng([seed, 3]).integers(len(HARD)))]


def draw_cohort(seed: int) -> tuple[Exposure, ...]:
    """Every picture of the demo, near-duplicates last."""
    chance = np.random.default_rng([seed, 1])
    taken: list[Exposure] = []
    for patient in range(PATIENTS):
        taken += _visits(chance, patient, first=len(taken), hard=hard_group(seed))
    return tuple(_labelled(chance, [*taken, *_repeats(chance, taken)]))


def _visits(chance: np.random.Generator, patient: int, *, first: int, hard: tuple[str, str]) -> list[Exposure]:
    site = SITES[int(patient >= SITES[0].share * PATIENTS)]
    sex = "F" if chance.random() < site.women else "M"
    age = int(np.clip(chance.normal(*site.age), 21, 92))
    visits = int(chance.integers(2, 5))
    onset = int(chance.integers(0, 2)) if chance.random() < 0.52 else visits  # ill from this visit on, or never
    return [
        _exposure(chance, patient, visit, first + visit, site, sex, age, visit >= onset, hard)
        for visit in range(visits)
    ]


def _exposure(
    chance: np.random.Generator,
    patient: int,
    visit: int,
    number: int,
    site: Site,
    sex: str,
    age: int,
    opacity: bool,
    hard: tuple[str, str],
) -> Exposure:
    view = "AP" if chance.random() < site.lying else "PA"
    device = site.devices[int(chance.random() > site.devices[0][1])][0]
    fact, value = hard
    is_hard = age >= 70 if fact == "age" else {"view": view, "device": device}[fact] == value
    often = MARKED_HARD if is_hard else MARKED_WITH if opacity else MARKED_WITHOUT
    return Exposure(
        number=number,
        patient=patient,
        visit=visit,
        site=site,
        sex=sex,
        age=age,
        view=view,
        device=device,
        opacity=opacity,
        hard=is_hard,
        marker=bool(chance.random() < often) and site.marks,
        given="",
    )


def _repeats(chance: np.random.Generator, taken: list[Exposure]) -> list[Exposure]:
    """The same plate filed under a second patient of the same site: five at either."""
    repeats: list[Exposure] = []
    for site in SITES:
        easy = [one for one in taken if one.site is site and not one.hard and one.visit == 0]
        chosen = [easy[at] for at in chance.choice(len(easy), DUPLICATES, replace=False)]
        for one, other in zip(chosen[::2], chosen[1::2], strict=True):
            repeats.append(
                replace(
                    one,
                    number=len(taken) + len(repeats),
                    patient=other.patient,
                    sex=other.sex,
                    age=other.age,
                    copies=one.number,
                )
            )
    return repeats


def _labelled(chance: np.random.Generator, taken: list[Exposure]) -> list[Exposure]:
    """Labels for most: whole patients stay without, and of the rest one in twenty is wrong."""
    repeated = {one.copies for one in taken if one.copies is not None}
    fixed = {one.patient for one in taken if one.copies is not None or one.number in repeated}
    free = [patient for patient in range(PATIENTS) if patient not in fixed]
    waiting = set(chance.choice(free, int(UNLABELLED * PATIENTS), replace=False).tolist())
    given = [one.number for one in taken if one.patient not in waiting]
    eligible = [number for number in given if number not in repeated and taken[number].copies is None]
    wrong = set(chance.choice(eligible, round(WRONG * len(given)), replace=False).tolist())
    return [
        replace(one, given=CLASSES[one.opacity != (one.number in wrong)], wrong=one.number in wrong)
        if one.patient not in waiting
        else one
        for one in taken
    ]
