"""What a library deprecates fails here and nowhere else: a new release of one does not turn every test red."""

import os
import subprocess
import sys

import pytest

from tests.conftest import REPOSITORY

TESTS = {
    "pydicom, pylibjpeg": "tests/core/imaging/test_dicom.py",
    "Pillow": "tests/core/imaging/test_picture.py",
    "nibabel": "tests/core/imaging/test_nifti.py",
    "NumPy, SciPy, scikit-learn": "tests/core/evaluation/test_probe.py",
    "PyTorch, grad-cam": "tests/core/explain/test_package.py::test_a_map_is_the_packages_own",
    "safetensors": "tests/core/training/test_checkpoint.py",
    "Streamlit, SQLAlchemy, Alembic": "tests/dashboard/test_pages.py",
    "Plotly, pandas": "tests/dashboard/test_review_page.py",
}
"""Libraries, and tests that use much of them."""
CATEGORIES = ("DeprecationWarning", "PendingDeprecationWarning", "FutureWarning")


@pytest.mark.slow
@pytest.mark.deprecations
def test_libraries_are_used_as_they_are_meant_to_be_used_from_now_on():
    argv = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider"]
    for category in CATEGORIES:
        argv += ["-W", f"error::{category}"]
    outer = ("PYTEST_", "COV_")  # of the pytest that runs this test
    environment = {name: value for name, value in os.environ.items() if not name.startswith(outer)}
    done = subprocess.run(
        [*argv, *TESTS.values()], cwd=REPOSITORY, env=environment, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr
