"""Any text in any field, filter, action, initial value or address of the administration is answered, never with 500."""

from __future__ import annotations

import re
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from urllib.parse import quote

import pytest
from django.contrib import admin
from django.contrib.auth.models import Group
from django.db import transaction
from django.db.models import Model
from django.test import Client as Browser
from django.urls import reverse
from django.utils import timezone
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from accounts.models import User
from accounts.services.groups import create_group
from accounts.services.invitations import LIFETIMES, create_invitation
from config.jobs.models import Job
from config.live.models import Setting
from mailer.models import Message
from oidc_clients.models import CustomClaim, LogoutDelivery
from oidc_clients.services.custom_claims import save_custom_claim
from tests.support.accounts.people import browser as passkey_browser
from tests.support.accounts.people import make
from tests.support.oidc_clients import world
from tests.support.passkey_sessions import passkey_of

pytestmark = pytest.mark.django_db

EXAMPLES = 15
#: A refusal of the form is a page of its own (200), one of the address or the filter a 4xx.
ANSWERS = {200, 302, 400, 403, 404, 405}
MODELS = sorted((model for model in admin.site._registry), key=lambda model: model._meta.label_lower)
LABELS = [model._meta.label_lower for model in MODELS]
TYPED = [
    *("", "-", "0", "1", "-1", "1.5", "1e400", "NaN", "99999999999999999999", "٣", "true", "null", "[]", "{}"),
    *("2026-02-30", "2026-01-01", "10000-01-01", "24:61", "00000000-0000-0000-0000-000000000000", "not-a-uuid"),
    *(
        "\x00",
        "a\x00b",
        "%",
        "%s",
        "\\",
        "'",
        "é\u0301",
        "\U0001f511",
        "\u202e",
        "x" * 3000,
        "a,b",
        "1,-",
        "username",
        "id",
    ),
]
values = st.sampled_from(TYPED) | st.text(st.characters(exclude_categories=["Cs"]), max_size=20)
LOOKUPS = ("", "__exact", "__id__exact", "__pk__exact", "__in", "__isnull", "__gte", "__lt", "__contains", "__x")
OF_LISTS = (
    "q",
    "o",
    "p",
    "all",
    "e",
    "_popup",
    "_to_field",
    "_changelist_filters",
    "kind",
    "outcome",
    "before",
    "next",
)
OF_POSTS = (
    "action",
    "_selected_action",
    "select_across",
    "index",
    "_save",
    "_continue",
    "_saveasnew",
    "post",
    "_popup",
)


@pytest.fixture
def scene(root: User) -> Browser:
    """A row of everything that has a page, and the browser of the most powerful role."""
    rose = make("rose", email="rose@example.com")
    passkey_of(rose)
    group = create_group(name="staff", friendly_name="Staff", actor=None)
    app = world.register()
    app.tokens(world.signed_in(rose))
    save_custom_claim(claim=None, user=rose, group=None, name="floor", value="5", actor=None)
    create_invitation(
        lifetime=next(iter(LIFETIMES)), max_uses=1, groups=[group], note="x", works_while_off=False, actor=root
    )
    LogoutDelivery.objects.create(client=app.row, sub=str(rose.pk), sid=str(uuid.uuid4()))
    Message.objects.create(kind="test", recipient="rose@example.com", due_at=timezone.now(), expires_at=timezone.now())
    Job.objects.create(task="mailer.tasks.deliver", arguments={}, due_at=timezone.now(), status=Job.Status.PARKED)
    browser = passkey_browser(root)
    # A failure is to be seen with its cause.
    browser.raise_request_exception = True
    return browser


def model_of(label: str) -> type[Model]:
    return next(model for model in MODELS if model._meta.label_lower == label)


def address(model: type[Model], page: str = "changelist", *args: Any) -> str:
    return reverse(f"admin:{model._meta.app_label}_{model._meta.model_name}_{page}", args=args)


def names_in(browser: Browser, path: str) -> set[str]:
    answer = browser.get(path)
    return set(re.findall(r'\bname="([^"]+)"', answer.content.decode())) if answer.status_code == 200 else set()


def pages(model: type[Model]) -> list[str]:
    """Return the addresses about one row, the same with an id that is none, and those of the whole model."""
    if model is Setting:
        return [address(model)]
    row = model._default_manager.first()
    assert row is not None, model
    found = [address(model), address(model, "add")]
    for route in admin.site._registry[model].get_urls():
        pattern = str(route.pattern)
        if "<path:object_id>" in pattern:
            path = pattern.replace("<path:object_id>", str(row.pk)).replace("<uuid:code_id>", str(uuid.uuid4()))
            path = path.replace("<uuid:sid>", str(uuid.uuid4())).replace("<uuid:secret_id>", str(uuid.uuid4()))
            found.append(address(model) + path)
        elif "<" not in pattern and pattern not in ("", "add/"):
            found.append(address(model) + pattern)
    return found


@contextmanager
def undone() -> Iterator[None]:
    with transaction.atomic():
        yield
        transaction.set_rollback(True)


def fields_of(model: type[Model], found: set[str]) -> list[str]:
    own = {field.name for field in model._meta.get_fields()}
    return sorted(found | own | set(OF_LISTS) | set(OF_POSTS))


bounded = settings(
    max_examples=EXAMPLES,
    deadline=None,
    database=None,
    derandomize=True,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)


def check(browser: Browser, method: str, path: str, data: dict[str, Any]) -> None:
    with undone():
        answer = getattr(browser, method)(path, data)
        assert answer.status_code in ANSWERS, (method, path, data, answer.status_code)


# M07, V57
@pytest.mark.parametrize("label", LABELS)
def test_any_initial_value_and_filter_is_answered(scene: Browser, label: str) -> None:
    model = model_of(label)
    paths = pages(model)
    names = fields_of(model, set().union(*(names_in(scene, path) for path in paths[:2])))
    for name in names:
        for path in paths[:2]:
            check(scene, "get", path, {name: "-"})

    @bounded
    @given(st.dictionaries(st.tuples(st.sampled_from(names), st.sampled_from(LOOKUPS)), values, max_size=3), st.data())
    def ask(chosen: dict[tuple[str, str], str], data: Any) -> None:
        query = {name + lookup: value for (name, lookup), value in chosen.items()}
        check(scene, "get", data.draw(st.sampled_from(paths)), query)

    ask()


# M07, V57
@pytest.mark.parametrize("label", LABELS)
def test_any_posted_value_and_action_is_answered(scene: Browser, label: str) -> None:
    model = model_of(label)
    paths = pages(model)
    typed = {path: names_in(scene, path) for path in paths}

    for path in paths:
        for value in ("-", "99999999999999999999", "\x00"):
            check(scene, "post", path, dict.fromkeys(typed[path] | {"post", "action", "_selected_action"}, value))
    actions = [*admin.site._registry[model].get_actions(request_of(scene)), "-"]
    rows = [str(row.pk) for row in model._default_manager.all()[:2]]

    @bounded
    @given(st.data())
    def send(data: Any) -> None:
        path = data.draw(st.sampled_from(paths))
        names = fields_of(model, typed[path])
        one_or_more = values | st.lists(values, max_size=3)
        form = data.draw(st.dictionaries(st.sampled_from(names), one_or_more, max_size=len(names)))
        if rows and data.draw(st.booleans()):
            chosen = st.lists(st.sampled_from(rows) | values, max_size=3)
            form |= {"action": data.draw(st.sampled_from(actions)), "_selected_action": data.draw(chosen)}
        check(scene, "post", path, form)

    send()


# M07, V57
@bounded
@given(
    label=st.sampled_from(LABELS), text=values.filter(bool), page=st.sampled_from(["change", "delete", "history", ""])
)
def test_any_id_in_an_address_is_answered(scene: Browser, label: str, text: str, page: str) -> None:
    path = f"{address(model_of(label))}{quote(text, safe='')}/{page + '/' if page else ''}"
    check(scene, "get", path, {})
    check(scene, "post", path, {"post": "yes"})


# M07, V57
@bounded
@given(values, values, values, values)
def test_any_search_for_a_choice_is_answered(scene: Browser, term: str, app: str, model: str, field: str) -> None:
    known = {"app_label": "hearthkey_oidc_clients", "model_name": "customclaim", "field_name": "user"}
    check(scene, "get", "/admin/autocomplete/", {**known, "term": term, "page": app})
    check(
        scene, "get", "/admin/autocomplete/", {"term": term, "app_label": app, "model_name": model, "field_name": field}
    )


# M07, V57
@pytest.mark.parametrize("value", ["-", "not-a-uuid", "99999999999999999999", "\u0663"])
def test_a_value_of_another_type_is_an_error_at_its_field(scene: Browser, value: str) -> None:
    path = address(CustomClaim, "add")
    assert scene.get(path, {"user": value}).status_code == 200
    assert scene.get(path, {"group": value}).status_code == 200
    rose = User.objects.get(username="rose")
    assert f'value="{rose.pk}" selected' in scene.get(path, {"user": str(rose.pk)}).content.decode()
    for field in ("user", "group"):
        answer = scene.post(path, {field: value, "name": "department", "value": "5"})
        assert answer.status_code == 200
        assert field in answer.context["adminform"].form.errors
    accepted = scene.post(path, {"user": str(rose.pk), "name": "department", "value": "5"})
    assert accepted.status_code == 302
    accepted = scene.post(path, {"group": str(Group.objects.get().pk), "name": "department", "value": "5"})
    assert accepted.status_code == 302


def request_of(browser: Browser) -> Any:
    answer = browser.get("/admin/")
    return answer.wsgi_request
