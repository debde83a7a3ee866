"""All settings, in one file. `docs/reference/settings.md` explains each variable.

Without any variable set this is the *local* installation: SQLite and its own keys under var/, reachable on this
machine only, DEBUG off. Setting ALLIANCE_SECRET_KEY makes it a *served* one, and then nothing is guessed.
"""

import os
import tomllib
from pathlib import Path

import dj_database_url
from django.core.exceptions import ImproperlyConfigured
from django.utils.translation import gettext_lazy as _

from alliance.acting import ActingCursor
from alliance.installation.environment import comma_separated, env_bool, env_int, env_required, env_secret, env_text
from alliance.installation.local_keys import local_keys
from alliance.patience import connection_limits, with_limits
from alliance.several_hosts import UNREADABLE_ADDRESS, of_several_hosts

BASE_DIR = Path(__file__).resolve().parent.parent
VAR_DIR = Path(os.environ.get("ALLIANCE_VAR", BASE_DIR / "var"))
VERSION = tomllib.loads((BASE_DIR / "pyproject.toml").read_text(encoding="utf-8"))["project"]["version"]

LOCAL = not env_secret("ALLIANCE_SECRET_KEY")

if LOCAL:
    for name in ("ALLIANCE_ALLOWED_HOSTS", "ALLIANCE_BASE_URL", "ALLIANCE_DATA_KEYS", "ALLIANCE_HASH_KEY"):
        if env_text(name) or env_text(f"{name}_FILE"):
            raise ImproperlyConfigured(
                f"{name} is set but ALLIANCE_SECRET_KEY is not: a served installation needs both."
            )
    _keys = local_keys(VAR_DIR)
    SECRET_KEY, DATA_KEYS, HASH_KEY = _keys.secret_key, _keys.data_keys, _keys.hash_key
    ALLOWED_HOSTS = ["localhost", "127.0.0.1", "[::1]"]
    BASE_URL = f"http://127.0.0.1:{env_int('PORT', 8000)}"
else:
    SECRET_KEY = env_secret("ALLIANCE_SECRET_KEY")
    if len(SECRET_KEY) < 50:
        raise ImproperlyConfigured("ALLIANCE_SECRET_KEY is too short: give it at least 50 random characters.")
    DATA_KEYS = comma_separated(
        env_required(
            "ALLIANCE_DATA_KEYS",
            "Fernet keys that wrap the keys of sealed text, newest first, comma between",
            env_secret,
        )
    )
    HASH_KEY = env_required(
        "ALLIANCE_HASH_KEY", "32 random characters or more, for equality look-ups of contact data", env_secret
    )
    ALLOWED_HOSTS = comma_separated(
        env_required("ALLIANCE_ALLOWED_HOSTS", "the host names that reach this server, comma between")
    )
    BASE_URL = env_required(
        "ALLIANCE_BASE_URL", "the address in check-in links, such as https://alliance.example.org"
    ).rstrip("/")

DEBUG = False
ROOT_URLCONF = "alliance.urls"
WSGI_APPLICATION = "alliance.wsgi.application"
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
AUTH_USER_MODEL = "alliance.User"

INSTALLED_APPS = [
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "django.forms",
    "django_htmx",
    "csp",
    "allauth",
    "allauth.account",
    "allauth.mfa",
    "alliance",
    "sessions",
    "ratings",
]

MIDDLEWARE = [
    "alliance.site.middleware.headers_on_every_answer",
    "alliance.site.middleware.CompressPages",
    "csp.middleware.CSPMiddleware",
    "alliance.site.middleware.forms_are_utf8",
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "alliance.site.middleware.no_referrer_from_links",
    "alliance.site.middleware.refuse_other_methods",
    "alliance.site.middleware.clear_after_sign_out",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "alliance.site.middleware.asking_is_no_deed",
    "django.middleware.locale.LocaleMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "alliance.site.middleware.act_for_who_asks",
    "django.contrib.auth.middleware.LoginRequiredMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "allauth.account.middleware.AccountMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
    "alliance.site.middleware.add_memberships",
    "alliance.site.middleware.activate_practice_zone",
    "alliance.site.middleware.ask_for_second_factor",
    "alliance.site.middleware.htmx_login_redirect",
    "alliance.site.middleware.record_whose",
    "alliance.site.middleware.audit_denials",
    "alliance.site.middleware.ask_who_it_is",
    "alliance.site.middleware.say_what_cannot_be_opened",
    "ratings.check_in.views.rate_first.AskForRatingFirst",
    "alliance.drafts.middleware.keep_typed_text",
]
MESSAGE_STORAGE = "alliance.drafts.done.DoneStorage"

TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            # A `csrf_token` that also says whose page it is, so that no form can do without.
            "builtins": ["alliance.templatetags.form_tokens"],
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "alliance.site.navigation.navigation",
                "alliance.site.navigation.installation",
                "alliance.accounts.idle.idle",
                "alliance.drafts.shown.drafts_key",
                *(["ratings.demo.guide.notice"] if LOCAL else []),
            ],
        },
    }
]
# Widgets are drawn by templates of ours where there are any: templates/django/forms/.
FORM_RENDERER = "django.forms.renderers.TemplatesSetting"

# --- Database ---------------------------------------------------------------------------------------------------------

VAR_DIR.mkdir(mode=0o700, exist_ok=True, parents=True)
DATABASE_SECONDS = env_int("ALLIANCE_DATABASE_SECONDS", 8)  # nobody waits for longer for one answer of the database
if DATABASE_SECONDS < 1:
    raise ImproperlyConfigured("ALLIANCE_DATABASE_SECONDS is how long a request waits for the database: 1 or more.")
ROW_SECURITY = env_bool("ALLIANCE_ROW_SECURITY", False)  # PostgreSQL filters as well: `alliance.row_security`
if env_secret("DATABASE_URL"):
    try:
        _database = dj_database_url.parse(
            env_secret("DATABASE_URL"), conn_max_age=env_int("ALLIANCE_CONN_MAX_AGE", 60), conn_health_checks=True
        )
    except ValueError:
        raise ImproperlyConfigured(UNREADABLE_ADDRESS) from None
else:
    _database = {"ENGINE": "django.db.backends.sqlite3", "NAME": str(VAR_DIR / "alliance.sqlite3")}
DATABASES = {"default": _database}
if DATABASES["default"]["ENGINE"].endswith("sqlite3"):
    DATABASES["default"]["CONN_MAX_AGE"] = 0
    DATABASES["default"]["OPTIONS"] = {
        "transaction_mode": "IMMEDIATE",
        "timeout": DATABASE_SECONDS,
        # FULL: an acknowledged check-in survives a power cut. Deleted bytes are overwritten, also in a Python whose
        # SQLite of itself leaves them in the file.
        "init_command": "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL; PRAGMA cache_size=-8000;"
        " PRAGMA secure_delete=ON;",
    }
else:
    IS_POOLED = env_bool("ALLIANCE_POOLER", False)  # it shares connections: what is set belongs to the role there
    DATABASES["default"]["OPTIONS"] = with_limits(
        DATABASES["default"].get("OPTIONS", {}), connection_limits(DATABASE_SECONDS, is_pooled=IS_POOLED)
    ) | of_several_hosts(DATABASES["default"])
    DATABASES["default"]["OPTIONS"] |= {"cursor_factory": ActingCursor} if ROW_SECURITY else {}
    DATABASES["default"]["DISABLE_SERVER_SIDE_CURSORS"] = ROW_SECURITY or IS_POOLED
TWO_ROLES = env_bool("ALLIANCE_TWO_ROLES", False)  # refuse to run as the role that owns the tables
# A read's audit event must be committed before the page goes out; each write opens its own transaction.
ATOMIC_REQUESTS = False
# Attempts and used one-time codes, which all workers and machines must see. Only for that: each entry is a write.
CACHES = {
    "default": {
        "BACKEND": "django.core.cache.backends.db.DatabaseCache",
        "LOCATION": "alliance_cache",
        "KEY_FUNCTION": "alliance.crypto.cache_key",
        # When full, what has expired goes, and only if that is not enough a third of the rest; convention of this app.
        "OPTIONS": {"MAX_ENTRIES": 20_000},
    }
}

# --- People and passwords ---------------------------------------------------------------------------------------------

# E-mail is unique on its lower case, by a constraint that this check does not read.
SILENCED_SYSTEM_CHECKS = ["auth.W004"]
AUTHENTICATION_BACKENDS = ["alliance.accounts.backend.Backend"]
PASSWORD_HASHERS = ["alliance.accounts.hashers.Argon2", "django.contrib.auth.hashers.PBKDF2PasswordHasher"]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator", "OPTIONS": {"min_length": 12}},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
    {"NAME": "alliance.accounts.passwords.MadeOfCommonWords"},
]
LOGIN_URL = "account_login"
LOGIN_REDIRECT_URL = "/"
ACCOUNT_ADAPTER = "alliance.accounts.adapter.AccountAdapter"
ACCOUNT_FORMS = {"reset_password": "alliance.accounts.forms.ResetPasswordForm"}
# On a local installation nobody has to run `send_due` to see a link, and nobody there has to be kept from guessing.
ACCOUNT_MAIL_WAITS = not LOCAL
ACCOUNT_LOGIN_METHODS = {"email"}
ACCOUNT_SIGNUP_FIELDS = ["email*", "password1*"]
ACCOUNT_USER_MODEL_USERNAME_FIELD = None
ACCOUNT_EMAIL_VERIFICATION = "mandatory"
ACCOUNT_EMAIL_UNKNOWN_ACCOUNTS = False
ACCOUNT_EMAIL_SUBJECT_PREFIX = ""
ACCOUNT_LOGOUT_ON_PASSWORD_CHANGE = True
ACCOUNT_CHANGE_EMAIL = True
# Every change to how somebody signs in asks for the password or a factor first, and is told at the address before it.
ACCOUNT_REAUTHENTICATION_REQUIRED = True
ACCOUNT_EMAIL_NOTIFICATIONS = True
# Not by a mailed code: an open mailbox beside an open session must not take a second factor off.
ACCOUNT_REAUTHENTICATION_METHODS = ("password", "mfa")
ACCOUNT_RATE_LIMITS = {
    # Right ones count here too, so one visitor would keep a whole office out.
    "login": None,
    # Not by account: whoever asks often would keep the owner from asking. `alliance.accounts.mail` sends one link.
    "reset_password": "20/m/ip",
    # Wrong passwords and codes: for an account, then from an address. NIST SP 800-63B 5.2.2 allows a hundred in all;
    # these numbers are conventions of this app.
    "login_failed": "5/5m/key,50/d/key,20/m/ip,200/h/ip",
    "login_failed_known_device": "10/5m/key,100/d/key",
}
ACCOUNT_SESSION_REMEMBER = False
ACCOUNT_USER_DISPLAY = "alliance.accounts.adapter.user_display"
# Of members, from their second sign-in on. Where nobody else can reach the program it would only be in the way.
SECOND_FACTOR_REQUIRED = env_bool("ALLIANCE_SECOND_FACTOR", not LOCAL)
MFA_ADAPTER = "alliance.accounts.adapter.MfaAdapter"
MFA_SUPPORTED_TYPES = ["totp", "webauthn", "recovery_codes"]
MFA_TOTP_ISSUER = "Alliance"
MFA_FORMS = {
    "authenticate": "alliance.accounts.sign_ins.CodeForm",
    "reauthenticate": "alliance.accounts.sign_ins.CodeAgainForm",
    "add_webauthn": "alliance.accounts.passkeys.AddPasskeyForm",
    "edit_webauthn": "alliance.accounts.passkeys.RenamePasskeyForm",
    "login_webauthn": "alliance.accounts.passkeys.SignInForm",
    "reauthenticate_webauthn": "alliance.accounts.passkeys.AskedAgainForm",
    "authenticate_webauthn": "alliance.accounts.passkeys.SecondStepForm",
}
# A passkey that asks for a finger, a face or a PIN is two factors in one.
MFA_PASSKEY_LOGIN_ENABLED = True
# Nothing can be guessed there, and a whole office may share an address; convention of this app.
MFA_RATE_LIMITS = {"webauthn_login": "60/m/ip"}

SESSION_ENGINE = "alliance.accounts.session_store"
SESSION_COOKIE_AGE = 60 * 60 * 12  # from signing in; nothing moves it
SESSION_IDLE_SECONDS = 60 * env_int("ALLIANCE_IDLE_MINUTES", 15)
if not 60 <= SESSION_IDLE_SECONDS <= SESSION_COOKIE_AGE:
    raise ImproperlyConfigured("ALLIANCE_IDLE_MINUTES is after how long nobody is signed in any more: 1 to 720.")
SESSION_EXPIRE_AT_BROWSER_CLOSE = True

# --- Language and time ------------------------------------------------------------------------------------------------

LANGUAGE_CODE = "en"
LANGUAGES = [("en", _("English"))]
LOCALE_PATHS = [BASE_DIR / "locale"]
TIME_ZONE = "UTC"

# --- Static files -----------------------------------------------------------------------------------------------------

STATIC_URL = "/static/"
STATICFILES_DIRS = [BASE_DIR / "static"]
STATIC_ROOT = None if LOCAL else BASE_DIR / "staticfiles"
WHITENOISE_USE_FINDERS = LOCAL
WHITENOISE_MAX_AGE = 3600
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {
        "BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"
        if LOCAL
        else "whitenoise.storage.CompressedManifestStaticFilesStorage"
    },
}

# --- Security ---------------------------------------------------------------------------------------------------------

CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": ["'none'"],
        "script-src": ["'self'"],
        "style-src": ["'self'"],
        "img-src": ["'self'"],
        "connect-src": ["'self'"],
        "form-action": ["'self'"],
        "base-uri": ["'none'"],
        "frame-ancestors": ["'none'"],
        # No script makes markup or a script of a text. What needs to says so: `alliance/page_scripts.py`.
        "require-trusted-types-for": ["'script'"],
        "trusted-types": ["'none'"],
    }
}
X_FRAME_OPTIONS = "DENY"
# Not "no-referrer": browsers then send forms with `Origin: null`, which the CSRF check refuses. The pages whose
# address is a key say "no-referrer" themselves.
SECURE_REFERRER_POLICY = "same-origin"
SECURE_CONTENT_TYPE_NOSNIFF = True
SECURE_CROSS_ORIGIN_OPENER_POLICY = "same-origin"
# On every answer, also where a middleware refuses a request before the others have seen it.
HEADERS = {
    "Permissions-Policy": ", ".join(
        f"{what}=()"
        for what in (
            "accelerometer",
            "autoplay",
            "browsing-topics",
            "camera",
            "display-capture",
            "geolocation",
            "gyroscope",
            "magnetometer",
            "microphone",
            "midi",
            "payment",
            "serial",
            "usb",
            "xr-spatial-tracking",
        )
    ),
    "Cross-Origin-Resource-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": SECURE_CROSS_ORIGIN_OPENER_POLICY,
    "Referrer-Policy": SECURE_REFERRER_POLICY,
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": X_FRAME_OPTIONS,
    "Cache-Control": "no-store",
}
SESSION_COOKIE_HTTPONLY = True
CSRF_COOKIE_HTTPONLY = True
CSRF_FAILURE_VIEW = "alliance.drafts.views.csrf_failure"
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = not LOCAL
DEVICE_COOKIE_NAME, KEYS_COOKIE_NAME = "device", "keys"
CHECK_IN_COOKIE_NAME, CHECK_IN_COOKIE_PATH = "check-in", "/c/"
if not LOCAL:
    # By that prefix a browser takes no such cookie from another host of the same domain; its price is the path.
    SESSION_COOKIE_NAME, CSRF_COOKIE_NAME = "__Host-session", "__Host-csrf"
    DEVICE_COOKIE_NAME, KEYS_COOKIE_NAME = "__Host-device", "__Host-keys"
    CHECK_IN_COOKIE_NAME, CHECK_IN_COOKIE_PATH = "__Host-check-in", "/"
    SECURE_SSL_REDIRECT = env_bool("ALLIANCE_SSL_REDIRECT", True)
    SECURE_REDIRECT_EXEMPT = [r"^healthz$", r"^monitor$"]
    SECURE_HSTS_SECONDS = 60 * 60 * 24 * 365
    SECURE_HSTS_INCLUDE_SUBDOMAINS = SECURE_HSTS_PRELOAD = True
    if env_bool("ALLIANCE_BEHIND_PROXY", False):
        SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
        # Attempts to sign in are counted per address: that of the browser, which the proxy adds last, not the proxy's.
        ALLAUTH_TRUSTED_PROXY_COUNT = 1
DATA_UPLOAD_MAX_MEMORY_SIZE = 256 * 1024
# An uploaded file is never written to a disk unsealed: it is held in memory, or, where it is too large, not read.
FILE_UPLOAD_HANDLERS = ["django.core.files.uploadhandler.MemoryFileUploadHandler"]
FILE_UPLOAD_MAX_MEMORY_SIZE = 6 * 1024 * 1024

BACKUP_KEY = env_text("ALLIANCE_BACKUP_KEY")  # the public one: what it seals, this machine cannot read
MONITOR_TOKEN = env_secret("ALLIANCE_MONITOR_TOKEN")  # what a monitor shows for the figures of `/monitor`
if MONITOR_TOKEN and len(MONITOR_TOKEN) < 32:
    raise ImproperlyConfigured("ALLIANCE_MONITOR_TOKEN is too short: give it at least 32 random characters.")

# --- E-mail and logs --------------------------------------------------------------------------------------------------

DEFAULT_FROM_EMAIL = env_text("ALLIANCE_FROM_EMAIL", "alliance@localhost")
MAIL_SERVER_IS_NAMED = bool(env_text("ALLIANCE_SMTP_HOST"))
_on_console = LOCAL and not MAIL_SERVER_IS_NAMED
EMAIL_BACKEND = f"django.core.mail.backends.{'console' if _on_console else 'smtp'}.EmailBackend"
EMAIL_HOST = env_text("ALLIANCE_SMTP_HOST", "localhost")
EMAIL_PORT = env_int("ALLIANCE_SMTP_PORT", 25)
EMAIL_HOST_USER = env_text("ALLIANCE_SMTP_USER")
EMAIL_HOST_PASSWORD = env_secret("ALLIANCE_SMTP_PASSWORD")
EMAIL_USE_TLS = env_bool("ALLIANCE_SMTP_TLS", False)
EMAIL_TIMEOUT = 20

# The request logs of Django and gunicorn name the path, which may be a key: that is masked.
LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "filters": {
        "mask_tokens": {"()": "alliance.site.logs.MaskTokens"},
        "quiet_refusals": {"()": "alliance.site.logs.QuietRefusals"},
        "no_trace_of_outages": {"()": "alliance.site.logs.NoTraceOfOutages"},
    },
    "formatters": {"one_line": {"()": "alliance.site.logs.OneLine"}},
    "handlers": {
        "console": {
            "class": "logging.StreamHandler",
            "filters": ["mask_tokens", "quiet_refusals", "no_trace_of_outages"],
            "formatter": "one_line",
        }
    },
    "root": {"handlers": ["console"], "level": "WARNING"},
    "loggers": {
        name: {"handlers": ["console"], "level": "WARNING", "propagate": False} for name in ("django", "gunicorn.error")
    },
}
# A traceback in the log holds no local variables, and no page ever shows one.
DEFAULT_EXCEPTION_REPORTER_FILTER = "django.views.debug.SafeExceptionReporterFilter"
