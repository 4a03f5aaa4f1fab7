#!/usr/bin/env python3
"""A private Millrace by hand (millrace_stack/ says what it is made of):

dev/stack.py up --dir .run --port 3000        start what does not run
dev/stack.py status --dir .run
dev/stack.py down --dir .run
"""

import sys

from millrace_stack.command import main

if __name__ == "__main__":
    sys.exit(main())
