"""The released upload-artifact and download-artifact themselves: artifacts.md 1, checklist row 59.

They are not ours to ship and no registry that CI reaches has them, so this runs only where MILLRACE_ACTIONS names a
directory with clones of them: <dir>/upload-artifact and <dir>/download-artifact (git directories with their tags), and
node is there. A tag whose bundle is not in the clone (a partial one) is left out.
"""

import filecmp
import os
import shutil
import subprocess
from pathlib import Path

import pytest
from artifact_support import Uploader

ACTIONS = os.environ.get("MILLRACE_ACTIONS")
pytestmark = pytest.mark.skipif(
    not ACTIONS or not shutil.which("node"), reason="MILLRACE_ACTIONS names no clones, or no node"
)
UPLOADS = {3: ["v2", "v3.0.0", "v3", "v3-node20"], 4: ["v4.0.0", "v4.3.0", "v4", "v5", "v6", "v7"]}
DOWNLOADS = {3: ["v2", "v3", "v3-node20"], 4: ["v4.1.0", "v4", "v5", "v6", "v7", "v8"]}


def present(action: str, tags: "list[str]") -> "list[str]":
    """Those that can be run here; without any, the test is skipped."""
    found = [
        tag
        for tag in tags
        if subprocess.run(["git", "-C", f"{ACTIONS}/{action}", "archive", tag, "dist"], capture_output=True).returncode
        == 0
    ]
    if not found:
        pytest.skip(f"none of {action} {', '.join(tags)} is in the clone")
    return found


def checked_out(action: str, tag: str, tmp_path: Path) -> Path:
    place = tmp_path / f"{action}-{tag}"
    if not place.exists():
        place.mkdir()
        archive = subprocess.run(
            ["git", "-C", f"{ACTIONS}/{action}", "archive", tag, "dist", "action.yml"], capture_output=True, check=True
        )
        subprocess.run(["tar", "-x", "-C", str(place)], input=archive.stdout, check=True)
    return place


def script(place: Path, name: str = "") -> str:
    return str(
        next(path for path in [place / f"dist/{name or 'upload'}/index.js", place / "dist/index.js"] if path.exists())
    )


def act(job: Uploader, entry: str, work: Path, inputs: "dict[str, str]", check: bool = True) -> "dict[str, str]":
    """One step as a runner runs it; its outputs."""
    output = work / "output"
    output.write_text("")
    env = {
        "PATH": os.environ["PATH"],
        "HOME": str(work),
        "RUNNER_TEMP": str(work),
        "GITHUB_WORKSPACE": str(work),
        "GITHUB_OUTPUT": str(output),
        "ACTIONS_RUNTIME_URL": f"{job.stack.url}/api/actions_pipeline/",
        "ACTIONS_RESULTS_URL": job.stack.url,
        "ACTIONS_RUNTIME_TOKEN": job.token,
        "GITHUB_RUN_ID": str(job.run),
        "GITHUB_REPOSITORY": job.project.path,
        "GITHUB_API_URL": f"{job.stack.url}/api/v1",
        # Whoever is not GitHub is refused by the client itself (artifacts.md 1.2); .localhost passes.
        "GITHUB_SERVER_URL": f"http://ci.localhost:{job.stack.port}",
        **{f"INPUT_{name.upper()}": value for name, value in inputs.items()},
    }
    done = subprocess.run(["node", entry], env=env, cwd=work, capture_output=True, text=True, timeout=120)
    assert not check or done.returncode == 0, done.stdout + done.stderr
    outputs: dict[str, str] = {"code": str(done.returncode), "log": done.stdout + done.stderr}
    lines = output.read_text().splitlines()
    while lines:
        name, _, mark = lines.pop(0).partition("<<")
        end = lines.index(mark)
        outputs[name] = "\n".join(lines[:end])
        del lines[: end + 1]
    return outputs


def tree(place: Path) -> None:
    (place / "dir").mkdir(parents=True)
    (place / "text.txt").write_text("line\n" * 40_000)
    (place / "dir/random.bin").write_bytes(os.urandom(9 << 20))
    (place / "dir/empty").write_bytes(b"")
    (place / "dir/ünï cödé +%#.txt").write_text("name")


def same(left: Path, right: Path) -> None:
    names = sorted(str(p.relative_to(left)) for p in left.rglob("*") if p.is_file())
    assert names == sorted(str(p.relative_to(right)) for p in right.rglob("*") if p.is_file())
    assert filecmp.cmpfiles(left, right, names, shallow=False)[0] == names


@pytest.fixture
def job(project):
    job = Uploader(project)
    yield job
    job.runner.finish(job.task)


UPLOAD_INPUTS = {
    "if-no-files-found": "error",
    "retention-days": "5",
    "compression-level": "6",
    "overwrite": "false",
    "include-hidden-files": "false",
    "archive": "true",
}
DOWNLOAD_INPUTS = {"merge-multiple": "false", "digest-mismatch": "error", "skip-decompress": "false"}


@pytest.mark.parametrize("protocol", [3, 4])
def test_every_upload_is_read_by_every_download(job, tmp_path, protocol):
    source = tmp_path / "source"
    tree(source)
    uploads, downloads = (
        present("upload-artifact", UPLOADS[protocol]),
        present("download-artifact", DOWNLOADS[protocol]),
    )
    for upload in uploads:
        entry = script(checked_out("upload-artifact", upload, tmp_path))
        outputs = act(job, entry, tmp_path, {**UPLOAD_INPUTS, "name": f"from-{upload}", "path": str(source)})
        if protocol == 4:
            (found,) = job.list(name_filter=f"from-{upload}")
            assert outputs.get("artifact-id", found["database_id"]) == found["database_id"]
            if "artifact-digest" in outputs:
                assert "sha256:" + outputs["artifact-digest"] == found["digest"]
        for download in downloads:
            target = tmp_path / f"{upload}-{download}"
            act(
                job,
                script(checked_out("download-artifact", download, tmp_path)),
                tmp_path,
                {**DOWNLOAD_INPUTS, "name": f"from-{upload}", "path": str(target)},
            )
            same(source, target)
    for download in downloads:
        target = tmp_path / f"all-{download}"
        act(
            job,
            script(checked_out("download-artifact", download, tmp_path)),
            tmp_path,
            {**DOWNLOAD_INPUTS, "name": "", "path": str(target)},
        )
        assert sorted(p.name for p in target.iterdir()) == sorted(f"from-{upload}" for upload in uploads)
        for upload in uploads:
            same(source, target / f"from-{upload}")


@pytest.mark.parametrize("upload", ["v4.3.0", "v4", "v5", "v6", "v7"])
def test_overwriting(job, tmp_path, upload):
    """Row 50: with the default a second upload is refused, with overwrite it replaces."""
    present("upload-artifact", [upload])
    entry = script(checked_out("upload-artifact", upload, tmp_path))
    (tmp_path / "f.txt").write_text("one")
    inputs = {**UPLOAD_INPUTS, "name": "same", "path": str(tmp_path / "f.txt")}
    act(job, entry, tmp_path, inputs)
    (first,) = job.list()
    refused = act(job, entry, tmp_path, inputs, check=False)
    assert refused["code"] != "0" and "already exists" in refused["log"]
    for _ in range(2):
        act(job, entry, tmp_path, {**inputs, "overwrite": "true"})
        (second,) = job.list()
        assert second["database_id"] != first["database_id"]
        first = second


def test_files_that_are_not_archived(job, tmp_path):
    present("upload-artifact", ["v7"])
    entry = script(checked_out("upload-artifact", "v7", tmp_path))
    for name, data in {"page é 100%.html": b"<p>", "empty.txt": b"", "raw.bin": os.urandom(9 << 20)}.items():
        (tmp_path / name).write_bytes(data)
        act(
            job, entry, tmp_path, {**UPLOAD_INPUTS, "archive": "false", "name": "ignored", "path": str(tmp_path / name)}
        )
        target = tmp_path / f"to-{len(data)}"
        act(
            job,
            script(checked_out("download-artifact", "v8", tmp_path)),
            tmp_path,
            {**DOWNLOAD_INPUTS, "name": name, "path": str(target)},
        )
        assert [p.name for p in target.iterdir()] == [name] and (target / name).read_bytes() == data


def test_another_run_by_token(job, project, ann, tmp_path):
    present("upload-artifact", ["v7"])
    """With github-token the same action goes by REST, and needs exactly 302."""
    source = tmp_path / "source"
    tree(source)
    act(
        job,
        script(checked_out("upload-artifact", "v7", tmp_path)),
        tmp_path,
        {**UPLOAD_INPUTS, "name": "far", "path": str(source)},
    )
    for download in present("download-artifact", ["v4", "v5", "v6", "v7", "v8"]):
        target = tmp_path / f"far-{download}"
        act(
            job,
            script(checked_out("download-artifact", download, tmp_path)),
            tmp_path,
            {
                **DOWNLOAD_INPUTS,
                "name": "far",
                "path": str(target),
                "github-token": ann.token,
                "repository": project.path,
                "run-id": str(job.run),
            },
        )
        same(source, target)


def test_merging(job, tmp_path):
    present("upload-artifact", ["v7"])
    place = checked_out("upload-artifact", "v7", tmp_path)
    for name in ("part-a", "part-b"):
        (tmp_path / name).mkdir()
        (tmp_path / name / f"{name}.txt").write_text(name)
        act(job, script(place), tmp_path, {**UPLOAD_INPUTS, "name": name, "path": str(tmp_path / name)})
    act(
        job,
        script(place, "merge"),
        tmp_path,
        {
            "name": "merged",
            "pattern": "part-*",
            "separate-directories": "false",
            "retention-days": "0",
            "compression-level": "6",
            "delete-merged": "true",
            "include-hidden-files": "false",
        },
    )
    assert [a["name"] for a in job.list()] == ["merged"]
    target = tmp_path / "merged"
    act(
        job,
        script(checked_out("download-artifact", "v8", tmp_path)),
        tmp_path,
        {**DOWNLOAD_INPUTS, "name": "merged", "path": str(target)},
    )
    assert sorted(p.name for p in target.rglob("*.txt")) == ["part-a.txt", "part-b.txt"]


def test_bytes_that_changed_on_the_disk(job, tmp_path):
    present("upload-artifact", ["v7"])
    """Row 48."""
    (tmp_path / "f.txt").write_text("as uploaded")
    act(
        job,
        script(checked_out("upload-artifact", "v7", tmp_path)),
        tmp_path,
        {**UPLOAD_INPUTS, "name": "rot", "path": str(tmp_path / "f.txt")},
    )
    digest = job.list()[0]["digest"].removeprefix("sha256:")
    (blob,) = (job.stack.storage / "blobs" / digest[:2]).glob(f"{digest}-*")
    data = bytearray(blob.read_bytes())
    data[-30] ^= 1
    blob.write_bytes(data)
    failed = act(
        job,
        script(checked_out("download-artifact", "v8", tmp_path)),
        tmp_path,
        {**DOWNLOAD_INPUTS, "name": "rot", "path": str(tmp_path / "rot")},
        check=False,
    )
    assert failed["code"] != "0" and "digest" in failed["log"].lower()
