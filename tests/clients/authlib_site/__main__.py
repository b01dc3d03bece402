"""A relying party on Flask and Authlib: configured by the discovery URL alone, with PKCE.

It knows nothing of the provider but what the environment says: SITE_URL and PORT of its own, DISCOVERY_URL,
CLIENT_ID, CLIENT_SECRET and SCOPE. LANDING_URL makes the callback send people on to another origin.
"""

from __future__ import annotations

import os
import secrets
from typing import Any

from authlib.integrations.base_client import OAuthError
from authlib.integrations.flask_client import OAuth
from flask import Flask, Response, jsonify, redirect, request, session
from werkzeug.serving import make_server

SITE_URL = os.environ["SITE_URL"]
CALLBACK_URL = f"{SITE_URL}/callback"

app = Flask(__name__)
app.secret_key = secrets.token_bytes(32)
app.config["SESSION_COOKIE_NAME"] = "authlib_site"

oauth = OAuth(app)
provider = oauth.register(
    "provider",
    client_id=os.environ["CLIENT_ID"],
    client_secret=os.environ.get("CLIENT_SECRET") or None,
    server_metadata_url=os.environ["DISCOVERY_URL"],
    client_kwargs={
        "scope": os.environ["SCOPE"],
        "code_challenge_method": "S256",
        **({} if os.environ.get("CLIENT_SECRET") else {"token_endpoint_auth_method": "none"}),
    },
)

# The tokens of each browser: they are too large for Flask's cookie.
tokens: dict[str, dict[str, Any]] = {}


@app.get("/")
def ready() -> str:
    return "ready"


@app.get("/login")
def login() -> Response:
    return provider.authorize_redirect(CALLBACK_URL, **request.args.to_dict())


@app.route("/callback", methods=["GET", "POST"])
def callback() -> Any:
    try:
        if request.method == "POST" and "error" in request.form:
            raise OAuthError(request.form["error"], request.form.get("error_description"))
        token = provider.authorize_access_token()
    except OAuthError as error:
        if landing := os.environ.get("LANDING_URL"):
            return redirect(f"{landing}?error={error.error}")
        told = {"parameters": request.values.to_dict(), "method": request.method}
        return jsonify(error=error.error, description=error.description, **told), 403
    session["id"] = secrets.token_urlsafe()
    session["method"] = request.method
    tokens[session["id"]] = token
    return redirect(os.environ.get("LANDING_URL") or "/whoami")


@app.get("/landing")
def landing() -> Any:
    return jsonify(arrived=request.host, error=request.args.get("error"))


@app.get("/whoami")
def whoami() -> Any:
    token = tokens.get(session.get("id", ""))
    if token is None:
        return jsonify(signed_in=False), 401
    return jsonify(
        signed_in=True, claims=token["userinfo"], scope=token.get("scope"), answered_by=session.get("method")
    )


@app.get("/userinfo")
def userinfo() -> Any:
    """Ask the provider with the access token that this browser's session holds."""
    token = tokens[session["id"]]
    answer = provider.get(provider.load_server_metadata()["userinfo_endpoint"], token=token)
    return jsonify(
        status=answer.status_code,
        body=answer.json() if answer.text else None,
        challenge=answer.headers.get("WWW-Authenticate"),
    )


@app.get("/refresh")
def refresh() -> Any:
    """Trade the refresh token that this browser's session holds for new tokens."""
    old = tokens[session["id"]]
    try:
        new = provider.fetch_access_token(grant_type="refresh_token", refresh_token=old["refresh_token"])
    except OAuthError as error:
        return jsonify(refreshed=False, error=error.error, description=error.description)
    tokens[session["id"]] = {**old, **new}
    return jsonify(
        refreshed=True,
        access_token_changed=new["access_token"] != old["access_token"],
        refresh_token_changed=new.get("refresh_token") != old["refresh_token"],
    )


if __name__ == "__main__":
    make_server("127.0.0.1", int(os.environ["PORT"]), app, threaded=True).serve_forever()
