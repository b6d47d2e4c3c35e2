from sealtrack.rule_docs import page

print(page(), end="")  # noqa: T201 - this module is a command
