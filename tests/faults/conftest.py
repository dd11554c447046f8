"""What the tests of faults share."""

import os

import pytest

from tests.faults import disks


@pytest.fixture
def disk(tmp_path):
    """Forty-eight megabytes."""
    with disks.small_disk(tmp_path / "disk", disks.MEGABYTES) as made:
        if made is None:
            in_ci = os.environ.get("CI") == "true" and not disks.may_unshare()
            pytest.fail(disks.MAY_NOT) if in_ci else pytest.skip(disks.MAY_NOT)
        yield made
