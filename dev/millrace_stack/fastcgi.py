"""A FastCGI client: asks one instance past nginx."""

import socket
import struct
from collections.abc import Callable, Mapping

BEGIN_REQUEST, PARAMS, STDIN, STDOUT = 1, 4, 5, 6
CONTENT_BYTES_MAX = 65_535


def fastcgi_ask(
    path: str,
    uri: str,
    method: str = "GET",
    body: bytes = b"",
    headers: Mapping[str, str] | None = None,
    timeout: float = 2.0,
    after_first: Callable[[], object] | None = None,
) -> tuple[int, dict[str, str], bytes]:
    """One request asked of one instance's socket: status, headers (names in lower case) and body.

    after_first() is called once the answer has begun; until it returns nothing more is read."""
    begin = record(BEGIN_REQUEST, struct.pack(">HB5x", 1, 0))
    parameters = stream(PARAMS, pairs(request_parameters(uri, method, body, headers or {})))
    with socket.socket(socket.AF_UNIX) as link:
        link.settimeout(timeout)
        link.connect(path)
        link.sendall(begin + parameters + stream(STDIN, body))
        answer = link.recv(65536)
        if after_first:
            after_first()
        while chunk := link.recv(65536):
            answer += chunk
    return parsed(output(answer))


def fastcgi_get(path: str, uri: str) -> int:
    """Status of one GET asked of one instance: tells which instance is ready."""
    return fastcgi_ask(path, uri)[0]


def request_parameters(uri: str, method: str, body: bytes, headers: Mapping[str, str]) -> dict[str, str]:
    parameters = {
        "REQUEST_METHOD": method,
        "REQUEST_URI": uri,
        "QUERY_STRING": "",
        "CONTENT_LENGTH": str(len(body) or ""),
        "SERVER_PROTOCOL": "HTTP/1.1",
        "HTTP_HOST": "localhost",
        "REMOTE_ADDR": "127.0.0.1",
    }
    for name, value in headers.items():
        upper = name.upper().replace("-", "_")
        parameters[upper if upper == "CONTENT_TYPE" else f"HTTP_{upper}"] = value
    return parameters


def pairs(parameters: Mapping[str, str]) -> bytes:
    def length(text: bytes) -> bytes:
        return struct.pack(">B", len(text)) if len(text) < 128 else struct.pack(">I", len(text) | 1 << 31)

    encoded = [(name.encode(), value.encode()) for name, value in parameters.items()]
    return b"".join(length(name) + length(value) + name + value for name, value in encoded)


def record(kind: int, content: bytes) -> bytes:
    return struct.pack(">BBHHBB", 1, kind, 1, len(content), 0, 0) + content


def stream(kind: int, content: bytes) -> bytes:
    """The content in records, and the empty one that ends it."""
    pieces = [content[at : at + CONTENT_BYTES_MAX] for at in range(0, len(content), CONTENT_BYTES_MAX)]
    return b"".join(record(kind, piece) for piece in pieces) + record(kind, b"")


def output(answer: bytes) -> bytes:
    """What the records carry on standard output."""
    text, at = b"", 0
    while at + 8 <= len(answer):
        _, kind, _, size, padding, _ = struct.unpack(">BBHHBB", answer[at : at + 8])
        if kind == STDOUT:
            text += answer[at + 8 : at + 8 + size]
        at += 8 + size + padding
    return text


def parsed(text: bytes) -> tuple[int, dict[str, str], bytes]:
    head, _, rest = text.partition(b"\r\n\r\n")
    lines = [line.partition(":") for line in head.decode(errors="replace").splitlines()]
    headers = {name.lower(): value.strip() for name, _, value in lines}
    return (int(headers.get("status", "200").split()[0]) if text else 0), headers, rest
