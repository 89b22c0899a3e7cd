"""Takes itself for a program when it is imported."""

import sys

sys.exit("usage: leaving FILE")
