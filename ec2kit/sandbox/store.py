"""The sandbox's state on disk: saved whole and atomically, and loaded again at the next start.

The file is one line of JSON, which says what wrote it and what the rest hashes to, and then a pickle of the world,
of moto's state and of moto's dice (without which a restarted sandbox would invent the same ids again).
A pickle may run code when it is read: the file is made readable and writable for its owner only.
"""

import hashlib
import io
import json
import marshal
import os
import pickle
import sys
import threading
import types
from collections import defaultdict
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric.ec import EllipticCurvePrivateKey
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    load_der_private_key,
)

from ec2kit.errors import Ec2kitError
from ec2kit.sandbox import object_contents, world
from ec2kit.sandbox.app import SandboxApp, forget_moto, prepare
from ec2kit.sandbox.block_files import BlockFiles, BlockLost
from ec2kit.sandbox.live import LiveMachines
from ec2kit.sandbox.process import blocks_path

FORMAT = 1

# Stands in the state for where the contents of S3 objects are.
_PIECES = ("", "pieces")


@dataclass
class _Saved:
    """What the pickle holds. `backends` are moto's, by service, account and region."""

    world: world.World
    backends: dict[str, dict[str, dict[str, Any]]]
    dice: Any


def save(app: SandboxApp, path: Path) -> None:
    """Write everything that `app` is into `path`, so that either the old or the new state is there, never a part.

    The blocks of its disks are from now on beside it. Raises Ec2kitError if the disk refuses.
    """
    with app.lock:
        try:
            _settle_blocks(app, path)
            body = _pickled(app)
        except (BlockLost, OSError) as wrong:
            where = blocks_path(path)
            raise Ec2kitError(f"cannot save what is on the sandbox's disks to {where}: {wrong}") from wrong
    head = {"format": FORMAT, **_made_by(), "sha256": hashlib.sha256(body).hexdigest()}
    part = path.with_suffix(".part")
    try:
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        with os.fdopen(os.open(part, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as file:
            file.write(json.dumps(head).encode() + b"\n" + body)
            file.flush()
            os.fsync(file.fileno())
        part.replace(path)
        _sync_directory(path.parent)
    except OSError as wrong:
        hint = "free some space, or name another state directory"
        raise Ec2kitError(f"cannot save the sandbox to {path}: {wrong.strerror}", hint=hint) from wrong


def load(path: Path) -> SandboxApp:
    """Make the application that was saved at `path`; whatever this process had is forgotten.

    Raises Ec2kitError when the file is damaged, or was written by another moto, Python or format.
    """
    prepare()
    body = _checked(path)
    forget_moto()
    pieces = object_contents.Pieces(BlockFiles(blocks_path(path)))
    try:
        saved = _Unpickler(io.BytesIO(body), pieces).load()
    except Exception as wrong:
        raise _unusable(path, f"cannot be read ({type(wrong).__name__}: {wrong})") from wrong
    _put_back(saved)
    from ec2kit.sandbox.rules import blocks

    saved.world.disks = pieces.files
    saved.world.live = LiveMachines()
    saved.world.disks.sweep(blocks.referenced() | pieces.seen)
    world.activate(saved.world)
    return SandboxApp(saved.world)


def _settle_blocks(app: SandboxApp, path: Path) -> None:
    from ec2kit.sandbox.rules import blocks

    app.world.disks.settle(blocks_path(path), blocks.referenced())


def _pickled(app: SandboxApp) -> bytes:
    from moto.core.base_backend import BackendDict
    from moto.moto_api._internal import mock_random

    backends = {
        service.service_name: {account: dict(regions) for account, regions in service.items()}
        for service in BackendDict._instances
    }
    stream = io.BytesIO()
    pieces = object_contents.Pieces(app.world.disks)
    _Pickler(stream, pieces).dump(_Saved(app.world, backends, mock_random.getstate()))
    return stream.getvalue()


def _put_back(saved: _Saved) -> None:
    from moto.backends import get_backend
    from moto.moto_api._internal import mock_random

    for service, accounts in saved.backends.items():
        known: Any = get_backend(service)
        for account, regions in accounts.items():
            known[account].update(regions)
    mock_random.setstate(saved.dice)


def _made_by() -> dict[str, str]:
    # Functions are kept as byte code, which is Python's own from one minor version to the next.
    return {"moto": version("moto"), "python": f"{sys.version_info.major}.{sys.version_info.minor}"}


def _checked(path: Path) -> bytes:
    try:
        line, _, body = path.read_bytes().partition(b"\n")
    except OSError as wrong:
        raise Ec2kitError(f"cannot read the sandbox's state {path}: {wrong.strerror}") from wrong
    try:
        head = json.loads(line)
    except ValueError:
        raise _unusable(path, "is not a sandbox's state") from None
    if not isinstance(head, dict) or head.get("sha256") != hashlib.sha256(body).hexdigest():
        raise _unusable(path, "is damaged or cut short")
    if head.get("format") != FORMAT:
        raise _unusable(path, f"has format {head.get('format')}, this ec2kit writes {FORMAT}")
    for name, mine in _made_by().items():
        if head.get(name) != mine:
            raise _unusable(path, f"was written with {name} {head.get(name)}, this is {name} {mine}")
    return body


def _unusable(path: Path, why: str) -> Ec2kitError:
    hint = f"`rm {path}` and start again: the sandbox will be new"
    return Ec2kitError(f"the sandbox's state {path} {why}", hint=hint, resource=str(path))


def _sync_directory(directory: Path) -> None:
    handle = os.open(directory, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


_KEYS = (RSAPrivateKey, EllipticCurvePrivateKey, Ed25519PrivateKey)
_LOCK, _RLOCK = type(threading.Lock()), type(threading.RLock())


class _Pickler(pickle.Pickler):
    """Pickles the things in moto's state that pickle by itself refuses.

    A lock (in each SQS queue) becomes a new, open lock: nothing is under way, the sandbox's own lock is held.
    A lambda (SSM's default factories) becomes its code and its module.
    A table of its own class (SSM's parameters) is refilled without its constructor, which wants to know more.
    A private key or a certificate becomes its DER bytes.
    moto's tables of backends become their service's name, so that there is still only one of each.
    What is in a large S3 object goes beside the state: see `object_contents`.
    """

    def __init__(self, stream: io.BytesIO, pieces: object_contents.Pieces) -> None:
        super().__init__(stream, protocol=pickle.HIGHEST_PROTOCOL)
        self._pieces = pieces

    def reducer_override(self, value: Any) -> Any:
        if object_contents.is_large(value):
            return object_contents.reduced(value, self._pieces)
        if isinstance(value, threading.Condition):
            return threading.Condition, ()
        if isinstance(value, _LOCK):
            return threading.Lock, ()
        if isinstance(value, _RLOCK):
            return threading.RLock, ()
        if isinstance(value, types.FunctionType) and "<" in value.__qualname__ and not value.__closure__:
            return _function, (value.__module__, marshal.dumps(value.__code__))
        if isinstance(value, defaultdict) and type(value) is not defaultdict:
            return _blank, (type(value), value.default_factory), vars(value), None, iter(dict.items(value))
        if isinstance(value, _KEYS):
            return _private_key, (value.private_bytes(Encoding.DER, PrivateFormat.PKCS8, NoEncryption()),)
        if isinstance(value, x509.Certificate):
            return x509.load_der_x509_certificate, (value.public_bytes(Encoding.DER),)
        return NotImplemented

    def persistent_id(self, value: Any) -> Any:
        from moto.core.base_backend import AccountSpecificBackend, BackendDict

        if value is self._pieces:
            return _PIECES
        if isinstance(value, BackendDict):
            return (value.service_name, "")
        if isinstance(value, AccountSpecificBackend):
            return (value.service_name, value.account_id)
        return None


class _Unpickler(pickle.Unpickler):
    def __init__(self, stream: io.BytesIO, pieces: object_contents.Pieces) -> None:
        super().__init__(stream)
        self._pieces = pieces

    def persistent_load(self, name: Any) -> Any:
        from moto.backends import get_backend

        if name == _PIECES:
            return self._pieces
        service, account = name
        table: Any = get_backend(service)
        return table[account] if account else table


def _blank(kind: Any, factory: Any) -> Any:
    table = kind.__new__(kind)
    defaultdict.__init__(table, factory)
    return table


def _private_key(der: bytes) -> Any:
    return load_der_private_key(der, password=None)


def _function(module: str, code: bytes) -> types.FunctionType:
    __import__(module)
    return types.FunctionType(marshal.loads(code), sys.modules[module].__dict__)
