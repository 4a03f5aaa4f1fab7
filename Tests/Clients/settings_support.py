"""Secrets and variables by gitea-api-client, at each level that it knows."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any

import gitea_api_client as sdk


def with_client(stack, token: "str | None", body: Callable[[sdk.ApiClient], Awaitable[Any]]) -> Any:
    """Runs `body` with a client that shows the token, if there is one."""

    async def run() -> Any:
        key = {"AuthorizationHeaderToken": f"token {token}"} if token else {}
        configuration = sdk.Configuration(host=f"{stack.url}/api/v1", api_key=key)
        async with sdk.ApiClient(configuration) as client:
            return await body(client)

    return asyncio.run(run())


class Whole:
    """Calls of an API that answer with status and headers beside the data."""

    def __init__(self, api: Any):
        self.api = api

    def __getattr__(self, name: str) -> Callable:
        return getattr(self.api, f"{name}_with_http_info")


@dataclass
class Level:
    """The client's calls for one level, without the arguments that name it."""

    path: str
    put_secret: Callable
    delete_secret: Callable
    list_secrets: "Callable | None"
    list: Callable
    get: Callable
    create: Callable
    update: Callable
    delete: Callable


def repository_level(client: sdk.ApiClient, owner: str, name: str) -> Level:
    api = sdk.RepositoryApi(client)

    def at(call: Callable) -> Callable:
        return lambda *arguments, **more: call(owner, name, *arguments, **more)

    return Level(
        f"/repos/{owner}/{name}",
        at(api.update_repo_secret_with_http_info),
        at(api.delete_repo_secret_with_http_info),
        at(api.repo_list_actions_secrets_with_http_info),
        at(api.get_repo_variables_list_with_http_info),
        at(api.get_repo_variable),
        at(api.create_repo_variable_with_http_info),
        at(api.update_repo_variable_with_http_info),
        at(api.delete_repo_variable_with_http_info),
    )


def organization_level(client: sdk.ApiClient, org: str) -> Level:
    api = sdk.OrganizationApi(client)

    def at(call: Callable) -> Callable:
        return lambda *arguments, **more: call(org, *arguments, **more)

    return Level(
        f"/orgs/{org}",
        at(api.update_org_secret_with_http_info),
        at(api.delete_org_secret_with_http_info),
        at(api.org_list_actions_secrets_with_http_info),
        at(api.get_org_variables_list_with_http_info),
        at(api.get_org_variable),
        at(api.create_org_variable_with_http_info),
        at(api.update_org_variable_with_http_info),
        at(api.delete_org_variable_with_http_info),
    )


def user_level(client: sdk.ApiClient) -> Level:
    api = sdk.UserApi(client)
    return Level(
        "/user",
        api.update_user_secret_with_http_info,
        api.delete_user_secret_with_http_info,
        None,
        api.get_user_variables_list_with_http_info,
        api.get_user_variable,
        api.create_user_variable_with_http_info,
        api.update_user_variable_with_http_info,
        api.delete_user_variable_with_http_info,
    )
