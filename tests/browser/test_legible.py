"""Every word of the viewer can be read: contrast of at least 4.5 to 1 (WCAG 2.2, 1.4.3), also over a white picture."""

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import page_of

pytestmark = pytest.mark.browser


@pytest.fixture(scope="module")
def ward(tmp_path_factory):
    """The label page on a white picture."""
    options = {"classes": ["none", "some", "much"], "question": "What do you see?"}
    with page_of(255, 300, tmp_path_factory.mktemp("white"), **options) as address:
        yield address


@pytest.fixture
def white(ward, page):
    """That page, everything open that can be: the viewer's root."""
    page.goto(ward)
    root = page.locator('.rv-root[data-painted*=":"]')
    root.wait_for()
    page.mouse.move(600, 400)
    return root


def illegible(root):
    return root.evaluate(ILLEGIBLE)


def test_the_words_of_the_reading_page(white, page):
    assert illegible(white) == []
    page.keyboard.press("?")
    expect(white.locator(".rv-card")).to_be_visible()
    assert illegible(white) == []


def test_pale_words_would_be_found(white):
    white.evaluate("node => (node.querySelector('.rv-facts').style.color = '#777')")
    assert [words for words, _ in illegible(white)] == [white.locator(".rv-facts").inner_text()]


def test_the_focus_can_be_seen_wherever_it_goes(white, page):
    seen = []
    white.locator(".rv-number input").first.focus()
    for _ in range(14):
        page.keyboard.press("Tab")
        where = page.evaluate(FOCUS)
        if where:
            seen.append(where)
    assert len({name for name, _ in seen}) >= 10
    assert all(width >= 2 for _, width in seen), seen


# Text against what lies behind it, layer by layer down to the picture, which here is white.
ILLEGIBLE = """root => {
  const parts = (colour) => { const [r, g, b, a = 1] = colour.match(/[\\d.]+/g).map(Number); return [r, g, b, a]; };
  const light = ([r, g, b]) => [r, g, b].map((part) => part / 255)
    .map((part) => (part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4))
    .reduce((sum, part, at) => sum + part * [0.2126, 0.7152, 0.0722][at], 0);
  const over = ([r, g, b, a], under) => [r, g, b].map((part, at) => part * a + under[at] * (1 - a));
  const behind = (node) => {
    const layers = [];
    for (let at = node; at && !at.classList.contains('rv-pane'); at = at.parentElement) {
      layers.push(parts(getComputedStyle(at).backgroundColor));
      if (layers.at(-1)[3] === 1) break;
    }
    return layers.reverse().reduce((under, layer) => over(layer, under), [255, 255, 255]);
  };
  const found = [];
  for (const node of root.querySelectorAll('*')) {
    const own = [...node.childNodes].some((child) => child.nodeType === 3 && child.textContent.trim());
    if (!own || !node.checkVisibility() || node.matches('option, :disabled')) continue;
    const under = behind(node), ink = over(parts(getComputedStyle(node).color), under);
    const [high, low] = [light(ink), light(under)].sort((one, other) => other - one);
    const ratio = (high + 0.05) / (low + 0.05);
    if (ratio < 4.5) found.push([node.textContent, ratio]);
  }
  return found;
}"""

# What has the focus, and how wide its outline is.
FOCUS = """() => {
  let at = document.activeElement;
  while (at?.shadowRoot?.activeElement) at = at.shadowRoot.activeElement;
  if (!at?.closest('.rv-root')) return null;
  const { outlineStyle, outlineWidth } = getComputedStyle(at);
  const name = at.className + (at.getAttribute('aria-label') || at.textContent);
  return [name, outlineStyle === 'none' ? 0 : parseFloat(outlineWidth)];
}"""
