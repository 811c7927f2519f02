/**
 * Tokens that lead to the next page: places in streams, bound to the request that they were given for.
 *
 * Not here: authority. A token grants nothing: the read scope of whoever shows it is applied to every page.
 * Source: specification 5, R-08 (no offset paging).
 */
import type { DigestPort } from '@reborn/host-api';
import { PAGE_TOKEN_CHARS_MAX } from '../limits.ts';
import { invalid } from './request.ts';

/** Digest hex digits in a token: enough that no two requests share them. */
const SEAL_CHARS = 32;
const FORM = /^[0-9a-z]+(?:-[0-9a-z]+)*\.[0-9a-f]+$/;

export interface PageTokens {
  /** Shape: whole numbers, 0 or above. */
  issue(places: readonly number[]): string;
  /**
   * The places that were put in; `undefined` without a token. Errors: `events/invalid_request` naming `page` for whatever
   * these tokens did not issue.
   */
  parse(token: string | undefined): readonly number[] | undefined;
}

/**
 * The tokens of one request. Shape of `binding`: plain data in a fixed order, everything about the request that must not
 * change from page to page.
 */
export function createPageTokens(digest: DigestPort, binding: readonly unknown[]): PageTokens {
  const encoder = new TextEncoder();
  const bound = JSON.stringify(binding);
  const issue = (places: readonly number[]): string => {
    const text = places.map((place) => place.toString(36)).join('-');
    return `${text}.${digest.sha256Hex(encoder.encode(`page\n${text}\n${bound}`)).slice(0, SEAL_CHARS)}`;
  };
  const parse = (token: string | undefined): readonly number[] | undefined => {
    if (token === undefined) return undefined;
    if (typeof token === 'string' && token.length <= PAGE_TOKEN_CHARS_MAX && FORM.test(token)) {
      const places = token
        .slice(0, token.indexOf('.'))
        .split('-')
        .map((place) => Number.parseInt(place, 36));
      if (places.every(Number.isSafeInteger) && issue(places) === token) return places;
    }
    throw invalid('page', 'must be a token that was given for this request and this scope');
  };
  return { issue, parse };
}
