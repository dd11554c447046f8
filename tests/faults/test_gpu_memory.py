"""A GPU out of memory: the job ends in one sentence, keeps what it had, and goes on once there is room or asked less.

Where there is no GPU a worker meets torch's own error from a model that takes no more than so many images at once.
"""

import pytest

from core.jobs import job_queue
from core.jobs.job_queue import JobView
from core.jobs.local import LocalLauncher
from core.services.predictions import predictions
from core.services.saliency import maps
from core.services.training import runs
from core.training.checkpoint import read_weights
from db.vocabulary import JobState
from tests.faults import traps
from tests.faults.pages import page_of
from tests.faults.places import drafts, ended, frozen, home_at, is_sentence, pictures, started

pytestmark = pytest.mark.slow
WAY = "train again with a smaller batch_size or image_size, or stop other programs that use the GPU and resume."

# From some call on, more than `most` images do not fit; how many they were is told in a file.
NO_ROOM = """
if doing("work"):
    from core.training import train_step, validation
    real, calls = train_step.forward_logits, []
    def forward_logits(call, images, kind=None):
        import torch
        calls.append(len(images))
        with open({told!r}, "a") as file:
            print(len(images), file=file)
        if len(images) > {most} and len(calls) > {after}:
            raise torch.cuda.OutOfMemoryError("CUDA out of memory. Tried to allocate 20.00 GiB.")
        return real(call, images, kind)
    train_step.forward_logits = validation.forward_logits = forward_logits
"""

# A true one: the process may have that share of the card, which holds a small model and few images.
LITTLE_ROOM = """
if doing("work"):
    from core.training import devices
    real = devices.choose_device
    def choose_device(asked):
        import torch
        device = real(asked)
        total = torch.cuda.get_device_properties(device).total_memory
        torch.cuda.set_per_process_memory_fraction(600 * 2**20 / total, device)
        return device
    devices.choose_device = choose_device
"""


@pytest.fixture
def home(tmp_path):
    with home_at(tmp_path / "home") as made:
        yield made


def lay(monkeypatch, tmp_path, *, most: int, after: int = 0):
    """Every worker from now on has that little room; what it was asked for is told in the file."""
    output = tmp_path / "told.txt"
    output.unlink(missing_ok=True)
    traps.lay(monkeypatch, tmp_path / f"trap {most} {after}", NO_ROOM.format(told=str(output), most=most, after=after))
    return output


def launcher(home) -> LocalLauncher:
    return LocalLauncher(home.settings)


def resumed(home, job_id: int) -> JobView:
    job_queue.requeue(home.db, job_id)
    launcher(home).wake()
    return ended(home, job_id)


def test_too_large_a_batch_is_cut_and_one_that_cannot_be_is_one_sentence(home, tmp_path, monkeypatch):
    snapshot = frozen(home, pictures(tmp_path / "some", 48))
    lay(monkeypatch, tmp_path, most=4)
    cut = started(home, snapshot, batch_size=16, epochs=2)
    assert ended(home, cut.job).state is JobState.SUCCEEDED
    message = runs.log(home.settings, cut.run)
    assert "Not enough GPU memory for 16 images at once: continuing with 2 micro-batches of 8, accumulated" in message
    assert (
        message.count("Not enough GPU memory") == 2
    )  # cut again into 4 parts of 4, and the second epoch begins with those
    lay(monkeypatch, tmp_path, most=1)
    large = started(home, snapshot, batch_size=16, epochs=2, key="larger")
    job = ended(home, large.job)
    assert (job.state, job.attempt) == (JobState.FAILED, 1)
    assert job.error == f"Not enough GPU memory for batches of 16 at 32 px; {WAY}"
    assert is_sentence(job.error)
    assert job.error in page_of(home.settings, monkeypatch, "runs", run=large.run)


def test_memory_taken_by_others_later_on_costs_no_epoch_that_was_done(home, tmp_path, monkeypatch):
    snapshot = frozen(home, pictures(tmp_path / "some", 48))
    lay(monkeypatch, tmp_path, most=1, after=7)  # an epoch shows 32 images, and judges 8: three calls
    made = started(home, snapshot, batch_size=16, epochs=4)
    job = ended(home, made.job)
    assert (job.state, is_sentence(job.error), WAY in job.error) == (JobState.FAILED, True, True)
    epochs = read_weights(runs.folder(home.settings, made.run) / "last.safetensors")[1].epoch
    assert 1 <= epochs < 4
    assert drafts(home.settings.home) == []
    traps.disarm(monkeypatch)
    job = resumed(home, made.job)
    assert (job.state, job.attempt, job.error) == (JobState.SUCCEEDED, 2, None)
    assert f"Resuming after epoch {epochs} of 4" in runs.log(home.settings, made.run)
    assert [epoch for epoch, _ in runs.curves(home.db, made.run)["train_loss"]] == [1, 2, 3, 4]


def test_predictions_take_as_many_at_once_as_there_is_room_for(home, tmp_path, monkeypatch):
    made = started(home, frozen(home, pictures(tmp_path / "some", 48)), epochs=1)
    assert ended(home, made.job).state is JobState.SUCCEEDED

    def predicted(key: str) -> JobView:
        submitted = predictions.submit(
            home.db, run_id=made.run, split="all", by="tester", key=key, launcher=launcher(home)
        )
        return ended(home, submitted.job)

    assert predicted("all the room").state is JobState.SUCCEEDED
    before = {one.case_id: one.probabilities for one in predictions.list_predictions(home.db, made.run)}
    output = lay(monkeypatch, tmp_path, most=7)
    assert predicted("little room").state is JobState.SUCCEEDED
    counts = [int(line) for line in output.read_text().split()]
    assert (counts[:4], max(counts) > 7, min(counts) <= 7) == ([48, 24, 12, 6], True, True)
    after = {one.case_id: one.probabilities for one in predictions.list_predictions(home.db, made.run)}
    assert after.keys() == before.keys()
    assert all(after[case] == pytest.approx(before[case], abs=1e-6) for case in before)
    lay(monkeypatch, tmp_path, most=0)
    job = predicted("no room")
    assert job.state is JobState.FAILED
    assert job.error == (
        "Not enough GPU memory for one image at 32 px; stop other programs that use the GPU, then try again."
    )
    assert {one.case_id: one.probabilities for one in predictions.list_predictions(home.db, made.run)} == after
    image = predictions.list_predictions(home.db, made.run)[0].image_id
    assert maps.explain(home.db, home.settings, run_id=made.run, image_id=image).path.exists()


@pytest.mark.gpu
def test_a_real_gpu_with_too_little_memory(home, tmp_path, monkeypatch):
    import torch

    if not torch.cuda.is_available():
        pytest.skip("no GPU: its memory cannot be too small (the others simulate that)")
    snapshot = frozen(home, pictures(tmp_path / "some", 96, edge=512))
    traps.lay(monkeypatch, tmp_path / "trap", LITTLE_ROOM)
    knobs = {"model": "resnet18", "image_size": 512, "epochs": 1, "device": "cuda"}
    large = started(home, snapshot, batch_size=64, **knobs)
    job = ended(home, large.job)
    cut = "Not enough GPU memory for 64 images at once: continuing with 2 micro-batches of 32, accumulated"
    assert cut in runs.log(home.settings, large.run)
    if job.state is JobState.FAILED:  # sixteen parts were too large as well
        assert job.error == f"Not enough GPU memory for batches of 64 at 512 px; {WAY}"
    small = started(home, snapshot, batch_size=2, key="smaller", **knobs)
    job = ended(home, small.job)
    assert (job.state, job.error) == (JobState.SUCCEEDED, None)
    submitted = predictions.submit(home.db, run_id=small.run, split="all", by="t", key="p", launcher=launcher(home))
    job = ended(home, submitted.job)  # 64 at once do not fit: fewer do
    assert (job.state, job.error) == (JobState.SUCCEEDED, None)
    assert len(predictions.list_predictions(home.db, small.run)) == 96
