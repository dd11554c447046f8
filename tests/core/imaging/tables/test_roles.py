"""What a column is for is guessed by its title in seven languages and by its content, and the guess says why."""

from pathlib import Path

import pytest

from core.imaging.tables.column_titles import Role, role_of_title
from core.imaging.tables.dates import date_order, iso_date
from core.imaging.tables.file_names import NameIndex
from core.imaging.tables.roles import ColumnProfile, profile
from core.imaging.tables.table import read_table

FILES = NameIndex({number: f"{number}.png" for number in range(1, 21)})


def profiles(folder: Path, *lines: str, names: NameIndex[int] | None = FILES, **options) -> dict[str, ColumnProfile]:
    (folder / "t.csv").write_text("\n".join(lines) + "\n", encoding="utf-8")
    return {one.title: one for one in profile(read_table(folder / "t.csv"), names, **options)}


def rows(*forms: str, count: int = 20) -> list[str]:
    """Rows in which # is the number of the row, and % half of it."""
    text = ",".join(forms)
    return [text.replace("#", str(number)).replace("%", str(number // 2)) for number in range(1, count + 1)]


TITLES = {
    Role.FILE: [
        "Image Index",
        "file_name",
        "Dateiname",
        "Bilddatei",
        "nom fichier",
        "Archivo",
        "文件名",
        "画像ファイル",
        "파일명",
    ],
    Role.PATIENT: [
        "PatientID",
        "Pat.-Nr.",
        "Patientennummer",
        "sujet",
        "id_paciente",
        "患者编号",
        "患者ID",
        "환자번호",
        "MRN",
    ],
    Role.STUDY: [
        "StudyInstanceUID",
        "Accession Number",
        "Untersuchungs-Nr",
        "examen",
        "estudio",
        "检查号",
        "検査番号",
        "검사ID",
    ],
    Role.LABEL: [
        "Finding Labels",
        "Befund",
        "Diagnose",
        "diagnostic",
        "diagnóstico",
        "诊断结果",
        "診断",
        "진단명",
        "label",
    ],
    Role.SPLIT: ["split", "Fold", "Aufteilung", "partición", "数据集划分"],
    Role.NUMBER: ["Patient Age", "age_at_scan", "Größe (cm)", "Poids", "edad", "年龄", "年齢", "나이"],
    Role.DATE: ["StudyDate", "Untersuchungsdatum", "date d'examen", "fecha", "检查日期", "検査日", "검사 날짜"],
    Role.CATEGORY: ["Patient Gender", "Geschlecht", "sexe", "vista", "性别", "性別", "성별", "View Position"],
}


@pytest.mark.parametrize(("role", "title"), [(role, title) for role, titles in TITLES.items() for title in titles])
def test_titles_in_seven_languages(role: Role, title: str):
    assert role_of_title(title) is role


def test_the_file_column_is_the_one_that_names_the_most_files(tmp_path: Path):
    shown = profiles(tmp_path, "age,what,prior,site", *rows("#", "#.png", "%.png", "north"))
    assert (shown["what"].role, shown["what"].reason) == (Role.FILE, "its values name 20 files")
    assert [shown[one].role for one in ("age", "prior", "site")] == [Role.NUMBER, Role.CATEGORY, Role.CATEGORY]


def test_numbers_are_names_only_where_the_title_lets_them(tmp_path: Path):
    assert profiles(tmp_path, "age,dose", *rows("#", "1.#"))["age"].role is Role.NUMBER  # 1.png … 20.png are there
    assert profiles(tmp_path, "nr,dose", *rows("#", "1.#"))["nr"].role is Role.FILE
    assert profiles(tmp_path, "image,dose", *rows("#", "1.#"))["image"].role is Role.FILE


@pytest.mark.parametrize("title", ["id", "image", "nr"])
def test_names_of_files_come_before_numbers_that_fit_other_files(tmp_path: Path, title: str):
    names = [f"{number},{21 - number}.png,x" for number in range(1, 21)]
    shown = profiles(tmp_path, f"{title},what,label", *names)
    assert [one.title for one in shown.values() if one.role is Role.FILE] == ["what"]


def test_rows_counted_from_0_are_no_names(tmp_path: Path):
    assert profiles(tmp_path, "id,label", *(f"{number},x" for number in range(20)))["id"].role is not Role.FILE


def test_identities_and_columns_without_a_title_are_left_out_with_a_reason(tmp_path: Path):
    shown = profiles(tmp_path, ",image,patient_id,patient_name,note", *rows("#", "#", "P%", "Anna #", ""))
    assert {title: (one.role, one.reason) for title, one in shown.items() if one.role is Role.LEAVE_OUT} == {
        "column 1": (Role.LEAVE_OUT, "it has no title"),
        "patient_name": (Role.LEAVE_OUT, "a name, by its title"),
        "note": (Role.LEAVE_OUT, "it is empty"),
    }
    assert shown["patient_id"].reason == "by its title, and its values repeat"


def test_a_second_column_of_labels_is_said_and_is_a_category(tmp_path: Path):
    shown = profiles(tmp_path, "image,label,diagnosis", *rows("#", "a%", "b"))
    assert (shown["diagnosis"].role, shown["label"].role) == (Role.LABEL, Role.CATEGORY)
    assert "'label' may be labels too" in shown["diagnosis"].reason
    assert "may be a label too" in shown["label"].reason
    assert profiles(tmp_path, "image,label,diagnosis", *rows("#", "a%", "b"), task="Label")["label"].role is Role.LABEL


def test_what_is_shown_of_a_column(tmp_path: Path):
    shown = profiles(tmp_path, "image,label,score", *rows("#", "a", "0.#"), "21,b,NA", "22,,nan")
    label, score = shown["label"], shown["score"]
    assert (label.distinct, label.top, label.missing, label.example) == (2, (("a", 20), ("b", 1)), 1, "a")
    assert (score.role, score.missing, score.distinct, shown["image"].names) == (Role.NUMBER, 2, 20, 20)


@pytest.mark.parametrize(
    ("dates", "order", "reason", "first"),
    [
        (["03/04/2020", "05/06/2020"], "", ", read with the day first", "2020-04-03"),
        (["03/04/2020", "05/06/2020"], "mdy", ", read with the month first", "2020-03-04"),
        (["03/04/2020", "05/26/2020"], "", "", "2020-03-04"),
        (["03/04/2020", "26/05/2020"], "", "", "2020-04-03"),
        (["03.04.2020", "05.06.2020"], "", "", "2020-04-03"),
        (["2020-04-03", "2020/4/5"], "", "", "2020-04-03"),
        (["2020年4月3日", "2020年12月3日"], "", "", "2020-04-03"),
    ],
)
def test_dates_are_read_in_one_order_that_is_said(tmp_path, dates, order, reason, first):
    shown = profiles(tmp_path, "image,day", *(f"{at},{day}" for at, day in enumerate(dates, start=1)), date_order=order)
    assert (shown["day"].role, shown["day"].reason) == (Role.DATE, f"its values are dates{reason}")
    assert iso_date(dates[0], shown["day"].date_order) == first


def test_what_is_no_date(tmp_path: Path):
    assert profiles(tmp_path, "image,day", "1,31/01/2020", "2,01/31/2020")["day"].role is Role.CATEGORY
    assert [iso_date(text) for text in ("2020-13-01", "31.02.2020", "1.2", "12345678", "")] == [None] * 5
    assert date_order([]) == ("dmy", True)


def test_more_values_than_are_counted(tmp_path: Path):
    shown = profiles(tmp_path, "image,text", *rows("#", "word #", count=5_000))
    assert (shown["text"].distinct, shown["text"].many, shown["image"].names) == (2_000, True, 20)


def test_second_identities_are_left_out_and_trials_are_no_studies(tmp_path: Path):
    form = rows("#", "P%", "S#", "A#", "trial", "yes", "#.png", count=40)
    shown = profiles(tmp_path, "image,patient_id,pat_nr,accession,studie,patient,path", *form)
    assert {title: one.role for title, one in shown.items()} == {
        "image": Role.LEAVE_OUT,
        "patient_id": Role.PATIENT,
        "pat_nr": Role.LEAVE_OUT,
        "accession": Role.STUDY,
        "studie": Role.CATEGORY,
        "patient": Role.LEAVE_OUT,  # by its title alone: an identity
        "path": Role.FILE,  # its values are names of files, those of the other one plain numbers
    }
    assert profiles(tmp_path, "image,study", *rows("#", "trial"))["study"].role is Role.STUDY
