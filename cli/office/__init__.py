"""What an officer does with rosters: read them, see what is wrong with them, write tables."""
