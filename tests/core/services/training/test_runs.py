"""What a run is shown with: its best epoch's figures, not its last one's."""

import pytest

from core.errors import NotFound
from core.services.training import runs
from db.tables import Checkpoint, Metric


def test_a_run_shows_the_auroc_of_its_best_epoch(trained):
    with trained.db.transaction() as session:
        session.get_one(Checkpoint, (1, "best")).epoch = 1
        for epoch, value in ((1, 0.9), (2, 0.4)):
            session.merge(Metric(run_id=1, epoch=epoch, name="val_auroc", value=value))
    (run,) = runs.list_runs(trained.db)
    assert (run.best_epoch, run.best_auroc, run.predicted) == (1, 0.9, 2)
    assert runs.curves(trained.db, 1)["val_auroc"] == [(1, 0.9), (2, 0.4)]


def test_a_run_that_does_not_exist_is_one_sentence(trained):
    with pytest.raises(NotFound, match="There is no run 9; see the Runs page or `rounds runs`"):
        runs.get(trained.db, 9)
