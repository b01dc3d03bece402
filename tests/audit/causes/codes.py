from __future__ import annotations

import re
from datetime import timedelta
from html import unescape
from typing import Any

from django.test import Client as Browser
from django.test import TestCase
from django.utils import timezone

from accounts.models import LoginCode

from .scene import Scene, Somebody
from .signing_in import link_of
from .table import causes, only_of_other_sites

only_of_other_sites("login_code_created")

ADDRESSES = 250


def enter(typed: str, browser: Browser | None = None, *, at: int = 1) -> Any:
    return (browser or Browser()).post("/lc", {"code": typed}, REMOTE_ADDR=f"198.51.100.{at}")


def request_code(scene: Scene) -> tuple[Somebody, Browser]:
    """Ask for a code by mail, in a browser that nobody is signed in at."""
    scene.settings.HEARTHKEY_ACCOUNTS_CODES_BY_MAIL = True
    scene.mails_at_once()
    ada, browser = scene.member(), Browser()
    assert browser.post("/login/code", {"email": ada.user.email}).status_code == 200
    scene.work()
    return ada, browser


@causes("login_code_created:how=shown")
def make_a_code(scene: Scene) -> str:
    response = scene.root.post(f"{scene.member().page}code/", {"lifetime": "1h"}, status=200)
    found = re.search(r"http\S+?(/lc/[A-Za-z0-9_-]+)", unescape(response.content.decode()))
    assert found
    return found[1]


@causes("login_code_created:how=mailed")
@causes("login_code_sent")
def mail_a_code(scene: Scene) -> None:
    scene.mails_at_once()
    scene.root.post(f"{scene.member().page}code/mail/", {"lifetime": "1h"}, status=302)


@causes("login_code_created:how=command")
def make_a_code_by_command(scene: Scene) -> None:
    link_of(scene.member())


@causes("login_code_created:how=requested")
@causes("login_code_sent:how=requested")
def ask_for_a_code(scene: Scene) -> None:
    request_code(scene)


@causes("login_codes_withdrawn")
def withdraw_a_code(scene: Scene) -> None:
    make_a_code(scene)
    code = LoginCode.objects.get()
    scene.root.post(f"{scene.member().page}code/{code.pk}/withdraw/", status=302)


@causes("login_code_used:how=command")
def use_a_code_of_the_command(scene: Scene) -> None:
    assert Browser().post(link_of(scene.member())).status_code == 302


@causes("login_code_used:how=requested")
def use_a_code_of_a_mail(scene: Scene) -> None:
    _ada, browser = request_code(scene)
    assert browser.post(scene.path_in_mail("/lc/")).status_code == 302


@causes("login_code_used")
def use_a_code_of_an_operator(scene: Scene) -> None:
    assert Browser().post(make_a_code(scene)).status_code == 302


@causes("login_code_refused")
def use_a_code_too_late(scene: Scene) -> None:
    path = link_of(scene.member())
    LoginCode.objects.update(expires_at=timezone.now() - timedelta(seconds=1))
    assert Browser().post(path).status_code == 404


@causes("login_codes_paused")
def guess_a_hundred_codes(scene: Scene) -> None:
    scene.member()
    with TestCase.captureOnCommitCallbacks(execute=True):
        for number in range(100):
            assert enter("2222-2222-2222", at=number % ADDRESSES).status_code == 400
