"""Drawings leave and come back without loss, all of a file or none of it, and other tools' COCO is understood."""

import json
import re
import shutil
from pathlib import Path

import pytest
from sqlalchemy import func, select

from core.errors import InvalidInput
from core.imaging.drawings import masks
from core.services.annotation import annotations, drawing_export, drawing_import, drawings, tasks
from core.services.images import images
from core.services.workspace import backup, restore
from core.settings import Settings
from db.tables import Drawing, LabelClass
from db.vocabulary import Unit
from tests.core.conftest import Home, copied, make
from tests.core.services import drawn

TAKEN = drawing_import.DrawingImportReport


@pytest.fixture(scope="module")
def scans(data_dir: Path, tmp_path_factory) -> Path:
    """Real images: a stack, one of several frames, a slice, and two PNG of one name."""
    folder = tmp_path_factory.mktemp("scans")
    slices = sorted((data_dir / "series" / "ct_chest_lungfcp_48").iterdir())[:5]
    for number, path in enumerate(slices, start=1):
        shutil.copy(path, folder / f"slice-{number}.dcm")
    for name in ("colour_and_multiframe/emri_small.dcm", "plain_and_syntaxes/MR_small_RLE.dcm"):
        shutil.copy(data_dir / "dicom" / name, folder)
    for name in ("00000001_000.png", "00000003_001.png"):
        (folder / name.split("_")[0]).mkdir()
        shutil.copy(data_dir / "cxr" / "nih64" / name, folder / name.split("_")[0] / "image.png")
    return folder


def first_case(home: Home, name: str):
    """The case of the image of that name."""
    task = tasks.task_named(home.db, drawn.TASK)
    return next(
        case
        for case in annotations.queue(home.db, task_id=task.id, limit=99)
        if images.get(home.db, case.image_ids[0]).name == name
    )


def take(home: Home, path: Path) -> TAKEN:
    return drawing_import.import_drawings(home.db, home.settings, task=drawn.TASK, path=path, by="tester")


def versions(home: Home) -> int:
    with home.db.read() as session:
        return session.scalar(select(func.count(Drawing.id)))


def test_what_leaves_comes_back_to_a_fresh_home_and_leaves_again_byte_for_byte(full, bare, tmp_path):
    with full.db.read() as session:
        standing = drawing_export.album(session, drawn.TASK).drawings
    assert {one.shape for one in standing} == set(drawn.SHAPES)
    assert {one.reader for one in standing} == set(drawn.READERS)
    assert {one.label for one in standing} == {None, *drawn.CLASSES}
    first = {format: drawn.exported(full, format, tmp_path / f"first.{format}") for format in ("coco", "csv")}
    assert take(bare, tmp_path / "first.coco") == TAKEN(len(standing), 0, 0)
    assert take(bare, tmp_path / "first.csv") == TAKEN(0, len(standing), 0)
    for format, data in first.items():
        assert drawn.exported(bare, format, tmp_path / f"second.{format}") == data
    with bare.db.read() as session:
        assert drawing_export.album(session, drawn.TASK).drawings == standing


@pytest.mark.parametrize("format", ["coco", "csv"])
def test_with_pseudonyms_no_part_of_a_file_name_leaves_and_all_comes_back(full, bare, tmp_path, format):
    options = {"task": drawn.TASK, "format": format, "out": tmp_path / "hidden", "pseudonyms": True}
    done = drawing_export.export(full.db, full.settings, **options)
    assert "sha256 of original files" in done.remains
    names = {part for image in images.page(full.db, images.Filter()) for part in re.split(r"\W", image.name)}
    data = (tmp_path / "hidden").read_text()
    assert not [name for name in names if len(name) > 4 and name != "image" and name in data]
    take(bare, tmp_path / "hidden")
    assert drawn.exported(bare, format, tmp_path / "second") == drawn.exported(full, format, tmp_path / "first")


def test_the_same_for_a_task_about_series(home, other_home, scans, tmp_path):
    drawn.draw_everywhere(home, drawn.with_task(home, scans, unit=Unit.SERIES))
    drawn.with_task(other_home, scans, unit=Unit.SERIES)
    first = drawn.exported(home, "coco", tmp_path / "first")
    assert len({one["image_id"] for one in json.loads(first)["annotations"]}) > 4  # several slices of the stack
    take(other_home, tmp_path / "first")
    assert drawn.exported(other_home, "coco", tmp_path / "second") == first


def test_a_csv_alone_brings_all_back(full, bare, tmp_path):
    first = drawn.exported(full, "csv", tmp_path / "first.csv")
    take(bare, tmp_path / "first.csv")
    assert drawn.exported(bare, "csv", tmp_path / "second.csv") == first
    assert drawn.exported(bare, "coco", tmp_path / "b") == drawn.exported(full, "coco", tmp_path / "a")


def test_drawings_come_back_from_a_backup(full, tmp_path):
    before = drawn.exported(full, "coco", tmp_path / "before")
    backup.make(full.db, full.settings, tmp_path / "kept.tar")
    restored = Settings(tmp_path / "restored", f"sqlite:///{tmp_path / 'restored' / 'catalogue.sqlite'}")
    restore.restore(restored, tmp_path / "kept.tar")
    back = make(restored.home)
    assert drawn.exported(back, "coco", tmp_path / "after") == before
    assert versions(back) == versions(full)
    back.db.close()


def test_coco_says_to_every_tool_what_was_drawn(full, tmp_path):
    message = json.loads(drawn.exported(full, "coco", tmp_path / "out.json"))
    sizes = {one["id"]: one for one in message["images"]}
    assert {one["file_name"] for one in message["images"]} >= {"00000001/image.png", "emri_small.dcm"}
    assert [(one["id"], one["name"]) for one in message["categories"]] == [(0, ""), *enumerate(drawn.CLASSES, start=1)]
    assert [one["id"] for one in message["annotations"]] == list(range(1, len(message["annotations"]) + 1))
    for item in message["annotations"]:
        image, outline = sizes[item["image_id"]], item["segmentation"]
        x, y, width, height = item["bbox"]
        assert 0 <= x <= x + width <= image["width"] + 0.01
        assert 0 <= y <= y + height <= image["height"] + 0.01
        if isinstance(outline, dict):
            assert outline["size"] == [image["height"], image["width"]]
            assert sum(outline["counts"][1::2]) == item["area"]
        elif outline:
            points = [outline[0][at : at + 2] for at in range(0, len(outline[0]), 2)]
            assert masks.fill(points, image["height"], image["width"]).sum() == item["area"]
        else:
            assert item["keypoints"][2] == 1 + item["num_keypoints"] == 2


def test_an_older_file_does_not_overrule_what_was_drawn_since(bare, tmp_path):
    case = first_case(bare, "slice-1.dcm")
    current = {"case_id": case.id, "image_id": case.image_ids[0], "frame": 0, "shape": "box", "label": 0, "by": "ann"}
    old, new = {"points": [[1, 1], [9, 9]]}, {"points": [[2, 2], [8, 8]]}
    drawings.draw(bare.db, **current, key="a", client="1", geometry=old)
    drawings.draw(bare.db, **current, key="b", client="2", geometry=old)
    message = json.loads(drawn.exported(bare, "coco", tmp_path / "old.json"))
    drawings.draw(bare.db, **current, key="a", client="3", geometry=new)
    drawings.draw(bare.db, **current, key="b", client="4", geometry=None, erased=True)
    assert take(bare, tmp_path / "old.json") == TAKEN(0, 2, 0)
    message["annotations"][0]["rounds"]["geometry"] = {"points": [[3, 3], [7, 7]]}  # somebody else's, and older
    (tmp_path / "other.json").write_text(json.dumps(message))
    assert take(bare, tmp_path / "other.json") == TAKEN(0, 1, 1)
    assert [one.geometry for one in drawings.standing(bare.db, case.id)] == [{"points": [[2.0, 2.0], [8.0, 8.0]]}]
    message["annotations"][0]["rounds"]["at"] += 1e6
    (tmp_path / "newer.json").write_text(json.dumps(message))
    assert take(bare, tmp_path / "newer.json") == TAKEN(1, 1, 0)


def test_a_drawing_on_a_picture_shown_beside_comes_back_to_the_case_that_was_read(bare, templates, tmp_path):
    case, beside = first_case(bare, "slice-1.dcm"), first_case(bare, "slice-4.dcm").image_ids[0]
    drawings.draw(
        bare.db,
        case_id=case.id,
        image_id=beside,
        frame=0,
        key="k",
        client="c",
        shape="point",
        label=None,
        geometry={"points": [[1, 1]]},
        by="ann",
    )
    data = drawn.exported(bare, "coco", tmp_path / "a.json")
    other = copied(templates / "empty", tmp_path / "other")
    take(other, tmp_path / "a.json")
    assert drawn.exported(other, "coco", tmp_path / "b.json") == data
    assert len(drawings.standing(other.db, first_case(other, "slice-1.dcm").id)) == 1
    other.db.close()


def test_a_retired_class_comes_back_with_its_drawings(full, bare, tmp_path):
    with bare.db.transaction() as session:
        session.scalar(select(LabelClass).where(LabelClass.name == "=rest")).retired_at = 1.0
    data = drawn.exported(full, "coco", tmp_path / "a")
    take(bare, tmp_path / "a")
    assert drawn.exported(bare, "coco", tmp_path / "b") == data


def foreign(tmp_path: Path, **changes) -> Path:
    """What another tool might write of the first CT slice and a PNG."""
    annotation = {"id": 7, "image_id": 3, "category_id": 11, "iscrowd": 0}
    message = {
        "images": [
            {"id": 3, "file_name": "train/slice-1.dcm", "width": 512, "height": 512},
            {"id": 4, "file_name": "00000003/image.png"},
        ],
        "categories": [{"id": 11, "name": "Lesion"}],
        "annotations": [{**annotation, **changes}],
    }
    path = tmp_path / "foreign.json"
    path.write_text(json.dumps(message))
    return path


SQUARES = [[10, 10, 20, 10, 20, 20, 10, 20], [40, 40, 50, 40, 50, 50, 40, 50]]


@pytest.mark.parametrize(
    ("message", "shape", "pixels"),
    [
        ({"segmentation": SQUARES[:1]}, "polygon", 100),
        ({"segmentation": SQUARES}, "mask", 200),
        ({"segmentation": {"size": [512, 512], "counts": [5, 3, 512 * 512 - 8]}}, "mask", 3),
        ({"bbox": [10, 20, 30.5, 40]}, "box", 30 * 40),
        ({"segmentation": [], "bbox": [1, 2, 3, 4]}, "box", 12),
        ({"segmentation": [], "keypoints": [5, 6, 2], "num_keypoints": 1}, "point", 1),
        ({"image_id": 4, "bbox": [0, 0, 64, 64]}, "box", 64 * 64),
    ],
)
def test_another_tools_coco_is_matched_by_file_name_and_taken_once(bare, tmp_path, message, shape, pixels):
    task = tasks.task_named(bare.db, drawn.TASK)
    path = foreign(tmp_path, **message)
    assert take(bare, path) == TAKEN(1, 0, 0)
    assert take(bare, path) == TAKEN(0, 1, 0)
    (item,) = [
        item for case in annotations.queue(bare.db, task_id=task.id) for item in drawings.standing(bare.db, case.id)
    ]
    image = images.get(bare.db, item.image_id)
    assert image.name == ("00000003/image.png" if "image_id" in message else "slice-1.dcm")
    assert (item.shape, item.label, item.reader) == (shape, 0, "tester")
    assert masks.mask(item.shape, item.geometry, image.format.rows, image.format.columns).sum() == pixels


@pytest.mark.parametrize(
    ("message", "words"),
    [
        ({"bbox": [1, 2, 3, 4], "category_id": 12}, "annotation 7 refers to category 12"),
        ({"bbox": [1, 2, 3, 4], "image_id": 5}, "annotation 7 refers to image 5"),
        ({}, "annotation 7 has neither a segmentation nor a bbox"),
        ({"segmentation": {"size": [512, 512], "counts": "abc"}}, "annotation 7 has compressed run lengths"),
        ({"segmentation": {"size": [5, 5], "counts": [25]}}, "annotation 7 has a mask of 5 × 5"),
        ({"segmentation": {"size": [512, 512], "counts": [25]}}, "annotation 7: .* add up to 25"),
        ({"segmentation": [[1, 2, 3]]}, "annotation 7"),
        ({"bbox": ["a", 2, 3, 4]}, "annotation 7 cannot"),
        ({"bbox": [1, 2, 3000, 4]}, "annotation 7: .* outside the image"),
        ({"rounds": {}}, "annotation 7 cannot"),
        (
            {
                "rounds": {
                    "shape": "box",
                    "key": "",
                    "class": None,
                    "reader": "a",
                    "at": 1,
                    "case": ["0", ""],
                    "geometry": 1,
                }
            },
            "annotation 7",
        ),
    ],
)
def test_what_cannot_be_taken_is_named_and_nothing_is_taken(bare, tmp_path, message, words):
    path = foreign(tmp_path, **message)
    whole = json.loads(path.read_text())
    whole["annotations"].insert(0, {"id": 6, "image_id": 3, "category_id": 11, "bbox": [1, 2, 3, 4]})
    path.write_text(json.dumps(whole))
    with pytest.raises(InvalidInput, match=rf"^foreign.json: {words}") as refused:
        take(bare, path)
    assert str(refused.value).endswith(".")
    assert versions(bare) == 0


@pytest.mark.parametrize(
    ("name", "old", "new", "words"),
    [
        ("file_name", "slice-1.dcm", "gone.dcm", "annotation 7: its image 'train/gone.dcm' is not in this catalogue"),
        ("class", "Lesion", "tumour", "annotation 7: 'tumour' is not a class of task 'draw'; its classes are: lesion"),
        ("size", '"width": 512', '"width": 500', "annotation 7: its image is 500 × 512 pixels in the file"),
        ("ambiguous", "train/slice-1.dcm", "image.png", "annotation 7: its image 'image.png' matches 2 images"),
        ("no lists", '"annotations"', '"labels"', "has no list 'annotations'"),
        ("no JSON", "[{", "[", "is not valid JSON"),
    ],
)
def test_what_another_tool_says_of_other_things_is_named(bare, tmp_path, name, old, new, words):
    path = foreign(tmp_path, bbox=[1, 2, 3, 4])
    path.write_text(path.read_text().replace(old, new))
    with pytest.raises(InvalidInput, match=rf"^foreign.json: {words}"):
        take(bare, path)
    assert versions(bare) == 0


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        ("sha256,", "sha,", "has no column 'sha256'"),
        (",box,", ",star,", r"line \d+: 'star' is not a shape"),
        (",'@ann,", ",@ann,x", r"line \d+ cannot"),
        (",lesion,", ",tumour,", r"line \d+: 'tumour' is not a class"),
        ('"{""points""', '"{""dots""', r"line \d+: The .* has no points"),
        ("sha256", "\x00", "has no column"),
    ],
)
def test_a_wrong_line_of_a_csv_is_named_and_nothing_is_taken(full, bare, tmp_path, old, new, words):
    text = drawn.exported(full, "csv", tmp_path / "a.csv").decode()
    assert old in text
    (tmp_path / "b.csv").write_text(text.replace(old, new))
    with pytest.raises(InvalidInput, match=rf"^b.csv: {words}"):
        take(bare, tmp_path / "b.csv")
    assert versions(bare) == 0


def test_a_home_without_the_images_says_which_is_missing(full, home, pictures, tmp_path):
    (pictures / "data.csv").unlink()
    drawn.with_task(home, pictures)
    drawn.exported(full, "coco", tmp_path / "a.json")
    with pytest.raises(InvalidInput, match=r"^a.json: annotation 1: its image [0-9a-f]{12} is not in this catalogue"):
        take(home, tmp_path / "a.json")


@pytest.mark.parametrize("data", [b"", b"\xff\xfe\x00", b"hello", b"[1]", b'{"images": 7}', b"\x89PNG\r\n\x1a\n\x00"])
def test_a_file_that_is_none_of_these_is_a_sentence(bare, tmp_path, data):
    (tmp_path / "x").write_bytes(data)
    with pytest.raises(InvalidInput, match=r"^x: .*\.$"):
        take(bare, tmp_path / "x")


def test_nothing_drawn_no_task_and_no_format_are_sentences(bare, tmp_path):
    request = {"task": drawn.TASK, "format": "coco", "out": tmp_path / "x"}
    for change, words in (
        ({}, "has no drawings"),
        ({"task": "no"}, "no task 'no'"),
        ({"format": "x"}, "no format 'x'"),
    ):
        with pytest.raises(InvalidInput, match=words):
            drawing_export.export(bare.db, bare.settings, **{**request, **change})
    (tmp_path / "y.json").write_text('{"images": [], "categories": [], "annotations": []}')
    with pytest.raises(InvalidInput, match="no task 'no'"):
        drawing_import.import_drawings(bare.db, bare.settings, task="no", path=tmp_path / "y.json", by="me")
    assert not (tmp_path / "x").exists()


def test_a_task_of_every_image_takes_a_drawing_on_one_that_came_later(full, other_home, scans, tmp_path):
    tasks.create(other_home.db, name=drawn.TASK, classes=drawn.CLASSES)
    other_home.take(scans)
    data = drawn.exported(full, "coco", tmp_path / "a")
    take(other_home, tmp_path / "a")
    assert drawn.exported(other_home, "coco", tmp_path / "b") == data
