"""`python -m ec2kit`: the same as the `ec2kit` console script."""

import sys

from ec2kit.cli import main

if __name__ == "__main__":
    sys.exit(main())
