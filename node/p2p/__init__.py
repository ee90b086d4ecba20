"""Connections between the nodes of authorities: TLS 1.3, each side known by the key that the chain's registry names."""
