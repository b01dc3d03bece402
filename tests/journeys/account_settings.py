"""The project's settings, with the apps' own plain mails by an SMTP server that a test names."""

from __future__ import annotations

import os
from datetime import timedelta

from config.settings import *  # noqa: F403

EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
EMAIL_HOST = "127.0.0.1"
EMAIL_PORT = int(os.environ.get("TEST_SMTP_PORT", "25"))
HEARTHKEY_ACCOUNTS_SEND_MAIL = None
HEARTHKEY_ACCOUNTS_MAIL_IS_ON = None
# Whoever changes what is protected is asked for a passkey each time.
HEARTHKEY_ACCOUNTS_STEP_UP_WINDOW = timedelta(0)
