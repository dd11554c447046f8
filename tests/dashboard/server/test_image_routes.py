"""Large frames: a preview of stored values, the whole in chunks, and memory that does not grow with the readers."""

import threading
import urllib.request
from concurrent.futures import ThreadPoolExecutor
from http.cookiejar import CookieJar

import numpy as np
import psutil
import pytest
from PIL import Image

from core.services.images import images
from core.settings import Settings
from dashboard.server import serializers
from dashboard.server.signed_urls import Signer
from tests.core.services.images.stack_files import write

ROWS, COLUMNS = 3000, 2500
READERS = 8
MB = 1 << 20


@pytest.fixture(scope="module")
def film() -> np.ndarray:
    return np.random.default_rng(0).integers(0, 65535, (ROWS, COLUMNS), dtype=np.uint16)


@pytest.fixture
def large(db, film, tmp_path):
    """The id of a picture of 3000 × 2500, beside the small ones."""
    from core.services.imports import import_files, import_request

    (tmp_path / "large").mkdir()
    Image.fromarray(film).save(tmp_path / "large" / "film.png", compress_level=1)
    for _ in import_files.run(db, db.settings, import_request.ImportRequest(tmp_path / "large"), by="tester"):
        pass
    return 3


def test_a_large_frame_goes_out_whole(client, signed, large, film):
    got = client.get(signed(f"/api/pixels/{large}/0"), headers={"Accept-Encoding": "gzip"})
    assert got.content == film.tobytes()
    assert got.headers["content-length"] == str(film.nbytes)
    assert got.headers["content-encoding"] == "identity"


def test_a_preview_holds_stored_values(client, signed, large, film):
    got = client.get(signed(f"/api/preview/{large}/0"))
    assert got.headers["x-step"] == "3"
    assert got.headers["content-encoding"] == "identity"
    small = np.frombuffer(got.content, np.uint16).reshape(1000, -(-COLUMNS // 3))
    assert np.array_equal(small[:, :-1], film[1::3, 1::3])
    assert np.array_equal(small[:, -1], film[1::3, -1])  # the last block is one column wide


def test_only_large_frames_say_where_their_preview_is(client, signed, signer, db, large, task):
    shown = {one.id: serializers.image(one, signer, "s") for one in images.page(db, images.Filter())}
    assert [list(one["previews"]) if "previews" in one else None for one in shown.values()][:2] == [None, None]
    assert len(shown[large]["previews"]) == 1
    case = client.get(signed("/api/queue", task=task.id, only="all") + "&limit=50").json()["cases"][-1]
    got = client.get(case["images"][0]["previews"][0])
    assert (got.status_code, got.headers["x-step"]) == (200, "3")
    assert client.get(case["companions"]).json() == {"stacks": []}


@pytest.mark.parametrize(
    "path", ["/api/preview/1/9", "/api/preview/99/0", "/api/companions/99", "/api/siblings/99", "/api/stack/99"]
)
def test_what_is_not_there_is_a_sentence(client, signed, path):
    got = client.get(signed(path))
    assert got.status_code == 404
    assert got.json()["error"].endswith(".")


@pytest.mark.parametrize("kind", ["pixels", "preview"])
def test_pixels_that_are_cut_off_are_a_sentence_and_no_half_picture(client, signed, db, large, kind):
    from core.imaging.store import Store

    path = Store(db.settings.home).pixels(images.get(db, large).sha256)
    path.chmod(0o600)
    with path.open("r+b") as file:
        file.truncate(ROWS * COLUMNS)
    got = client.get(signed(f"/api/{kind}/{large}/0"))
    assert got.status_code == 404
    assert "import its file 'film.png' again" in got.json()["error"]


@pytest.mark.parametrize("path", ["/api/preview/1/0", "/api/companions/1", "/api/siblings/1", "/api/stack/1"])
def test_nothing_is_told_without_a_signature(client, path):
    assert client.get(path).status_code == 403


def test_the_patients_other_pictures_come_as_stacks_with_urls(client, signed, db, tmp_path):
    from core.services.imports import import_files, import_request
    from tests.benchmarks.dicom import write_files

    write_files(tmp_path / "films", 4, edge=16)
    for _ in import_files.run(db, db.settings, import_request.ImportRequest(tmp_path / "films"), by="tester"):
        pass
    got = client.get(signed("/api/companions/3")).json()["stacks"]
    assert [stack["id"] for stack in got] == ["image-4", "image-5", "image-6"]
    assert got[0]["title"].startswith("1 · DX AP")
    (other,) = got[0]["images"]
    assert (other["modality"], other["body_part"], other["spacing_at"]) == ("DX", "CHEST", "")
    assert len(client.get(other["urls"][0]).content) == 16 * 16 * 2


def test_a_stack_comes_with_the_urls_of_its_siblings_and_each_of_these_with_its_images(client, signed, db, tmp_path):
    from core.services.imports import import_files

    for echo in (2, 1):
        for place in (5.0, 0.0):
            write(tmp_path / f"echoes/{echo}-{place}.dcm", place, 100 * echo, EchoTime=30.0 * echo)
    for _ in import_files.run(db, db.settings, import_files.ImportRequest(tmp_path / "echoes"), by="tester"):
        pass
    shown = next(view for view in images.page(db, images.Filter()) if view.format.low == 200)
    got = client.get(signed(f"/api/siblings/{shown.series_id}")).json()
    assert ([stack["title"] for stack in got["stacks"]], got["reason"]) == (["TE 30 ms", "TE 60 ms"], "")
    first, second = (client.get(stack["url"]).json()["images"] for stack in got["stacks"])
    assert [image["place"][2] for image in first] == [0.0, 5.0]
    assert {image["series"] for image in second} == {shown.series_id} == {got["stacks"][1]["id"]}
    assert client.get(first[0]["urls"][0]).content == np.full((16, 16), 100, np.uint16).tobytes()


def test_many_readers_of_a_large_frame_cost_the_server_little_memory(tmp_path, rounds, serve, film):
    Image.fromarray(film).save(tmp_path / "film.png", compress_level=1)
    rounds("import", tmp_path / "film.png")
    server = serve(rounds.home)
    jar = CookieJar()
    opener = urllib.request.build_opener(urllib.request.HTTPCookieProcessor(jar))
    opener.open(f"{server.url}/").read()
    (cookie,) = [one for one in jar if one.name.startswith("rounds")]
    url = server.url + Signer.of(Settings.read(rounds.home)).url("/api/pixels/1/0", cookie.value)
    process = psutil.Process(server.process.pid)
    with opener.open(url) as first:
        assert first.read() == film.tobytes()
    before, peak, all_begun = process.memory_info().rss, [0], threading.Barrier(READERS)

    def read(_: int) -> int:
        length = 0
        for _again in range(4):
            with opener.open(url) as answer:
                all_begun.wait(60)  # every answer is under way before the first is read on
                while chunk := answer.read(MB):
                    length += len(chunk)
                    peak[0] = max(peak[0], process.memory_info().rss)
        return length

    with ThreadPoolExecutor(READERS) as pool:
        assert list(pool.map(read, range(READERS))) == [4 * film.nbytes] * READERS
    assert peak[0] - before < READERS * film.nbytes / 3, f"{(peak[0] - before) / MB:.0f} MiB more"
