"""The generators that are tried, with the commands that a person would type.

A command runs in a folder with the document as `openapi.json`. The program of the journey lies there as
`journey` with the suffix of its language; what is generated is called `clientxcms`.
"""

from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path

JOURNEYS = Path(__file__).parent / "journeys"
DOCUMENT = "/openapi.json?media=json&auth=bearer"
OPENAPI_GENERATOR = "openapi-generator-cli generate -i openapi.json"
TSC = "tsc --strict --target es2022 --module commonjs --outDir built journey.ts"
# What Java clients need beside the JDK: Jackson, which comes with OpenAPI Generator, and packages of Debian.
JARS = ":".join(
    (
        str(files("openapi_generator_cli") / "openapi-generator.jar"),
        *(
            f"/usr/share/java/{name}.jar"
            for name in ("jakarta-annotation-api", "httpmime", "httpcore")
        ),
    )
)


@dataclass(frozen=True)
class Generator:
    """A generator, and how its client is made, compiled and run."""

    name: str
    language: str
    program: str
    generate: str
    compile: str
    run: str
    hint: str = ""

    @property
    def source(self) -> str:
        """The program of the journey."""
        return (JOURNEYS / self.program).read_text()

    @property
    def id(self) -> str:
        """A name for tests, folders and links."""
        return Path(self.program).stem


@dataclass(frozen=True)
class Importer:
    """A program for people who send requests by hand, which makes a collection of the document."""

    name: str
    run: str
    collection: str

    @property
    def id(self) -> str:
        """A name for tests and folders."""
        return self.name.lower()


GENERATORS = (
    Generator(
        "OpenAPI Generator, python",
        "Python, with urllib3 and pydantic",
        "python.py",
        f"{OPENAPI_GENERATOR} -g python --package-name clientxcms -o .",
        "mypy -p clientxcms && mypy journey.py",
        "python journey.py",
        "Its own code is not typed throughout, so it is checked without `--strict`.",
    ),
    Generator(
        "openapi-python-client",
        "Python, with httpx and attrs",
        "openapi_python_client.py",
        "openapi-python-client generate --path openapi.json --output-path . --overwrite",
        "mypy --strict -p clientxcms_application_api_client && mypy --strict journey.py",
        "python journey.py",
        "Each operation is a module: `sync` returns the body, whatever the status, and `asyncio` is the same to await.",
    ),
    Generator(
        "datamodel-code-generator",
        "Python, models for pydantic 2 alone",
        "datamodel_code_generator.py",
        "datamodel-codegen --input openapi.json --input-file-type openapi"
        " --preset standard-py311-20261027 --output clientxcms.py",
        "mypy --strict clientxcms.py journey.py",
        "python journey.py",
        "The requests are written by hand, here with httpx.",
    ),
    Generator(
        "OpenAPI Generator, typescript-fetch",
        "TypeScript, with `fetch`",
        "typescript_fetch.ts",
        f"{OPENAPI_GENERATOR} -g typescript-fetch -o clientxcms",
        TSC,
        "node built/journey.js",
    ),
    Generator(
        "OpenAPI Generator, typescript-axios",
        "TypeScript, with axios",
        "typescript_axios.ts",
        f"{OPENAPI_GENERATOR} -g typescript-axios -o clientxcms"
        " --additional-properties useSingleRequestParameter=true",
        TSC,
        "node built/journey.js",
    ),
    Generator(
        "openapi-typescript with openapi-fetch",
        "TypeScript, types for `fetch`",
        "openapi_fetch.ts",
        "openapi-typescript openapi.json --default-non-nullable=false -o clientxcms.ts",
        TSC,
        "node built/journey.js",
        "Without `--default-non-nullable=false`, what has a default has to be sent.",
    ),
    Generator(
        "@hey-api/openapi-ts",
        "TypeScript, with `fetch`",
        "hey_api.ts",
        "openapi-ts -i openapi.json -o clientxcms",
        TSC,
        "node built/journey.js",
    ),
    Generator(
        "OpenAPI Generator, php",
        "PHP, with Guzzle",
        "php.php",
        f"{OPENAPI_GENERATOR} -g php --invoker-package Clientxcms -o clientxcms",
        "find clientxcms/lib journey.php -name '*.php' -print0 | xargs -0 -n 1 -P 2 php -l",
        "php journey.php",
    ),
    Generator(
        "OpenAPI Generator, go",
        "Go, with its standard library",
        "go.go",
        f"{OPENAPI_GENERATOR} -g go --package-name clientxcms -o clientxcms --git-host clientxcms.example"
        " --git-user-id shop --git-repo-id clientxcms --additional-properties enumClassPrefix=true",
        "mkdir -p clientxcms/journey && cp journey.go clientxcms/journey/ && cd clientxcms"
        " && go build -o ../built/ ./...",
        "built/journey",
        "Without `enumClassPrefix=true`, two enumerations with the same value are two constants with the same name.",
    ),
    Generator(
        "OpenAPI Generator, java",
        "Java, with its standard library and Jackson",
        "java.java",
        f"{OPENAPI_GENERATOR} -g java --library native -o clientxcms --invoker-package clientxcms"
        " --api-package clientxcms.api --model-package clientxcms.model --additional-properties"
        " useJakartaEe=true,openApiNullable=false,useSingleRequestParameter=true",
        "javac -nowarn -proc:none -d built -cp $JARS journey.java $(find clientxcms/src/main -name '*.java')",
        "java -cp built:$JARS Journey",
        "`$JARS` are those of Jackson, `jakarta.annotation-api` and `httpmime`.",
    ),
)

IMPORTERS = (
    Importer("Postman", "openapi2postmanv2 -s openapi.json -o collection.json", "collection.json"),
    Importer("Bruno", "node bruno.mjs openapi.json collection.json", "collection.json"),
)
