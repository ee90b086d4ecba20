// scrypt (RFC 7914), by which key files are protected and which browsers do not have.

const WORDS = 16;

/** Salsa20/8 on the words of `block` (RFC 7914, section 3), in place. */
function mixWords(block) {
  let [x0, x1, x2, x3, x4, x5, x6, x7, x8, x9, x10, x11, x12, x13, x14, x15] = block;
  const turn = (word, count) => (word << count) | (word >>> (32 - count));
  for (let round = 0; round < 4; round += 1) {
    x4 ^= turn(x0 + x12, 7); x8 ^= turn(x4 + x0, 9); x12 ^= turn(x8 + x4, 13); x0 ^= turn(x12 + x8, 18);
    x9 ^= turn(x5 + x1, 7); x13 ^= turn(x9 + x5, 9); x1 ^= turn(x13 + x9, 13); x5 ^= turn(x1 + x13, 18);
    x14 ^= turn(x10 + x6, 7); x2 ^= turn(x14 + x10, 9); x6 ^= turn(x2 + x14, 13); x10 ^= turn(x6 + x2, 18);
    x3 ^= turn(x15 + x11, 7); x7 ^= turn(x3 + x15, 9); x11 ^= turn(x7 + x3, 13); x15 ^= turn(x11 + x7, 18);
    x1 ^= turn(x0 + x3, 7); x2 ^= turn(x1 + x0, 9); x3 ^= turn(x2 + x1, 13); x0 ^= turn(x3 + x2, 18);
    x6 ^= turn(x5 + x4, 7); x7 ^= turn(x6 + x5, 9); x4 ^= turn(x7 + x6, 13); x5 ^= turn(x4 + x7, 18);
    x11 ^= turn(x10 + x9, 7); x8 ^= turn(x11 + x10, 9); x9 ^= turn(x8 + x11, 13); x10 ^= turn(x9 + x8, 18);
    x12 ^= turn(x15 + x14, 7); x13 ^= turn(x12 + x15, 9); x14 ^= turn(x13 + x12, 13); x15 ^= turn(x14 + x13, 18);
  }
  const mixed = [x0, x1, x2, x3, x4, x5, x6, x7, x8, x9, x10, x11, x12, x13, x14, x15];
  for (let place = 0; place < WORDS; place += 1) block[place] += mixed[place];
}

/** scryptBlockMix (section 4): `block` is mixed in place; `room` is as long. */
function mixBlock(block, room, r) {
  const words = block.slice(WORDS * (2 * r - 1));
  for (let part = 0; part < 2 * r; part += 1) {
    for (let place = 0; place < WORDS; place += 1) words[place] ^= block[WORDS * part + place];
    mixWords(words);
    room.set(words, WORDS * ((part >> 1) + (part % 2 === 0 ? 0 : r)));
  }
  block.set(room);
}

/** scryptROMix (section 5), in place. */
function mixLane(block, n, r) {
  const size = block.length;
  const room = new Uint32Array(size);
  const table = new Uint32Array(size * n);
  for (let step = 0; step < n; step += 1) {
    table.set(block, step * size);
    mixBlock(block, room, r);
  }
  for (let step = 0; step < n; step += 1) {
    const start = (block[size - WORDS] & (n - 1)) * size;
    for (let place = 0; place < size; place += 1) block[place] ^= table[start + place];
    mixBlock(block, room, r);
  }
}

/** So many bytes by PBKDF2 with HMAC-SHA-256. */
export async function stretch(passphrase, salt, iterations, length) {
  const key = await crypto.subtle.importKey("raw", passphrase, "PBKDF2", false, ["deriveBits"]);
  return new Uint8Array(await crypto.subtle.deriveBits({ name: "PBKDF2", hash: "SHA-256", salt, iterations }, key, 8 * length));
}

function readWords(bytes) {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  return Uint32Array.from({ length: bytes.length / 4 }, (_, place) => view.getUint32(4 * place, true));
}

function writeWords(words) {
  const bytes = new Uint8Array(4 * words.length);
  const view = new DataView(bytes.buffer);
  words.forEach((word, place) => view.setUint32(4 * place, word, true));
  return bytes;
}

/** The key of `length` bytes; `n` is a power of two. Takes about a second with n = 16384, r = 8, p = 5, and 128 * n * r bytes of memory. */
export async function scrypt(passphrase, salt, { n, r, p }, length) {
  const lane = 128 * r;
  const block = await stretch(passphrase, salt, 1, p * lane);
  for (let number = 0; number < p; number += 1) {
    const words = readWords(block.subarray(number * lane, (number + 1) * lane));
    mixLane(words, n, r);
    block.set(writeWords(words), number * lane);
    await new Promise((resolve) => setTimeout(resolve)); // the page stays alive meanwhile
  }
  return stretch(passphrase, block, 1, length);
}
