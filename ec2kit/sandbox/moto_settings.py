"""moto's switches, set in the environment before moto is imported, and the version that the rules were written for."""

import os

from ec2kit.errors import Ec2kitError

MINOR = "5.2."
# 5.2.5 split moto's request routing off into the module that the sandbox asks for the names of REST actions.
OLDEST_PATCH = 5

SWITCHES = {
    # 1,300 images and their snapshots of other accounts would fill every list, and the first call take 2 s more.
    "MOTO_EC2_LOAD_DEFAULT_AMIS": "false",
    # AWS refuses unknown images, key pairs and types; moto only when told.
    "MOTO_ENABLE_AMI_VALIDATION": "true",
    "MOTO_ENABLE_KEYPAIR_VALIDATION": "true",
    "MOTO_EC2_ENABLE_INSTANCE_TYPE_VALIDATION": "true",
    # No browser talks to the sandbox.
    "MOTO_DISABLE_GLOBAL_CORS": "true",
}


def apply() -> None:
    """Set every switch that the environment does not already set."""
    for name, value in SWITCHES.items():
        os.environ.setdefault(name, value)


def require_known_moto() -> None:
    """Raise Ec2kitError unless the moto that is installed is one that the rules fit."""
    # Late: a fifth of the time that `ec2kit sandbox status` may take.
    from importlib.metadata import PackageNotFoundError, version

    hint = "pip install 'ec2kit[sandbox]'"
    try:
        found = version("moto")
    except PackageNotFoundError:
        raise Ec2kitError("the sandbox needs moto, which is not installed", hint=hint) from None
    patch = found.removeprefix(MINOR)
    if not found.startswith(MINOR) or not patch.isdigit() or int(patch) < OLDEST_PATCH:
        wanted = f"{MINOR}{OLDEST_PATCH} or a later {MINOR}x"
        raise Ec2kitError(f"the sandbox changes moto {wanted}, and this is moto {found}", hint=hint)
