"""Write docs/clients.md."""

from generators.page import PATH, page

PATH.write_text(page(), encoding="utf-8")
