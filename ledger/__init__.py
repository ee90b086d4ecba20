"""What a verifier needs: pure and deterministic. No clock, randomness, files, sockets, asyncio or logging."""
