"""One configuration from files, environment and arguments, checked, with the origin of every value.

`settings.py` declares every setting once; reading, the JSON Schema, the example file and the reference follow
(`documents.py`, which is imported by whoever needs it).
"""

from __future__ import annotations

from .loading import FOREIGN_PREFIXES, OTHER_VARIABLES, Configuration, load
from .settings import Agent, BudgetSettings, Pipeline, PrivacySettings, Server, Settings, TimeoutSettings
from .sources import FILE_NAME, user_folder

__all__ = [
    "FILE_NAME",
    "FOREIGN_PREFIXES",
    "OTHER_VARIABLES",
    "Agent",
    "BudgetSettings",
    "Configuration",
    "Pipeline",
    "PrivacySettings",
    "Server",
    "Settings",
    "TimeoutSettings",
    "load",
    "user_folder",
]
