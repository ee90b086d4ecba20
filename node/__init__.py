"""Everything that touches the world: storage, network, clock, keys, consensus service, API."""
