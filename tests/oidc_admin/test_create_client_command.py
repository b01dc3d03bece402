from __future__ import annotations

import hashlib
import io
import json
from pathlib import Path
from typing import Any

import pytest
from django.contrib.auth.models import Group
from django.core.management import CommandError, call_command
from PIL import Image

from oidc_clients.models import Client, ClientSecret
from tests.support.oidc_admin.keys import private_key, public_key

pytestmark = pytest.mark.django_db

CALLBACK = "https://app.example.com/callback"


def created_by(*arguments: str) -> Any:
    out = io.StringIO()
    call_command("create_client", *arguments, "--json", stdout=out)
    (line,) = out.getvalue().splitlines()
    return json.loads(line)


def refusal_of(*arguments: str) -> str:
    with pytest.raises(CommandError) as refused:
        call_command("create_client", *arguments, "--json")
    assert refused.value.returncode == 1
    message = str(refused.value)
    assert "\n" not in message
    return message


def test_json_prints_the_id_and_the_secret_and_the_database_holds_only_a_digest() -> None:
    answer = created_by("Forge", "--callback-url", CALLBACK, "https://app.example.com/second")
    client = Client.objects.get(client_id=answer["client_id"])
    assert client.redirect_uris == [CALLBACK, "https://app.example.com/second"]
    assert client.is_restricted
    assert not client.allowed_groups.exists()
    stored = client.secrets.get()
    assert stored.digest == hashlib.sha256(answer["client_secret"].encode()).hexdigest()
    assert stored.prefix == answer["client_secret"][:4]
    assert len(answer["client_secret"]) >= 43  # 256 bits in base64url


def test_a_public_client_has_no_secret() -> None:
    answer = created_by("Phone", "--callback-url", "app.immich:///oauth-callback", "--public")
    assert answer["client_secret"] is None
    assert Client.objects.get(client_id=answer["client_id"]).is_public
    assert not ClientSecret.objects.exists()


def test_every_switch_reaches_the_client() -> None:
    Group.objects.create(name="staff")
    Group.objects.create(name="guests")
    answer = created_by(
        *("Forge", "--callback-url", CALLBACK, "--client-id", "forge.1", "--pkce", "--unrestricted"),
        *("--group", "staff", "--group", "guests"),
    )
    client = Client.objects.get()
    assert answer["client_id"] == client.client_id == "forge.1"
    assert client.pkce_required
    assert not client.is_restricted
    assert set(client.allowed_groups.values_list("name", flat=True)) == {"staff", "guests"}


def test_a_secret_comes_from_a_file_and_loses_only_its_line_break(tmp_path: Path) -> None:
    file = tmp_path / "secret"
    file.write_text("an old secret of 26 chars \n")
    answer = created_by("Forge", "--callback-url", CALLBACK, "--secret-file", str(file))
    assert answer["client_secret"] == "an old secret of 26 chars "


@pytest.mark.parametrize(
    "content", [b"x" * 15, b"x" * 513, "geheimnisvolle Wörter".encode(), b"line\nbreak inside it!", b""]
)
def test_a_secret_that_is_too_short_or_unprintable_is_refused(tmp_path: Path, content: bytes) -> None:
    file = tmp_path / "secret"
    file.write_bytes(content)
    refusal_of("Forge", "--callback-url", CALLBACK, "--secret-file", str(file))
    assert not Client.objects.exists()
    file.write_bytes(b"x" * 16)
    created_by("Forge", "--callback-url", CALLBACK, "--secret-file", str(file))


def test_a_missing_secret_file_is_refused(tmp_path: Path) -> None:
    assert "can't be read" in refusal_of(
        "Forge", "--callback-url", CALLBACK, "--secret-file", str(tmp_path / "nothing")
    )
    assert not Client.objects.exists()


def test_an_unknown_group_is_refused_by_name_and_nothing_is_written() -> None:
    assert "nobody" in refusal_of("Forge", "--callback-url", CALLBACK, "--group", "nobody")
    assert not Client.objects.exists()
    Group.objects.create(name="nobody")
    created_by("Forge", "--callback-url", CALLBACK, "--group", "nobody")


def test_a_used_id_is_refused_and_the_first_client_stays_as_it_was() -> None:
    created_by("First", "--callback-url", CALLBACK, "--client-id", "forge")
    assert "client ID" in refusal_of("Second", "--callback-url", CALLBACK, "--client-id", "forge")
    assert Client.objects.get().name == "First"
    assert ClientSecret.objects.count() == 1


@pytest.mark.parametrize("client_id", ["a", "a" * 129, "a b", "a/b", "ä" * 3, "ab\n", ""])
def test_an_id_with_other_characters_or_length_is_refused(client_id: str) -> None:
    refusal_of("Forge", "--callback-url", CALLBACK, "--client-id", client_id)
    assert not Client.objects.exists()


@pytest.mark.parametrize("client_id", ["ab", "A" * 128, "a.b_c-d"])
def test_an_id_may_be_chosen(client_id: str) -> None:
    assert created_by("Forge", "--callback-url", CALLBACK, "--client-id", client_id)["client_id"] == client_id


def test_a_bad_callback_url_is_named_and_nothing_is_written() -> None:
    assert "javascript:" in refusal_of("Forge", "--callback-url", CALLBACK, "javascript:alert(1)")
    assert not Client.objects.exists()


def test_a_client_that_nobody_may_use_is_said_out_loud() -> None:
    out, errors = io.StringIO(), io.StringIO()
    call_command("create_client", "Forge", "--callback-url", CALLBACK, stdout=out, stderr=errors)
    assert "No one can sign in to this client yet" in errors.getvalue()
    assert "Client secret" in out.getvalue()


def test_sign_out_and_token_switches_reach_the_client() -> None:
    created_by(
        *("Forge", "--callback-url", CALLBACK, "--require-par", "--no-device", "--access-token", "jwt"),
        *("--logout-callback-url", "https://app.example.com/bye", "app.example:/bye", "--on-my-network"),
        *("--backchannel-logout-url", "http://nas.lan/logout"),
    )
    client = Client.objects.get()
    assert client.post_logout_redirect_uris == ["https://app.example.com/bye", "app.example:/bye"]
    assert client.backchannel_logout_uri == "http://nas.lan/logout"
    assert client.is_on_own_network
    assert client.requires_par
    assert not client.allows_device_grant
    assert client.access_token_format == "jwt"


def test_what_members_see_is_set_by_options(tmp_path: Path) -> None:
    logo = tmp_path / "logo.png"
    Image.new("RGB", (64, 64), "teal").save(logo)
    created_by(
        *("Forge", "--callback-url", CALLBACK, "--logo", str(logo)),
        *("--launch-url", "https://git.example.com/", "--description", "Our code"),
    )
    client = Client.objects.get()
    assert (client.launch_url, client.description) == ("https://git.example.com/", "Our code")
    assert client.logo.content_type == "image/png"


def test_file_that_is_no_image_is_rejected_as_a_logo(tmp_path: Path) -> None:
    logo = tmp_path / "logo.png"
    logo.write_text("<svg/>")
    refusal_of("Forge", "--callback-url", CALLBACK, "--logo", str(logo))
    assert "can't be read" in refusal_of("Forge", "--callback-url", CALLBACK, "--logo", str(tmp_path / "none"))
    assert not Client.objects.exists()
    Image.new("RGB", (64, 64), "teal").save(logo)
    created_by("Forge", "--callback-url", CALLBACK, "--logo", str(logo))


def test_without_switches_a_client_is_as_the_form_makes_it() -> None:
    created_by("Forge", "--callback-url", CALLBACK)
    client = Client.objects.get()
    assert client.post_logout_redirect_uris == []
    assert client.backchannel_logout_uri == ""
    assert not client.is_on_own_network
    assert not client.requires_par
    assert client.allows_device_grant
    assert client.access_token_format == "opaque"
    assert client.authentication_method == ""
    assert client.jwks is None


@pytest.mark.parametrize(
    ("bad", "good"),
    [
        (("--logout-callback-url", "data:a"), ("--logout-callback-url", "https://app.example.com/bye")),
        (("--backchannel-logout-url", "http://nas.lan/"), ("--backchannel-logout-url", "https://nas.example.com/")),
        (("--backchannel-logout-url", "https://a@b.example/"), ("--backchannel-logout-url", "https://b.example/")),
        (("--launch-url", "javascript:alert(1)"), ("--launch-url", "https://app.example.com/")),
        (("--description", "a" * 151), ("--description", "a" * 150)),
        (("--access-token", "paseto"), ("--access-token", "opaque")),
        (("--access-token", ""), ("--access-token", "jwt")),
    ],
)
def test_a_bad_value_is_refused_and_nothing_is_written(bad: tuple[str, ...], good: tuple[str, ...]) -> None:
    refusal_of("Forge", "--callback-url", CALLBACK, *bad)
    assert not Client.objects.exists()
    created_by("Forge", "--callback-url", CALLBACK, *good)


def test_a_client_with_keys_signs_and_has_no_secret(tmp_path: Path) -> None:
    file = tmp_path / "jwks.json"
    file.write_text(json.dumps({"keys": [public_key("EC", "P-256", kid="first")]}))
    answer = created_by("Forge", "--callback-url", CALLBACK, "--jwks-file", str(file))
    client = Client.objects.get(client_id=answer["client_id"])
    assert answer["client_secret"] is None
    assert client.authentication_method == "private_key_jwt"
    assert client.jwks == {"keys": [public_key("EC", "P-256", kid="first")]}
    assert not ClientSecret.objects.exists()


@pytest.mark.parametrize(
    "content",
    [
        json.dumps(private_key()).encode(),
        b"",
        b"{",
        b"\xff\xfe",
        b"\x00",
        b'{"keys": []}',
        b"[" * 60_000,
        b" " * 70_000,
    ],
    ids=["private", "empty", "cut", "binary", "nul", "none", "deep", "long"],
)
def test_a_file_without_public_keys_is_refused_and_not_repeated(tmp_path: Path, content: bytes) -> None:
    file = tmp_path / "jwks.json"
    file.write_bytes(content)
    message = refusal_of("Forge", "--callback-url", CALLBACK, "--jwks-file", str(file))
    assert private_key()["d"] not in message
    assert not Client.objects.exists()
    file.write_text(json.dumps(public_key()))
    created_by("Forge", "--callback-url", CALLBACK, "--jwks-file", str(file))


def test_a_missing_key_file_is_refused(tmp_path: Path) -> None:
    missing = str(tmp_path / "nothing")
    assert "can't be read" in refusal_of("Forge", "--callback-url", CALLBACK, "--jwks-file", missing)
    assert "can't be read" in refusal_of("Forge", "--callback-url", CALLBACK, "--jwks-file", str(tmp_path))
    assert not Client.objects.exists()


def test_keys_go_with_neither_a_secret_nor_a_public_client(tmp_path: Path) -> None:
    keys, secret = tmp_path / "jwks.json", tmp_path / "secret"
    keys.write_text(json.dumps(public_key()))
    secret.write_text("a-secret-brought-along")
    signs = ("Forge", "--callback-url", CALLBACK, "--jwks-file", str(keys))
    assert "no secret" in refusal_of(*signs, "--secret-file", str(secret))
    assert "public client" in refusal_of(*signs, "--public")
    assert not Client.objects.exists()
    created_by(*signs)
