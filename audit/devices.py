"""User agents in people's words."""

from __future__ import annotations

from functools import lru_cache
from typing import Final

import ua_parser

#: Browsers and systems by the names that people know; what is not here keeps the library's name.
_BROWSERS: Final = {
    "Mobile Safari": "Safari",
    "Mobile Safari UI/WKWebView": "Safari",
    "Chrome Mobile": "Chrome",
    "Chrome Mobile iOS": "Chrome",
    "Chrome Mobile WebView": "Chrome",
    "HeadlessChrome": "Chrome",
    "Firefox Mobile": "Firefox",
    "Firefox iOS": "Firefox",
    "Edge Mobile": "Edge",
    "Opera Mobile": "Opera",
}
_SYSTEMS: Final = {"Mac OS X": "Mac", "Chrome OS": "Chromebook", "iOS": "iPhone"}
_APPLE: Final = {"iPhone", "iPad"}
#: Characters. Longer ones are nonsense, and parsing them only costs time.
_LONGEST: Final = 500


@lru_cache(maxsize=2048)
def describe(user_agent: str) -> str:
    """Return a user agent as people say it, "Safari on iPhone"; empty when it names nothing known.

    No versions: they would make one device look like many.
    """
    found = ua_parser.parse(user_agent[:_LONGEST])
    browser = found.user_agent.family if found.user_agent else ""
    browser = _BROWSERS.get(browser, browser)
    system = found.os.family if found.os else ""
    system = _SYSTEMS.get(system, system)
    if found.device and found.device.family in _APPLE:
        system = found.device.family
    if browser and system:
        return f"{browser} on {system}"
    return browser or system
