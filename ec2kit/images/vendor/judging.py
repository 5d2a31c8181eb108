"""Whether a vendor's image can be customised as a recipe says, and what of it EC2 would miss. Pure.

What makes an instance useless is an error; what somebody may want all the same, or do without, is a warning that says
what it means.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from ec2kit.errors import UsageError
from ec2kit.images.recipes.architectures import Architecture
from ec2kit.images.recipes.recipe import Recipe
from ec2kit.images.recipes.releases import ANY
from ec2kit.images.root.ground import PUPPET
from ec2kit.images.root.kernel import DRIVERS
from ec2kit.images.vendor.facts import Facts, Kernel

NITRO, XEN = ("nvme", "ena"), ("xen-blkfront", "xen-netfront")
WANTED: Mapping[Architecture, tuple[str, ...]] = {
    # ixgbevf is not asked for: the types that have it run without.
    Architecture.X86_64: (*NITRO, *XEN),
    Architecture.I386: XEN,
    Architecture.ARM64: NITRO,
}
"""The drivers that EC2's types need, by architecture: all that runs 32 bits is Xen, all of arm64 is Nitro."""
DISKS = frozenset({"nvme", "xen-blkfront"})
"""Those that have to be in the initrd, unless they are built in: the root is behind them."""
HIDDEN = {
    "crypto_LUKS": (
        "encrypted (LUKS)",
        "an instance has nobody who types the passphrase; EBS encrypts volumes",
    ),
    "LVM2_member": ("in LVM", "take the vendor's image for clouds, which has its root on a partition"),
    "linux_raid_member": ("on a software RAID", "take the vendor's image for clouds"),
    "zfs_member": ("on ZFS", "ext4, xfs and btrfs can be customised; `image import` takes it as it is"),
}
"""blkid's words for what we do not look into, how a person calls it, and what can be done."""
AS_IT_IS = "`ec2kit image import` takes it as it is"


def require_root(facts: Facts, name: str) -> None:
    """Raise `UsageError` unless the disk has one root file system."""
    if len(facts.roots) == 1:
        return
    if facts.roots:
        where = ", ".join(each.device for each in facts.roots)
        raise UsageError(
            f"'{name}' has {len(facts.roots)} root file systems ({where}), and nothing says which is meant",
            hint="take an image of one system",
        )
    for kind, (what, hint) in HIDDEN.items():
        if any(each.kind == kind for each in facts.volumes):
            raise UsageError(f"the root file system of '{name}' cannot be reached: it is {what}", hint=hint)
    kinds = ", ".join(sorted({each.kind for each in facts.volumes} - {"-"})) or "nothing that is known"
    raise UsageError(
        f"'{name}' has no root file system of Linux; it holds {kinds}",
        hint=f"ext2 to ext4, xfs and btrfs can be customised; {AS_IT_IS}",
    )


def architecture_of(facts: Facts, asked: Architecture | None, recipe: Recipe, name: str) -> Architecture:
    """Given what was found and what was asked for, return the image's architecture; raises `UsageError`."""
    found = facts.architecture
    if found is None and asked is None:
        raise UsageError(
            f"nothing in '{name}' says for which architecture it is", hint="say it: --arch amd64"
        )
    if found and asked and found is not asked:
        raise UsageError(
            f"'{name}' is for {found.debian}, not for {asked.debian}",
            hint="leave --arch out, or take the vendor's other image",
        )
    architecture = found or asked or Architecture.X86_64
    if recipe.architectures and architecture not in recipe.architectures:
        among = ", ".join(each.debian for each in recipe.architectures)
        raise UsageError(
            f"'{name}' is for {architecture.debian}, and recipe '{recipe.name}' is not",
            hint=f"it is for {among}",
        )
    return architecture


def require_fit(facts: Facts, recipe: Recipe, name: str) -> None:
    """Raise `UsageError` when the image cannot become what the recipe says, before anything is changed."""
    require_system(facts, name)
    _require_release(facts, recipe, name)
    _require_packages(facts, recipe, name)
    if "programs" not in facts.have and _needs_programs(recipe):
        raise UsageError(
            f"the programs of '{name}' cannot run here, and accounts, services and hooks need them",
            hint="customise it on a machine of its own architecture; without a RECIPE it is cleaned and tested",
        )
    if recipe.remove and facts.packager != "dpkg":
        raise UsageError(
            f"recipe '{recipe.name}' removes packages, which is possible in images of Debian's kin only",
            hint=f"write what removes them in {facts.system} as a hook",
        )
    if recipe.kernel_arguments and "update-grub" not in facts.have:
        raise UsageError(
            f"the kernel's arguments cannot be changed in '{name}': it has no update-grub",
            hint="write what changes them there as a hook, such as `grubby --update-kernel=ALL --args=...`",
        )


def require_system(facts: Facts, name: str) -> None:
    """Raise `UsageError` for an image whose instances nobody could use; asked again when it is customised."""
    if "init" not in facts.have:
        raise UsageError(
            f"'{name}' has no init: nothing would start after the kernel",
            hint="a container's file system is no machine; take the vendor's image for clouds",
        )
    if "cloud-init" not in facts.have:
        raise UsageError(
            f"'{name}' has no cloud-init: its instances would get no SSH key, no hostname and no user data",
            hint=f"take the vendor's image for clouds (Debian calls it generic, not nocloud); {AS_IT_IS}",
        )


def warnings(facts: Facts, architecture: Architecture) -> tuple[str, ...]:
    """Given what was found, return what EC2 would miss, a sentence each with what it means."""
    found = [each for each in facts.kernels if each.starts]
    said: list[str] = []
    if not found:
        said.append(
            "no kernel has its own file and an initrd where Linux distributions keep them, so the drivers are not known"
        )
    for kernel in found:
        said += _missing(kernel, architecture)
    sources = data_sources(facts.cloud_config)
    if sources is not None and "Ec2" not in sources:
        named = ", ".join(sources) or "nothing"
        said.append(f"cloud-init looks for {named}, not for Ec2: no SSH key, hostname or user data on EC2")
    if "growpart" not in facts.have:
        said.append("there is no growpart: the root stays as large as it is, however large the volume")
    return tuple(said)


def data_sources(texts: Iterable[str]) -> tuple[str, ...] | None:
    """Given cloud-init's configuration in order, return where it looks for metadata; None: it tries all it knows."""
    import yaml

    found: tuple[str, ...] | None = None
    for text in texts:
        try:
            told = yaml.safe_load(text)
        except yaml.YAMLError:
            continue
        named = told.get("datasource_list") if isinstance(told, dict) else None
        if isinstance(named, list):
            found = tuple(map(str, named))
    return found


def _missing(kernel: Kernel, architecture: Architecture) -> list[str]:
    said = []
    for driver in WANTED[architecture]:
        how = kernel.drivers.get(driver)
        if how is None:
            said.append(f"kernel {kernel.version} has no driver {driver}: {DRIVERS[driver]}")
        elif (
            how == "module"
            and driver in DISKS
            and kernel.in_initrd is not None
            and driver not in kernel.in_initrd
        ):
            said.append(
                f"the initrd of kernel {kernel.version} lacks {driver}, behind which the root is: {DRIVERS[driver]}"
            )
    return said


def _needs_programs(recipe: Recipe) -> bool:
    parts = (recipe.files, recipe.users, recipe.enable, recipe.disable, recipe.hooks, recipe.remove)
    return any(parts) or recipe.puppet == "agent" or bool(recipe.kernel_arguments)


def _require_release(facts: Facts, recipe: Recipe, name: str) -> None:
    if recipe.release == ANY:
        return
    found = (facts.release.get("ID", ""), facts.release.get("VERSION_CODENAME", ""))
    if found != (recipe.release.distribution, recipe.release.suite):
        raise UsageError(
            f"recipe '{recipe.name}' is for {recipe.release}, and '{name}' is {facts.system}",
            hint="write a recipe without `release` and `extends`, which goes over any image",
        )


def _require_packages(facts: Facts, recipe: Recipe, name: str) -> None:
    """Nothing is installed here: there is no network, and a vendor's image has its own sources."""
    installed = {each.name for each in facts.packages}
    installed |= {f"{each.name}={each.version}" for each in facts.packages}
    wanted = [*recipe.packages, *([PUPPET] if recipe.puppet == "agent" else [])]
    if wanted and not facts.packager:
        raise UsageError(f"nobody can say which packages '{name}' has: it has neither dpkg nor rpm")
    missing = sorted({each for each in wanted if _plain(each) not in installed})
    if missing:
        raise UsageError(
            f"'{name}' lacks packages of recipe '{recipe.name}': {', '.join(missing)}",
            hint="nothing is installed into a vendor's image; let cloud-init do it at the first boot (`packages:` in "
            "user data), or build from a mirror: a recipe with a `release`, without --from",
        )


def _plain(package: str) -> str:
    """As apt-get takes it (`name:arch`, `name/suite`, `name=version`), without what only an installation needs."""
    name, equals, version = package.partition("=")
    return name.partition("/")[0].partition(":")[0] + equals + version
