"""Django's settings, all of them derived from the typed environment of :mod:`config.environment.schema`."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from . import live
from .environment import databases, derived_keys, keys, logs, schema
from .live import fixed, look
from .serving import address

BASE_DIR: Path = schema.BASE_DIR
ENVIRONMENT = schema.read()
#: The keys of the application configuration that the environment fixes, with their values.
FIXED_CONFIGURATION = fixed.read()
APP_URL = ENVIRONMENT.app_url
APP_URL_IS_SET = ENVIRONMENT.app_url_is_set
APP_HOST = urlsplit(APP_URL).hostname or ""
APP_IS_HTTPS = APP_URL.startswith("https://")

_configured_key = keys.resolve_key(ENVIRONMENT)
#: False while no key is configured: the process then runs with a random one and must not write secrets.
ENCRYPTION_KEY_IS_CONFIGURED = _configured_key is not None
ENCRYPTION_KEY = _configured_key or keys.random_key()
SECRET_KEY = keys.derive_text(ENCRYPTION_KEY, "django secret key", 48)

DEBUG = False
_hosts = {APP_HOST}
if ENVIRONMENT.internal_app_url:
    _hosts.add(urlsplit(ENVIRONMENT.internal_app_url).hostname or "")
ALLOWED_HOSTS = sorted(f"[{name}]" if ":" in name else name for name in _hosts)
CSRF_TRUSTED_ORIGINS = [APP_URL]
TRUSTED_PROXIES = ENVIRONMENT.trust_proxy

ROOT_URLCONF = "config.urls"
WSGI_APPLICATION = "config.wsgi.application"
LANGUAGE_CODE = "en"
# Only what every page of ours speaks: with more, Django's own texts answer in another language than ours.
LANGUAGES = [("en", "English")]
USE_I18N = True
USE_TZ = True
TIME_ZONE = "UTC"
FORMAT_MODULE_PATH = ["config.formats"]

INSTALLED_APPS = [
    "accounts",
    "passkeys",
    "oidc_clients",
    "audit",
    "mailer",
    "config.apps.HearthkeyConfig",
    "oauth2_provider",
    "config.apps.HearthkeyAdminConfig",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.messages",
    "whitenoise.runserver_nostatic",
    "django.contrib.staticfiles",
]
MIDDLEWARE = [
    "config.requests.middleware.request_context.RequestContextMiddleware",
    "django.middleware.security.SecurityMiddleware",
    "config.requests.middleware.headers.SecurityHeadersMiddleware",
    "config.requests.middleware.probes.ProbesMiddleware",
    "config.requests.middleware.host.HostMiddleware",
    "config.requests.middleware.slash.ClientSlashMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "config.requests.middleware.rate_limit.ApiRateLimitMiddleware",
    "config.requests.middleware.setup_gate.SetupGateMiddleware",
    "config.requests.middleware.slash.SlashMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "accounts.middleware.SeenFromMiddleware",
    "django.middleware.locale.LocaleMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "oidc_clients.middleware.GoingOnMiddleware",
]
APPEND_SLASH = False
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "config.wiring.context_processors.instance",
                "config.wiring.context_processors.account_pages",
                "config.wiring.context_processors.session_banner",
            ]
        },
    }
]

DATA_DIR = ENVIRONMENT.data_dir
DATABASES: dict[str, dict[str, Any]] = {"default": databases.default(ENVIRONMENT)}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

STATIC_URL = "/static/"
STATIC_ROOT = BASE_DIR / ".static"
STATICFILES_DIRS = [BASE_DIR / "config" / "static"]
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.InMemoryStorage"},
    "staticfiles": {"BACKEND": "whitenoise.storage.CompressedManifestStaticFilesStorage"},
}
# A page of an old version, still open in a browser, may name a file that is gone; a missing name must not be a 500.
WHITENOISE_MANIFEST_STRICT = False
# Browsers ask for /favicon.ico wherever no page names an icon.
WHITENOISE_ROOT = BASE_DIR / "config" / "root"

AUTH_USER_MODEL = "hearthkey_accounts.User"
AUTHENTICATION_BACKENDS = ["passkeys.backends.PasskeyBackend", "accounts.backends.LoginCodeBackend"]
LOGIN_URL = "hearthkey_passkeys:sign-in"
LOGIN_REDIRECT_URL = live.text(look.home_page)
LOGOUT_REDIRECT_URL = "hearthkey_passkeys:sign-in"

SESSION_ENGINE = "accounts.sessions"
_prefix = "__Host-" if APP_IS_HTTPS else ""
SESSION_COOKIE_NAME = f"{_prefix}hearthkey_session"
SESSION_COOKIE_SECURE = APP_IS_HTTPS
SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = "Lax"
SESSION_COOKIE_AGE = int(timedelta(days=14).total_seconds())
CSRF_COOKIE_NAME = f"{_prefix}hearthkey_csrf"
CSRF_COOKIE_SECURE = APP_IS_HTTPS
CSRF_COOKIE_HTTPONLY = True
CSRF_COOKIE_SAMESITE = "Lax"
LANGUAGE_COOKIE_NAME = f"{_prefix}hearthkey_language"
LANGUAGE_COOKIE_SECURE = APP_IS_HTTPS
LANGUAGE_COOKIE_HTTPONLY = True
LANGUAGE_COOKIE_SAMESITE = "Lax"
MESSAGE_STORAGE = "django.contrib.messages.storage.session.SessionStorage"

# The redirect to https is the proxy's job, and the scheme follows APP_URL, so no forwarding header decides it.
SECURE_HSTS_SECONDS = int(timedelta(days=365).total_seconds()) if APP_IS_HTTPS else 0
SECURE_CONTENT_TYPE_NOSNIFF = True
SECURE_REFERRER_POLICY = "same-origin"
SECURE_CROSS_ORIGIN_OPENER_POLICY = "same-origin"
X_FRAME_OPTIONS = "DENY"
SILENCED_SYSTEM_CHECKS = [
    "security.W005",  # no includeSubDomains: the operator's other hosts are not ours to decide about
    "security.W008",  # no redirect to https: the proxy in front does that
    "security.W021",  # no preload, for the same reason as W005
    "oauth2_provider.W008",  # own redirect URI rules (loopback clients need http); see docs/decisions
]

TASKS = {"default": {"BACKEND": "config.jobs.backend.JobBackend"}}

#: What mails come from where no address is configured.
DEFAULT_FROM_EMAIL = f"noreply@{APP_HOST}"

DATA_UPLOAD_MAX_MEMORY_SIZE = 2_621_440
FILE_UPLOAD_MAX_MEMORY_SIZE = 2_621_440
DATA_UPLOAD_MAX_NUMBER_FIELDS = 2000

OAUTH2_PROVIDER_APPLICATION_MODEL = "hearthkey_oidc_clients.Client"
OAUTH2_PROVIDER_GRANT_MODEL = "hearthkey_oidc_clients.Grant"
OAUTH2_PROVIDER_ACCESS_TOKEN_MODEL = "hearthkey_oidc_clients.AccessToken"  # noqa: S105
OAUTH2_PROVIDER_REFRESH_TOKEN_MODEL = "hearthkey_oidc_clients.RefreshToken"  # noqa: S105
OAUTH2_PROVIDER_ID_TOKEN_MODEL = "hearthkey_oidc_clients.IDToken"  # noqa: S105
OAUTH2_PROVIDER_DEVICE_GRANT_MODEL = "hearthkey_oidc_clients.DeviceGrant"

# The toolkit's own views are not mounted; these make its models and checks agree with what the pipelines do.
OAUTH2_PROVIDER = {
    "OIDC_ENABLED": True,
    "OIDC_ISS_ENDPOINT": APP_URL,
    "COMPLIANT_BCP_RFC9700_IMPLICIT_GRANT": True,
    "COMPLIANT_BCP_RFC9700_PASSWORD_GRANT": True,
    "COMPLIANT_BCP_RFC9700_PKCE_METHOD": True,
    "COMPLIANT_BCP_RFC9700_ACCESS_TOKEN_TRANSPORT": True,
    "COMPLIANT_BCP_RFC9700_AUTHZ_RESPONSE_ISS": True,
    "COMPLIANT_BCP_RFC9700_TOKEN_STORAGE": True,
    "REFRESH_TOKEN_REUSE_PROTECTION": True,
}

HEARTHKEY_CONFIGURATION_ENCRYPTION_KEYS = derived_keys.configuration_keys

#: How old the last use of a passkey may be for a change in the administration.
HEARTHKEY_ADMIN_STEP_UP_WINDOW: timedelta | Callable[[], timedelta] = live.setting("sessions.step_up_window")

HEARTHKEY_ACCOUNTS_BASE_URL = address.base_url
HEARTHKEY_ACCOUNTS_SETUP_OPEN = not APP_IS_HTTPS and ENVIRONMENT.setup_token is None
HEARTHKEY_ACCOUNTS_SETUP_TOKEN = derived_keys.setup_token
HEARTHKEY_ACCOUNTS_SETUP_TOKEN_FIXED = ENVIRONMENT.setup_token is not None
HEARTHKEY_ACCOUNTS_AFTER_SETUP_URL = "hearthkey_passkeys:passkey-first"
HEARTHKEY_ACCOUNTS_HOME_URL = look.home_page
HEARTHKEY_ACCOUNTS_OWN_EDITING = live.setting("people.own_account_editing")
HEARTHKEY_ACCOUNTS_USER_NAME_EDITING = live.setting("people.user_name_editing")
HEARTHKEY_ACCOUNTS_EMAIL_REQUIRED = live.setting("people.email_required")
HEARTHKEY_ACCOUNTS_EMAILS_VERIFIED = live.setting("people.emails_verified")
HEARTHKEY_ACCOUNTS_SIGN_UP = live.setting("people.sign_up")
HEARTHKEY_ACCOUNTS_SIGN_UP_GROUPS = live.setting("people.default_groups")
HEARTHKEY_ACCOUNTS_CODES_BY_MAIL = live.setting("people.codes_by_mail")
HEARTHKEY_ACCOUNTS_OTHER_DEVICE = live.setting("people.other_device")
HEARTHKEY_ACCOUNTS_SESSION_IDLE = live.setting("sessions.idle")
HEARTHKEY_ACCOUNTS_SESSION_ABSOLUTE = live.setting("sessions.absolute")
HEARTHKEY_ACCOUNTS_STEP_UP_WINDOW = live.setting("sessions.step_up_window")
HEARTHKEY_ACCOUNTS_CAN_SIGN_IN = "config.wiring.adapters.has_passkey"
HEARTHKEY_ACCOUNTS_PANELS_ABOUT = "config.wiring.panels.panels_about"
HEARTHKEY_ACCOUNTS_RATE_LIMIT = "config.requests.rate_limit.rate_limit"
HEARTHKEY_ACCOUNTS_SEND_MAIL = "config.wiring.mails.send_mail"
HEARTHKEY_ACCOUNTS_MAIL_IS_ON = "config.wiring.mails.mail_is_on"
HEARTHKEY_ACCOUNTS_ENQUEUE = "config.jobs.enqueue"
HEARTHKEY_ACCOUNTS_REQUIRE_FRESH = "config.wiring.step_up.require_fresh"
HEARTHKEY_ACCOUNTS_REQUEST_ORIGIN = "config.wiring.adapters.request_origin"
HEARTHKEY_ACCOUNTS_PLACE = "config.wiring.adapters.place"
HEARTHKEY_ACCOUNTS_DEVICE = "config.wiring.adapters.device"
HEARTHKEY_ACCOUNTS_HOLD_PASSKEY = "config.wiring.adapters.hold_passkey"
HEARTHKEY_ACCOUNTS_PASSKEY_NAMES = "config.wiring.adapters.passkey_names"
HEARTHKEY_ACCOUNTS_APART = "config.wiring.adapters.apart"
HEARTHKEY_ACCOUNTS_DEVICE_CODE_PAGE = "hearthkey_oidc_clients:device"

HEARTHKEY_PASSKEYS_RP_ID = APP_HOST
HEARTHKEY_PASSKEYS_RP_NAME = live.setting("general.name")
HEARTHKEY_PASSKEYS_ORIGINS = [APP_URL]
HEARTHKEY_PASSKEYS_USER_VERIFICATION = live.setting("passkeys.user_verification")
HEARTHKEY_PASSKEYS_SYNCED_ALLOWED = live.setting("passkeys.synced")
HEARTHKEY_PASSKEYS_ATTACHMENT = live.setting("passkeys.attachment")
HEARTHKEY_PASSKEYS_STEP_UP_WINDOW = live.setting("sessions.step_up_window")
HEARTHKEY_PASSKEYS_RATE_LIMIT = "config.requests.rate_limit.rate_limit"
HEARTHKEY_PASSKEYS_REQUIRE_FRESH = "config.wiring.step_up.require_fresh"
HEARTHKEY_PASSKEYS_MAY_MANAGE = "config.wiring.adapters.may_manage_passkeys"
HEARTHKEY_PASSKEYS_MAY_REMOVE_LAST = "config.wiring.adapters.may_remove_last_passkey"
HEARTHKEY_PASSKEYS_RECOVERY_URL = "config.wiring.adapters.recovery_url"
HEARTHKEY_PASSKEYS_MAY_ENROL = "config.wiring.adapters.may_enrol"
HEARTHKEY_PASSKEYS_OTHER_SESSIONS_URL = "config.wiring.adapters.other_sessions_url"

HEARTHKEY_OIDC_CLIENTS_ISSUER = APP_URL
HEARTHKEY_OIDC_CLIENTS_INTERNAL_URL = ENVIRONMENT.internal_app_url
HEARTHKEY_OIDC_CLIENTS_ENCRYPTION_KEYS = derived_keys.signing_key_keys
HEARTHKEY_OIDC_CLIENTS_CLAIMS = "config.wiring.adapters.claims"
HEARTHKEY_OIDC_CLIENTS_AUTHENTICATION = "config.wiring.adapters.authentication"
HEARTHKEY_OIDC_CLIENTS_REQUIRE_FRESH = "config.wiring.adapters.require_fresh"
HEARTHKEY_OIDC_CLIENTS_HOLD_SESSION = "config.wiring.adapters.hold_session"
HEARTHKEY_OIDC_CLIENTS_END_SESSION = "config.wiring.adapters.end_session"
HEARTHKEY_OIDC_CLIENTS_RATE_LIMIT = "config.requests.rate_limit.rate_limit"
HEARTHKEY_OIDC_CLIENTS_SIGN_IN_CODE = "config.wiring.adapters.sign_in_code"
HEARTHKEY_OIDC_CLIENTS_REQUEST_ORIGIN = "config.wiring.adapters.request_origin"
HEARTHKEY_OIDC_CLIENTS_DEVICE_NAME = "config.wiring.adapters.device_name"
HEARTHKEY_OIDC_CLIENTS_GROUP_LABEL = "config.wiring.adapters.group_label"
HEARTHKEY_OIDC_CLIENTS_MAY_SET_CLAIMS = "config.wiring.adapters.may_set_claims"
HEARTHKEY_OIDC_CLIENTS_SELECTABLE_GROUPS = "config.wiring.adapters.selectable_groups"
HEARTHKEY_OIDC_CLIENTS_ENQUEUE = "config.jobs.enqueue"
HEARTHKEY_OIDC_CLIENTS_OUTBOUND_ALLOW = ENVIRONMENT.outbound_allow

HEARTHKEY_AUDIT_ORIGIN = "config.wiring.adapters.event_origin"
HEARTHKEY_AUDIT_RETENTION = timedelta(days=ENVIRONMENT.audit_log_retention_days)
HEARTHKEY_AUDIT_GEOIP_PATH = ENVIRONMENT.geolite_db_path or DATA_DIR / "GeoLite2-City.mmdb"
HEARTHKEY_AUDIT_GEOIP_URL = ENVIRONMENT.geolite_db_url
HEARTHKEY_AUDIT_GEOIP_LICENSE_KEY = ENVIRONMENT.maxmind_license_key
HEARTHKEY_AUDIT_GEOIP_MAY_CALL = "config.wiring.adapters.may_call"

HEARTHKEY_MAILER_ENCRYPTION_KEYS = derived_keys.outbox_keys
HEARTHKEY_MAILER_ENQUEUE = "config.jobs.enqueue"
HEARTHKEY_MAILER_INSTANCE_NAME = live.setting("general.name")
HEARTHKEY_MAILER_COLOUR = look.mail_colour
HEARTHKEY_MAILER_LOGO_URL = look.mail_logo_url
HEARTHKEY_MAILER_HOST = live.setting("mail.host")
HEARTHKEY_MAILER_PORT = live.setting("mail.port")
HEARTHKEY_MAILER_USER = live.setting("mail.user")
HEARTHKEY_MAILER_PASSWORD = live.setting("mail.password")
HEARTHKEY_MAILER_SECURITY = live.setting("mail.security")
HEARTHKEY_MAILER_FROM = live.setting("mail.from")
HEARTHKEY_MAILER_VERIFY_CERTIFICATE = live.setting("mail.verify_certificate")
HEARTHKEY_MAILER_KINDS_OFF = look.mail_kinds_off

LOGGING = logs.configuration(
    level=ENVIRONMENT.log_level, as_json=ENVIRONMENT.log_json, is_service=logs.is_service_process()
)
