// Reading codes with the camera. Pictures never leave the device.

import { QrScanner } from "./lib/qr-scanner.js";

const SIDE = 900;
const PAUSE_MS = 60;

function takeFrame(video, canvas) {
  const scale = Math.min(1, SIDE / Math.min(video.videoWidth, video.videoHeight));
  canvas.width = Math.round(video.videoWidth * scale);
  canvas.height = Math.round(video.videoHeight * scale);
  const context = canvas.getContext("2d", { willReadFrequently: true });
  context.drawImage(video, 0, 0, canvas.width, canvas.height);
  return context.getImageData(0, 0, canvas.width, canvas.height);
}

/** Whether what was raised says that there is no camera, or that it may not be used. */
export function isCameraRefused(error) {
  return ["NotAllowedError", "NotFoundError", "NotReadableError", "OverconstrainedError"].includes(error?.name);
}

/**
 * Show the camera in a video element until a code is read, and return its text; null when `signal` ends it before.
 * Raises what the browser raises where there is no camera or it may not be used: see `isCameraRefused`.
 */
export async function scanCode(video, signal) {
  const wanted = { facingMode: "environment", width: { ideal: 1920 }, height: { ideal: 1080 } };
  if (navigator.mediaDevices === undefined) throw new DOMException("no camera without HTTPS", "NotFoundError");
  const stream = await navigator.mediaDevices.getUserMedia({ video: wanted, audio: false });
  const scanner = new QrScanner();
  const canvas = document.createElement("canvas");
  try {
    video.srcObject = stream;
    await video.play();
    while (!signal.aborted) {
      const text = await scanner.read(takeFrame(video, canvas), false);
      if (text !== null && !signal.aborted) return text;
      await new Promise((resolve) => setTimeout(resolve, PAUSE_MS));
    }
    return null;
  } finally {
    for (const track of stream.getTracks()) track.stop();
    video.srcObject = null;
    scanner.close();
  }
}
