"""`millrace workflow`: what it prints, its exit status, what it does with files of strangers. It needs no server."""

import json
import subprocess

import pytest

from millrace_stack import ROOT

PROGRAM = ROOT / ".build/debug/millrace"

GOOD = (
    "on: push\njobs:\n  a:\n    runs-on: ${{ matrix.os }}\n    strategy: {matrix: {os: [l, w]}}\n"
    "    steps: [{run: x}]\n"
)
BAD = "on: push\njobs:\n  a:\n    runs-on: x\n    needs: [b]\n    steps: [{run: x}]\n"


def workflow(*arguments: str, given: str = "") -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [str(PROGRAM), "workflow", *arguments], input=given, capture_output=True, text=True, timeout=120
    )


@pytest.fixture
def files(tmp_path):
    def write(name: str, text: str) -> str:
        (tmp_path / name).write_text(text)
        return str(tmp_path / name)

    return write


def test_check_speaks_as_compilers_do(files):
    good, bad = files("good.yml", GOOD), files("bad.yml", BAD)
    done = workflow("check", good)
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
    done = workflow("check", good, bad)
    assert done.returncode == 1
    assert done.stdout.startswith(f"{bad}:5:13: job ") and done.stdout.endswith("[needs-unknown]\n")
    done = workflow("check", "--github", bad)
    assert done.returncode == 1 and f"::error file={bad},line=5,col=13,title=needs-unknown::" in done.stdout
    done = workflow("check", "--json", good, bad)
    answers = [json.loads(line) for line in done.stdout.splitlines()]
    assert [answer["ok"] for answer in answers] == [True, False]
    assert answers[1]["diagnostics"][0]["line"] == 5 and answers[0]["jobs"] == 2
    warned = files("warned.yml", GOOD.replace("on: push", "on: push\nnmae: x"))
    done = workflow("check", warned)
    assert done.returncode == 0 and ":2:1: warning: " in done.stdout
    assert workflow("check", str(warned) + ".none").returncode == 1
    assert workflow("check").returncode == 2


def test_plan_and_payload(files):
    good = files("good.yml", GOOD)
    done = workflow("plan", good, "--event", "push", "--ref", "refs/heads/x", "--json")
    assert done.returncode == 0
    assert json.loads(done.stdout)["jobs"][1] == {"id": "a", "name": "a (w)", "needs": [], "runs_on": ["w"]}
    done = workflow("plan", files("bad.yml", BAD), "--json")
    assert done.returncode == 1 and done.stderr == ""
    assert [(error["line"], error["col"]) for error in json.loads(done.stdout)["errors"]] == [(5, 13)]
    done = workflow("plan", good + ".none", "--json")
    assert done.returncode == 1 and json.loads(done.stdout)["ok"] is False and "no file" in done.stderr
    done = workflow("plan", "-", "--json", "--inputs", "n=v", given=GOOD.replace("push", "workflow_dispatch"))
    assert done.returncode == 0 and json.loads(done.stdout)["events"] == ["workflow_dispatch"]
    payloads = json.loads(workflow("payload", good).stdout)
    assert [json.loads(payload)["jobs"]["a"]["runs-on"] for payload in payloads] == ["l", "w"]


def test_eval(files):
    contexts = files("contexts.json", '{"github": {"ref": "refs/heads/main"}}')
    done = workflow("eval", "contains(github.ref, 'MAIN')", "--contexts", contexts)
    assert (done.returncode, done.stdout) == (0, "true\n")
    done = workflow("eval", "nosuch.x", "--contexts", contexts)
    assert done.returncode == 1 and done.stdout == "" and "Unrecognized named-value" in done.stderr


def test_a_table_answers_line_by_line():
    with subprocess.Popen(
        [str(PROGRAM), "workflow", "table", "expr"], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as table:
        assert table.stdin and table.stdout
        for line, answer in [
            ('{"expr": "1 < 2"}', {"json": "true"}),
            ("{broken", None),
            ("", None),
            ('{"expr": "toJSON(a)", "contexts": {"a": ["\\ud83d\\ude00"]}}', {"json": '"[\\n  \\"😀\\"\\n]"'}),
        ]:
            table.stdin.write(line + "\n")
            table.stdin.flush()
            given = json.loads(table.stdout.readline())
            assert given == answer if answer else "error" in given
        table.stdin.close()
        assert table.wait(30) == 0
    assert workflow("table", "nosuch").returncode == 2


@pytest.mark.parametrize(
    "text",
    [
        "a" * 5_000_000,
        "[" * 10_000,
        "a:\n" + "".join(" " * depth + "a:\n" for depth in range(1, 10_000)),
        "a: &a [x, x, x, x, x, x, x, x, x]\n"
        + "".join(f"{chr(98 + i)}: &{chr(98 + i)} [{', '.join(['*' + chr(97 + i)] * 9)}]\n" for i in range(20)),
        "a: &a [*a]\n",
        "\x00",
        "on: push\njobs: {a: {runs-on: x, name: '${{" + "(" * 30_000 + "}}', steps: [{run: x}]}}\n",
    ],
    ids=["five megabytes", "deep flow", "deep blocks", "alias bomb", "alias of itself", "nul", "deep expression"],
)
def test_hostile_files_get_a_diagnostic(files, text):
    path = files("hostile.yml", text)
    done = workflow("plan", path, "--json")
    answer = json.loads(done.stdout)
    assert done.returncode == 1 and not answer["ok"] and answer["errors"][0]["line"] >= 1
