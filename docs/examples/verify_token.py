"""Checks an otpql access token without asking otpql.

    pip install 'PyJWT[crypto]'
    echo "$TOKEN" | OTPQL_URL=http://localhost:4000 python3 verify_token.py
"""

import json
import os
import sys

import jwt

URL = os.environ.get("OTPQL_URL", "http://localhost:4000")
ISSUER = os.environ.get("OTPQL_ISSUER", URL)
AUDIENCE = os.environ.get("OTPQL_AUDIENCE", "otpql")

# Fetched once, kept, and fetched again when a token names a key that is not known yet.
keys = jwt.PyJWKClient(URL + "/.well-known/jwks.json")


def verify_access_token(token: str) -> dict:
    """The claims of a good token; raises jwt.PyJWTError for any other string."""
    decoded = jwt.decode_complete(
        token,
        keys.get_signing_key_from_jwt(token),
        algorithms=["ES256"],
        issuer=ISSUER,
        audience=AUDIENCE,
        options={"require": ["exp", "sub", "sid"]},
    )
    if decoded["header"].get("typ") != "at+jwt":
        raise jwt.InvalidTokenError("not an access token")
    return decoded["payload"]


if __name__ == "__main__":
    try:
        claims = verify_access_token(sys.stdin.read().strip())
    except jwt.PyJWTError as error:
        sys.exit(f"refused: {error}")
    print(json.dumps({"user": claims["sub"], "session": claims["sid"], "amr": claims["amr"], "expires": claims["exp"]}))
