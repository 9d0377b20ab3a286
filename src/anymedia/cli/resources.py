"""The command `resources`: what providers keep for the user, and how it is deleted."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

import click

from ..client import AsyncClient
from ..errors import AnymediaError
from ..results import SCHEMA, KeptResource
from .commands import shows
from .outcomes import MIXED
from .showing import Screen, one_line

Outcome = KeptResource | AnymediaError


def resources_command(name: str) -> click.Group:
    @click.group(name, invoke_without_command=True, help="List what providers keep, such as voices and uploaded files.")
    @click.option("--kind", metavar="KIND", help="Only these, such as voice or file.")
    @click.option("--backend", metavar="NAME", help="Only what this one keeps.")
    @click.option("--deleted", is_flag=True, help="Also what was deleted.")
    @shows
    def resources(screen: Screen, kind: str | None, backend: str | None, deleted: bool) -> int:
        if click.get_current_context().invoked_subcommand is not None:
            return 0
        found = asyncio.run(_listed(kind, backend, deleted))
        if not found:
            screen.note("no resources")
        return show_resources(screen, found)

    resources.add_command(delete_command("delete"))
    return resources


async def _listed(kind: str | None, backend: str | None, deleted: bool) -> tuple[KeptResource, ...]:
    async with AsyncClient() as client:
        return await client.resources(kind, backend, deleted=deleted)


def delete_command(name: str) -> click.Command:
    @click.command(name, help="Delete resources at their providers. What is gone there already counts as deleted.")
    @click.argument("resource_ids", nargs=-1, required=True, metavar="ID...")
    @click.option("--backend", metavar="NAME", help="Who keeps them, where two providers have the same id.")
    @shows
    def delete(screen: Screen, resource_ids: tuple[str, ...], backend: str | None) -> int:
        return show_resources(screen, asyncio.run(_deleted(resource_ids, backend)))

    return delete


async def _deleted(resource_ids: Sequence[str], backend: str | None) -> list[Outcome]:
    """One after the other: one that fails does not stop the others."""
    outcomes: list[Outcome] = []
    async with AsyncClient() as client:
        for resource_id in dict.fromkeys(resource_ids):
            try:
                outcomes.append(await client.delete_resource(resource_id, backend=backend))
            except AnymediaError as error:
                outcomes.append(error)
    return outcomes


def show_resources(screen: Screen, outcomes: Sequence[Outcome]) -> int:
    """Show resources as they stand, and errors, and return the exit code."""
    found = [outcome for outcome in outcomes if isinstance(outcome, KeptResource)]
    errors = [outcome for outcome in outcomes if isinstance(outcome, AnymediaError)]
    if screen.json:
        documents = {"resources": [each.document() for each in found], "errors": [each.document() for each in errors]}
        screen.document({"schema": SCHEMA, **documents})
    for resource in found if not screen.json else ():
        screen.result(line(resource))
    for error in errors:
        screen.error(error)
    codes = {error.exit_code for error in errors} | ({0} if found or not errors else set())
    return codes.pop() if len(codes) == 1 else MIXED


def line(resource: KeptResource) -> str:
    """One resource on one line."""
    when = f"{resource.created_at.astimezone():%Y-%m-%d %H:%M:%S}"
    gone = "" if resource.deleted_at is None else f"  deleted {resource.deleted_at.astimezone():%Y-%m-%d %H:%M:%S}"
    return f"{one_line(resource.id)}  {resource.kind}  {resource.backend}  {when}  {resource.job_id}{gone}"
