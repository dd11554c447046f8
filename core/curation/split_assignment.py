"""Assignment of patients to splits: proportional among identical patients, otherwise greedy, then improved."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from core.curation.strata import Strata

_MAX_MOVES = 500
_MIN_IMPROVEMENT = 1e-9


class Assignment:
    """A partial assignment of patients. The cost is a χ²: squared distance to each target share, over that share."""

    def __init__(self, strata: Strata, target_shares: Sequence[float]) -> None:
        """Start without any patient; `target_shares` are the fractions of the splits, all above 0."""
        self.strata = strata
        self.target_shares = np.array(target_shares, dtype=np.float64)
        self.split = np.full(len(strata.names), -1, dtype=np.intp)  # (patients,)
        self.assigned_shares = np.zeros((len(target_shares), strata.shares.shape[1]))  # (splits, quantities)

    def cost_of_adding(self, patient: int) -> NDArray[np.float64]:
        """Return the change of the cost (splits,) from adding the patient to each split."""
        share = self.strata.shares[patient]
        gap = share + 2 * (self.assigned_shares - self.target_shares[:, None])
        cost: NDArray[np.float64] = (gap @ (share * self.strata.importance)) / self.target_shares
        return cost

    def add(self, patients: NDArray[np.intp] | int, split: int) -> None:
        """Add unassigned patients to a split."""
        members = np.atleast_1d(patients)
        self.split[members] = split
        self.assigned_shares[split] += self.strata.shares[members].sum(axis=0)

    def remove(self, patient: int) -> int:
        """Remove a patient from its split and return that split."""
        split = int(self.split[patient])
        self.split[patient] = -1
        self.assigned_shares[split] -= self.strata.shares[patient]
        return split


def assign(strata: Strata, target_shares: Sequence[float], *, seed: int) -> NDArray[np.intp]:
    """Return the index of the split (patients,) of every patient, deterministic for a seed."""
    rng = np.random.default_rng(seed)
    assignment = Assignment(strata, target_shares)
    _assign_identical_patients(assignment, rng)
    _assign_greedily(assignment, rng)
    _improve(assignment)
    _cover_every_class(assignment)
    return assignment.split


def _assign_identical_patients(assignment: Assignment, rng: np.random.Generator) -> None:
    """Give each split its whole number of patients with identical counts, leaving only the remainders."""
    _, pattern = np.unique(assignment.strata.shares, axis=0, return_inverse=True)
    order = rng.permutation(len(pattern))
    order = order[np.argsort(pattern[order], kind="stable")]
    for members in np.split(order, np.flatnonzero(np.diff(pattern[order])) + 1):
        counts = np.floor(assignment.target_shares * len(members) + 1e-9).astype(int)
        start = 0
        for split, count in enumerate(counts):
            assignment.add(members[start : start + count], split)
            start += count


def _assign_greedily(assignment: Assignment, rng: np.random.Generator) -> None:
    """Assign the remaining patients, largest and rarest first, each where the cost is lowest."""
    unassigned = rng.permutation(np.flatnonzero(assignment.split < 0))
    size = assignment.strata.shares[unassigned] @ assignment.strata.importance
    for patient in unassigned[np.argsort(-size, kind="stable")]:
        assignment.add(int(patient), int(np.argmin(assignment.cost_of_adding(int(patient)))))


def _improve(assignment: Assignment) -> None:
    """Repeat the single move that lowers the cost most."""
    for _ in range(_MAX_MOVES):
        change = _costs_of_moving(assignment)
        patient, split = np.unravel_index(np.argmin(change), change.shape)
        if change[patient, split] > -_MIN_IMPROVEMENT:
            return
        assignment.remove(int(patient))
        assignment.add(int(patient), int(split))


def _costs_of_moving(assignment: Assignment) -> NDArray[np.float64]:
    """Return the change of the cost (patients, splits) from moving one patient to another split."""
    share, weight = assignment.strata.shares, assignment.strata.importance
    self_term = (share**2 @ weight)[:, None]
    gap = share @ (weight * (assignment.assigned_shares - assignment.target_shares[:, None])).T
    current = assignment.split[:, None]
    removal = np.take_along_axis((self_term - 2 * gap) / assignment.target_shares, current, axis=1)
    change: NDArray[np.float64] = (self_term + 2 * gap) / assignment.target_shares + removal
    np.put_along_axis(change, current, 0.0, axis=1)
    return change


def _cover_every_class(assignment: Assignment) -> None:
    """Move single patients into splits that lack a class, or any patient, where no split loses its last one."""
    holds = assignment.strata.holds
    for column in np.argsort(holds.sum(axis=0), kind="stable"):
        for split in range(len(assignment.target_shares)):
            if not holds[assignment.split == split, column].any():
                _move_best(assignment, int(column), split)


def _move_best(assignment: Assignment, column: int, split: int) -> None:
    holds = assignment.strata.holds
    counts = np.stack([holds[assignment.split == s].sum(axis=0) for s in range(len(assignment.target_shares))])
    is_movable = ~(holds & (counts[assignment.split] == 1)).any(axis=1)
    candidates = np.flatnonzero(holds[:, column] & is_movable & (assignment.split != split))
    if len(candidates):
        best = int(candidates[np.argmin(_costs_of_moving(assignment)[candidates, split])])
        assignment.remove(best)
        assignment.add(best, split)
