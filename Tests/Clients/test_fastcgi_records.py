"""Whatever is written to an instance's sockets, it lives and serves the next."""

import contextlib
import os
import random
import re
import socket
import struct
from pathlib import Path

import pytest

from millrace_stack import fastcgi_ask

BEGIN = struct.pack(">BBHHBB", 1, 1, 1, 8, 0, 0) + struct.pack(">HB5x", 1, 0)


def record(kind: int, content: bytes) -> bytes:
    return struct.pack(">BBHHBB", 1, kind, 1, len(content), 0, 0) + content


ENDED = record(4, b"") + record(5, b"")
# The first is what aborts libfcgi 2.4.2: name and value of 2**31 - 1 bytes.
HOSTILE = [
    BEGIN + record(4, b"\xff" * 8) + ENDED,
    BEGIN + record(4, b"\xff\xff\xff\xff\x80\x00\x00\x00A") + ENDED,
    BEGIN + record(4, b"\x01\xff\xff\xff\xf8A") + ENDED,
    BEGIN + record(4, b"\xff\xff") + ENDED,
    BEGIN + record(4, b"\0" * 65_000) * 40,
    b"\xff" * 100_000,
    b"GET / HTTP/1.0\r\n\r\n",
    BEGIN[:5],
]


def write(path: str, data: bytes) -> None:
    with socket.socket(socket.AF_UNIX) as link:
        link.settimeout(10)
        link.connect(path)
        with contextlib.suppress(OSError):
            link.sendall(data)
            link.shutdown(socket.SHUT_WR)
            while link.recv(65536):
                pass


@pytest.mark.parametrize("lane", ["work", "poll"])
def test_h16_no_record_ends_an_instance(stack, lane):
    pids = {name: stack.pid(name) for name in stack.names}
    dice = random.Random(16)
    for number in range(1, stack.instances + 1):
        path = str(stack.sockets / f"{lane}-{number}.sock")
        for data in HOSTILE:
            write(path, data)
        for _ in range(100):
            whole = bytearray(BEGIN + record(4, bytes([14, 3]) + b"REQUEST_METHODGET" + dice.randbytes(40)) + ENDED)
            for _ in range(dice.randint(1, 6)):
                whole[dice.randrange(len(whole))] = dice.randrange(256)
            write(path, bytes(whole))
        assert fastcgi_ask(path, "/healthz", timeout=10)[0] == 200
    assert {name: stack.pid(name) for name in stack.names} == pids, "a process ended"


@pytest.mark.parametrize("lane", ["work", "poll"])
def test_h16_silent_connections_do_not_keep_others_out(stack, lane):
    """Fewer than there are threads: each is dropped after a while, and holds one until then."""
    links = []
    try:
        for _ in range(8):
            link = socket.socket(socket.AF_UNIX)
            link.connect(str(stack.sockets / f"{lane}-1.sock"))
            link.sendall(BEGIN[:3])
            links.append(link)
        assert fastcgi_ask(str(stack.sockets / f"{lane}-1.sock"), "/healthz", timeout=10)[0] == 200
    finally:
        for link in links:
            link.close()


def test_a17_no_child_inherits_a_descriptor(stack):
    """Under load, so that connections of every kind are open: each is close-on-exec from its first moment."""
    links = []
    try:
        for lane in ("work", "poll"):
            for _ in range(4):
                link = socket.socket(socket.AF_UNIX)
                link.connect(str(stack.sockets / f"{lane}-1.sock"))
                link.sendall(BEGIN[:3])
                links.append(link)
        assert fastcgi_ask(str(stack.sockets / "work-1.sock"), "/readyz", timeout=10)[0] == 200
        pid, open_ones = stack.pid("millrace-1"), []
        for entry in Path(f"/proc/{pid}/fd").iterdir():
            with contextlib.suppress(FileNotFoundError):
                flags = int(re.search(r"flags:\s+([0-7]+)", Path(f"/proc/{pid}/fdinfo/{entry.name}").read_text())[1], 8)
                if int(entry.name) > 2 and not flags & os.O_CLOEXEC:
                    open_ones.append(os.readlink(entry))
        assert open_ones == []
    finally:
        for link in links:
            link.close()
