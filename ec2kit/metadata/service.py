"""The metadata service: from a request to an answer, as at 169.254.169.254."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime
from http import HTTPStatus
from urllib.parse import unquote

from ec2kit.metadata.authority import Authority
from ec2kit.metadata.identity import identity_document, raw_signature, signed_document
from ec2kit.metadata.responses import MetadataResponse, answer, refusal
from ec2kit.metadata.tokens import TokenStore, parse_ttl
from ec2kit.metadata.tree import VERSIONS, find, list_directory, list_public_keys, metadata_tree
from ec2kit.metadata.values import MachineMetadata

TOKEN_HEADER = "x-aws-ec2-metadata-token"
TTL_HEADER = "x-aws-ec2-metadata-token-ttl-seconds"
TTL_ANSWER = "X-aws-ec2-metadata-token-ttl-seconds"
IDENTITY = ("document", "pkcs7", "rsa2048", "signature")


class MetadataService:
    """One machine's metadata service.

    `now` is asked at each request. `tokens` is given when tokens must outlive this object (the sandbox
    makes one for each request, since a machine's values change between them).
    """

    def __init__(
        self,
        machine: MachineMetadata,
        authority: Authority,
        now: Callable[[], datetime],
        tokens: TokenStore | None = None,
    ) -> None:
        self._machine = machine
        self._authority = authority
        self._now = now
        self._tokens = TokenStore() if tokens is None else tokens

    def respond(self, method: str, path: str, headers: Mapping[str, str]) -> MetadataResponse:
        """Given a request, return the answer; header names are read in any case.

        403 when the instance's endpoint is disabled, 401 without a valid token where one is required (and
        for a wrong token always), 404 for what does not exist, 405 for other methods, 400 for a bad TTL.
        """
        if not self._machine.options.endpoint_enabled:
            return refusal(HTTPStatus.FORBIDDEN)
        given = {name.lower(): value for name, value in headers.items()}
        parts = [unquote(part) for part in path.partition("?")[0].split("/") if part]
        if parts == ["latest", "api", "token"]:
            return self._token(method, given)
        if method not in ("GET", "HEAD"):
            return refusal(HTTPStatus.METHOD_NOT_ALLOWED, Allow="GET, HEAD")
        if not self._admitted(given.get(TOKEN_HEADER)):
            return refusal(HTTPStatus.UNAUTHORIZED)
        found = self._read(parts, directory_wanted=path.endswith("/"))
        return found.without_body() if method == "HEAD" else found

    def _token(self, method: str, headers: Mapping[str, str]) -> MetadataResponse:
        if method != "PUT":
            return refusal(HTTPStatus.METHOD_NOT_ALLOWED, Allow="OPTIONS, PUT")
        if "x-forwarded-for" in headers:
            # An open proxy on the machine adds this header: AWS gives such a request no token.
            return refusal(HTTPStatus.FORBIDDEN)
        ttl = parse_ttl(headers.get(TTL_HEADER))
        if ttl is None:
            return refusal(HTTPStatus.BAD_REQUEST)
        token = self._tokens.issue(self._machine.instance_id, ttl, self._now())
        return answer(token, **{TTL_ANSWER: str(ttl)})

    def _admitted(self, token: str | None) -> bool:
        if token is None:
            return not self._machine.options.tokens_required
        return self._tokens.remaining(token, self._machine.instance_id, self._now()) is not None

    def _read(self, parts: list[str], *, directory_wanted: bool) -> MetadataResponse:
        if not parts:
            return answer("\n".join(VERSIONS))
        version, *rest = parts
        if version not in VERSIONS:
            return refusal(HTTPStatus.NOT_FOUND)
        match rest:
            case []:
                return answer(self._top())
            case ["user-data"] if self._machine.user_data is not None:
                return answer(self._machine.user_data, "application/octet-stream")
            case ["dynamic", *below]:
                return self._dynamic(below)
            case ["meta-data", *below]:
                return self._metadata(version, below, directory_wanted)
        return refusal(HTTPStatus.NOT_FOUND)

    def _top(self) -> str:
        return "dynamic\nmeta-data" + ("" if self._machine.user_data is None else "\nuser-data")

    def _metadata(self, version: str, parts: list[str], directory_wanted: bool) -> MetadataResponse:
        found = find(metadata_tree(self._machine, version), parts)
        if isinstance(found, str) and not directory_wanted:
            return answer(found)
        if not isinstance(found, dict):
            return refusal(HTTPStatus.NOT_FOUND)
        if parts == ["public-keys"] and self._machine.key is not None:
            return answer(list_public_keys(found, self._machine.key))
        return answer(list_directory(found))

    def _dynamic(self, parts: list[str]) -> MetadataResponse:
        match parts:
            case []:
                return answer("instance-identity/")
            case ["instance-identity"]:
                return answer("\n".join(IDENTITY))
            case ["instance-identity", "document"]:
                return answer(identity_document(self._machine))
            case ["instance-identity", "signature"]:
                return answer(raw_signature(self._machine, self._authority))
            case ["instance-identity", "rsa2048" | "pkcs7"]:
                # AWS signs `pkcs7` with DSA and SHA-1, which nothing should rely on: here it is `rsa2048`.
                return answer(signed_document(self._machine, self._authority))
        return refusal(HTTPStatus.NOT_FOUND)
