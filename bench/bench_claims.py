"""Claims with 10 000 and 1 000 000 waiting jobs, against a bare `skip locked` update of as many rows through
pgbench."""

from bench_select import pgbench
from harness import Bench, Figure, StackError, taking_turns
from polls import SERVICE, register
from waiting import fill, prepare

CLIENTS = 16

# What any queue in PostgreSQL costs: find the first free row by an index, lock it, mark it.
BARE = """
update bare_queue set status = 6 where id = (
    select id from bare_queue where status = 5 order by queue_key, id limit 1 for no key update skip locked);
"""


def run(bench: Bench) -> list[Figure]:
    figures = []
    for count in [10_000, 100_000 if bench.quick else 1_000_000]:
        with bench.stack() as stack:
            prepare(stack)
            bench.say(f"filling the queue with {count:,} jobs")
            fill(stack, count)
            stack.sql(
                "create table bare_queue as select id, status, queue_key from job;"
                "alter table bare_queue add primary key (id);"
                "create index on bare_queue (queue_key, id) where status = 5; analyze bare_queue"
            )
            script = stack.dir / "bare.sql"
            script.write_text(BARE.replace("\n", " ").strip() + "\n")
            runner = register(stack, "ann/app", 1)[0]
            headers = [
                "Content-Type: application/proto",
                f"x-runner-uuid: {runner.uuid}",
                f"x-runner-token: {runner.token}",
            ]
            # Short, or ten thousand jobs are gone before the end.
            seconds = min(bench.seconds(3), 1.0 if count <= 10_000 else 3.0)
            rates = taking_turns(
                3,
                {
                    "bare": lambda: pgbench(stack, script, CLIENTS, seconds),
                    "claims": lambda: bench.rate(
                        stack.port, SERVICE + "FetchTask", CLIENTS, seconds, headers, method="POST"
                    ),
                },
            )
            if stack.sql("select count(*) from job where status = 5") == "0":
                raise StackError(f"all {count} jobs were taken before the end; the rate says nothing")
            figures.append(
                Figure(
                    f"claims, {count:,} jobs wait, {CLIENTS} clients",
                    rates["claims"].per_second,
                    "1/s",
                    rates["bare"].per_second,
                    note=f"99 % {rates['claims'].p99_ms:.1f} ms",
                )
            )
    figures.append(
        Figure(
            "claims, the longer queue against the shorter",
            figures[1].value,
            "1/s",
            figures[0].value,
            at_least=0.7,
            note="what waits must not matter",
        )
    )
    return figures
