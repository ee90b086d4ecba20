"""`python -m tests.node.consensus.machine FIRST:LAST`: run seeds; print each that fails, then a digest of all that happened."""

import sys
from hashlib import sha256

import click

from tests.node.consensus.machine.checks import UnsafeError
from tests.node.consensus.machine.model import Network, StuckError


@click.command()
@click.argument("seeds", default="0:1000")
def main(seeds: str) -> None:
    """Run the seeds from FIRST up to LAST; end with 1 when any fails."""
    first, _, last = seeds.partition(":")
    failures = 0
    digest = sha256()
    for seed in range(int(first), int(last or int(first) + 1)):
        network = Network(seed)
        try:
            network.run()
        except (UnsafeError, StuckError) as error:
            failures += 1
            click.echo(str(error))
        digest.update("\n".join(network.trace).encode())
    click.echo(digest.hexdigest())
    sys.exit(1 if failures else 0)


if __name__ == "__main__":
    main()
