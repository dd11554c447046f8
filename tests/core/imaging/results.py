"""What becomes of files that are read, without the moments of waiting."""

from collections.abc import Generator, Sequence
from contextlib import closing
from pathlib import Path
from typing import Any

from core.imaging.reader_pool import ReadResult, read_files_polling


def read_files(paths: Sequence[Path], **options: Any) -> Generator[ReadResult, None, None]:
    """Yield the results of `read_files_polling` alone; closing this iterator closes that one."""
    with closing(read_files_polling(paths, **options)) as results:
        yield from (result for result in results if result is not None)
