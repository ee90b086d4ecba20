// Keys that stay on this device: Ed25519 by the browser itself (WebCrypto), made so that not even these pages can read them out.

import { fromBase64Url } from "../lib/bytes.js";
import { openKeyFile } from "./key-file.js";

const ALGORITHM = "Ed25519";

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

/** The key in a file of the program's. What is kept of it cannot be read out. Raises as `openKeyFile` does. */
export async function importKey(bytes, passphrase) {
  const der = await openKeyFile(bytes, passphrase);
  const open = await crypto.subtle.importKey("pkcs8", der, ALGORITHM, true, ["sign"]);
  const { x } = await crypto.subtle.exportKey("jwk", open); // the public half is in there
  return { privateKey: await crypto.subtle.importKey("pkcs8", der, ALGORITHM, false, ["sign"]), publicKey: fromBase64Url(x) };
}

/** The 64 bytes of a signature over these bytes. */
export async function sign(key, bytes) {
  return new Uint8Array(await crypto.subtle.sign(ALGORITHM, key.privateKey, bytes));
}
