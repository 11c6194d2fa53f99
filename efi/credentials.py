"""What stands beside an image and nobody signs: where the control plane is, a join token, labels. They only choose."""

from __future__ import annotations

from dataclasses import dataclass, replace

PREFIX = "hardpan."
TOKEN = f"{PREFIX}token"


@dataclass(frozen=True)
class Credentials:
    """Where the control plane is, a join token as `name:seed`, and labels. They choose, and give no trust."""

    gateway: str
    token: str
    labels: dict[str, str]

    def by_name(self) -> dict[str, str]:
        """As the node looks for them."""
        named = {"gateway": self.gateway, "token": self.token}
        named |= {f"label.{name}": value for name, value in sorted(self.labels.items())}
        return {f"{PREFIX}{name}": value for name, value in named.items() if value}

    def words(self) -> tuple[str, ...]:
        """As the kernel line has them."""
        return tuple(f"{name}={value}" for name, value in self.by_name().items())

    def files(self) -> dict[str, bytes]:
        """As a medium has them."""
        return {name: value.encode() for name, value in self.by_name().items()}

    def without_token(self) -> Credentials:
        """The same for machines that are approved by hand."""
        return replace(self, token="")
