"""Helpers of development. The product imports nothing from here."""
