"""What leaves the ledger: credentials, cards, codes and status lists, and their verification."""
