"""Which cases make a batch, and how one is fetched while the last is being learned from."""

import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from core.training.pixel_cache import Batch

Rows = NDArray[np.intp]
Chances = NDArray[np.float64]


def epoch_order(rows: Rows, *, seed: int, epoch: int, chances: Chances | None = None) -> Rows:
    """The epoch's order. A function of seed and epoch, so that a resumed training needs no generator's state.

    With `chances` so many rows are drawn by them, with replacement: a balanced sampler.
    """
    chance = np.random.default_rng([seed, epoch])
    return chance.permutation(rows) if chances is None else chance.choice(rows, len(rows), p=chances)


def split_batches(rows: Rows, batch_size: int) -> list[Rows]:
    """Consecutive batches; a last case alone joins the batch before it, for batch norm cannot learn from one."""
    cuts = list(range(batch_size, len(rows), batch_size))
    if cuts and len(rows) - cuts[-1] == 1:
        cuts.pop()
    return np.split(rows, cuts)


@dataclass
class Fetcher:
    """Batches in order, one read ahead in its own thread; `waited` sums the seconds of waiting for it."""

    read: Callable[[Rows], Batch]
    waited: float = field(default=0.0)

    def fetch(self, batches: Sequence[Rows]) -> Iterator[Batch]:
        """The pictures of each batch."""
        with ThreadPoolExecutor(max_workers=1, thread_name_prefix="fetch") as ahead:
            coming = ahead.submit(self.read, batches[0]) if batches else None
            for following in [*batches[1:], None]:
                if coming is None:
                    return
                started = time.perf_counter()
                batch = coming.result()
                self.waited += time.perf_counter() - started
                coming = ahead.submit(self.read, following) if following is not None else None
                yield batch
