"""What identifies a patient in a header is replaced by key: the same in every export, dates at their distance."""

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydicom.dataset import Dataset
from pydicom.uid import UID

from core.imaging.drawings.deidentified import MOST_DAYS, Deidentification
from core.imaging.drawings.dicom_common import ignore_warnings

ANN, BOB = (Deidentification(name, b"key") for name in ("P-ANN", "P-BOB"))
DAYS = st.dates(date(1920, 1, 1), date(2090, 1, 1))


def day(text: str) -> date:
    return date(int(text[:4]), int(text[4:6]), int(text[6:8]))


@given(DAYS, DAYS)
def test_dates_move_by_the_days_of_their_person_and_keep_their_distance(first, second):
    moved = [day(ANN.date(f"{one:%Y%m%d}")) for one in (first, second)]
    assert moved[1] - moved[0] == second - first
    assert timedelta(days=1) <= first - moved[0] <= timedelta(days=MOST_DAYS)


def test_persons_and_homes_move_by_other_days():
    others = (ANN, BOB, Deidentification("P-ANN", b"other"))
    assert len({one.date("20200101") for one in others}) == 3


@pytest.mark.parametrize(
    ("text", "moved"), [("", ""), ("2020", ""), ("20201345", ""), ("born in May", ""), ("00010101", "")]
)
def test_what_is_no_date_is_left_out(text, moved):
    assert ANN.date(text) == moved


def test_the_time_behind_a_date_stays_and_an_old_form_is_read():
    assert ANN.date("2020.01.02") == ANN.date("20200102")
    assert ANN.date("20200102123456.5+0100") == f"{ANN.date('20200102')}123456.5+0100"


@given(st.lists(st.from_regex(r"1\.2\.[1-9][0-9]{0,8}(\.[1-9][0-9]{0,8}){0,4}", fullmatch=True), unique=True))
def test_uids_are_new_valid_and_different_and_the_same_in_every_export(uids):
    made = [ANN.uid(uid) for uid in uids]
    assert made == [BOB.uid(uid) for uid in uids]  # an image belongs to its study whoever is asked
    assert len(set(made)) == len(uids)
    assert all(UID(one).is_valid and one not in uids for one in made)
    assert all(Deidentification("P-ANN", b"other").uid(uid) not in made for uid in uids)


def test_uids_of_the_standard_stay():
    assert ANN.uid("1.2.840.10008.5.1.4.1.1.2") == "1.2.840.10008.5.1.4.1.1.2"


@pytest.mark.parametrize(
    ("age", "written"),
    [("089Y", "089Y"), ("090Y", "090Y"), ("091Y", "090Y"), ("103Y", "090Y"), ("013M", "013M"), ("old", ""), ("95", "")],
)
def test_ages_over_89_are_90(age, written):
    header = Dataset()
    with ignore_warnings():
        header.PatientAge = age
        assert (ANN.header(header).PatientAge or "") == written


def test_what_is_nested_is_replaced_and_what_is_private_or_unknown_left_out():
    header, shared, frame = Dataset(), Dataset(), Dataset()
    header.StudyInstanceUID, header.PatientName, header.InstitutionName = "1.2.3", "Doe^Ann", "St. Mary"
    frame.FrameAcquisitionDateTime, frame.FrameReferenceDateTime = "20200102101500", None
    shared.FrameContentSequence, shared.ReferencedSOPInstanceUID = [frame], "1.2.4"
    shared.private_block(0x0011, "ACME", create=True).add_new(1, "LO", "Ann")
    header.SharedFunctionalGroupsSequence = [shared]
    result = ANN.header(header)
    inner = result.SharedFunctionalGroupsSequence[0]
    assert (result.PatientID, result.get("PatientName"), result.get("InstitutionName")) == ("P-ANN", None, None)
    assert inner.ReferencedSOPInstanceUID == ANN.uid("1.2.4")
    assert str(inner.FrameContentSequence[0].FrameAcquisitionDateTime) == ANN.date("20200102101500")
    assert not [element for element in inner if element.tag.is_private]
    assert header.StudyInstanceUID == "1.2.3"  # the source is not changed
