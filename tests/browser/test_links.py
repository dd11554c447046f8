"""Links in Chromium: an address that there is not, a task that is gone, the title of the tab, and Copy link."""

import re

import pytest
from playwright.sync_api import expect

from core.services.annotation import tasks
from core.services.workspace import home
from core.settings import Settings
from tests.browser.homes import new_name

pytestmark = pytest.mark.browser


def test_an_unknown_address_is_named(page, thirty_served):
    page.goto(f"{thirty_served.url}/nosuch")
    expect(page.get_by_text("There is no page 'nosuch' in Rounds.")).to_be_visible()
    expect(page).to_have_title("Page not found · Rounds")
    page.get_by_test_id("stPageLink").get_by_role("link", name="Open Home").click()
    expect(page.get_by_role("heading", name="Labelling tasks")).to_be_visible()
    expect(page).to_have_title("Home · Rounds")


def test_a_link_to_a_task_that_is_gone_takes_no_answer(page, thirty_served):
    db = home.open_home(Settings.read(thirty_served.home))
    task = tasks.create(db, name=new_name(db), classes=["none", "some"])
    posted = []
    page.on("request", lambda request: posted.append(request.url) if request.method == "POST" else None)
    page.goto(f"{thirty_served.url}/label?task=999")
    expect(page.get_by_text("There is no task 999 in this home")).to_be_visible()
    page.keyboard.press("1")
    expect(page.locator(".rv-root")).to_have_count(0)
    page.get_by_test_id("stPageLink").get_by_role("link", name="Open Label").click()
    expect(page.locator(".rv-root")).to_be_visible()
    assert not [url for url in posted if "/api/labels" in url]
    page.goto(f"{thirty_served.url}/label?task={task.id}")
    expect(page).to_have_title(f"{task.name} · Label · Rounds")
    db.close()


def test_copy_link_copies_the_address_of_what_is_open(page, context, thirty_served):
    context.grant_permissions(["clipboard-read", "clipboard-write"])
    page.goto(f"{thirty_served.url}/images?image=3")
    page.get_by_role("button", name="Copy link").click()
    expect(page.get_by_role("button", name="Link copied")).to_be_visible()
    assert re.search(r"/images\?image=3$", page.evaluate("navigator.clipboard.readText()"))
    expect(page).to_have_title("Image 3 · Images · Rounds")


def test_back_and_forward_step_through_the_tasks_and_filters_of_label(page, thirty_served):
    db = home.open_home(Settings.read(thirty_served.home))
    task = tasks.create(db, name=new_name(db), classes=["none", "some"])
    db.close()
    page.goto(f"{thirty_served.url}/images")
    expect(page.get_by_text("30 images", exact=True)).to_be_visible()
    page.goto(f"{thirty_served.url}/label?task={task.id}&only=all")
    expect(page.locator(".rv-root")).to_be_visible()
    page.get_by_test_id("stExpandSidebarButton").click()
    page.get_by_role("radio", name="Labelled", exact=True).click()
    expect(page.get_by_text("No cases match this filter.")).to_be_visible()
    page.wait_for_timeout(1100)  # a step back at once is taken for a request on its way
    page.go_back()
    expect(page).to_have_url(re.compile(r"only=all$"))
    expect(page.get_by_role("radio", name="All", exact=True)).to_be_checked()
    expect(page.locator(".rv-root")).to_be_visible()
    page.go_forward()
    expect(page.get_by_text("No cases match this filter.")).to_be_visible()
    page.go_back()
    page.go_back()
    expect(page.get_by_text("30 images", exact=True)).to_be_visible()
