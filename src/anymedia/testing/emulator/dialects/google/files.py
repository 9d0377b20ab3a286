"""Files: uploads that are begun and finished, films that were made, and what can be asked about both.

Shapes: what the official client 3.4.0 sends and reads, and https://ai.google.dev/gemini-api/docs/files, checked
2026-11-22. A film that was uploaded can be used once it was asked about; everything else at once.
"""

from dataclasses import dataclass, replace
from itertools import count
from urllib.parse import parse_qs

from anymedia.testing.emulator.dialects.google.errors import Refused, error_reply, invalid, invalid_request
from anymedia.testing.emulator.messages import Json, ReceivedRequest, Reply, json_reply

HOST = "https://generativelanguage.googleapis.com"
STATUS = "x-goog-upload-status"


@dataclass(frozen=True, kw_only=True)
class File:
    """One file. `state` is what Google says of it."""

    id: str
    media_type: str
    content: bytes
    source: str
    state: str = "ACTIVE"

    @property
    def uri(self) -> str:
        return f"{HOST}/v1beta/files/{self.id}"

    @property
    def document(self) -> Json:
        made = {"downloadUri": f"{self.uri}:download?alt=media"} if self.source == "GENERATED" else {}
        return {
            "name": f"files/{self.id}",
            "mimeType": self.media_type,
            "sizeBytes": str(len(self.content)),
            "uri": self.uri,
            "state": self.state,
            "source": self.source,
            **made,
        }


class Files:
    """The files of everybody."""

    def __init__(self) -> None:
        self._numbers = count(1)
        self._begun: dict[str, tuple[str, int, bytearray]] = {}
        self._kept: dict[str, File] = {}

    def keep_film(self, identifier: str, film: bytes) -> str:
        """Keep what was made. Gives the address to download it from."""
        made = File(id=identifier, media_type="video/mp4", content=film, source="GENERATED")
        self._kept[identifier] = made
        return f"{made.uri}:download?alt=media"

    def upload(self, request: ReceivedRequest) -> Reply:
        """Begin an upload, or take its bytes. Raises Refused."""
        match request.headers.get("x-goog-upload-command"):
            case "start":
                return self._begin(request)
            case "upload":
                self._take(request)
                return _with_headers(json_reply({}), ((STATUS, "active"),))
            case "upload, finalize":
                return self._finish(self._take(request))
        raise invalid("The upload command is not supported.")

    def _begin(self, request: ReceivedRequest) -> Reply:
        media_type = request.headers.get("x-goog-upload-header-content-type")
        length = request.headers.get("x-goog-upload-header-content-length", "")
        if request.headers.get("x-goog-upload-protocol") != "resumable" or not media_type or not length.isdecimal():
            raise invalid("The upload needs a protocol, a media type and a length.")
        identifier = f"upload{next(self._numbers)}"
        self._begun[identifier] = (media_type, int(length), bytearray())
        address = f"http://{request.headers['host']}{request.path}?upload_id={identifier}&upload_protocol=resumable"
        return _with_headers(json_reply({}), (("x-goog-upload-url", address), (STATUS, "active")))

    def _take(self, request: ReceivedRequest) -> str:
        """Add the bytes of a request to its upload. Gives the upload's id."""
        identifier = parse_qs(request.query).get("upload_id", [""])[0]
        if identifier not in self._begun:
            raise Refused(error_reply(400, "This upload was not begun, or is finished."))
        _, _, content = self._begun[identifier]
        if request.headers.get("x-goog-upload-offset") != str(len(content)):
            raise invalid(f"The upload goes on at {len(content)}.")
        content += request.body
        return identifier

    def _finish(self, identifier: str) -> Reply:
        media_type, length, content = self._begun.pop(identifier)
        if len(content) != length:
            raise invalid(f"The upload was to have {length} bytes and has {len(content)}.")
        state = "PROCESSING" if media_type.startswith("video/") else "ACTIVE"
        name = f"{identifier}-x"
        self._kept[name] = File(id=name, media_type=media_type, content=bytes(content), source="UPLOADED", state=state)
        return _with_headers(json_reply({"file": self._kept[name].document}), ((STATUS, "final"),))

    def answer(self, method: str, rest: str) -> Reply:
        """What is asked about a file by its id: its document, its bytes, or to delete it. Raises Refused."""
        identifier, _, verb = rest.partition(":")
        file = self._kept.get(identifier)
        if file is None:
            message = f"You do not have permission to access the File {identifier} or it may not exist."
            raise Refused(error_reply(403, message))
        if method == "DELETE":
            del self._kept[identifier]
            return json_reply({})
        if verb != "download":
            self._kept[identifier] = replace(file, state="ACTIVE")
            return json_reply(file.document)
        if file.source == "UPLOADED":
            raise invalid("A file that was uploaded cannot be downloaded.")
        return Reply(headers=(("content-type", file.media_type),), pieces=(file.content,))

    def check_usable(self, uri: Json) -> None:
        """Raises Refused for an address of a file that is not here, or not read yet."""
        found = next((file for file in self._kept.values() if uri in (file.uri, f"files/{file.id}")), None)
        if found is None or found.state != "ACTIVE":
            raise invalid_request(f"The file {uri} does not exist, or is not in an ACTIVE state.")


def _with_headers(reply: Reply, headers: tuple[tuple[str, str], ...]) -> Reply:
    return replace(reply, headers=(*reply.headers, *headers))
