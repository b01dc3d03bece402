"""What a client's developer is told keeps to the characters of RFC 6749 §4.1.2.1 and §5.2: ASCII without ``"`` and ``\\``."""

from __future__ import annotations

import re
from typing import Any

import pytest
from django.utils import timezone

from oidc_clients.models import Grant
from oidc_clients.protocol.authorization.requested_claims import MalformedClaims, parse_claims
from oidc_clients.protocol.client_assertion import verify_assertion
from oidc_clients.protocol.errors import InvalidClient, InvalidGrant
from tests.oracle import corpus
from tests.support.oidc_protocol.factories import (
    CALLBACK,
    answer_of,
    ask,
    browser,
    code_for,
    consent_to,
    make_client,
    make_member,
    redeem,
    refresh,
    signed_in,
    tokens_for,
)

OTHER_SECRET = "the-other-clients-secret-012345"
ALLOWED = re.compile(r"[\x20-\x21\x23-\x5b\x5d-\x7e]+")


@pytest.mark.parametrize(
    "claims",
    [
        *("x", "[]", '{"id_token":1}', '{"userinfo":[]}', '{"id_token":{"email":1}}', '{"a":1,"a":1}', "NaN"),
        *('{"id_token":{"email":{"essential":1}}}', '{"userinfo":{"email":{"values":"x"}}}'),
    ],
)
def test_malformed_claims_are_described_in_allowed_characters(claims: str) -> None:
    with pytest.raises(MalformedClaims) as found:
        parse_claims(claims)
    assert ALLOWED.fullmatch(str(found.value))


def test_a_wrong_type_of_assertion_is_described_in_allowed_characters() -> None:
    with pytest.raises(InvalidClient) as found:
        verify_assertion(
            "eyJ0eXAiOiJYIn0.e30.AA", keys=[], client_id="app", audiences=frozenset({"https://id.test"}), now=0
        )
    assert "'JWT'" in found.value.description
    assert ALLOWED.fullmatch(found.value.description)


# A12
@pytest.mark.django_db
def test_every_refused_request_is_described_in_allowed_characters() -> None:
    client = make_client(corpus.CLIENT_ID, secret=corpus.SECRET, redirect_uris=[corpus.CALLBACK])
    member = make_member()
    consent_to(member, client)
    found = signed_in(member)
    told: set[str] = set()
    for case in corpus.authorization_cases():
        response = found.get("/authorize", QUERY_STRING=case.encoded())
        if response.status_code == 302:
            told.add(answer_of(response).get("error_description", ""))
    for case in corpus.token_cases():
        response: Any = corpus.send(case, found, "/api/oidc/token")
        told.add(response.json().get("error_description", ""))
    told.discard("")
    assert len(told) > 12
    assert [text for text in told if not ALLOWED.fullmatch(text)] == []


@pytest.mark.django_db
def test_a_refusal_names_what_it_is_about_in_single_quotes_and_a_valid_request_has_none() -> None:
    client = make_client(skip_authorization=True)
    refused = answer_of(ask(browser(), client, response_type="token"))
    assert refused["error_description"] == "The only response_type is 'code'."
    assert "error" not in answer_of(ask(signed_in(make_member()), client))


# B02 B07
@pytest.mark.django_db
@pytest.mark.parametrize(
    ("changes", "description"),
    [
        ({"code_verifier": None}, "The code_verifier is missing."),
        ({"code_verifier": "w" * 43}, "The code_verifier does not fit the code_challenge."),
        ({"redirect_uri": None}, "The redirect_uri is missing."),
        ({"redirect_uri": CALLBACK + "/"}, "The redirect_uri differs from that of the authorization request."),
    ],
)
def test_a_clients_own_developer_is_told_what_is_wrong_and_a_stranger_is_not(
    changes: dict[str, str | None], description: str
) -> None:
    client, other, member = make_client(), make_client("other", secret=OTHER_SECRET), make_member()
    code = code_for(member, client)
    assert redeem(client, code, **changes).json() == {"error": "invalid_grant", "error_description": description}
    stranger = redeem(other, code, secret=OTHER_SECRET, **changes).json()
    assert stranger == {"error": "invalid_grant", "error_description": InvalidGrant.default_message}
    assert redeem(other, "no code", secret=OTHER_SECRET, **changes).json() == stranger
    assert redeem(client, code).status_code == 200
    assert redeem(client, code).json()["error_description"] == "The code was used before."


@pytest.mark.django_db
def test_a_verifier_without_a_challenge_and_an_old_code_are_named_and_a_lost_member_is_not() -> None:
    client, member = make_client(), make_member()
    plain = code_for(member, client, code_challenge=None, code_challenge_method=None)
    assert "no code_challenge" in redeem(client, plain).json()["error_description"]
    assert redeem(client, plain, code_verifier=None).status_code == 200
    old = code_for(member, client)
    Grant.objects.filter(used_at=None).update(expires=timezone.now())
    assert redeem(client, old).json()["error_description"] == "The code has expired."
    tokens = tokens_for(member, client)
    type(member).objects.update(is_active=False)
    lost = refresh(client, tokens["refresh_token"]).json()
    assert lost == {"error": "invalid_grant", "error_description": InvalidGrant.default_message}
