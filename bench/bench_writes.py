"""An access token made and a secret replaced, one client, against pgbench with a bare insert of as much."""

import base64
import http.client
import itertools
import json
import time

from bench_select import pgbench
from harness import Bench, Figure, Rate, median, percentile, taking_turns

BARE = "insert into bare (text) values (repeat('a', 200));\n"


def run(bench: Bench) -> list[Figure]:
    with bench.stack() as stack:
        password = "password-of-ann"
        token = stack.millrace(
            "admin", "user", "create", "--name", "ann", "--password", password, "--access-token"
        ).strip()
        stack.sql("create table bare (id bigint generated always as identity primary key, text text)")
        script = stack.dir / "insert.sql"
        script.write_text(BARE)
        basic = "Basic " + base64.b64encode(f"ann:{password}".encode()).decode()
        numbers = itertools.count()

        def make_token() -> "tuple[str, str, str, str]":
            body = json.dumps({"name": f"t{next(numbers)}", "scopes": ["read:user"]})
            return "POST", "/api/v1/users/ann/tokens", basic, body

        def write_secret() -> "tuple[str, str, str, str]":
            return "PUT", "/api/v1/user/actions/secrets/KEY", f"token {token}", json.dumps({"data": "x" * 1000})

        rates = taking_turns(
            3,
            {
                "bare": lambda: pgbench(stack, script, 1, bench.seconds(2)),
                "token": lambda: asked(stack.port, make_token, bench.seconds(2)),
                "secret": lambda: asked(stack.port, write_secret, bench.seconds(2)),
            },
        )
        return [
            Figure(f"{what}, 1 client", rates[name].per_second, "1/s", rates["bare"].per_second)
            for name, what in [("token", "an access token made"), ("secret", "a secret of 1 kB replaced")]
        ]


def asked(port: int, request, seconds: float) -> Rate:
    link = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
    began = time.monotonic()
    refused = 0
    took = []
    while time.monotonic() - began < seconds:
        method, path, credentials, body = request()
        asked_at = time.monotonic()
        link.request(method, path, body, {"Authorization": credentials, "Content-Type": "application/json"})
        answer = link.getresponse()
        answer.read()
        took.append(1000 * (time.monotonic() - asked_at))
        refused += answer.status >= 300
    link.close()
    assert refused == 0, f"{refused} of {len(took)} were refused"
    return Rate(len(took) / (time.monotonic() - began), median(took), percentile(took, 0.99), refused=0, lost=0)
