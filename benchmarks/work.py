"""What is asked of every contender."""

from dataclasses import dataclass, field

from benchmarks.data import SUSPENDED

BASE = "/api/application"
CUSTOMER = {
    "firstname": "Ada", "lastname": "Martin", "email": "ada@example.com", "phone": "0700000000",
    "address": "1 rue Haute", "city": "Lille", "region": "Nord", "zipcode": "59000",
    "country": "FR", "locale": "fr_FR", "password": "long enough for everybody",
}  # fmt: skip


@dataclass(frozen=True)
class Work:
    """One kind of request.

    `script` names the function of drive.lua that makes the requests when no two are the same.
    `varies` are members of the answer that are another each time.
    """

    name: str
    path: str
    title: str
    method: str = "GET"
    body: dict[str, str] | None = None
    status: int = 200
    script: str = "same"
    wrong_key: bool = False
    varies: frozenset[str] = field(default_factory=frozenset)

    @property
    def writes(self) -> bool:
        return self.method != "GET" and self.status < 300


ALL = (
    Work("read", "/customers/4242", "read one customer"),
    Work("list", "/customers?per_page=25", "list 25 customers"),
    Work("products", "/products?include=pricing,metadata&per_page=25", "list 25 products, prices"),
    Work("services", "/services?filter[status]=active&sort=-created_at&page=3&per_page=25",
         "services, filter, sort, page 3"),
    Work("deep", "/customers?per_page=25&page={page}", "25 from the middle of the list"),
    Work("create", "/customers", "create a customer", "POST", CUSTOMER, 201, "create",
         varies=frozenset({"id", "created_at", "updated_at"})),
    Work("suspend", "/services/7/suspend", "suspend, unsuspend", "POST", {"reason": "Abuse"},
         script="suspend", varies=frozenset({"created_at", "updated_at", "suspended_at"})),
    Work("401", "/customers/4242", "wrong key (401)", status=401, wrong_key=True),
    Work("422", "/customers", "bad body (422)", "POST",
         {**CUSTOMER, "firstname": "<b>", "country": "XX"}, 422),
)  # fmt: skip
BY_NAME = {work.name: work for work in ALL}

# Runs in wrk. `request` makes the next request, `done` prints one line of JSON for us.
LUA = """
local script, status = "%(script)s", %(status)d
local threads = {}
function setup(thread) table.insert(threads, thread) end
count, wrong = %(first)d, 0
if script == "create" then
  request = function()
    count = count + 1
    local phone = string.format("07%%08d", count)
    local body = wrk.body:gsub("ada@", "ada" .. count .. "@"):gsub("0700000000", phone)
    return wrk.format(nil, nil, nil, body)
  end
elseif script == "suspend" then
  request = function()
    local path = wrk.path:gsub("7/suspend", (count %% %(suspended)d) * 6 + 1
      .. (math.floor(count / %(suspended)d) %% 2 == 0 and "/suspend" or "/unsuspend"))
    count = count + 1
    return wrk.format(nil, path)
  end
end
if status >= 400 then
  response = function(found) if found ~= status then wrong = wrong + 1 end end
end
function done(summary, latency)
  local errors = summary.errors
  local failed = errors.connect + errors.read + errors.write + errors.timeout
  if status < 400 then failed = failed + errors.status end
  for _, thread in ipairs(threads) do failed = failed + thread:get("wrong") end
  print(string.format('{"requests": %%d, "seconds": %%f, "failed": %%d, "p50": %%f, "p99": %%f}',
    summary.requests, summary.duration / 1e6, failed, latency:percentile(50) / 1e3,
    latency:percentile(99) / 1e3))
end
"""


def script(work: Work, run: int) -> str:
    """The Lua script that makes wrk do this work.

    What is created in the run with that number is another than in all others.
    """
    first = run * 10_000 if work.script == "create" else 0
    values = {"script": work.script, "status": work.status, "first": first}
    return LUA % {**values, "suspended": SUSPENDED}
