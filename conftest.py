"""What tests and contract tests share before any of them is read."""

pytest_plugins = ["tests.needs", "spec_tests.options"]
