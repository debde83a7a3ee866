"""A passkey made of nothing but a key, for what no browser would send."""

import hashlib
import json
import secrets

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from fido2.cose import ES256
from fido2.utils import websafe_encode
from fido2.webauthn import AttestationObject, AttestedCredentialData, AuthenticatorData

PRESENT, VERIFIED, WITH_KEY = 0x01, 0x04, 0x40


class SoftPasskey:
    def __init__(self):
        self.key = ec.generate_private_key(ec.SECP256R1())
        self.number = secrets.token_bytes(16)

    def made(self, options, public_key=None, flags=PRESENT | VERIFIED | WITH_KEY):
        """What a browser says once it has made the passkey that the page asked for."""
        public = options["creation_options"]["publicKey"]
        public_key = public_key or ES256.from_cryptography_key(self.key.public_key())
        stored = AttestedCredentialData.create(bytes(16), self.number, public_key) if flags & WITH_KEY else b""
        said = self._about("webauthn.create", public["rp"]["id"], public["challenge"])
        data = AuthenticatorData.create(said["host"], flags, 0, stored)
        return self._credential(said, attestationObject=AttestationObject.create("none", data, {}))

    def given(self, options, user, flags=PRESENT | VERIFIED):
        """What a browser says to whoever asks for it."""
        public = options["request_options"]["publicKey"]
        said = self._about("webauthn.get", public["rpId"], public["challenge"])
        data = AuthenticatorData.create(said["host"], flags, 1)
        signed = self.key.sign(data + hashlib.sha256(said["client"]).digest(), ec.ECDSA(hashes.SHA256()))
        return self._credential(said, authenticatorData=data, signature=signed, userHandle=user)

    def _about(self, kind, host, challenge):
        about = {"type": kind, "challenge": challenge, "origin": f"https://{host}", "crossOrigin": False}
        return {"client": json.dumps(about).encode(), "host": hashlib.sha256(host.encode()).digest()}

    def _credential(self, said, **response):
        number = websafe_encode(self.number)
        told = {name: websafe_encode(value) for name, value in response.items()}
        told |= {"clientDataJSON": websafe_encode(said["client"])}
        extra = {"clientExtensionResults": {"credProps": {"rk": True}}}
        return json.dumps({"id": number, "rawId": number, "type": "public-key", "response": told} | extra)
