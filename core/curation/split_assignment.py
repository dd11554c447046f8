"""Which split each patient goes to: proportional where patients are alike, else greedy; each class everywhere."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from core.curation.strata import Strata

_MOVES = 500
_WORTH_A_MOVE = 1e-9


class Assignment:
    """Patients placed so far. The cost is a chi-square: squared distance to each wanted share, over that share."""

    def __init__(self, strata: Strata, wanted: Sequence[float]) -> None:
        """Start with nobody placed; `wanted` are the splits' shares, all above 0."""
        self.strata = strata
        self.wanted = np.array(wanted, dtype=np.float64)
        self.split = np.full(len(strata.names), -1, dtype=np.intp)  # (patients,)
        self.filled = np.zeros((len(wanted), strata.shares.shape[1]))  # (splits, quantities)

    def cost_of_adding(self, patient: int) -> NDArray[np.float64]:
        """Change of the cost (splits,) if the patient went to each split."""
        share = self.strata.shares[patient]
        gap = share + 2 * (self.filled - self.wanted[:, None])
        cost: NDArray[np.float64] = (gap @ (share * self.strata.importance)) / self.wanted
        return cost

    def put(self, patients: NDArray[np.intp] | int, split: int) -> None:
        """Place patients who stand nowhere yet."""
        members = np.atleast_1d(patients)
        self.split[members] = split
        self.filled[split] += self.strata.shares[members].sum(axis=0)

    def take(self, patient: int) -> int:
        """Lift a patient out again; returns where they stood."""
        split = int(self.split[patient])
        self.split[patient] = -1
        self.filled[split] -= self.strata.shares[patient]
        return split


def assign(strata: Strata, wanted: Sequence[float], *, seed: int) -> NDArray[np.intp]:
    """Index of the split (patients,) for every patient, the same for the same seed."""
    rng = np.random.default_rng(seed)
    work = Assignment(strata, wanted)
    _share_out_the_alike(work, rng)
    _place_the_rest(work, rng)
    _improve(work)
    _cover_every_class(work)
    return work.split


def _share_out_the_alike(work: Assignment, rng: np.random.Generator) -> None:
    """Of patients with the same counts each split gets its whole number at once; only the remainders need thought."""
    _, kind = np.unique(work.strata.shares, axis=0, return_inverse=True)
    order = rng.permutation(len(kind))
    order = order[np.argsort(kind[order], kind="stable")]
    for members in np.split(order, np.flatnonzero(np.diff(kind[order])) + 1):
        numbers = np.floor(work.wanted * len(members) + 1e-9).astype(int)
        start = 0
        for split, number in enumerate(numbers):
            work.put(members[start : start + number], split)
            start += number


def _place_the_rest(work: Assignment, rng: np.random.Generator) -> None:
    """Largest and rarest first, each to where it helps most."""
    left = rng.permutation(np.flatnonzero(work.split < 0))
    size = work.strata.shares[left] @ work.strata.importance
    for patient in left[np.argsort(-size, kind="stable")]:
        work.put(int(patient), int(np.argmin(work.cost_of_adding(int(patient)))))


def _improve(work: Assignment) -> None:
    """Make the single move that lowers the cost most, again and again; what the alike left uneven is mended here."""
    for _ in range(_MOVES):
        change = _costs_of_moving(work)
        patient, split = np.unravel_index(np.argmin(change), change.shape)
        if change[patient, split] > -_WORTH_A_MOVE:
            return
        work.take(int(patient))
        work.put(int(patient), int(split))


def _costs_of_moving(work: Assignment) -> NDArray[np.float64]:
    """Change of the cost (patients, splits) if one patient moved to another split."""
    share, weight = work.strata.shares, work.strata.importance
    own = (share**2 @ weight)[:, None]
    gap = share @ (weight * (work.filled - work.wanted[:, None])).T
    home = work.split[:, None]
    leaving = np.take_along_axis((own - 2 * gap) / work.wanted, home, axis=1)
    change: NDArray[np.float64] = (own + 2 * gap) / work.wanted + leaving
    np.put_along_axis(change, home, 0.0, axis=1)
    return change


def _cover_every_class(work: Assignment) -> None:
    """Move single patients into splits that lack a class (or anybody), if no split loses its last of one."""
    holds = work.strata.holds
    for column in np.argsort(holds.sum(axis=0), kind="stable"):
        for split in range(len(work.wanted)):
            if not holds[work.split == split, column].any():
                _move_best(work, int(column), split)


def _move_best(work: Assignment, column: int, split: int) -> None:
    holds = work.strata.holds
    counts = np.stack([holds[work.split == s].sum(axis=0) for s in range(len(work.wanted))])
    spare = ~(holds & (counts[work.split] == 1)).any(axis=1)
    candidates = np.flatnonzero(holds[:, column] & spare & (work.split != split))
    if len(candidates):
        best = int(candidates[np.argmin(_costs_of_moving(work)[candidates, split])])
        work.take(best)
        work.put(best, split)
