"""FastMCP makes tools for assistants out of the served document, and they read lists with types."""

import asyncio

import httpx
import pytest
from fastmcp import Client, FastMCP

from app.contract import contract
from tests.http import request

pytestmark = [pytest.mark.once, pytest.mark.filterwarnings("ignore::DeprecationWarning")]
LISTS = [each for each in contract().operations.values() if each.id.endswith(".index")]


@pytest.fixture(scope="module")
def tools(target):
    """The tools that lists are, and what each says when it is called, by operationId."""
    document = request("GET", f"{target.url}/api/openapi.json?media=json&auth=bearer").json()

    async def ask():
        headers = {"Authorization": f"Bearer {target.key}"}
        async with httpx.AsyncClient(base_url=f"{target.url}/api", headers=headers) as http:
            server = FastMCP.from_openapi(openapi_spec=document, client=http)
            async with Client(server) as client:
                found = {tool.name: tool for tool in await client.list_tools()}
                names = {each.id: each.id.replace(".", "_") for each in LISTS}
                return {
                    each: (found[name], await client.call_tool(name, {"per_page": 100}))
                    for each, name in names.items()
                }

    return asyncio.run(ask())


@pytest.mark.parametrize("name", [each.id for each in LISTS])
def test_a_list_is_read_with_types(tools, name):
    tool, result = tools[name]
    items = tool.output_schema["properties"]["data"]["items"]
    assert "$ref" in items or "properties" in items
    # The client has validated the value, and made objects with attributes out of it.
    assert not result.is_error
    assert result.structured_content["data"]
    assert result.data.data[0].id == result.structured_content["data"][0]["id"]
