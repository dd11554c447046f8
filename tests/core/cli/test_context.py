"""Waiting for a job shows what it does; settings are split at the equals sign."""

from dataclasses import replace
from typing import Any

import pytest

from core.cli.context import describe_progress, parse_settings
from core.errors import InvalidInput
from core.jobs.job_queue import JobView
from db.vocabulary import JobKind, JobState

JOB = JobView(
    id=3,
    kind=JobKind.TRAIN,
    run_id=1,
    state=JobState.RUNNING,
    attempt=1,
    progress={},
    result={},
    request={},
    error=None,
    cancel_requested=False,
    created_at=0.0,
    started_at=0.0,
    finished_at=None,
)


@pytest.mark.parametrize(
    ("progress", "expected"),
    [
        ({}, ("Job 3 running", 0, 0)),
        ({"epochs": 5}, ("Job 3 running, epoch", 0, 5)),
        ({"epochs": 5, "epoch": 2, "step": 7, "steps": 9}, ("Job 3 running, epoch", 2, 5)),
        ({"verified": 4, "originals": 8}, ("Job 3 running, files verified", 4, 8)),
        ({"done": 1, "of": 6, "doing": "Fold"}, ("Job 3 running, Fold", 1, 6)),
        ({"done": 20, "images": 60}, ("Job 3 running", 20, 60)),
    ],
)
def test_progress_is_what_is_done_of_how_much(progress: dict[str, Any], expected: tuple[str, int, int]) -> None:
    assert describe_progress(replace(JOB, progress=progress)) == expected


def test_settings_are_split_at_the_first_equals_sign() -> None:
    assert parse_settings(["views = PA,LATERAL", "start_file=a=b.pth"]) == {
        "views": "PA,LATERAL",
        "start_file": "a=b.pth",
    }
    with pytest.raises(InvalidInput, match="'epochs' is not a setting; write --set NAME=VALUE"):
        parse_settings(["epochs"])
