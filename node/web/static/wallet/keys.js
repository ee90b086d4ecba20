// Keys that stay on this device: Ed25519 by the browser itself (WebCrypto), made so that not even these pages can read them out.

import { FormError, fromBase64, fromBase64Url } from "../lib/bytes.js";

const ALGORITHM = "Ed25519";
const PEM = /^\s*-----BEGIN ([A-Z ]+)-----\s+([A-Za-z0-9+/=\s]+?)\s*-----END \1-----\s*$/;
/** DER of an unencrypted Ed25519 key (RFC 8410, section 7) up to its 32 bytes. */
const HEAD = Uint8Array.of(0x30, 0x2e, 0x02, 0x01, 0x00, 0x30, 0x05, 0x06, 0x03, 0x2b, 0x65, 0x70, 0x04, 0x22, 0x04, 0x20);
const SEED_BYTES = 32;

/** Whether this browser can sign at all: WebCrypto is there with HTTPS or on this machine only, Ed25519 in newer browsers. */
export async function canSign() {
  try {
    await crypto.subtle.generateKey(ALGORITHM, false, ["sign", "verify"]);
    return true;
  } catch {
    return false;
  }
}

/** A new key: `{ privateKey, publicKey }`, the public half as 32 bytes. */
export async function makeKey() {
  const pair = await crypto.subtle.generateKey(ALGORITHM, false, ["sign", "verify"]);
  return { privateKey: pair.privateKey, publicKey: new Uint8Array(await crypto.subtle.exportKey("raw", pair.publicKey)) };
}

/** The key in a PEM file that is not encrypted. Raises `FormError` for any other text. */
export async function importKey(text) {
  const [, label, body] = PEM.exec(text) ?? [];
  if (label === "ENCRYPTED PRIVATE KEY") throw new FormError("encrypted");
  if (label !== "PRIVATE KEY") throw new FormError("no key");
  const der = fromBase64(body.replaceAll(/\s/g, ""));
  if (der.length !== HEAD.length + SEED_BYTES || !HEAD.every((byte, place) => byte === der[place])) throw new FormError("no key");
  const open = await crypto.subtle.importKey("pkcs8", der, ALGORITHM, true, ["sign"]);
  const { x } = await crypto.subtle.exportKey("jwk", open);
  return { privateKey: await crypto.subtle.importKey("pkcs8", der, ALGORITHM, false, ["sign"]), publicKey: fromBase64Url(x) };
}

/** The 64 bytes of a signature over these bytes. */
export async function sign(key, bytes) {
  return new Uint8Array(await crypto.subtle.sign(ALGORITHM, key.privateKey, bytes));
}
