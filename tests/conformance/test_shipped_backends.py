"""Every shipped backend passes the suite that is shipped with it."""

from anymedia.testing.conformance.test_declarations import *  # noqa: F403
from anymedia.testing.conformance.test_faults import *  # noqa: F403
from anymedia.testing.conformance.test_money import *  # noqa: F403
from anymedia.testing.conformance.test_parameters import *  # noqa: F403
from anymedia.testing.conformance.test_purity import *  # noqa: F403
from anymedia.testing.conformance.test_recordings import *  # noqa: F403
from anymedia.testing.conformance.test_samples import *  # noqa: F403
from anymedia.testing.conformance.test_secrets import *  # noqa: F403
