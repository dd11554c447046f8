"""What looks like a person or a date in names of files is found in any script; harmless words stay."""

import re
import time
from pathlib import Path

import pytest

from core.imaging.deidentify import MASK
from core.imaging.identity.name_findings import find, hide, keyed
from tests.core.imaging.test_name_masking import WAYS, people, readable, spellings

KEY = b"k" * 32
# Words of file and folder names of public data sets, as their users know them.
WORDS = """
NIH ChestX-ray14 images CheXpert-v1.0-small CheXpert train valid patient00001 study1 view1_frontal view2_lateral
mimic-cxr-jpg files p10 p10000032 s50414267 RSNA stage_2_train_images stage_2_test_images siim-acr-pneumothorax
dicom-images-train ISIC_0024306 ISIC2018_Task3_Training_Input HAM10000_images_part_1 VinDr-CXR vinbigdata VinDr-Mammo
BraTS19_CBICA_AAB_1_flair BraTS2021_00000_t1ce BraTS20_Training_001_seg TCIA_LGG_101 HGG LGG NLST NSCLC-Radiomics
LUNG1-001 LIDC-IDRI-0001 TCGA-02-0001 CPTAC R01-001 AMC-001 C3L-00016 Pancreas-CT PANCREAS_0001 label0001 sub-01
ses-02 sub-01_ses-02_T1w sub-01_task-rest_bold anat func dwi OAS1_0001_MR1_mpr-1_anon OAS30001 ADNI_002_S_0295_MR
IXI002-Guys-0828-T1 hippocampus_001 Task09_Spleen imagesTr labelsTr imagesTs spleen_10 liver_0 volume-10
segmentation-10 case_00001 imaging BDMAP_00000001 ct_train_1001_image mr_train_1001_label s0011 totalsegmentator
amos_0001 CHAOS Train_Sets T1DUAL InPhase OutPhase DICOM_anon Ground mdb001 INbreast CBIS-DDSM
Mass-Training_P_00001_LEFT_CC Calc-Test_P_00038_RIGHT_MLO_1 benign malignant normal DDSM MURA-v1.1 XR_ELBOW XR_FINGER
XR_FOREARM XR_HAND XR_HUMERUS XR_SHOULDER XR_WRIST study1_positive study1_negative image1 COVID-19_Radiography_Dataset
COVID Lung_Opacity Normal Viral Pneumonia person1_virus_6 person100_bacteria_475 IM-0115-0001 NORMAL2-IM-0272-0001
PNEUMONIA BACTERIA VIRUS chest_xray test val MCUCXR_0001_0 CHNCXR_0001_0 CXR_png ManualMask leftMask rightMask
ClinicalReadings Shenzhen CXR1_1_IM-0001-3001 ecgen-radiology NLMCXR_png openi JSRT JPCLN001 JPCNN001 scratch
landmarks PadChest images_224 BIMCV-COVID19 sub-S03047_ses-E07985 acq-1 run-2 bp-chest vp-pa_cr kvasir
cju0qkwl35piu0993l0dewei2 polyps dyed-lifted-polyps dyed-resection-margins esophagitis normal-cecum normal-pylorus
normal-z-line ulcerative-colitis CVC-ClinicDB Original Camelyon16 tumor_001 normal_001 Camelyon17 center_0
patient_004_node_4 PCam PANDA train_images BreaKHis SOB_B_A-14-22549AB-40-001 ductal_carcinoma lobular_carcinoma
mucinous_carcinoma papillary_carcinoma adenosis fibroadenoma phyllodes_tumor tubular_adenoma 40X 100X 200X 400X
LC25000 lung_aca lung_n lung_scc colon_aca colon_n Messidor IDRiD_01 IDRiD_001_OD APTOS2019 eyepacs 10_left 10_right
DRIVE 21_training 21_manual1 STARE im0001 CHASEDB1 Image_01L Image_01L_1stHO REFUGE g0001 n0001 V0001 ODIR-5K 0_left
OCT2017 CNV DME DRUSEN CNV-1016042-1 Kermany AMD AREDS cataract glaucoma diabetic_retinopathy fundus macula OD OS
kneeKL224 9003175L OAI MOST kl_grade 9001695R KneeXray osteoarthritis hip_left pelvis_ap Spine1K verse004
sub-verse004_ct dir-iso_ct CTSpine1K CT-ORG RibFrac1-image RibFrac1-label CQ500-CT-0 Unknown_Study CT_Thin_Plain
CT_4cc_sec_CT_Thin_Plain CT_5mm hemorrhage ID_000012eaf epidural subdural intraventricular subarachnoid
intraparenchymal any brain_window bone_window yes no pituitary_tumor meningioma_tumor glioma_tumor no_tumor Te-gl_0010
Tr-me_0010 MildDemented ModerateDemented NonDemented VeryMildDemented AP PA LAT LL RL LAO RAO CC MLO ML LMO XCCL
frontal lateral oblique axial coronal sagittal left right bilateral upright supine prone decubitus portable T1 T2
FLAIR DWI ADC SWI STIR DIXON T1_GD T2_FS PD MPRAGE SPGR CT CTA CTPA CBCT MR MRI US DX CR MG XA NM PET PT SUV chest
thorax lung heart abdomen pelvis knee hip shoulder elbow wrist hand foot ankle spine cervical lumbar skull brain head
neck breast liver spleen kidney pancreas prostate bladder uterus colon stomach aorta rib clavicle scapula humerus
radius ulna femur tibia fibula patella finger thumb toe tooth jaw orbit sinus IMG_20190312_104455 DSC_0001 DSCN1234
DSCF0001 PXL_20210101_101010101 P1010001 IMG-20190312-WA0001 Screenshot_2021-03-04-10-11-12 scan0001 Scan_001
image-000001 frame_0001 slice_012 series-00001 EE000001 I0000001 IM000001 000001 00000001_000 1-001
1.3.6.1.4.1.14519.5.2.1.6279.6001.298806137288633453246975630178 d90522dc9af694a64347b2f69507a0e3b0e60ef2
02aa804e-bde0afdd-b112b34f-16870af5-d066a2cf 0004cfab-14fd-4e49-80ba-63a80b6bddd6 site_a site_b north south hospital_1
scanner-2 center3 vendor_A batch_02 fold0 split1 part_3 v2 final backup copy export new_folder untitled mask masks
label labels seg segmentation prediction heatmap overlay annotated cropped resized normalized augmented flipped
rotated original processed raw
""".split()  # noqa: SIM905


def test_at_most_two_percent_of_harmless_names_are_masked():
    assert len(WORDS) >= 300
    masked = [word for word in WORDS if hide(f"{word}.png", lambda _: MASK) != f"{word}.png"]
    assert len(masked) <= 0.02 * len(WORDS), masked


def test_at_most_two_percent_of_the_real_files_are_masked(data_dir: Path):
    names = [path.relative_to(data_dir).as_posix() for path in data_dir.rglob("*") if path.is_file()]
    masked = [name for name in names if find(name) and "B13" not in name]
    assert len(names) > 1000
    assert len(masked) <= 0.02 * len(names), masked[:40]


@pytest.mark.parametrize("way", WAYS)
def test_four_hundred_people_whom_no_header_names_are_found(way: str):
    texts = [
        (text, family, given)
        for family, given in people()
        for text in spellings(way.format(family=family, given=given))
    ]
    stored = [(keyed(text, KEY), family, given) for text, family, given in texts]
    assert len(texts) > 400
    assert not [one for one in stored if readable(one[0], one[1]) or readable(one[0], one[2])]


@pytest.mark.parametrize(
    ("name", "hidden"),
    [
        ("Mueller_Anna_19610317.png", "…_…_….png"),
        ("王小东_胸片.dcm", "…_胸片.dcm"),
        ("홍길동/1.png", "…/1.png"),
        ("山田太郎胸部.png", "…胸部.png"),
        ("春梅Cao.png", "…….png"),
        ("LiBo_pa.dcm", "…_pa.dcm"),
        ("WangXiaoDong.dcm", "….dcm"),
        ("O'Brien_Patrick_left.png", "…'…_…_left.png"),
        ("Brown_Anna.png", "…_….png"),  # a colour, but not beside a name
        ("brown_blood.png", "brown_blood.png"),
        ("अनिता_शर्मा_pa.png", "…_…_pa.png"),
        ("สมชาย.png", "….png"),
        ("chest/19610317.png", "chest/….png"),
        ("scan_17.03.1961.png", "scan_….png"),
        ("mueller_170361.png", "…_….png"),
        ("scan_170361.png", "scan_170361.png"),  # six digits alone are no date
        ("昭和36年3月17日.png", "….png"),
        ("IMG_20190312_104455.jpg", "IMG_20190312_104455.jpg"),  # when a picture was taken
        ("A123456780.png", "….png"),  # an insured number, by its check digit
        ("A123456781.png", "A123456781.png"),
        ("93fd0adb.png", "93fd0adb.png"),  # a hash
        ("ada19610317.png", "…….png"),
        ("110105194912310029.png", "110105194912310029.png"),
        ("11010519491231002X.png", "….png"),
        ("1.2.392.200036.9116.2.5.1937.2429823676.dcm", "1.2.392.200036.9116.2.5.1937.2429823676.dcm"),
        ("19610317a3b4c5d6e7f80912.png", "19610317a3b4c5d6e7f80912.png"),
    ],
)
def test_persons_dates_and_numbers_are_found_and_no_more(name: str, hidden: str):
    assert hide(name, lambda _: MASK) == hidden


def test_equal_words_have_equal_codes_and_homes_differ():
    first, second = (keyed(name, KEY) for name in ("Mueller_Anna/1.png", "anna mueller.png"))
    family, given = first.split("/")[0].split("_")
    assert second == f"{given} {family}.png"
    assert re.fullmatch(r"(?:[a-z]\d){4}", family)
    assert keyed("Mueller.png", b"o" * 32) != keyed("Mueller.png", KEY)


def test_a_code_is_no_finding():
    codes = [keyed(f"{name}.png", KEY) for name, _ in people()]
    assert [keyed(code, KEY) for code in codes] == codes


def test_a_harmless_name_costs_less_than_a_tenth_of_a_millisecond():
    find("warm up")
    names = ["patient00001/study1/view1_frontal.jpg", "p00.png", "p10/s50414267/02aa804e-bde0afdd-b112b34f.jpg"] * 100
    started = time.process_time()
    for name in names:
        find(name)
    assert (time.process_time() - started) / len(names) < 1e-4


@pytest.mark.parametrize("part", ["a", "1", "a1", "ab12", "a-", "0f-", "王", "1.", "Aa", "o'", "19610317", "é"])
def test_a_name_of_any_form_costs_little(part: str):
    started = time.process_time()
    for ending in ("", "z", "_", "Z9", "."):
        find(part * (255 // len(part)) + ending)
    assert time.process_time() - started < 0.5
