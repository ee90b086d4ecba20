"""`python -m cli` is the program `hourledger`."""

from cli.main import main

if __name__ == "__main__":
    main()
