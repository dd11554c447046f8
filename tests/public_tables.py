"""Tables made by hand after public ones, each beside pictures that hold their own number in every pixel.

A tenth, of predictions, is in the tests of their import.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import openpyxl
from PIL import Image

LABELS = ["normal", "pneumonia", "normal", "pneumonia", "normal", "normal"]


@dataclass(frozen=True)
class PublicTable:
    """A table: the files that it names, what to call its task, and what is right: roles, label by picture's number."""

    files: Sequence[str]
    write: Callable[[Path], Path]
    task: str
    roles: dict[str, str]
    labels: Sequence[str]
    patients: int
    facts: dict[str, str] = field(default_factory=dict)  # of the first picture

    def lay_out(self, folder: Path) -> tuple[Path, Path]:
        """Draw the pictures and write the table beside their folder; return both."""
        for number, name in enumerate(self.files):
            path = folder / "images" / name
            path.parent.mkdir(parents=True, exist_ok=True)
            Image.fromarray(np.full((8, 8), number, np.uint8)).save(path)
        return folder / "images", self.write(folder)


def text(name: str, lines: Sequence[str], encoding: str = "utf-8", ending: str = "\r\n") -> Callable[[Path], Path]:
    def write(folder: Path) -> Path:
        (folder / name).write_bytes((ending.join(lines) + ending).encode(encoding))
        return folder / name

    return write


def excel(folder: Path) -> Path:
    book = openpyxl.Workbook()
    sheet = book.active
    sheet.append(["Röntgenstudie 2021 – Auswertung"])
    sheet.merge_cells("A1:E1")
    sheet.append(["Klinik für Radiologie"])
    sheet.append([])
    sheet.append(["Bild", "Pat-Nr", "Diagnose", "Alter", "Größe in cm"])
    for number, label in enumerate(LABELS):
        sheet.append([f"bild {number}.png", 4700 + number // 2, label, 50 + number, 170.5 + number])
    book.save(folder / "auswertung.xlsx")
    return folder / "auswertung.xlsx"


FINDINGS = "No Finding,Enlarged Cardiomediastinum,Cardiomegaly,Lung Opacity,Edema"
BEFUNDE = ["unauffällig", "Erguss", "unauffällig", "Erguss", "unauffällig", "Erguss"]
DIAGNOSES = ["正常", "肺炎", "正常", "肺炎", "正常", "正常"]

TABLES = {
    "pacs_german": PublicTable(
        [f"IM{number:04}.png" for number in range(6)],
        text(
            "export.csv",
            [
                "PACS-Export;;;;;;;",
                "Zeitraum 01.01.2020 bis 31.12.2020;;;;;;;",
                "",
                "Patienten-ID;Name;Geburtsdatum;Untersuchungsdatum;Modalität;Bilddatei;Befund;Dosis (mGy)",
                *(
                    f"00{number // 2}1;Müller, Änne;1{number}.02.1950;{number + 1:02}.05.2020;DX;IM{number:04}.png;"
                    f"{befund};{number},25"
                    for number, befund in enumerate(BEFUNDE)
                ),
            ],
            "cp1252",
        ),
        "erguss",
        {
            "Patienten-ID": "patient",
            "Name": "leave_out",
            "Untersuchungsdatum": "date",
            "Modalität": "category",
            "Bilddatei": "file",
            "Befund": "label",
        },
        BEFUNDE,
        3,
        {"untersuchungsdatum": "2020-05-01", "dosis_(mgy)": "0.25", "modalität": "DX"},
    ),
    "redcap": PublicTable(
        [f"scan_{number}.png" for number in range(6)],
        text(
            "REDCap_DATA_2021.csv",
            [
                "record_id,redcap_event_name,image_file,age,sex,dx,cxr_complete",
                *(
                    f"{number // 2 + 1},baseline_arm_1,scan_{number}.png,{60 + number},{number % 2},{label},2"
                    for number, label in enumerate(LABELS)
                ),
            ],
        ),
        "dx",
        {"record_id": "patient", "image_file": "file", "age": "number", "sex": "category", "dx": "label"},
        LABELS,
        3,
        {"age": "60"},
    ),
    "nih": PublicTable(
        [f"0000000{number // 2 + 1}_00{number % 2}.png" for number in range(6)],
        text(
            "Data_Entry_2017.csv",
            [
                "Image Index,Finding Labels,Follow-up #,Patient ID,Patient Age,Patient Gender,View Position,"
                "OriginalImage[Width,Height],OriginalImagePixelSpacing[x,y],",
                *(
                    f"0000000{number // 2 + 1}_00{number % 2}.png,{label},{number % 2},{number // 2 + 1},5{number},M,"
                    f"PA,2682,2749,0.143,0.143,"
                    for number, label in enumerate(LABELS)
                ),
                *(
                    f"0000{number:04}_000.png,Mass,0,{number},40,F,AP,2500,2048,0.168,0.168,"
                    for number in range(500, 700)
                ),
            ],
            ending="\n",
        ),
        "finding",
        {"Image Index": "file", "Finding Labels": "label", "Patient ID": "patient", "Patient Age": "number"},
        LABELS,
        3,
        {"patient_age": "50", "view_position": "PA"},
    ),
    "chexpert": PublicTable(
        [
            f"CheXpert-v1.0-small/train/patient0000{number // 2 + 1}/study{number % 2 + 1}/view1_frontal.png"
            for number in range(6)
        ],
        text(
            "train.csv",
            [
                f"Path,Sex,Age,Frontal/Lateral,AP/PA,{FINDINGS}",
                *(
                    f"CheXpert-v1.0-small/train/patient0000{number // 2 + 1}/study{number % 2 + 1}/view1_frontal.png,"
                    f"Female,6{number},Frontal,AP,,,{label},,"
                    for number, label in enumerate(["1.0", "0.0", "-1.0", "", "1.0", "0.0"])
                ),
            ],
            ending="\n",
        ),
        "cardiomegaly",
        {"Path": "file", "Sex": "category", "Age": "number", "Cardiomegaly": "label"},
        ["1.0", "0.0", "-1.0", "", "1.0", "0.0"],
        6,
        {"age": "60", "sex": "Female"},
    ),
    "excel_titles": PublicTable(
        [f"bild {number}.png" for number in range(6)],
        excel,
        "diagnose",
        {"Bild": "file", "Pat-Nr": "patient", "Diagnose": "label", "Alter": "number", "Größe in cm": "number"},
        LABELS,
        3,
        {"alter": "50", "größe_in_cm": "170.5"},
    ),
    "isic": PublicTable(
        [f"ISIC_007{number:04}.png" for number in range(6)],
        text(
            "metadata.csv",
            [
                "isic_id,attribution,copyright_license,age_approx,anatom_site_general,benign_malignant,sex,lesion_id",
                *(
                    f"ISIC_007{number:04},Anonymous,CC-0,{45 + 5 * number},lower extremity,{label},female,IL_{number}"
                    for number, label in enumerate(["benign", "malignant", "benign", "benign", "malignant", ""])
                ),
            ],
            ending="\n",
        ),
        "benign_malignant",
        {"isic_id": "file", "benign_malignant": "label", "age_approx": "number"},
        ["benign", "malignant", "benign", "benign", "malignant", ""],
        6,
        {"age_approx": "45"},
    ),
    "rsna": PublicTable(
        [f"{number}00cc2b4-0e8f-4d4c-8e0b-5dd8a3ed2b{number}0.png" for number in range(6)],
        text(
            "stage_2_detailed_class_info.csv",
            [
                "patientId,class",
                *(
                    f"{number}00cc2b4-0e8f-4d4c-8e0b-5dd8a3ed2b{number}0,{label}"
                    for number, label in enumerate(LABELS)
                    for _ in range(1 + number % 2)
                ),
            ],
            ending="\n",
        ),
        "rsna",
        {"patientId": "file", "class": "label"},
        LABELS,
        6,
    ),
    "chinese_hospital": PublicTable(
        [f"{2021000 + number}.png" for number in range(6)],
        text(
            "导出.csv",
            [
                "影像号,患者ID,姓名,性别,年龄,检查日期,诊断结果",
                *(
                    f"{2021000 + number},{88001 + number // 2},王小{'东南西北中发'[number]},女,"
                    f"{30 + number},2021/3/{number + 1},{label}"
                    for number, label in enumerate(DIAGNOSES)
                ),
            ],
            "gb18030",
        ),
        "肺炎",
        {"影像号": "file", "患者ID": "patient", "年龄": "number", "检查日期": "date", "诊断结果": "label"},
        DIAGNOSES,
        3,
        {"检查日期": "2021-03-01", "年龄": "30"},
    ),
    "pandas": PublicTable(
        [f"x/{number}.png" for number in range(6)],
        text(
            "df.csv",
            [
                ",Unnamed: 0,filepath,subject,target,split,score",
                *(
                    f"{number},{number * 3},/home/anna/project/images/x/{number}.png,S{number // 2},{label},"
                    f"{'train' if number < 4 else 'test'},0.{number}5"
                    for number, label in enumerate(["True", "False", "NaN", "True", "False", "False"])
                ),
            ],
            ending="\n",
        ),
        "target",
        {"column 1": "leave_out", "filepath": "file", "subject": "patient", "target": "label", "split": "split"},
        ["True", "False", "", "True", "False", "False"],
        3,
        {"split": "train", "score": "0.05"},
    ),
}
