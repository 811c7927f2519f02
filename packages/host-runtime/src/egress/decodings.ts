/**
 * What a text says once somebody on the way has unescaped it.
 *
 * Not here: what is looked for in it (`request-rule.ts`).
 * Source: specification 2, a.10 step 3.
 */
import { EGRESS_DECODINGS_MAX } from '../limits.ts';

/** The text, and what comes out of it by percent-decoding, with and without `+` for a space. Shape: each once. */
export function decodingsOf(text: string): readonly string[] {
  const found = new Set([text]);
  let layer = [text];
  for (let round = 0; round < EGRESS_DECODINGS_MAX; round += 1) {
    layer = layer.flatMap((spelling) => [decode(spelling), decode(spelling.replaceAll('+', ' '))]);
    layer = [...new Set(layer)].filter((spelling) => !found.has(spelling));
    for (const spelling of layer) found.add(spelling);
  }
  return [...found];
}

/** Escapes that are none stay as they are: whoever reads the text next may be as patient. */
function decode(text: string): string {
  return text.replaceAll(/(?:%[0-9a-f]{2})+/gi, (run) => {
    const bytes = run
      .slice(1)
      .split('%')
      .map((digits) => Number.parseInt(digits, 16));
    return new TextDecoder().decode(Uint8Array.from(bytes));
  });
}
