"""The emulator as a program: starts it, says where it is, and serves until it is interrupted."""

import argparse
import contextlib
import json
import signal
import sys
import textwrap
import threading
from collections.abc import Sequence
from pathlib import Path
from types import FrameType

from anymedia.testing.emulator.dialects import DIALECTS
from anymedia.testing.emulator.emulator import METER_PATH, SCRIPT_PATH, Emulator
from anymedia.testing.emulator.faults import CATALOGUE, script_from
from anymedia.testing.emulator.pictures import draw

WRONG_USAGE = 2
EXAMPLE_SCRIPT = '{"/v1/images/generations": [{"fault": "status", "status": 500, "billed": true}]}'


def main(arguments: Sequence[str] | None = None) -> int:
    """Run until SIGINT or SIGTERM. Returns the exit code: 0, or 2 for arguments, files or a port that do not work."""
    parser = _parser()
    options = parser.parse_args(arguments)
    try:
        emulator = _emulator(options)
        _serve(emulator)
    except (OSError, ValueError) as error:
        print(f"{parser.prog}: {error}", file=sys.stderr)
        return WRONG_USAGE
    print(json.dumps(emulator.meter.document()), flush=True)
    return 0


def _serve(emulator: Emulator) -> None:
    previous = signal.signal(signal.SIGTERM, _interrupt)
    try:
        with emulator, contextlib.suppress(KeyboardInterrupt):
            print(_greeting(emulator), flush=True)
            threading.Event().wait()
    finally:
        signal.signal(signal.SIGTERM, previous)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="anymedia emulator",
        description="A provider that costs nothing: answers as the provider does, counts what it would have billed.",
        epilog=_help_on_faults(),
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--port", type=int, default=0, help="0, the default, takes a free one")
    parser.add_argument("--dialect", default="openai", choices=tuple(DIALECTS))
    parser.add_argument("--latency", type=float, default=0.0, metavar="SECONDS", help="before each answer")
    parser.add_argument("--api-key", help="the only key that is accepted; any, when not given")
    parser.add_argument("--media", type=Path, metavar="FILE", help="the bytes of every output")
    parser.add_argument("--faults", type=Path, metavar="FILE.json", help="what goes wrong, by path")
    parser.add_argument("--record", type=Path, metavar="FILE.jsonl", help="append both sides of every exchange")
    return parser


def _help_on_faults() -> str:
    names = textwrap.fill(", ".join(CATALOGUE), 100, initial_indent="  ", subsequent_indent="  ")
    return f"faults:\n{names}\n\nexample of a file with faults:\n  {EXAMPLE_SCRIPT}"


def _emulator(options: argparse.Namespace) -> Emulator:
    emulator = Emulator(
        options.dialect,
        port=options.port,
        latency=options.latency,
        media=draw if options.media is None else options.media.read_bytes(),
        api_key=options.api_key,
    )
    if options.faults is not None:
        for path, faults in script_from(json.loads(options.faults.read_text(encoding="utf-8"))).items():
            emulator.script(path, faults)
    if options.record is not None:
        emulator.record_to(options.record)
    return emulator


def _interrupt(number: int, frame: FrameType | None) -> None:
    raise KeyboardInterrupt


def _greeting(emulator: Emulator) -> str:
    variables = " ".join(f"{name}={value}" for name, value in emulator.variables.items())
    return textwrap.dedent(
        f"""\
        {emulator.url}

        Point a client at it, for example:
          export {variables}
        What it would have cost:
          curl {emulator.url}{METER_PATH}
        Let the next request be billed and fail:
          curl {emulator.url}{SCRIPT_PATH} -d '{emulator.example_script}'
        Stop it with Ctrl-C."""
    )
