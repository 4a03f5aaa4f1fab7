"""What is sent to an upload's address, right and wrong: blocks, lists, sums, appends, and the end. artifacts.md 3.3,
3.4 and 8."""

import base64
import os
import re
import urllib.parse

import pytest
from artifact_support import (
    MEGABYTE,
    Uploader,
    azure_refusal,
    blobs_of,
    block,
    block_id,
    block_list,
    fresh,
    memory,
    sha256,
    staged,
    stored,
    twirp_refusal,
)
from azure.core.exceptions import HttpResponseError
from azure.storage.blob import BlobBlock


@pytest.fixture
def job(project):
    job = Uploader(project)
    yield job
    job.end()


# --- Blocks and lists ---


def test_a_list_of_what_was_not_sent(job):
    """Row 34; what was sent before stays good."""
    name = fresh()
    client = job.blob(url := job.create(name))
    client.stage_block(block_id(0), b"staged")
    with pytest.raises(HttpResponseError) as refused:
        client.commit_block_list([BlobBlock(block_id(0)), BlobBlock(block_id(1))])
    assert (refused.value.status_code, refused.value.error_code) == (400, "InvalidBlockList")
    assert twirp_refusal(job.finalize(name, b"staged")) == (400, "failed_precondition"), "no list was taken"
    client.commit_block_list([BlobBlock(block_id(0))])
    assert job.finalize(name, b"staged").status == 200 and job.download(name).content == b"staged"
    assert azure_refusal(job.put(url, block(0), b"x")) == (409, "InvalidOperation")


def test_a_block_in_no_list_is_removed(job):
    """Row 35: from the disk as well; and a block that replaces another one leaves one file."""
    name = fresh()
    client = job.blob(url := job.create(name))
    for number, data in [(0, b"first"), (0, b"again"), (1, b"unlisted"), (2, b"last")]:
        client.stage_block(block_id(number), data)
    assert len(staged(job.stack, url)) == 3
    client.commit_block_list([BlobBlock(block_id(2)), BlobBlock(block_id(0))])
    assert sorted(path.read_bytes() for path in staged(job.stack, url)) == [b"again", b"last"]
    assert job.finalize(name, b"lastagain").status == 200
    assert job.download(name).content == b"lastagain" and staged(job.stack, url) == []


def test_block_ids_are_bytes_and_no_paths(job):
    """Row 36."""
    ids = [
        b"../../x",
        b"/etc/passwd",
        b"\0" * 64,
        bytes(range(64)),
        bytes(range(192, 256)),
        b"..",
        b".",
        b"a/b",
        b"x" * 64,
        b"\n",
        b"<&>",
    ]
    name, url = fresh(), None
    url = job.create(name)
    before = {path for path in job.stack.dir.rglob("*") if "pg" not in path.parts and path.is_file()}
    for number, id in enumerate(ids):
        encoded = base64.b64encode(id).decode()
        assert (
            job.put(url, f"&comp=block&blockid={urllib.parse.quote(encoded, safe='')}", b"%d," % number).status == 201
        ), id
    files = staged(job.stack, url)
    assert len(files) == len(ids) and all(re.fullmatch("[0-9a-f]{32}", path.name) for path in files)
    after = {path for path in job.stack.dir.rglob("*") if "pg" not in path.parts and path.is_file()}
    strange = [path for path in after - before if path not in files and job.stack.storage in path.parents]
    assert strange == []
    latest = "".join(f"<Latest>{base64.b64encode(id).decode()}</Latest>" for id in reversed(ids))
    assert job.put(url, "&comp=blocklist", f"<BlockList>{latest}</BlockList>".encode()).status == 201
    data = b"".join(b"%d," % number for number in reversed(range(len(ids))))
    assert job.finalize(name, data).status == 200 and job.download(name).content == data


@pytest.mark.parametrize(
    "id",
    [
        base64.b64encode(b"x" * 65).decode(),
        "A",
        "AA",
        "AAA",
        "A===",
        "AB==",
        "AA==AA==",
        "@@@@",
        "../..",
        "AA==\n",
        "A" * 4000,
    ],
)
def test_what_is_no_block_id(job, id):
    url = job.create(fresh())
    assert azure_refusal(job.put(url, f"&comp=block&blockid={urllib.parse.quote(id, safe='')}", b"x")) == (
        400,
        "InvalidBlockId",
    )
    assert staged(job.stack, url) == [] and stored(job.stack, "spool") == []


BOMB = (
    '<?xml version="1.0"?><!DOCTYPE l [<!ENTITY a0 "ha">'
    + "".join(f'<!ENTITY a{n} "{f"&a{n - 1};" * 10}">' for n in range(1, 12))
    + "]><BlockList><Latest>&a11;</Latest></BlockList>"
)


HOSTILE = {
    "external type": (
        '<!DOCTYPE BlockList SYSTEM "file:///etc/passwd"><BlockList><Latest>b25l</Latest></BlockList>',
        "InvalidXmlDocument",
    ),
    "external entity": (
        '<!DOCTYPE b [<!ENTITY x SYSTEM "file:///etc/passwd">]><BlockList><Latest>&x;</Latest></BlockList>',
        "InvalidXmlDocument",
    ),
    "entity bomb": (BOMB, "InvalidXmlDocument"),
    "9 MiB": ("<BlockList>" + " " * 9 * MEGABYTE + "</BlockList>", "RequestBodyTooLarge"),
    "deep": ("<BlockList>" + "<Latest>" * 100_000, "InvalidXmlDocument"),
    "one too many": ("<BlockList>" + "<Latest>b25l</Latest>" * 50_001 + "</BlockList>", "BlockListTooLong"),
    "one twice": ("<BlockList><Latest>b25l</Latest><Latest>b25l</Latest></BlockList>", "InvalidBlockList"),
    "nothing": ("", "InvalidXmlDocument"),
    "JSON": ("{}", "InvalidXmlDocument"),
    "open": ("<BlockList>", "InvalidXmlDocument"),
    "two": ("<BlockList/><BlockList/>", "InvalidXmlDocument"),
    "other": ("<Other><Latest>b25l</Latest></Other>", "InvalidXmlDocument"),
    "bad id": ("<BlockList><Latest>b2</Latest></BlockList>", "InvalidBlockId"),
}


@pytest.mark.parametrize("what", HOSTILE)
def test_hostile_lists(job, what):
    """Row 39: refused as what they are, and nobody's memory grows by it."""
    text, code = HOSTILE[what]
    name = fresh()
    url = job.create(name)
    assert job.put(url, "&comp=block&blockid=b25l", b"x").status == 201
    before = memory(job.stack)
    for _ in range(4):
        assert azure_refusal(job.put(url, "&comp=blocklist", text.encode())) == (
            413 if code == "RequestBodyTooLarge" else 400,
            code,
        )
    assert memory(job.stack) - before < 32 * 1024
    assert twirp_refusal(job.finalize(name, b"x")) == (400, "failed_precondition"), "none of it was taken"
    assert stored(job.stack, "spool") == []


def test_the_longest_list(job):
    """50 000 names of blocks is what a list may have; here one block was sent, so it is the second that is unknown."""
    url = job.create(fresh())
    assert job.put(url, block(0), b"x").status == 201
    answer = job.put(url, "&comp=blocklist", block_list(*range(50_000)))
    assert azure_refusal(answer) == (400, "InvalidBlockList") and "block 2 " in answer.text


# --- Sums ---


def test_content_md5(job):
    """The SDK's own check, and one that is wrong."""
    name, data = fresh(), os.urandom(3 * MEGABYTE)
    client = job.blob(url := job.create(name))
    client.stage_block(block_id(0), data, validate_content=True)
    wrong = base64.b64encode(b"0" * 16).decode()
    for body in (data, b""):
        assert azure_refusal(job.put(url, block(1), body, {"Content-MD5": wrong})) == (400, "Md5Mismatch")
    assert azure_refusal(job.put(url, "", data, {"Content-MD5": wrong, "x-ms-blob-type": "BlockBlob"})) == (
        400,
        "Md5Mismatch",
    )
    assert azure_refusal(job.put(url, "&comp=blocklist", block_list(0), {"Content-MD5": wrong})) == (400, "Md5Mismatch")
    assert len(staged(job.stack, url)) == 1 and stored(job.stack, "spool") == []
    client.commit_block_list([BlobBlock(block_id(0))], validate_content=True)
    assert job.finalize(name, data).status == 200 and job.download(name).content == data


def crc64(data: bytes) -> str:
    """CRC-64/NVME bit by bit: slow, and not how the server does it."""
    register = 2**64 - 1
    for byte in data:
        register ^= byte
        for _ in range(8):
            register = register >> 1 ^ (0x9A6C9329AC4BC9B5 if register & 1 else 0)
    return base64.b64encode((register ^ 2**64 - 1).to_bytes(8, "little")).decode()


def test_crc64(job):
    name, data = fresh(), os.urandom(5001)
    url = job.create(name)
    assert crc64(b"123456789") == base64.b64encode((0xAE8B14860A799888).to_bytes(8, "little")).decode(), (
        "the catalogue's check value"
    )
    assert job.put(url, block(0), data, {"x-ms-content-crc64": crc64(data)}).status == 201
    answer = job.put(url, block(0), data[:-1] + b"!", {"x-ms-content-crc64": crc64(data[:-1] + b"?")})
    assert azure_refusal(answer) == (400, "Crc64Mismatch")
    assert job.put(url, "&comp=blocklist", block_list(0), {"x-ms-content-crc64": crc64(block_list(0))}).status == 201
    assert job.finalize(name, data).status == 200, "the block that came whole was not replaced"


# --- Finalize ---


def test_what_does_not_fit_is_not_finished(job):
    """Row 40."""
    name, data = fresh(), b"what was sent"
    url = job.create(name)
    assert twirp_refusal(job.finalize(name, b"")) == (400, "failed_precondition"), "nothing was sent at all"
    assert job.put(url, block(0), data).status == 201
    assert twirp_refusal(job.finalize(name, data)) == (400, "failed_precondition"), "no list"
    assert job.put(url, "&comp=blocklist", block_list(0)).status == 201
    assert twirp_refusal(job.finalize(name, data, size=str(len(data) + 1))) == (400, "invalid_argument")
    assert twirp_refusal(job.finalize(name, data, size="-1")) == (400, "invalid_argument")
    assert twirp_refusal(job.finalize(name, data, hash=sha256(b"other"))) == (400, "invalid_argument")
    for hash in ("sha256:", "md5:" + "0" * 32, "0" * 64, "sha256:" + "g" * 64, "sha256:" + "0" * 63):
        assert twirp_refusal(job.finalize(name, data, hash=hash)) == (400, "invalid_argument"), hash
    assert job.list() == [] and blobs_of(job.stack, data) == [], "what was put together for nothing is gone"
    assert twirp_refusal(job.twirp("GetSignedArtifactURL", {"name": name})) == (404, "not_found")
    assert twirp_refusal(job.finalize("never created", data)) == (404, "not_found")
    answer = job.finalize(name, data)
    assert answer.status == 200, "the upload stayed pending, and its right words finish it"
    assert job.finalize(name, data).json == answer.json, "row 41: a lost answer may be asked for again"
    assert twirp_refusal(job.finalize(name, b"other")) == (400, "invalid_argument"), "finished, with other bytes"
    assert job.twirp("FinalizeArtifact", {"name": name, "size": len(data)}).json == answer.json, "a number, and no hash"


def test_a_hash_that_is_not_said(job):
    name = fresh()
    job.put(job.create(name), "", b"data", {"x-ms-blob-type": "BlockBlob"})
    assert job.twirp("FinalizeArtifact", {"name": name, "size": "4"}).status == 200
    assert job.list(name_filter=name)[0]["digest"] == sha256(b"data"), "ours"


def test_nothing_is_taken_after_the_end(job):
    """Row 43."""
    name = fresh()
    client = job.blob(url := job.create(name))
    client.upload_blob(b"data", overwrite=True)
    assert job.finalize(name, b"data").status == 200
    for more, body, headers in [
        (block(7), b"late", {}),
        ("&comp=blocklist", block_list(7), {}),
        ("", b"late", {"x-ms-blob-type": "BlockBlob"}),
        ("&comp=appendblock", b"late", {}),
        ("&comp=block", b"late", {}),
    ]:
        assert azure_refusal(job.put(url, more, body, headers)) == (409, "InvalidOperation"), more
    assert job.download(name).content == b"data" and staged(job.stack, url) == []


# --- Append ---


def test_the_sdk_appends(job):
    """create_append_blob, append_block: the content is what came, in its order."""
    name = fresh()
    client = job.blob(url := job.create(name), max_block_size=4 * MEGABYTE)
    pieces = [os.urandom(MEGABYTE), b"", b"middle", os.urandom(10)]
    client.create_append_blob()
    length = 0
    for piece in pieces:
        if not piece:
            continue
        said = client.append_block(piece, validate_content=True)
        assert int(said["blob_append_offset"]) == length
        length += len(piece)
    assert said["blob_committed_block_count"] == 3
    with pytest.raises(HttpResponseError) as refused:
        client.append_block(b"twice", appendpos_condition=3)
    assert (refused.value.status_code, refused.value.error_code) == (412, "AppendPositionConditionNotMet")
    client.append_block(b"!", appendpos_condition=length)
    with pytest.raises(HttpResponseError):
        client.commit_block_list([])
    data = b"".join(pieces) + b"!"
    assert job.finalize(name, data).status == 200 and job.download(name).content == data
    assert staged(job.stack, url) == []


def test_the_sdk_uploads_as_an_append_blob(job):
    name, data = fresh(), os.urandom(9 * MEGABYTE)
    job.blob(job.create(name), max_block_size=4 * MEGABYTE).upload_blob(data, blob_type="AppendBlob")
    assert job.finalize(name, data).status == 200 and job.download(name).content == data


def test_h20_an_empty_block_id_is_refused(job):
    """It was stored as what is appended: a client whose id got lost then had a file in another order."""
    url = job.create(fresh())
    assert azure_refusal(job.put(url, "&comp=block&blockid=", b"x")) == (400, "InvalidQueryParameterValue")
    assert staged(job.stack, url) == []


@pytest.mark.parametrize("step", ["&comp=appendBlock", "&comp=appendblock", "&comp=block"])
def test_appending_by_hand(job, step):
    """Gitea's own, for clients without an SDK: no word before the first piece."""
    name = fresh()
    url = job.create(name)
    for piece in (b"one,", b"two,", b"three"):
        assert job.put(url, step, piece).status == 201
    assert job.finalize(name, b"one,two,three").status == 200
    assert job.download(name).content == b"one,two,three"


def test_beginning_to_append_again_empties(job):
    name = fresh()
    url = job.create(name)
    for piece in (b"first try", b"second"):
        assert job.put(url, "", b"", {"x-ms-blob-type": "AppendBlob"}).status == 201
        assert job.put(url, "&comp=appendblock", piece).status == 201
    assert azure_refusal(job.put(url, "", b"not empty", {"x-ms-blob-type": "AppendBlob"})) == (
        400,
        "InvalidHeaderValue",
    )
    assert len(staged(job.stack, url)) == 1
    assert job.finalize(name, b"second").status == 200 and job.download(name).content == b"second"


def test_steps_that_are_none(job):
    url = job.create(fresh())
    for more in ("&comp=lease", "&comp=metadata", "&comp=blocklists", "&comp=../x"):
        status, _ = azure_refusal(job.put(url, more, b"x"))
        assert status == 400, more
    assert staged(job.stack, url) == [] and stored(job.stack, "spool") == []
    answer = job.put(url, block(0), b"x", {"x-ms-client-request-id": "mine", "x-ms-version": "2026-02-06"})
    assert (answer.status, answer.body, answer.headers["Content-Length"]) == (201, b"", "0")
    assert (answer.headers["x-ms-client-request-id"], answer.headers["x-ms-version"]) == ("mine", "2026-02-06")
    assert answer.headers["x-ms-request-id"]
