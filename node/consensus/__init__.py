"""Engines: who decides which block is next."""
