"""Whether heat lies on burned-in text or lead markers because they are there: the same place without one beside it."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from core.explain.sanity_again import Explain, whole
from core.explain.sanity_alike import Mean
from core.explain.sanity_places import Mask, grown, marks, share, stretched
from core.explain.sanity_told import picture

if TYPE_CHECKING:
    from core.inference import LoadedModel
    from core.training.data import Example

LOOKED, ENOUGH, FEWEST = 400, 24, 4  # pictures looked through, cases with and without, and of each at least
CLASSES = 4  # at most
Json = dict[str, Any]


@dataclass(frozen=True, slots=True)
class OnMarks:
    """Of one class: share of heat on marks, and at the same places of pictures that have none there."""

    class_index: int
    there: Mean
    absent: Mean

    @property
    def flagged(self) -> bool:
        """Whether marks draw heat: clearly more than their places do without them."""
        return self.there.low is not None and self.absent.high is not None and self.there.low > self.absent.high


def of_marks(model: "LoadedModel", every: "Sequence[Example]", explain: Explain, classes: Sequence[str]) -> Json:
    """Over the cases' own pictures; `classes` are what people call the answers."""
    marked, plain = _parted(model, every)
    if min(len(marked), len(plain)) < FEWEST:
        return {"flagged": False, "with": len(marked), "classes": [], "words": _none(len(marked))}
    count = min(model.manifest.heads[0].answers, CLASSES)
    found = [_of_class(model, marked, plain, explain, at) for at in range(count)]
    worst = max(found, key=lambda one: (one.there.value or 0.0) - (one.absent.value or 0.0))
    told = [{"class": one.class_index, "with": one.there.to_json(), "without": one.absent.to_json()} for one in found]
    return {"flagged": any(one.flagged for one in found), "with": len(marked), "classes": told,
            "words": _said(worst, classes, len(marked), len(plain))}  # fmt: skip


def _parted(
    model: "LoadedModel", every: "Sequence[Example]"
) -> "tuple[list[tuple[Example, Mask]], list[Example]]":  # fmt: skip
    """Cases with their marks, and cases without."""
    marked, plain = list[tuple["Example", Mask]](), list["Example"]()
    for one in every[:LOOKED]:
        found = marks(picture(model, one, 0), None)
        if found.any() and len(marked) < ENOUGH:
            marked.append((one, grown(found, max(1, found.shape[0] // 32))))
        elif not found.any() and len(plain) < ENOUGH:
            plain.append(one)
        if len(marked) == len(plain) == ENOUGH:
            break
    return marked, plain


def _of_class(
    model: "LoadedModel", marked: "Sequence[tuple[Example, Mask]]", plain: "Sequence[Example]", explain: Explain,
    class_index: int,
) -> OnMarks:  # fmt: skip
    there = [_share(model, one, mask, explain, class_index) for one, mask in marked]
    lent = [marked[at % len(marked)][1] for at in range(len(plain))]
    absent = [_share(model, one, mask, explain, class_index) for one, mask in zip(plain, lent, strict=True)]
    return OnMarks(class_index, Mean.of(there), Mean.of(absent))


def _share(
    model: "LoadedModel", example: "Example", mask: Mask, explain: Explain, class_index: int
) -> float | None:  # fmt: skip
    values = whole(explain(model, example, class_index))
    return share(stretched(values if values.ndim == 2 else values[0], mask.shape), mask)


def _said(worst: OnMarks, classes: Sequence[str], marked: int, plain: int) -> str:
    name = f" for {classes[worst.class_index]}" if worst.class_index < len(classes) else ""
    verdict = "Text or markers draw heat" if worst.flagged else "That text or markers draw heat is not shown"
    there, absent = 100 * (worst.there.value or 0.0), 100 * (worst.absent.value or 0.0)
    return (f"{verdict}{name}: {there:.1f} % of it lies on them in {marked} pictures, and {absent:.1f} % at the same "
            f"places of {plain} pictures without.")  # fmt: skip


def _none(marked: int) -> str:
    few = f"only {marked} of" if marked else "none of"
    return f"In {few} the pictures looked through text or a marker was seen, so nothing is told of heat on them."
