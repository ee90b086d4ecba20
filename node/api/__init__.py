"""The node's HTTP interface."""
