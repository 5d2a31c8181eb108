"""`ec2kit.yaml`: what it may say, what counts when it is said twice, and which line is wrong."""

import pytest

from ec2kit.config import Config, ConfigError, LaunchProfile, Setting, merge, parse_config

WHOLE = """\
region: eu-west-1
columns: [id, name]
defaults: {image: ami-1, type: [t3.small, t3a.small], key: ops}
launch:
  web:
    groups: web, ssh
    instance_profile: web
"""


def test_a_whole_file_is_read_with_its_lines() -> None:
    config = parse_config(WHOLE, "ec2kit.yaml")

    assert config.settings["region"] == Setting("eu-west-1", "ec2kit.yaml:1")
    assert config.settings["columns"].text == "id,name"
    assert config.defaults == LaunchProfile(image="ami-1", type=("t3.small", "t3a.small"), key="ops")
    assert config.profile("web") == LaunchProfile(
        image="ami-1",
        type=("t3.small", "t3a.small"),
        key="ops",
        groups=("web", "ssh"),
        instance_profile="web",
    )
    assert config.profile("other") == config.defaults


@pytest.mark.parametrize("text", ["", "\n# nothing\n", "---\n"])
def test_an_empty_file_says_nothing(text: str) -> None:
    assert parse_config(text, "f") == Config()


@pytest.mark.parametrize(
    "text,message,hint",
    [
        ("regoin: x\n", "f:1: unknown key 'regoin'", "did you mean `region`?"),
        ("\nlaunch:\n  web:\n    imge: x\n", "f:4: unknown key 'imge'", "did you mean `image`?"),
        ("region: a\nregion: b\n", "f:2: 'region' is given twice", "keep one of them"),
        ("region:\n", "f:1: 'region' wants one value", ""),
        ("region: [a, b]\n", "f:1: 'region' wants one value", ""),
        ("- a\n", "f:1: expected `name: value` lines", ""),
        ("launch: web\n", "f:1: expected `name: value` lines", ""),
        ("region: 'x\n", "f:2: not YAML", "indent with spaces"),
        ("a: b: c\n", "f:1: not YAML", "indent with spaces"),
        ("region: \x00\n", "f", ""),
    ],
)
def test_what_is_wrong_is_named_with_file_and_line(text: str, message: str, hint: str) -> None:
    with pytest.raises(ConfigError) as raised:
        parse_config(text, "f")

    assert raised.value.message.startswith(message)
    assert raised.value.hint.startswith(hint)


def test_numbers_and_booleans_are_taken_as_typed() -> None:
    config = parse_config("max: 30%\nsandbox: yes\ntimeout: 90\n", "f")

    assert {name: setting.text for name, setting in config.settings.items()} == {
        "max": "30%",
        "sandbox": "yes",
        "timeout": "90",
    }


def test_flag_then_variable_then_project_then_user_then_system() -> None:
    files = merge([parse_config(f"region: {name}\n", name) for name in ("project", "user", "system")])
    system_only = merge([Config(), Config(), parse_config("region: system\n", "system")])

    assert files.setting("region", "flag", {"EC2KIT_REGION": "variable"}) == Setting("flag", "--region")
    assert files.setting("region", None, {"EC2KIT_REGION": "variable"}) == Setting(
        "variable", "EC2KIT_REGION"
    )
    assert files.setting("region", None, {"EC2KIT_REGION": ""}) == Setting("project", "project:1")
    assert system_only.setting("region", None, {}) == Setting("system", "system:1")
    assert Config().setting("region", None, {}) is None


def test_launch_profiles_merge_key_by_key() -> None:
    project = parse_config("launch: {web: {type: t3.large}}\n", "project")
    user = parse_config(
        "defaults: {key: me}\nlaunch: {web: {type: t3.nano, image: ami-1}, db: {key: db}}\n", "user"
    )

    merged = merge([project, user])

    assert merged.profile("web") == LaunchProfile(image="ami-1", type=("t3.large",), key="me")
    assert merged.profile("db").key == "db"


def test_the_hostname_service() -> None:
    below = parse_config("hostname: {url: 'https://a', ca: a.pem}", "system")
    config = parse_config("hostname:\n  url: https://b\n", "f").over(below)

    assert config.hostname_setting("url", None, {}) == "https://b"
    assert config.hostname_setting("ca", None, {}) == "a.pem"
    assert config.hostname_setting("ca", None, {"EC2KIT_HOSTNAME_CA": "c.pem"}) == "c.pem"
    assert config.hostname_setting("url", "https://d", {"EC2KIT_HOSTNAME_URL": "https://c"}) == "https://d"
    assert config.hostname_setting("operator", None, {}) == ""
    with pytest.raises(ConfigError, match="f:1: unknown key 'uri'"):
        parse_config("hostname: {uri: x}", "f")
