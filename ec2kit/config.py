"""`ec2kit.yaml`: parsing its text, and what counts when a setting is given in several places.

Flag > environment (`EC2KIT_` + the option's name) > project file > user file > system file. Reading the files
is the caller's work. Nothing here imports the rest of ec2kit, errors included: `ConfigError` says all.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, fields, replace
from difflib import get_close_matches
from functools import reduce
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import yaml

SETTINGS: Mapping[str, str] = {
    "region": "the AWS region",
    "profile": "the AWS profile",
    "output": "the output format: table, json, jsonl, tsv, csv or ids",
    "columns": "the columns of lists, separated by commas",
    "max": "how many machines may be changed without asking: a number, or a share such as 30%",
    "timeout": "how long to wait at most: 30m, 2h",
    "sandbox": "the practice AWS to work on: 1, or a name",
    "state_dir": "where history, unfinished runs and samples are kept",
    "probe_proxy": "the HTTP proxy that probes dial through",
}
"""The settings with one value: `probe_proxy` in a file is the variable `EC2KIT_PROBE_PROXY`, and so with a flag."""


HOSTNAME: Mapping[str, str] = {
    "url": "where machines ask the hostname service for their names: https://HOST:PORT",
    "ca": "the file with the CA that its certificate leads to",
    "puppet": "the Puppet server that machines enrol with at the end of their first boot",
    "operator": "where operators are heard: unix:PATH, or https://HOST:PORT",
    "cert": "an operator's certificate, for https",
    "key": "its key",
}
"""The keys under `hostname:`; `hostname.url` is the variable `EC2KIT_HOSTNAME_URL`. Files are relative to where ec2kit
is run."""


class ConfigError(ValueError):
    """A configuration file that cannot be understood: `message` names file and line, `hint` what to do."""

    def __init__(self, message: str, hint: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint


@dataclass(frozen=True)
class LaunchProfile:
    """What a launch takes when the command line does not say; empty means not set here."""

    image: str = ""
    type: tuple[str, ...] = ()
    """One, or several in the order to try them when there is no capacity."""
    key: str = ""
    subnets: tuple[str, ...] = ()
    groups: tuple[str, ...] = ()
    instance_profile: str = ""

    def over(self, below: LaunchProfile) -> LaunchProfile:
        """This profile, with what it does not set taken from the one below it."""
        unset = {
            item.name: getattr(below, item.name) for item in fields(self) if not getattr(self, item.name)
        }
        return replace(self, **unset)


@dataclass(frozen=True)
class Setting:
    """A setting's text and where it was found: `ec2kit.yaml:3`, or `EC2KIT_REGION`."""

    text: str
    source: str


@dataclass(frozen=True)
class Config:
    """One file, or several merged."""

    settings: Mapping[str, Setting] = field(default_factory=dict)
    defaults: LaunchProfile = LaunchProfile()
    launch: Mapping[str, LaunchProfile] = field(default_factory=dict)
    hostname: Mapping[str, Setting] = field(default_factory=dict)
    """By the keys of `HOSTNAME`."""

    def over(self, below: Config) -> Config:
        """This file, with what it does not set taken from the one below it."""
        names = (*self.launch, *(name for name in below.launch if name not in self.launch))
        empty = LaunchProfile()
        return Config(
            {**below.settings, **self.settings},
            self.defaults.over(below.defaults),
            {name: self.launch.get(name, empty).over(below.launch.get(name, empty)) for name in names},
            {**below.hostname, **self.hostname},
        )

    def profile(self, name: str) -> LaunchProfile:
        """What `launch NAME` takes: the profile of that name if there is one, over the defaults."""
        return self.launch.get(name, LaunchProfile()).over(self.defaults)

    def setting(self, name: str, flag: str | None, environ: Mapping[str, str]) -> Setting | None:
        """Given a setting's name and its flag's value, return the one that counts; an empty variable is not set."""
        if flag is not None:
            return Setting(flag, "--" + name.replace("_", "-"))
        variable = "EC2KIT_" + name.upper()
        if environ.get(variable):
            return Setting(environ[variable], variable)
        return self.settings.get(name)

    def hostname_setting(self, name: str, flag: str | None, environ: Mapping[str, str]) -> str:
        """Given a key of `HOSTNAME` and its flag's value, return what counts; empty: nobody set it."""
        if flag is not None:
            return flag
        found = self.hostname.get(name)
        return environ.get(f"EC2KIT_HOSTNAME_{name.upper()}") or (found.text if found else "")


def merge(files: Sequence[Config]) -> Config:
    """Given files in the order project, user, system, return what they say together."""
    return reduce(lambda upper, lower: upper.over(lower), files, Config())


def parse_config(text: str, file: str) -> Config:
    """Given the text of an `ec2kit.yaml`, return what it says; raises `ConfigError` with `file` and the line."""
    import yaml

    try:
        root = yaml.compose(text, Loader=yaml.SafeLoader)
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        line = f":{mark.line + 1}" if mark is not None else ""
        problem = getattr(error, "problem", None) or str(error).splitlines()[0]
        hint = "indent with spaces, and quote text with colons"
        raise ConfigError(f"{file}{line}: not YAML: {problem}", hint) from error
    if root is None:
        return Config()
    config = Config()
    for name, node in _entries(root, file):
        if name == "defaults":
            config = replace(config, defaults=_launch_profile(node, file))
        elif name == "launch":
            config = replace(
                config, launch={key: _launch_profile(item, file) for key, item in _entries(node, file)}
            )
        elif name == "hostname":
            config = replace(config, hostname=_hostname(node, file))
        elif name in SETTINGS:
            found = Setting(_SETTING_TYPES.get(name, _word)(node, file, name), f"{file}:{_line(node)}")
            config = replace(config, settings={**config.settings, name: found})
        else:
            raise _unknown(name, ("defaults", "launch", "hostname", *SETTINGS), node, file)
    return config


def _hostname(node: yaml.Node, file: str) -> dict[str, Setting]:
    found: dict[str, Setting] = {}
    for name, item in _entries(node, file):
        if name not in HOSTNAME:
            raise _unknown(name, tuple(HOSTNAME), item, file)
        found[name] = Setting(_word(item, file, name), f"{file}:{_line(item)}")
    return found


def _launch_profile(node: yaml.Node, file: str) -> LaunchProfile:
    values: dict[str, Any] = {}
    known = {item.name: item for item in fields(LaunchProfile)}
    for name, item in _entries(node, file):
        if name not in known:
            raise _unknown(name, tuple(known), item, file)
        one = isinstance(known[name].default, str)
        values[name] = _word(item, file, name) if one else _words(item, file, name)
    return LaunchProfile(**values)


def _entries(node: yaml.Node, file: str) -> list[tuple[str, yaml.Node]]:
    """The keys and values of a mapping, each key once (YAML would silently take the last)."""
    import yaml

    if node.tag == "tag:yaml.org,2002:null":
        return []
    if not isinstance(node, yaml.MappingNode):
        raise ConfigError(f"{file}:{_line(node)}: expected `name: value` lines")
    seen: dict[str, yaml.Node] = {}
    for key, value in node.value:
        name = str(key.value)
        if name in seen:
            raise ConfigError(f"{file}:{_line(key)}: '{name}' is given twice", "keep one of them")
        seen[name] = value
    return list(seen.items())


def _word(node: yaml.Node, file: str, name: str) -> str:
    import yaml

    if not isinstance(node, yaml.ScalarNode) or not str(node.value):
        raise ConfigError(f"{file}:{_line(node)}: '{name}' wants one value")
    return str(node.value)


def _words(node: yaml.Node, file: str, name: str) -> tuple[str, ...]:
    import yaml

    if isinstance(node, yaml.SequenceNode):
        return tuple(_word(item, file, name) for item in node.value)
    return tuple(part.strip() for part in _word(node, file, name).split(",") if part.strip())


def _joined(node: yaml.Node, file: str, name: str) -> str:
    return ",".join(_words(node, file, name))


_SETTING_TYPES: Mapping[str, Callable[[yaml.Node, str, str], str]] = {"columns": _joined}


def _unknown(name: str, known: Sequence[str], node: yaml.Node, file: str) -> ConfigError:
    near = get_close_matches(name, known, 1)
    hint = f"did you mean `{near[0]}`?" if near else f"the keys here are: {', '.join(known)}"
    return ConfigError(f"{file}:{_line(node)}: unknown key '{name}'", hint)


def _line(node: yaml.Node) -> int:
    return int(node.start_mark.line) + 1
