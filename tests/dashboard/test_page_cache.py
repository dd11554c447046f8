"""Check the cache of a page's results: each made once, the least recently used one dropped first."""

from dashboard.page_cache import _results, cached


def test_a_result_is_made_once_and_the_least_recently_used_one_goes_first():
    size, calls = int(_results.maxsize), []

    def result(number: int) -> int:
        return cached(("test_kept", number), lambda: calls.append(number) or number)

    for number in range(size):
        assert result(number) == number
    assert result(0) == 0  # now number 1 was used longest ago
    assert result(size) == size
    assert calls == list(range(size + 1))
    assert (result(0), result(1)) == (0, 1)
    assert calls == [*range(size + 1), 1]


def test_what_could_not_be_made_is_tried_again():
    def refuse() -> None:
        raise ValueError

    for _ in range(2):
        try:
            cached("test_kept refused", refuse)
        except ValueError:
            continue
        raise AssertionError("the error was cached")
    assert cached("test_kept refused", lambda: 3) == 3
