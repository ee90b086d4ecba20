// Key files as the program writes them (node/pkcs8.py): Ed25519 in PKCS#8, protected by a passphrase or not.
// Sources: RFC 5958 (PKCS#8), RFC 8410 (Ed25519 in it), RFC 7468 (PEM), RFC 8018 (PBES2), RFC 7914 section 7 (scrypt in it).

import { FormError, fromBase64, fromUtf8, isSame, toHex, toUtf8 } from "../lib/bytes.js";
import { scrypt, stretch } from "./scrypt.js";

const PEM = /^\s*-----BEGIN ([A-Z ]+)-----\s+([A-Za-z0-9+/=\s]+?)\s*-----END \1-----\s*$/;
/** DER of an Ed25519 key that is not encrypted, up to its 32 bytes. */
const HEAD = Uint8Array.of(0x30, 0x2e, 0x02, 0x01, 0x00, 0x30, 0x05, 0x06, 0x03, 0x2b, 0x65, 0x70, 0x04, 0x22, 0x04, 0x20);
const SEED_BYTES = 32;
const INTEGER = 0x02;
const OCTETS = 0x04;
const OBJECT = 0x06;
const SEQUENCE = 0x30;
const PBES2 = "2a864886f70d01050d";
const PBKDF2 = "2a864886f70d01050c";
const HMAC_SHA256 = "2a864886f70d0209";
const SCRYPT = "2b06010401da47040b";
const AES_256_CBC = "60864801650304012a";
/** A file must not choose how long a phone works. */
const MAX_ROUNDS = 10_000_000;
const MAX_SCRYPT_BYTES = 64 << 20;
const MAX_SCRYPT_PASSES = 16;
const MAX_CHILDREN = 8;

/** The file is protected, and the passphrase is not the right one. */
export class WrongPassphrase extends Error {}

function noKey() {
  return new FormError("there is no Ed25519 key in PKCS#8 in that file");
}

/** The values that stand one after another in DER: `[tag, body]`. */
function readChildren(der) {
  const found = [];
  for (let place = 0; place < der.length; ) {
    const tag = der[place];
    let length = der[place + 1] ?? Infinity;
    place += 2;
    if (length >= 0x80) {
      const more = length - 0x80;
      if (more > 2) throw noKey();
      length = der.subarray(place, place + more).reduce((sum, byte) => sum * 256 + byte, 0);
      place += more;
    }
    if (place + length > der.length || found.length === MAX_CHILDREN) throw noKey();
    found.push([tag, der.subarray(place, place + length)]);
    place += length;
  }
  return found;
}

function readOnly(der, ...tags) {
  const children = readChildren(der);
  if (children.length < tags.length || tags.some((tag, place) => children[place][0] !== tag)) throw noKey();
  return children.map(([, body]) => body);
}

function readNumber(body) {
  if (body.length === 0 || body.length > 5 || body[0] >= 0x80) throw noKey();
  return body.reduce((sum, byte) => sum * 256 + byte, 0);
}

async function deriveKey(derivation, settings, passphrase) {
  if (derivation === SCRYPT) {
    const [salt, ...cost] = readOnly(settings, OCTETS, INTEGER, INTEGER, INTEGER);
    const [n, r, p] = cost.slice(0, 3).map(readNumber);
    const isBounded = n > 1 && (n & (n - 1)) === 0 && r > 0 && p > 0 && 128 * n * r <= MAX_SCRYPT_BYTES && p <= MAX_SCRYPT_PASSES;
    if (isBounded) return scrypt(passphrase, salt, { n, r, p }, 32);
  }
  if (derivation === PBKDF2) {
    const [salt, rounds] = readOnly(settings, OCTETS, INTEGER);
    const [tag, prf] = readChildren(settings).at(-1);
    const isSha256 = tag === SEQUENCE && toHex(readOnly(prf, OBJECT)[0]) === HMAC_SHA256;
    const count = readNumber(rounds);
    if (isSha256 && count > 0 && count <= MAX_ROUNDS) return stretch(passphrase, salt, count, 32);
  }
  throw new FormError("the key is protected in a way that is not known here, or that costs too much");
}

async function decrypt(der, passphrase) {
  const [whole] = readOnly(der, SEQUENCE);
  const [algorithm, encrypted] = readOnly(whole, SEQUENCE, OCTETS);
  const [scheme, parameters] = readOnly(algorithm, OBJECT, SEQUENCE);
  const [derivation, cipher] = readOnly(parameters, SEQUENCE, SEQUENCE);
  const [derivationName, settings] = readOnly(derivation, OBJECT, SEQUENCE);
  const [cipherName, vector] = readOnly(cipher, OBJECT, OCTETS);
  if (toHex(scheme) !== PBES2 || toHex(cipherName) !== AES_256_CBC || vector.length !== 16) throw noKey();
  const key = await deriveKey(toHex(derivationName), settings, toUtf8(passphrase));
  const imported = await crypto.subtle.importKey("raw", key, "AES-CBC", false, ["decrypt"]);
  try {
    return new Uint8Array(await crypto.subtle.decrypt({ name: "AES-CBC", iv: vector }, imported, encrypted));
  } catch {
    throw new WrongPassphrase();
  }
}

/** Whether a file is protected by a passphrase. Raises `FormError` for a file that is no PEM of a private key. */
export function isProtected(bytes) {
  return readPem(bytes).label === "ENCRYPTED PRIVATE KEY";
}

function readPem(bytes) {
  const [, label, body] = PEM.exec(fromUtf8(bytes)) ?? [];
  if (!["PRIVATE KEY", "ENCRYPTED PRIVATE KEY"].includes(label)) throw noKey();
  return { label, der: fromBase64(body.replaceAll(/\s/g, "")) };
}

/**
 * The DER of the key in a file, as WebCrypto takes it. `passphrase` is looked at where the file is protected.
 * Raises `FormError` for any other file, `WrongPassphrase`.
 */
export async function openKeyFile(bytes, passphrase) {
  const { label, der } = readPem(bytes);
  const plain = label === "PRIVATE KEY" ? der : await decrypt(der, passphrase);
  if (plain.length !== HEAD.length + SEED_BYTES || !isSame(plain.subarray(0, HEAD.length), HEAD)) {
    throw label === "PRIVATE KEY" ? noKey() : new WrongPassphrase();
  }
  return plain;
}
