"""PyPI's gitea-api-client as the tests ask with it: one call, its models checked, its failures as they come."""

import asyncio
from typing import Any

import gitea_api_client as sdk

NotFound = sdk.exceptions.NotFoundException
ApiException = sdk.exceptions.ApiException


class Gitea:
    """Somebody with the client: `Gitea(stack, user).repository("repo_get", "ann", "app")`."""

    def __init__(self, stack: Any, user: Any = None) -> None:
        self.stack, self.user = stack, user

    def call(self, api: str, name: str, *arguments: Any, raw: bool = False, **named: Any) -> Any:
        async def ask() -> Any:
            async with sdk.ApiClient(sdk.Configuration(host=f"{self.stack.url}/api/v1")) as client:
                if self.user:
                    client.set_default_header("Authorization", f"token {self.user.token}")
                function = getattr(getattr(sdk, api)(client), name + ("_with_http_info" if raw else ""))
                return await function(*arguments, **named)

        return asyncio.run(ask())

    def repository(self, name: str, *arguments: Any, **named: Any) -> Any:
        return self.call("RepositoryApi", name, *arguments, **named)


def refused(status: int, function, *arguments, **named) -> Any:
    """The client's failure, whose status is this."""
    try:
        answer = function(*arguments, **named)
    except ApiException as error:
        assert error.status == status, f"{error.status}: {error.body}"
        return error
    raise AssertionError(f"not refused with {status}, but answered {answer!r}")
