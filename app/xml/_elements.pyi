# The module in C, where it was compiled, has what elements.py has.
from app.xml.elements import array as array
from app.xml.elements import document as document
from app.xml.elements import mapping as mapping
from app.xml.elements import scalar as scalar

SOURCE: str
