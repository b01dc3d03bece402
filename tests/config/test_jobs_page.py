"""What operators see of the background jobs."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.contrib.auth import get_user_model
from django.contrib.auth.models import Permission
from django.test import Client as Browser
from django.utils import timezone

from audit.models import Event
from config.models import Job
from tests.support.passkey_sessions import begin_passkey_session

LIST = "/admin/hearthkey_config/job/"


def signed_in(**what: Any) -> Browser:
    user = get_user_model().objects.create(username="ada", email="ada@example.com", **what)
    if not user.is_superuser:
        user.user_permissions.add(Permission.objects.get(codename="view_job"))
    browser = Browser(HTTP_HOST="localhost:1411")
    begin_passkey_session(browser, user)
    return browser


@pytest.fixture
def jobs(db: None) -> dict[str, Job]:
    now = timezone.now()
    return {
        "recurring": Job.objects.create(
            task="accounts.tasks.remove_expired",
            dedupe="recurring:x",
            period=timedelta(hours=1),
            due_at=now + timedelta(minutes=30),
            started_at=now - timedelta(minutes=30, seconds=2),
            finished_at=now - timedelta(minutes=30),
            result="17",
        ),
        "parked": Job.objects.create(
            task="oidc_clients.tasks.deliver_logout",
            arguments={"args": ["an id"], "kwargs": {}},
            status="parked",
            attempts=8,
            started_at=now,
            finished_at=now,
            last_error="OutboundFailed: <b>app.example.com</b> did not answer in time.",
        ),
        "done": Job.objects.create(task="a.task.of.another.site", status="done", started_at=now, finished_at=now),
        "running": Job.objects.create(task="passkeys.tasks.remove_expired", status="running", started_at=now),
    }


def row_of(page: str, text: str) -> str:
    return next(row for row in page.split("<tr>") if text in row)


def test_the_list_shows_what_ran_how_long_and_what_came_of_it(jobs: dict[str, Job]) -> None:
    page = signed_in(is_staff=True, is_superuser=True).get(LIST).content.decode().replace("\xa0", " ")
    recurring = row_of(page, "Remove expired sessions and sign-in codes")
    assert all(text in recurring for text in ("1 hour", "2.00 s", "17 removed", "30 minutes ago", "in 29 minutes"))
    parked = row_of(page, "Tell a client that a session ended")
    assert "Given up: OutboundFailed: &lt;b&gt;app.example.com&lt;/b&gt; did not answer in time." in parked
    assert "Done" in row_of(page, "a.task.of.another.site")
    assert "Running" in row_of(page, "Remove passkey ceremonies")
    assert page.index("Tell a client") < page.index("Remove expired sessions") < page.index("a.task.of")


@pytest.mark.parametrize(("seconds", "said"), [(-1, ">now<"), (30, ">in a moment<"), (90, ">in 1 minute<")])
def test_the_next_run_is_told_in_words(jobs: dict[str, Job], seconds: int, said: str) -> None:
    Job.objects.filter(period__isnull=False).update(due_at=timezone.now() + timedelta(seconds=seconds))
    page = signed_in(is_staff=True, is_superuser=True).get(LIST).content.decode().replace("\xa0", " ")
    assert said in row_of(page, "Remove expired sessions and sign-in codes")


@pytest.mark.parametrize(
    ("query", "count"),
    [("", 4), ("?kind=recurring", 1), ("?kind=once", 3), ("?status__exact=parked", 1), ("?q=accounts", 1)],
)
def test_the_list_is_filtered(jobs: dict[str, Job], query: str, count: int) -> None:
    page = signed_in(is_staff=True, is_superuser=True).get(LIST + query).content.decode()
    assert page.count('class="action-select"') == count


def test_a_job_is_shown_and_can_be_neither_changed_added_nor_deleted(jobs: dict[str, Job]) -> None:
    browser = signed_in(is_staff=True, is_superuser=True)
    one = f"{LIST}{jobs['parked'].pk}/change/"
    page = browser.get(one).content.decode()
    assert "an id" in page
    assert 'name="_save"' not in page
    assert browser.post(one, {"status": "done"}).status_code == 403
    assert browser.get(f"{LIST}add/").status_code == 403
    assert browser.post(f"{LIST}{jobs['parked'].pk}/delete/", {"post": "yes"}).status_code == 403
    assert Job.objects.filter(status="parked").count() == 1


def test_a_superuser_runs_a_given_up_job_again(jobs: dict[str, Job]) -> None:
    browser = signed_in(is_staff=True, is_superuser=True)
    form = {"action": "run_again", "_selected_action": [str(jobs["parked"].pk), str(jobs["done"].pk)]}
    page = browser.post(LIST, form, follow=True).content.decode()
    assert "1 job runs again now." in page
    assert "Only jobs that were given up can be run again." in page
    jobs["parked"].refresh_from_db()
    jobs["done"].refresh_from_db()
    assert (jobs["parked"].status, jobs["parked"].attempts) == ("waiting", 0)
    assert jobs["parked"].due_at <= timezone.now()
    assert jobs["done"].status == "done"
    event = Event.objects.get(name="job_run_again")
    assert event.sentence == "ada had the background job “Tell a client that a session ended” run again."
    browser.post(LIST, form)
    assert Event.objects.filter(name="job_run_again").count() == 1, "It waits already"


def test_another_operator_may_look_but_not_run_anything(jobs: dict[str, Job]) -> None:
    browser = signed_in(is_staff=True, is_superuser=False)
    page = browser.get(LIST)
    assert page.status_code == 200
    assert "Run again" not in page.content.decode()
    form = {"action": "run_again", "_selected_action": [str(jobs["parked"].pk)]}
    browser.post(LIST, form, follow=True)
    jobs["parked"].refresh_from_db()
    assert jobs["parked"].status == "parked"
    assert not Event.objects.filter(name="job_run_again").exists()


def test_a_member_sees_nothing_of_it(jobs: dict[str, Job]) -> None:
    assert signed_in(is_staff=False, is_superuser=False).get(LIST).status_code == 403
