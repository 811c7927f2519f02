/**
 * Text that is too long, as its beginning and its end.
 *
 * Not here: how much there may be (`limits.ts`).
 */

/** What was left out is named by its size, in a line of its own that is not counted. Units: bytes. */
export function cutMiddle(bytes: Uint8Array, bytesMax: number): string {
  const decoder = new TextDecoder('utf-8', { ignoreBOM: true });
  if (bytes.byteLength <= bytesMax) return decoder.decode(bytes);
  const head = backToStart(bytes, Math.ceil(bytesMax / 2));
  const tail = onToStart(bytes, bytes.byteLength - Math.floor(bytesMax / 2));
  const left = tail - head;
  return `${decoder.decode(bytes.subarray(0, head))}\n[… ${left} bytes left out …]\n${decoder.decode(bytes.subarray(tail))}`;
}

/** A character has at most three bytes after its first. */
function backToStart(bytes: Uint8Array, at: number): number {
  for (let back = 0; back < 4; back += 1) if (isStart(bytes[at - back])) return at - back;
  return at;
}

function onToStart(bytes: Uint8Array, at: number): number {
  for (let on = 0; on < 4; on += 1) if (isStart(bytes[at + on])) return at + on;
  return at;
}

function isStart(byte: number | undefined): boolean {
  return byte === undefined || (byte & 0xc0) !== 0x80;
}
