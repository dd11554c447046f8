"""A signature holds for one path, one browser, what was said, and a time."""

from urllib.parse import parse_qsl, urlsplit

import pytest

from dashboard.server.signed_urls import LASTS_S, STEP_S, Signer

SIGNER = Signer(b"k" * 32)
NOW = 1_700_000_000.0


def parts(url):
    split = urlsplit(url)
    return split.path, dict(parse_qsl(split.query))


@pytest.fixture
def signed():
    return parts(SIGNER.url("/api/labels", "browser-1", now=NOW, task=3, by="Dr. Ä & Co"))


def test_it_holds_where_it_was_made(signed):
    path, query = signed
    assert SIGNER.holds(path, "browser-1", query, now=NOW)
    assert SIGNER.holds(path, "browser-1", {**query, "after": "7"}, now=NOW)  # a place in a list is not signed


@pytest.mark.parametrize(
    "change", [{"task": "4"}, {"by": "somebody"}, {"until": "99999999999"}, {"sig": ""}, {"only": "all"}]
)
def test_it_breaks_with_anything_that_was_signed(signed, change):
    path, query = signed
    assert not SIGNER.holds(path, "browser-1", {**query, **change}, now=NOW)


def test_it_breaks_elsewhere(signed):
    path, query = signed
    assert not SIGNER.holds("/api/undo", "browser-1", query, now=NOW)
    assert not SIGNER.holds(path, "browser-2", query, now=NOW)
    assert not SIGNER.holds(path, "", query, now=NOW)
    assert not Signer(b"x" * 32).holds(path, "browser-1", query, now=NOW)


def test_it_ends(signed):
    path, query = signed
    assert SIGNER.holds(path, "browser-1", query, now=NOW + LASTS_S)
    assert not SIGNER.holds(path, "browser-1", query, now=NOW + LASTS_S + STEP_S + 1)


def test_a_page_drawn_again_within_the_hour_has_the_same_urls():
    assert SIGNER.url("/a", "s", now=NOW) == SIGNER.url("/a", "s", now=NOW + 60)


@pytest.mark.parametrize("garbage", ["", "abc", "-1", "1e9", "٣", "²", "9" * 5000])
def test_a_time_that_is_none_is_refused(signed, garbage):
    path, query = signed
    assert not SIGNER.holds(path, "browser-1", {**query, "until": garbage}, now=NOW)


@pytest.mark.parametrize("garbage", ["ä", "\udcff", "0" * 40])
def test_a_signature_that_is_none_is_refused(signed, garbage):
    path, query = signed
    assert not SIGNER.holds(path, "browser-1", {**query, "sig": garbage}, now=NOW)


def test_a_readers_name_cannot_run_into_what_stands_beside_it():
    path, query = parts(SIGNER.url("/api/labels", "browser-1", now=NOW, task=1, by="zz|by=chief"))
    assert SIGNER.holds(path, "browser-1", query, now=NOW)
    assert not SIGNER.holds(path, "browser-1", {**query, "only": "|by=zz", "by": "chief"}, now=NOW)


def test_the_name_of_a_home_stays_over_versions_for_answers_that_wait_in_browsers():
    assert SIGNER.home == "bd7cfea4b220"


def test_a_proof_is_of_one_session_and_one_token_and_signs_no_url(signed):
    proof = SIGNER.token_for("browser-1", "token")
    assert proof == SIGNER.token_for("browser-1", "token")
    others = SIGNER.token_for("browser-2", "token"), SIGNER.token_for("browser-1", "other"), signed[1]["sig"]
    assert proof not in others
    assert not SIGNER.holds(signed[0], "browser-1", {**signed[1], "sig": proof}, now=NOW)
