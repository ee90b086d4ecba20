"""Test vectors: real artefacts of a region with fixed keys and times, and the same with one thing wrong."""
