"""The laws of a job's state."""

import pytest

from db.vocabulary import Answer, JobKind, JobState

S = JobState
LAWFUL = {
    (S.QUEUED, S.RUNNING),
    (S.QUEUED, S.CANCELLED),
    (S.RUNNING, S.SUCCEEDED),
    (S.RUNNING, S.FAILED),
    (S.RUNNING, S.CANCELLED),
    (S.RUNNING, S.LOST),
    (S.FAILED, S.QUEUED),
    (S.CANCELLED, S.QUEUED),
    (S.LOST, S.QUEUED),
}


@pytest.mark.parametrize("before", list(JobState))
@pytest.mark.parametrize("after", list(JobState))
def test_only_these_steps_are_lawful(before: JobState, after: JobState):
    assert before.may_become(after) is ((before, after) in LAWFUL)


def test_which_states_are_an_end_and_which_can_be_resumed():
    assert {state for state in S if not state.is_finished} == {S.QUEUED, S.RUNNING}
    assert {state for state in S if state.is_resumable} == {S.FAILED, S.CANCELLED, S.LOST}


def test_the_words_are_the_contract_of_the_command_line():
    assert [state.value for state in S] == ["queued", "running", "succeeded", "failed", "cancelled", "lost"]


def test_words_of_version_0_5_are_read_and_stay_in_files_and_in_json():
    assert Answer("unreadable") is Answer.UNASSESSABLE
    assert (Answer.UNASSESSABLE.in_files, JobKind.ANALYZE.in_json) == ("unreadable", "examine")
    assert [answer.in_files for answer in Answer] == ["label", "findings", "value", "unreadable", "withdrawn"]
    with pytest.raises(ValueError, match="illegible"):
        Answer("illegible")
