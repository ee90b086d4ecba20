"""Figures, measured in one run on one machine: the ledger beside the limits of the machine itself."""
