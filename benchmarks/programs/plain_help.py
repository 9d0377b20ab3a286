"""The yardstick of the help page: an argparse program with so many options: `plain_help NUMBER --help`."""

from __future__ import annotations

import argparse
import sys

parser = argparse.ArgumentParser(prog="plain", description="A program with options and nothing else.")
for number in range(int(sys.argv[1])):
    parser.add_argument(f"--option-{number}", metavar="VALUE", help=f"what option {number} is for, in a few words")
parser.parse_args(sys.argv[2:])
