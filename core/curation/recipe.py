"""Recipe of a snapshot: how cases are split and balanced; validated, to JSON and back."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields
from typing import Any

from core.errors import InvalidInput

BALANCES = ("none", "weights", "oversample", "undersample")


@dataclass(frozen=True, slots=True)
class Recipe:
    """Settings of a split. `val` and `test` are fractions of patients and images; the rest is train.

    With `split_fact` the column of that name decides instead, and `val`, `test` and `seed` do not affect the split.

    Raises:
        InvalidInput: a value outside its range.
    """

    val: float = 0.15
    test: float = 0.15
    split_fact: str | None = None
    stratify: tuple[str, ...] = ()
    balance: str = "none"
    seed: int = 0

    def __post_init__(self) -> None:
        """Check that the settings are valid and consistent."""
        _check_share("val", self.val)
        _check_share("test", self.test)
        _check_words(self)
        if isinstance(self.seed, bool) or not isinstance(self.seed, int) or self.seed < 0:
            raise InvalidInput(f"The seed is {self.seed!r}; give a whole number of 0 or more.")
        if self.split_fact is None and self.val + self.test > 1 - 1e-9:
            raise InvalidInput(
                f"Validation {self.val:g} and test {self.test:g} leave no training cases; "
                "choose fractions that add up to less than 1."
            )

    @property
    def shares(self) -> dict[str, float]:
        """Target fraction of each split, train first."""
        return {"train": 1 - self.val - self.test, "val": self.val, "test": self.test}

    def to_json(self) -> dict[str, Any]:
        """Return plain values; `from_json` restores the recipe."""
        return {**asdict(self), "val": float(self.val), "test": float(self.test), "stratify": list(self.stratify)}

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> "Recipe":
        """Read the output of `to_json`; missing settings take their defaults.

        Raises:
            InvalidInput: an unknown setting, or a value outside its range.
        """
        known = [field.name for field in fields(cls)]
        for name in data:
            if name not in known:
                raise InvalidInput(f"Unknown recipe setting {name!r}; the settings are {', '.join(known)}.")
        stratify = data.get("stratify", ())
        if isinstance(stratify, str):
            raise InvalidInput(f"Stratify is {stratify!r}; give a list of columns.")
        return cls(**{**data, "stratify": tuple(stratify)})


def _check_share(name: str, share: object) -> None:
    if isinstance(share, bool) or not isinstance(share, int | float) or not 0 <= share < 1:
        raise InvalidInput(f"The fraction for {name} is {share!r}; enter a number from 0 to below 1, such as 0.15.")


def _check_words(recipe: Recipe) -> None:
    if recipe.balance not in BALANCES:
        raise InvalidInput(f"Balance is {recipe.balance!r}; choose one of {', '.join(BALANCES)}.")
    if recipe.split_fact is not None and not recipe.split_fact:
        raise InvalidInput("The split column has an empty name; name a column, or omit it to split by patient.")
    for column in recipe.stratify:
        if not isinstance(column, str) or not column:
            raise InvalidInput(f"Cannot stratify by {column!r}; give names of columns, such as site.")
    if recipe.split_fact is not None and recipe.stratify:
        raise InvalidInput(
            f"Stratifying by {', '.join(recipe.stratify)} has no effect where the column "
            f"{recipe.split_fact} decides the split; leave one of the two out."
        )
