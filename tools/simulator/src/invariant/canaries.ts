/**
 * I12: no secret and no foreign text in anything that is kept or told, in any of the spellings that programs give a text on
 * its way.
 *
 * Not here: the texts (whoever planted them), bytes of files (the harness of real processes).
 * Source: the project's measures, B1.
 */
import type { StoreImage } from './store-image.ts';
import { violation, type Violation } from './violation.ts';

/** One place that texts may reach, and what must not have reached it. */
export interface Sink {
  readonly name: string;
  readonly texts: readonly string[];
}

/** The records of each stream, and the rows of each machine. */
export function sinksOf(image: StoreImage): readonly Sink[] {
  const streams = [...image.streams].map(([name, { records }]) => {
    return { name, texts: records.map(({ content }) => content?.bodyText ?? '') };
  });
  const rows = [...image.rows].map(([name, byKey]) => {
    return { name: `records of ${name}`, texts: [...byKey].map((entry) => JSON.stringify(entry)) };
  });
  return [...streams, ...rows];
}

/** Names the sink, never the text. */
export function checkCanaries(sinks: readonly Sink[], canaries: readonly string[]): readonly Violation[] {
  const forms = canaries.flatMap(spellingsOf);
  return sinks
    .filter(({ texts }) => texts.some((text) => forms.some((form) => text.includes(form))))
    .map(({ name }) => violation('I12', `${name} shows what nobody may see`));
}

/** As it is, in JSON, in a URL, in base64 at any offset, in hex. */
export function spellingsOf(canary: string): readonly string[] {
  const bytes = Buffer.from(canary);
  const base64 = [0, 1, 2].map((offset) => {
    const digits = Buffer.concat([Buffer.alloc(offset), bytes])
      .toString('base64')
      .replaceAll('=', '');
    // The digits at both ends belong to the neighbours too.
    return digits.slice(Math.ceil((offset * 8) / 6), -1);
  });
  const hex = bytes.toString('hex');
  const forms = [canary, JSON.stringify(canary).slice(1, -1), encodeURIComponent(canary), ...base64, hex];
  return [
    ...new Set([...forms, ...base64.map((form) => form.replaceAll('+', '-').replaceAll('/', '_')), hex.toUpperCase()]),
  ];
}
