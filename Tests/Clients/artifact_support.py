"""A running job that uploads and downloads artifacts: twirp and REST by raw HTTP, bytes by Azure's SDK as the actions
have it."""

import base64
import hashlib
import json
import re
import urllib.parse
import xml.etree.ElementTree as XML

import requests
from azure.core.exceptions import AzureError  # noqa: F401
from azure.storage.blob import BlobBlock, BlobClient
from support import Answer, ask, numbers
from test_tokens import Job

SERVICE = "/twirp/github.actions.results.api.v1.ArtifactService"
MEGABYTE = 1 << 20
PIPELINES = "/api/actions_pipeline/_apis/pipelines/workflows"


def sha256(data: bytes) -> str:
    return "sha256:" + hashlib.sha256(data).hexdigest()


def block_id(number: int) -> str:
    """As the SDK makes them: 48 characters, then base64."""
    return base64.b64encode(f"{'b' * 36}{number:012}".encode()).decode()


class Uploader(Job):
    """A job with its own run; ids and token as its tools have them."""

    @property
    def bearer(self) -> dict:
        return {"Authorization": f"Bearer {self.token}"}

    def beside(self) -> "Uploader":
        """Another job of the same run; the workflow has one more."""
        other = Uploader.__new__(Uploader)
        other.project, other.stack, other.runner = self.project, self.stack, self.project.runner()
        other.take()
        assert other.run == self.run and other.task.id != self.task.id
        return other

    def end(self, **result) -> None:
        self.runner.finish(self.task, **result)

    def put(self, url: str, more: str = "", body=b"", headers=None) -> Answer:  # type: ignore[override]
        """As a client without an SDK: what is appended to the address, and nothing else."""
        return ask(self.stack, "PUT", url.removeprefix(self.stack.url) + more, body, headers)

    # --- v4 ---

    def twirp(self, method: str, message: dict, headers=None, stack=None) -> Answer:
        message = {"workflow_run_backend_id": str(self.run), "workflow_job_run_backend_id": str(self.job), **message}
        return ask(
            stack or self.stack,
            "POST",
            f"{SERVICE}/{method}",
            json.dumps(message).encode(),
            {"Content-Type": "application/json", **self.bearer, **(headers or {})},
        )

    def create(self, name: str, **more) -> str:
        """The signed upload address."""
        answer = self.twirp("CreateArtifact", {"name": name, "version": 4, **more})
        assert answer.status == 200 and answer.json["ok"], answer.text
        return answer.json["signed_upload_url"]

    def blob(self, url: str, **options) -> BlobClient:
        """Azure's SDK, without patience: what it would repeat is for the tests to see."""
        return BlobClient.from_blob_url(
            url, **{"retry_total": 0, "max_single_put_size": 0, "max_block_size": 8 * MEGABYTE, **options}
        )

    def finalize(self, name: str, data: bytes, **more) -> Answer:
        return self.twirp("FinalizeArtifact", {"name": name, "size": str(len(data)), "hash": sha256(data), **more})

    def upload(self, name: str, data: bytes, **create) -> int:
        """The whole of upload-artifact v4: the artifact's id."""
        client = self.blob(self.create(name, **create))
        client.stage_block(block_id(0), data) if data else None
        client.commit_block_list([BlobBlock(block_id(0))] if data else [])
        answer = self.finalize(name, data)
        assert answer.status == 200 and answer.json["ok"], answer.text
        return int(answer.json["artifact_id"])

    def list(self, **filters) -> "list[dict]":
        answer = self.twirp("ListArtifacts", filters)
        assert answer.status == 200, answer.text
        return answer.json.get("artifacts", [])

    def signed(self, name: str) -> str:
        answer = self.twirp("GetSignedArtifactURL", {"name": name})
        assert answer.status == 200, answer.text
        return answer.json["signed_url"]

    def download(self, name: str) -> requests.Response:
        """As the toolkit does it: no Authorization."""
        return requests.get(self.signed(name), timeout=60)

    # --- v3 ---

    def pipelines(self, method: str, rest: str = "", body=None, headers=None, run=None, token=None) -> Answer:
        return ask(
            self.stack,
            method,
            f"{PIPELINES}/{run or self.run}/artifacts{rest}",
            body,
            {"Authorization": f"Bearer {token or self.token}", **(headers or {})},
        )

    def announce(self, name: str, **more) -> str:
        """Where chunks go to, without the origin."""
        answer = self.pipelines(
            "POST",
            "?api-version=6.0-preview",
            json.dumps({"Type": "actions_storage", "Name": name, **more}, indent=2),
            {"Content-Type": "application/json"},
        )
        assert answer.status == 200, answer.text
        url = answer.json["fileContainerResourceUrl"]
        assert url.startswith(self.stack.url + "/")
        return url.removeprefix(self.stack.url)

    def chunk(
        self, place: str, item: str, data: bytes, start: int = 0, total: "int | None" = None, headers=None
    ) -> Answer:
        total = len(data) if total is None else total
        mark = "&" if "?" in place else "?"
        return ask(
            self.stack,
            "PUT",
            f"{place}{mark}itemPath={urllib.parse.quote_plus(item)}",
            data,
            {
                **self.bearer,
                "Content-Type": "application/octet-stream",
                "Content-Range": f"bytes {start}-{start + len(data) - 1}/{total}",
                **(headers or {}),
            },
        )

    def finish(self, name: str, size: int = 0) -> Answer:
        return self.pipelines(
            "PATCH",
            f"?api-version=6.0-preview&artifactName={urllib.parse.quote_plus(name)}",
            json.dumps({"Size": size}),
            {"Content-Type": "application/json"},
        )

    def upload_files(self, name: str, files: "dict[str, bytes]") -> None:
        place = self.announce(name)
        for path, data in files.items():
            answer = self.chunk(place, f"{name}/{path}", data)
            assert answer.status == 200, answer.text
        answer = self.finish(name, sum(map(len, files.values())))
        assert answer.status == 200, answer.text

    def listed(self) -> "dict[str, str]":
        """Name → where its files are listed."""
        answer = self.pipelines("GET", "?api-version=6.0-preview")
        assert answer.status == 200, answer.text
        assert answer.json["count"] == len(answer.json["value"])
        return {item["name"]: item["fileContainerResourceUrl"] for item in answer.json["value"]}

    def files(self, name: str) -> "dict[str, str]":
        """Path → where its bytes are."""
        url = self.listed()[name].removeprefix(self.stack.url)
        answer = ask(self.stack, "GET", f"{url}?itemPath={urllib.parse.quote_plus(name)}", headers=self.bearer)
        assert answer.status == 200, answer.text
        assert all(item["itemType"] == "file" and "fileLength" not in item for item in answer.json["value"])
        return {item["path"]: item["contentLocation"] for item in answer.json["value"]}

    def fetch_files(self, name: str) -> "dict[str, bytes]":
        """As download-artifact v3 does it; `requests` unpacks gzip as it does."""
        found = {}
        for path, url in self.files(name).items():
            assert path.startswith(f"{name}/")
            answer = requests.get(url, headers={**self.bearer, "Accept-Encoding": "gzip"}, timeout=60)
            assert answer.status_code == 200, answer.text
            found[path.removeprefix(f"{name}/")] = answer.content
        return found


TWO_JOBS = """\
on: push
jobs:
  one: {runs-on: ubuntu-latest, steps: [{run: 'true'}]}
  two: {runs-on: ubuntu-latest, steps: [{run: 'true'}]}
"""


def block(number: int) -> str:
    """What the SDK appends to an upload's address for a block."""
    return f"&comp=block&blockid={urllib.parse.quote_plus(block_id(number))}"


def block_list(*numbers: int) -> bytes:
    latest = "".join(f"<Latest>{block_id(number)}</Latest>" for number in numbers)
    return f'<?xml version="1.0" encoding="UTF-8" standalone="yes"?><BlockList>{latest}</BlockList>'.encode()


def azure_refusal(answer: Answer) -> "tuple[int, str]":
    """Status and code, as the SDK reads them."""
    assert answer.type == "application/xml", answer.text
    code = XML.fromstring(answer.body).findtext("Code")
    assert code is not None, answer.text
    assert answer.headers["x-ms-error-code"] == code and XML.fromstring(answer.body).findtext("Message")
    return answer.status, code


def twirp_refusal(answer: Answer) -> "tuple[int, str]":
    """Status and code; anything that is not JSON would make the toolkit try again (artifacts.md 3.7)."""
    assert answer.type == "application/json" and answer.json["msg"], answer.text
    return answer.status, answer.json["code"]


def matched(pattern: str, text: str) -> str:
    """What the pattern's group finds."""
    found = re.search(pattern, text)
    assert found, f"{pattern} is not in {text}"
    return found[1]


def staged(stack, url: str) -> list:
    """Files in the staging of an upload, by its address."""
    folder = stack.storage / "staging" / matched(r"/_artifacts/uploads/(\d+)", url)
    return sorted(folder.iterdir()) if folder.exists() else []


def blobs_of(stack, data: bytes) -> list:
    """Files that hold these bytes."""
    digest = hashlib.sha256(data).hexdigest()
    return sorted((stack.storage / "blobs" / digest[:2]).glob(f"{digest}-*"))


def memory(stack, what: str = "VmRSS") -> int:
    """KiB of the largest instance."""

    def of(name: str) -> int:
        with open(f"/proc/{stack.pid(name)}/status") as status:
            return int(matched(rf"{what}:\s+(\d+)", status.read()))

    return max(of(name) for name in stack.names if name.startswith("millrace-"))


def stored(stack, area: str = "blobs") -> list:
    return [path for path in (stack.storage / area).rglob("*") if path.is_file()]


def signature(url: str) -> str:
    return matched(r"[?&]sig=([^&]+)", url)


def fresh(prefix: str = "artifact") -> str:
    return f"{prefix}-{next(numbers)}"
