"""Google's own credentials: a file that a service account, or a person who signed in with gcloud, left behind.

Facts: google-auth 2.x (`google.auth.environment_vars`, `google.auth._cloud_sdk`) and the client google-genai 3.4.0
(`_api_client`), both checked 2026-11-22. The metadata server of Google's machines is not asked: looking for it takes
seconds everywhere else.
"""

import json
from collections.abc import Mapping
from datetime import UTC
from functools import partial
from pathlib import Path
from typing import Any

from ...media import Json
from ...spec import Control, Token
from .common import EVERYWHERE

SCOPE = "https://www.googleapis.com/auth/cloud-platform"
SERVICE_ACCOUNT, PERSON = KINDS = ("service_account", "authorized_user")
"""Kinds of credentials that have been tried."""
MULTI_REGIONS = ("us", "eu")
ANSWERS_WITHIN = 15.0
"""Seconds that Google's server of tokens may take; google-auth waits two minutes, in a thread nobody can stop."""
SOON = 600.0
"""Seconds that a token is taken to last if Google does not say."""


def fetch(control: Control, file: str) -> tuple[str, float]:
    """A token for the cloud, and when it expires, in seconds since 1970."""
    import time

    from google.auth.exceptions import TransportError
    from google.auth.transport.requests import Request

    credentials = credentials_in(document_in(Path(file).read_bytes()))
    try:
        credentials.refresh(partial(Request(), timeout=ANSWERS_WITHIN))
    except TransportError as error:
        raise ConnectionError(str(error)) from error
    expiry = credentials.expiry
    return credentials.token, time.time() + SOON if expiry is None else expiry.replace(tzinfo=UTC).timestamp()


def document_in(file: bytes) -> Json:
    """The document that a file of credentials is. Raise `ValueError` for one that no token will come of."""
    try:
        document = json.loads(file)
    except ValueError as error:
        raise ValueError(f"it is no JSON ({error})") from error
    match document:
        case {"type": str(kind)} if kind not in KINDS:
            raise ValueError(f"it holds credentials of the kind {kind!r:.50}; {' and '.join(KINDS)} are read")
        case {"type": str()}:
            return document
    raise ValueError("it holds no credentials")


def credentials_in(document: Json) -> Any:
    """The credentials that a document holds."""
    from google.oauth2 import credentials, service_account

    if document["type"] == SERVICE_ACCOUNT:
        return service_account.Credentials.from_service_account_info(document, scopes=[SCOPE])  # type: ignore[no-untyped-call]
    return credentials.Credentials.from_authorized_user_info(document, scopes=[SCOPE])  # type: ignore[no-untyped-call]


def base_url(settings: Mapping[str, str]) -> str:
    """Where Vertex AI is in a location: `_api_client` of the official client."""
    location = settings["location"]
    if location == EVERYWHERE:
        return "https://aiplatform.googleapis.com"
    if location in MULTI_REGIONS:
        return f"https://aiplatform.{location}.rep.googleapis.com"
    return f"https://{location}-aiplatform.googleapis.com"


TOKEN = Token(
    fetch=fetch,
    check=document_in,
    files=(
        "$GOOGLE_APPLICATION_CREDENTIALS",
        "$CLOUDSDK_CONFIG/application_default_credentials.json",
        "~/.config/gcloud/application_default_credentials.json",
    ),
    settings={"project": ("GOOGLE_CLOUD_PROJECT", None), "location": ("GOOGLE_CLOUD_LOCATION", EVERYWHERE)},
    base_url=base_url,
    needs=("google.auth", "requests"),
    extra="vertex",
)
