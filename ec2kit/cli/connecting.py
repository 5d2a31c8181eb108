"""Which AWS a command goes to: the settings in order, and the practice AWS instead when that was asked for."""

from __future__ import annotations

from collections.abc import MutableMapping
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from ec2kit.aws import Aws, Target
    from ec2kit.cli.context import Context
    from ec2kit.config import Setting
    from ec2kit.host.network import Dialer
    from ec2kit.sandbox.process import Address

PATIENCE, LEAST_PATIENCE = 5.0, 0.5
"""Real seconds that a probe waits for a reply; for a machine that is silent in a sandbox whose time runs faster, fewer,
down to the second. What the sandbox does answer is waited for in full: a busy host must not read as a sick one."""
NO = frozenset({"", "0", "no", "false", "off"})
YES = frozenset({"1", "yes", "true", "on"})


def sandbox_name(setting: Setting | None) -> str:
    """Given `--sandbox`, `EC2KIT_SANDBOX` or the key, return the sandbox's name; empty when it says no."""
    word = setting.text.strip() if setting else ""
    if word.lower() in NO:
        return ""
    return "default" if word.lower() in YES else word


def connect_to(context: Context, region: str = "") -> Aws:
    """AWS in a region (empty: the one that counts); raises `UsageError` without one."""
    from ec2kit.aws import connect

    around = context.surroundings
    target = _sandbox_target(context, region) if context.sandbox else _target(context, region)
    return connect(target, context.clock, around.session() if around.session else None)


def regions_of(context: Context) -> tuple[str, ...]:
    """The regions that a reading command was given: as typed, all enabled ones, or the one that counts (empty)."""
    typed = context.options.region
    if "all" in typed or (not typed and _region(context) == "all"):
        first = connect_to(context, "" if _region(context) not in ("", "all") else "us-east-1")
        return tuple(first.network.regions())
    return tuple(dict.fromkeys(typed)) or ("",)


def dialer_of(context: Context) -> Dialer:
    """What probes dial through: `probe_proxy`, and always the sandbox itself on a sandbox."""
    from ec2kit.host.network import Dialer

    if context.surroundings.dialer is not None:
        return context.surroundings.dialer
    aws = context.everywhere()[0]
    found = context.setting("probe_proxy")
    # Whoever answered as a sandbox has machines that exist nowhere else: their addresses are never dialled.
    if aws.account and aws.sandbox:
        # A silence is waited for in real time, during which the sandbox's own runs on, many times as fast.
        silence = max(LEAST_PATIENCE, PATIENCE / context.clock.speed)
        return Dialer(aws.endpoint, max(PATIENCE, silence), silence=silence)
    return Dialer(found.text if found else None, PATIENCE)


def start_sandbox(context: Context, name: str) -> Address:
    """The sandbox of this name, started when it does not run; raises `Ec2kitError` when it cannot be."""
    from ec2kit.host.paths import make_state_directory, runtime_directory
    from ec2kit.sandbox import process

    state = make_state_directory(context.state_directory)
    return process.start(name, state_dir=state, runtime_dir=runtime_directory(context.surroundings.environ))


def leave_real_aws(environ: MutableMapping[str, str]) -> None:
    """Take out of the environment all by which botocore could find a real credential or another endpoint."""
    for name in [name for name in environ if name.startswith("AWS_") and not name.endswith("REGION")]:
        del environ[name]
    environ["AWS_CONFIG_FILE"] = environ["AWS_SHARED_CREDENTIALS_FILE"] = "/dev/null"
    environ["AWS_EC2_METADATA_DISABLED"] = "true"


def _region(context: Context) -> str:
    found = context.setting("region")
    return found.text if found else ""


def _target(context: Context, region: str) -> Target:
    from ec2kit.aws import Target

    profile = context.setting("profile")
    # botocore reads AWS_DEFAULT_REGION only; version 2 of the AWS CLI and the other SDKs read AWS_REGION.
    usual = context.surroundings.environ.get("AWS_REGION", "")
    return Target(region=region or _region(context) or usual, profile=profile.text if profile else "")


def _sandbox_target(context: Context, region: str) -> Target:
    """The sandbox's endpoint and dummy keys. Its region is its own unless one was asked for with ec2kit's words."""
    from ec2kit.aws import Target
    from ec2kit.sandbox import ACCESS_KEY, REGION, SECRET_KEY

    leave_real_aws(context.surroundings.environ)
    address = start_sandbox(context, context.sandbox)
    return Target(
        region=region or _region(context) or REGION,
        endpoint=address.endpoint,
        access_key=ACCESS_KEY,
        secret_key=SECRET_KEY,
    )
