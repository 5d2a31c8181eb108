"""Instance types and their offerings, in pages."""

from collections.abc import Callable
from typing import Any

from moto.core.responses import ActionResult
from moto.ec2.responses.instances import InstanceResponse

from ec2kit.sandbox.rules import patching
from ec2kit.sandbox.rules.pages import page


def _describe_types(_original: Any) -> Callable[[Any], ActionResult]:
    def describe_instance_types(self: Any) -> ActionResult:
        self.error_on_dryrun()
        found = self.ec2_backend.describe_instance_types(
            self._get_param("InstanceTypes", []), self._filters_from_querystring()
        )
        # API Reference, DescribeInstanceTypes: MaxResults is 5 to 100.
        shown, token = page(found, self._get_param("MaxResults"), self._get_param("NextToken"), (5, 100))
        return ActionResult({"InstanceTypes": shown, "NextToken": token})

    return describe_instance_types


def _describe_offerings(_original: Any) -> Callable[[Any], ActionResult]:
    def describe_instance_type_offerings(self: Any) -> ActionResult:
        self.error_on_dryrun()
        found = self.ec2_backend.describe_instance_type_offerings(
            self._get_param("LocationType"), self._filters_from_querystring()
        )
        shown, token = page(found, self._get_param("MaxResults"), self._get_param("NextToken"))
        return ActionResult({"InstanceTypeOfferings": shown, "NextToken": token})

    return describe_instance_type_offerings


def install() -> None:
    """moto answers with everything at once, whatever MaxResults says: two seconds of work for one page."""
    patching.replace(InstanceResponse, "describe_instance_types", _describe_types)
    patching.replace(InstanceResponse, "describe_instance_type_offerings", _describe_offerings)
