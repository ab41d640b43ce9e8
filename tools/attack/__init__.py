"""A hostile client: it sends what no client means, and watches what that costs everybody else.

python -m tools.attack --help
"""
