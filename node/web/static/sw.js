// Keeps the pages on the device. SHELL, their version and hashes, is put in front of this file by the node (node/web/site.py).
// What the node answers under /v1/ is never kept here: pages keep what they need themselves, and say of when it is.
"use strict";

const PREFIX = "pages-";
const CACHE = PREFIX + SHELL.version;

async function keepAll() {
  const cache = await caches.open(CACHE);
  const fetchOne = async ([path, integrity]) => {
    const response = await fetch(path, { cache: "no-cache", integrity });
    if (!response.ok) throw new Error(`${path}: ${response.status}`);
    await cache.put(path, response);
  };
  await Promise.all(Object.entries(SHELL.files).map(fetchOne));
}

async function dropOthers() {
  const names = await caches.keys();
  await Promise.all(names.filter((name) => name.startsWith(PREFIX) && name !== CACHE).map((name) => caches.delete(name)));
}

async function answer(request, path) {
  const cache = await caches.open(CACHE);
  return (await cache.match(path)) ?? fetch(request);
}

self.addEventListener("install", (event) => event.waitUntil(keepAll()));
self.addEventListener("activate", (event) => event.waitUntil(dropOthers().then(() => self.clients.claim())));
self.addEventListener("message", (event) => {
  if (event.data === "take over") self.skipWaiting();
  if (event.data === "take pages") event.waitUntil(self.clients.claim());
});
self.addEventListener("fetch", (event) => {
  const url = new URL(event.request.url);
  if (event.request.method !== "GET" || url.origin !== self.location.origin) return;
  if (Object.hasOwn(SHELL.files, url.pathname)) event.respondWith(answer(event.request, url.pathname));
});
