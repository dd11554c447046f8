"""Nobody is named outside of the originals: 400 persons in twelve scripts, and canaries wherever DICOM has text.

The store keeps each original unchanged (and pixels that are a hard link to it), so these alone are not searched.
"""

import csv
import json
import logging
import re
import unicodedata
from collections.abc import Iterable, Iterator
from dataclasses import replace
from itertools import product
from pathlib import Path

import numpy as np
import pydicom
import pytest
from PIL import Image as Picture
from pydicom.datadict import DicomDictionary
from pydicom.dataset import Dataset, FileMetaDataset
from pydicom.uid import ExplicitVRLittleEndian, SecondaryCaptureImageStorage, generate_uid
from sqlalchemy import text

from core.jobs import job_queue
from core.services.annotation import label_export, tasks
from core.services.images import images
from core.services.imports import import_request
from core.services.imports.import_request import ImportRequest
from core.worker.runner import run_job
from tests.core.conftest import Home
from tests.core.services.imports.test_inbox_sweep import Asleep

PERSONS = {
    "English": (
        "Thornbury Whitlock Hargreaves Ashdowne Pemberton Kirkbride",
        "Gwendolyn Percival Winifred Rosalind Barnaby",
    ),
    "German": (
        "Müllenbrück Großkopf Schäfermeier Weißenborn Kübelböck Jörgensohn",
        "Jürgen Käthe Friedhelm Annegret Sieglinde",
    ),
    "French": (
        "Lefèvrier Noëllet Garçonnet Héloury Beaufrère Duboisset Hélouan",
        "François Zénobie Théophile Anaïs Clotilde",
    ),
    "Nordic": ("Sørensdatter Ångströmmen Ærøskov Þórsdóttir Lindkvist", "Søren Bjørnulf Åshild Þorgeir Ingeborg"),
    "Slavic": (
        "Łukaszewicz Dvořáček Šimićević Žižkovský Wójcicki Szczepański Kołodziejska",
        "Jiřina Zofija Đorđe Michałek Bogumiła",
    ),
    "Vietnamese": ("Nguyễn Trần Đặng Phạm Huỳnh Dương", "Đức Hương Quỳnh Tuấn Thảo Phương"),
    "Russian": ("Иванченко Щербаков Юрьевская Чехонин Пётрушин", "Фёдор Аннушка Игорь Светлана Людмила"),
    "Greek": ("Παπαδόπουλος Γεωργίου Κωνσταντίνου Ρήγας Δημητρίου", "Γιώργος Ελένη Ηλίας Χριστίνα Αικατερίνη"),
    "Arabic": ("الحسن محمود خالد منصور حداد البغدادي", "محمد فاطمة زينب يوسف ليلى عائشة"),
    "Chinese": ("王 李 张 欧阳 陈 刘 司马", "小东 秀英 建国 晓明 丽华 志强"),
    "Japanese": ("山田 鈴木 佐々木 渡辺 藤原", "太郎 花子 たろう ハナコ 健一 美咲 直樹 結衣"),
    "Korean": ("김 이 박 남궁 선우 황보 제갈", "길동 민수 지현 서연 하은 도윤"),
}
WAYS = ("{family}_{given}_{birth}_pa", "{given}{family}", "{given} {family}/lat", "scan-{family}{given}-001")
Person = tuple[str, str, str]


def people() -> Iterator[Person]:
    for number, (families, given) in enumerate(PERSONS.values()):
        for at, (family, name) in enumerate(product(families.split(), given.split())):
            yield family, name, f"{1925 + (number * 7 + at) % 60}{1 + at % 12:02}{1 + at % 28:02}"


EVERYBODY = sorted(set(people()))
SAMPLE = EVERYBODY[::23]


def dicom(path: Path, person: Person, number: int) -> Dataset:
    family, given, birth = person
    file = Dataset()
    file.file_meta = FileMetaDataset()
    file.file_meta.TransferSyntaxUID = ExplicitVRLittleEndian
    file.file_meta.MediaStorageSOPClassUID = file.SOPClassUID = SecondaryCaptureImageStorage
    file.file_meta.MediaStorageSOPInstanceUID = file.SOPInstanceUID = generate_uid()
    file.SpecificCharacterSet = "ISO_IR 192"
    file.PatientName, file.PatientID, file.PatientBirthDate = f"{family}^{given}", f"ZID-{number:06}", birth
    file.StudyInstanceUID, file.SeriesInstanceUID = generate_uid(), generate_uid()
    file.Modality, file.Rows, file.Columns, file.SamplesPerPixel = "OT", 4, 4, 1
    file.BitsAllocated, file.BitsStored, file.HighBit, file.PixelRepresentation = 8, 8, 7, 0
    file.PhotometricInterpretation = "MONOCHROME2"
    file.Manufacturer = f"Scanner of {given} {family}"
    file.PixelData = np.arange(number, number + 16, dtype=np.uint32).astype(np.uint8).tobytes()
    path.parent.mkdir(parents=True, exist_ok=True)
    return file


def folder_of(persons: Iterable[Person], folder: Path) -> Path:
    """Write a picture and a DICOM of each person, of that name, and a table that names half of them."""
    rows = [("file", "nachname", "prénom", "生年月日", "이메일", "remark", "site")]
    for number, person in enumerate(persons):
        family, given, birth = person
        name = WAYS[number % len(WAYS)].format(family=family, given=given, birth=birth)
        path = folder / "pictures" / f"{name}.png"
        path.parent.mkdir(parents=True, exist_ok=True)
        Picture.fromarray(np.full((4, 4), number, dtype=np.uint16)).save(path)
        target = folder / "dicom" / (f"{name}.dcm" if number % 3 == 0 else f"IM{number:04}.dcm")
        dicom(target, person, number).save_as(target, enforce_file_format=True)
        for file in (path, target):
            listed = (file.relative_to(folder).as_posix(), family, given, birth, f"{number}@mail.example")
            rows.append((*listed, f"seen with {given} {family}", "north"))
    with (folder / "table.csv").open("w", encoding="utf-8", newline="") as file:
        csv.writer(file).writerows(rows)
    return folder


def tokens(persons: Iterable[Person]) -> set[str]:
    """Return what must not be read; of East Asian names of one sign only the name together."""
    result = set[str]()
    for family, given, birth in persons:
        result |= {name for name in (family, given) if len(name) > 1} | {birth, family + given}
    return result


def readable(content: bytes, names: Iterable[str]) -> set[str]:
    """Return the names in some bytes, in any case, in either form of Unicode, plain or escaped as in JSON."""
    words = unicodedata.normalize("NFC", content.decode("utf-8", "replace")).casefold()
    words += re.sub(r"\\u([0-9a-f]{4})", lambda sign: chr(int(sign[1], 16)), words) if "\\u" in words else ""
    return {name for name in names if unicodedata.normalize("NFC", name).casefold() in words}


def leaks(home: Home, names: set[str]) -> dict[str, set[str]]:
    """Return the names by file of the home: in its path or its bytes, but not in originals and hard links to them."""
    root = home.settings.home
    originals = {path.stat().st_ino for path in (root / "originals").rglob("*") if path.is_file()}
    files = [path for path in root.rglob("*") if path.is_file() and path.stat().st_ino not in originals]
    inside = {path.relative_to(root).as_posix(): path.read_bytes() for path in files}
    result = {name: readable(name.encode() + b" " + content, names) for name, content in inside.items()}
    return {name: words for name, words in result.items() if words}


def all_text(home: Home) -> str:
    with home.db.read() as session:
        tables = session.scalars(text("SELECT name FROM sqlite_master WHERE type = 'table'")).all()
        return "\n".join(
            str(tuple(row)) for table in tables for row in session.execute(text(f'SELECT * FROM "{table}"'))
        )


def run(home: Home, request: ImportRequest, key: str) -> job_queue.JobView:
    job = import_request.submit(home.db, home.settings, request, by="tester", key=key, launcher=Asleep())
    run_job(home.db, home.settings, job, attempt=job_queue.claim(home.db, job) or 0, device="import")
    return job_queue.get(home.db, job)


def take(home: Home, folder: Path, *, table: bool) -> job_queue.JobView:
    """Look at a folder, then import it, with a table as labels; return the import."""
    with_table = {"metadata": folder / "table.csv", "task": "where", "label_column": "site"} if table else {}
    request = ImportRequest(folder, **with_table)
    assert run(home, replace(request, dry_run=True), "look").state == "succeeded"
    job = run(home, request, "import")
    assert job.state == "succeeded", job.error
    return job


def exports(home: Home, folder: Path) -> bytes:
    """Return the labels as they are exported, if there is a task."""
    path = folder / "labels.csv"
    for task in tasks.list_tasks(home.db):
        label_export.write(home.db, task.id, path)
    return path.read_bytes() if path.exists() else b""


@pytest.mark.parametrize("table", [False, True])
@pytest.mark.parametrize("persons", [SAMPLE, pytest.param(EVERYBODY, marks=pytest.mark.slow)], ids=["some", "all"])
def test_no_person_is_named_anywhere(
    home: Home, tmp_path: Path, caplog: pytest.LogCaptureFixture, persons: list[Person], table: bool
):
    names = tokens(persons)
    folder = folder_of(persons, tmp_path / "in")
    with caplog.at_level(logging.DEBUG):
        job = take(home, folder, table=table)
    assert job.result["imported"] == 2 * len(persons)
    views = images.page(home.db, images.Filter(), limit=3000)
    assert readable(json.dumps([str(view) for view in views], ensure_ascii=False).encode(), names) == set()
    assert readable(all_text(home).encode(), names) == set()
    assert readable(caplog.text.encode(), names) == set()
    assert readable(json.dumps(job.result, ensure_ascii=False).encode(), names) == set()
    assert readable(exports(home, tmp_path), names) == set()
    home.db.close()
    assert leaks(home, names) == {}


CANARY = "Zwickelfisch"
TEXT_VRS = ("AE", "CS", "LO", "LT", "PN", "SH", "ST", "UC", "UR", "UT")
FACTS = {"Modality", "PatientSex", "ViewPosition", "BodyPartExamined", "Manufacturer", "ManufacturerModelName"}
# Without which the file could not be read, or which name no person: how pixels and characters are written.
STRUCTURE = {"SpecificCharacterSet", "PhotometricInterpretation", "ImageType", "LossyImageCompression"}


def text_elements() -> list[tuple[str, str]]:
    """Return keyword and VR of every text element of the standard's datasets that may stand at the top."""
    known = ((tag, entry[4], entry[0]) for tag, entry in DicomDictionary.items() if not entry[3])
    allowed = [(key, vr) for tag, key, vr in known if vr in TEXT_VRS and 0x0008 <= tag >> 16 < 0x7FE0 and key]
    return [(key, vr) for key, vr in allowed if key not in FACTS | STRUCTURE]


def value(vr: str, number: int) -> str:
    """Return a text with the canary, unlike all others, as long as the VR allows."""
    text = f"{CANARY}{number}" if vr != "CS" else f"{CANARY.upper()}{number % 1000}"
    return f"https://{text}.example" if vr == "UR" else text


def full_of_canaries(path: Path) -> Dataset:
    file = dicom(path, ("Ottokar", CANARY, "19430217"), 1)
    for number, (keyword, vr) in enumerate(text_elements()):
        if keyword not in ("PatientName", "PatientID"):
            setattr(file, keyword, value(vr, number))
    inner = Dataset()
    inner.PatientName = inner.PersonName = f"{CANARY}^Nested"
    inner.PersonAddress, inner.TextValue = f"{CANARY} Street 5", f"seen with {CANARY}"
    inner.PersonIdentificationCodeSequence = [Dataset()]
    inner.PersonIdentificationCodeSequence[0].CodeMeaning = f"{CANARY} deep"
    for keyword in ("OtherPatientIDsSequence", "RequestAttributesSequence", "ReferencedStudySequence"):
        setattr(file, keyword, [inner])
    file.private_block(0x0011, f"{CANARY} CREATOR", create=True).add_new(1, "LO", f"{CANARY} private")
    file.file_meta.SourceApplicationEntityTitle = CANARY
    file.file_meta.PrivateInformationCreatorUID = "1.2.3"
    file.file_meta.PrivateInformation = f"{CANARY} ".encode() * 2
    file.preamble = f"{CANARY} in the preamble".encode().ljust(128, b"\0")
    return file


def test_no_text_of_a_dicom_header_is_in_the_home(home: Home, tmp_path: Path, caplog: pytest.LogCaptureFixture):
    assert len(text_elements()) > 1000
    path = tmp_path / "in" / CANARY / f"{CANARY}_Ottokar 17.2.1943.dcm"
    full_of_canaries(path).save_as(path, enforce_file_format=True)
    assert pydicom.dcmread(path).PatientComments.startswith(CANARY)
    names = {CANARY, "Ottokar", "19430217", "1943-02-17", "17.2.1943", "17.02.1943", "ZID-000001"}
    with caplog.at_level(logging.DEBUG):
        job = take(home, tmp_path / "in", table=False)
    assert (job.result["imported"], job.result["refused"]) == (1, [])
    assert readable(caplog.text.encode(), names) == set()
    home.db.close()
    assert leaks(home, names) == {}


COLUMNS = """
Nachname Vorname Versichertennr Geburtsdatum Anschrift PLZ Telefon Überweiser nom prénom date_de_naissance adresse
téléphone médecin apellido nombre fecha_de_nacimiento DNI dirección correo 姓名 病历号 身份证号 电话 住址 出生日期
氏名 生年月日 住所 電話番号 이름 주민등록번호 생년월일 주소 전화번호
patientName MRN DOB address zip phone e-mail referring_physician accession surname
""".split()  # noqa: SIM905


def test_no_column_that_identifies_is_in_the_home_in_seven_languages(home: Home, pictures: Path):
    lines = [",".join(["file", "view", *COLUMNS])]
    lines += [
        ",".join([f"p{row:02}.png", "PA", *(f"{CANARY}{row}x{at}" for at in range(len(COLUMNS)))]) for row in range(12)
    ]
    (pictures / "data.csv").write_text("\n".join(lines), encoding="utf-8")
    report = home.take(pictures, metadata=pictures / "data.csv", scrub=True)
    assert set(report.columns_left_out) == set(COLUMNS) - {"MRN", "accession"}  # patient and study: kept as codes
    home.db.close()
    assert leaks(home, {CANARY}) == {}


def test_there_are_four_hundred_of_them():
    assert len(EVERYBODY) >= 400
    assert len(PERSONS) == 12
