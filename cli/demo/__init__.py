"""The whole story on one machine: a chain, an organisation, a roster, a merchant, a certificate, and its check offline."""
