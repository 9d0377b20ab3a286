"""The shipped suite runs here too: its subjects and workbenches come from the package."""

from anymedia.testing.conformance.conftest import bench, pytest_generate_tests, workbenches

__all__ = ["bench", "pytest_generate_tests", "workbenches"]
