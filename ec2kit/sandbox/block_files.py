"""The contents of practice disks: each block once, as a file whose name is the SHA-256 of what is in it.

Snapshots and volumes hold only digests, so that the saved state stays small, a copy of a disk costs nothing, and
memory does not grow with what is uploaded. Files are written whole and renamed, without a lock: two that write the
same block write the same thing.
"""

import hashlib
import os
import shutil
import tempfile
import threading
import weakref
from collections.abc import Iterable, Set
from pathlib import Path

BLOCK_BYTES = 524_288
"""EBS direct APIs: the only size of a block."""

ZEROS = bytes(BLOCK_BYTES)


class BlockLost(LookupError):
    """A block that a disk should have is not there: its file was removed, or its state outlived its directory."""


class BlockFiles:
    """Blocks by digest, in a directory.

    Without a directory they are in a temporary one, which is made with the first block and goes with this object.
    """

    def __init__(self, directory: Path | None = None) -> None:
        self._directory = directory
        self._making = threading.Lock()
        self._gone: weakref.finalize[..., BlockFiles] | None = None

    def __reduce__(self) -> tuple[type["BlockFiles"], tuple[()]]:
        # Where the blocks are is said by whoever loads a state.
        return BlockFiles, ()

    @property
    def directory(self) -> Path | None:
        """Where the blocks are, if there has been any."""
        return self._directory

    def put(self, data: bytes) -> bytes:
        """Keep a block and return its digest."""
        digest = hashlib.sha256(data).digest()
        self.keep(digest, data)
        return digest

    def keep(self, digest: bytes, data: bytes) -> None:
        """Keep a block whose digest is known to be right. Raises OSError when the disk refuses."""
        path = self._path(digest)
        if path.exists():
            return
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        part = path.with_name(f"{path.name}.{os.getpid()}-{threading.get_ident()}.part")
        try:
            part.write_bytes(data)
            part.replace(path)
        finally:
            part.unlink(missing_ok=True)

    def has(self, digest: bytes) -> bool:
        """Whether a block is there."""
        return self._path(digest).exists()

    def get(self, digest: bytes) -> bytes:
        """Return a block. Raises BlockLost."""
        try:
            return self._path(digest).read_bytes()
        except OSError as wrong:
            raise BlockLost(f"the block {digest.hex()} is lost: {wrong.strerror}") from wrong

    def settle(self, directory: Path, digests: Iterable[bytes]) -> None:
        """From now on keep the blocks in `directory`, those of `digests` included; raises BlockLost, OSError."""
        if directory == self._directory:
            return
        there = BlockFiles(directory)
        for digest in digests:
            there._adopt(digest, self._path(digest))
        self._directory = directory
        self.close()

    def close(self) -> None:
        """Remove the temporary directory, if that is where the blocks are."""
        if self._gone is not None:
            self._gone()

    def sweep(self, wanted: Set[bytes]) -> int:
        """Remove every block that is not wanted, and what a kill left half written; return how many went.

        Nobody may write meanwhile: a new block would not be wanted yet.
        """
        names = {digest.hex() for digest in wanted}
        unwanted = [path for path in self._files() if path.name not in names]
        for path in unwanted:
            path.unlink(missing_ok=True)
        return len(unwanted)

    def digests(self) -> set[bytes]:
        """Return the digests of every block that is kept."""
        return {bytes.fromhex(path.name) for path in self._files() if not path.suffix}

    def _files(self) -> list[Path]:
        return sorted(self._directory.glob("??/*")) if self._directory else []

    def _adopt(self, digest: bytes, source: Path) -> None:
        path = self._path(digest)
        if path.exists():
            return
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        if not source.exists():
            raise BlockLost(f"the block {digest.hex()} is lost")
        try:
            os.link(source, path)
        except OSError:
            # Another file system.
            self.keep(digest, source.read_bytes())

    def _path(self, digest: bytes) -> Path:
        name = digest.hex()
        return self._place() / name[:2] / name

    def _place(self) -> Path:
        if self._directory is None:
            with self._making:
                if self._directory is None:
                    made = Path(tempfile.mkdtemp(prefix="ec2kit-blocks-"))
                    self._gone = weakref.finalize(self, shutil.rmtree, made, ignore_errors=True)
                    self._directory = made
        return self._directory
