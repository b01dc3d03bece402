"""Nothing that opens anything is found in clear in the database or in the log, after it all was used for real."""

# L12

from __future__ import annotations

import base64
import json
import re
import secrets
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlsplit

import psycopg
import pytest
import requests

from passkeys.testing import SoftAuthenticator
from tests.support import servers
from tests.support.servers import Hearthkey

from .test_two_workers import CALLBACK, code_for, csrf_of

pytestmark = [pytest.mark.serve, pytest.mark.timeout(240)]

SMTP_PASSWORD = "canary-of-the-mail-server"
CHOSEN_SECRET = "canary-of-a-chosen-client-secret"
LICENCE_KEY = "canary_of_the_licence_key_mmk"
MIRROR_TOKEN = "canary-of-the-mirror"
SETUP_TOKEN = "canary-of-the-set-up-token"
ENCRYPTION_KEY = "canary-of-the-encryption-key"
#: The private key that signs ID tokens, in the form in which it is encrypted at rest.
SIGNING_KEY = """
from oidc_clients.models import SigningKey
from oidc_clients.services.keys import _fernet
print(_fernet().decrypt(SigningKey.objects.get(state="active").private_key.encode()).hex())
"""
SAVE_PASSWORD = f"""
from config.live.saving import Wanted, save_changes
save_changes(wanted={{"mail.password": Wanted("{SMTP_PASSWORD}")}}, actor=None)
"""


@dataclass
class Run:
    """A service at work, and the secrets that went through it, by what they are."""

    service: Hearthkey
    secrets: dict[str, str] = field(default_factory=dict)

    def keep(self, name: str, value: str) -> str:
        assert len(value) >= 8, f"{name} is too short to be looked for"
        self.secrets[name] = value
        return value

    def post(self, path: str, authentication: Any = None, **form: str) -> requests.Response:
        return requests.post(f"{self.service.url}/{path}", data=form, auth=authentication, timeout=60)


@pytest.fixture(params=["sqlite", "postgres"])
def run(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Run]:
    key = tmp_path / "key"
    key.write_text(ENCRYPTION_KEY)
    environment = {
        "DISABLE_RATE_LIMITING": "true",
        "LOG_LEVEL": "debug",
        "LOG_JSON": "true",
        "SETUP_TOKEN": SETUP_TOKEN,
        "MAXMIND_LICENSE_KEY": LICENCE_KEY,
        # Nobody listens there, which is written to the log.
        "GEOLITE_DB_URL": f"http://127.0.0.1:{servers.free_port()}/city.mmdb?token={MIRROR_TOKEN}",
        "OUTBOUND_ALLOW": "127.0.0.1",
        **({"ENCRYPTION_KEY_FILE": str(key)} if request.param == "sqlite" else {}),
    }
    with servers.hearthkey(tmp_path, database=request.param, **environment) as service:
        found = Run(service)
        for name, value in {
            "set-up token": SETUP_TOKEN,
            "licence key": LICENCE_KEY,
            "mirror's token": MIRROR_TOKEN,
            "encryption key": service.environment.get("ENCRYPTION_KEY", ENCRYPTION_KEY),
        }.items():
            found.keep(name, value)
        yield found


def test_what_was_used_in_a_whole_run_is_nowhere_in_clear(run: Run) -> None:
    session = use_people(run)
    authentication = use_client(run, session)
    use_device(run, session, authentication)
    use_wrongly(run, authentication)
    run.service.manage("shell", "--no-imports", "-c", SAVE_PASSWORD)
    run.keep("mail password", SMTP_PASSWORD)
    private = bytes.fromhex(run.service.manage("shell", "--no-imports", "-c", SIGNING_KEY).split()[-1])
    stored, log = dump(run.service), run.service.log.encode()
    # An operator finds the wizard's link in the log, once, when the service starts; it died with the wizard.
    announced = f"/setup?token={SETUP_TOKEN}".encode()
    assert log.count(announced) == 1
    log = log.replace(announced, b"")
    assert b"hearthkey_audit_event" in stored or b"client_authorized" in stored
    assert b"client_authorized" in log
    for name, value in run.secrets.items():
        for shape in shapes(value.encode()):
            assert shape not in stored, f"The database holds the {name}"
            assert shape not in log, f"The log holds the {name}"
    for shape in shapes(private[40:72]):
        assert shape not in stored, "The database holds the signing key"
        assert shape not in log, "The log holds the signing key"
    # The twin: what may be read is found by the same search.
    for shown in (b"root@example.org", authentication[0].encode()):
        assert any(shape in stored for shape in shapes(shown))


def use_people(run: Run) -> requests.Session:
    """Set up, sign in by a link and by a typed code, enrol a passkey, sign in with it."""
    service = run.service
    wizard = requests.Session()
    page = wizard.get(f"{service.url}/setup", params={"token": SETUP_TOKEN}, timeout=30).text
    form = {"username": "root", "email": "root@example.org", "token": SETUP_TOKEN, "email_verified": "on"}
    headers = {"Origin": service.url}
    done = wizard.post(
        f"{service.url}/setup", data={**form, "csrfmiddlewaretoken": csrf_of(page)}, headers=headers, timeout=30
    )
    assert done.ok, done.text
    run.keep("cookie of the set-up", session_cookie(wizard))
    link, code = service.manage("login_code", "root", "--code").split()
    run.keep("link", link.rsplit("/", 1)[1])
    run.keep("code to type", code)
    run.keep("code to type, as it is kept", code.replace("-", ""))
    session = requests.Session()
    page = session.get(link, timeout=30).text
    done = session.post(link, data={"csrfmiddlewaretoken": csrf_of(page)}, headers=headers, timeout=30)
    assert done.url.endswith("/account/"), done.text
    run.keep("cookie of a code", session_cookie(session))
    typed = requests.Session()
    other = service.manage("login_code", "root", "--code").split()[1]
    run.keep("other code to type", other)
    page = typed.get(f"{service.url}/lc", timeout=30).text
    form = {"code": other.lower(), "csrfmiddlewaretoken": csrf_of(page)}
    assert typed.post(f"{service.url}/lc", data=form, headers=headers, timeout=30).url.endswith("/account/")
    device = SoftAuthenticator(origin=service.url)
    ceremony(run, session, "/account/passkeys/add", device.create)
    fresh = requests.Session()
    ceremony(run, fresh, "/login", device.get)
    run.keep("cookie of a passkey", session_cookie(fresh))
    return fresh


def ceremony(run: Run, session: requests.Session, path: str, answer: Any) -> None:
    url = run.service.url
    page = session.get(f"{url}/account/passkeys/" if "account" in path else url + path, timeout=30).text
    token = re.search(r'(?:data-csrf|name="csrfmiddlewaretoken" value)="([^"]+)"', page)
    assert token, page
    headers = {"X-CSRFToken": token[1], "Origin": url}
    begun = session.post(f"{url}{path}/options", json={}, headers=headers, timeout=30).json()
    run.keep(f"ceremony of {path}", begun["ceremony"])
    body = {"ceremony": begun["ceremony"], "credential": answer(begun["publicKey"])}
    done = session.post(f"{url}{path}/verify", json=body, headers=headers, timeout=30)
    assert done.ok, done.text


def session_cookie(session: requests.Session) -> str:
    return next(cookie.value for cookie in session.cookies if "session" in cookie.name and cookie.value)


def use_client(run: Run, session: requests.Session) -> tuple[str, str]:
    """Register clients, sign in at one, refresh, ask for what the token opens, give it back."""
    file = run.service.folder / "chosen-secret"
    file.write_text(CHOSEN_SECRET)
    run.service.create_client("Chosen", CALLBACK, "--secret-file", str(file))
    run.keep("chosen client secret", CHOSEN_SECRET)
    made = run.service.create_client("App", CALLBACK, "--unrestricted")
    authentication = (made["client_id"], run.keep("client secret", made["client_secret"]))
    code = run.keep("authorization code", code_for(run.service, session, made["client_id"]))
    form = {"grant_type": "authorization_code", "code": code, "redirect_uri": CALLBACK}
    tokens = keep_tokens(run, "first", run.post("api/oidc/token", authentication, **form))
    form = {"grant_type": "refresh_token", "refresh_token": tokens["refresh_token"]}
    renewed = keep_tokens(run, "second", run.post("api/oidc/token", authentication, **form))
    bearer = {"Authorization": f"Bearer {renewed['access_token']}"}
    assert requests.get(f"{run.service.url}/api/oidc/userinfo", headers=bearer, timeout=30).ok
    assert run.post("api/oidc/introspect", authentication, token=renewed["access_token"]).json()["active"]
    pushed = run.post("api/oidc/par", authentication, response_type="code", redirect_uri=CALLBACK, scope="openid")
    run.keep("pushed request", pushed.json()["request_uri"])
    keep_unused = code_for(run.service, session, made["client_id"])
    run.keep("code that nobody redeems", keep_unused)
    return authentication


def keep_tokens(run: Run, which: str, answer: requests.Response) -> dict[str, Any]:
    assert answer.ok, answer.text
    tokens: dict[str, Any] = answer.json()
    for name in ("access_token", "refresh_token", "id_token"):
        run.keep(f"{which} {name}", tokens[name])
    return tokens


def use_device(run: Run, session: requests.Session, authentication: tuple[str, str]) -> None:
    codes = run.post("api/oidc/device/authorize", authentication, scope="openid offline_access").json()
    run.keep("device code", codes["device_code"])
    run.keep("user code", codes["user_code"])
    run.keep("user code, as it is kept", codes["user_code"].replace("-", ""))
    url = run.service.url
    page = session.get(codes["verification_uri_complete"], timeout=30).text
    for path in ("device", "device/approve"):
        form = {"csrfmiddlewaretoken": csrf_of(page), "user_code": codes["user_code"]}
        page = session.post(f"{url}/{path}", data=form, headers={"Origin": url}, timeout=30).text
    assert "You approved the sign-in" in page
    form = {"grant_type": "urn:ietf:params:oauth:grant-type:device_code", "device_code": codes["device_code"]}
    keep_tokens(run, "device's", run.post("api/oidc/token", authentication, **form))


def use_wrongly(run: Run, authentication: tuple[str, str]) -> None:
    """Send secrets where they don't belong: into addresses, headers and the places of others."""
    url, (client_id, secret) = run.service.url, authentication
    for name in ("query", "path", "header", "cookie", "body", "user name"):
        run.keep(f"secret in a {name}", f"misplaced-{secrets.token_hex(12)}")
    told = run.secrets
    requests.get(f"{url}/authorize", params={"client_secret": told["secret in a query"]}, timeout=30)
    requests.get(f"{url}/api/oidc/userinfo", params={"access_token": told["secret in a query"]}, timeout=30)
    for place in ("lc", "verify-email", "st"):
        requests.get(f"{url}/{place}/{told['secret in a path']}", timeout=30)
    bearer = {"Authorization": f"Bearer {told['secret in a header']}"}
    requests.get(f"{url}/api/oidc/userinfo", headers=bearer, timeout=30)
    for name in ("hearthkey_session", "sessionid", "csrftoken"):
        requests.get(f"{url}/account/", cookies={name: told["secret in a cookie"]}, timeout=30)
    for grant in ("authorization_code", "refresh_token", "password"):
        field = told["secret in a body"]
        form = {"grant_type": grant, "code": field, "refresh_token": field, "password": field, "username": "root"}
        run.post("api/oidc/token", authentication, **form)
    run.post("api/oidc/token", (client_id, told["secret in a body"]), grant_type="refresh_token", refresh_token="x")
    run.post("api/oidc/revoke", authentication, token=told["secret in a body"])
    run.post("api/oidc/introspect", authentication, token=told["secret in a body"])
    # Who mixes the two up sends the secret as the name.
    run.post("api/oidc/token", (told["secret in a user name"], client_id), grant_type="refresh_token")
    requests.post(f"{url}/login/verify", data=json.dumps({"ceremony": secret}), timeout=30)


def shapes(value: bytes) -> set[bytes]:
    """The forms in which a value would be read at once: as it is, quoted for an address, as hex, as base64."""
    inside = base64.b64encode(value)[: len(value) // 3 * 4]
    return {value, quote(value, safe="").encode(), value.hex().encode(), inside, inside.translate(_URL_SAFE)}


_URL_SAFE = bytes.maketrans(b"+/", b"-_")


def dump(service: Hearthkey) -> bytes:
    """All that the database holds."""
    address = service.environment.get("DB_CONNECTION_STRING")
    if address is None:
        files = sorted((service.folder / "data").glob("*.sqlite3*"))
        assert files, list((service.folder / "data").iterdir())
        return b"".join(path.read_bytes() for path in files)
    out = [urlsplit(address).path.encode()]
    with psycopg.connect(address) as connection:
        names = connection.execute("SELECT tablename FROM pg_tables WHERE schemaname = 'public'").fetchall()
        for (name,) in names:
            out.append(name.encode())
            with connection.cursor().copy(f'COPY public."{name}" TO STDOUT') as rows:
                out.extend(bytes(row) for row in rows)
    return b"\n".join(out)
