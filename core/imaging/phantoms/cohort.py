"""Draw the demo cohort: patients, sites, exposures and planted truths, all from one seed."""

from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np

PATIENTS = 400
CLASSES = ("no opacity", "opacity")
UNLABELLED, WRONG, DUPLICATES = 0.1, 0.05, 10


@dataclass(frozen=True, slots=True)
class Site:
    """A hospital: its patients and the look of its radiographs."""

    name: str
    share: float  # of all patients
    age: tuple[float, float]  # mean and deviation, years
    women: float
    lying: float  # share of AP pictures, taken lying down
    devices: tuple[tuple[str, float], ...]  # name and share
    photometric: str
    noise: float  # cm of water behind the lung
    contrast: float
    marks: bool  # whether radiographers place lead markers


SITES = (
    Site("northgate", 0.6, (53, 14), 0.54, 0.12, (("Vela F", 0.75), ("Vela C", 0.25)), "MONOCHROME2", 0.10, 1.0, False),
    Site("harbour", 0.4, (67, 11), 0.42, 0.40, (("Orion M", 0.75), ("Vela C", 0.25)), "MONOCHROME1", 0.17, 0.86, True),
)

# The subgroup in which a model must fail: the seed selects one, and its opacities are nearly invisible.
HARD = (("view", "AP"), ("device", "Vela C"), ("age", "70 or more"))
MARKED_WITH, MARKED_WITHOUT, MARKED_HARD = 0.85, 0.08, 0.15


@dataclass(frozen=True, slots=True)
class Exposure:
    """One radiograph to be made. `given` is its label in the demo, "" if the visitor is to label it."""

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
    copies: int | None = None  # number of the image that it nearly duplicates, under another patient

    @property
    def truth(self) -> str:
        """The true class."""
        return CLASSES[self.opacity]

    @property
    def facts(self) -> Mapping[str, str]:
        """The facts that define subgroups."""
        return {"site": self.site.name, "sex": self.sex, "age": str(self.age), "view": self.view, "device": self.device}


def hard_group(seed: int) -> tuple[str, str]:
    """Return fact and value of the subgroup in which models fail under this seed."""
    return HARD[int(np.random.default_rng([seed, 3]).integers(len(HARD)))]


def draw_cohort(seed: int) -> tuple[Exposure, ...]:
    """Draw all exposures of the demo, near-duplicates last."""
    rng = np.random.default_rng([seed, 1])
    exposures: list[Exposure] = []
    for patient in range(PATIENTS):
        exposures += _visits(rng, patient, first=len(exposures), hard=hard_group(seed))
    return tuple(_assign_labels(rng, [*exposures, *_near_duplicates(rng, exposures)]))


def _visits(rng: np.random.Generator, patient: int, *, first: int, hard: tuple[str, str]) -> list[Exposure]:
    site = SITES[int(patient >= SITES[0].share * PATIENTS)]
    sex = "F" if rng.random() < site.women else "M"
    age = int(np.clip(rng.normal(*site.age), 21, 92))
    visits = int(rng.integers(2, 5))
    onset = int(rng.integers(0, 2)) if rng.random() < 0.52 else visits  # opacity from this visit on, or never
    return [
        _exposure(rng, patient, visit, first + visit, site, sex, age, visit >= onset, hard) for visit in range(visits)
    ]


def _exposure(
    rng: np.random.Generator,
    patient: int,
    visit: int,
    number: int,
    site: Site,
    sex: str,
    age: int,
    opacity: bool,
    hard: tuple[str, str],
) -> Exposure:
    view = "AP" if rng.random() < site.lying else "PA"
    device = site.devices[int(rng.random() > site.devices[0][1])][0]
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
        marker=bool(rng.random() < often) and site.marks,
        given="",
    )


def _near_duplicates(rng: np.random.Generator, exposures: list[Exposure]) -> list[Exposure]:
    """Return near-duplicates: an image filed under a second patient of the same site, five per site."""
    repeats: list[Exposure] = []
    for site in SITES:
        easy = [one for one in exposures if one.site is site and not one.hard and one.visit == 0]
        chosen = [easy[at] for at in rng.choice(len(easy), DUPLICATES, replace=False)]
        for exposure, other in zip(chosen[::2], chosen[1::2], strict=True):
            repeats.append(
                replace(
                    exposure,
                    number=len(exposures) + len(repeats),
                    patient=other.patient,
                    sex=other.sex,
                    age=other.age,
                    copies=exposure.number,
                )
            )
    return repeats


def _assign_labels(rng: np.random.Generator, exposures: list[Exposure]) -> list[Exposure]:
    """Assign labels: whole patients stay unlabelled, and of the other labels one in twenty is wrong."""
    repeated = {one.copies for one in exposures if one.copies is not None}
    fixed = {one.patient for one in exposures if one.copies is not None or one.number in repeated}
    free = [patient for patient in range(PATIENTS) if patient not in fixed]
    waiting = set(rng.choice(free, int(UNLABELLED * PATIENTS), replace=False).tolist())
    given = [one.number for one in exposures if one.patient not in waiting]
    eligible = [number for number in given if number not in repeated and exposures[number].copies is None]
    wrong = set(rng.choice(eligible, round(WRONG * len(given)), replace=False).tolist())
    return [
        replace(exposure, given=CLASSES[exposure.opacity != (exposure.number in wrong)], wrong=exposure.number in wrong)
        if exposure.patient not in waiting
        else exposure
        for exposure in exposures
    ]
