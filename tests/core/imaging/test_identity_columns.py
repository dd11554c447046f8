"""Columns that identify patients are found by title in seven languages and by content; harmless ones stay."""

import random
import time

import pytest

from core.imaging.identity.check_digits import NUMBERS, kind_of_number
from core.imaging.identity.columns import identity_reason

TITLES = {
    "English": """name|Patient Name|PatientName|patients_name|patient_id|PatientID|MRN|birth_date|BirthDate|DOB
        |date of birth|Address|phone|e-mail|E-Mail Address|Accession Number|AccessionNumber|SSN|last name
        |LastName|given_name|patient|referring_physician|ReferringPhysicianName|zip|ZIP code|zipcode|street
        |insurance_no|passport|initials|surname|mobile|Patient's Name|patient.name|pat_id|PAT ID
        |medical record number|NHS number|postcode|id_number|maiden name|next of kin|PATIENT_BIRTH_DATE
        |Requesting Physician|operator physician""",
    "German": """Nachname|nachname|Vorname|VORNAME|Versichertennr|versichertennr|Versicherten-Nr.|Geburtsdatum
        |Geb.-Datum|geb_dat|Anschrift|Adresse|PLZ|plz|Telefon|Tel.-Nr.|Überweiser|ueberweiser|Ueberweiser
        |Patientennummer|Patienten-Nr|Pat.-Nr.|Fallnummer|Straße|strasse|Hausnummer|Wohnort|E-Mail
        |Krankenversichertennummer|Name|Patientenname|Patient Name|Geburtsname|Handy|KVNR|Hausarzt
        |Familienname|Postleitzahl|Name des Patienten|Geburtstag""",
    "French": """nom|Nom|Prénom|prenom|PRENOM|Date de naissance|date_naissance|DateNaissance|Adresse|Code postal
        |code_postal|téléphone|Téléphone|courriel|NIR|N° sécurité sociale|médecin|nom du patient
        |Nom de famille|nom_naissance|médecin prescripteur|IPP""",
    "Spanish": """nombre|Nombre|apellido|Apellidos|primer_apellido|Fecha de nacimiento|fecha_nacimiento
        |fechaNacimiento|DNI|dni|NIE|NIF|dirección|Direccion|código postal|teléfono|Telefono|correo
        |correo electrónico|nombre del paciente|historia clínica|médico""",
    "Chinese": """姓名|患者姓名|病历号|病案号|住院号|门诊号|身份证号|身份证|电话|联系电话|手机号|住址|地址|家庭住址
        |出生日期|出生年月|医保号|患者编号|邮编|申请医生""",
    "Japanese": """氏名|患者氏名|患者名|名前|フリガナ|生年月日|住所|電話番号|電話|郵便番号|患者ID|患者番号|カルテ番号
        |保険証番号|主治医|メールアドレス|依頼医""",
    "Korean": """이름|성명|환자명|환자 이름|주민등록번호|주민번호|생년월일|주소|전화번호|전화|휴대폰|연락처|등록번호
        |환자번호|우편번호|이메일|주치의""",
}


@pytest.mark.parametrize("language", TITLES)
def test_titles_in_seven_languages_and_any_spelling(language: str):
    titles = [title.strip() for title in TITLES[language].split("|")]
    assert not [
        (title, form)
        for title in titles
        for form in {title, title.upper(), title.lower(), title.replace(" ", "_"), title.replace(" ", ""), f" {title} "}
        if identity_reason(form, []) is None
    ]


RANDOM = random.Random(0)


def some(*words: str, rows: int = 60) -> list[str]:
    return [RANDOM.choice(words) for _ in range(rows)]


def numbered(form: str, rows: int = 60, *, of: int = 10**6) -> list[str]:
    return [form.format(RANDOM.randrange(of)) for _ in range(rows)]


def days(first: int, last: int, form: str, rows: int = 60) -> list[str]:
    return [
        form.format(y=RANDOM.randint(first, last), m=RANDOM.randint(1, 12), d=RANDOM.randint(1, 28))
        for _ in range(rows)
    ]


def hashes(rows: int = 60) -> list[str]:
    return ["-".join(f"{RANDOM.getrandbits(32):08x}" for _ in range(5)) for _ in range(rows)]


UID = "1.3.6.1.4.1.14519.5.2.1.6279.6001.{:030d}"
FINDINGS = [
    "Atelectasis",
    "Cardiomegaly",
    "Effusion",
    "Infiltration",
    "Mass",
    "Nodule",
    "Pneumonia",
    "Pneumothorax",
    "Consolidation",
    "Edema",
    "Emphysema",
    "Fibrosis",
    "Pleural Thickening",
    "Hernia",
    "No Finding",
    "Lung Opacity",
    "Lung Lesion",
    "Support Devices",
    "Pleural Other",
]
HARMLESS = {
    # ChestX-ray14
    "Image Index": numbered("{:08d}_000.png"),
    "Finding Labels": ["|".join(RANDOM.sample(FINDINGS, RANDOM.randint(1, 3))) for _ in range(60)],
    "Follow-up #": numbered("{}", of=20),
    "Patient Age": numbered("{:03d}Y", of=90),
    "Patient Gender": some("M", "F"),
    "View Position": some("PA", "AP"),
    "OriginalImage[Width": numbered("{}", of=3000),
    "OriginalImagePixelSpacing[x": some("0.143", "0.168", "0.194"),
    # CheXpert
    "Path": numbered("CheXpert-v1.0-small/train/patient{:05d}/study1/view1_frontal.jpg"),
    "Sex": some("Male", "Female", "Unknown"),
    "Age": numbered("{}", of=90),
    "Frontal/Lateral": some("Frontal", "Lateral"),
    "AP/PA": some("AP", "PA", ""),
    "Enlarged Cardiomediastinum": some("1.0", "0.0", "-1.0", ""),
    "No Finding": some("1.0", ""),
    # MIMIC-CXR
    "dicom_id": hashes(),
    "study_id": numbered("5{:07d}", of=10**7),
    "PerformedProcedureStepDescription": some(
        "CHEST (PA AND LAT)", "CHEST (PORTABLE AP)", "DX CHEST PORT LINE/TUBE PLCMT 1 EXAM"
    ),
    "ViewPosition": some("PA", "AP", "LATERAL", "LL"),
    "StudyDate": days(2110, 2202, "{y}{m:02}{d:02}"),
    "StudyTime": numbered("{:06d}.312", of=235959),
    "ProcedureCodeSequence_CodeMeaning": some("CHEST (PA AND LAT)", "CHEST (SINGLE VIEW)"),
    "ViewCodeSequence_CodeMeaning": some("postero-anterior", "antero-posterior", "lateral", "left lateral"),
    "PatientOrientationCodeSequence_CodeMeaning": some("Erect", "Recumbent"),
    # RSNA
    "SOPInstanceUID": [UID.format(RANDOM.getrandbits(90)) for _ in range(60)],
    "Target": some("0", "1"),
    "class": some("Lung Opacity", "No Lung Opacity / Not Normal", "Normal"),
    "width": numbered("{}.0", of=900),
    "site_id": some("1", "2"),
    "machine_id": numbered("{}", of=300),
    "difficult_negative_case": some("True", "False"),
    # ISIC
    "image_name": numbered("ISIC_{:07d}"),
    "age_approx": some("45.0", "50.0", "70.0", ""),
    "anatom_site_general_challenge": some("torso", "lower extremity", "upper extremity", "head/neck", "palms/soles"),
    "diagnosis": some("nevus", "melanoma", "seborrheic keratosis", "lentigo NOS", "lichenoid keratosis", "unknown"),
    "benign_malignant": some("benign", "malignant"),
    "lesion_id": numbered("IL_{:07d}"),
    "attribution": some("Hospital Clínic de Barcelona", "Memorial Sloan Kettering Cancer Center"),
    "copyright_license": some("CC-BY", "CC-0"),
    # VinDr
    "series_id": [f"{RANDOM.getrandbits(128):032x}" for _ in range(60)],
    "laterality": some("L", "R"),
    "breast_birads": some("BI-RADS 1", "BI-RADS 2", "BI-RADS 5"),
    "breast_density": some("DENSITY A", "DENSITY B", "DENSITY C"),
    "finding_categories": some("['Mass']", "['Suspicious Calcification', 'Mass']", "['No Finding']"),
    "rad_id": some("R8", "R9", "R10"),
    "class_name": some("Aortic enlargement", "Pleural thickening", "No finding"),
    # NLST
    "pid": numbered("{}", of=220000),
    "race": some("1", "2", "99"),
    "cigsmok": some("0", "1"),
    "scr_days0": numbered("{}", of=300),
    "de_stag": some("110", "210", ""),
    # TCIA
    "Collection": some("NSCLC-Radiomics", "LIDC-IDRI"),
    "Data Description URI": some(
        "https://doi.org/10.7937/K9/TCIA.2015.PF0M9REI", "https://doi.org/10.7937/K9/TCIA.2015.LO9QL9SX"
    ),
    "Study Date": days(1999, 2015, "{m:02}-{d:02}-{y}"),
    "Series Description": some("CT WB 5.0 B30f", "Chest 3.0 B50f", "Segmentation", ""),
    "Manufacturer": some("SIEMENS", "GE MEDICAL SYSTEMS", "Philips", "TOSHIBA"),
    "ManufacturerModelName": some("LightSpeed VCT", "Sensation 16", "Brilliance 16P", "Discovery CT750 HD"),
    "SOP Class Name": some("CT Image Storage", "RT Structure Set Storage"),
    "File Size": some("57.8 MB", "12.1 MB"),
    "File Location": numbered(".\\NSCLC-Radiomics\\LUNG1-{:03d}\\01-01-2014-NA-NA-00001\\0.000000-NA-82046", of=422),
    "Download Timestamp": days(2020, 2023, "{y}-{m:02}-{d:02}T10:22:33.123"),
    "Subject ID": numbered("LUNG1-{:03d}", of=422),
    # BraTS
    "Grade": some("HGG", "LGG"),
    "BraTS_2020_subject_ID": numbered("BraTS20_Training_{:03d}", of=370),
    "TCGA_TCIA_subject_ID": numbered("TCGA-06-{:04d}", of=9999),
    "Survival_days": numbered("{}", of=1500),
    "Extent_of_Resection": some("GTR", "STR", "NA"),
    # LIDC, ADNI, OASIS, PadChest
    "InstanceNumber": numbered("{}", of=300),
    "subtlety": some("1", "5"),
    "malignancy": some("1", "2", "3"),
    "VISCODE": some("bl", "m06", "m12"),
    "EXAMDATE": days(2005, 2019, "{y}-{m:02}-{d:02}"),
    "PTETHCAT": some("Not Hisp/Latino", "Hisp/Latino"),
    "Hand": some("R"),
    "StudyDate_DICOM": days(2007, 2017, "{y}{m:02}{d:02}"),
    "ReportID": numbered("{}", of=10**7),
    "Projection": some("PA", "L", "AP_horizontal", "COSTAL"),
    "MethodLabel": some("Physician", "RNN_model"),
    "birth_weight": numbered("{}", of=4000),
    "birth_trauma": some("0", "1"),
    "portable": some("0", "1"),
    "mobile_xray": some("0", "1"),
    "filename": numbered("cxr/{:05d}.dcm"),
    "label_name": some("cat", "dog"),
    "record_id": numbered("{}", of=500),
    "文件名": numbered("{}.png"),
    "检查部位": some("胸部", "腹部"),
    "性别": some("男", "女"),
    "年龄": numbered("{}", of=90),
    "性別": some("男", "女"),
    "検査日": days(2015, 2020, "{y}/{m}/{d}"),
    "검사일": days(2015, 2020, "{y}-{m:02}-{d:02}"),
    "성별": some("남", "여"),
    "Befund": some("unauffällig", "Pneumonie", "Erguss"),
    "Geschlecht": some("m", "w"),
    "Untersuchungsdatum": days(2015, 2023, "{d:02}.{m:02}.{y}"),
}


@pytest.mark.parametrize("title", HARMLESS)
def test_columns_of_public_tables_stay(title: str):
    assert identity_reason(title, HARMLESS[title]) is None


def test_there_are_enough_of_them():
    assert len(HARMLESS) > 60


@pytest.mark.parametrize(
    ("values", "reason"),
    [
        (days(1925, 2005, "{y}-{m:02}-{d:02}"), "dates of birth"),
        (days(1925, 2005, "{d:02}.{m:02}.{y}"), "dates of birth"),
        (days(1925, 2005, "{y}{m:02}{d:02}"), "dates of birth"),
        (days(1925, 2005, "{y}年{m}月{d}日"), "dates of birth"),
        (["昭和36年3月17日", "昭和20年1月2日"], "dates of birth"),
        (["17.03.61", "02.11.43"], "dates of birth"),
        (["1943-02-17", "1961-03-17 00:00:00", ""], "dates of birth"),
        (["A123456780", "A123456780"], "insured or identity numbers, by their form and check digit"),
        (["11010519491231002X"], "insured or identity numbers, by their form and check digit"),
        (["12345678Z", "X1234567L"], "insured or identity numbers, by their form and check digit"),
        (["255081416802538"], "insured or identity numbers, by their form and check digit"),
        (["610317-2345678", "850101-1234567"], "insured or identity numbers, by their form and check digit"),
        (["756.9217.0769.85"], "insured or identity numbers, by their form and check digit"),
        (["anna@example.org", "b.mueller@uni-klinik.example"], "e-mail addresses"),
        (["+49 511 1234567", "0511/123456"], "phone numbers"),
        (["13800138000", "13912345678"], "phone numbers"),
        (["010-1234-5678"], "phone numbers"),
        (["03-1234-5678"], "phone numbers"),
        (["(617) 555-0123", "617-555-0124"], "phone numbers"),
        (["Hauptstr. 5, 30159 Hannover", "Am Weg 3"], "postal addresses"),
        (["12 Main Street", "7 Old Mill Rd"], "postal addresses"),
        (["12, rue de la Paix"], "postal addresses"),
        (["Calle Mayor 12"], "postal addresses"),
        (["北京市海淀区中关村大街27号"], "postal addresses"),
        (["東京都新宿区西新宿2丁目8-1"], "postal addresses"),
        (["서울특별시 강남구 테헤란로 152"], "postal addresses"),
        (["Mueller_Anna.png", "Schulze_Otto.png"], "file names that may name a person"),
        (
            [
                "Müller, Anna",
                "Otto Schulze",
                "Lefèvre Zoé",
                "Ivan Petrow",
                "Ng Bo",
                "O'Brien, Pat",
                "Ada Kos",
                "Eva Roy",
            ],
            "what looks like names of persons",
        ),
        (["王小东", "李伟", "张秀英", "欧阳丽", "陈建国", "刘洋", "赵敏", "黄磊"], "what looks like names of persons"),
        (
            [f"seen with {''.join(RANDOM.choices('abcdefgh', k=9))}, better than before" for _ in range(30)],
            "nearly every row is different text",
        ),
    ],
)
def test_contents_without_a_title(values: list[str], reason: str):
    assert identity_reason("column 3", values) == reason


@pytest.mark.parametrize(
    "number", ["A123456781", "110105194912310021", "12345678A", "255081416802539", "619917-2345678", "756.9217.0769.84"]
)
def test_a_wrong_check_digit_or_date_is_no_number_of_a_person(number: str):
    assert kind_of_number(number) == ""


def test_every_kind_of_number_says_its_country():
    assert all(kind[0].isupper() for kind in NUMBERS)


@pytest.mark.parametrize("part", ["a", "1", "a ", "1 ", "+1", "calle ", "1. ", "@", "a.", "0-", "市", "(1"])
def test_a_cell_of_any_form_costs_little(part: str):
    started = time.process_time()
    for ending in ("", "z", "!", "9"):
        identity_reason("column", [part * (5000 // len(part)) + ending] * 20)
    assert time.process_time() - started < 2
