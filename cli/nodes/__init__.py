"""Node commands that have more to do than to ask: making a node, and getting a chain over a lost quorum."""
