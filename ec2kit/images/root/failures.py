"""Why a root file system was not made, read from the output, as an error that says what to do."""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path

from ec2kit.errors import Ec2kitError, UsageError
from ec2kit.images.recipes.architectures import Architecture
from ec2kit.images.root.command import RootSpec

SHOWN = 5
"""Lines of the output that are shown."""

NO_PACKAGE = re.compile(
    r"E: (?:Unable to locate package (?P<a>\S+)|Package '(?P<b>[^']+)' has no installation candidate"
    r"|Version '[^']*' for '(?P<c>[^']+)' was not found)"
)
NOT_FETCHED = re.compile(
    r"^(?:E: Failed to fetch|Err:|E: Unable to fetch|E: Some index files failed)", re.MULTILINE
)
FAILED_SUITE = re.compile(
    r"^E: Failed to fetch \S+/dists/(\S+?)/(?:\S+/binary-|InRelease|Release)", re.MULTILINE
)
NO_ROOM = re.compile(r"No space left on device|Disk quota exceeded|not have enough free space")
CHANGED = re.compile(r"NOSPLIT|Clearsigned file isn't valid|BADSIG|invalid signature")
"""apt's words for lists that are not what was signed; apt-secure(8) says `is not signed` after each of them."""
NO_KEY = re.compile(r"NO_PUBKEY|is not signed|keyring .* not found|couldn't be verified")
NO_IDS = re.compile(r"/etc/subuid|newuidmap|unshare.*(?:not permitted|failed)|cannot unshare")
CANNOT_RUN = re.compile(r"can neither be executed natively|Exec format error|qemu.*binfmt")
PROCESSORS = {
    Architecture.X86_64: "qemu-x86_64",
    Architecture.I386: "qemu-i386",
    Architecture.ARM64: "qemu-aarch64",
}
"""What qemu-user-static calls its formats."""
OURS = re.compile(r"^ec2kit: (.+)$", re.MULTILINE)


class MirrorFailed(Ec2kitError):
    """The mirror does not answer, or what it gives does not match its own lists."""


class ListsFailed(MirrorFailed):
    """Already the lists of these suites could not be read: nothing was installed, and no package is to blame."""

    def __init__(self, message: str, suites: frozenset[str], *, hint: str, resource: str) -> None:
        super().__init__(message, hint=hint, resource=resource)
        self.suites = suites


def failure(spec: RootSpec, command: str, output: str, log: Path) -> Ec2kitError:
    """Given what was wanted, the command as it can be pasted, and what it wrote (also to `log`), return the error."""
    recipe, architecture = spec.recipe, spec.architecture.debian
    what = f"the root file system of '{recipe.name}' for {architecture} was not made"
    told = "\n".join((*_last(output), f"all of its output: {log}", f"the command was: {command}"))
    if found := NO_PACKAGE.search(output):
        name = found["a"] or found["b"] or found["c"]
        return UsageError(
            f"recipe '{recipe.name}' wants the package '{name}', which {recipe.release} does not have for"
            f" {architecture}",
            hint=f"look for its name on a machine of that release: apt-cache search {name}",
            resource=recipe.name,
        )
    if NO_ROOM.search(output):
        hint = "it needs about 3 GB; TMPDIR names another place to work, EC2KIT_CACHE_DIR to keep it"
        return Ec2kitError(f"{what}: no space left on the disk", hint=hint, resource=recipe.name)
    if own := OURS.findall(output):
        return Ec2kitError(f"{what}: {own[-1]}\n{told}", hint="look at the recipe's hooks and packages")
    if CANNOT_RUN.search(output):
        message = f"{what}: this machine cannot run programs for {architecture}"
        return Ec2kitError(message, hint=_how_to_run(spec.architecture), resource=recipe.name)
    if NO_IDS.search(output):
        hint = "apt-get install uidmap, and give this user a range in /etc/subuid and /etc/subgid; or run it as root"
        return Ec2kitError(f"{what}: this user has no ids of its own to map\n{told}", hint=hint)
    if CHANGED.search(output) and "NO_PUBKEY" not in output:
        return MirrorFailed(
            f"{what}: what the mirror gave is not what the archive signed\n{told}",
            hint="look at it with curl: a proxy or a log-in page may answer instead; or name another `mirror: URL`",
            resource=recipe.name,
        )
    if NO_KEY.search(output):
        from ec2kit.images.recipes.releases import DISTRIBUTIONS

        keyring = DISTRIBUTIONS[recipe.release.distribution].keyring
        return MirrorFailed(
            f"{what}: the archive's signature is not known here\n{told}", hint=f"apt-get install {keyring}"
        )
    if NOT_FETCHED.search(output):
        hint = "try again later, or name another mirror in the recipe: `mirror: URL`"
        message = f"{what}: the package mirror failed\n{told}"
        if "extracting archives" in output:
            return MirrorFailed(message, hint=hint, resource=recipe.name)
        suites = frozenset(FAILED_SUITE.findall(output))
        return ListsFailed(message, suites, hint=hint, resource=recipe.name)
    return Ec2kitError(f"{what}\n{told}", resource=recipe.name)


def _how_to_run(architecture: Architecture) -> str:
    """What makes this machine's kernel run programs of another processor by QEMU."""
    formats = "/proc/sys/fs/binfmt_misc"
    return (
        "apt-get install qemu-user-static; where no systemd registers it, as root: "
        f"mount -t binfmt_misc binfmt_misc {formats}; "
        f"cat /usr/lib/binfmt.d/{PROCESSORS[architecture]}.conf >{formats}/register"
    )


def _last(output: str) -> Sequence[str]:
    """The last lines that say something: mmdebstrap's own good-byes come after the cause."""
    lines = [line.strip() for line in output.splitlines() if line.strip()]
    telling = [line for line in lines if line.startswith(("E:", "W:", "Err:", "ec2kit:", "dpkg: error"))]
    return (telling or lines)[-SHOWN:]
