"""What products of this kind had to fix, row by row: each is refused by a test here, or can't happen here yet.

A test names its row in a comment above it: ``# V23``, beside the ids of the checklist.
"""

from __future__ import annotations

import re
from pathlib import Path

TESTS = Path(__file__).resolve().parent
ROWS = {
    1: "A code was refused only when its client was wrong and it had expired",
    2: "A redirect was let past by user@host",
    3: "Refresh ignored revoked consent, disabled members and groups",
    4: "A one-time code counted as the passkey that a step-up asks for",
    5: "Two first administrators were set up at once",
    6: "User verification was not enforced, and a device code could be redeemed twice",
    7: "An API key registered passkeys, and rate limits skipped loopback",
    8: "javascript: and data: were accepted as callbacks",
    9: "An assertion could be replayed",
    10: "The PKCE verifier was checked only when there was one",
    11: "PKCE was taken off by leaving out the challenge",
    12: "Callbacks were unescaped patterns, and the first one seen was trusted",
    13: "form_post to javascript: ran a script",
    14: "state ran a script in the page that posts by itself",
    15: "The device grant skipped who may use the client",
    16: "Unregistered scopes came by the device grant",
    17: "Introspection told any client about any token",
    18: "X-Forwarded-For was believed from anybody",
    19: "Deleting the first administrator opened the set-up again",
    20: "A token of one purpose was valid for another",
    21: "A token lived on until a clean-up removed it",
    22: "Deactivated accounts still signed in",
    23: "A deleted session went on",
    24: "Actions were open to who had no permission",
    25: "An empty form passed a step of the sign-in",
    26: "A code could be retargeted to another client",
    27: "Simultaneous refreshes passed the limit of reuse",
    28: "The browser was trusted for algorithm, exclusion and attachment of a new passkey",
    29: "A replayed enrolment link added an attacker's passkey",
    30: "Redirects with several @, with ..;/ and to variants of localhost",
    31: "A JWT was verified by another kind of algorithm",
    32: "A lock-out was looked at when a grant began and not when it was redeemed",
    33: "Steps of a recovery could be skipped",
    34: "A reused session showed another member's account",
    35: "A script lay in an SVG image",
    36: "Secrets were not compared in constant time",
    37: "A page size of 0, and a crash on cancelled requests",
    38: "A group was not asked for when a session was renewed",
    39: "PKCE was not asked of public clients that registered themselves",
    40: "Deep nesting exhausted the stack",
    41: "badexample.com passed for example.com in a passkey's origin",
    42: "Markup in a display name, and a crash on a truncated image",
    43: "prompt=none redirected before the client was validated",
    44: "Predictable user codes, secrets in logs and in the administration, a hashed secret as a key",
    45: "Redirects with an extra query, ;parameters, user information and #",
    46: "One client revoked another's tokens, and a refresh token outlived its family",
    47: "The time of grace revived old or revoked tokens",
    48: "Any member could approve a device",
    49: "A redirect URI with a long IPv6 address cost minutes",
    50: "HMAC was accepted with an asymmetric key",
    51: "Unknown crit and alg none were accepted",
    52: "JOSE segments, PBES2 rounds and compressed JWE without a bound",
    53: "Errors were redirected to an address that was not validated",
    54: "Forwarded headers changed the links that people were sent",
    55: "Truncated tokens, overridden claims, an email address verified by its own member",
    56: "Neither codes nor refresh tokens were bound to their client",
    57: "SQL by forged cursors and sort orders",
    58: "Repeated headers and costly addresses exhausted the server",
}
# A feature that comes takes its line out of here and brings the test.
NOT_HERE = {
    39: "No client registers itself: operators make every client, and each public one has to use PKCE.",
}
_TAG = re.compile(r"\bV(\d{1,2})\b")


def tagged(text: str) -> set[int]:
    """Return the rows that comments right above a test name; a tag above anything else counts for nothing."""
    found: set[int] = set()
    for block in re.split(r"\n\s*\n", text):
        head, is_test, _ = block.partition("def test_")
        if is_test:
            comments = [line for line in head.splitlines() if line.startswith("#")]
            found |= {int(number) for line in comments for number in _TAG.findall(line)}
    return found


def test_every_row_is_proved_or_does_not_apply() -> None:
    proved = set().union(*(tagged(path.read_text()) for path in sorted(TESTS.rglob("test_*.py"))))
    assert proved - ROWS.keys() == set(), "There are no such rows."
    assert [f"{row}: {ROWS[row]}" for row in sorted(ROWS.keys() - proved - NOT_HERE.keys())] == []
    assert sorted(proved & NOT_HERE.keys()) == [], "These are proved: their lines have to go."
    assert all(reason.endswith(".") for reason in NOT_HERE.values())
    assert sorted(ROWS) == list(range(1, 59))


def test_a_tag_counts_above_a_test_only() -> None:
    above = "# L03, V23\n@pytest.mark.django_db\ndef test_x() -> None:\n    pass"
    assert tagged(above) == {23}
    assert tagged(above.replace("test_x", "helper")) == set()
    assert tagged("# V23\n\n\ndef test_x() -> None:\n    pass") == set()
    assert tagged('def test_x() -> None:  # L03\n    tag = "V23"  # V24') == set()
