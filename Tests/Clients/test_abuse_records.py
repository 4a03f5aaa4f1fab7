"""FastCGI records that are nearly right, written to an instance's sockets past nginx (H16)."""

import socket
import struct

import pytest
from abuse_support import abused, abused_stack, generator, mutated, until_over  # noqa: F401


def record(kind: int, content: bytes, version: int = 1, number: int = 1, padding: int = 0) -> bytes:
    return struct.pack(">BBHHBB", version, kind, number, len(content), padding, 0) + content + b"\0" * padding


def pair(name: bytes, value: bytes) -> bytes:
    def length(text: bytes) -> bytes:
        return bytes([len(text)]) if len(text) < 128 else struct.pack(">I", len(text) | 1 << 31)

    return length(name) + length(value) + name + value


def request() -> bytes:
    parameters = b"".join(
        pair(name, value)
        for name, value in [
            (b"REQUEST_METHOD", b"POST"),
            (b"REQUEST_URI", b"/api/actions/runner.v1.RunnerService/FetchTask"),
            (b"CONTENT_LENGTH", b"4"),
            (b"CONTENT_TYPE", b"application/proto"),
            (b"QUERY_STRING", b""),
            (b"HTTP_HOST", b"x"),
            (b"HTTP_LONG", b"v" * 300),
        ]
    )
    return (
        record(1, struct.pack(">HB5x", 1, 0))
        + record(4, parameters)
        + record(4, b"")
        + record(5, b"abcd")
        + record(5, b"")
    )


HUGE = [
    record(1, struct.pack(">HB5x", 1, 0))
    + record(4, b"\xff\xff\xff\xff\xff\xff\xff\xff" + b"a" * 100)
    + record(4, b""),
    record(1, struct.pack(">HB5x", 1, 0)) + record(4, b"\x80\x00\x00\x00\xff\xff\xff\xff") + record(4, b""),
    record(1, struct.pack(">HB5x", 1, 0)) + record(4, b"\x7f\xff\xff\xff") + record(4, b""),
    record(1, b""),
    record(2, b""),
    record(11, b"x" * 100),
    record(9, b"\x0fFCGI_MPXS_CONNS"),
    b"\x01" * 8,
    b"\0" * 65536,
    record(4, pair(b"A", b"B")),
    record(5, b"x"),
    record(1, struct.pack(">HB5x", 2, 1)),
    record(1, struct.pack(">HB5x", 1, 0), number=0),
]


@pytest.mark.parametrize("lane", ["work", "poll"])
def test_h16_mutated_records(abused, lane):
    random = generator(f"records {lane}")
    sound = request()
    links = []
    for count in until_over():
        bad = HUGE[count] if count < len(HUGE) else mutated(sound, random)
        link = socket.socket(socket.AF_UNIX)
        link.settimeout(2)
        try:
            link.connect(str(abused.sockets / f"{lane}-{random.choice([1, 2])}.sock"))
            link.sendall(bad)
            if random.random() < 0.5:
                link.shutdown(socket.SHUT_WR)
        except OSError:
            pass
        links.append(link)
        # Many stay open and say nothing more: they may hold no thread that others need.
        while len(links) > 60:
            links.pop(0).close()
    for link in links:
        link.close()
