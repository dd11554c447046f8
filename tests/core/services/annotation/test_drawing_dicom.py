"""SEG and SR of real DICOM: the same pixels and drawings come back, and the validator finds no error that is ours."""

import os
import re
import shutil
import subprocess
from functools import lru_cache
from pathlib import Path

import numpy as np
import pydicom
import pytest
from PIL import Image as Picture
from pydicom.uid import generate_uid

from core.errors import InvalidInput
from core.imaging.drawings import dicom_seg_export, dicom_sr_export, masks
from core.imaging.drawings.deidentified import STANDARD, Deidentification
from core.imaging.drawings.dicom_common import ignore_warnings
from core.imaging.drawings.records import DrawingRecord, Source
from core.services.annotation import annotations, drawing_export, drawing_import, drawings, tasks
from core.services.images import images
from tests.core.conftest import Home, copied
from tests.core.services import drawn

SOURCES = (
    "colour_and_multiframe/emri_small.dcm",
    "colour_and_multiframe/examples_ybr_color.dcm",
    "colour_and_multiframe/rtdose.dcm",
    "colour_and_multiframe/SC_rgb_rle_2frame.dcm",
    "plain_and_syntaxes/CT_small.dcm",
    "plain_and_syntaxes/MR_small.dcm",
    "plain_and_syntaxes/MR_small_padded.dcm",
)
PATIENT = ("PatientID", "PatientName", "PatientBirthDate", "PatientSex")


def read(path: Path, **options) -> pydicom.Dataset:
    """Other people's headers hold odd values, of which pydicom warns."""
    with ignore_warnings():
        return pydicom.dcmread(path, **options)


@pytest.fixture(scope="module")
def scans(data_dir: Path, tmp_path_factory) -> Path:
    """A stack, images of several frames with and without a place, a radiograph, and slices with oblong pixels."""
    folder = tmp_path_factory.mktemp("scans")
    for name in SOURCES:
        shutil.copy(data_dir / "dicom" / name, folder)
    for path in sorted((data_dir / "series" / "mr_prostate_adc_20").iterdir())[:6]:
        shutil.copy(path, folder / f"stack-{path.name}")
    shutil.copy(sorted((data_dir / "cxr_dicom_derived").iterdir())[0], folder / "radiograph.dcm")
    for path in sorted((data_dir / "series" / "ct_chest_lungfcp_48").iterdir())[:3]:
        oblong = read(path)
        oblong.PixelSpacing = [0.4, 0.9]
        oblong.SeriesInstanceUID = generate_uid(entropy_srcs=[oblong.SeriesInstanceUID])
        oblong.SOPInstanceUID = generate_uid(entropy_srcs=[oblong.SOPInstanceUID])
        oblong.file_meta.MediaStorageSOPInstanceUID = oblong.SOPInstanceUID
        oblong.save_as(folder / f"oblong-{path.name}")
    return folder


def objects(home: Home, format: str, out: Path, **options) -> list[Path]:
    message = drawing_export.export(home.db, home.settings, task=drawn.TASK, format=format, out=out, **options)
    assert message.left_out == ()
    return [Path(file) for file in message.files]


@pytest.fixture(scope="module")
def exported(templates: Path, tmp_path_factory):
    """The objects of all that is drawn, by their format and options: written once, for a report takes seconds."""
    home, folder = copied(templates / "drawn", tmp_path_factory.mktemp("exported") / "home"), tmp_path_factory.mktemp
    yield lru_cache(lambda format, **options: objects(home, format, folder(format) / "objects", **options))
    home.db.close()


def take(home: Home, path: Path) -> drawing_import.DrawingImportReport:
    return drawing_import.import_drawings(home.db, home.settings, task=drawn.TASK, path=path, by="tester")


def standing(home: Home) -> tuple[DrawingRecord, ...]:
    with home.db.read() as session:
        return drawing_export.album(session, drawn.TASK).drawings


def dice(item: np.ndarray, other: np.ndarray) -> float:
    return 2 * float((item & other).sum()) / float(item.sum() + other.sum())


def test_every_pixel_of_every_class_comes_back_through_seg(full, bare, exported):
    for path in exported("seg"):
        taken = take(bare, path)
        assert taken.drawn > 0
        assert (taken.known, taken.superseded) == (0, 0)
        assert take(bare, path) == drawing_import.DrawingImportReport(0, taken.drawn, 0)
    before, after = dicom_seg_export.segment_masks(standing(full)), dicom_seg_export.segment_masks(standing(bare))
    assert {key: set(result) for key, result in before.items()} == {key: set(result) for key, result in after.items()}
    scores = [dice(result[name], after[key][name]) for key, result in before.items() for name in result]
    assert len(scores) > 40
    assert min(scores) == 1.0


def test_classes_that_look_alike_in_a_segment_stay_apart(home, other_home, data_dir, tmp_path):
    long = "x" * 70
    for each in (home, other_home):
        each.take(data_dir / "dicom" / "plain_and_syntaxes" / "CT_small.dcm")
        tasks.create(each.db, name=drawn.TASK, classes=["a\\b", "a/b", f"{long}1", f"{long}2"])
    (case,) = annotations.queue(home.db, task_id=tasks.task_named(home.db, drawn.TASK).id)
    for label in range(4):
        box = {"shape": "box", "geometry": {"points": [[label * 20, 0], [label * 20 + 9, 9]]}, "label": label}
        where = {"case_id": case.id, "image_id": case.image_ids[0], "frame": 0, "by": "ann"}
        drawings.draw(home.db, **where, **box, key=f"{label}", client=f"{label}")
    options = {"task": drawn.TASK, "format": "seg", "out": tmp_path / "seg"}
    for path in drawing_export.export(home.db, home.settings, **options).files:
        take(other_home, Path(path))
    before, after = (dicom_seg_export.segment_masks(standing(one)) for one in (home, other_home))
    assert {key: set(one) for key, one in before.items()} == {key: set(one) for key, one in after.items()}
    (first,), (second,) = before.values(), after.values()
    assert all((first[name] == second[name]).all() for name in first)


def test_a_seg_holds_one_stack_with_a_segment_per_class_and_only_frames_that_are_drawn_on(exported):
    for path in exported("seg"):
        message = read(path)
        assert (message.Modality, message.SegmentationType, message.BitsAllocated) == ("SEG", "BINARY", 1)
        assert message.pixel_array.reshape(int(message.NumberOfFrames), -1).any(axis=1).all()
        labels = [one.SegmentLabel for one in message.SegmentSequence]
        assert len(set(labels)) == len(labels)
        assert set(labels) <= {"lesion", "Größe/1", "=rest", "Without a class"}
    stack = next(
        item
        for item in map(read, exported("seg"))
        if len(item.ReferencedSeriesSequence[0].ReferencedInstanceSequence) == 6
    )
    assert "PlaneOrientationSequence" in stack.SharedFunctionalGroupsSequence[0]


def test_drawings_come_back_through_sr_as_they_were(full, bare, exported):
    before = standing(full)
    taken = [take(bare, path) for path in exported("sr")]
    assert sum(one.drawn for one in taken) == len(before)
    assert standing(bare) == before


def test_an_sr_names_its_reader_and_points_at_the_frame_and_place(full, exported):
    task = tasks.task_named(full.db, drawn.TASK)
    names = set()
    for path in exported("sr"):
        message = read(path)
        names |= {str(one.PersonName) for one in message.ContentSequence if "PersonName" in one}
        assert message.ContentTemplateSequence[0].TemplateIdentifier == "1500"
    assert names == set(drawn.READERS)
    assert task.classes[0].name == "lesion"


@pytest.mark.parametrize("format", ["seg", "sr"])
def test_objects_carry_the_patient_of_their_source(scans, exported, format):
    sources = {read(path).SOPInstanceUID: read(path) for path in scans.iterdir()}
    for path in exported(format):
        message = read(path)
        source = sources[referred(message)[0]]
        assert message.StudyInstanceUID == source.StudyInstanceUID
        assert [str(message.get(name) or "") for name in PATIENT] == [str(source.get(name) or "") for name in PATIENT]


@pytest.mark.parametrize("format", ["seg", "sr"])
def test_with_pseudonyms_nothing_names_the_patient(full, scans, exported, format):
    named = (
        "PatientID",
        "PatientName",
        "PatientBirthDate",
        "AccessionNumber",
        "OtherPatientIDs",
        "StudyID",
        "ReferringPhysicianName",
        "PatientAddress",
    )
    plain = {
        str(header.get(name))
        for path in scans.iterdir()
        for header in [read(path)]
        for name in named
        if len(str(header.get(name) or "")) > 3 and header.get(name) != header.get("StudyDate")
    }
    assert len(plain) > 3
    known = {image.patient for image in images.page(full.db, images.Filter())}
    result = set()
    for path in exported(format, pseudonyms=True):
        message = read(path)
        result.add(message.PatientID)
        assert (str(message.PatientName), message.PatientBirthDate) == ("", "")
        text = str(message)
        assert not [word for word in plain if re.search(rf"\b{re.escape(word)}\b", text)]
    assert result <= known


@pytest.mark.parametrize("format", ["seg", "sr"])
def test_with_pseudonyms_no_uid_or_date_of_the_source_is_left(full, scans, exported, format):
    headers = [read(path) for path in scans.iterdir()]
    with ignore_warnings():
        uids = {element.value for header in headers for element in header.iterall() if element.VR == "UI"}
    uids = {uid for uid in uids if isinstance(uid, str) and uid and not uid.startswith(STANDARD)}
    dates = {header.get("StudyDate") or "" for header in headers} - {""}
    assert len(uids) > 20
    assert dates
    for path in exported(format, pseudonyms=True):
        data = path.read_bytes()
        assert not [text for text in (*uids, *dates) if text.encode() in data]


def test_with_pseudonyms_objects_of_one_study_still_belong_together(full, scans, exported):
    hidden = Deidentification("", full.settings.key("pseudonym"))
    studies = {hidden.uid(read(path).StudyInstanceUID) for path in scans.iterdir()}
    instances = {hidden.uid(read(path).SOPInstanceUID) for path in scans.iterdir()}
    for format in ("seg", "sr"):
        for path in exported(format, pseudonyms=True):
            message = read(path)
            assert message.StudyInstanceUID in studies
            assert set(referred(message)) <= instances


def test_with_pseudonyms_all_comes_back_too(full, bare, exported, tmp_path):
    for path in exported("sr", pseudonyms=True):
        take(bare, path)
    assert standing(bare) == standing(full)


@pytest.mark.parametrize("format", ["seg", pytest.param("sr", marks=pytest.mark.slow)])
@pytest.mark.parametrize("pseudonyms", [False, True])
def test_the_validator_finds_no_error_that_the_source_did_not_have(full, scans, exported, format, pseudonyms):
    tool = shutil.which("dciodvfy")
    if tool is None:
        message = "no dciodvfy here; install Debian's dicom3tools"
        pytest.fail(message) if os.environ.get("CI") == "true" else pytest.skip(message)
    sources = {read(path).SOPInstanceUID: errors(tool, path) for path in scans.iterdir()}
    hidden = Deidentification("", full.settings.key("pseudonym"))
    sources |= {hidden.uid(uid): lines for uid, lines in sources.items()}
    for path in exported(format, pseudonyms=pseudonyms):
        lawful = set().union(*(sources[uid] for uid in referred(read(path))))
        assert errors(tool, path) - lawful == set()


def errors(tool: str, path: Path) -> set[str]:
    done = subprocess.run([tool, str(path)], capture_output=True, text=True, errors="replace")
    lines = (done.stdout + done.stderr).splitlines()
    assert lines, "the validator said nothing"
    return {re.sub(r"\s+", " ", line) for line in lines if line.startswith("Error")}


def referred(message: pydicom.Dataset) -> list[str]:
    if message.Modality == "SEG":
        return [one.ReferencedSOPInstanceUID for one in message.ReferencedSeriesSequence[0].ReferencedInstanceSequence]
    series = message.CurrentRequestedProcedureEvidenceSequence[0].ReferencedSeriesSequence
    return [one.ReferencedSOPInstanceUID for part in series for one in part.ReferencedSOPSequence]


def test_the_same_state_is_the_same_object_and_another_state_another(full, exported, tmp_path):
    uids = [
        {read(path).SOPInstanceUID for path in files}
        for files in (exported("seg"), objects(full, "seg", tmp_path / "b"))
    ]
    assert uids[0] == uids[1]
    case = annotations.queue(full.db, task_id=tasks.task_named(full.db, drawn.TASK).id)[0]
    drawings.draw(
        full.db,
        case_id=case.id,
        image_id=case.image_ids[0],
        frame=0,
        key="new",
        client="new",
        shape="box",
        geometry={"points": [[1, 1], [5, 5]]},
        label=0,
        by="ann",
    )
    assert len(uids[0] - {read(path).SOPInstanceUID for path in objects(full, "seg", tmp_path / "c")}) == 1


@pytest.fixture
def cts(home, data_dir, tmp_path):
    """The three slices to which the real segmentations refer."""
    folder = tmp_path / "cts"
    folder.mkdir()
    for path in (data_dir / "dicom" / "seg_with_source_ct").glob("ct-*"):
        shutil.copy(path, folder)
    home.take(folder)
    return home


COLOURS = ("GREEN", "ORANGE", "PURPLE", "LIGHT_BLUE", "DARK_BLUE")


@pytest.mark.parametrize(
    ("name", "classes", "frames"), [("liver", ("liver", "spleen"), 3), ("partial_overlaps", COLOURS, 7)]
)
def test_another_tools_segmentation_is_taken_pixel_by_pixel(cts, data_dir, tmp_path, name, classes, frames):
    path = data_dir / "dicom" / "seg_with_source_ct" / f"{name}.dcm"
    tasks.create(cts.db, name=drawn.TASK, classes=classes)
    assert take(cts, path) == drawing_import.DrawingImportReport(frames, 0, 0)
    assert take(cts, path) == drawing_import.DrawingImportReport(0, frames, 0)
    message = read(path)
    by_frame = {}
    for pixels, group in zip(message.pixel_array, message.PerFrameFunctionalGroupsSequence, strict=True):
        instance = group.DerivationImageSequence[0].SourceImageSequence[0].ReferencedSOPInstanceUID
        by_frame[instance, group.SegmentIdentificationSequence[0].ReferencedSegmentNumber - 1] = pixels.astype(bool)
    store = cts.settings.home / "originals"
    for item in standing(cts):
        header = read(store / item.source.sha256[:2] / item.source.sha256, stop_before_pixels=True)
        expected = by_frame[header.SOPInstanceUID, classes.index(item.label)]
        assert (masks.from_counts(item.geometry["counts"], 512, 512) == expected).all()


def test_a_segmentation_of_what_is_not_here_or_lies_elsewhere_or_is_of_another_class_is_a_sentence(
    cts, home, data_dir, tmp_path
):
    path = data_dir / "dicom" / "seg_with_source_ct" / "liver.dcm"
    tasks.create(cts.db, name=drawn.TASK, classes=["lung", "heart"])
    with pytest.raises(InvalidInput, match=r"liver.dcm: frame 1: 'Liver' is not a class of task 'draw'"):
        take(cts, path)
    moved = read(path)
    moved.PerFrameFunctionalGroupsSequence[0].PlanePositionSequence[0].ImagePositionPatient[0] += 1
    moved.save_as(tmp_path / "moved.dcm")
    with pytest.raises(InvalidInput, match=r"moved.dcm: frame 1: its position differs"):
        take(cts, tmp_path / "moved.dcm")
    (tmp_path / "cut.dcm").write_bytes(path.read_bytes()[:90_000])
    with pytest.raises(InvalidInput, match=r"cut.dcm: is truncated: its header declares .* but the file has"):
        take(cts, tmp_path / "cut.dcm")
    with pytest.raises(InvalidInput, match=r"ct-3slice_01.dcm: is DICOM, but neither"):
        take(cts, data_dir / "dicom" / "seg_with_source_ct" / "ct-3slice_01.dcm")
    assert standing(cts) == ()


def test_a_segmentation_without_its_images_is_a_sentence(bare, data_dir):
    with pytest.raises(InvalidInput, match="the referenced image is not in this catalogue; import its series"):
        take(bare, data_dir / "dicom" / "seg_with_source_ct" / "liver.dcm")


def test_images_that_are_no_dicom_are_left_out_with_a_sentence(full, tmp_path):
    Picture.fromarray(np.zeros((9, 9), np.uint8)).save(tmp_path / "x.png")
    full.take(tmp_path / "x.png")
    task = tasks.task_named(full.db, drawn.TASK)
    tasks.add_missing_cases(full.db, task.id)
    case = annotations.queue(full.db, task_id=task.id, limit=99)[-1]
    drawings.draw(
        full.db,
        case_id=case.id,
        image_id=case.image_ids[0],
        frame=0,
        key="k",
        client="k",
        shape="box",
        geometry={"points": [[1, 1], [5, 5]]},
        label=0,
        by="ann",
    )
    message = drawing_export.export(full.db, full.settings, task=drawn.TASK, format="seg", out=tmp_path / "seg")
    assert message.left_out == ("1 drawings are on images that are not DICOM; export them as coco or csv.",)


def test_nothing_but_pictures_is_refused(home, pictures, tmp_path):
    (pictures / "data.csv").unlink()
    drawn.draw_everywhere(home, drawn.with_task(home, pictures))
    with pytest.raises(InvalidInput, match=r"No drawing can be written as DICOM. .* coco or csv"):
        drawing_export.export(home.db, home.settings, task=drawn.TASK, format="sr", out=tmp_path / "sr")
    assert not (tmp_path / "sr").exists()


def one_drawn(shape: str, geometry: dict) -> DrawingRecord:
    return DrawingRecord(Source("0" * 64, rows=100, columns=200), 0, shape, geometry, None, key="k", reader="r", at=1.0)


def test_coordinates_of_a_report_count_from_the_corner_of_the_first_pixel():
    # PS3.3 C.18.6: the middle of the first pixel is 0.5\0.5, the last corner Columns\Rows.
    assert dicom_sr_export.region(one_drawn("point", {"points": [[0.5, 0.5]]})) == ("POINT", [[0.5, 0.5]])
    kind, points = dicom_sr_export.region(one_drawn("box", {"points": [[0.0, 0.0], [200.0, 100.0]]}))
    assert (kind, points[0], points[2], points[-1]) == ("POLYLINE", [0.0, 0.0], [200.0, 100.0], [0.0, 0.0])


def test_an_ellipse_names_its_longer_axis_first_and_stays_inside_the_image():
    kind, points = dicom_sr_export.region(one_drawn("ellipse", {"points": [[40.0, 10.0], [60.0, 70.0]], "angle": 0.0}))
    assert kind == "ELLIPSE"
    assert np.allclose(points, [[50, 10], [50, 70], [40, 40], [60, 40]]) or np.allclose(
        points, [[50, 10], [50, 70], [60, 40], [40, 40]]
    )
    kind, points = dicom_sr_export.region(
        one_drawn("ellipse", {"points": [[-20.0, 10.0], [60.0, 70.0]], "angle": 30.0})
    )
    assert kind == "POLYLINE"
    assert np.min(points) >= 0
    assert np.max(points, axis=0)[0] <= 200


def test_an_outline_of_twenty_thousand_points_fits_into_a_report(bare, tmp_path):
    case = annotations.queue(bare.db, task_id=tasks.task_named(bare.db, drawn.TASK).id, limit=99)[0]
    view = images.get(bare.db, case.image_ids[0])
    turn = np.linspace(0, 2 * np.pi, 20_000, endpoint=False)
    radius = (0.2 + 0.2 * (np.arange(20_000) % 2)) * min(view.format.rows, view.format.columns)
    points = np.stack(
        [view.format.columns / 2 + radius * np.cos(turn), view.format.rows / 2 + radius * np.sin(turn)], 1
    )
    drawings.draw(
        bare.db,
        case_id=case.id,
        image_id=view.id,
        frame=0,
        key="k",
        client="k",
        shape="freehand",
        geometry={"points": points.tolist()},
        label=0,
        by="ann",
    )
    (path,) = objects(bare, "sr", tmp_path / "sr")
    before = standing(bare)
    drawings.draw(
        bare.db,
        case_id=case.id,
        image_id=view.id,
        frame=0,
        key="k",
        client="gone",
        shape="freehand",
        geometry=None,
        label=0,
        by="ann",
        erased=True,
    )
    assert take(bare, path).known == 1
    assert len(before[0].geometry["points"]) == 20_000
