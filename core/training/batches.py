"""Which images make a batch, and how one is fetched while the last is being learned from."""

import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from core.training.data import Pixels

Rows = NDArray[np.intp]


def shuffled(rows: Rows, *, seed: int, epoch: int) -> Rows:
    """The epoch's order. A function of seed and epoch, so that a resumed training needs no generator's state."""
    return np.random.default_rng([seed, epoch]).permutation(rows)


def batches_of(rows: Rows, batch_size: int) -> list[Rows]:
    """Consecutive batches; a last image alone joins the batch before it, for batch norm cannot learn from one."""
    cuts = list(range(batch_size, len(rows), batch_size))
    if cuts and len(rows) - cuts[-1] == 1:
        cuts.pop()
    return np.split(rows, cuts)


@dataclass
class Fetcher:
    """Batches of pixels in order, one read ahead in its own thread; `waited` sums the seconds of waiting for it."""

    pixels: Pixels
    waited: float = field(default=0.0)

    def fetch(self, batches: Sequence[Rows]) -> Iterator[Pixels]:
        """(b, channels, size, size) for each batch."""
        with ThreadPoolExecutor(max_workers=1, thread_name_prefix="fetch") as ahead:
            coming = ahead.submit(self._read, batches[0]) if batches else None
            for following in [*batches[1:], None]:
                if coming is None:
                    return
                started = time.perf_counter()
                batch = coming.result()
                self.waited += time.perf_counter() - started
                coming = ahead.submit(self._read, following) if following is not None else None
                yield batch

    def _read(self, rows: Rows) -> Pixels:
        return self.pixels[rows]
