"""What the product finds of the truths planted in a demo; the key is read here alone."""

import os

from core.services.analysis import registry
from core.services.evaluation import subgroups
from core.services.images import images
from core.services.workspace import home
from core.settings import Settings

TIMES = os.environ.get("ROUNDS_TIMES", "2")  # each costs five trainings; 5 as the product does, for the run of record


def analysis(rounds, kind, **options):
    """Return what an analysis of the first run found, by the command and from the catalogue alike."""
    options = [text for name, value in options.items() for text in ("--set", f"{name}={value}")]
    output = rounds("analyze", "--run", 1, "--kind", kind, *options, "--wait")
    assert output["state"] == "succeeded"
    return output


def check(rounds, key):
    """Raises where a planted truth is not found; gives the figures of it."""
    db = home.open_home(Settings.read(rounds.home))
    try:
        files = Files(db)
        return {
            "wrong labels": wrong_labels(rounds, key, files),
            "subgroup": subgroup(db, key),
            "shortcut": shortcut(rounds),
            "heat": heat(rounds, db),
        }
    finally:
        db.close()


class Files:
    """sha256 of the file of each image."""

    def __init__(self, db):
        self.db = db

    def of(self, image):
        return images.get(self.db, image).sha256


def wrong_labels(rounds, key, files):
    """≥ 80 % of those in the training set are in its first tenth by suspicion; duplicates across patients are named."""
    result = analysis(rounds, "label-errors", times=TIMES)
    trained = result["suspects"]
    first = {files.of(one["image"]) for one in trained[: round(0.1 * result["training"])]}
    wrong = set(key["wrong_labels"]) & training(files.db)
    assert len(first & wrong) >= 0.8 * len(wrong), (len(first & wrong), len(wrong))
    named = {frozenset(files.of(image) for image in one["images"]) for one in result["same_pictures"]}
    assert named == {frozenset(pair) for pair in key["near_duplicates"]}
    assert all(len(set(one["patients"])) == 2 for one in result["same_pictures"])
    return f"{len(first & wrong)} of {len(wrong)} in the first tenth of {result['training']}"


def training(db):
    from core.services.datasets import training_examples
    from core.services.training import runs

    run = runs.get(db, 1)
    settings = Settings.read(db.file.parent)
    every = training_examples.examples_of(db, settings, run.snapshot_id, split="train")
    return {images.get(db, int(one.picture.image)).sha256 for one in every}


def subgroup(db, key):
    """The group that fails is the first, alone or with another fact."""
    planted = key["failing_subgroup"]
    value = {"70 or more": "70 and older"}.get(planted["value"], planted["value"])
    rows = subgroups.subgroup_report(db, 1).rows
    assert (planted["fact"], value) in rows[0].facts
    assert next(one for one in rows if len(one.facts) == 1).facts == ((planted["fact"], value),)
    return f"{rows[0].facts}, AUROC {rows[0].figure.value:.2f} against {rows[0].rest.value:.2f}"


def shortcut(rounds):
    """The lead marker raises the alarm, and nothing else does."""
    result = analysis(rounds, "shortcuts")
    assert result["alarms"] == ["text or marker in the image"]
    return result["facts"][0]["words"]


def heat(rounds, db):
    """The maps pass their check, and the marker draws heat."""
    result = analysis(rounds, "saliency-check")
    assert result["banner"] == ""
    assert result["marks"]["flagged"], result["marks"]["words"]
    assert registry.newest(db, 1, "check").result["marks"] == result["marks"]
    return result["marks"]["words"]
