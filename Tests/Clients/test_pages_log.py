"""The page of a job in Chromium: the log as it grows, long logs, hostile ones, folding, search, links and keys."""

import itertools
import re
from pathlib import Path

import pytest
import runner_pb as pb
from log_support import Job, ann, job, lines_of, numbered, stack, stranger  # noqa: F401
from page_support import logged_in
from playwright.sync_api import expect, sync_playwright
from protobuf.wkt import Timestamp
from support import ask, wait_for

MILLISECONDS_MAX = 30_000
START = 1_700_000_000


@pytest.fixture(scope="module")
def browser():
    with sync_playwright() as playwright:
        # Root's Chromium refuses its sandbox; only pages of the test's own server are opened.
        browser = playwright.chromium.launch(executable_path="/usr/bin/chromium", args=["--no-sandbox"])
        yield browser
        browser.close()


@pytest.fixture
def context(browser):
    context = browser.new_context(viewport={"width": 1200, "height": 800})
    context.set_default_timeout(MILLISECONDS_MAX)
    expect.set_options(timeout=MILLISECONDS_MAX)
    yield context
    context.close()


def opened(context, job, anchor: str = ""):
    page = context.new_page()
    page.problems = []
    page.on("console", lambda message: page.problems.append(message.text) if message.type == "error" else None)
    page.on("pageerror", lambda error: page.problems.append(str(error)))
    page.goto(f"{job.stack.url}{address(job)}{anchor}")
    return page


def address(job) -> str:
    return job.page


def steps(job, *states) -> None:
    """Each state: (result or None, first row, rows)."""
    stamp = Timestamp(seconds=START)
    job.runner.state(
        job.task,
        steps=[
            pb.StepState(
                id=number,
                log_index=first,
                log_length=count,
                started_at=stamp,
                **({"result": result, "stopped_at": Timestamp(seconds=START + 61)} if result else {}),
            )
            for number, (result, first, count) in enumerate(states)
        ],
    )


def finish(job, result=pb.Result.SUCCESS, rows: int = 0) -> None:
    job.runner.state(job.task, result)
    job.rows(rows, [], no_more=True)


def line(page, number: int):
    return page.locator(f"#L{number}")


def test_a_log_is_watched_to_its_end(context, job):
    page = opened(context, job)
    steps(job, (None, 0, 1))
    for number in range(30):
        job.rows(number, [f"<b>line</b> & {number}"])
        if number % 10 == 9:
            expect(line(page, number + 1)).to_contain_text(f"<b>line</b> & {number}")
    expect(page.locator(".steps li").nth(1)).to_have_class("running")
    steps(job, (pb.Result.SUCCESS, 0, 20), (None, 20, 10))
    expect(page.locator(".steps li").nth(1)).to_have_class("success")
    finish(job, rows=30)
    expect(page.locator("#jobhead .state")).to_contain_text("success")
    expect(page.get_by_role("button", name="Follow", exact=True)).to_be_hidden()
    assert page.locator("script:not([src])").count() == 0
    assert page.problems == []


def test_a_page_opened_before_any_runner_came_shows_the_log(context, project):
    project.push_workflow("on: push\njobs:\n  one:\n    runs-on: ubuntu-latest\n    steps:\n      - run: echo one\n")
    run = wait_for(lambda: project.run_of("ci.yml") and project.jobs(project.run_of("ci.yml")), "the run")["one"]
    page = context.new_page()
    page.goto(f"{project.stack.url}/{project.path}/actions/runs/{project.run_of('ci.yml')['id']}/jobs/{run['id']}")
    expect(page.locator("#jobhead .notice")).to_contain_text("runner")
    runner = project.runner()
    task = runner.fetch()
    runner.rows(task, 0, ["the first line"])
    expect(page.get_by_text("the first line")).to_be_visible()
    runner.finish(task, index=1)


def followed(context, path: str):
    """A page under a clock of ours, which notes how often it was loaded and how often it fetched itself."""
    page = context.new_page()
    page.loads, page.fetches = [], []
    page.clock.install()
    page.on("framenavigated", lambda frame: page.loads.append(frame.url))
    page.on("request", lambda asked: page.fetches.append(asked.url) if asked.resource_type == "fetch" else None)
    page.goto(path)
    return page


def test_the_page_of_an_expired_log_is_loaded_once(context, job):
    job.rows(0, ["a"])
    finish(job, rows=1)
    job.wait_sealed()
    job.stack.sql(f"update log_file set task_stopped_at = now() - interval '366 days' where task_id = {job.task.id}")
    wait_for(lambda: "The log was removed on" in ask(job.stack, "GET", address(job)).text, "an expired log")
    page = followed(context, f"{job.stack.url}{address(job)}")
    expect(page.get_by_text("The log was removed on")).to_be_visible()
    assert "There is no log" not in page.content()
    page.clock.run_for(60_000)
    page.wait_for_timeout(3_000)
    assert len(page.loads) == 1 and page.fetches == []


def test_the_page_of_a_job_without_a_runner_is_followed_to_its_end(context, project):
    project.push_workflow("on: push\njobs:\n  one:\n    runs-on: ubuntu-latest\n    steps:\n      - run: echo one\n")
    run = wait_for(lambda: project.run_of("ci.yml"), "the run")
    job = wait_for(lambda: project.jobs(run), "its job")["one"]
    path = f"/{project.path}/actions/runs/{run['id']}/jobs/{job['id']}"
    page = followed(context, f"{project.stack.url}{path}")
    expect(page.get_by_text("There is no log yet: no runner has begun this job.")).to_be_visible()
    token = {"Authorization": f"token {project.owner.token}"}
    answer = ask(project.stack, "POST", f"/api/v1/repos/{project.path}/actions/runs/{run['id']}/cancel", headers=token)
    assert answer.status < 300, answer.text
    wait_for(lambda: 'data-done="true"' in ask(project.stack, "GET", path).text, "a job that is cancelled")
    page.clock.run_for(11_000)
    expect(page.get_by_text("There is no log: this job ran on no runner.")).to_be_visible()
    page.wait_for_timeout(1_000)
    count = len(page.fetches)
    page.clock.run_for(60_000)
    page.wait_for_timeout(1_000)
    assert len(page.loads) == 1 and len(page.fetches) == count >= 1


MANY_TOPICS = """async address => {
    const {LiveStream} = await import(address);
    const asked = [], states = {}, logs = [], encoder = new TextEncoder();
    const names = url => [...url.matchAll(/log=(\\d+)/g)].map(found => Number(found[1]));
    globalThis.fetch = async (url, {signal}) => {
        const isPoll = url.endsWith("&poll=1");
        asked.push({isPoll, names: names(url)});
        return new Response(new ReadableStream({start(stream) {
            for (const id of names(url)) {
                const log = {topic: `log:${id}`, from: 0, next: 1, total: 1, done: false, text: ""};
                stream.enqueue(encoder.encode(`event: log\\ndata: ${JSON.stringify(log)}\\n\\n`));
            }
            if (isPoll) stream.close();
            else signal.addEventListener("abort", () => stream.error(signal.reason));
        }}));
    };
    const stream = new LiveStream(), pause = time => new Promise(done => setTimeout(done, time));
    const pages = Array.from({length: 140}, (_, id) => ({take(message) {
        if (message.kind === "state") states[id] = message.state;
        if (message.kind === "log") logs.push(id);
    }}));
    const seen = () => ({asked: asked.splice(0), logs: [...new Set(logs.splice(0))].length,
        polling: Object.keys(states).filter(id => states[id] === "polling").map(Number)});
    pages.forEach((page, id) => stream.add(page, `log:${id}`, 0));
    await pause(500);
    const first = seen();
    stream.show(pages[0], "log:0", 0);
    await pause(500);
    const shown = seen();
    for (let id = 100; id < 140; id++) stream.remove(pages[id]);
    await pause(500);
    const left = seen();
    pages.forEach(page => stream.remove(page));
    return {first, shown, left};
}"""


def test_topics_that_a_stream_has_no_place_for_are_polled(context, job):
    page = opened(context, job)
    script = page.evaluate("document.querySelector('script[src*=job]').src")
    found = page.evaluate(MANY_TOPICS, re.sub(r"[^/]*$", "live-stream.js", script))
    first, shown, left = found["first"], found["shown"], found["left"]
    streams = [asked for asked in first["asked"] if not asked["isPoll"]]
    assert [sorted(asked["names"]) for asked in streams] == [list(range(76, 140))]
    polled = [len(asked["names"]) for asked in first["asked"] if asked["isPoll"]]
    assert polled == [64, 12] and first["logs"] == 140 and first["polling"] == list(range(76))
    assert shown["asked"][0]["names"] == [0, *range(139, 76, -1)], (
        "a page that is looked at takes the oldest one's place"
    )
    assert shown["polling"] == list(range(1, 77))
    assert left["asked"][0]["names"] == [0, *range(99, 36, -1)], "places that are free are taken"


def connections(stack) -> int:
    """Requests that are held in the poll lanes now."""
    held = 0
    for row in Path("/proc/net/unix").read_text().splitlines()[1:]:
        fields = row.split()
        if len(fields) == 8 and fields[7].startswith(f"{stack.sockets}/poll-") and fields[5] == "03":
            held += 1
    return held


def test_tabs_of_one_browser_share_one_stream(context, job):
    pages = [opened(context, job) for _ in range(4)]
    job.rows(0, ["to all"])
    for page in pages:
        expect(line(page, 1)).to_contain_text("to all")
    wait_for(lambda: connections(job.stack) == 1, "one stream for four tabs")
    pages[0].close()
    job.rows(1, ["to the others"])
    for page in pages[1:]:
        expect(line(page, 2)).to_contain_text("to the others")
    assert connections(job.stack) == 1
    assert [page.problems for page in pages] == [[]] * 4
    for page in pages[1:]:
        page.close()
    wait_for(lambda: connections(job.stack) == 0, "no stream without tabs")


def test_a_page_goes_on_when_its_instance_is_killed(context, whole_stack, job):
    page = opened(context, job)
    job.rows(0, ["before"])
    expect(line(page, 1)).to_contain_text("before")
    for name in ("millrace-1", "millrace-2"):
        whole_stack.kill(name)
        wait_for(lambda: job.rows(0, ["before"]) == 1, "an instance that answers")
        whole_stack.start_again(name)
    job.rows(1, ["after"])
    expect(line(page, 2)).to_contain_text("after")


HOSTILE = [
    "<script>document.title='taken'</script><img src=x onerror=\"document.title='taken'\">",
    "\x1b]8;;javascript:alert(1)\x07click\x1b]8;;\x07 \x1b]0;title\x07",
    "\u202etxet desrever\u202c \u2066isolated\u2069 \x9b31mC1",
    "\x1b[31mred\x1b[0m \x1b[1;38;5;196mbold\x1b[m \x1b[48;2;0;0;255mon blue\x1b[m \x1b[7mreversed\x1b[m",
    "\x1b[" + ";".join(["1"] * 5_000) + "m" + "x" * 10_000,
    "10%\r20%\r\x1b[Kdone \x1b[2Kwiped",
    "##[group]<b>group</b>\"'&amp;",
    "::error::{{head.title}} ${7*7} <!-- ",
    "##[endgroup]",
    "\t tab \x00 nul \x07 bell \x08 back",
]


def test_a_hostile_log_is_harmless(context, job):
    job.rows(0, HOSTILE)
    steps(job, (None, 0, len(HOSTILE)))
    page = opened(context, job)
    expect(line(page, 1)).to_contain_text("<script>document.title='taken'</script>")
    assert page.title().startswith("one"), page.title()
    assert page.locator(".log img, .log script, .log b").count() == 0
    assert page.locator('.log a[href^="javascript"]').count() == 0
    expect(line(page, 2).locator("> span")).to_have_text("click ")
    text = line(page, 3).locator("> span").inner_text()
    assert not re.search("[\u202a-\u202e\u2066-\u2069\x80-\x9f]", text) and "txet desrever" in text
    expect(line(page, 4).locator(".c1").first).to_have_text("red")
    expect(line(page, 4).locator(".c9.bd")).to_have_text("bold")
    expect(line(page, 4).locator(".b12")).to_have_text("on blue")
    expect(line(page, 4).locator(".rv")).to_have_text("reversed")
    assert len(line(page, 5).inner_text()) < 2_200
    expect(line(page, 6).locator("> span")).to_have_text("     wiped", use_inner_text=False)
    expect(line(page, 7)).to_contain_text("<b>group</b>\"'&amp;")
    expect(line(page, 8)).to_have_class(re.compile("error"))
    html = ask(job.stack, "GET", address(job)).text
    assert "<script>document" not in html and "\x1b" not in html and "\u202e" not in html and "javascript:" not in html
    assert page.problems == []


def rows_in_page(page) -> "list[int]":
    return sorted(int(id[1:]) for id in page.eval_on_selector_all(".joblog .line", "all => all.map(one => one.id)"))


def test_a_long_log_is_scrolled_both_ways_with_few_rows_in_the_page(context, job):
    contents = numbered(60_000, width=20)
    for start in range(0, 60_000, 10_000):
        job.rows(start, contents[start : start + 10_000])
    steps(job, (pb.Result.SUCCESS, 0, 60_000))
    finish(job, rows=60_000)
    page = opened(context, job, "#L60000")
    expect(line(page, 60_000)).to_contain_text(contents[59_999])
    box = page.locator(".joblog .log")
    box.hover()
    seen = 0
    for _ in range(40):
        page.mouse.wheel(0, -3_000)
        rows = rows_in_page(page)
        assert len(rows) < 200
        seen = rows[0]
    assert seen < 59_900
    box.evaluate("box => { box.scrollTop = 0; }")
    expect(line(page, 1)).to_contain_text(contents[0])
    box.evaluate("box => { box.scrollTop = box.scrollHeight / 2; }")
    middle = wait_for(lambda: [row for row in rows_in_page(page) if 20_000 < row < 40_000], "rows of the middle")[10]
    expect(line(page, middle)).to_contain_text(contents[middle - 1])
    box.evaluate("box => { box.scrollTop = box.scrollHeight; }")
    expect(line(page, 60_000)).to_contain_text(contents[59_999])
    assert len(rows_in_page(page)) < 200
    assert page.evaluate("document.querySelectorAll('*').length") < 1_500
    assert page.problems == []


def failed(job) -> None:
    job.rows(
        0,
        [
            "setting up",
            "##[group]Compile",
            "compiling",
            "##[group]inner",
            "deep",
            "##[endgroup]",
            "##[endgroup]",
            *(f"filler {n}" for n in range(300)),
            "src/parser.swift:41: error: expected ')'",
            "##[error]the first marked error",
            "more",
            "cleaning",
        ],
    )
    steps(job, (pb.Result.SUCCESS, 1, 6), (pb.Result.FAILURE, 7, 303))
    finish(job, pb.Result.FAILURE, rows=311)


def test_a_failed_step_is_open_at_its_first_error_and_others_are_folded(context, job):
    failed(job)
    page = opened(context, job)
    expect(line(page, 309)).to_be_in_viewport()
    expect(line(page, 309)).to_contain_text("the first marked error")
    expect(page.locator(".steps a[aria-current]")).to_contain_text("Run echo two")
    assert line(page, 2).count() == 0, "what went well is folded"
    page.locator(".steps a").nth(1).click()
    expect(page.locator(".sectionhead button[data-section='1']")).to_have_attribute("aria-expanded", "true")
    expect(page.locator(".sectionhead button[data-section='0']")).to_have_attribute("aria-expanded", "false")
    expect(line(page, 3)).to_contain_text("compiling")
    line(page, 4).get_by_role("button").click()
    expect(line(page, 5)).to_have_count(0)
    expect(line(page, 3)).to_be_visible()
    line(page, 2).get_by_role("button").click()
    expect(line(page, 3)).to_have_count(0)
    expect(line(page, 2).get_by_role("button")).to_have_attribute("aria-expanded", "false")
    line(page, 2).get_by_role("button").click()
    expect(line(page, 3)).to_be_visible()
    assert page.problems == []


def test_links_to_lines_and_ranges(context, job):
    failed(job)
    page = opened(context, job, "#L100-L102")
    expect(line(page, 100)).to_be_in_viewport()
    expect(page.locator(".line.picked")).to_have_count(3)
    line(page, 105).locator("a").click()
    expect(page).to_have_url(re.compile("#L105$"))
    line(page, 103).locator("a").click(modifiers=["Shift"])
    expect(page).to_have_url(re.compile("#L103-L105$"))
    context.grant_permissions(["clipboard-read", "clipboard-write"])
    page.keyboard.press("y")
    expect(page.get_by_text("Copied lines 103 to 105 with their link.")).to_be_visible()
    copied = page.evaluate("navigator.clipboard.readText()")
    assert copied.startswith(page.url) and "filler 95\nfiller 96\nfiller 97" in copied
    page.goto(f"{job.stack.url}{address(job)}#L9999")
    page.reload()
    expect(page.get_by_text("there is no line 9999")).to_be_visible()
    assert page.problems == []


def test_search_and_keys(context, job):
    failed(job)
    page = opened(context, job)
    expect(line(page, 309)).to_be_in_viewport()
    page.keyboard.press("/")
    page.keyboard.type("FILLER 2")
    expect(page.locator(".count")).to_contain_text("of 111")
    expect(page.locator(".line.hit mark")).to_have_text("filler 2")
    first = page.locator(".count").inner_text()
    page.keyboard.press("Enter")
    expect(page.locator(".count")).not_to_have_text(first)
    page.keyboard.press("Shift+Enter")
    expect(page.locator(".count")).to_have_text(first)
    page.get_by_label("Search in the log").fill("no such text")
    expect(page.locator(".count")).to_have_text("none")
    page.keyboard.press("Escape")
    page.keyboard.press("[")
    expect(page.locator(".steps a[aria-current]")).to_contain_text("Run echo one")
    page.keyboard.press("]")
    expect(page.locator(".steps a[aria-current]")).to_contain_text("Run echo two")
    page.keyboard.press("e")
    expect(line(page, 309)).to_be_in_viewport()
    expect(line(page, 309).locator("time")).to_be_hidden()
    page.get_by_role("button", name="Times").click()
    expect(line(page, 309).locator("time")).to_be_visible()
    page.reload()
    expect(line(page, 309).locator("time")).to_be_visible()
    assert page.problems == []


def test_following_stops_when_somebody_scrolls_up(context, job):
    steps(job, (None, 0, 1))
    job.rows(0, numbered(500))
    page = opened(context, job)
    expect(line(page, 500)).to_be_in_viewport()
    job.rows(500, numbered(100))
    expect(line(page, 600)).to_be_in_viewport()
    page.locator(".joblog .log").hover()
    page.mouse.wheel(0, -4_000)
    expect(page.get_by_role("button", name="Follow", exact=True)).to_have_attribute("aria-pressed", "false")
    job.rows(600, ["a", "b"])
    expect(page.locator(".chip")).to_have_text("2 new lines ↓")
    page.locator(".chip").click()
    expect(line(page, 602)).to_be_in_viewport()
    expect(page.locator(".chip")).to_be_hidden()
    page.keyboard.press("f")
    expect(page.get_by_role("button", name="Follow", exact=True)).to_have_attribute("aria-pressed", "false")
    assert page.problems == []


def test_without_scripts_the_page_is_read(browser, job):
    failed(job)
    context = browser.new_context(java_script_enabled=False)
    page = opened(context, job)
    assert page.get_by_text("the first marked error").count() == 1
    assert page.locator(".steps a").count() == 4
    page.get_by_role("link", name="older lines").click()
    expect(line(page, 1)).to_contain_text("setting up")
    page.goto(f"{job.stack.url}{address(job)}?step=1")
    expect(line(page, 3)).to_contain_text("compiling")
    assert line(page, 9).count() == 0
    context.close()


def test_a_phone_shows_it_without_scrolling_sideways(browser, job):
    failed(job)
    for scheme in ("light", "dark"):
        context = browser.new_context(viewport={"width": 360, "height": 740}, color_scheme=scheme)
        page = opened(context, job)
        expect(line(page, 309)).to_be_visible()
        assert page.evaluate("document.documentElement.scrollWidth") <= 360
        assert page.problems == []
        context.close()


def test_search_on_the_server(job):
    path = f"{address(job)}/search"
    job.rows(0, ["An Error", "nothing", "\x1b[31mer\x1b[0mror", "Ärger"])

    def found(query: str):
        answer = ask(job.stack, "GET", path + query)
        assert answer.status == 200, answer.text
        return answer.json

    assert found("?q=error") == {"rows": [0, 2], "total": 4}
    assert found("?q=error&from=1")["rows"] == [2]
    assert found("?q=%C3%A4RGER")["rows"] == [3] and found("?q=2023")["rows"] == []
    for query, status in (("", 422), ("?q=", 422), ("?q=a%00b", 422), ("?q=a&from=-1", 422), ("?q=a&from=x", 422)):
        assert ask(job.stack, "GET", path + query).status == status
    assert ask(job.stack, "GET", path + "?q=" + "x" * 201).status == 422
    assert ask(job.stack, "GET", f"{job.page}0/jobs/{job.id}/search?q=a").status == 404
    contents = [f"row {number} {'needle' if number % 7 == 0 else ''}" for number in range(20_000)]
    job.rows(4, contents)
    for sealed in (False, True):
        if sealed:
            finish(job, rows=20_004)
            job.wait_sealed()
        rows, start, calls = [], 0, 0
        while start is not None:
            part = found(f"?q=NEEDLE&from={start}")
            assert len(part["rows"]) <= 1_000
            rows, start, calls = rows + part["rows"], part.get("next"), calls + 1
        assert rows == [number + 4 for number in range(0, 20_000, 7)] and calls >= 3


def test_buttons_cancel_and_run_again(job):
    page = ask(job.stack, "GET", address(job), login=job.project.owner.login)
    assert f'action="{address(job)}/cancel"' in page.text and "/rerun" not in page.text
    assert "/cancel" not in ask(job.stack, "GET", address(job)).text
    assert ask(job.stack, "GET", f"{job.page}/jobs/999999999").status == 404
    assert ask(job.stack, "POST", f"{address(job)}/cancel", "", login=None).status in (401, 403)


def luminance(colour: str) -> float:
    parts = [int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)]
    red, green, blue = (p / 12.92 if p <= 0.03928 else ((p + 0.055) / 1.055) ** 2.4 for p in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(one: str, other: str) -> float:
    light, dark = sorted((luminance(one), luminance(other)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


def test_colours_of_logs_can_be_read_in_both_schemes():
    style = (Path(__file__).parents[2] / "Sources/Server/Logs/log.css").read_text()
    schemes = re.findall(r"\.joblog\{(--a0[^}]*)\}", style)
    assert len(schemes) == 2
    for scheme, backgrounds in zip(
        schemes, (("#ffffff", "#f6f8fa", "#fff6dd"), ("#0e1116", "#161b22", "#272008")), strict=True
    ):
        colours = re.findall(r"--a(\d+):(#[0-9a-f]{6})", scheme)
        assert [int(number) for number, _ in colours] == list(range(16))
        for (number, colour), background in itertools.product(colours, backgrounds):
            assert contrast(colour, background) >= 4.5, (number, colour, background)


def varint(number: int) -> bytes:
    out = b""
    while number > 127:
        out, number = out + bytes([number & 127 | 128]), number >> 7
    return out + bytes([number])


def upload(job, first: int, count: int) -> None:
    """UpdateLog by hand: a client library takes minutes for a million rows."""

    def field(number: int, content: bytes) -> bytes:
        return bytes([number << 3 | 2]) + varint(len(content)) + content

    stamp = field(1, b"\x08" + varint(START))
    rows = b"".join(field(3, stamp + field(2, b"line %d" % (number + 1))) for number in range(first, first + count))
    head = b"\x08" + varint(job.task.id) + b"\x10" + varint(first)
    headers = {"Content-Type": "application/proto", **job.runner.headers}
    answer = ask(job.stack, "POST", "/api/actions/runner.v1.RunnerService/UpdateLog", head + rows, headers, timeout=300)
    assert answer.status == 200, answer.text


def test_a_log_of_a_million_lines(context, job):
    """Higher than an engine's boxes: the bar then scrolls by more than it moves, and the wheel by what it turns."""
    for start in range(0, 1_000_000, 250_000):
        upload(job, start, 250_000)
    steps(job, (None, 0, 1_000_000))
    page = opened(context, job)
    expect(line(page, 1_000_000)).to_contain_text("line 1000000")
    expect(line(page, 1_000_000)).to_be_in_viewport()
    box = page.locator(".joblog .log")
    box.hover()
    for _ in range(5):
        page.mouse.wheel(0, -100)
    top = wait_for(lambda: visible(page), "rows")
    assert 999_900 < top[0] < 999_990, "500 pixels are 25 rows, not a thousand"
    for share in (0.5, 0.1, 0.9):
        box.evaluate("(box, share) => { box.scrollTop = (box.scrollHeight - box.clientHeight) * share; }", share)
        rows = wait_for(
            lambda share=share: [row for row in visible(page) if abs(row - share * 1_000_000) < 2_000],
            f"rows at {share}",
        )
        expect(line(page, rows[3])).to_contain_text(f"line {rows[3]}")
    page.goto(f"{job.stack.url}{address(job)}#L654321")
    page.reload()
    expect(line(page, 654_321)).to_be_in_viewport()
    expect(line(page, 654_321)).to_contain_text("line 654321")
    assert len(rows_in_page(page)) < 200
    page.get_by_label("Search in the log").fill("line 777777")
    page.keyboard.press("Enter")
    expect(page.locator(".count")).to_have_text("1 of 1")
    expect(line(page, 777_777)).to_be_in_viewport()
    assert page.problems == []


def visible(page) -> "list[int]":
    """Rows whose place is in the box."""
    return page.evaluate(
        """() => {
            const box = document.querySelector('.joblog .log').getBoundingClientRect();
            return [...document.querySelectorAll('.joblog .line')].filter(line => {
                const at = line.getBoundingClientRect();
                return at.top >= box.top && at.bottom <= box.bottom;
            }).map(line => Number(line.id.slice(1))).sort((a, b) => a - b);
        }"""
    )


def test_a_private_log_is_followed_while_the_session_lasts(browser, private_project):
    job = Job(private_project)
    context = logged_in(browser, job.stack, private_project.owner)
    context.set_default_timeout(MILLISECONDS_MAX)
    page = opened(context, job)
    job.rows(0, ["for members"])
    expect(line(page, 1)).to_contain_text("for members")
    leaving = context.new_page()
    leaving.goto(f"{job.stack.url}/-/settings/profile")
    leaving.locator("details.who summary").click()
    leaving.get_by_role("button", name="Log out").click()
    # The stream is asked again within LiveLimits.checkMicroseconds.
    expect(page.get_by_text("This log is not to be seen any more")).to_be_visible(timeout=60_000)
    job.rows(1, ["for members alone"])
    assert page.get_by_text("for members alone").count() == 0
    context.close()
