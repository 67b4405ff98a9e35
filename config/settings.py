"""Django's settings; everything an operator may change comes through `config.environment`."""

from __future__ import annotations

import importlib.util
import sys
from pathlib import Path
from urllib.parse import unquote, urlsplit

from django.core.exceptions import ImproperlyConfigured
from django.utils.translation import gettext_lazy as _

from config import environment
from config.mail_providers import mail_providers
from config.schema_names import ENUM_NAMES

if importlib.util.find_spec("psycopg"):
    raise ImproperlyConfigured(
        "psycopg 3 is installed and Django would silently use it. Uninstall it: we run on psycopg2."
    )

BASE_DIR = Path(__file__).resolve().parent.parent
try:
    ENVIRONMENT = environment.read()
    _env = {name: value.text for name, value in ENVIRONMENT.items()}
    SHARPEND_HOME = Path(_env["SHARPEND_HOME"]).expanduser().resolve()
    _engines = environment.engines(SHARPEND_HOME)
    _database = environment.database(_env["DATABASE_URL"] or _engines.get("DATABASE_URL", "postgres:///sharpend"))
    TRUSTED_PROXIES = environment.networks("TRUSTED_PROXIES", _env["TRUSTED_PROXIES"])
    WEEKLY_TEST_PAGES = environment.switch("WEEKLY_TEST_PAGES", _env["WEEKLY_TEST_PAGES"])
    MAIL_IN = environment.mail_place("MAIL_IN", _env["MAIL_IN"])
    MAIL_PROVIDERS = mail_providers(_env["MAIL_PROVIDERS"])
    BODIES_KEPT = environment.days("BODIES_KEPT", _env["BODIES_KEPT"])
    ALERTS_KEPT = environment.days("ALERTS_KEPT", _env["ALERTS_KEPT"])
    ONCALL_HOURS, REST_HOURS = environment.oncall_hours(_env)
    _classes = ("critical", "major", "standard")
    SLACK_INCIDENT_CHANNELS = environment.one_of("SLACK_INCIDENT_CHANNELS", _env["SLACK_INCIDENT_CHANNELS"], _classes)
    TEAM_NOTICES = environment.team_notices(_env["TEAM_NOTICES"])
    EGRESS_ALLOW = environment.networks("EGRESS_ALLOW", _env["EGRESS_ALLOW"])
except environment.BadSetting as error:
    sys.exit(f"sharp-end: {error}")

SHARPEND_URL = _env["SHARPEND_URL"].rstrip("/")
_origin = urlsplit(SHARPEND_URL)
if _origin.scheme not in {"http", "https"} or not _origin.hostname:
    sys.exit("sharp-end: SHARPEND_URL must be an origin such as https://pager.example.com.")
SECURE = _origin.scheme == "https"

_secret_file = SHARPEND_HOME / "secrets" / "SECRET_KEY"
SECRET_KEY = _env["SECRET_KEY"] or (_secret_file.read_text().strip() if _secret_file.exists() else "")
if not SECRET_KEY:
    # Commands that sign nothing (checks, help) run without; whatever signs refuses an empty key by itself.
    SECRET_KEY = (
        "unsafe-" + "no-secret-key-was-given-" * 3 if "check" in sys.argv or "makemigrations" in sys.argv else ""
    )

DEBUG = False
ALLOWED_HOSTS = [_origin.hostname, "localhost", "127.0.0.1", "[::1]"]
CSRF_TRUSTED_ORIGINS = [SHARPEND_URL]
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = SECURE
SESSION_COOKIE_NAME = "sharpend_session"
SESSION_COOKIE_AGE = 60 * 60 * 24 * 30  # seconds: nobody signs in again at 2 AM
CSRF_COOKIE_NAME = "sharpend_csrf"
SECURE_SSL_REDIRECT = SECURE
SECURE_HSTS_SECONDS = 60 * 60 * 24 * 365 if SECURE else 0
SECURE_HSTS_INCLUDE_SUBDOMAINS = False
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https") if TRUSTED_PROXIES else None
SECURE_REFERRER_POLICY = "same-origin"
X_FRAME_OPTIONS = "DENY"
SILENCED_SYSTEM_CHECKS = ["security.W005", "security.W021"]  # HSTS for subdomains and preload is the operator's choice
APPEND_SLASH = True

INSTALLED_APPS = [
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.postgres",
    "django.contrib.staticfiles",
    "django.forms",
    "allauth",
    "allauth.account",
    "rest_framework",
    "django_filters",
    "drf_spectacular",
    "django_htmx",
    "pgtrigger",
    "pghistory",
    "foundation",
    "teams",
    "oncall",
    "incidents",
    "paging",
    "alerts",
    "postmortems",
    "status",
    "review",
    "desk",
    "provisioning",
]
ROOMS = [
    "foundation",
    "teams",
    "oncall",
    "incidents",
    "paging",
    "alerts",
    "postmortems",
    "status",
    "review",
    "desk",
    "provisioning",
]

MIDDLEWARE = [
    "foundation.direct.DirectDoor",
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "django.middleware.gzip.GZipMiddleware",  # its length is padded at random and the CSRF token masked: no BREACH
    "foundation.security.ContentSecurityPolicy",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.auth.middleware.LoginRequiredMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "allauth.account.middleware.AccountMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
    "teams.zones.ViewerZone",
]
ROOT_URLCONF = "config.urls"
DIRECT_URLCONF = "config.direct_urls"
WSGI_APPLICATION = "config.wsgi.application"
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
                "desk.frame.frame",
            ],
        },
    }
]
FORM_RENDERER = "foundation.ui.forms.Renderer"

DATABASES = {
    "default": {
        "ENGINE": "django.db.backends.postgresql",
        **{key: _database[key] for key in ("NAME", "USER", "PASSWORD", "HOST", "PORT")},
        "CONN_MAX_AGE": None,  # a new connection for each request costs 3 to 6 times the throughput
        "CONN_HEALTH_CHECKS": True,
        "OPTIONS": {
            "sslmode": _database["SSLMODE"],
            "connect_timeout": 2,
            "application_name": "sharp-end",
        },
    }
}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
CACHES = {"default": {"BACKEND": "django.core.cache.backends.db.DatabaseCache", "LOCATION": "foundation_cache"}}
SESSION_ENGINE = "django.contrib.sessions.backends.db"

AUTH_USER_MODEL = "teams.User"
AUTHENTICATION_BACKENDS = ["allauth.account.auth_backends.AuthenticationBackend"]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator", "OPTIONS": {"min_length": 10}},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
]
LOGIN_URL = "account_login"
LOGIN_REDIRECT_URL = "/"
ACCOUNT_ADAPTER = "teams.account.Adapter"
ACCOUNT_FORMS = {"login": "teams.forms.SignInForm", "reset_password": "teams.forms.ResetForm"}
ACCOUNT_USER_MODEL_USERNAME_FIELD = None
ACCOUNT_LOGIN_METHODS = {"email"}
ACCOUNT_SIGNUP_FIELDS = ["email*", "password1*"]
ACCOUNT_EMAIL_VERIFICATION = "none"
ACCOUNT_LOGOUT_ON_GET = False
ACCOUNT_SESSION_REMEMBER = True
ACCOUNT_PREVENT_ENUMERATION = True
ACCOUNT_EMAIL_UNKNOWN_ACCOUNTS = False  # else anybody could have us mail anybody
ACCOUNT_LOGIN_ON_PASSWORD_RESET = True
ACCOUNT_EMAIL_SUBJECT_PREFIX = ""

LANGUAGE_CODE = "en"
LANGUAGES = [("en", _("English"))]
LOCALE_PATHS = [BASE_DIR / "locale"]
USE_I18N = len(LANGUAGES) > 1  # looking for a word in no other language was a sixth of the time of a page
TIME_ZONE = "UTC"
USE_TZ = True

STATIC_URL = "/static/"
STATIC_ROOT = BASE_DIR / "build" / "staticfiles"
STATICFILES_DIRS = [BASE_DIR / "static"]
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {"BACKEND": "foundation.static.Storage"},
}
WHITENOISE_USE_FINDERS = False

DATA_UPLOAD_MAX_MEMORY_SIZE = (
    20 * 1024 * 1024
)  # bytes: Django's 2.5 MB would answer a storm with 400, which is a lost storm
DATA_UPLOAD_MAX_NUMBER_FIELDS = 10_000

EMAIL_URL = _env["EMAIL_URL"] or f"file://{SHARPEND_HOME / 'mail'}"
_mail = urlsplit(EMAIL_URL)
DEFAULT_FROM_EMAIL = SERVER_EMAIL = _env["EMAIL_FROM"]
EMAIL_TIMEOUT = 10  # seconds
if _mail.scheme == "file":
    EMAIL_BACKEND = "foundation.egress.mail_files.MailFiles"
    EMAIL_FILE_PATH = unquote(_mail.path)
elif _mail.scheme in {"smtp", "smtps", "smtp+tls"}:
    EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    EMAIL_HOST, EMAIL_PORT = _mail.hostname or "localhost", _mail.port or 25
    EMAIL_HOST_USER, EMAIL_HOST_PASSWORD = unquote(_mail.username or ""), unquote(_mail.password or "")
    EMAIL_USE_SSL, EMAIL_USE_TLS = _mail.scheme == "smtps", _mail.scheme == "smtp+tls"
else:
    sys.exit("sharp-end: EMAIL_URL must be smtp://host:port, smtp+tls://, smtps:// or file:///folder.")

REDIS_URL = _env["REDIS_URL"] or _engines.get("REDIS_URL", "")
CELERY_BROKER_URL = environment.broker(REDIS_URL) or "redis://127.0.0.1:6379/0"
CELERY_BROKER_TRANSPORT_OPTIONS = {
    "socket_timeout": 1,
    "socket_connect_timeout": 0.5,
    "health_check_interval": 10,
    "max_retries": 0,  # a publish that fails is done here instead, at once; workers connect again by their own rule
    "queue_order_strategy": "priority",
}
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True
CELERY_TASK_PUBLISH_RETRY = False
CELERY_TASK_IGNORE_RESULT = True
CELERY_TASK_DEFAULT_QUEUE = "default"
CELERY_TASK_CREATE_MISSING_QUEUES = True
CELERY_WORKER_PREFETCH_MULTIPLIER = 1
CELERY_WORKER_HIJACK_ROOT_LOGGER = False
CELERY_WORKER_ENABLE_REMOTE_CONTROL = False
CELERY_WORKER_SEND_TASK_EVENTS = False
CELERY_DB_REUSE_MAX = 10_000  # tasks; Celery's own default is a new connection for each, with a new handshake
CELERY_TASK_ACKS_LATE = False  # our own lease redelivers; a late ack parks a task for an hour after kill -9

REST_FRAMEWORK = {
    "DEFAULT_AUTHENTICATION_CLASSES": ["teams.tokens.BearerToken"],
    "DEFAULT_PERMISSION_CLASSES": ["teams.tokens.ScopeAllows"],
    "DEFAULT_RENDERER_CLASSES": ["rest_framework.renderers.JSONRenderer"],
    "DEFAULT_PARSER_CLASSES": ["foundation.rest.StrictJSON"],
    "DEFAULT_SCHEMA_CLASS": "drf_spectacular.openapi.AutoSchema",
    "DEFAULT_PAGINATION_CLASS": "foundation.rest.KeysetPagination",
    "EXCEPTION_HANDLER": "foundation.rest.exception_handler",
    "PAGE_SIZE": 50,
    "UNAUTHENTICATED_USER": None,
}
SPECTACULAR_SETTINGS = {
    "TITLE": "Sharp End",
    "VERSION": "1",
    "SERVE_INCLUDE_SCHEMA": False,
    "COMPONENT_SPLIT_REQUEST": True,
    "ENUM_NAME_OVERRIDES": ENUM_NAMES,
}

LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"line": {"()": "foundation.logs.formatter"}},
    "handlers": {"stderr": {"class": "logging.StreamHandler", "formatter": "line"}},
    "root": {"handlers": ["stderr"], "level": "INFO"},
    "loggers": {
        "django": {"level": "INFO"},
        "django.request": {"level": "ERROR"},
        **dict.fromkeys(("django.server", "celery", "kombu", "httpx"), {"level": "WARNING"}),
    },
}
TEST_RUNNER = "django.test.runner.DiscoverRunner"
TWILIO_BASE_URL, TWILIO_FROM = _env["TWILIO_BASE_URL"], _env["TWILIO_FROM"]
TWILIO_ACCOUNT_SID, TWILIO_AUTH_TOKEN = _env["TWILIO_ACCOUNT_SID"], _env["TWILIO_AUTH_TOKEN"]
SLACK_BOT_TOKEN, SLACK_APP_TOKEN = _env["SLACK_BOT_TOKEN"], _env["SLACK_APP_TOKEN"]
SLACK_SIGNING_SECRET, SLACK_BASE_URL = _env["SLACK_SIGNING_SECRET"], _env["SLACK_BASE_URL"]
NTFY_URL, NTFY_TOKEN, VAPID_PRIVATE_KEY = _env["NTFY_URL"], _env["NTFY_TOKEN"], _env["VAPID_PRIVATE_KEY"]
MAIL_IN_DOMAIN = _env["MAIL_IN_DOMAIN"]
TELEGRAM_TOKEN, TELEGRAM_WEBHOOK_SECRET = _env["TELEGRAM_TOKEN"], _env["TELEGRAM_WEBHOOK_SECRET"]
TELEGRAM_BASE_URL, METRICS_TOKEN = _env["TELEGRAM_BASE_URL"], _env["METRICS_TOKEN"]
MATRIX_URL, MATRIX_TOKEN, HEARTBEAT_URL = _env["MATRIX_URL"], _env["MATRIX_TOKEN"], _env["HEARTBEAT_URL"]
MATTERMOST_URL, MATTERMOST_TOKEN = _env["MATTERMOST_URL"], _env["MATTERMOST_TOKEN"]
LAST_RESORT_EMAIL, LAST_RESORT_WEBHOOK = _env["LAST_RESORT_EMAIL"], _env["LAST_RESORT_WEBHOOK"]
STATUS_ROOT = Path(_env["STATUS_ROOT"]).expanduser().resolve() if _env["STATUS_ROOT"] else SHARPEND_HOME / "status"
