"""Changing the signing key: nobody is signed out, and nothing is signed by a key that clients can't know."""

from __future__ import annotations

import json
from datetime import timedelta
from io import StringIO
from typing import Any

import pytest
from cryptography.hazmat.primitives.serialization import load_der_private_key
from django.core.management import CommandError, call_command
from django.db import connection
from django.db.models import F
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from audit.models import Event
from oidc_clients import conf, tasks
from oidc_clients.exceptions import SigningKeyUnknown
from oidc_clients.management.commands import rotate_signing_key
from oidc_clients.models import AccessToken, Client, SigningKey
from oidc_clients.services import keys, rotation
from oidc_clients.services.rotation import Step
from tests.support.oidc_protocol.factories import (
    browser,
    decode,
    make_client,
    make_member,
    refresh,
    tokens_for,
    verified_claims,
)
from tests.support.racing import at_once

pytestmark = pytest.mark.django_db
JWKS = "/.well-known/jwks.json"
State = SigningKey.State


@pytest.fixture(autouse=True)
def _no_key_state_is_kept(settings: Any) -> None:
    """What another process sees, as soon as it looks again."""
    settings.HEARTHKEY_OIDC_CLIENTS_KEY_STATE_LIFETIME = timedelta(0)


def published() -> set[str]:
    return {key["kid"] for key in browser().get(JWKS).json()["keys"]}


def kid_of(token: str) -> str:
    kid: str = json.loads(decode(token.split(".")[0]))["kid"]
    return kid


def states() -> dict[str, str]:
    return dict(SigningKey.objects.values_list("kid", "state"))


def aged(kid: str, by: timedelta) -> None:
    """Let everything about a key have happened earlier."""
    row = SigningKey.objects.get(kid=kid)
    for name in ("created_at", "activated_at", "retired_at"):
        if (value := getattr(row, name)) is not None:
            setattr(row, name, value - by)
    row.save()


def command(*arguments: str) -> str:
    printed = StringIO()
    call_command("rotate_signing_key", *arguments, stdout=printed)
    return printed.getvalue()


def told(name: str) -> list[str]:
    return [event.data["kid"] for event in Event.objects.filter(name=name).order_by("at")]


# H06
def test_the_next_key_is_published_a_day_before_its_first_use_and_nobody_is_signed_out() -> None:
    client, member = make_client(), make_member()
    before = tokens_for(member, client)
    first = kid_of(before["id_token"])
    done = rotation.rotate()
    assert (done.step, done.kid) == (Step.PUBLISHED, SigningKey.objects.get(state=State.NEXT).kid)
    assert timedelta(hours=23) < done.at - timezone.now() <= timedelta(days=1)
    assert published() == {first, done.kid}
    assert kid_of(refreshed := refresh(client, before["refresh_token"]).json()["id_token"]) == first
    assert rotation.rotate().step is Step.WAITING
    aged(done.kid, timedelta(days=1))
    assert rotation.rotate().step is Step.ACTIVATED
    assert states() == {first: "retired", done.kid: "active"}
    assert published() == {first, done.kid}
    after = tokens_for(member, client)["id_token"]
    assert kid_of(after) == done.kid
    subjects = {verified_claims(token)["sub"] for token in (before["id_token"], refreshed, after)}
    assert subjects == {str(member.pk)}
    assert (told("signing_key_created"), told("signing_key_activated")) == ([first, done.kid], [done.kid])
    assert told("signing_key_retired") == [first]


# H06
def test_a_retired_key_is_published_until_its_last_token_has_expired() -> None:
    rotation.rotate(at_once=True)
    (retired,) = SigningKey.objects.filter(state=State.RETIRED)
    lives = conf.id_token_lifetime() + conf.metadata_cache()
    aged(retired.kid, lives - timedelta(seconds=30))
    assert rotation.rotate_when_due() is None
    assert retired.kid in published()
    aged(retired.kid, timedelta(seconds=60))
    assert rotation.rotate_when_due() is None
    assert published() == {SigningKey.objects.get().kid}
    assert told("signing_key_dropped") == [retired.kid]
    assert Event.objects.get(name="signing_key_dropped").data["is_expired"] is True


def after_its_use(client: Client, member: Any, *, by: timedelta) -> str:
    """Let the client get tokens, retire the key that signed them, and let this much time pass; return the key's id."""
    kid = kid_of(tokens_for(member, client)["id_token"])
    rotation.rotate(at_once=True)
    aged(kid, by)
    AccessToken.objects.update(created=F("created") - by, expires=F("expires") - by)
    return kid


def test_a_signed_access_token_that_lives_longer_keeps_its_key_whatever_its_client_says_by_now() -> None:
    client = make_client(access_token_format=Client.AccessTokenFormat.JWT, access_token_lifetime=timedelta(days=2))
    kid = after_its_use(client, make_member(), by=timedelta(days=1))
    assert timedelta(hours=23) < rotation.kept_until() - timezone.now() < timedelta(hours=26)
    Client.objects.update(
        access_token_format=Client.AccessTokenFormat.OPAQUE, access_token_lifetime=timedelta(minutes=5)
    )
    assert rotation.remove_expired_keys() == 0
    assert kid in published()
    AccessToken.objects.update(expires=F("expires") - timedelta(days=1, hours=2))
    assert rotation.remove_expired_keys() == 1
    assert kid not in published()


def test_a_token_of_another_key_keeps_none() -> None:
    client, member = make_client(access_token_lifetime=timedelta(minutes=5)), make_member()
    kid = after_its_use(client, member, by=timedelta(days=1))
    Client.objects.update(access_token_lifetime=timedelta(days=2))
    tokens_for(member, client)
    assert rotation.remove_expired_keys() == 1
    assert kid not in published()


def test_a_key_is_never_published_for_less_time_than_caches_need(settings: Any) -> None:
    settings.HEARTHKEY_OIDC_CLIENTS_KEY_PUBLISHED_AHEAD = timedelta(0)
    settings.HEARTHKEY_OIDC_CLIENTS_KEY_STATE_LIFETIME = timedelta(seconds=5)
    assert conf.key_published_ahead() == conf.metadata_cache() + timedelta(seconds=5)


def test_on_schedule_the_next_key_takes_over_when_the_period_is_over(settings: Any) -> None:
    first = keys.ensure_signing_key().kid
    assert tasks.rotate_keys_when_due.call() is None
    aged(first, timedelta(days=88, hours=23))
    assert tasks.rotate_keys_when_due.call() is None
    aged(first, timedelta(hours=2))
    second = SigningKey.objects.exclude(kid=first)
    assert (printed := tasks.rotate_keys_when_due.call()) is not None
    assert printed.endswith("published")
    assert second.get().state == State.NEXT
    assert str(tasks.rotate_keys_when_due.call()).endswith("waiting")
    aged(second.get().kid, timedelta(days=1))
    assert str(tasks.rotate_keys_when_due.call()).endswith("activated")
    assert states()[first] == "retired"
    assert tasks.rotate_keys_when_due.call() is None


def test_without_a_period_only_what_was_begun_goes_on(settings: Any) -> None:
    settings.HEARTHKEY_OIDC_CLIENTS_KEY_ROTATION_PERIOD = timedelta(0)
    first = keys.ensure_signing_key().kid
    aged(first, timedelta(days=1000))
    assert rotation.rotate_when_due() is None
    following = rotation.rotate().kid
    aged(following, timedelta(days=2))
    done = rotation.rotate_when_due()
    assert done is not None
    assert done.step is Step.ACTIVATED
    assert states() == {first: "retired", following: "active"}


def test_the_command_says_what_it_did_and_when_the_rest_happens() -> None:
    first = keys.ensure_signing_key().kid
    printed = command()
    following = SigningKey.objects.get(state=State.NEXT)
    ready_at = following.created_at + timedelta(days=1)
    assert f"Key {following.kid} is published now" in printed
    assert ready_at.isoformat(timespec="minutes") in printed
    assert f"Key {following.kid} is published already" in command()
    aged(following.kid, timedelta(days=1))
    assert f"Key {following.kid} signs now" in command()
    assert states() == {first: "retired", following.kid: "active"}


def test_now_means_published_and_used_now() -> None:
    client, member = make_client(), make_member()
    before = tokens_for(member, client)
    printed = command("--now")
    active = SigningKey.objects.get(state=State.ACTIVE)
    assert f"Key {active.kid} signs now" in printed
    after = refresh(client, before["refresh_token"]).json()["id_token"]
    assert kid_of(after) == active.kid != kid_of(before["id_token"])
    assert verified_claims(before["id_token"])["sub"] == verified_claims(after)["sub"]


def test_now_waits_until_every_process_publishes_the_new_key(settings: Any) -> None:
    settings.HEARTHKEY_OIDC_CLIENTS_KEY_STATE_LIFETIME = timedelta(seconds=1)
    keys.ensure_signing_key()
    command("--now")
    active = SigningKey.objects.get(state=State.ACTIVE)
    assert active.activated_at is not None
    assert active.activated_at - active.created_at >= timedelta(seconds=1)
    assert timezone.now() - active.activated_at >= timedelta(seconds=1)


def test_a_key_that_is_dropped_signs_and_proves_nothing_from_then_on(settings: Any) -> None:
    client, member = make_client(), make_member()
    before = tokens_for(member, client)
    first = kid_of(before["id_token"])
    settings.HEARTHKEY_OIDC_CLIENTS_KEY_STATE_LIFETIME = timedelta(seconds=1)
    began = timezone.now()
    printed = command(f"--drop={first}")
    assert timezone.now() - began >= timedelta(seconds=1)
    assert printed.splitlines()[-1].startswith("Done.")
    active = SigningKey.objects.get()
    assert (active.state, published()) == (State.ACTIVE, {active.kid})
    assert first not in keys._parsed
    # The member is still signed in at the client.
    after = refresh(client, before["refresh_token"]).json()["id_token"]
    assert kid_of(after) == active.kid
    assert told("signing_key_dropped") == [first]
    assert Event.objects.get(name="signing_key_dropped").data["is_expired"] is False


def test_the_published_key_takes_over_from_the_dropped_one() -> None:
    first, following = keys.ensure_signing_key().kid, rotation.rotate().kid
    assert rotation.drop_key(kid=first).kid == following
    assert states() == {following: "active"}


def test_dropping_another_key_leaves_the_active_one() -> None:
    first, following = keys.ensure_signing_key().kid, rotation.rotate().kid
    assert rotation.drop_key(kid=following).kid == first
    assert states() == {first: "active"}


def test_a_key_that_does_not_exist_is_not_dropped() -> None:
    first = keys.ensure_signing_key().kid
    with pytest.raises(SigningKeyUnknown):
        rotation.drop_key(kid="another")
    with pytest.raises(CommandError, match="no signing key another"):
        command("--drop=another")
    assert states() == {first: "active"}


@pytest.mark.parametrize("kid", ["-2ahVi2Q", "--2ahVi2Q", "2ahVi2Q-"])
def test_a_key_whose_id_begins_like_an_option_is_named_on_the_command_line(kid: str, capsys: Any) -> None:
    keys.ensure_signing_key()
    line = ["manage.py", "rotate_signing_key", "--drop", kid, "--skip-checks"]
    with pytest.raises(SystemExit):
        rotate_signing_key.Command().run_from_argv(line)
    assert f"There is no signing key {kid}." in capsys.readouterr().err


# H07
def test_no_private_part_is_readable_and_each_is_parsed_once() -> None:
    keys.ensure_signing_key()
    rotation.rotate(at_once=True)
    for row in SigningKey.objects.all():
        with pytest.raises(ValueError, match="deserialize|Could not"):
            load_der_private_key(row.private_key.encode(), password=None)
        assert not {"d", "p", "q", "dp", "dq", "qi"} & row.public_jwk.keys()
    parsed = keys.signing_key().private_key
    keys.forget_key_state()
    assert keys.signing_key().private_key is parsed


def test_both_documents_cost_no_statement_within_the_cache_time(settings: Any) -> None:
    settings.HEARTHKEY_OIDC_CLIENTS_KEY_STATE_LIFETIME = timedelta(seconds=5)
    browser().get(JWKS)
    with CaptureQueriesContext(connection) as queries:
        browser().get(JWKS)
        browser().get("/.well-known/openid-configuration")
    assert len(queries) == 0


@pytest.mark.django_db(transaction=True)
class TestTogether:
    """Several processes at once; one active and at most one next key, whatever happens."""

    def test_ten_who_rotate_publish_one_key(self) -> None:
        first = keys.ensure_signing_key().kid
        kids = {done.kid for done in at_once([rotation.rotate] * 10)}
        assert len(kids) == 1
        assert states() == {first: "active", kids.pop(): "next"}

    def test_ten_who_activate_retire_one_key(self) -> None:
        first, following = keys.ensure_signing_key().kid, rotation.rotate().kid
        aged(following, timedelta(days=1))
        done = at_once([rotation.rotate_when_due] * 10)
        assert states()[following] == "active"
        assert states()[first] == "retired"
        assert SigningKey.objects.filter(state=State.ACTIVE).count() == 1
        assert told("signing_key_activated") == [following]
        assert len(done) == 10

    def test_ten_who_drop_the_same_key_leave_one_active_key(self) -> None:
        first = keys.ensure_signing_key().kid

        def drop() -> str:
            try:
                return rotation.drop_key(kid=first).kid
            except SigningKeyUnknown:
                return ""

        kids = [kid for kid in at_once([drop] * 10) if kid]
        assert len(kids) == 1
        assert states() == {kids[0]: "active"}

    def test_tokens_are_signed_by_published_keys_while_keys_change(self) -> None:
        client, member = make_client(), make_member()
        tokens = tokens_for(member, client)
        turn = iter(range(100))

        def act() -> str:
            if next(turn) % 3 == 0:
                rotation.rotate(at_once=True)
            return kid_of(refresh(client, tokens["refresh_token"]).json()["id_token"])

        kids = set(at_once([act] * 12))
        assert kids <= published()
