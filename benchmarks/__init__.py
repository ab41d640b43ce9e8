"""How fast the server is: beside others (`make bench`), step by step (`make bench-micro`), and
whether it has become slower (`make bench-check`).
"""
