"""A program of one's own as the configuration names it: a target of the conformance suite."""

import sys

from anymedia.backends.command_agent import backends
from anymedia.configuration import Agent

READS_ALOUD = "import sys; print('A red fox.', len(sys.stdin.read()))"
(BACKEND,) = backends({"agents": {"reader": Agent(command=(sys.executable, "-c", READS_ALOUD))}})
