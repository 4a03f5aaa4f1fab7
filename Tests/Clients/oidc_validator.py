"""What the provider (oidc_provider.py) says of its person."""

from oauth2_provider.oauth2_validators import OAuth2Validator


class Validator(OAuth2Validator):
    oidc_claim_scope = None

    def get_additional_claims(self, request):
        return {
            "preferred_username": request.user.username,
            "email": request.user.email,
            "email_verified": True,
            "name": "Ann There",
        }
