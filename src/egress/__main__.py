"""`python -m egress` is the command `egress`."""

from egress.cli import main

if __name__ == "__main__":
    main()
