"""A table of a million rows beside a thousand files takes seconds and little memory: only rows with a file are held."""

import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

FILES, ROWS = 1_000, 1_000_000
HEADER = "Image Index,Finding Labels,Follow-up #,Patient ID,Patient Age,Patient Gender,View Position,Study Date\n"


def row(number: int) -> str:
    label = ("No Finding", "Effusion", "Mass")[number % 3]
    return (
        f"{number:08}_000.png,{label},{number % 7},{number // 3},{20 + number % 70},F,PA,2019-05-{1 + number % 28:02}\n"
    )


@pytest.fixture
def laid_out(tmp_path: Path) -> Path:
    (tmp_path / "in").mkdir()
    for number in range(FILES):
        pixels = np.full((8, 8), number // 250, np.uint8)
        pixels[0, 0] = number % 250
        Image.fromarray(pixels).save(tmp_path / "in" / f"{number * 997:08}_000.png")
    with (tmp_path / "big.csv").open("w") as file:
        file.write(HEADER)
        file.writelines(map(row, range(ROWS)))
    return tmp_path


@pytest.mark.slow
def test_a_million_rows_beside_a_thousand_files(laid_out: Path):
    code = (
        "import resource, sys\n"
        "from core.__main__ import main\n"
        "code = main(sys.argv[1:])\n"
        "used = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]\n"
        "status = open('/proc/self/status').read()  # ru_maxrss would be that of the parent, if it is larger\n"
        "most = int(status.split('VmHWM:')[1].split()[0]) / 1024\n"
        "print(sum(one.ru_utime + one.ru_stime for one in used), most, file=sys.stderr)\n"
        "sys.exit(code)\n"
    )
    options = ["--metadata", laid_out / "big.csv", "--task", "finding", "--json"]
    argv = [sys.executable, "-c", code, "--home", laid_out / "home", "import", laid_out / "in", *options]
    done = subprocess.run(list(map(str, argv)), capture_output=True, text=True, check=True)
    report = json.loads(done.stdout)
    assert (report["imported"], report["labelled"], report["missing_count"]) == (FILES, FILES, ROWS - FILES)
    assert len(report["missing"]) == 200
    assert report["table"]["labels"] == {"No Finding": 334, "Effusion": 333, "Mass": 333}
    cpu_s, memory_mb = map(float, done.stderr.split()[-2:])
    print(f"{cpu_s:.1f} CPU-seconds, {memory_mb:.0f} MB")
    assert memory_mb < 500
    assert cpu_s < 60  # 20 s on a free core; a core that others use counts more
