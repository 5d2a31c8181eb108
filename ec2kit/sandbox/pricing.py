"""The Price List API in the sandbox: GetProducts, DescribeServices and GetAttributeValues over its invented list, which
is published anew each month.

Filters are TERM_MATCH, whole values in any case; several must all hold (API Reference, GetProducts).
"""

from __future__ import annotations

import base64
import binascii
import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

from ec2kit.model.regions import LOCATIONS
from ec2kit.sandbox.calls import Call
from ec2kit.sandbox.price_list import Place, Product, addresses, dated, machines, storage
from ec2kit.sandbox.shapes import AwsError, error_answer
from ec2kit.sandbox.wire import Answer, Request
from ec2kit.sandbox.world import current

PLACES = {region: location for location, region in LOCATIONS.items()}
"""A region's location, the newest name of those that it had."""
MOST = 100
"""Products in an answer (API Reference: MaxResults, 1 to 100)."""
Params = Mapping[str, Any]


class Refused(Exception):
    """What the caller did wrong."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code


class PricingService:
    """Answers the calls of the service `pricing`."""

    def __init__(self, types: Callable[[], Sequence[str]]) -> None:
        """`types` are the instance types that are sold."""
        self._types = types
        self._actions: dict[str, Callable[[Params], dict[str, Any]]] = {
            "GetProducts": self._products,
            "DescribeServices": self._services,
            "GetAttributeValues": self._values,
        }

    def knows(self, action: str) -> bool:
        """Whether it answers this action."""
        return action in self._actions

    def answer(self, call: Call, request: Request, request_id: str) -> Answer:
        """Answer one call; what the caller did wrong is an answer too."""
        try:
            told = self._actions[call.action](_params(request))
        except Refused as refused:
            return error_answer(call, AwsError(refused.code, str(refused)), request_id)
        headers = (("Content-Type", "application/x-amz-json-1.1"), ("x-amzn-RequestId", request_id))
        return Answer(200, headers, json.dumps(told).encode())

    def _products(self, params: Params) -> dict[str, Any]:
        service = params.get("ServiceCode")
        if service not in ("AmazonEC2", "AmazonVPC"):
            raise Refused("NotFoundException", f"Service {service} is not available in this practice AWS")
        if params.get("FormatVersion", "aws_v1") != "aws_v1":
            raise Refused("InvalidParameterException", "FormatVersion must be aws_v1")
        filters = params.get("Filters") or []
        if not isinstance(filters, list):
            raise Refused("SerializationException", "Filters is no list")
        wanted = [_filter(each) for each in filters]
        now = current().clock.now()
        published = now.replace(day=1, hour=0, minute=0, second=0, microsecond=0)
        sold = self._sold(str(service), wanted)
        found = [json.dumps(dated(each, published)) for each in sold if _matches(each, wanted)]
        return self._page("PriceList", found, params)

    def _services(self, params: Params) -> dict[str, Any]:
        services = [
            {"ServiceCode": "AmazonEC2", "AttributeNames": ["instanceType", "regionCode", "volumeApiName"]},
            {"ServiceCode": "AmazonVPC", "AttributeNames": ["group", "regionCode"]},
        ]
        asked = params.get("ServiceCode")
        found = [each for each in services if asked in (None, each["ServiceCode"])]
        return {**self._page("Services", found, params), "FormatVersion": "aws_v1"}

    def _values(self, params: Params) -> dict[str, Any]:
        known = {"instanceType": sorted(self._types()), "regionCode": sorted(set(LOCATIONS.values()))}
        values = known.get(str(params.get("AttributeName")), [])
        return self._page("AttributeValues", [{"Value": each} for each in values], params)

    def _sold(self, service: str, wanted: Sequence[tuple[str, str]]) -> Iterator[Product]:
        """What may match: a list of everything has half a million rows."""
        asked = dict(wanted)
        for region, location in PLACES.items():
            place = Place(region, location)
            if not _may(asked, "regionCode", region) or not _may(asked, "location", location):
                continue
            if service == "AmazonVPC":
                yield from addresses(place)
                continue
            for type_ in self._types():
                if _may(asked, "instanceType", type_):
                    yield from machines(place, type_)
            yield from storage(place)

    def _page(self, name: str, found: Sequence[Any], params: Params) -> dict[str, Any]:
        most = params.get("MaxResults", MOST)
        if not isinstance(most, int) or not 1 <= most <= MOST:
            raise Refused("InvalidParameterException", f"MaxResults must be from 1 to {MOST}")
        begin = _offset(params.get("NextToken"), len(found))
        told: dict[str, Any] = {"FormatVersion": "aws_v1", name: list(found[begin : begin + most])}
        if begin + most < len(found):
            told["NextToken"] = base64.b64encode(f"{begin + most}/{len(found)}".encode()).decode()
        return told


def _params(request: Request) -> Params:
    try:
        found = json.loads(request.body or b"{}")
    except ValueError as error:
        raise Refused("SerializationException", "the body is no JSON") from error
    return found if isinstance(found, Mapping) else {}


def _filter(each: Any) -> tuple[str, str]:
    if not isinstance(each, Mapping) or each.get("Type") != "TERM_MATCH":
        raise Refused("InvalidParameterException", "Filter type must be TERM_MATCH")
    return str(each.get("Field", "")), str(each.get("Value", ""))


def _may(asked: Mapping[str, str], field: str, value: str) -> bool:
    return asked.get(field, value).casefold() == value.casefold()


def _matches(product: Product, wanted: Sequence[tuple[str, str]]) -> bool:
    inner = product["product"]
    known = {**inner["attributes"], "productFamily": inner.get("productFamily", ""), "sku": inner["sku"]}
    known["ServiceCode"] = product["serviceCode"]
    return all(known.get(field, "").casefold() == value.casefold() for field, value in wanted)


def _offset(token: object, total: int) -> int:
    if token is None:
        return 0
    try:
        begin, _, whole = base64.b64decode(str(token), validate=True).decode().partition("/")
        if int(whole) == total and 0 < int(begin) < total:
            return int(begin)
    except (ValueError, binascii.Error):
        pass
    raise Refused("InvalidNextTokenException", "The pagination token is invalid. Try again without one.")
