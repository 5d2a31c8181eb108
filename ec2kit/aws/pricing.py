"""AWS's price list: GetProducts, which costs nothing and asks for `pricing:GetProducts`.

Each product comes as JSON in a string (Price List API Reference, GetProducts); what it means is `ec2kit.costs.prices`'.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from ec2kit.aws.door import Door
from ec2kit.errors import Ec2kitError

MOST_PAGES = 100
"""Of one question, 10,000 products: what has more was asked for without saying what."""


@dataclass(frozen=True)
class Pricing:
    """The price list of all regions, whatever region is asked."""

    door: Door

    def products(self, service: str, attributes: Mapping[str, str]) -> Iterator[str]:
        """Yield the products of a service (`AmazonEC2`, …) that have all of these attributes, each as JSON."""
        filters = [
            {"Type": "TERM_MATCH", "Field": name, "Value": value} for name, value in attributes.items()
        ]
        more: dict[str, str] = {}
        for _ in range(MOST_PAGES):
            page = self.door.read(
                self.door.clients.pricing.get_products,
                ServiceCode=service,
                FormatVersion="aws_v1",
                Filters=filters,
                **more,
            )
            yield from page.get("PriceList", ())
            if not page.get("NextToken"):
                return
            more = {"NextToken": page["NextToken"]}
        asked = ", ".join(f"{name} {value}" for name, value in attributes.items())
        raise Ec2kitError(f"AWS's price list has more than {MOST_PAGES} pages for {asked}")
