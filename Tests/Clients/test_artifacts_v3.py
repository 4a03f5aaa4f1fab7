"""Artifacts as upload-artifact and download-artifact v2 and v3 make and fetch them: artifacts.md 2, checklist rows 1 to
21."""

import base64
import concurrent.futures
import gzip
import hashlib
import io
import os
import zipfile
from datetime import UTC, datetime, timedelta

import pytest
import requests
from artifact_support import MEGABYTE, PIPELINES, Uploader, stored
from support import ask


@pytest.fixture
def job(project):
    job = Uploader(project)
    yield job
    job.runner.finish(job.task)


def test_announcing(job):
    """Row 5: any case of the members; the address is absolute and takes more parameters."""
    for body in ({"Type": "actions_storage", "Name": "a"}, {"name": "b"}, {"NAME": "c", "retentionDays": None}):
        answer = job.pipelines("POST", "?api-version=6.0-preview", __import__("json").dumps(body))
        assert answer.status == 200, answer.text
        mark = hashlib.md5(next(v for k, v in body.items() if k.lower() == "name").encode()).hexdigest()
        assert (
            answer.json["fileContainerResourceUrl"] == f"{job.stack.url}{PIPELINES}/{job.run}/artifacts/{mark}/upload"
        )


@pytest.mark.parametrize(
    "name",
    [
        "",
        ".",
        "..",
        'a"b',
        "a:b",
        "a<b",
        "a>b",
        "a|b",
        "a*b",
        "a?b",
        "a\rb",
        "a\nb",
        "a\\b",
        "a/b",
        "a\0b",
        "a\x7fb",
        "x" * 256,
    ],
)
def test_names_that_are_refused(job, name):
    """Row 6."""
    answer = job.pipelines("POST", "", __import__("json").dumps({"Type": "actions_storage", "Name": name}))
    assert answer.status == 400 and answer.json["message"], answer.text


def test_retention_is_kept_to_the_minute(job):
    """Row 7."""
    place = job.announce("kept", RetentionDays=5)
    assert place.endswith("?retentionDays=5")
    assert job.chunk(place, "kept/f", b"x").status == 200 and job.finish("kept").status == 200
    expires = job.stack.sql(
        f"select extract(epoch from expires_at) from artifact where run_id = {job.run} and name = 'kept'"
    )
    wanted = (datetime.now(UTC) + timedelta(days=5)).timestamp()
    assert abs(float(expires) - wanted) < 60


def test_plain_and_gzip(job):
    """Rows 8, 10, 20: what came is what goes out, to clients with and without gzip."""
    text = b"line\n" * 50_000
    packed = gzip.compress(text)
    place = job.announce("mix")
    assert job.chunk(place, "mix/plain.txt", text).status == 200
    answer = job.chunk(
        place, "mix/packed.txt", packed, headers={"Content-Encoding": "gzip", "x-tfs-filelength": str(len(text))}
    )
    assert answer.status == 200 and answer.json == {"message": "success"}
    assert job.finish("mix", 2 * len(text)).status == 200
    assert job.fetch_files("mix") == {"plain.txt": text, "packed.txt": text}
    url = job.files("mix")["mix/packed.txt"]
    raw = requests.get(url, headers={**job.bearer, "Accept-Encoding": "gzip"}, stream=True, timeout=60)
    assert raw.headers["Content-Encoding"] == "gzip" and raw.headers["Content-Length"] == str(len(packed))
    assert raw.raw.read(decode_content=False) == packed
    plain = requests.get(url, headers={**job.bearer, "Accept-Encoding": "identity"}, timeout=60)
    assert "Content-Encoding" not in plain.headers and plain.content == text
    assert job.stack.sql(f"select bytes from artifact where run_id = {job.run} and name = 'mix'") == str(2 * len(text))


def test_what_is_no_gzip_is_not_kept(job):
    place = job.announce("broken")
    assert job.chunk(place, "broken/a", b"not gzip", headers={"Content-Encoding": "gzip"}).status == 200
    answer = job.finish("broken")
    assert answer.status == 400 and '"a"' in answer.json["message"]
    assert "broken" not in job.listed()


def test_chunks_in_any_order_and_again(job):
    """Row 9."""
    data = os.urandom(20 * MEGABYTE)
    size = 8 * MEGABYTE
    starts = list(range(0, len(data), size))
    for name, order in {
        "forward": starts,
        "backward": starts[::-1],
        "doubled": [starts[0], starts[1], starts[1], starts[2], starts[0]],
    }.items():
        place = job.announce(name)
        for start in order:
            part = data[start : start + size]
            md5 = base64.b64encode(hashlib.md5(part).digest()).decode()
            answer = job.chunk(
                place,
                f"{name}/big.bin",
                part,
                start,
                len(data),
                {"x-actions-results-md5": md5, "x-actions-results-crc64": "AAAAAAAAAAA="},
            )
            assert answer.status == 200, answer.text
        assert job.finish(name, len(data)).status == 200
        assert job.fetch_files(name) == {"big.bin": data}, name


def test_a_chunk_with_another_md5_is_dropped(job):
    """Row 11."""
    place = job.announce("sum")
    answer = job.chunk(
        place,
        "sum/f",
        b"bytes",
        headers={"x-actions-results-md5": base64.b64encode(hashlib.md5(b"other").digest()).decode()},
    )
    assert answer.status == 400 and "x-actions-results-md5" in answer.json["message"]
    assert job.finish("sum").status == 200 and "sum" not in job.listed(), "nothing was kept, so nothing is incomplete"
    assert stored(job.stack, "spool") == []


@pytest.mark.parametrize(
    "range, body",
    [
        ("bytes 0-4/5", b"four"),
        ("bytes 0-4/3", b"abcde"),
        ("bytes 5-4/5", b""),
        ("bytes 0-x/5", b"abcde"),
        ("bytes 0-4/*", b"abcde"),
        ("", b"abcde"),
        ("bytes -1-3/5", b"abcde"),
        ("bytes 0-99999999999999999999/5", b"abcde"),
    ],
)
def test_ranges_that_are_not_what_came(job, range, body):
    place = job.announce("r")
    answer = job.chunk(place, "r/f", body, headers={"Content-Range": range})
    assert answer.status == 400 and answer.json["message"], answer.text


def test_a_range_over_another_is_refused(job):
    place = job.announce("over")
    assert job.chunk(place, "over/f", b"abcd", 0, 10).status == 200
    answer = job.chunk(place, "over/f", b"cdef", 2, 10)
    assert answer.status == 400 and answer.json["message"]


def test_a_hole_ends_that_file_and_no_other(job):
    """Row 12."""
    place = job.announce("holes")
    assert job.chunk(place, "holes/part", b"abc", 0, 6).status == 200
    answer = job.finish("holes", 6)
    assert answer.status == 400 and '"part"' in answer.json["message"]
    assert job.listed() == {}
    place = job.announce("holes")
    assert job.chunk(place, "holes/part", b"abc", 0, 6).status == 200
    assert job.chunk(place, "holes/whole", b"whole").status == 200
    assert job.finish("holes", 6).status == 400
    assert job.fetch_files("holes") == {"whole": b"whole"}


def test_finishing_twice_and_what_is_not_there(job):
    """Row 13."""
    job.upload_files("twice", {"f": b"x"})
    assert job.finish("twice").status == 200
    assert job.finish("never").status == 404


def test_empty_files(job):
    """Row 14: alone and among others."""
    for name, files in {"alone": {"e": b""}, "among": {"a": b"1", "e": b"", "z": b"2"}}.items():
        job.upload_files(name, files)
        assert job.fetch_files(name) == files
        answer = requests.get(job.files(name)[f"{name}/e"], headers=job.bearer, timeout=60)
        assert answer.headers["Content-Length"] == "0" and "Content-Encoding" not in answer.headers


def test_more_under_one_name_adds_up(job):
    """Rows 15, 16; and a re-upload that was begun with another size."""
    job.upload_files("sum", {"a/1": b"one", "b": b"first"})
    job.upload_files("sum", {"a/2": b"two", "b": b"second and longer"})
    assert job.fetch_files("sum") == {"a/1": b"one", "a/2": b"two", "b": b"second and longer"}
    place = job.announce("sum")
    assert job.chunk(place, "sum/c", b"abc", 0, 100).status == 200
    assert job.chunk(place, "sum/c", b"whole").status == 200
    assert job.finish("sum").status == 200
    assert job.fetch_files("sum")["c"] == b"whole"


def test_a_run_without_artifacts(job):
    """Row 17."""
    answer = job.pipelines("GET", "?api-version=6.0-preview")
    assert (answer.status, answer.json) == (200, {"count": 0, "value": []})


@pytest.mark.parametrize(
    "path",
    [
        "../x",
        "a/../../x",
        "./x",
        "a//b",
        "/x",
        "..\\x",
        "a\\..\\..\\x",
        "a\0b",
        "a\nb",
        "%2e%2e/x/../y",
        "",
        "a:b",
        "x/" * 600 + "x",
    ],
)
def test_paths_that_are_refused(job, path):
    """Row 18."""
    place = job.announce("p")
    answer = job.chunk(place, f"p/{path}", b"x")
    assert answer.status == 400 and answer.json["message"], answer.text


def test_paths_that_look_dangerous_and_are_not(job):
    """Rows 18, 21: decoded once, and never a name on our disk."""
    files = {
        path: path.encode()
        for path in ["%2e%2e%2fx", "..x", "a b+c", "100%", "#1", "ü/日本.txt", "a&b=c", "'quoted'", "&amp;<>"[:4]]
    }
    place = job.announce("odd")
    for path, data in files.items():
        assert job.chunk(place, f"odd/{path}", data).status == 200, path
    assert job.chunk(place, "odd\\win\\f", b"windows").status == 200
    assert job.finish("odd").status == 200
    assert job.fetch_files("odd") == {**files, "win/f": b"windows"}


def test_many_small_files(job):
    """Row 19: 300, two at a time."""
    files = {f"d{n % 7}/f{n}.txt": f"content {n}".encode() for n in range(300)}
    place = job.announce("many")
    with concurrent.futures.ThreadPoolExecutor(2) as pool:
        statuses = list(pool.map(lambda item: job.chunk(place, f"many/{item[0]}", item[1]).status, files.items()))
    assert set(statuses) == {200}
    assert job.finish("many").status == 200
    assert job.fetch_files("many") == files


def test_the_job_token_is_taken(job):
    """Row 3."""
    token = job.context["token"]
    assert len(token) == 40
    assert job.pipelines("GET", token=token).status == 200
    assert job.pipelines("POST", body='{"Name":"by-job-token"}', token=token).status == 200
    other = ask(
        job.stack,
        "POST",
        "/twirp/github.actions.results.api.v1.ArtifactService/ListArtifacts",
        __import__("json").dumps({"workflow_run_backend_id": str(job.run)}),
        {"Authorization": f"Bearer {token}", "Content-Type": "application/json"},
    )
    assert other.status == 401


def test_who_is_refused(job, stack):
    """Row 1, 2, 4: on every route; another run and a made-up one are told the same."""
    place = job.announce("mine")
    assert job.chunk(place, "mine/f", b"x").status == 200 and job.finish("mine").status == 200
    listed = job.listed()["mine"].removeprefix(stack.url)
    (file,) = job.files("mine").values()
    base = f"{PIPELINES}/{job.run}/artifacts"
    routes = [
        ("POST", base, b'{"Name":"n"}'),
        ("PATCH", f"{base}?artifactName=mine", b"{}"),
        ("GET", base, None),
        ("PUT", f"{place}?itemPath=mine%2Fg", b"x"),
        ("GET", f"{listed}?itemPath=mine", None),
        ("GET", file.removeprefix(stack.url), None),
    ]
    for method, path, body in routes:
        for headers in (
            {},
            {"Authorization": ""},
            {"Authorization": "Basic YTpi"},
            {"Authorization": "Bearer x.y.z"},
            {"Authorization": "Bearer " + "0" * 40},
        ):
            answer = ask(stack, method, path, body, {**headers, "Content-Range": "bytes 0-0/1"})
            assert answer.status == 401 and answer.json["message"], (method, path, headers, answer.status)
        for other in (str(job.run + 1000), "0", "x"):
            answer = ask(
                stack,
                method,
                path.replace(f"/{job.run}/", f"/{other}/"),
                body,
                {**job.bearer, "Content-Range": "bytes 0-0/1"},
            )
            assert answer.status == 404, (method, path, other, answer.status)


def test_one_zip_of_many_files(job, ann):
    """artifacts.md 5: by REST, entries as they were uploaded, streamed."""
    files = {"a.txt": b"text " * 10_000, "dir/ü.bin": os.urandom(3 * MEGABYTE), "empty": b""}
    place = job.announce("all")
    for path, data in files.items():
        packed = path == "a.txt"
        answer = job.chunk(
            place,
            f"all/{path}",
            gzip.compress(data) if packed else data,
            headers={"Content-Encoding": "gzip"} if packed else {},
        )
        assert answer.status == 200, answer.text
    assert job.finish("all").status == 200
    listed = job.project.rest("/artifacts?name=all").json["artifacts"]
    assert [(a["name"], a["size_in_bytes"], a["expired"], "digest" in a) for a in listed] == [
        ("all", sum(map(len, files.values())), False, False)
    ]
    address = job.project.rest(f"/artifacts/{listed[0]['id']}/zip")
    assert address.status == 302
    answer = requests.get(address.headers["Location"], timeout=60)
    assert answer.status_code == 200 and answer.headers["Content-Type"] == "application/zip"
    assert answer.headers["Content-Disposition"] == 'attachment; filename="all.zip"'
    with zipfile.ZipFile(io.BytesIO(answer.content)) as archive:
        assert archive.testzip() is None
        assert {name: archive.read(name) for name in archive.namelist()} == files


def test_matrix_jobs_upload_under_one_name(project):
    """Two jobs of one run, each its own files, at once; neither ends the other's."""
    two = (
        "on: push\njobs:\n  one: {runs-on: ubuntu-latest, steps: [{run: 'true'}]}\n  two: {runs-on: ubuntu-latest,"
        " steps: [{run: 'true'}]}\n"
    )
    first = Uploader(project, two)
    second = Uploader.__new__(Uploader)
    second.__dict__.update(first.__dict__)
    second.runner = project.runner()
    second.take()
    assert second.run == first.run and second.job != first.job
    a, b = first.announce("shared"), second.announce("shared")
    assert first.chunk(a, "shared/from-one", b"1").status == 200
    assert second.chunk(b, "shared/from-two", b"2", 0, 2).status == 200
    assert first.finish("shared").status == 200
    assert first.fetch_files("shared") == {"from-one": b"1"}, "what the other job is still sending is left alone"
    assert second.chunk(b, "shared/from-two", b"2", 1, 2).status == 200
    assert second.finish("shared").status == 200
    assert second.fetch_files("shared") == {"from-one": b"1", "from-two": b"22"}
    first.runner.finish(first.task)
    second.runner.finish(second.task)


def test_files_beyond_the_limit_are_refused(job):
    """ArtifactLimits.filesMax; those that are there may still be sent again."""
    place = job.announce("full")
    assert job.chunk(place, "full/first", b"1").status == 200
    artifact, task = job.stack.sql(
        f"select id, task_id from artifact where run_id = {job.run} and name = 'full'"
    ).split("|")
    job.stack.sql(
        f"insert into upload (artifact_id, task_id, path, mode, total) select {artifact}, {task}, 'f' || n, 'ranges', 1"
        " from generate_series(1, 9999) n"
    )
    answer = job.chunk(place, "full/one-more", b"1")
    assert answer.status == 400 and "at most 10000 files" in answer.json["message"], answer.text
    assert job.chunk(place, "full/first", b"1").status == 200
