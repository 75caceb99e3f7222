"""Who someone is: a name and a password against the users, throttled."""

from __future__ import annotations

import hashlib
import hmac
import secrets
import threading

from cachetools import TTLCache

import settings
from api.errors import ThrottledError, WrongPasswordError
from api.known_users import KnownUsers
from api.metrics import SIGN_INS
from api.passwords import is_right
from api.throttle import Throttle
from api.users import User, Users, clean_name

__all__ = ["SignIns"]

NO_NAME = "(no user name)"
ADDRESS_LENGTH = 60


class SignIns:
    """Signs people in.

    HTTP Basic sends the password with every request; one that was right is recognised for five minutes by a
    keyed digest, as long as the kept hash stays the same, for scrypt takes a good part of a second.
    """

    def __init__(self, config: settings.Settings) -> None:
        self.users = Users(config)
        self.known = KnownUsers(self.users.find)
        self._throttle = Throttle(config)
        self._key = secrets.token_bytes(32)
        self._right: TTLCache[bytes, bool] = TTLCache(maxsize=1024, ttl=300)
        self._lock = threading.Lock()

    def sign_in(self, name: str, password: str, address: str) -> User:
        """The user of a name and password.

        Raises WrongPasswordError, ThrottledError or DatabaseAwayError.
        """
        kept_name = clean_name(name)
        noted_name, noted_address = kept_name or NO_NAME, address[:ADDRESS_LENGTH]
        try:
            attempt = self._throttle.begin(noted_name, noted_address)
        except ThrottledError:
            SIGN_INS.labels("throttled").inc()
            raise
        user = self.users.find(kept_name) if kept_name else None
        if not is_right(password, user.password_hash if user else None) or user is None:
            SIGN_INS.labels("wrong").inc()
            raise WrongPasswordError
        self._throttle.succeed(attempt, noted_name, noted_address)
        self.known.remember(user.name, user)
        SIGN_INS.labels("right").inc()
        return user

    def sign_in_again(self, name: str, password: str, address: str) -> User:
        """As `sign_in`, for a client that sends its password every time."""
        kept_name = clean_name(name)
        if kept_name and kept_name in self.known:
            user = self.known.find(kept_name)
            if user and self._was_right(user, password):
                return user
        user = self.sign_in(name, password, address)
        with self._lock:
            self._right[self._mac(user.password_hash, user.name, password)] = True
        return user

    def _was_right(self, user: User, password: str) -> bool:
        with self._lock:
            return self._mac(user.password_hash, user.name, password) in self._right

    def _mac(self, *words: str) -> bytes:
        text = "\0".join(words).encode("utf-8", "surrogatepass")
        return hmac.new(self._key, text, hashlib.sha256).digest()
