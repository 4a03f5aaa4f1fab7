"""Pages in Debian's Chromium, as a person sees them: logged in by the form, with each complaint of the console."""

from pathlib import Path

from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, BrowserContext, Page

MILLISECONDS_MAX = 60_000
SCREENSHOTS = Path(__file__).resolve().parents[2] / ".run/screenshots"


def start(playwright) -> Browser:
    # Root's Chromium refuses its sandbox; only pages of the test's own server are opened.
    return playwright.chromium.launch(executable_path="/usr/bin/chromium", args=["--no-sandbox"])


def logged_in(browser: Browser, stack, user, **options) -> BrowserContext:
    """A browser of its own, in which the user has logged in by the form."""
    context = browser.new_context(base_url=stack.url, **options)
    page = context.new_page()
    page.set_default_timeout(MILLISECONDS_MAX)
    page.goto("/-/login")
    page.get_by_label("User name").fill(user.name)
    page.get_by_label("Password").fill(user.password)
    page.get_by_role("button", name="Log in").click()
    page.wait_for_url(lambda url: "/-/login" not in url)
    page.close()
    return context


def opened(context: BrowserContext, address: str) -> Page:
    """A page whose `problems` are what its console and scripts complained of."""
    page = context.new_page()
    page.set_default_timeout(MILLISECONDS_MAX)
    problems: list[str] = []
    page.on("console", lambda message: problems.append(message.text) if message.type == "error" else None)
    page.on("pageerror", lambda error: problems.append(str(error)))
    page.problems = problems
    page.goto(address)
    return page


def accessibility_findings(page: Page) -> list[str]:
    """What axe-core finds by the rules of WCAG 2.2 AA; empty when there is nothing."""
    options = {"runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]}
    return [
        f"{finding['id']}: {finding['help']}: " + "; ".join(node["html"][:200] for node in finding["nodes"][:3])
        for finding in Axe().run(page, options=options).response["violations"]
    ]


def overflow(page: Page) -> int:
    """Pixels by which the page is wider than its window."""
    return page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")


def keep_screenshot(page: Page, name: str) -> None:
    SCREENSHOTS.mkdir(parents=True, exist_ok=True)
    page.screenshot(path=SCREENSHOTS / f"{name}.png", full_page=True)
