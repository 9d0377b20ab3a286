"""`python -m anymedia.testing.emulator`."""

import sys

from anymedia.testing.emulator.standalone import main

sys.exit(main())
