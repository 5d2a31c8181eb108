"""The files of `examples/` are read by the code that reads a person's."""

from dataclasses import asdict

from ec2kit.config import parse_config
from tests.repository.files import ROOT


def test_the_configuration_file_means_what_its_remarks_say() -> None:
    config = parse_config((ROOT / "examples" / "ec2kit.yaml").read_text(), "ec2kit.yaml")

    web, other = config.profile("web"), config.profile("mail")
    assert web.type == ("t3.medium", "t3a.medium")
    assert (web.key, other.key, other.type) == ("ops", "ops", ("t3.small",))
    assert config.settings["max"].text == "30%"
    assert [name for name, value in asdict(web).items() if not value] == [], "the example shows every key"


def test_every_example_is_read_by_a_test() -> None:
    read = {"README.md", "ec2kit.yaml"}

    assert {path.name for path in (ROOT / "examples").iterdir()} == read
