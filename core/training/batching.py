"""Order of the cases in an epoch, batches, and prefetching."""

import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from core.training.pixel_cache import Batch

Rows = NDArray[np.intp]
SamplingWeights = NDArray[np.float64]


def epoch_order(rows: Rows, *, seed: int, epoch: int, sampling_weights: SamplingWeights | None = None) -> Rows:
    """Return the order of an epoch, a function of seed and epoch, so that resuming needs no generator state.

    With `sampling_weights`, as many rows are drawn by them with replacement (a balanced sampler).
    """
    rng = np.random.default_rng([seed, epoch])
    return rng.permutation(rows) if sampling_weights is None else rng.choice(rows, len(rows), p=sampling_weights)


def split_batches(rows: Rows, batch_size: int) -> list[Rows]:
    """Return consecutive batches; a single remaining case joins the last batch, because batch norm needs two."""
    cuts = list(range(batch_size, len(rows), batch_size))
    if cuts and len(rows) - cuts[-1] == 1:
        cuts.pop()
    return np.split(rows, cuts)


@dataclass
class Fetcher:
    """Reads batches in order, one ahead in a thread; `waited` sums the seconds of waiting for it."""

    read: Callable[[Rows], Batch]
    waited: float = field(default=0.0)

    def fetch(self, batches: Sequence[Rows]) -> Iterator[Batch]:
        """Yield the images of each batch."""
        with ThreadPoolExecutor(max_workers=1, thread_name_prefix="fetch") as executor:
            future = executor.submit(self.read, batches[0]) if batches else None
            for next_rows in [*batches[1:], None]:
                if future is None:
                    return
                started = time.perf_counter()
                batch = future.result()
                self.waited += time.perf_counter() - started
                future = executor.submit(self.read, next_rows) if next_rows is not None else None
                yield batch
