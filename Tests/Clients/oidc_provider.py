"""A real OpenID Connect provider on 127.0.0.1: PyPI's django-oauth-toolkit, with one person and one client.

    python oidc_provider.py PORT DIRECTORY REDIRECT_URI

Its client is "millrace" with the secret "provider-secret"; its person "ann-there" with the password "password-there".
"""

import os
import socketserver
import sys
from pathlib import Path
from wsgiref import simple_server

import django
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from django.conf import settings

CLIENT, SECRET, PERSON, PASSWORD = "millrace", "provider-secret", "ann-there", "password-there"
LOGIN = """<form method="post">{% csrf_token %}{{ form.as_p }}<button>Log in there</button></form>"""


def configure(port: int, directory: Path) -> None:
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    pem = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    ).decode()
    settings.configure(
        DEBUG=False,
        SECRET_KEY="of a test",
        ALLOWED_HOSTS=["127.0.0.1"],
        ROOT_URLCONF="oidc_urls",
        DATABASES={"default": {"ENGINE": "django.db.backends.sqlite3", "NAME": str(directory / "provider.sqlite")}},
        DEFAULT_AUTO_FIELD="django.db.models.BigAutoField",
        INSTALLED_APPS=[
            "django.contrib.auth",
            "django.contrib.contenttypes",
            "django.contrib.sessions",
            "oauth2_provider",
        ],
        MIDDLEWARE=[
            "django.contrib.sessions.middleware.SessionMiddleware",
            "django.middleware.csrf.CsrfViewMiddleware",
            "django.contrib.auth.middleware.AuthenticationMiddleware",
        ],
        TEMPLATES=[
            {
                "BACKEND": "django.template.backends.django.DjangoTemplates",
                "OPTIONS": {
                    "loaders": [("django.template.loaders.locmem.Loader", {"registration/login.html": LOGIN})],
                    "context_processors": ["django.template.context_processors.request"],
                },
            }
        ],
        LOGIN_URL="/accounts/login/",
        SESSION_COOKIE_NAME="provider_session",
        CSRF_COOKIE_NAME="provider_csrf",
        USE_TZ=True,
        OAUTH2_PROVIDER={
            "OIDC_ENABLED": True,
            "OIDC_RSA_PRIVATE_KEY": pem,
            "OIDC_ISS_ENDPOINT": f"http://127.0.0.1:{port}/o",
            "PKCE_REQUIRED": True,
            "SCOPES": {"openid": "Who you are", "profile": "Your name", "email": "Your mail address"},
            "OAUTH2_VALIDATOR_CLASS": "oidc_validator.Validator",
        },
    )
    os.environ["OAUTHLIB_INSECURE_TRANSPORT"] = "1"
    django.setup()


def fill(redirect: str) -> None:
    from django.contrib.auth import get_user_model
    from django.core.management import call_command
    from oauth2_provider.models import get_application_model

    call_command("migrate", verbosity=0)
    get_user_model().objects.create_user(PERSON, "ann@there.example", PASSWORD)
    get_application_model().objects.create(
        name="Millrace",
        client_id=CLIENT,
        client_secret=SECRET,
        client_type="confidential",
        authorization_grant_type="authorization-code",
        redirect_uris=redirect,
        algorithm="RS256",
        skip_authorization=True,
    )


class Server(socketserver.ThreadingMixIn, simple_server.WSGIServer):
    daemon_threads = True


def main() -> None:
    port, directory, redirect = int(sys.argv[1]), Path(sys.argv[2]), sys.argv[3]
    configure(port, directory)
    fill(redirect)
    from django.core.wsgi import get_wsgi_application

    server = simple_server.make_server("127.0.0.1", port, get_wsgi_application(), server_class=Server)
    print("ready", flush=True)
    server.serve_forever()


if __name__ == "__main__":
    main()
