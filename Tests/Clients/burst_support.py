"""Bursts of log rows: an UpdateLog of any size, made row by row and sent as a stream."""

import http.client


def varint(number: int) -> bytes:
    out = bytearray()
    while number > 0x7F:
        out.append(number & 0x7F | 0x80)
        number >>= 7
    out.append(number)
    return bytes(out)


# 1 700 000 000.12 s, as log_support.STAMP says it.
TIME = b"\x08" + varint(1_700_000_000) + b"\x10" + varint(120_000_000)
TIME = b"\x0a" + varint(len(TIME)) + TIME


def row(content: bytes) -> bytes:
    body = TIME + b"\x12" + varint(len(content)) + content
    return b"\x1a" + varint(len(body)) + body


def message(task: int, index: int, rows: "list[bytes]", no_more: bool) -> "list[bytes]":
    """An UpdateLogRequest in pieces; `rows` as `row` makes them."""
    head = b"\x08" + varint(task) + (b"\x10" + varint(index) if index else b"")
    return [
        head,
        *(b"".join(rows[n : n + 4096]) for n in range(0, len(rows), 4096)),
        *([b"\x20\x01"] if no_more else []),
    ]


def send(stack, headers: dict, pieces: "list[bytes]", timeout: float = 120, type: str = "application/proto"):
    """(status, body) of one UpdateLog through nginx."""
    link = http.client.HTTPConnection("127.0.0.1", stack.port, timeout=timeout)
    try:
        link.request(
            "POST",
            "/api/actions/runner.v1.RunnerService/UpdateLog",
            body=iter(pieces),
            headers={**headers, "Content-Type": type, "Content-Length": str(sum(map(len, pieces)))},
        )
        answer = link.getresponse()
        return answer.status, answer.read()
    finally:
        link.close()


def ack_of(body: bytes) -> int:
    """`int64 ack_index = 1`, alone in its message."""
    number = 0
    for place, byte in enumerate(body[1:]):
        number |= (byte & 0x7F) << 7 * place
    return number
