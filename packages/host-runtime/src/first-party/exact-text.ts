/**
 * The bytes of a file as text that gives back the same bytes.
 *
 * Not here: text as a model reads it (`file-text.ts`), which need not lead back.
 */

/** UTF-16LE is told by its mark and keeps it. */
export type TextEncoding = 'utf-8' | 'utf-8-marked' | 'utf-16le';

/** Invariant: `encodeText(text, encoding)` is the file, byte for byte. */
export interface ExactText {
  readonly encoding: TextEncoding;
  readonly text: string;
}

const MARK = '\uFEFF';

/** Nothing for bytes that are in none of the encodings throughout. Line breaks stay as they are. */
export function decodeExactly(bytes: Uint8Array): ExactText | undefined {
  const isUtf16 = bytes[0] === 0xff && bytes[1] === 0xfe;
  let marked: string;
  try {
    marked = new TextDecoder(isUtf16 ? 'utf-16le' : 'utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    return undefined;
  }
  const text = marked.startsWith(MARK) ? marked.slice(1) : marked;
  if (isUtf16) return { encoding: 'utf-16le', text };
  return { encoding: text === marked ? 'utf-8' : 'utf-8-marked', text };
}

export function encodeText(text: string, encoding: TextEncoding): Uint8Array {
  switch (encoding) {
    case 'utf-8':
      return new TextEncoder().encode(text);
    case 'utf-8-marked':
      return new TextEncoder().encode(MARK + text);
    case 'utf-16le':
      return encodeUtf16(MARK + text);
  }
}

function encodeUtf16(text: string): Uint8Array {
  const bytes = new Uint8Array(text.length * 2);
  const view = new DataView(bytes.buffer);
  for (let at = 0; at < text.length; at += 1) view.setUint16(at * 2, text.charCodeAt(at), true);
  return bytes;
}
