"""The contract for commands."""

from app.cli.database import fail
from app.contract import Contract, ContractError
from app.contract import contract as loaded


def contract() -> Contract:
    """The contract of this server. Mistakes in it end the command, which lists them."""
    try:
        return loaded()
    except ContractError as error:
        fail(str(error))
