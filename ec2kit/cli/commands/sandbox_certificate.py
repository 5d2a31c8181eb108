"""`ec2kit sandbox certificate`: what a hostname service has to trust to serve machines of the practice AWS."""

from __future__ import annotations

from ec2kit.cli.commands.sandbox import running_sandbox
from ec2kit.cli.context import Context
from ec2kit.cli.options import practises


@practises
def certificate(context: Context) -> None:
    """Print the certificate that signs the practice AWS's identity documents, as PEM.

    AWS publishes its own for each region, and a hostname service knows those. To serve the practice AWS it is told to
    trust this one: a file named by the region, in the directory of its setting `certificates`. A sandbox keeps its
    certificate until it is forgotten.

    \b
    ec2kit sandbox certificate > certificates/eu-west-1.pem
    """
    context.write(running_sandbox(context).control().certificate())
