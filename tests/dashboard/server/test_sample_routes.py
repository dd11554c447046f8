"""Augmented training pictures are patients' pixels: a signature, a session, and no path but the cache's."""

import json

import pytest

from core.services.training import resource_estimate

NAME = "0123456789" * 4


@pytest.fixture
def drawn(db):
    folder = db.settings.folder("cache") / "measured"
    folder.mkdir()
    (folder / f"{NAME}-0.png").write_bytes(b"a picture")
    (db.settings.folder("cache") / "secret-0.png").write_bytes(b"another")
    return f"/api/samples/{NAME}/0"


def test_a_signed_address_gives_the_picture(client, signed, drawn):
    got = client.get(signed(drawn))
    assert got.content == b"a picture"
    assert got.headers["content-type"] == "image/png"
    assert got.headers["cache-control"].startswith("private")


def test_without_its_own_signature_it_gives_nothing(client, signed, signer, drawn):
    assert client.get(drawn).status_code == 403
    assert client.get(signed(drawn).replace("/0?", "/1?")).status_code == 403
    assert client.get(signer.url(drawn, "another browser")).status_code == 403


@pytest.mark.parametrize("name", [NAME[::-1], "..%2fsecret", "%2e%2e"])
def test_what_was_not_made_is_a_sentence(client, signed, drawn, name):
    got = client.get(signed(f"/api/samples/{name}/0"))
    assert got.status_code in (403, 404)
    assert b"another" not in got.content
    if name == NAME[::-1]:
        assert json.loads(got.content)["error"].endswith("reload the page to draw it again.")


def test_a_name_never_leads_out_of_the_folder(db, drawn):
    with pytest.raises(resource_estimate.NotFound):
        resource_estimate.picture(db.settings, "../secret", 0)
