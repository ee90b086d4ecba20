"""Node commands that have more to do than to ask: making a node, its snapshots, its disk, a lost quorum."""
