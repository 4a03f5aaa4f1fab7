"""Log-ins by the page: of programs, which keep the cookie and read tokens from forms, and of a browser."""

import re
import urllib.parse

from support import ask

TOKEN = re.compile(r'name="_token" value="([0-9a-f]+)"')
FORM = "application/x-www-form-urlencoded"
BROWSER = {"Accept": "text/html,application/xhtml+xml,*/*;q=0.8"}


class Session:
    """What a browser without scripts does: cookies, forms, and no Authorization."""

    def __init__(self, stack):
        self.stack = stack
        self.cookies: dict[str, str] = {}

    def ask(self, method: str, path: str, fields: "dict[str, str] | list | None" = None, headers=None):
        headers = {**BROWSER, **(headers or {})}
        if self.cookies:
            headers["Cookie"] = "; ".join(f"{name}={value}" for name, value in self.cookies.items())
        body = None
        if fields is not None:
            headers["Content-Type"] = FORM
            body = urllib.parse.urlencode(fields)
        answer = ask(self.stack, method, path, body, headers)
        for cookie in answer.headers.get_all("Set-Cookie") or []:
            name, value = cookie.split(";")[0].split("=", 1)
            if "Max-Age=0" in cookie:
                self.cookies.pop(name, None)
            else:
                self.cookies[name] = value
        return answer

    def get(self, path: str, **options):
        return self.ask("GET", path, **options)

    def token(self, page: str) -> str:
        answer = self.get(page)
        found = TOKEN.search(answer.text)
        assert found, f"{page} has no form: {answer.status} {answer.text[:300]}"
        return found[1]

    def send(self, path: str, fields: "dict[str, str] | list | None" = None, page: "str | None" = None, headers=None):
        """A form, with the token of a page."""
        token = [("_token", self.token(page or path))]
        fields = list(fields.items()) if isinstance(fields, dict) else list(fields or [])
        return self.ask("POST", path, fields + token, headers)

    def log_in(self, name: str, password: str, to: str = ""):
        return self.send("/-/login", {"user_name": name, "password": password, "to": to})


def logged_in(stack, user) -> Session:
    session = Session(stack)
    answer = session.log_in(user.name, user.password)
    assert answer.status == 303, answer.text
    return session


def log_in(page, url: str, user, to: str = "/") -> None:
    """In a browser: by the form, as a person does."""
    page.goto(f"{url}/-/login?to={urllib.parse.quote(to, safe='')}")
    page.get_by_label("User name").fill(user.name)
    page.get_by_label("Password").fill(user.password)
    page.get_by_role("button", name="Log in").click()
    page.wait_for_url(lambda now: "/-/login" not in now)
