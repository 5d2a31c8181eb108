"""A claim from its first byte to its answer: who asks, what it shall be called, and that it is called so."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from hostname_service.assignments.patterns import Pattern
from hostname_service.assignments.rules import Assignments
from hostname_service.assignments.which import Origin, Word, candidates, first_given, taken_of, word_for
from hostname_service.claims.attesting import Believed, addresses_by, believe
from hostname_service.claims.binding import bind, may_take
from hostname_service.claims.ground import Ground
from hostname_service.claims.letting_go import RENAMED, let_go
from hostname_service.config.settings import AskAws
from hostname_service.errors import Held, Later, ServiceError, Unavailable
from hostname_service.identity.certificates import Signer
from hostname_service.identity.checks import Outage
from hostname_service.identity.verify import attest
from hostname_service.model import AuditEntry, Binding, BindingState, Deed, Document, MachineKey
from hostname_service.puppet.tokens import token_of

MEANWHILE = frozenset({"changed", "has-name"})
"""Reasons of `Held` that two claims of one machine, or a claim and a release, give each other: the next one is told."""


@dataclass(frozen=True)
class Told:
    """What a machine is told."""

    fqdn: str
    name: str
    token: str
    dns_done: bool


@dataclass(frozen=True)
class Claims:
    """Gives names. Any number of threads may claim at once: the registry decides between them."""

    ground: Ground
    trusted: Sequence[Signer]
    assignments: Callable[[], Assignments]
    outages: Sequence[Outage] = ()

    def claim(self, blob_text: str, source: str) -> Told:
        """Given the rsa2048 blob as it came and the address it came from, return the machine's name.

        Raises `ServiceError`; what is only away for a while is `Later`. However it ends, the audit has it, unless
        there were too many refusals.
        """
        document: Document | None = None
        try:
            document = attest(blob_text, self.trusted, self.ground.clock.now())
            believed = believe(self.ground, document, source, self.outages)
            binding = self._named(believed)
        except ServiceError as error:
            told = _as_told(error)
            self._refused(told, document, source)
            if told is error:
                raise
            raise told from error
        self.ground.tell(Deed.REPLAY if believed.again else Deed.CLAIM, "bound", binding, source=source)
        token = token_of(self.ground.secret, binding.machine, binding.pending_time, binding.fqdn)
        return Told(binding.fqdn, binding.name, token, binding.dns_done)

    def _named(self, believed: Believed) -> Binding:
        ground, document = self.ground, believed.document
        order = ground.registry.order_for(document.instance_id)
        word = word_for(
            document,
            self._tags(believed),
            order.fqdn if order else "",
            self.assignments(),
            ground.settings.zones,
        )
        held = ground.registry.binding_of(document.machine)
        names = candidates(word, held.fqdn if held else "", self._taken)
        return first_given(names, lambda fqdn: self._give(believed, fqdn, word))

    def _tags(self, believed: Believed) -> Mapping[str, str] | None:
        if believed.machine is not None:
            return believed.machine.tags
        return {} if self.ground.settings.aws is AskAws.OFF else None

    def _taken(self, pattern: Pattern) -> Sequence[str]:
        registry = self.ground.registry
        return taken_of(pattern, lambda after, most: [row.fqdn for row in registry.names(after, most)])

    def _give(self, believed: Believed, fqdn: str, word: Word) -> Binding:
        """Give one name; the machine's former one is let go when it shall have another and can."""
        ground, document = self.ground, believed.document
        wanted = Binding(
            fqdn=fqdn,
            machine=document.machine,
            region=document.region,
            addresses=self._addresses(believed),
            pending_time=document.pending_time,
            state=BindingState.RESERVED,
            since=ground.clock.now(),
        )
        ordered = word.origin is Origin.ORDER
        former = ground.registry.binding_of(document.machine)
        if former is not None and former.fqdn != fqdn and self._is_free(wanted, ordered):
            let_go(ground, former, RENAMED)
        return bind(ground, wanted, ordered=ordered)

    def _is_free(self, wanted: Binding, ordered: bool) -> bool:
        if may_take(self.ground, wanted, ordered) is not None:
            return True
        return self.ground.registry.binding(wanted.fqdn) is None

    def _addresses(self, believed: Believed) -> tuple[str, ...]:
        private = str(believed.document.private_ip)
        return addresses_by(believed.machine, private, public=self.ground.settings.public)

    def _refused(self, error: ServiceError, document: Document | None, source: str) -> None:
        deed = Deed.LATER if isinstance(error, Later) else Deed.REFUSE
        machine: MachineKey | None = document.machine if document else None
        now = self.ground.clock.now()
        try:
            self.ground.refuse(
                AuditEntry(now, deed, error.reason, "", machine, source=source, message=error.message)
            )
        except Unavailable:
            # The registry itself is away: the request's log line is all there is.
            return


def _as_told(error: ServiceError) -> ServiceError:
    """What a machine is told of an error: to come again, wherever that may help."""
    if isinstance(error, Unavailable):
        return Later(error.reason, error.message, retry_after=3)
    if isinstance(error, Held) and error.reason in MEANWHILE:
        return Later(error.reason, error.message)
    return error
