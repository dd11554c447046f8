"""Say what the title of a column means: words in English, German, French, Spanish, Chinese, Japanese and Korean."""

import re
import unicodedata
from enum import StrEnum


class Role(StrEnum):
    """What a column of a table is for."""

    FILE = "file"
    PATIENT = "patient"
    STUDY = "study"
    LABEL = "label"
    SPLIT = "split"
    NUMBER = "number"
    DATE = "date"
    CATEGORY = "category"
    TEXT = "text"
    LEAVE_OUT = "leave_out"


# Whole titles, without blanks, accents and signs.
WHOLE = {
    Role.FILE: """
        file filename filepath files path imagepath imagefile image images imageid imageindex imagename img imgid
        imgname imgpath dicom dicomfile dcm picture photo datei dateiname dateipfad pfad bild bilddatei bildname
        bildnummer aufnahme fichier nomfichier nomdufichier chemin nomimage cliche archivo fichero nombrearchivo
        nombredearchivo ruta imagen nombreimagen sopinstanceuid sha256 isicid caseid case identifier scan
        """,
    Role.PATIENT: """
        patient patientid patientsid patid patno patnr patientno patientnumber patientnr patientkey ptid subject
        subjectid subjectkey participant participantid person personid mrn recordid studysubjectid pid patienten
        patientenid patientennr patientennummer patientin fallpatient idpatient nopatient numeropatient sujet paciente
        idpaciente pacienteid numeropaciente nhc historiaclinica
        """,
    Role.STUDY: """
        study studyid studyinstanceuid studyuid exam examid examination accession accessionnumber accessionno visit
        visitid untersuchung untersuchungsid untersuchungsnummer untersuchungsnr auftragsnummer studie etude examen
        idexamen estudio idestudio
        """,
    Role.LABEL: """
        label labels class classes diagnosis dx finding findings findinglabels findinglabel target targets pathology
        groundtruth gt truth outcome category abnormal abnormality annotation befund befunde diagnose diagnosen
        hauptdiagnose klasse etikett beurteilung etiquette classe diagnostic pathologie resultat etiqueta clase
        diagnostico hallazgo hallazgos patologia resultado benignmalignant impression birads density tumor tumour
        """,
    Role.SPLIT: """
        split splits fold subset partition set usage dataset traintest phase aufteilung datensatz ensemble jeu
        particion conjunto
        """,
    Role.NUMBER: """
        age patientage ageyears weight height bmi dose volume score size alter patientenalter gewicht grosse poids
        taille edad peso talla kvp exposure thickness
        """,
    Role.DATE: """
        date datetime studydate scandate examdate acquisitiondate datum untersuchungsdatum aufnahmedatum studiendatum
        dateexamen fecha fechaestudio
        """,
    Role.CATEGORY: """
        sex gender patientsex patientgender view viewposition position side laterality site hospital scanner modality
        manufacturer bodypart projection geschlecht ansicht seite modalitat standort klinik sexe genre vue cote genero
        sexo vista lado frontallateral appa race ethnicity
        """,
    Role.TEXT: """
        comment comments remark remarks report note notes description bemerkung kommentar notiz remarque comentario
        """,
}
# Parts of a title, of the scripts that put no blanks between words; the first that fits counts.
PARTS = {
    Role.DATE: "日期 日付 検査日 날짜 일자 检查时间",
    Role.NUMBER: "年龄 年齡 年齢 나이 연령 体重 身高 몸무게",
    Role.CATEGORY: "性别 性別 성별 体位 部位 设备 医院 撮影方向 病院",
    Role.LABEL: "标签 標籤 标注 诊断 診斷 診断 类别 類別 所見 分類 结论 ラベル 라벨 레이블 진단 분류 판독",
    Role.SPLIT: "数据集 划分 データ分割 데이터셋",
    Role.TEXT: "备注 備註 備考 描述 报告 コメント 비고 소견 姓名 氏名 성명 이름",
    Role.FILE: "文件 檔案 檔名 图像 图片 影像 圖像 图象 ファイル 画像 파일 영상 이미지",
    Role.STUDY: "检查号 檢查號 检查编号 検査番号 検査id 検査 검사",
    Role.PATIENT: "患者 病人 病历号 病歷號 住院号 门诊号 환자",
}
TITLES = {title: role for role, words in WHOLE.items() for title in words.split()}
PIECES = [(piece, role) for role, words in PARTS.items() for piece in words.split()]
ROW_NUMBERS = frozenset(
    """
    id index idx nr no number nummer num row rowid lfdnr item key code 序号 编号 番号 번호
    """.split()  # noqa: SIM905
)


def role_of_title(title: str) -> Role | None:
    """Return the role that a title names, None where it names none; a word of it is enough for numbers and dates.

    >>> role_of_title("Image Index"), role_of_title("Patienten-ID"), role_of_title("患者ID"), role_of_title("x")
    (<Role.FILE: 'file'>, <Role.PATIENT: 'patient'>, <Role.PATIENT: 'patient'>, None)
    """
    plain = plain_title(title)
    if plain in TITLES:
        return TITLES[plain]
    words = [TITLES.get(plain_title(word)) for word in re.split(r"[\W_]+", title)]
    measured = next((role for role in words if role in (Role.NUMBER, Role.DATE)), None)
    return next((role for piece, role in PIECES if piece in plain), measured)


def plain_title(title: str) -> str:
    """Return a title in small letters, without blanks, accents and signs.

    >>> plain_title("Größe (cm)"), plain_title("Patient_ID ")
    ('grossecm', 'patientid')
    """
    wide = unicodedata.normalize("NFKD", unicodedata.normalize("NFKC", title)).casefold()
    letters = "".join(letter for letter in wide if not unicodedata.combining(letter))
    return re.sub(r"[\W_]+", "", unicodedata.normalize("NFC", letters))
