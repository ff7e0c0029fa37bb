"""The manager's part for trusting hosts: looking at the key of an SSH host, and accepting it by its fingerprint."""

from __future__ import annotations

from typing import TYPE_CHECKING

from audiotui.errors import InvalidInput, NotSupported
from audiotui.manager.base import Library

if TYPE_CHECKING:
    from pathlib import Path

    from audiotui.backends.hostkeys import HostKey
    from audiotui.backends.options import ScpOptions


class Trust(Library):
    """Host keys. Nothing is trusted without a fingerprint that somebody has seen."""

    def host_key(self, location: str) -> HostKey:
        """The key that the host of a location shows now, and whether it is trusted; no credential is sent to it.

        Of a host that is reached by way of others (ProxyJump): the first key on the way that is not trusted, which says
        where it ``leads_to``. Trust that, and look again.

        Raises:
            NotSupported: the location is no SSH host.
            Unreachable: the host does not answer.
        """
        from audiotui.backends.hostkeys import seen_key

        return seen_key(self._ssh_options(location), location=location)

    def trust_location(self, location: str, fingerprint: str) -> Path:
        """Trust the key with this fingerprint (``SHA256:...``) if the host shows it now; the file that says so.

        Raises:
            InvalidInput: the host shows another key.
            HostKeyChanged: another key of this host is trusted, or this one was revoked.
        """
        from audiotui.backends.hostkeys import trust

        key = self.host_key(location)
        if key.fingerprint != fingerprint.strip():
            raise InvalidInput(
                f"The host of {location} shows another key than the one to be trusted: {key.kind} {key.fingerprint}.",
                f"Compare it with the host's own: ssh-keygen -lf {key.host_file} shows it there.",
            )
        return trust(self._ssh_options(location), key, location=location)

    def _ssh_options(self, location: str) -> ScpOptions:
        from audiotui.backends.options import ScpOptions

        options = self._options(location)
        if not isinstance(options, ScpOptions):
            raise NotSupported(
                f"{location} ({options.kind}) has no host key: only locations of type scp have one.",
                "Nothing needs to be trusted there.",
                location=location,
            )
        return options
