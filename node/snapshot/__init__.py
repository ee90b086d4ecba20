"""A chain in one file: written from one node's store, proven under a checkpoint, and made into another node's store."""
