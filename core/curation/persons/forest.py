"""Sets of patients that are joined, but never across two who are different persons."""

from collections.abc import Iterable


class Forest:
    """A union-find: each set is named by its first patient, so that the order of joins does not matter."""

    def __init__(self, patients: Iterable[str], apart: Iterable[tuple[str, str]] = ()) -> None:
        """Start with each patient alone; `apart` are pairs that no set may hold."""
        self._parent = {patient: patient for patient in patients}
        self._rivals: dict[str, set[str]] = {}
        for first, second in apart:
            self._rivals.setdefault(first, set()).add(second)
            self._rivals.setdefault(second, set()).add(first)

    def first(self, patient: str) -> str:
        """Return the first patient of a patient's set."""
        root = patient
        while self._parent[root] != root:
            root = self._parent[root]
        while self._parent[patient] != root:
            self._parent[patient], patient = root, self._parent[patient]
        return root

    def same(self, patient: str, other: str) -> bool:
        """Return whether two patients are in one set."""
        return self.first(patient) == self.first(other)

    def apart(self, patient: str, other: str) -> bool:
        """Return whether two patients must not be joined, because of any two patients of their sets."""
        first, second = self.first(patient), self.first(other)
        return any(self.first(rival) == second for rival in self._rivals.get(first, ()))

    def join(self, patient: str, other: str) -> bool:
        """Join the sets of two patients; return whether they were two, and may be joined."""
        if self.same(patient, other) or self.apart(patient, other):
            return False
        first, second = sorted((self.first(patient), self.first(other)))
        self._parent[second] = first
        if second in self._rivals:
            self._rivals.setdefault(first, set()).update(self._rivals.pop(second))
        return True
