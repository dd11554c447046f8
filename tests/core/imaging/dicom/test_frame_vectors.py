"""Frames of doses and of nuclear medicine are stored in the order of the vectors that number them."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from pydicom.uid import ExplicitVRBigEndian, ExplicitVRLittleEndian, ImplicitVRLittleEndian

from core.imaging.decoded_image import DecodedImage
from tests.core.imaging.dicom.drawn import image, values, write


def frames(values: list[int], dtype: str = "u2") -> np.ndarray:
    return np.stack([np.full((8, 9), value, dtype) for value in values])


def shown(decoded: DecodedImage) -> list[int]:
    return [int(value) for value in values(decoded)[:, 0, 0]]


@pytest.mark.parametrize("syntax", [ExplicitVRLittleEndian, ImplicitVRLittleEndian, ExplicitVRBigEndian])
@pytest.mark.parametrize("dtype", ["u2", "u4"])
@pytest.mark.parametrize(
    ("offsets", "order", "place"),
    [
        ([0, 3, 6], [1, 2, 3], 10),
        ([0, -3, -6], [3, 2, 1], 4),
        ([0, 6, 3], [1, 3, 2], 10),
        ([16, 13, 10], [3, 2, 1], 10),
    ],
    ids=["up", "down", "mixed", "absolute"],
)
def test_a_dose_lies_along_its_normal(
    tmp_path: Path, offsets: list[int], order: list[int], place: int, dtype: str, syntax: str
):
    dose = image(
        write(
            tmp_path / "dose.dcm",
            frames([1, 2, 3], dtype),
            syntax=syntax,
            Modality="RTDOSE",
            DoseGridScaling="1",
            GridFrameOffsetVector=offsets,
            ImagePositionPatient=[0, 0, 10],
            ImageOrientationPatient=[1, 0, 0, 0, 1, 0],
            PixelSpacing=[1, 1],
        )
    )
    assert shown(dose) == order
    assert (dose.format.slice_mm, dose.format.place) == (3.0, (0.0, 0.0, place))
    assert dose.notes == (("frames_reordered",) if order != [1, 2, 3] else ())


@pytest.mark.parametrize(
    ("vectors", "order"),
    [
        ({"SliceVector": [3, 1, 4, 2]}, [2, 4, 1, 3]),
        ({"TimeSlotVector": [2, 1, 2, 1], "SliceVector": [1, 1, 2, 2]}, [2, 4, 1, 3]),
        ({"DetectorVector": [1, 1, 2, 2]}, [1, 2, 3, 4]),
        ({"SliceVector": [3, 1]}, [1, 2, 3, 4]),
    ],
    ids=["slices", "gated", "not a number each", "too short"],
)
def test_nuclear_medicine_follows_its_vectors(tmp_path: Path, vectors: dict[str, Any], order: list[int]):
    tags = {"DetectorVector": 0x00540020, "TimeSlotVector": 0x00540070, "SliceVector": 0x00540080}
    pointers = [tags[name] for name in vectors]
    path = write(tmp_path / "nm.dcm", frames([1, 2, 3, 4]), Modality="NM", FrameIncrementPointer=pointers, **vectors)
    decoded = image(path)
    assert shown(decoded) == order
    assert decoded.notes == (("frames_reordered",) if order != [1, 2, 3, 4] else ())
