"""The generator of costly workflow files (`make abuse` runs it for long) finds none that takes more steps than its
budget (H8)."""

import json
import subprocess
import sys
from pathlib import Path

GENERATOR = Path(__file__).parent / "abuse/costly_workflows.py"


def test_h08_no_file_costs_more_steps_than_it_may():
    done = subprocess.run([sys.executable, str(GENERATOR), "--seconds", "3"], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    found = json.loads(done.stdout)
    # What reviews found comes first.
    assert found["tried"] >= 8 and 0 < found["steps"] <= found["steps_max"], found
