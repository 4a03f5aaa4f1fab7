"""Log-in by OpenID Connect: with a real provider (django-oauth-toolkit) in Chromium, and what a hostile one tries."""

import base64
import hashlib
import http.server
import json
import subprocess
import sys
import threading
import time
import urllib.parse
from pathlib import Path

import jwt
import oidc_provider
import pytest
from conftest import private_stack
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from playwright.sync_api import expect, sync_playwright
from session_support import Session, log_in, logged_in
from support import User

from millrace_stack import free_port

MILLISECONDS_MAX = 60_000


@pytest.fixture(scope="module")
def browser():
    with sync_playwright() as playwright:
        # Root's Chromium refuses its sandbox; only pages of the test's own servers are opened.
        browser = playwright.chromium.launch(executable_path="/usr/bin/chromium", args=["--no-sandbox"])
        yield browser
        browser.close()


@pytest.fixture
def page(browser):
    page = browser.new_context().new_page()
    page.set_default_timeout(MILLISECONDS_MAX)
    yield page
    page.context.close()


# A real provider


@pytest.fixture(scope="module")
def joined(tmp_path_factory):
    """A stack whose people log in by the real provider."""
    directory = tmp_path_factory.mktemp("provider")
    port, ours = free_port(), free_port()
    secret = Path("/tmp") / f"millrace-oidc-secret-{port}"
    secret.write_text(oidc_provider.SECRET + "\n")
    secret.chmod(0o644)
    redirect = f"http://127.0.0.1:{ours}/-/login/oidc/callback"
    provider = subprocess.Popen(
        [sys.executable, oidc_provider.__file__, str(port), str(directory), redirect], stdout=subprocess.PIPE, text=True
    )
    settings = {
        "oidc_issuer": f"http://127.0.0.1:{port}/o",
        "oidc_client_id": oidc_provider.CLIENT,
        "oidc_client_secret_file": str(secret),
        "oidc_name": "The Other Server",
    }
    try:
        assert provider.stdout and provider.stdout.readline() == "ready\n"
        with private_stack("oidc", port=ours, settings={"login": settings}) as stack:
            yield stack
    finally:
        provider.kill()
        provider.wait()
        secret.unlink()


def there(page) -> None:
    """Logs in at the provider."""
    page.get_by_label("Username").fill(oidc_provider.PERSON)
    page.get_by_label("Password").fill(oidc_provider.PASSWORD)
    page.get_by_role("button", name="Log in there").click()


def test_an_account_is_linked_and_then_logged_in_by_the_other_server(browser, page, joined):
    user = User(joined, "ann")
    # Nobody is linked yet, and no account is made.
    page.goto(f"{joined.url}/-/login?to=/-/settings/sessions")
    page.get_by_role("link", name="Log in with The Other Server").click()
    there(page)
    expect(page.get_by_role("alert")).to_contain_text("No account here belongs to who you are")
    # By the profile, which asks the same browser.
    log_in(page, joined.url, user, "/-/settings/profile")
    page.get_by_role("button", name="Link The Other Server").click()
    page.get_by_role("link", name="Go on to The Other Server").click()
    page.wait_for_url("**/-/settings/profile")
    expect(page.get_by_text("ann@there.example")).to_be_visible()
    # Another browser needs no password of ours any more, and goes on to what it asked for.
    other = browser.new_context().new_page()
    other.goto(f"{joined.url}/-/settings/sessions")
    other.get_by_role("link", name="Log in with The Other Server").click()
    there(other)
    other.wait_for_url("**/-/settings/sessions")
    expect(other.get_by_text("this browser")).to_be_visible()
    other.context.close()
    # Taken apart, it is nobody again.
    page.goto(f"{joined.url}/-/settings/profile")
    page.get_by_role("button", name="Unlink").click()
    expect(page.get_by_role("button", name="Link The Other Server")).to_be_visible()
    assert joined.sql("select count(*) from external_identity") == "0"


# A hostile one


class Hostile:
    """Speaks the protocol and lies as it is told: `forge(claims)` gives the token."""

    def __init__(self):
        self.rsa = rsa.generate_private_key(public_exponent=65537, key_size=2048)
        self.ec = ec.generate_private_key(ec.SECP256R1())
        self.forge = None
        self.asked: list[dict] = []
        hostile = self

        class Handler(http.server.BaseHTTPRequestHandler):
            def log_message(self, *_):
                pass

            def answer(self, value) -> None:
                body = json.dumps(value).encode()
                self.send_response(200)
                self.send_header("Content-Type", "application/json")
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def do_GET(self):
                self.answer(hostile.keys() if self.path == "/keys" else hostile.document())

            def do_POST(self):
                body = self.rfile.read(int(self.headers["Content-Length"])).decode()
                hostile.asked.append(dict(urllib.parse.parse_qsl(body)))
                self.answer({"access_token": "x", "token_type": "Bearer", "id_token": hostile.forge()})

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.issuer = f"http://127.0.0.1:{self.server.server_port}"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def document(self) -> dict:
        return {
            "issuer": self.issuer,
            "authorization_endpoint": f"{self.issuer}/authorize",
            "token_endpoint": f"{self.issuer}/token",
            "jwks_uri": f"{self.issuer}/keys",
        }

    def keys(self) -> dict:
        def key(private, id: str, alg: str) -> dict:
            algorithm = jwt.algorithms.get_default_algorithms()[alg]
            return {**json.loads(algorithm.to_jwk(private.public_key())), "kid": id, "use": "sig", "alg": alg}

        return {"keys": [key(self.rsa, "r", "RS256"), key(self.ec, "e", "ES256")]}


@pytest.fixture(scope="module")
def hostile():
    hostile = Hostile()
    yield hostile
    hostile.server.shutdown()
    hostile.server.server_close()


@pytest.fixture(scope="module")
def victim(hostile):
    settings = {
        "oidc_issuer": hostile.issuer,
        "oidc_client_id": "millrace",
        "oidc_creates_accounts": "true",
        "oidc_links_by_mail": "true",
    }
    with private_stack("oidc-hostile", settings={"login": settings}) as stack:
        yield stack


def begun(session: Session, to: str = "") -> dict:
    """What our server asks the other one for."""
    answer = session.get(f"/-/login/oidc?to={to}")
    assert answer.status == 303, answer.text
    return dict(urllib.parse.parse_qsl(urllib.parse.urlsplit(answer.headers["Location"]).query))


def back(session: Session, state: str):
    return session.get(f"/-/login/oidc/callback?code=c&state={state}")


def claims(hostile, asked: dict, **changes) -> dict:
    now = int(time.time())
    told = {
        "iss": hostile.issuer,
        "sub": "7",
        "aud": "millrace",
        "exp": now + 300,
        "iat": now,
        "nonce": asked["nonce"],
        "preferred_username": "carl",
        "email": "carl@there.example",
        **changes,
    }
    return {name: value for name, value in told.items() if value is not None}


def test_both_algorithms_are_taken_and_the_verifier_fits_its_challenge(victim, hostile):
    for private, id, alg in [(hostile.rsa, "r", "RS256"), (hostile.ec, "e", "ES256")]:
        session = Session(victim)
        asked = begun(session, "/-/settings/profile")
        hostile.forge = lambda: jwt.encode(claims(hostile, asked), private, alg, headers={"kid": id})
        answer = back(session, asked["state"])
        assert answer.status == 303 and answer.headers["Location"] == "/-/settings/profile", answer.text
        assert session.get("/api/v1/user").json["login"] == "carl"
        sent = hostile.asked[-1]
        digest = hashlib.sha256(sent["code_verifier"].encode()).digest()
        assert base64.urlsafe_b64encode(digest).rstrip(b"=").decode() == asked["code_challenge"]
        assert asked["code_challenge_method"] == "S256" and sent["client_id"] == "millrace"
    assert victim.sql("select count(*) from account where name like 'carl%'") == "1"


def secret_of_public_key(hostile) -> bytes:
    return hostile.rsa.public_key().public_bytes(
        serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
    )


def unsigned(told: dict, alg: str) -> str:
    def part(value) -> str:
        return base64.urlsafe_b64encode(json.dumps(value).encode()).rstrip(b"=").decode()

    return f"{part({'alg': alg, 'typ': 'JWT'})}.{part(told)}."


def signed_by_hmac(hostile, told: dict) -> str:
    import hmac

    head, body, _ = unsigned(told, "HS256").split(".")
    mark = hmac.new(secret_of_public_key(hostile), f"{head}.{body}".encode(), hashlib.sha256).digest()
    return f"{head}.{body}." + base64.urlsafe_b64encode(mark).rstrip(b"=").decode()


FORGERIES = {
    "another nonce": lambda h, a: jwt.encode(claims(h, a, nonce="x"), h.rsa, "RS256", headers={"kid": "r"}),
    "no nonce": lambda h, a: jwt.encode(claims(h, a, nonce=None), h.rsa, "RS256", headers={"kid": "r"}),
    "another audience": lambda h, a: jwt.encode(claims(h, a, aud="other"), h.rsa, "RS256", headers={"kid": "r"}),
    "another issuer": lambda h, a: jwt.encode(claims(h, a, iss="http://x"), h.rsa, "RS256", headers={"kid": "r"}),
    "expired": lambda h, a: jwt.encode(claims(h, a, exp=1), h.rsa, "RS256", headers={"kid": "r"}),
    "no signature": lambda h, a: unsigned(claims(h, a), "none"),
    "alg NONE": lambda h, a: unsigned(claims(h, a), "NONE"),
    "HMAC by the public key": lambda h, a: signed_by_hmac(h, claims(h, a)),
    "another key of the same id": lambda h, a: jwt.encode(
        claims(h, a), rsa.generate_private_key(public_exponent=65537, key_size=2048), "RS256", headers={"kid": "r"}
    ),
    "the key of another algorithm": lambda h, a: jwt.encode(claims(h, a), h.ec, "ES256", headers={"kid": "r"}),
    "an unknown key": lambda h, a: jwt.encode(claims(h, a), h.rsa, "RS256", headers={"kid": "unknown"}),
    "nobody": lambda h, a: jwt.encode(claims(h, a, sub=""), h.rsa, "RS256", headers={"kid": "r"}),
    "rubbish": lambda h, a: "rubbish",
}


@pytest.mark.parametrize("what", FORGERIES)
def test_a_forged_token_logs_nobody_in(victim, hostile, what):
    session = Session(victim)
    asked = begun(session)
    hostile.forge = lambda: FORGERIES[what](hostile, asked)
    answer = back(session, asked["state"])
    assert answer.status == 403 and "not believed" in answer.text, answer.text
    assert "millrace_session" not in session.cookies


def test_an_answer_counts_once_and_in_the_browser_that_asked(victim, hostile):
    session = Session(victim)
    asked = begun(session)
    hostile.forge = lambda: jwt.encode(claims(hostile, asked), hostile.rsa, "RS256", headers={"kid": "r"})
    cookie = session.cookies["millrace_oidc"]
    # Somebody else's browser; no browser; another state.
    for other, state in [(begun, asked["state"]), (None, asked["state"])]:
        stranger = Session(victim)
        if other:
            other(stranger)
        assert back(stranger, state).status == 403 and "millrace_session" not in stranger.cookies
    assert back(session, asked["state"]).status == 303
    replayed = Session(victim)
    replayed.cookies["millrace_oidc"] = cookie
    answer = back(replayed, asked["state"])
    assert answer.status == 403 and "millrace_session" not in replayed.cookies
    wrong = Session(victim)
    begun(wrong)
    assert back(wrong, "x" * 43).status == 403
    assert wrong.get("/-/login/oidc/callback").status == 403


def test_a_mail_address_counts_when_it_is_verified(victim, hostile):
    bob = User(victim, "bob")
    logged_in(victim, bob).send(
        "/-/settings/profile", {"full_name": "", "email": "bob@there.example"}, page="/-/settings/profile"
    )
    for verified, name in [(False, "mallory"), (None, "mallory"), ("yes", "mallory")]:
        session = Session(victim)
        asked = begun(session)
        told = claims(
            hostile,
            asked,
            sub=f"m{verified}",
            email="Bob@There.example",
            email_verified=verified,
            preferred_username=f"mallory{verified}".replace("None", "none"),
        )
        hostile.forge = lambda: jwt.encode(told, hostile.rsa, "RS256", headers={"kid": "r"})
        assert back(session, asked["state"]).status == 303
        assert session.get("/api/v1/user").json["login"].startswith(name)
    session = Session(victim)
    asked = begun(session)
    told = claims(hostile, asked, sub="b", email="Bob@There.example", email_verified=True)
    hostile.forge = lambda: jwt.encode(told, hostile.rsa, "RS256", headers={"kid": "r"})
    assert back(session, asked["state"]).status == 303
    assert session.get("/api/v1/user").json["login"] == "bob"


def test_another_page_cannot_link_and_goes_on_to_no_other_site(victim, hostile):
    session = logged_in(victim, User(victim, "dora"))
    assert session.ask("POST", "/-/settings/profile/link", {}).status == 403
    nobody = Session(victim)
    asked = begun(nobody, "//elsewhere.example")
    hostile.forge = lambda: jwt.encode(claims(hostile, asked), hostile.rsa, "RS256", headers={"kid": "r"})
    assert back(nobody, asked["state"]).headers["Location"] == "/"
    refused = begun(nobody := Session(victim))
    answer = nobody.get(f"/-/login/oidc/callback?error=access_denied<b>&state={refused['state']}")
    assert answer.status == 403 and "access_denied&lt;b&gt;" in answer.text
