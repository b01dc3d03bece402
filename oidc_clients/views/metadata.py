"""Discovery (OpenID Connect Discovery §4, RFC 8414 §3) and the public keys (RFC 7517 §5). No database on the way."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from typing import Any

from django.http import HttpRequest, HttpResponse

from .. import conf
from ..protocol.metadata import provider_metadata
from ..services.endpoints import address_of
from ..services.keys import published_keys
from .answers import conditional_json, endpoint


@endpoint("GET", "HEAD")
def discovery(request: HttpRequest) -> HttpResponse:
    return _public(request, provider_metadata(issuer=conf.issuer(), address_of=address_of))


@endpoint("GET", "HEAD")
def jwks(request: HttpRequest) -> HttpResponse:
    return _public(request, {"keys": published_keys()})


def _public(request: HttpRequest, body: Mapping[str, Any]) -> HttpResponse:
    etag = f'"{hashlib.sha256(json.dumps(body, sort_keys=True).encode()).hexdigest()[:32]}"'
    return conditional_json(request, body, etag=etag, max_age=int(conf.metadata_cache().total_seconds()))
